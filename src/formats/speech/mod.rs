//! Formats of what is said in sounds: they lie beside the sounds, and are read as answers or as samples of their own.
mod grid;
pub mod kaldi;
pub mod manifest;
pub mod textgrid;
mod write;

/// The name of the folder that a file lies in: by custom, of whoever wrote it.
pub fn folder(path: &str) -> &str {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("unknown")
}

//! Files of COCO that are about the same images, as `instances.json` and `person_keypoints.json`: an image that two files describe waits for
//! people, so the one that says most is read, and the others are told.
use super::folder::Folder;
use super::found::Found;
use crate::formats::packing::decompressor;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;
use std::io::Read as _;

/// Bytes of a file that are read.
const FILE_MAX: u64 = 64 << 20;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    images: Vec<Image>,
    #[serde(default)]
    annotations: Vec<IgnoredAny>,
    #[serde(default)]
    categories: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Image {
    file_name: String,
}

fn read(folder: &Folder, path: &str) -> Option<File> {
    let open = folder.world.open(path).ok()?;
    let mut bytes = Vec::new();
    let reader = decompressor(path, Box::new(open.reader().ok()?));
    reader.take(FILE_MAX + 1).read_to_end(&mut bytes).ok()?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    serde_json::from_slice(bytes).ok()
}

/// Takes out files that are about images of which another file says more: boxes before captions, then by the number of annotations.
pub fn leave_out(folder: &Folder, found: &mut Found) {
    for source in found.sources.iter_mut().filter(|s| s.format.name == "coco" && s.files.len() > 1) {
        let mut files: Vec<(String, File)> =
            source.files.iter().filter_map(|path| Some((path.clone(), read(folder, path)?))).collect();
        files.sort_by_key(|(path, f)| (f.categories.is_empty(), usize::MAX - f.annotations.len(), path.clone()));
        let mut kept: Vec<(String, BTreeSet<String>)> = Vec::new();
        for (path, file) in files {
            let names: BTreeSet<String> = file.images.into_iter().map(|image| image.file_name).collect();
            match kept.iter().find(|(_, theirs)| !theirs.is_disjoint(&names)) {
                Some((other, _)) => {
                    source.files.retain(|own| *own != path);
                    let say = format!(
                        "it is about images that {other} is about, too, and an image has one file: join them in one, or make another \
                         project of it"
                    );
                    found.unread.push((path, say));
                }
                None => kept.push((path, names)),
            }
        }
    }
}

//! The files of a folder with their sums, and how they are read within limits.
use super::told::Told;
use crate::digest::{BothSums, Digest};
use crate::formats::Wrong;
use crate::formats::image::{self, Probe};
use crate::formats::once::Once;
use crate::stage::Executor;
use crate::world::{Open, What, World};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::sync::Mutex;

/// The longest document (a card, a description, a list of sums) that is read.
pub const DOCUMENT: u64 = 64 << 20;
/// The longest file of annotations that is held whole, such as one of COCO.
pub const WHOLE: u64 = 1 << 30;
/// The longest picture that is looked at.
const PICTURE: u64 = 256 << 20;
/// More files than this are no release that is audited.
const FILES: usize = 4_000_000;

/// What is known of a file.
#[derive(Clone, Debug)]
pub struct Entry {
    pub size: u64,
    pub b3: Digest,
    pub sha256: String,
    /// Its size by its header; `Err` says why a file that is called a picture is none.
    pub picture: Option<Result<Size, String>>,
}

/// The size of a picture in pixels, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
    /// A viewer shows it with its sides exchanged (EXIF), and annotations may be of either.
    pub turned: bool,
}

impl Size {
    /// The pixels within which annotations lie.
    pub fn room(self) -> (f64, f64) {
        let (w, h) = (f64::from(self.width), f64::from(self.height));
        if self.turned { (w.max(h), w.max(h)) } else { (w, h) }
    }

    pub fn is(self, width: f64, height: f64) -> bool {
        let own = (f64::from(self.width), f64::from(self.height));
        own == (width, height) || (self.turned && own == (height, width))
    }
}

pub struct Folder<'w> {
    pub world: &'w World,
    pub files: BTreeMap<String, Entry>,
    /// Bytes of all files.
    pub bytes: u64,
    /// The sizes of the pictures, by the digests of their bytes.
    sizes: HashMap<Digest, Size>,
}

/// Endings of the names of pictures.
const PICTURES: [&str; 8] = ["png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff"];

pub fn is_picture(path: &str) -> bool {
    extension(path).is_some_and(|end| PICTURES.contains(&end.as_str()))
}

/// The ending of a path in lower case.
pub fn extension(path: &str) -> Option<String> {
    name_of(path).rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, end)| end.to_ascii_lowercase())
}

pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl<'w> Folder<'w> {
    /// Reads every file once, on the threads of `executor`.
    pub fn open(world: &'w World, executor: &dyn Executor, told: &mut Told) -> io::Result<Folder<'w>> {
        let mut paths = Vec::new();
        for found in world.list("")? {
            match found.what {
                What::File(_) => paths.push(found.path),
                What::Odd(_, say) => told.fault("files.odd", found.path, "", "", say),
            }
        }
        if paths.len() > FILES {
            return Err(io::Error::other(format!("more than {FILES} files")));
        }
        let found: Mutex<BTreeMap<String, io::Result<Entry>>> = Mutex::default();
        executor.each(paths.len(), &|i| {
            let Some(path) = paths.get(i) else { return };
            let entry = entry(world, path);
            if let Ok(mut found) = found.lock() {
                found.insert(path.clone(), entry);
            }
        });
        let mut out = Folder { world, files: BTreeMap::new(), bytes: 0, sizes: HashMap::new() };
        for (path, entry) in found.into_inner().map_err(|_| io::Error::other("a thread broke off"))? {
            match entry {
                Ok(entry) => {
                    out.bytes = out.bytes.saturating_add(entry.size);
                    if let Some(Ok(size)) = &entry.picture {
                        out.sizes.insert(entry.b3, *size);
                    }
                    out.files.insert(path, entry);
                }
                Err(e) => told.fault("files.unread", path, "", "", format!("does not read: {e}")),
            }
        }
        Ok(out)
    }

    /// The size of a picture that a row names by its digest, if the folder has it.
    pub fn size_of(&self, picture: &Digest) -> Option<Size> {
        self.sizes.get(picture).copied()
    }

    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.files.get(path)
    }

    /// A document as text; a fault where it is too long or is not UTF-8.
    pub fn text(&self, path: &str, told: &mut Told) -> Option<String> {
        match self.world.read(path, DOCUMENT).map(String::from_utf8) {
            Ok(Ok(text)) => Some(text),
            Ok(Err(e)) => {
                told.fault(
                    "document.text",
                    path,
                    format!("byte {}", e.utf8_error().valid_up_to() + 1),
                    "",
                    "is not UTF-8",
                );
                None
            }
            Err(e) => {
                told.fault("document.unread", path, "", "", format!("does not read: {e}"));
                None
            }
        }
    }

    /// A document of JSON.
    pub fn json(&self, path: &str, told: &mut Told) -> Option<serde_json::Value> {
        let text = self.text(path, told)?;
        match serde_json::from_str::<Once>(text.trim_start_matches('\u{feff}')) {
            Ok(Once(json)) => Some(json),
            Err(e) => {
                told.fault("document.json", path, format!("line {}", e.line()), "", format!("is no JSON: {e}"));
                None
            }
        }
    }

    /// A file to be read from the start, or at any place.
    pub fn file(&self, path: &str) -> io::Result<Open> {
        self.world.open(path)
    }

    /// The file that a name means beside another file: below its folder, below the root, or below `images/`.
    pub fn beside(&self, file: &str, name: &str) -> Option<&str> {
        let name = name.trim_start_matches("./");
        let folder = folder_of(file);
        let up = folder_of(folder);
        let join = |a: &str| if a.is_empty() { name.to_string() } else { format!("{a}/{name}") };
        let stem = name_of(file).rsplit_once('.').map_or("", |(stem, _)| stem);
        let split = stem.strip_prefix("instances_").unwrap_or(stem);
        let places = [
            join(folder),
            name.to_string(),
            join("images"),
            join(&format!("images/{split}")),
            join(up),
            join(&if up.is_empty() { "images".to_string() } else { format!("{up}/images") }),
            join(&if up.is_empty() { split.to_string() } else { format!("{up}/{split}") }),
        ];
        places.iter().find_map(|place| self.files.get_key_value(place)).map(|(path, _)| path.as_str())
    }
}

/// Sums of a file in one pass; of a picture also its size, by its header.
fn entry(world: &World, path: &str) -> io::Result<Entry> {
    let open = world.open(path)?;
    let mut input = open.reader()?;
    let mut both = BothSums::new();
    let (mut block, mut size, mut head) = (vec![0; 1 << 20], 0u64, Vec::new());
    let wanted = is_picture(path);
    loop {
        match input.read(&mut block) {
            Ok(0) => break,
            Ok(n) => {
                let bytes = block.get(..n).unwrap_or_default();
                both.update(bytes);
                size += n as u64;
                if wanted && size <= PICTURE {
                    head.extend_from_slice(bytes);
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let picture = wanted.then(|| match size <= PICTURE {
        true => shown(image::look(&head)),
        false => Err("it is longer than any picture that is looked at".into()),
    });
    let (b3, sha256) = both.finish();
    Ok(Entry { size, b3, sha256, picture })
}

/// The size of a picture, or why it is none.
pub fn shown(probe: Result<Probe, Wrong>) -> Result<Size, String> {
    probe.map(|p| Size { width: p.width, height: p.height, turned: p.orientation >= 5 }).map_err(|wrong| wrong.say)
}

//! By which keys an image and the files beside it meet. All names are compared in one normal form, since macOS writes
//! them decomposed.
//!
//! Images that are known by the stem of their name meet by it. Others meet by their place: a document that names its image
//! (COCO) by what that name ends the image's path with; a document that is of one image (VOC) by what the wildcards of the
//! globs stand for: `raw/*/images/*.jpg` and `raw/*/xml/*.xml` meet where both stars stand for the same.
use super::declaration::Collect;
use crate::formats::cut::Holds;
use crate::formats::sidecar::stem_of;
use crate::measure::names::composed;
use crate::stage::is_default;
use crate::world::undotted;
use serde::{Deserialize, Serialize};

/// How the images and the documents of a source meet.
#[derive(Serialize, Deserialize, Default, PartialEq)]
pub struct Keys {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    /// Documents name their images.
    #[serde(default, skip_serializing_if = "is_default")]
    names: bool,
    /// They meet by their place.
    #[serde(default, skip_serializing_if = "is_default")]
    places: bool,
    /// The globs of the images, or of the documents, where wildcards are compared.
    #[serde(default, skip_serializing_if = "is_default")]
    globs: Vec<String>,
}

impl Keys {
    /// Of the images of a source, or of its documents.
    pub fn of(c: &Collect, source: &str, images: bool) -> Keys {
        let names = c.format.sidecar.as_ref().is_some_and(|s| s.holds == Holds::Many);
        let places = c.id != "stem";
        let globs = if images { &c.files.images } else { &c.files.files };
        let globs = globs.iter().map(|g| undotted(g)).filter(|_| places && !names).collect();
        Keys { source: source.into(), names, places, globs }
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{}", self.source, composed(name))
    }

    /// The key of a document that cannot be read and may be about any image of the source.
    pub fn any(&self) -> String {
        format!("{}//", self.source)
    }

    /// The keys under which an image is found.
    pub fn of_image(&self, path: &str, stem: &str) -> Vec<String> {
        let mut keys = match (self.places, self.names) {
            (false, _) => vec![self.key(stem)],
            (true, false) => vec![self.key(&wild(&self.globs, path, stem))],
            (true, true) => {
                let path = placed(path, stem);
                let behind = path.match_indices('/').filter_map(|(at, _)| path.get(at + 1..));
                std::iter::once(path.as_str()).chain(behind).map(|name| self.key(name)).collect()
            }
        };
        keys.push(self.any());
        keys
    }

    /// The key of a document: of the image that it names, or else of its own file.
    pub fn of_document(&self, image: Option<&str>, path: &str, stem: &str) -> String {
        match image {
            Some(name) if self.places => self.key(&named(name)),
            Some(name) => self.key(stem_of(name)),
            None if self.places => self.key(&wild(&self.globs, path, stem)),
            None => self.key(stem),
        }
    }
}

/// The path of an image as a document names it, without its suffix.
pub fn named(name: &str) -> String {
    let path = name.replace('\\', "/");
    let path = path.trim_start_matches("./").trim_start_matches('/');
    placed(path, stem_of(path))
}

/// A path whose last name is the stem.
pub fn placed(path: &str, stem: &str) -> String {
    path.rsplit_once('/').map_or(stem.to_string(), |(folder, _)| format!("{folder}/{stem}"))
}

/// What the wildcards of the first fitting glob stand for in a path, and the stem; the whole path where none fits.
fn wild(globs: &[String], path: &str, stem: &str) -> String {
    let names: Vec<&str> = path.split('/').collect();
    let fit = |glob: &String| {
        let mut kept = Vec::new();
        fits(&glob.split('/').collect::<Vec<_>>(), &names, &mut kept).then_some(kept)
    };
    let Some(mut kept) = globs.iter().find_map(fit) else { return placed(path, stem) };
    kept.pop();
    kept.push(stem);
    kept.join("/")
}

/// Whether a path fits a glob; `kept` are the names that wildcards stand for, and the last one.
fn fits<'p>(glob: &[&str], path: &[&'p str], kept: &mut Vec<&'p str>) -> bool {
    let Some((first, glob)) = glob.split_first() else { return path.is_empty() };
    let before = kept.len();
    if *first == "**" {
        return (0..=path.len()).any(|n| {
            let (own, rest) = path.split_at_checked(n).unwrap_or_default();
            kept.truncate(before);
            kept.extend(own);
            fits(glob, rest, kept)
        });
    }
    let Some((name, path)) = path.split_first() else { return false };
    let (first, same) = (&*composed(first), &*composed(name));
    if first.contains(['*', '?', '[', '{']) || path.is_empty() {
        kept.push(name);
    }
    name_fits(first, same) && fits(glob, path, kept)
}

/// Whether a name fits a pattern of `*` and `?`; what sets and alternatives allow is not looked at.
fn name_fits(pattern: &str, name: &str) -> bool {
    let (mut patterns, mut names) = (pattern.chars(), name.chars());
    match (patterns.next(), names.next()) {
        (Some('[' | '{' | '\\'), _) | (None, None) => true,
        (Some('*'), next) => name_fits(patterns.as_str(), name) || next.is_some() && name_fits(pattern, names.as_str()),
        (Some(a), Some(b)) if a == '?' || a == b => name_fits(patterns.as_str(), names.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: bool, places: bool, globs: &[&str]) -> Keys {
        Keys { source: "s".into(), names, places, globs: globs.iter().map(|g| g.to_string()).collect() }
    }

    #[test]
    fn stems_meet_in_one_normal_form() {
        let k = keys(false, false, &[]);
        assert_eq!(k.of_image("raw/\u{1100}\u{1169}.jpg", "\u{1100}\u{1169}"), ["s/고", "s//"]);
        assert_eq!(k.of_document(None, "x/고.xml", "고"), "s/고");
        assert_eq!(keys(true, false, &[]).of_document(Some("train\\a#1.b.jpg"), "", ""), "s/a#1.b");
    }

    #[test]
    fn documents_of_one_image_meet_it_by_what_wildcards_stand_for() {
        let meet = |images: &str, files: &str, image: (&str, &str), file: (&str, &str)| {
            let image = keys(false, true, &[images]).of_image(image.0, image.1);
            image.first() == Some(&keys(false, true, &[files]).of_document(None, file.0, file.1))
        };
        assert!(meet("raw/**/*.jpg", "raw/**/*.xml", ("raw/train/1.jpg", "1"), ("raw/train/1.xml", "1")));
        assert!(!meet("raw/**/*.jpg", "raw/**/*.xml", ("raw/train/1.jpg", "1"), ("raw/val/1.xml", "1")));
        assert!(meet("raw/*/img/*.jpg", "raw/*/xml/*.xml", ("raw/a/img/1.jpg", "1"), ("raw/a/xml/1.xml", "1")));
        assert!(meet("J/*.jpg", "A/*.xml", ("J/1.jpg", "1"), ("A/1.xml", "1")));
        assert!(meet("J/1.jpg", "J/1.xml", ("J/1.jpg", "1"), ("J/1.xml", "1")));
    }

    #[test]
    fn documents_that_name_their_image_meet_it_by_the_end_of_its_path() {
        let k = keys(true, true, &[]);
        let image = k.of_image("raw/train/1.jpg", "1");
        assert_eq!(image, ["s/raw/train/1", "s/train/1", "s/1", "s//"]);
        for (name, meets) in
            [("train/1.jpg", true), ("./1.png", true), ("val/1.jpg", false), ("/raw/train/1.jpg", true)]
        {
            assert_eq!(image.contains(&k.of_document(Some(name), "", "")), meets, "{name}");
        }
    }

    #[test]
    fn names_fit_patterns() {
        for (pattern, name, fit) in [
            ("*.jpg", "a.b.jpg", true),
            ("a?c*", "abcd", true),
            ("a?", "a고", true),
            ("*.jpg", "a.png", false),
            ("{a,b}.jpg", "a.jpg", true),
        ] {
            assert_eq!(name_fits(pattern, name), fit, "{pattern} {name}");
        }
    }
}

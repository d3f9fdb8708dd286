//! Names of files for people and for every file system: short, of letters, digits, `-` and `_`, in one normal form.
//! Two names that differ in letter case or in normal form alone are one name to some systems; [`folded`] tells them.
use crate::digest::Digest;
use crate::measure::normalise::{Control, Form, Whitespace, normalise};

/// Bytes of a name without what tells it apart: with that, an extension and a number it stays far below 255.
const BYTES_MAX: usize = 120;

/// Names that are devices on Windows, whatever follows their first dot.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// Extensions that an id loses, because the file gets its own.
const IMAGES: &[&str] = &["jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff"];

/// Whether an extension is that of a picture.
pub fn is_picture(end: &str) -> bool {
    IMAGES.contains(&end)
}

/// A name without its extension, and whether it must be told apart from others whatever these are called: it was cut,
/// it is a device's, or it looks like one that was told apart.
pub fn stem(id: &str) -> (String, bool) {
    let last = id.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let bare = match last.rsplit_once('.') {
        Some((bare, end)) if !bare.is_empty() && IMAGES.contains(&end.to_ascii_lowercase().as_str()) => bare,
        _ => last,
    };
    plain(bare)
}

/// The name of a class as that of a folder, and whether it must be told apart from others, as of a file.
pub fn folder(class: &str) -> (String, bool) {
    plain(class)
}

fn plain(name: &str) -> (String, bool) {
    let composed = composed(name);
    let plain: String = composed.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let plain = if plain.starts_with('-') { format!("_{plain}") } else { plain };
    let mut end = plain.len().min(BYTES_MAX);
    while !plain.is_char_boundary(end) {
        end -= 1;
    }
    let cut = plain.get(..end).unwrap_or_default();
    (cut.to_string(), cut.len() < plain.len() || cut.is_empty() || is_device(cut) || looks_told_apart(cut))
}

/// The name of a file of a sample where nothing is known of the others: the id itself where it is short, plain and in small
/// letters, else with a mark of the id behind it.
pub fn alone(id: &str) -> String {
    let (bare, told_apart) = stem(id);
    if !told_apart && bare == id && folded(&bare) == bare { bare } else { apart(&bare, id) }
}

/// The name by which file systems know it that do not tell letter case and normal forms apart.
pub fn folded(stem: &str) -> String {
    composed(&composed(stem).to_uppercase().to_lowercase())
}

/// The name with a mark of the id, or of the class, behind it, for those that are not the only ones of their name.
pub fn apart(stem: &str, id: &str) -> String {
    format!("{stem}-{}", Digest::of(id.as_bytes()).hex().get(..MARK).unwrap_or_default())
}

/// Hex digits that tell a name apart.
const MARK: usize = 12;

fn looks_told_apart(stem: &str) -> bool {
    let mark = stem.rsplit_once('-').map(|(_, mark)| mark);
    mark.is_some_and(|m| m.len() == MARK && m.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_device(stem: &str) -> bool {
    let name = stem.to_lowercase();
    let port =
        |kind: &str| name.strip_prefix(kind).is_some_and(|n| n.chars().count() == 1 && n.chars().all(char::is_numeric));
    DEVICES.contains(&name.as_str()) || port("com") || port("lpt")
}

fn composed(text: &str) -> String {
    let now = normalise(text, Some(Form::Nfc), Whitespace::Keep, Control::Keep);
    now.map_or_else(|| text.to_string(), |n| n.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        let of = |id: &str| stem(id);
        assert_eq!(of("raw/cat/a.jpg"), ("a".into(), false));
        assert_eq!(of("a b#1.v2.PNG"), ("a_b_1_v2".into(), false));
        assert_eq!(of("가-1"), ("가-1".into(), false));
        assert_eq!(of("\u{1100}\u{1161}"), ("가".into(), false));
        assert_eq!(of("..x"), ("__x".into(), false));
        assert_eq!(of(".jpg"), ("_jpg".into(), false));
        assert_eq!(of("--help"), ("_--help".into(), false));
        assert_eq!((folder("a/b.jpg"), folder("..")), (("a_b_jpg".into(), false), ("__".into(), false)));
        assert!(folder("con").1 && folder("").1);
    }

    #[test]
    fn some_are_told_apart() {
        for id in ["", "con", "raw/AUX.jpg", "lpt1.png", "a-0123456789ab", "x".repeat(300).as_str()] {
            assert!(stem(id).1, "{id}");
        }
        assert!(!stem("console").1 && !stem("com10").1);
        let long = "가".repeat(200);
        let name = apart(&stem(&long).0, &long);
        assert!(name.len() < 140 && name.starts_with("가가"), "{name}");
        assert_ne!(apart("a", "x/a"), apart("a", "y/a"));
        assert_eq!((alone("kim-1"), alone("가")), ("kim-1".into(), "가".into()));
        let marked = |id: &str, stem: &str| alone(id).strip_prefix(stem).is_some_and(|mark| mark.len() == MARK + 1);
        assert!(marked("Kim", "Kim") && marked("raw/a.txt", "a_txt") && marked("a.png", "a") && marked("con", "con"));
        assert_eq!(folded("Straße"), folded("STRASSE"));
        assert_eq!(folded("\u{1100}\u{1161}A"), folded("가a"));
    }
}

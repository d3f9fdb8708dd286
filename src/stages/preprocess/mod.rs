//! `[preprocess]`: texts are brought to one form, images are decoded once.
//!
//! ```toml
//! [preprocess]
//! unicode = "NFC"
//! whitespace = "collapse"
//! control = "remove"
//! ```
//!
//! Two steps. `preprocess` reads the text columns of `fields` (default: all text fields of `[schema]`) with the edit
//! lists they have so far, writes the changed texts and the list of edits relative to the collected text (null: none),
//! so that labels set on the collected text still mean the same words. Changes: `text.unicode`, `text.whitespace`,
//! `text.control`; finding: `text.empty`, nothing is left of a text.
//!
//! `preprocess/images` reads `image` and writes `width`, `height` (pixels as stored) and `orientation` (EXIF, 1 to 8). With
//! `orientation = "apply"`, `crop` or `resize` it writes the image that comes of it, its size, and `frame`, by which the
//! shapes of labels move with the pixels; null where nothing says which image the shapes of a turned one were drawn on.
//! Changes: `image.turned`, `image.cut`, `image.resized`. Drops what does not decode whole (`image.truncated`, `image.corrupt`, `image.format`, `image.empty`,
//! `image.pixels`), what `crop` leaves nothing of (`image.crop`) and what is outside of the sides that `[schema]` gives
//! (`image.small`, `image.large`; the sides as collected). Findings: `image.orientation`, `image.location` (its EXIF says where it was taken), `image.format_name`, `image.frames` (several pictures in a file). Limits: of an
//! animation the first frame counts.
mod declaration;
mod images;
mod texts;
mod tiles;

use crate::stage::Entry;

pub const ENTRIES: &[Entry] = &[
    Entry::row::<images::Images>("preprocess/images", "preprocess", images::declare)
        .schema(|g| g.subschema_for::<declaration::Declaration>()),
    tiles::ENTRY,
    Entry::row::<texts::Texts>("preprocess", "preprocess", texts::declare),
];

#[cfg(test)]
mod tests {
    use super::ENTRIES;
    use super::images::{self, Images, MEASURES, judge};
    use super::texts::{self, Texts};
    use crate::digest::Digest;
    use crate::formats::image::Probe;
    use crate::manifest::forms::{Controls, Spaces, Unicode};
    use crate::model::edits::Edit;
    use crate::model::images::Image;
    use crate::stage::testing::{self, Bytes, rows, texts_of};
    use crate::stage::*;
    use crate::table::cells;
    use crate::table::{ArrayRef, Cell, DataType, array_of};

    fn mapped<S: RowStage>(p: &S::Map, columns: &[(&str, ArrayRef)], blobs: &Bytes) -> Delta {
        S::map(p, &rows(blobs, columns), &mut Summary::default()).unwrap()
    }

    fn told(delta: &Delta) -> Vec<(u32, &str, &str)> {
        delta.events.iter().map(|e| (e.row, e.rule.as_str(), e.say.as_str())).collect()
    }

    fn normal() -> texts::Map {
        let fields = names(&["text"]);
        texts::Map { unicode: Some(Unicode::Nfc), whitespace: Spaces::Collapse, control: Controls::Remove, fields }
    }

    #[test]
    fn texts_change_and_edits_tell_how() {
        let text = texts_of(&[
            Some("나는  학교에 "),
            None,
            Some("그대로"),
            Some("\u{1112}\u{1161}\u{11ab}글"),
            Some(" \u{0}"),
        ]);
        let delta = mapped::<Texts>(&normal(), &[("text", text)], &Bytes::default());
        let after = texts_of(&[Some("나는 학교에"), None, Some("그대로"), Some("한글"), Some("")]);
        assert_eq!(&delta.columns["text"], &after);
        let edits: Vec<Option<Vec<Edit>>> = cells(delta.columns["edits.text"].as_ref());
        assert_eq!(edits[3], Some(vec![Edit { start: 0, end: 3, len: 1 }]));
        assert_eq!((&edits[1], &edits[2]), (&None, &None));
        let want = [
            (0, "text.whitespace", "2 runs of white space collapsed in text"),
            (3, "text.unicode", "1 run of characters brought to the normal form in text"),
            (4, "text.control", "1 run of control characters removed from text"),
            (4, "text.whitespace", "1 run of white space collapsed in text"),
            (4, "text.empty", "nothing is left of text"),
        ];
        assert_eq!(told(&delta), want);
        assert_eq!(delta.events[0].key, "preprocess.whitespace");
    }

    #[test]
    fn edits_are_composed_with_those_before() {
        let text = texts_of(&[Some("가  나"), Some("다")]);
        let old = vec![Edit { start: 0, end: 2, len: 1 }];
        let edits = array_of([Some(old.clone()), Some(old.clone())]);
        let delta = mapped::<Texts>(&normal(), &[("text", text), ("edits.text", edits)], &Bytes::default());
        let edits: Vec<Option<Vec<Edit>>> = cells(delta.columns["edits.text"].as_ref());
        assert_eq!(edits[1], Some(old.clone()));
        let both = edits[0].clone().unwrap();
        assert_eq!(both.first(), old.first());
        assert!(both.len() > 1);
    }

    #[test]
    fn columns_without_a_change_are_not_written() {
        let delta = mapped::<Texts>(&normal(), &[("text", texts_of(&[Some("가"), None]))], &Bytes::default());
        assert!(delta.columns.is_empty() && delta.events.is_empty());
    }

    #[test]
    fn the_unicode_version_is_the_one_stated() {
        let (major, minor, _) = unicode_normalization::UNICODE_VERSION;
        assert_eq!(Texts::USES, [format!("unicode {major}.{minor}")]);
    }

    /// A black picture: BMP, 24 bits a pixel, uncompressed.
    fn bmp(width: u32, height: u32) -> Vec<u8> {
        let size = (width * 3).next_multiple_of(4) * height;
        let mut out = b"BM".to_vec();
        for n in [54 + size, 0, 54, 40, width, height] {
            out.extend(n.to_le_bytes());
        }
        out.extend([1, 0, 24, 0]);
        for n in [0, size, 0, 0, 0, 0] {
            out.extend(n.to_le_bytes());
        }
        out.resize(out.len() + size as usize, 0);
        out
    }

    #[test]
    fn images_are_measured_judged_or_dropped() {
        let files = [("bmp", bmp(5, 3)), ("png", bmp(2, 8)), ("jpeg", b"no image".to_vec())];
        let images = files.iter().map(|(format, bytes)| {
            Some(Image { blob: Digest::of(bytes), format: format.to_string(), bytes: bytes.len() as i64 })
        });
        let column = array_of(images.chain([None]));
        let held = Bytes(files.iter().map(|(_, bytes)| (Digest::of(bytes), bytes.clone())).collect());
        let p = images::Map { side_min: Some(3), side_max: Some(7), ..images::Map::default() };
        let delta = mapped::<Images>(&p, &[("image", column)], &held);
        let of = |name: &str| cells::<u32>(delta.columns[name].as_ref());
        assert_eq!(of("width"), [Some(5), Some(2), None, None]);
        assert_eq!(of("height"), [Some(3), Some(8), None, None]);
        assert_eq!(of("orientation"), [Some(1), Some(1), None, None]);
        assert!(MEASURES.iter().all(|(name, ty)| delta.columns[*name].data_type() == ty));
        let rules: Vec<(u32, &str)> = delta.events.iter().map(|e| (e.row, e.rule.as_str())).collect();
        assert_eq!(rules, [(1, "image.small"), (1, "image.large"), (1, "image.format_name"), (2, "image.format")]);
        let few = images::Map { pixels_max: Some(14), ..images::Map::default() };
        let image = Image { blob: Digest::of(&files[0].1), format: "bmp".into(), bytes: 0 };
        let delta = mapped::<Images>(&few, &[("image", array_of([Some(image)]))], &held);
        assert_eq!((delta.columns.len(), delta.events[0].rule.as_str()), (3, "image.pixels"));
    }

    #[test]
    fn turned_images_are_told() {
        let image = Image { blob: Digest::default(), format: "jpeg".into(), bytes: 0 };
        let probe = Probe { format: "jpeg", width: 4, height: 4, orientation: 6, located: false };
        let mut delta = Delta::default();
        judge(&images::Map::default(), 0, &image, &probe, &mut delta);
        assert_eq!(told(&delta), [(0, "image.orientation", "EXIF orientation 6; pixels are as stored")]);
    }

    /// The plans of both steps, and the problems: code and token.
    fn declared(manifest: &str, columns: &[(&str, DataType)]) -> (Vec<Plan>, Vec<String>) {
        let samples: Vec<(&str, Column)> = columns.iter().map(|(n, t)| (*n, t.clone().into())).collect();
        let (plans, told) = testing::declared(ENTRIES, "preprocess", manifest, &samples);
        (plans, told.into_iter().map(|(code, token)| format!("{code} {token}")).collect())
    }

    #[test]
    fn only_what_there_is_to_do_is_planned() {
        let columns = [("text", DataType::Utf8), ("image", Image::ty()), ("edits.text", <Vec<Edit>>::ty())];
        let schema = "[schema]\ntext = { text = {} }\nimage = { image = { side_min = 9 } }\n";
        let steps = |tables: &str, columns: &[(&str, DataType)]| {
            let (plans, told) = declared(&format!("{schema}{tables}"), columns);
            assert_eq!(told, Vec::<String>::new());
            plans
        };
        assert!(steps("", &columns).is_empty());
        assert!(steps("[preprocess]\nwhitespace = \"keep\"\n", &columns[..1]).is_empty());
        let images = steps("[preprocess]\nimage_pixels_max = 100000000\n", &columns);
        assert_eq!((images.len(), images[0].params(Kernel::Map)), (1, r#"{"side_min":9}"#));
        let texts = steps("[preprocess]\nunicode = \"NFC\"\n", &[columns[0].clone(), columns[2].clone()]);
        assert_eq!((texts.len(), texts[0].params(Kernel::Map)), (1, r#"{"fields":["text"],"unicode":"NFC"}"#));
        assert_eq!(texts[0].ports.reads, ["text", "edits.text"]);
        assert_eq!((text(&texts::Map::default()), text(&images::Map::default())), ("{}".to_string(), "{}".to_string()));
    }

    #[test]
    fn problems_stand_at_their_tokens() {
        let columns =
            [("id", DataType::Utf8), ("n", DataType::Int64), ("image", Image::ty()), ("width", DataType::Int64)];
        let (_, told) = declared("[preprocess]\nunicode = \"NFC\"\nfields = [\"id\", \"n\", \"txt\"]\n", &columns);
        assert_eq!(told, ["T0324 [preprocess]", "T0322 \"id\"", "T0322 \"n\"", "T0310 \"txt\""]);
        assert_eq!(declared("[preprocess]\ncontrol = \"remove\"\n", &columns[..2]).1, ["T0321 [preprocess]"]);
    }
}

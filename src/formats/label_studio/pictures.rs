//! Which pictures a task names, and which of them a result is about.
//!
//! A value of its `data` that is called like a picture is one, and so is each of a list of such values. A result is about the control
//! `to_name`, and in a list about the picture `item_index`. Where a key of `data` is called like the control, its pictures are
//! meant. The export does not say otherwise which key a control shows: where all results are about one control, they are taken for those
//! of the first key with a picture, as there is mostly one.
use crate::formats::json::{self, Json, select};
use crate::formats::json_array::objects;
use crate::formats::options::{Choice, Options, Takes};
use crate::formats::reader::Record;
use std::collections::BTreeSet;

/// A picture that a task names.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The key of the task's data.
    key: String,
    /// Its place in a list, if it stands in one.
    place: Option<usize>,
    pub path: String,
}

/// The pictures of a task that its results may be about.
pub struct Shown {
    pub pictures: Vec<Picture>,
    /// Whether the task names others besides, and nothing but their order says which are meant.
    pub guessed: bool,
    /// The first key, where the name of a control is no key.
    first: Option<String>,
}

impl Shown {
    pub fn of(task: &Json, results: &[Json], options: &Options) -> Shown {
        let all = named(task, options);
        let controls: BTreeSet<Option<String>> = results.iter().filter(|r| is_placed(r)).map(control).collect();
        let is_key = |name: &Option<String>| all.iter().any(|p| Some(&p.key) == name.as_ref());
        let keys: BTreeSet<&String> = all.iter().map(|p| &p.key).collect();
        let alone = keys.len() < 2 || controls.len() < 2 && !controls.iter().any(is_key);
        let first = all.first().map(|p| p.key.clone()).filter(|_| alone);
        let meant = |p: &&Picture| match &first {
            Some(first) => p.key == *first,
            None => controls.iter().flatten().any(|name| *name == p.key),
        };
        let pictures: Vec<Picture> = all.iter().filter(meant).cloned().collect();
        if pictures.is_empty() {
            return Shown { pictures: all, guessed: false, first: None }; // all that its results are about is lost
        }
        Shown { guessed: first.is_some() && pictures.len() < all.len() && !controls.is_empty(), pictures, first }
    }

    /// The place of the picture that a result is about, if that is known.
    pub fn place_of(&self, result: &Json) -> Option<usize> {
        let item = Record::text(result, "item_index").map(|n| n.parse::<usize>());
        let key = self.first.clone().or_else(|| control(result));
        let of_key = |p: &&Picture| Some(&p.key) == key.as_ref();
        let listed = self.pictures.iter().filter(of_key).count();
        self.pictures.iter().position(|p| {
            let fits = match (&item, p.place) {
                (None, None) | (None, Some(0)) => listed == 1,
                (Some(Ok(item)), place) => *item == place.unwrap_or(0),
                _ => false,
            };
            fits && of_key(&p)
        })
    }
}

/// The control that a result is about.
fn control(result: &Json) -> Option<String> {
    Record::text(result, "to_name")
}

/// Whether a result has a place on a picture of a known size.
fn is_placed(result: &Json) -> bool {
    select(result, "original_width").is_some()
}

/// All pictures of a task.
fn named(task: &Json, options: &Options) -> Vec<Picture> {
    let Some(Json::Object(data)) = select(task, "data") else { return Vec::new() };
    let mut out = Vec::new();
    for (key, value) in data {
        let mut add = |place, value: &Json| {
            let path = if let Json::Text(name) = value { picture(name, options) } else { None };
            out.extend(path.map(|path| Picture { key: key.to_string(), place, path }));
        };
        match value {
            Json::Array(items) => items.iter().enumerate().for_each(|(n, item)| add(Some(n), item)),
            one => add(None, one),
        }
    }
    out
}

/// Names of pictures that were uploaded.
pub const UPLOADS: Choice = Choice {
    name: "uploads",
    doc: "what the pictures beside the tasks are called that Label Studio was given by upload: `stored`, as it keeps them \
          (`1a2b3c4d-kite.jpg`), or `original`, as they were called before (`kite.jpg`).",
    takes: Takes::Word { of: &["stored", "original"] },
};

/// The path of a picture that a value names.
fn picture(value: &str, options: &Options) -> Option<String> {
    const ENDS: &[&str] = &["jpg", "jpeg", "jpe", "png", "gif", "webp", "bmp", "tif", "tiff"];
    let (path, query) = value.split_once('?').unwrap_or((value, ""));
    let local = query.split('&').find_map(|part| part.strip_prefix("d="));
    let path = local.unwrap_or(path);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or(rest, |(_, path)| path));
    let path = path.trim_start_matches('/');
    let uploaded = path.strip_prefix("data/upload/");
    let path = match uploaded.and_then(original).filter(|_| options.text(&UPLOADS) == "original") {
        Some(name) => decoded(name),
        None => decoded(uploaded.unwrap_or(path)),
    };
    let end = path.rsplit_once('.')?.1.to_ascii_lowercase();
    ENDS.contains(&end.as_str()).then_some(path)
}

/// What an uploaded file was called: eight digits of a number at random and a dash stand before it. Spaces and other signs became `_`.
fn original(uploaded: &str) -> Option<&str> {
    let name = uploaded.rsplit('/').next()?;
    let (number, name) = name.split_at_checked(8)?;
    let is_number = number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    name.strip_prefix('-').filter(|name| is_number && !name.is_empty())
}

/// The names of the pictures of tasks that were uploaded: as they are kept, and as they were called before.
pub fn uploads(list: &[u8]) -> Vec<(String, String)> {
    let names = |task: &[u8]| -> Option<(String, String)> {
        let Ok(Json::Object(keys)) = json::parse(task, 64) else { return None };
        let data = match keys.iter().find(|(key, _)| key == "data") {
            Some((_, Json::Object(data))) => data,
            _ => &keys, // of the short export
        };
        data.iter().find_map(|(_, value)| {
            let Json::Text(value) = value else { return None };
            let uploaded = value.split_once("/data/upload/")?.1;
            let name = uploaded.rsplit('/').next()?;
            Some((decoded(name), decoded(original(uploaded)?)))
        })
    };
    objects(list).filter_map(names).collect()
}

/// `%EA` as the byte that it stands for.
fn decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = path.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(hex.unwrap_or(*byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths that a task's results are about, in turn, and whether that is a guess.
    fn about(task: &str) -> (Vec<Option<String>>, bool) {
        let task = json::parse(task.as_bytes(), 64).unwrap();
        let Some(Json::Array(results)) = select(&task, "results") else { panic!("results") };
        let shown = Shown::of(&task, results, &Options::default());
        let path = |result: &Json| Some(shown.pictures[shown.place_of(result)?].path.clone());
        (results.iter().map(path).collect(), shown.guessed)
    }

    #[test]
    fn results_are_about_the_pictures_of_their_controls() {
        let one = |more: &str| format!(r#"{{"original_width": 9, {more}}}"#);
        let task = |data: &str, results: &[&str]| {
            let results: Vec<String> = results.iter().map(|more| one(more)).collect();
            about(&format!(r#"{{"data": {data}, "results": [{}]}}"#, results.join(",")))
        };
        let some = |path: &str| Some(path.to_string());
        let two = r#"{"left": "a.png", "right": "b.png", "text": "x"}"#;
        let (l, r) = (r#""to_name": "left""#, r#""to_name": "right""#);
        assert_eq!(task(two, &[l, r]), (vec![some("a.png"), some("b.png")], false));
        assert_eq!(task(two, &[r]), (vec![some("b.png")], false));
        assert_eq!(task(two, &[r#""to_name": "img""#]), (vec![some("a.png")], true));
        assert_eq!(task(two, &[r#""to_name": "i""#, r#""to_name": "j""#]), (vec![None, None], false), "nobody knows");
        assert_eq!(task(two, &[l, r#""to_name": "j""#]), (vec![some("a.png"), None], false));
        let both = task(r#"{"image": "a.png", "text": "x"}"#, &[r#""to_name": "img""#, r#""x": 1"#]);
        assert_eq!(both, (vec![some("a.png"), some("a.png")], false), "there is no other picture");
        let list = r#"{"pages": ["a.png", "b.png"]}"#;
        let item = |n: &str| format!(r#""to_name": "p", "item_index": {n}"#);
        let (first, second, far) = (item("0"), item("1"), item("2"));
        assert_eq!(task(list, &[&second, &first, &far]), (vec![some("b.png"), some("a.png"), None], false));
        assert_eq!(task(list, &[r#""to_name": "p""#]), (vec![None], false), "nothing says which");
        assert_eq!(task(r#"{"pages": ["a.png"]}"#, &[r#""to_name": "p""#]), (vec![some("a.png")], false));
    }

    #[test]
    fn uploaded_files_have_a_number_in_front() {
        let options = |word: &str| Options::of([("uploads".to_string(), word.into())], &[UPLOADS]);
        let name = |value: &str, word: &str| picture(value, &options(word)).unwrap();
        let stored = "/data/upload/3/1a2b3c4d-%EA%B0%80_1.PNG";
        assert_eq!(name(stored, "original"), "가_1.PNG");
        assert_eq!(name(stored, "stored"), "3/1a2b3c4d-가_1.PNG");
        for other in
            ["/data/upload/3/kite.png", "/data/upload/1a2b3c4x-kite.png", "/data/local-files/?d=1a2b3c4d-kite.png"]
        {
            assert_eq!(name(other, "original"), name(other, "stored"), "{other}");
        }
        let list = format!(r#"[{{"data": {{"image": "{stored}"}}}}, {{"data": {{"text": "none"}}}}]"#);
        assert_eq!(uploads(list.as_bytes()), [("1a2b3c4d-가_1.PNG".to_string(), "가_1.PNG".to_string())]);
    }
}

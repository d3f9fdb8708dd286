//! The split that a path names, as publishers of data sets name files and folders: `data/train-00000-of-00001.parquet`,
//! `test/0001.jpg`, `dev.conll`.

/// Words and the splits that they mean.
const WORDS: [(&str, &[&str]); 3] = [
    ("train", &["train", "training"]),
    ("valid", &["valid", "validation", "val", "dev", "development"]),
    ("test", &["test", "testing", "eval", "evaluation"]),
];

/// The selector of a field that is the split which the path of its file names.
pub const SPLIT: &str = "path:split";

/// The selector of the path of a file without the suffix of its name: `raw/kim/one` of `raw/kim/one.ann`.
pub const PLACE: &str = "path:stem";

/// A path without the suffix of its name.
pub fn place_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() => path.get(..path.len() - end.len() - 1).unwrap_or(path),
        _ => path,
    }
}

/// `train`, `valid` or `test`, by a word of the file's name, else of the nearest folder that has one; `None` where no word says
/// it. A word is what letters make without any between them and others: `pretrain` and `latest` say nothing.
pub fn part_of(path: &str) -> Option<&'static str> {
    path.rsplit('/').find_map(|step| {
        let words = step.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
        words
            .filter(|w| !w.is_empty())
            .find_map(|w| WORDS.iter().find(|(_, all)| all.contains(&w.as_str())).map(|p| p.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_without_its_suffix() {
        for (path, place) in
            [("raw/a.b/one.ann", "raw/a.b/one"), ("one.x.txt", "one.x"), ("raw/.hidden", "raw/.hidden")]
        {
            assert_eq!(place_of(path), place);
        }
    }

    #[test]
    fn names_of_files_and_folders_say_the_split() {
        for (path, part) in [
            ("data/train-00000-of-00001.parquet", Some("train")),
            ("data/test/0001.jpg", Some("test")),
            ("ko_dev.conll", Some("valid")),
            ("train/eval.jsonl", Some("test")),
            ("Validation2/a.csv", Some("valid")),
            ("훈련_train.csv", Some("train")),
            ("pretrain/latest.csv", None),
            ("a.csv", None),
        ] {
            assert_eq!(part_of(path), part, "{path}");
        }
    }
}

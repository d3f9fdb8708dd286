//! Names out of names: of sources, fields and splits.

/// A name of a-z, 0-9 and `-`, as sources and data sets have; empty where nothing is left.
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            _ if !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out.trim_matches('-').chars().take(60).collect::<String>().trim_end_matches('-').to_string()
}

/// A name that none of the others has, with a number behind it where needed.
pub fn unlike(name: &str, others: &[String]) -> String {
    let taken = |n: &String| others.contains(n);
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.to_string()).chain(numbered).find(|n| !taken(n)).unwrap_or_default()
}

/// The words of a name: runs of letters and digits, in small letters.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase)
}

/// Words for parts of data, each with the part that it means.
const SPLITS: &[(&str, &[&str])] = &[
    ("train", &["train", "training"]),
    ("valid", &["valid", "validation", "val", "dev", "devel", "testa"]),
    ("test", &["test", "testing", "testb"]),
];

/// The same in Korean, as columns and folders of public data have them.
const KOREAN: &[(&str, &[&str])] =
    &[("train", &["학습", "훈련"]), ("valid", &["검증"]), ("test", &["평가", "테스트", "시험"])];

/// The split that a text is a word for, whatever its case: `train`, `valid` or `test`.
pub fn means(text: &str) -> Option<&'static str> {
    let text = text.trim().to_lowercase();
    let of = |all: &[(&'static str, &[&str])], word: &str| all.iter().find(|(_, w)| w.contains(&word)).map(|(s, _)| *s);
    let bare = ["데이터셋", "데이터", "셋", "세트", "자료"]
        .iter()
        .find_map(|end| text.strip_suffix(end))
        .unwrap_or(&text)
        .trim();
    of(SPLITS, &text).or_else(|| of(KOREAN, bare.strip_suffix('용').unwrap_or(bare).trim()))
}

/// The split that a name speaks of, in the word that it uses: `dev` of `en-dev.conllu`, and `train` of `학습`. None where it speaks of
/// several.
pub fn split_of(name: &str) -> Option<String> {
    let bare = |w: String| w.trim_end_matches(|c: char| c.is_ascii_digit()).to_string();
    let known = |w: &String| SPLITS.iter().any(|(_, of)| of.contains(&w.as_str()));
    let korean = |w: String| if known(&w) { Some(w) } else { means(&w).map(String::from) };
    let mut found: Vec<String> = words(name).map(bare).filter_map(korean).collect();
    found.dedup();
    found.pop().filter(|_| found.is_empty())
}

/// The split that a file is in, by its own name or the nearest folder above.
pub fn split_of_path(path: &str, own: bool) -> Option<String> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.split('.').next().unwrap_or(name);
    let end = name.rsplit_once('.').map_or("", |(_, end)| end); // `eng.train`
    let by_name = if own { split_of(stem).or_else(|| split_of(end)) } else { None };
    by_name.or_else(|| folders.rsplit('/').find_map(split_of))
}

/// Where a split stands among others: training first, testing last.
pub fn rank(split: &str) -> usize {
    SPLITS.iter().position(|(_, of)| of.contains(&split)).unwrap_or(SPLITS.len())
}

/// A path as a glob that matches nothing else.
pub fn exact(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '*' | '?' | '[' | ']' | '{' | '}' => out.extend(['[', c, ']']),
            '\\' => out.push_str("[\\\\]"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sources_are_plain() {
        assert_eq!(slug("Blood Cells (v2)"), "blood-cells-v2");
        assert_eq!(slug("자료"), "");
        assert_eq!(unlike("a", &["a".into(), "a-2".into()]), "a-3");
    }

    #[test]
    fn splits_are_found_in_names_and_folders() {
        for (path, want) in [
            ("data/train-00000-of-00002.parquet", Some("train")),
            ("en_ewt-ud-dev.iob2", Some("dev")),
            ("val2017/1.jpg", Some("val")),
            ("Validation/a/b.json", Some("validation")),
            ("train_dev.csv", None),
            ("train/test.csv", Some("test")),
            ("detest.csv", None),
            ("1.학습/a.json", Some("train")),
            ("검증데이터/a.json", Some("valid")),
            ("학습_평가.csv", None),
        ] {
            assert_eq!(split_of_path(path, true).as_deref(), want, "{path}");
        }
        assert_eq!(split_of_path("train/test_1.jpg", false).as_deref(), Some("train"));
    }
}

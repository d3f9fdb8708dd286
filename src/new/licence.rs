//! Licences that files of a folder state: a LICENSE file by its text, a README by its front matter or by a line that
//! begins with the word. What no file states is not guessed, and of two different statements none is taken.
use super::folder::{File, Folder};
use super::kinds::recogniser::is_document;
use crate::model::license::{self, by_text, by_words};

/// A licence, and the file that states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// The folder that the file lies in: it speaks of all that lies below.
    pub folder: String,
    pub file: String,
    /// As an SPDX expression; `None` where the file speaks of a licence that is not known here.
    pub license: Option<String>,
    /// The whole file is the licence.
    pub text: bool,
}

/// All statements of a folder.
pub fn stated(folder: &Folder) -> Vec<Stated> {
    let of = |file: &File| {
        let (text, license) = one(folder, file)?;
        Some(Stated { folder: file.folder().to_string(), file: file.path.clone(), license, text })
    };
    folder.files.iter().filter(|f| is_document(f)).filter_map(of).collect()
}

/// What is known of the licence of some files.
#[derive(Debug, PartialEq)]
pub enum Known {
    /// The licence, the file that states it, and whether that is a licence's text.
    Is(String, String, bool),
    /// Files that state different licences, or one that is not known, in words.
    Unclear(String),
    Nothing,
}

/// The licence of what lies in a folder: the statements of the nearest folder that has some.
pub fn of(all: &[Stated], folder: &str) -> Known {
    let above =
        |s: &&Stated| s.folder.is_empty() || folder == s.folder || folder.starts_with(&format!("{}/", s.folder));
    let nearest = all.iter().filter(above).map(|s| s.folder.len()).max();
    let Some(nearest) = nearest else { return Known::Nothing };
    let here: Vec<&Stated> = all.iter().filter(above).filter(|s| s.folder.len() == nearest).collect();
    let mut known: Vec<&&Stated> = here.iter().filter(|s| s.license.is_some()).collect();
    known.sort_by_key(|s| !s.text); // the text itself before words about it
    let Some((first, license)) = known.first().and_then(|s| Some((s, s.license.clone()?))) else {
        let files: Vec<&str> = here.iter().map(|s| s.file.as_str()).collect();
        return Known::Unclear(format!("{} speaks of a licence that is not known by its words", files.join(", ")));
    };
    if let Some(other) = known.iter().find(|s| s.license.as_ref() != Some(&license)) {
        let theirs = other.license.clone().unwrap_or_default();
        return Known::Unclear(format!("{} states {license}, and {} states {theirs}", first.file, other.file));
    }
    Known::Is(license, first.file.clone(), first.text)
}

/// Whether the file is the text of a licence, and which licence it states; `None` where it speaks of none.
fn one(folder: &Folder, file: &File) -> Option<(bool, Option<String>)> {
    let b = folder.beginning(file).ok()?;
    let text = String::from_utf8_lossy(&b.bytes);
    let name = file.name().to_lowercase();
    if ["license", "licence", "copying"].iter().any(|n| name.starts_with(n)) {
        return Some((true, by_text(&text).or_else(|| by_words(&text))));
    }
    if !name.starts_with("readme") {
        return None;
    }
    let front = front_matter(&text).and_then(|f| value_of(f, "license"));
    if let Some(own) = front {
        return Some((false, license::spelled(&own).map(String::from)));
    }
    statement(&text).map(|words| (false, by_words(words)))
}

/// The YAML between the lines `---` at the begin of a Markdown file.
pub fn front_matter(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('\u{feff}').strip_prefix("---")?.trim_start_matches('\r').strip_prefix('\n')?;
    rest.split_once("\n---").map(|(front, _)| front)
}

/// A value of one word of a top-level key, or the only item of a list.
pub fn value_of(front: &str, key: &str) -> Option<String> {
    let mut all = values_of(front, key);
    all.pop().filter(|_| all.is_empty())
}

/// The words of a top-level key: behind it, or as items of a list.
pub fn values_of(front: &str, key: &str) -> Vec<String> {
    let mut lines = front.lines().skip_while(|l| l.strip_prefix(key).is_none_or(|rest| !rest.starts_with(':')));
    let Some(first) = lines.next() else { return Vec::new() };
    let plain = |t: &str| t.trim().trim_matches(['"', '\'']).to_string();
    let own = first.get(key.len() + 1..).unwrap_or_default().trim();
    if let Some(list) = own.strip_prefix('[') {
        return list.trim_end_matches(']').split(',').map(plain).filter(|t| !t.is_empty()).collect();
    }
    if !own.is_empty() {
        return vec![plain(own)];
    }
    let items = lines.take_while(|l| l.trim_start().starts_with("- "));
    items.map(|l| plain(l.trim_start().trim_start_matches("- "))).collect()
}

/// The words behind `Licence:` at the begin of a line, or below a heading of that name.
fn statement(text: &str) -> Option<&str> {
    const WORDS: &[&str] = &["license", "licence", "라이선스", "라이센스"];
    let mut lines = text.lines().map(|l| l.trim_start_matches(['-', '*', ' ', '>', '|', '_', '\u{feff}']));
    while let Some(line) = lines.next() {
        let heading = line.starts_with('#');
        let bare = line.trim_start_matches(['#', ' ', '*', '_']);
        let Some(word) = WORDS.iter().find(|w| bare.get(..w.len()).is_some_and(|s| s.eq_ignore_ascii_case(w))) else {
            continue;
        };
        let rest = bare.get(word.len()..).unwrap_or_default().trim_start_matches(['*', '_', ' ']);
        if heading && rest.trim_matches([':', '#', ' ']).is_empty() {
            return lines.find(|l| !l.trim().is_empty());
        }
        if let Some(own) = rest.strip_prefix([':', '|']) {
            return Some(own);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readme_states_it_in_a_line_or_below_a_heading() {
        assert_eq!(statement("# x\n\n- **Licence:** MIT\n").and_then(by_words).as_deref(), Some("MIT"));
        assert_eq!(statement("# x\n## License\n\nCC BY 4.0\n").and_then(by_words).as_deref(), Some("CC-BY-4.0"));
        assert_eq!(statement("the UCI page states CC BY 4.0 (repository licence Apache-2.0)"), None);
        let front = front_matter("---\nlicense: cc-by-4.0\nlanguage:\n- ko\n- en\n---\n# x\n").unwrap();
        assert_eq!(value_of(front, "license").as_deref(), Some("cc-by-4.0"));
        assert_eq!(values_of(front, "language"), ["ko", "en"]);
    }
}

//! Files that programs and systems leave beside data: copies of editors, lock files, half downloads, what a system notes of a
//! folder. None of them is data, whatever it holds.

const BACKUP: &str = "a copy that a program keeps, as its name says: give it another name if it is data";
const OPEN: &str = "it is there while a document is open in an office program: close the document";
const HALF: &str = "a download or a copy that is not finished, as its name says";
const SYSTEM: &str = "the system keeps it for itself, and it is no data";

/// Why a file is no data, by its name.
pub fn why(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let ends = |of: &[&str]| of.iter().any(|end| name.ends_with(end));
    if name.starts_with("~$") {
        return Some(OPEN);
    }
    if ends(&["~", ".bak", ".old", ".orig", ".backup", ".swp", ".swo"]) || name.starts_with('#') && name.ends_with('#')
    {
        return Some(BACKUP);
    }
    if ends(&[".tmp", ".temp", ".part", ".partial", ".crdownload", ".download"]) {
        return Some(HALF);
    }
    let system = ["desktop.ini", "thumbs.db", "ehthumbs.db", ".ds_store", "icon\r"].contains(&name.as_str());
    (system || path.split('/').any(|part| part == "__MACOSX")).then_some(SYSTEM)
}

/// What is said of a hidden file, which no build reads; nothing of those that belong to git and to tamis.
pub fn hidden(name: &str) -> Option<&'static str> {
    const OWN: &[&str] = &[".git", ".gitignore", ".gitattributes", ".gitkeep", ".gitmodules", ".tamis"];
    if !name.starts_with('.') && name != "Thumbs.db" || OWN.contains(&name) {
        return None;
    }
    let other = "it is hidden, since its name begins with a dot: give it another name if it is data";
    Some(why(name).or(name.starts_with("._").then_some(SYSTEM)).unwrap_or(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_are_known_by_their_names() {
        for (path, want) in [
            ("a/x.jsonl.bak", Some(BACKUP)),
            ("x.csv~", Some(BACKUP)),
            ("~$x.xlsx", Some(OPEN)),
            ("a/Desktop.ini", Some(SYSTEM)),
            ("__MACOSX/a/x.csv", Some(SYSTEM)),
            ("x.csv.part", Some(HALF)),
            ("bak.csv", None),
            ("#1.csv", None),
        ] {
            assert_eq!(why(path), want, "{path}");
        }
        assert_eq!(
            (hidden(".DS_Store"), hidden("._x.csv"), hidden("Thumbs.db")),
            (Some(SYSTEM), Some(SYSTEM), Some(SYSTEM))
        );
        assert_eq!((hidden(".x.csv.swp"), hidden(".git"), hidden("x.csv")), (Some(BACKUP), None, None));
        assert!(hidden(".cache").is_some_and(|say| say.contains("hidden")));
    }
}

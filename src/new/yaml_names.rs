//! The names of classes that `data.yaml` of a YOLO data set gives, or a list of them beside the labels: `classes.txt` of
//! labelImg, `obj.names` of Darknet.
use super::folder::{File, Folder};

/// Files that list the names of classes, one a line.
const LISTS: &[&str] = &["classes.txt", "obj.names"];

/// A file and the names in it.
pub type Listed = (String, Vec<String>);

/// Whether a file lists names of classes and is no text of its own.
pub fn is_list(file: &File) -> bool {
    LISTS.contains(&file.name())
}

/// The names that some files, each below one of these folders, are numbered by, with the file that they stand in; the n-th is
/// that of the number n, from 0. Or which lists contradict each other, or leave a folder without names.
pub fn names(folder: &Folder, of: &[String]) -> Result<Option<Listed>, (String, String)> {
    let yaml = |f: &&File| matches!(f.extension().as_str(), "yaml" | "yml");
    let read = |file: &File| Some(String::from_utf8_lossy(&folder.beginning(file).ok()?.bytes).into_owned());
    let in_yamls = folder.files.iter().filter(yaml).filter_map(|f| Some((f, in_yaml(&read(f)?)?)));
    let in_lists = folder.files.iter().filter(|f| is_list(f)).filter_map(|f| Some((f, in_list(&read(f)?)?)));
    let lists: Vec<(&File, Vec<String>)> = in_yamls.chain(in_lists).collect();
    let Some((first, names)) = lists.first() else { return Ok(None) };
    if let Some((other, _)) = lists.iter().find(|(_, own)| own != names) {
        let say =
            format!("it gives the numbers of classes other names than {}: no task is made of the boxes", first.path);
        return Err((other.path.clone(), say));
    }
    // a list beside all folders is of all of them; one in a folder is of that one
    let below =
        |a: &str, b: &str| a.is_empty() || a == b || b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'));
    let related = |list: &File, own: &String| below(list.folder(), own) || below(own, list.folder());
    let beside = |list: &File| of.iter().all(|own| !related(list, own));
    let covers = |own: &String| lists.iter().any(|(list, _)| beside(list) || related(list, own));
    match of.iter().find(|own| !covers(own)) {
        Some(own) => {
            let say =
                format!("it names the classes of its folder, and nothing those of {own}: no task is made of the boxes");
            Err((first.path.clone(), say))
        }
        None => Ok(Some((first.path.clone(), names.clone()))),
    }
}

/// Names that numbers can stand for: none is empty, none stands twice.
fn usable(names: Vec<String>) -> Option<Vec<String>> {
    let different: std::collections::BTreeSet<&String> = names.iter().collect();
    (!names.is_empty() && different.len() == names.len() && !names.iter().any(String::is_empty)).then_some(names)
}

/// A name a line; empty lines behind the last one do not count.
fn in_list(text: &str) -> Option<Vec<String>> {
    usable(text.trim_end().lines().map(|line| line.trim().to_string()).collect())
}

/// `names: [a, b]`, a list below `names:`, or numbers with names below it, as they are all met. Numbers with a gap,
/// empty names and names that stand twice name nothing.
fn in_yaml(text: &str) -> Option<Vec<String>> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("names:"));
    let head = uncommented(lines.next()?.strip_prefix("names:")?);
    let rest: Vec<&str> = lines.collect();
    if let Some(open) = head.strip_prefix('[') {
        let all = std::iter::once(open).chain(rest).collect::<Vec<_>>().join(" ");
        let inner = all.split_once(']')?.0;
        let inner = inner.trim().trim_end_matches(',');
        return usable(inner.split(',').map(plain).collect());
    }
    let mut out = Vec::new();
    for line in rest.into_iter().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) {
        let bare = uncommented(line);
        let item = bare.strip_prefix('-');
        if item.is_none() && !line.starts_with([' ', '\t']) {
            break; // the next key
        }
        match item {
            Some(name) => out.push(plain(name)),
            None => {
                let (number, name) = bare.split_once(':')?;
                if plain(number).parse() != Ok(out.len()) {
                    return None;
                }
                out.push(plain(name));
            }
        }
    }
    usable(out)
}

/// A line without the comment at its end.
fn uncommented(line: &str) -> &str {
    line.split_once(" #").map_or(line, |(line, _)| line).trim()
}

/// A value without quotes; in double quotes it is written as JSON has it.
fn plain(value: &str) -> String {
    let value = value.trim();
    let quoted = value.starts_with('"').then(|| serde_json::from_str(value).ok()).flatten();
    quoted.unwrap_or_else(|| value.trim_matches(['"', '\'']).to_string())
}

#[cfg(test)]
mod tests {
    use super::{in_list, in_yaml};

    #[test]
    fn names_are_read_in_each_form() {
        let want = Some(vec!["a b".to_string(), "c".into()]);
        assert_eq!(in_yaml("nc: 2\nnames: ['a b', c]  # two\n"), want);
        assert_eq!(in_yaml("names: [\n  'a b',\n  c\n]\nnc: 2\n"), want);
        assert_eq!(in_yaml("names:\n- a b\n- 'c'\nval: x\n"), want);
        assert_eq!(in_yaml("train: x\nnames:\n  0: \"a b\"\n\n  # more\n  1: c # last\nnc: 2\n"), want);
        assert_eq!(in_yaml("names:\n  0: a\n  2: b\n"), None);
        assert_eq!(in_yaml("name: x\n"), None);
        assert_eq!(in_yaml("names: ['', dog]\n"), None, "a number less would be another class");
        assert_eq!(in_yaml("names: [cat, dog, cat]\n"), None);
        assert_eq!(in_yaml("names: [cat, dog, ]\n"), Some(vec!["cat".into(), "dog".into()]));
        assert_eq!(in_list("cat\ndog\n\n"), Some(vec!["cat".into(), "dog".into()]));
        assert_eq!((in_list("\ndog\n"), in_list("cat\n\ndog\n"), in_list("")), (None, None, None));
    }
}

//! The names of classes that `data.yaml` of a YOLO data set gives, or a list of them beside the labels: `classes.txt` of
//! labelImg, `obj.names` of Darknet.
use super::folder::{File, Folder};

/// Files that list the names of classes, one a line.
const LISTS: &[&str] = &["classes.txt", "obj.names"];

/// Whether a file lists names of classes and is no text of its own.
pub fn is_list(file: &File) -> bool {
    LISTS.contains(&file.name())
}

/// The names with the file that they stand in; the n-th is that of the number n, from 0.
pub fn names(folder: &Folder) -> Option<(String, Vec<String>)> {
    let yaml = |f: &&File| matches!(f.extension().as_str(), "yaml" | "yml");
    let read = |file: &File| Some(String::from_utf8_lossy(&folder.beginning(file).ok()?.bytes).into_owned());
    let of_yaml = |file: &File| Some((file.path.clone(), in_yaml(&read(file)?)?));
    let of_list = |file: &File| {
        let names: Vec<String> =
            read(file)?.lines().map(str::trim).filter(|l| !l.is_empty()).map(String::from).collect();
        (!names.is_empty()).then(|| (file.path.clone(), names))
    };
    let first = folder.files.iter().filter(yaml).find_map(of_yaml);
    first.or_else(|| folder.files.iter().filter(|f| is_list(f)).find_map(of_list))
}

/// `names: [a, b]`, a list below `names:`, or numbers with names below it, as they are all met. Numbers with a gap name nothing.
fn in_yaml(text: &str) -> Option<Vec<String>> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("names:"));
    let head = uncommented(lines.next()?.strip_prefix("names:")?);
    let rest: Vec<&str> = lines.collect();
    if let Some(open) = head.strip_prefix('[') {
        let all = std::iter::once(open).chain(rest).collect::<Vec<_>>().join(" ");
        let inner = all.split_once(']')?.0;
        let names: Vec<String> = inner.split(',').map(plain).filter(|n| !n.is_empty()).collect();
        return (!names.is_empty()).then_some(names);
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
    (!out.is_empty()).then_some(out)
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
    use super::in_yaml;

    #[test]
    fn names_are_read_in_each_form() {
        let want = Some(vec!["a b".to_string(), "c".into()]);
        assert_eq!(in_yaml("nc: 2\nnames: ['a b', c]  # two\n"), want);
        assert_eq!(in_yaml("names: [\n  'a b',\n  c\n]\nnc: 2\n"), want);
        assert_eq!(in_yaml("names:\n- a b\n- 'c'\nval: x\n"), want);
        assert_eq!(in_yaml("train: x\nnames:\n  0: \"a b\"\n\n  # more\n  1: c # last\nnc: 2\n"), want);
        assert_eq!(in_yaml("names:\n  0: a\n  2: b\n"), None);
        assert_eq!(in_yaml("name: x\n"), None);
    }
}

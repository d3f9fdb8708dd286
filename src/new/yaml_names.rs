//! The names of classes that `data.yaml` of a YOLO data set gives, or a list of them beside the labels: `classes.txt` of
//! labelImg, `obj.names` of Darknet.
use super::folder::{File, Folder};
use std::collections::{BTreeMap, BTreeSet};

/// Files that list the names of classes, one a line.
const LISTS: &[&str] = &["classes.txt", "obj.names"];

/// Names by their numbers, which may have gaps.
pub type Names = BTreeMap<usize, String>;

/// A file and the names in it.
pub type Listed = (String, Names);

/// What is said of names that cannot be told apart, or of numbers that are none.
const UNUSABLE: &str = "its `names` are no list of different names and no numbers with a name each: classes are called by \
                        their numbers";

/// Whether a file lists names of classes and is no text of its own.
pub fn is_list(file: &File) -> bool {
    LISTS.contains(&file.name())
}

/// The names that some files, each below one of these folders, are numbered by, with the file that they stand in. Or which
/// lists contradict each other, or leave a folder without names. Lists that name nothing are told.
pub fn names(
    folder: &Folder,
    of: &[String],
    unread: &mut Vec<(String, String)>,
) -> Result<Option<Listed>, (String, String)> {
    let mut lists: Vec<(&File, Names)> = Vec::new();
    for file in folder.files.iter().filter(is_yaml) {
        match read(folder, file).and_then(|text| in_yaml(&text)) {
            Some(Some(names)) => lists.push((file, names)),
            Some(None) => unread.push((file.path.clone(), UNUSABLE.into())),
            None => {}
        }
    }
    let in_lists = folder.files.iter().filter(|f| is_list(f));
    lists.extend(in_lists.filter_map(|f| Some((f, in_list(&read(folder, f)?)?))));
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

fn is_yaml(file: &&File) -> bool {
    matches!(file.extension().as_str(), "yaml" | "yml")
}

fn read(folder: &Folder, file: &File) -> Option<String> {
    Some(String::from_utf8_lossy(&folder.beginning(file).ok()?.bytes).into_owned())
}

/// How many points objects have, as `kpt_shape: [17, 3]` says beside the names; and the file that says it. Nothing where
/// several files say it differently.
pub fn points(folder: &Folder) -> Option<(String, u64)> {
    let yamls = folder.files.iter().filter(is_yaml);
    let mut said = yamls.filter_map(|f| Some((f.path.clone(), in_shape(&read(folder, f)?)?)));
    let first = said.next()?;
    said.all(|(_, n)| n == first.1).then_some(first)
}

fn in_shape(text: &str) -> Option<u64> {
    let shape = text.lines().find_map(|line| line.strip_prefix("kpt_shape:"))?;
    let (n, _) = uncommented(shape).strip_prefix('[')?.split_once(',')?;
    n.trim().parse().ok().filter(|n| *n > 0)
}

/// What the points of objects are called, as `kpt_names` says for each class; nothing where classes or files say it differently.
pub fn point_names(folder: &Folder) -> Option<Vec<String>> {
    let all = folder.files.iter().filter(is_yaml).filter_map(|f| in_points(&read(folder, f)?));
    let mut lists = all.flatten();
    let first = lists.next().filter(|names| !names.is_empty())?;
    lists.all(|names| names == first).then_some(first)
}

/// The lists below `kpt_names:`, a class each, as `0: [nose, tail]` or with a name a line.
fn in_points(text: &str) -> Option<Vec<Vec<String>>> {
    let below = text.lines().skip_while(|line| !line.starts_with("kpt_names:")).skip(1);
    let below: Vec<&str> = below.take_while(|line| line.starts_with([' ', '-']) || line.trim().is_empty()).collect();
    let mut lists: Vec<Vec<String>> = Vec::new();
    for line in below.into_iter().map(|line| uncommented(line.trim_start())).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("- ") {
            lists.last_mut()?.push(plain(name));
        } else {
            let (_, inline) = line.split_once(':')?;
            let inner = inline.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            lists.push(inner.map(|inner| inner.split(',').map(plain).collect()).unwrap_or_default());
        }
    }
    (!lists.is_empty()).then_some(lists)
}

/// Names that numbers can stand for: none is empty, none stands twice.
fn usable(names: Names) -> Option<Names> {
    let different: BTreeSet<&String> = names.values().collect();
    (!names.is_empty() && different.len() == names.len() && !names.values().any(String::is_empty)).then_some(names)
}

/// A name a line; empty lines behind the last one do not count.
fn in_list(text: &str) -> Option<Names> {
    usable(text.trim_end().lines().map(|line| line.trim().to_string()).enumerate().collect())
}

/// `names: [a, b]`, a list below `names:`, or numbers with names below it, as they are all met; the inner `None` of names
/// that name nothing: numbers that stand twice or are none, empty names and names that stand twice.
fn in_yaml(text: &str) -> Option<Option<Names>> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("names:"));
    let head = uncommented(lines.next()?.strip_prefix("names:")?);
    let rest: Vec<&str> = lines.collect();
    if let Some(open) = head.strip_prefix(['[', '{']) {
        let all = std::iter::once(open).chain(rest).collect::<Vec<_>>().join(" ");
        let Some((inner, _)) = all.split_once([']', '}']) else { return Some(None) };
        let inner = inner.trim().trim_end_matches(',').split(',');
        return Some(match head.starts_with('[') {
            true => usable(inner.map(plain).enumerate().collect()),
            false => numbered(inner),
        });
    }
    let items = rest.into_iter().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
    let own = |line: &&str| line.starts_with([' ', '\t', '-']); // what begins otherwise is the next key
    let items: Vec<&str> = items.take_while(own).map(uncommented).collect();
    let listed: Option<Vec<String>> = items.iter().map(|item| item.strip_prefix('-').map(plain)).collect();
    Some(match listed {
        Some(names) => usable(names.into_iter().enumerate().collect()),
        None => numbered(items.into_iter()),
    })
}

/// `0: cat`; no number may stand twice.
fn numbered<'t>(items: impl Iterator<Item = &'t str>) -> Option<Names> {
    let mut out = Names::new();
    for item in items {
        let (number, name) = item.split_once(':')?;
        if out.insert(plain(number).parse().ok()?, plain(name)).is_some() {
            return None;
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
    use super::{Names, in_list, in_points, in_shape, in_yaml};

    #[test]
    fn points_are_named_class_by_class() {
        let names = |of: &[&str]| of.iter().map(|n| n.to_string()).collect::<Vec<_>>();
        let text = "kpt_shape: [2, 3]\nkpt_names:\n  0:\n    - nose\n    - 'left eye'\n  1: [nose, \"left eye\"]\nnames: [a]\n";
        assert_eq!(in_points(text), Some(vec![names(&["nose", "left eye"]); 2]));
        assert_eq!(
            (in_points("kpt_names:\n"), in_points("names: [a]\n"), in_points("kpt_names:\n  - a\n")),
            (None, None, None)
        );
    }

    fn of(names: &[(usize, &str)]) -> Option<Names> {
        Some(names.iter().map(|(n, name)| (*n, name.to_string())).collect())
    }

    #[test]
    fn names_are_read_in_each_form() {
        let want = Some(of(&[(0, "a b"), (1, "c")]));
        assert_eq!(in_yaml("nc: 2\nnames: ['a b', c]  # two\n"), want);
        assert_eq!(in_yaml("names: [\n  'a b',\n  c\n]\nnc: 2\n"), want);
        assert_eq!(in_yaml("names:\n- a b\n- 'c'\nval: x\n"), want);
        assert_eq!(in_yaml("train: x\nnames:\n  0: \"a b\"\n\n  # more\n  1: c # last\nnc: 2\n"), want);
        assert_eq!(in_yaml("names: {0: a b, 1: 'c'}\nnc: 2\n"), want);
        assert_eq!(in_yaml("names:\n  0: a\n  2: b\n"), Some(of(&[(0, "a"), (2, "b")])), "a gap");
        assert_eq!(in_yaml("name: x\n"), None);
        for nothing in [
            "names: ['', dog]\n",
            "names: [cat, dog, cat]\n",
            "names:\n  0: a\n  0: b\n",
            "names:\n  a: 0\n",
            "names: [cat, dog\n",
            "names:\nnc: 2\n",
        ] {
            assert_eq!(in_yaml(nothing), Some(None), "{nothing}");
        }
        assert_eq!(in_yaml("names: [cat, dog, ]\n"), Some(of(&[(0, "cat"), (1, "dog")])));
        assert_eq!(in_list("cat\ndog\n\n"), of(&[(0, "cat"), (1, "dog")]));
        assert_eq!((in_list("\ndog\n"), in_list("cat\n\ndog\n"), in_list("")), (None, None, None));
    }

    #[test]
    fn the_points_of_an_object_are_counted_by_their_shape() {
        assert_eq!(in_shape("nc: 1\nkpt_shape: [17, 3]  # with visibility\n"), Some(17));
        assert_eq!((in_shape("kpt_shape: x\n"), in_shape("# kpt_shape: [3, 2]\n"), in_shape("")), (None, None, None));
    }
}

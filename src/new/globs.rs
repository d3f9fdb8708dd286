//! The globs of a source: short ones that match its files and no others of the folder, or few others, which are then left
//! out by name; or else each file by its name.
use super::names::exact;
use std::collections::BTreeSet;

/// Globs of some files, and the names of others that they match.
#[derive(Debug, Default, PartialEq)]
pub struct Globs {
    pub files: Vec<String>,
    pub exclude: Vec<String>,
}

/// Globs of some files among all. Those of `broken` that belong to them, as their names say, are matched as they would be if they could be
/// read, and left out by name.
pub fn of(paths: &[String], all: &[String], broken: &BTreeSet<String>) -> Globs {
    let beside: Vec<String> = broken.iter().filter(|other| belongs(other, paths, all, broken)).cloned().collect();
    if beside.is_empty() {
        return whole(paths, all);
    }
    let mut out = whole(&[paths, &beside].concat(), all);
    out.exclude.extend(beside.iter().map(|path| exact(path)));
    out
}

/// Whether a file that cannot be read belongs to some: its name differs from one of theirs in numbers alone, or all files of its ending in
/// its folder are of them or cannot be read.
fn belongs(other: &String, paths: &[String], all: &[String], broken: &BTreeSet<String>) -> bool {
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string());
    let near = |path: &&String| folder(path) == folder(other) && end(path) == end(other) && *path != other;
    let own: Vec<&String> = paths.iter().filter(near).collect();
    let numbered = own.iter().any(|path| unnumbered(path) == unnumbered(other));
    let alone = || own.len() > 1 && all.iter().filter(near).all(|path| own.contains(&path) || broken.contains(path));
    !own.is_empty() && !paths.contains(other) && (numbered || alone())
}

/// A name with one mark in place of each number.
fn unnumbered(path: &str) -> String {
    let mut out = String::new();
    for c in name(path).chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('\0') => {}
            true => out.push('\0'),
            false => out.push(c),
        }
    }
    out
}

fn whole(paths: &[String], all: &[String]) -> Globs {
    let own: BTreeSet<&String> = paths.iter().collect();
    if let [one] = paths {
        return Globs { files: vec![exact(one)], exclude: Vec::new() };
    }
    let top = super::found::top(paths.iter());
    let mut ends: Vec<String> = paths.iter().map(|p| end(p)).collect();
    ends.sort();
    ends.dedup();
    let mut out = Globs::default();
    for end in ends.into_iter().filter(|e| !e.is_empty()) {
        let with: Vec<&String> = paths.iter().filter(|p| self::end(p) == end).collect();
        match shared(&with, &top, &end, all, &own).or_else(|| but(&with, &top, &end, all, &own)) {
            Some(globs) => {
                out.files.extend(globs.files);
                out.exclude.extend(globs.exclude);
            }
            None => out.files.extend(with.into_iter().map(|p| exact(p))),
        }
    }
    out.files.extend(paths.iter().filter(|p| end(p).is_empty()).map(|p| exact(p)));
    out
}

/// One file among so many of a glob may be another, and is left out by its name.
const FEW: usize = 5;

/// A glob of all files of one ending below a folder, without the few others.
fn but(with: &[&String], top: &str, end: &str, all: &[String], own: &BTreeSet<&String>) -> Option<Globs> {
    let tail = format!(".{end}");
    let below = |p: &&String| top.is_empty() || p.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'));
    let others: Vec<&String> = all.iter().filter(|p| !own.contains(p) && p.ends_with(&tail)).filter(below).collect();
    if others.is_empty() || others.len() * FEW > with.len() {
        return None;
    }
    let rest: Vec<String> = all.iter().filter(|p| !others.contains(p)).cloned().collect();
    let globs = shared(with, top, end, &rest, own)?;
    Some(Globs { files: globs.files, exclude: others.into_iter().map(|p| exact(p)).collect() })
}

/// What stands behind the last dot of a name, with the suffix of a packing; as it is written.
fn end(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let inner = crate::formats::packing::inner_name(name);
    let packing = name.get(inner.len()..).unwrap_or_default();
    inner.rsplit_once('.').map_or(String::new(), |(_, e)| format!("{e}{packing}"))
}

/// Globs with wild cards for files of one ending, if none other of all files matches.
fn shared(with: &[&String], top: &str, end: &str, all: &[String], own: &BTreeSet<&String>) -> Option<Globs> {
    let below =
        |p: &String, folder: &str| folder.is_empty() || p.strip_prefix(folder).is_some_and(|r| r.starts_with('/'));
    let hidden = |p: &String, folder: &str| p.get(folder.len()..).unwrap_or_default().contains("/.");
    let tail = format!(".{end}");
    let join = |folder: &str, last: &str| {
        if folder.is_empty() { last.to_string() } else { format!("{}/{last}", exact(folder)) }
    };
    let wild = exact(&tail);
    let only = |fits: &dyn Fn(&String) -> bool| all.iter().filter(|p| fits(p)).all(|p| own.contains(p));
    let folders: BTreeSet<&str> = with.iter().map(|p| p.rsplit_once('/').map_or("", |(f, _)| f)).collect();
    let is_in = |p: &String, folder: &str| p.rsplit_once('/').map_or("", |(f, _)| f) == folder;
    if folders.len() > 1 && only(&|p| below(p, top) && !hidden(p, top) && p.ends_with(&tail)) {
        return Some(Globs { files: vec![join(top, &format!("**/*{wild}"))], exclude: Vec::new() });
    }
    let mut out = Globs::default();
    for folder in folders {
        let here: Vec<&&String> = with.iter().filter(|p| is_in(p, folder)).collect();
        if let [one] = here.as_slice() {
            out.files.push(exact(one));
            continue;
        }
        let start = prefix(&here);
        let fits = |start: &str| only(&|p| is_in(p, folder) && p.ends_with(&tail) && name(p).starts_with(start));
        let start = ["", start.as_str()].into_iter().find(|s| fits(s))?.to_string();
        out.files.push(join(folder, &format!("{}*{wild}", exact(&start))));
    }
    Some(out)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What the names of files in a folder begin with, up to the last mark that is neither letter nor digit.
fn prefix(paths: &[&&String]) -> String {
    let mut names = paths.iter().map(|p| name(p));
    let mut start = names.next().unwrap_or_default().to_string();
    for other in names {
        let same = start.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        start = start.chars().take(same).collect();
    }
    let cut = start.char_indices().filter(|(_, c)| !c.is_alphanumeric()).map(|(i, c)| i + c.len_utf8()).next_back();
    start.get(..cut.unwrap_or(0)).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(own: &[&str], others: &[&str]) -> Vec<String> {
        let texts = |of: &[&str]| of.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        of(&texts(own), &texts(&[own, others].concat()), &BTreeSet::new()).files
    }

    #[test]
    fn globs_match_the_files_of_a_source_alone() {
        assert_eq!(globs(&["a/1.jpg", "a/2.jpg"], &["b/3.jpg"]), ["a/*.jpg"]);
        assert_eq!(globs(&["a/1.jpg", "b/2.jpg"], &["b/3.png"]), ["**/*.jpg"]);
        assert_eq!(globs(&["d/train-0.parquet", "d/train-1.parquet"], &["d/test-0.parquet"]), ["d/train-*.parquet"]);
        assert_eq!(globs(&["x.csv", "y.csv"], &["z.csv"]), ["x.csv", "y.csv"]);
        assert_eq!(globs(&["a[1]/x*.csv"], &[]), ["a[[]1[]]/x[*].csv"]);
        assert_eq!(globs(&["a/1.jsonl.gz", "a/2.jsonl.gz"], &[]), ["a/*.jsonl.gz"]);
    }

    #[test]
    fn few_others_are_left_out_by_name() {
        let names = |n: usize| (0..n).map(|i| format!("xml/{i}.xml")).collect::<Vec<_>>();
        let all = [names(12), vec!["xml/broken[1].xml".to_string()]].concat();
        let want = Globs { files: vec!["xml/*.xml".into()], exclude: vec!["xml/broken[[]1[]].xml".into()] };
        assert_eq!(of(&names(12), &all, &BTreeSet::new()), want);
        let all = [names(3), vec!["xml/a.xml".into(), "xml/b.xml".into()]].concat();
        assert_eq!(of(&names(3), &all, &BTreeSet::new()).exclude, Vec::<String>::new(), "too many others");
    }

    #[test]
    fn a_broken_file_does_not_keep_later_ones_out() {
        let texts = |of: &[&str]| of.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        for (own, broken, others, files, exclude) in [
            (&["p-0.jsonl", "p-2.jsonl"] as &[_], "p-1.jsonl", &[] as &[_], "*.jsonl", true),
            (&["a/p-0.csv"], "a/p-1.csv", &[], "a/*.csv", true),
            (&["a/p-0.csv"], "a/p-1.csv", &["a/other.csv"], "a/p-*.csv", true),
            (&["ann.csv", "bob.csv"], "carl.csv", &[], "*.csv", true),
            (&["ann.csv", "bob.csv"], "carl.csv", &["dora.csv"], "ann.csv bob.csv", false),
            (&["a/p-0.csv"], "b/p-1.csv", &[], "a/p-0.csv", false),
        ] {
            let all = texts(&[own, &[broken], others].concat());
            let got = of(&texts(own), &all, &BTreeSet::from([broken.to_string()]));
            assert_eq!((got.files.join(" ").as_str(), got.exclude.len() == 1), (files, exclude), "{own:?} {broken}");
        }
    }
}

//! Packages for several annotators: who they are, and what each is given.
use super::said::{Package, Sharing};
use super::shares::{Overlap, shares};
use super::tool::{FILE_MAX, Item, Tool};
use super::written::beside;
use crate::cli::say;
use crate::project::{Failure, Project};
use crate::report::terminal::{number, plural};
use crate::review::file::named;
use crate::review::task::Task;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Annotators by name.
#[derive(Clone, Debug, PartialEq)]
pub struct People(Vec<String>);

/// More than these make no packages that anybody reads.
const PEOPLE_MAX: usize = 1000;

impl FromStr for People {
    type Err = String;

    /// A number of annotators, who are called `a1`, `a2`, ..., or their names.
    fn from_str(text: &str) -> Result<People, String> {
        let names: Vec<String> = match text.parse::<usize>() {
            Ok(n) if (1..=PEOPLE_MAX).contains(&n) => (1..=n).map(|n| format!("a{n}")).collect(),
            Ok(_) => return Err(format!("1 to {PEOPLE_MAX} annotators")),
            Err(_) => text.split(',').map(|name| name.trim().to_string()).collect(),
        };
        let mut seen = BTreeSet::new();
        for name in &names {
            if named(name).is_err() {
                return Err(format!("`{}` is no name: lower-case letters, digits and hyphens", name.escape_default()));
            }
            if !seen.insert(name) {
                return Err(format!("{name} is named twice"));
            }
        }
        Ok(People(names))
    }
}

/// Writes the package of one annotator to a path.
pub type Write<'w> = &'w mut dyn FnMut(&str, Vec<Item>) -> Result<(), Failure>;

/// Writes a package for each annotator, and tells how the work is shared. Answers so far are left out: whoever sees those of others
/// does not answer by themselves.
pub fn packages(
    project: &Project,
    (task, tool): (&Task, &Tool),
    items: Vec<Item>,
    out: &str,
    (people, overlap, gold): (&People, Overlap, Option<&str>),
    write: Write<'_>,
) -> Result<(Vec<Package>, Sharing), Failure> {
    if let Some(crowd) = tool.crowd.map(|_| tool.name) {
        return Err(Failure::Usage(format!("{crowd} gives samples to its workers itself: leave --annotators out")));
    }
    overlap.tell_capped(people.0.len());
    let items: Vec<Item> = items.into_iter().map(blind).collect();
    let known = match gold {
        Some(file) => gold_ids(project, file, &items)?,
        None => BTreeSet::new(),
    };
    let ids: Vec<&str> = items.iter().map(|item| item.id.as_str()).collect();
    let is_gold: Vec<bool> = ids.iter().map(|id| known.contains(*id)).collect();
    let given = shares(&ids, &is_gold, people.0.len(), overlap);
    let mut packages = Vec::new();
    for (name, places) in people.0.iter().zip(&given.of) {
        let own: Vec<Item> = places.iter().filter_map(|place| items.get(*place).cloned()).collect();
        let path = path(tool, out, name);
        let n = own.len() as u64;
        write(&path, own)?;
        say(&format!("{path}   {}\n", plural(n, "sample")));
        packages.push(Package { path, samples: n, annotator: Some(name.clone()) });
    }
    let sharing =
        Sharing { several: given.shared as u64, pair_least: given.pair_least as u64, gold: known.len() as u64 };
    say(&format!(
        "{} of {} answered by several; every two annotators share at least {}\n",
        number(sharing.several),
        plural(ids.len() as u64, "sample"),
        number(sharing.pair_least)
    ));
    if !known.is_empty() {
        say(&format!("{} of gold in every package\n", plural(sharing.gold, "sample")));
    }
    let first = people.0.first().map_or("NAME", String::as_str);
    let (example, tool) = (path(tool, out, first), tool.name);
    say(&format!(
        "then, of each: tamis label import {} {example} --tool {tool} --by {first} --as answers\n",
        task.name
    ));
    Ok((packages, sharing))
}

/// The package of an annotator.
fn path(tool: &Tool, out: &str, name: &str) -> String {
    format!("{}-{name}.{}", beside(out), tool.ending)
}

/// A sample without what others answered.
fn blind(item: Item) -> Item {
    Item { votes: Vec::new(), agreement: None, ..item }
}

/// The ids of a file, one a line; each must be one of the samples.
fn gold_ids(project: &Project, file: &str, items: &[Item]) -> Result<BTreeSet<String>, Failure> {
    let failed = |say: String| Failure::Usage(format!("{file}: {say}"));
    let bytes = project.world.read(file, FILE_MAX).map_err(|e| failed(e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("is not UTF-8".into()))?;
    let there: BTreeSet<&str> = items.iter().map(|item| item.id.as_str()).collect();
    let mut out = BTreeSet::new();
    for (n, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let id = line.trim();
        if id.is_empty() {
            continue;
        }
        if !there.contains(id) {
            return Err(failed(format!("line {}: no sample of the package is called `{}`", n + 1, id.escape_debug())));
        }
        out.insert(id.to_string());
    }
    match out.is_empty() {
        true => Err(failed("holds no id".into())),
        false => Ok(out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotators_are_counted_or_named() {
        let read = |text: &str| text.parse::<People>();
        assert_eq!(read("2"), Ok(People(vec!["a1".into(), "a2".into()])));
        assert_eq!(read("kim, lee-2"), Ok(People(vec!["kim".into(), "lee-2".into()])));
        for wrong in ["0", "1001", "kim,kim", "Kim", "", "kim,,lee", "../x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

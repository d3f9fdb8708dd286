//! `hidden-answers/NAME`: the answers that a benchmark keeps. Their sums are compared, each line is read, and they are held
//! against the release that they belong to, where that lies beside them.
use super::{Check, Page, failed, written};
use crate::formats::writer::split_of;
use crate::project::Failure;
use crate::report::terminal::{number, plural};
use crate::world::World;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};
use std::path::Path;

/// The file that says whose answers these are.
pub const KEY: &str = "answers.json";

/// The longest line that is read.
const LINE: u64 = 1 << 30;

/// Ids that are named at most.
const NAMED: usize = 3;

/// What `answers.json` says.
#[derive(Deserialize)]
struct Key {
    answers_of: String,
    version: String,
    canary: String,
    /// By split: the columns that the release has null.
    hidden: BTreeMap<String, Vec<String>>,
}

/// What of `release.json` concerns the answers.
#[derive(Deserialize)]
struct Canary {
    canary: Option<String>,
}

/// Checks a folder of answers: what is said if all is well, and what is not.
pub fn plain(world: &World, sums: bool) -> Result<(String, Vec<String>), Failure> {
    let page = Page::default();
    let (files, unread, wrong) = Default::default();
    let mut check = Check { world, page: &page, files, unread, wrong };
    let (there, _) = check.sums()?;
    let mut wrong = check.wrong;
    let all = plural((there.len() + super::SUMS.len()) as u64, "file");
    if sums {
        return Ok((format!("ok: {all} of hidden answers, sums alone: what the files hold was not read"), wrong));
    }
    let bytes = world.read(KEY, LINE).map_err(|e| failed(KEY, &e))?;
    let key: Key = match serde_json::from_slice(&bytes) {
        Ok(key) => key,
        Err(e) => {
            wrong.push(format!("{KEY} does not read: {e}"));
            return Ok((String::new(), wrong));
        }
    };
    let mut ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (split, columns) in &key.hidden {
        ids.insert(split, answers(world, &format!("{split}.jsonl"), columns, &mut wrong)?);
    }
    let held = match beside(world.root()) {
        Some((release, name)) => against(&World::new(&release), &name, &key, &ids, &mut wrong)?,
        None => "not held against a release: none lies beside them".to_string(),
    };
    let total = plural(ids.values().map(|of| of.len() as u64).sum(), "hidden answer");
    Ok((format!("ok: {all}, {total} of {} {}, {held}", key.answers_of, key.version), wrong))
}

/// The samples of a split that have answers. Each line names its sample, and answers in the columns that are hidden alone.
fn answers(
    world: &World,
    path: &str,
    columns: &[String],
    wrong: &mut Vec<String>,
) -> Result<BTreeSet<String>, Failure> {
    let mut ids = BTreeSet::new();
    let mut input = match world.open(path).and_then(|open| open.reader()) {
        Ok(input) => std::io::BufReader::new(input),
        Err(e) => {
            wrong.push(format!("{path} does not open: {e}"));
            return Ok(ids);
        }
    };
    for n in 1.. {
        let mut line = Vec::new();
        if input.by_ref().take(LINE).read_until(b'\n', &mut line).map_err(|e| failed(path, &e))? == 0 {
            break;
        }
        let read = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&line);
        let Ok(row) = read else {
            wrong.push(format!("{path}:{n}: no JSON object"));
            continue;
        };
        let Some(id) = row.get("id").and_then(serde_json::Value::as_str) else {
            wrong.push(format!("{path}:{n}: no `id`"));
            continue;
        };
        if !ids.insert(id.to_string()) {
            wrong.push(format!("{path}:{n}: {id} is there twice"));
        }
        let lacking = columns.iter().filter(|column| !row.contains_key(*column));
        wrong.extend(lacking.map(|column| format!("{path}:{n}: no `{column}`, which is hidden")));
        let other = row.keys().filter(|name| *name != "id" && !columns.contains(name));
        wrong.extend(other.map(|name| format!("{path}:{n}: `{name}` is not hidden")));
    }
    Ok(ids)
}

/// The release that answers belong to: `releases/NAME-VERSION` of `hidden-answers/NAME-VERSION`, or `out/NAME`.
fn beside(answers: &Path) -> Option<(std::path::PathBuf, String)> {
    let answers = answers.canonicalize().ok()?;
    let (name, top) = (answers.file_name()?.to_str()?.to_string(), answers.parent()?.parent()?);
    ["releases", "out"].iter().find_map(|folder| {
        let release = top.join(folder).join(&name);
        release.join("release.json").is_file().then(|| (release, format!("{folder}/{name}")))
    })
}

/// Holds answers against a release: it is the one that they are of, and each sample that lacks its answer has one here.
fn against(
    world: &World,
    name: &str,
    key: &Key,
    ids: &BTreeMap<&str, BTreeSet<String>>,
    wrong: &mut Vec<String>,
) -> Result<String, Failure> {
    let page = Page::read(world)?;
    let bytes = world.read("release.json", LINE).map_err(|e| failed("release.json", &e))?;
    let canary = serde_json::from_slice::<Canary>(&bytes).ok().and_then(|of| of.canary);
    if page.version != key.version || canary.as_ref() != Some(&key.canary) {
        let own = format!("{}-{} {}", page.dataset, page.release, page.version);
        wrong.push(format!("{KEY}: these are answers of {} {}, and {name} is {own}", key.answers_of, key.version));
        return Ok(String::new());
    }
    let mut compared = false;
    for (split, own) in ids {
        let Some(released) = samples(world, &page, split)? else { continue };
        compared = true;
        let mut tell = |ids: Vec<&String>, what: &str| {
            if let Some(first) = ids.get(..ids.len().min(NAMED)).filter(|first| !first.is_empty()) {
                let first: Vec<&str> = first.iter().map(|id| id.as_str()).collect();
                wrong.push(format!("{split}: {} {what}, such as {}", number(ids.len() as u64), first.join(", ")));
            }
        };
        tell(released.difference(own).collect(), &format!("samples of {name} have no answer"));
        tell(own.difference(&released).collect(), &format!("answers are of no sample of {name}"));
    }
    Ok(match compared {
        true => format!("one for each sample of {name}"),
        false => format!("not held against {name}: no file of it holds the ids"),
    })
}

/// The samples of a split by the first format that holds their ids; `None` where none does.
fn samples(world: &World, page: &Page, split: &str) -> Result<Option<BTreeSet<String>>, Failure> {
    let listed = world.list("").map_err(|e| failed("the folder", &e))?;
    for (format, writer) in written().filter(|(f, _)| page.has_format(f.name) && page.has_files(f.name, split)) {
        let (Some(read), mut ids, mut complete) = (writer.samples, BTreeSet::new(), true) else { continue };
        let files = listed.iter().filter(|found| split_of(writer.files, &found.path) == Some(split));
        for found in files {
            let open = world.open(&found.path).and_then(|open| open.reader()).map_err(|e| failed(&found.path, &e))?;
            let done = read(&mut std::io::BufReader::new(open), &mut |id| match id {
                Some(id) => drop(ids.insert(id.to_string())),
                None => complete = false,
            });
            done.map_err(|say| Failure::Differs(format!("{} of {} does not read: {say}", found.path, format.name)))?;
        }
        if complete && !ids.is_empty() {
            return Ok(Some(ids));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_its_sample_and_answers_in_hidden_columns_alone() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        let lines = "{\"id\":\"a\",\"kind\":\"x\"}\n{\"id\":\"a\",\"kind\":null}\n{\"id\":\"b\"}\n{\"kind\":\"x\"}\nno\n\
                     {\"id\":\"c\",\"kind\":\"x\",\"text\":\"t\"}\n";
        world.replace("test.jsonl", lines.as_bytes()).unwrap();
        let mut wrong = Vec::new();
        let ids = answers(&world, "test.jsonl", &["kind".to_string()], &mut wrong).unwrap_or_default();
        assert_eq!(ids.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
        let want = [
            "test.jsonl:2: a is there twice",
            "test.jsonl:3: no `kind`, which is hidden",
            "test.jsonl:4: no `id`",
            "test.jsonl:5: no JSON object",
            "test.jsonl:6: `text` is not hidden",
        ];
        assert_eq!(wrong, want);
    }
}

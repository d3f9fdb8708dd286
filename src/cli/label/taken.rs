//! What is taken of what came back from a tool, what is complained of, and where answers are written.
use super::merged::{Merged, merged};
use super::tool::{Back, FILE_MAX, Said};
use super::written::keep;
use crate::cli::warn;
use crate::project::{Failure, Project};
use crate::review::task::Task;
use crate::stages::label::decided::judged;
use std::collections::{BTreeMap, BTreeSet};

/// So many complaints are told one by one.
const TOLD: usize = 20;

/// Tells complaints; with any of them the import is not whole.
pub fn tell(file: &str, wrong: &[String]) -> Result<i32, Failure> {
    complain(file, wrong);
    if !wrong.is_empty() {
        return Err(Failure::Differs(format!("{} of {file} were not taken", wrong.len())));
    }
    Ok(0)
}

/// Tells complaints.
pub fn complain(file: &str, wrong: &[String]) {
    wrong.iter().take(TOLD).for_each(|say| warn(&format!("tamis: {file}: {say}\n")));
    if wrong.len() > TOLD {
        warn(&format!("tamis: and {} more\n", wrong.len() - TOLD));
    }
}

/// What is about a sample that is there, and an answer to the task; the rest is a complaint.
pub fn good(task: &Task, back: Vec<Back>, ids: &BTreeSet<String>, wrong: &mut Vec<String>) -> Vec<Back> {
    let mut out: BTreeMap<String, Back> = BTreeMap::new();
    for one in back {
        if !ids.contains(&one.id) {
            wrong.push(format!("there is no sample `{}`", one.id));
            continue;
        }
        if let Said::Label(value) = &one.said
            && let Err(say) = judged(&task.declared, &format!("label.{}", task.name), value)
        {
            wrong.push(format!("sample {}: {say}", one.id));
            continue;
        }
        if let Some(first) = out.get(&one.id) {
            if first.said != one.said {
                wrong.push(format!("sample {}: there are two different answers; the first counts", one.id));
            }
            continue;
        }
        out.insert(one.id.clone(), one);
    }
    out.into_values().collect()
}

/// Where the answers of somebody lie.
fn path(task: &Task, by: &str) -> String {
    format!("labels/{}/{by}.csv", task.name)
}

/// Adds answers of one annotator to their file; those about the same samples are replaced. Where any is, the file before is kept
/// under a number.
pub fn add(project: &Project, task: &Task, by: &str, answers: &[[String; 3]]) -> Result<(String, Merged), Failure> {
    let path = path(task, by);
    let failed = |say: String| Failure::World(format!("{path}: {say}"));
    let before = match project.world.exists(&path) {
        true => Some(project.world.read(&path, FILE_MAX).map_err(|e| failed(e.to_string()))?),
        false => None,
    };
    let before = before.map(String::from_utf8).transpose().map_err(|_| failed("is not UTF-8".into()))?;
    let merged = merged(before.as_deref(), answers)
        .map_err(|say| failed(format!("{say}, so that nothing can be added; move it elsewhere first")))?;
    if merged.replaced > 0 {
        keep(project, &path, &merged.text)?;
    }
    place(project, task, by, &merged.text)?;
    Ok((path, merged))
}

/// Writes a file of votes whole; one that is there and says something else is kept under a number.
pub fn whole(project: &Project, task: &Task, by: &str, text: &str) -> Result<String, Failure> {
    let path = path(task, by);
    keep(project, &path, text)?;
    place(project, task, by, text)?;
    Ok(path)
}

/// Writes a file of votes, and says where nothing reads it.
fn place(project: &Project, task: &Task, by: &str, text: &str) -> Result<(), Failure> {
    let path = path(task, by);
    project.world.replace(&path, text.as_bytes()).map_err(|e| Failure::World(format!("{path}: {e}")))?;
    let mut globs = task.declared.from.values().filter_map(|a| a.files.as_ref()).flatten();
    if !globs.any(|glob| glob.starts_with(&format!("labels/{}", task.name))) {
        let from = format!("from.{} = {{ files = [\"labels/{}/*.csv\"] }}", task.name, task.name);
        warn(&format!("tamis: dataset.toml does not read it: [label.{}] {from}\n", task.name));
    }
    Ok(())
}

/// A file that holds no answer: nothing is written for it.
pub fn nothing(file: &str) -> Failure {
    Failure::Differs(format!("{file} holds no answer that can be taken: nothing was written"))
}

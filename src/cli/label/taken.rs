//! What is taken of what came back from a tool, what is complained of, and where answers are written.
use super::tool::{Back, Said};
use crate::cli::warn;
use crate::project::{Failure, Project};
use crate::review::task::Task;
use crate::stages::label::decided::judged;
use std::collections::{BTreeMap, BTreeSet};

/// So many complaints are told one by one.
const TOLD: usize = 20;

/// Tells complaints; with any of them the import is not whole.
pub fn tell(file: &str, wrong: &[String]) -> Result<i32, Failure> {
    wrong.iter().take(TOLD).for_each(|say| warn(&format!("tamis: {file}: {say}\n")));
    if wrong.len() > TOLD {
        warn(&format!("tamis: and {} more\n", wrong.len() - TOLD));
    }
    if !wrong.is_empty() {
        return Err(Failure::Differs(format!("{} of {file} were not taken", wrong.len())));
    }
    Ok(0)
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

/// Writes a file of votes, and says where nothing reads it.
pub fn place(project: &Project, task: &Task, by: &str, text: &str) -> Result<String, Failure> {
    let path = format!("labels/{}/{by}.csv", task.name);
    project.world.replace(&path, text.as_bytes()).map_err(|e| Failure::World(format!("{path}: {e}")))?;
    let mut globs = task.declared.from.values().filter_map(|a| a.files.as_ref()).flatten();
    if !globs.any(|glob| glob.starts_with(&format!("labels/{}", task.name))) {
        let from = format!("from.{} = {{ files = [\"labels/{}/*.csv\"] }}", task.name, task.name);
        warn(&format!("tamis: dataset.toml does not read it: [label.{}] {from}\n", task.name));
    }
    Ok(path)
}

//! Whether what the project built last is what its manifest and files make now: who has edited them and not built compares what
//! was before the edit.
use super::sides::Side;
use crate::cli::Context;
use crate::engine::told::Answer;
use crate::project::{Options, Project};
use crate::report::difference::Difference;

/// Notes the sides that are older than the manifest or the files.
pub fn tell(c: &Context, sides: &[Side], out: &mut Difference) {
    let made: Vec<&str> = sides.iter().filter_map(|side| side.made.as_deref()).collect();
    if made.is_empty() {
        return;
    }
    let planned = Project::open(c.dir.as_deref()).and_then(|project| {
        project.plan(&Options::default(), |s, built| {
            let fresh = |name: &str| {
                let own = s.steps.iter().zip(&built.runs).find(|(step, _)| step.plan.folder.as_deref() == Some(name));
                own.is_some_and(|(_, run)| run.answer() == Answer::Fresh)
            };
            made.iter().filter(|name| !fresh(name)).map(|name| name.to_string()).collect::<Vec<String>>()
        })
    });
    match planned {
        Ok(old) => {
            for name in old {
                // before what else is told: not all of it is shown
                let say = format!(
                    "out/{name} was built before dataset.toml or the files changed: what they say now is not compared; tamis build"
                );
                out.notes.insert(0, say);
            }
        }
        Err(failure) => {
            let why = failure.words().unwrap_or("dataset.toml has problems: tamis check".into());
            out.notes.insert(0, format!("whether out/ is what dataset.toml makes now is not known: {why}"));
        }
    }
}

//! `[transform.NAME]`: a step of one's own. A program is given rows as lines of JSON and gives lines back: columns, samples
//! to drop, samples made of others.
//!
//! ```toml
//! [transform.tags]
//! run = ["python3", "steps/tags.py"]
//! reads = ["caption"]
//! writes = { tags = { list = { of = "text" } }, score = "int" }
//! drops = ["short"]
//! files = ["steps/words.txt"]
//! ```
//!
//! Reads the columns of `reads` with the ids, of living samples alone; writes those of `writes`. A text that was there
//! before gets an edit list, found by comparing words, so that labels move with it. Drops: `transform.REASON`, one for
//! each of `drops`. Changes: `transform.changed`, a column that was there has another value. Samples born are called
//! `PARENT#NAME.KEY`. Limits: images cannot be read yet; what a program reads from elsewhere than its input and its files
//! (the clock, a network, installed packages) is in no recipe unless `version` tells of it. How lines are exchanged is
//! told by the helper that `tamis new --step` prints.
mod answers;
mod columns;
mod declaration;
mod declare;
mod programs;
mod python;
mod question;

use crate::stage::*;
use crate::table::array_of;
use answers::Answers;
use columns::Written;
use declaration::{After, Declaration, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The entry of each place in the pipeline where a step may stand; the first brings the schema.
pub const AFTER_COLLECT: Entry =
    at(|check| declare::declare(check, After::Collect)).schema(|g| g.subschema_for::<Declaration>());
pub const AFTER_SCHEMA: Entry = at(|check| declare::declare(check, After::Schema));
pub const AFTER_PREPROCESS: Entry = at(|check| declare::declare(check, After::Preprocess));
pub const AFTER_PRIVACY: Entry = at(|check| declare::declare(check, After::Privacy));
pub const AFTER_CLEAN: Entry = at(|check| declare::declare(check, After::Clean));
pub const AFTER_LABEL: Entry = at(|check| declare::declare(check, After::Label));

const fn at(declare: fn(&mut Check) -> Vec<Plan>) -> Entry {
    Entry::row::<Stage>("transform", "transform.*", declare)
}

/// All that an answer depends on, beside the rows; and the program, which is given for the call.
#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The name of the instance.
    #[serde(default)]
    name: String,
    #[serde(default)]
    run: Vec<String>,
    /// What the program says of its version, where it lies outside of the project.
    #[serde(default, skip_serializing_if = "is_default")]
    says: Option<String>,
    /// The program's own files by path: digests of what they say.
    #[serde(default, skip_serializing_if = "is_default")]
    files: BTreeMap<String, String>,
    /// Variables that it is given: fingerprints of their values.
    #[serde(default, skip_serializing_if = "is_default")]
    env: BTreeMap<String, Option<String>>,
    #[serde(default, skip_serializing_if = "is_default")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    reads: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    writes: BTreeMap<String, Kind>,
    /// Columns of `writes` that were there before.
    #[serde(default, skip_serializing_if = "is_default")]
    over: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    drops: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    bears: bool,
    /// Never in a recipe.
    #[serde(default, skip_serializing)]
    program: Option<Program>,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let program = p.program.as_ref().ok_or_else(|| Fault::Bug("was given no program".into()))?;
        let ids = rows.texts("id")?;
        let living: Vec<(usize, &str)> = ids
            .iter()
            .enumerate()
            .filter(|(row, _)| rows.counts(*row))
            .map(|(row, id)| (row, id.as_deref().unwrap_or_default()))
            .collect();
        if living.is_empty() {
            return Ok(Delta::default()); // nobody is asked about nothing
        }
        let question = question::question(p, rows, &living)?;
        let answer = rows.tools().ask(program, &question, &question::ends).map_err(|f| about(f, &living))?;
        let told = |say: String| Fault::World(format!("the program `{}` {say}", program.name()));
        let answers = answers::read(p, rows.len(), &living, &answer).map_err(told)?;
        delta(p, rows, &answers)
    }
}

/// A failure with the samples that it was about, in front of what the program said itself.
fn about(fault: Fault, living: &[(usize, &str)]) -> Fault {
    let Fault::World(say) = fault else { return fault };
    let (first, rest) = say.split_once('\n').map_or((say.as_str(), None), |(first, rest)| (first, Some(rest)));
    let samples = match living {
        [(_, only)] => format!("the sample `{only}`"),
        [(_, first), .., (_, last)] => format!("{} samples, `{first}` to `{last}`", living.len()),
        [] => "no sample".into(),
    };
    let missing = rest.filter(|rest| ["No module named", "No such file", "ENOENT"].iter().any(|s| rest.contains(s)));
    let help = missing.map_or("", |_| "; it sees no files of the project but those of `run` and `files`");
    Fault::World(format!("{first}, asked about {samples}{help}{}", rest.map_or(String::new(), |r| format!("\n{r}"))))
}

/// Columns, drops and children of the living rows; dead rows stay what they were.
fn delta(p: &Map, rows: &Rows, answers: &Answers) -> Result<Delta, Fault> {
    let mut delta = Delta::default();
    for (row, reason) in &answers.dropped {
        let key = format!("transform.{}.drops", p.name);
        delta.event(*row, Act::DROP, key, format!("transform.{reason}"), reason);
    }
    for (name, kind) in &p.writes {
        let answered = answers.values.get(name).map(Vec::as_slice).unwrap_or_default();
        let written = match p.over.contains(name) {
            true => Written::over(rows, answers, answered, name, *kind == Kind::Text)?,
            false => Written::new(answers, answered, name),
        };
        written.put(p, name, kind, answers, &mut delta)?;
    }
    if !answers.born.is_empty() {
        delta.born.parents = answers.born.iter().map(|c| (c.parent as u32, 0)).collect();
        delta.born.columns.insert("id".into(), array_of(answers.born.iter().map(|c| Some(c.id.clone()))));
    }
    Ok(delta)
}

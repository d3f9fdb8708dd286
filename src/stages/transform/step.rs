//! The step itself: living rows are asked about, and the answers become columns, drops and samples born.
use super::answers::{self, Answers};
use super::columns::Written;
use super::declaration::Kind;
use super::params::Map;
use super::question;
use crate::stage::*;
use crate::table::array_of;

pub struct Stage;

impl RowStage for Stage {
    const USES: &'static [&'static str] = &["unicode-std 17.0"]; // what a word is, where texts are compared
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
        let own = format!("#{}.", p.name);
        if let Some((_, id)) = living.iter().find(|(_, id)| p.bears && id.contains(&own)) {
            let say = format!(
                "the id `{id}` is one that this step gives to samples that it bears: give the step another name"
            );
            return Err(Fault::World(say));
        }
        let lines = question::question(p, rows, &living)?;
        let question = Question { lines: &lines, about: &about(&living), ends: &question::ends };
        let answer = rows.tools().ask(program, &question)?;
        let told = |say: String| Fault::World(format!("the program `{}` {say}", program.name()));
        let answers = answers::read(p, rows.len(), &living, &answer).map_err(told)?;
        delta(p, rows, &answers)
    }
}

/// The samples of a question, for whoever reads why there is no answer.
fn about(living: &[(usize, &str)]) -> String {
    match living {
        [] => "no sample".into(),
        [(_, only)] => format!("the sample `{only}`"),
        [(_, first), .., (_, last)] => format!("{} samples, `{first}` to `{last}`", living.len()),
    }
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

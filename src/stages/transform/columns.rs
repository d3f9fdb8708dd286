//! Columns made of answers. A column that was there before keeps its values where nothing was answered; of a text that
//! changes, the words are compared, so that labels move with those that stay.
use super::answers::Answers;
use super::declaration::Kind;
use super::params::Map;
use crate::measure::changes::changes;
use crate::model::edits::{Edit, edits_of, since_collected};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Value, array_of, value_at};

/// The values of a written column, of the rows and of the samples born.
pub struct Written {
    values: Vec<Value>,
    born: Vec<Value>,
    /// Rows whose value is another than before, where there was one before.
    changed: Option<Vec<usize>>,
    /// Edit lists of a text that was there before, of the rows and of the samples born.
    edits: Option<(Lists, Lists)>,
}

type Lists = Vec<Option<Vec<Edit>>>;

impl Written {
    /// A column that was not there before.
    pub fn new(answers: &Answers, answered: &[Value], name: &str) -> Written {
        let values = answered.to_vec();
        let born = of_born(answers, &values, name);
        Written { values, born, changed: None, edits: None }
    }

    /// A column that was there.
    pub fn over(rows: &Rows, answers: &Answers, answered: &[Value], name: &str, text: bool) -> Result<Written, Fault> {
        let before = rows.column(name)?;
        let before: Vec<Value> = (0..rows.len()).map(|row| value_at(before.as_ref(), row)).collect();
        let answers_for = |row: usize| rows.counts(row) && !answers.dropped.contains_key(&row);
        let pick =
            |(row, (old, new)): (usize, (&Value, &Value))| if answers_for(row) { new.clone() } else { old.clone() };
        let values: Vec<Value> = before.iter().zip(answered).enumerate().map(pick).collect();
        let changed: Vec<usize> = (0..values.len()).filter(|row| values.get(*row) != before.get(*row)).collect();
        let born = of_born(answers, &values, name);
        let mut edits = None;
        if text {
            let so_far = rows.cells_if_any::<Vec<Edit>>(&edits_of(name))?;
            let list = |row: usize, now: &Value| {
                let so_far = so_far.get(row).cloned().flatten();
                since_collected(so_far, edited(before.get(row), now).as_deref())
            };
            let own = values.iter().enumerate().map(|(row, now)| list(row, now)).collect();
            let born = answers.born.iter().zip(&born).map(|(child, now)| list(child.parent, now)).collect();
            edits = Some((own, born));
        }
        Ok(Written { values, born, changed: Some(changed), edits })
    }

    /// Writes what there is to write; a column in which nothing changed stays shared.
    pub fn put(self, p: &Map, name: &str, kind: &Kind, answers: &Answers, delta: &mut Delta) -> Result<(), Fault> {
        let bug = |say: String| Fault::Bug(format!("an answer does not become a column: {say}"));
        for row in self.changed.iter().flatten() {
            let key = format!("transform.{}.writes.{name}", p.name);
            delta.event(*row, Act::Change, key, "transform.changed", format!("{name} changed"));
        }
        if self.changed.as_ref().is_none_or(|rows| !rows.is_empty()) {
            delta.write(name, column(&kind.ty(), &self.values).map_err(bug)?);
            if let Some((own, _)) = &self.edits {
                delta.write(edits_of(name), array_of(own.clone()));
            }
        }
        if !answers.born.is_empty() {
            delta.born.columns.insert(name.into(), column(&kind.ty(), &self.born).map_err(bug)?);
            if let Some((_, born)) = self.edits {
                delta.born.columns.insert(edits_of(name), array_of(born));
            }
        }
        Ok(())
    }
}

/// The values of the samples born: what was answered, else their parents'.
fn of_born(answers: &Answers, values: &[Value], name: &str) -> Vec<Value> {
    let parents = |row: usize| values.get(row).cloned().unwrap_or(Value::Null);
    answers.born.iter().map(|c| c.values.get(name).cloned().unwrap_or_else(|| parents(c.parent))).collect()
}

/// How a text became another; `None` where it stayed. Of a text that is gone nothing is left, and one that was not there
/// has no places.
fn edited(old: Option<&Value>, new: &Value) -> Option<Vec<Edit>> {
    let old = old.and_then(Value::text)?;
    let new = new.text().unwrap_or_default();
    let edits = changes(old, new).into_iter().map(|c| Edit { start: c.start, end: c.end, len: c.len });
    (old != new).then(|| edits.collect())
}

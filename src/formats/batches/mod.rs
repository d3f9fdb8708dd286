//! Tables of Arrow: record batches become samples, column by column, whatever file they came from. What no column of
//! samples holds is told (`hold`); types that only lay values out in another way become the usual ones (`plain`).
pub mod hold;
pub mod plain;

use super::chat::{self, Form, Talk};
use super::doubt::Doubt;
use super::held;
use super::reader::{Ask, Field, From, Records, Unit, WRITTEN};
use super::spelling::words;
use super::tokens::{self, JOIN, NO_TOKENS, joined};
use crate::measure::parts::{part_of, place_of};
use crate::table::{Array, ArrayRef, Value, nulls, take, texts, types, utf8, value, value_at};
use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, StringArray};
use arrow_schema::{DataType, Fields, Schema};
use hold::{Lost, as_type, name};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A stretch of rows that is being taken, batch by batch.
pub struct Taking<'g> {
    ask: &'g Ask,
    unit: &'g Unit<'g>,
    /// Rows that were taken or dropped.
    pub done: usize,
    /// Values of each field that became null, by reason.
    lost: Vec<Lost>,
}

impl<'g> Taking<'g> {
    pub fn new(ask: &'g Ask, unit: &'g Unit<'g>) -> Taking<'g> {
        Taking { ask, unit, done: 0, lost: vec![Lost::new(); ask.fields.len()] }
    }

    /// The names of the columns that fields and ids are taken from.
    pub fn wanted(&self) -> Vec<&'g str> {
        let all = self.ask.fields.iter().map(|f| &f.from).chain(self.ask.id.as_ref());
        let names = all.filter_map(|f| if let From::Record(name) = f { Some(name.as_str()) } else { None });
        let pictures = Some(held::column(&self.ask.options)).filter(|name| !name.is_empty());
        names.flat_map(|name| chat::sources(&self.ask.options, name)).chain(pictures).collect()
    }

    /// Compares the columns of a file with what is taken from them. `leaves` are its columns with the parts of objects, as
    /// paths, and whether each stands in lists.
    pub fn header(&self, own: Vec<String>, leaves: &[(String, bool)], out: &mut Records) {
        let column = |name: &str| leaves.iter().any(|(path, _)| names_column(path, name));
        let there = |name: &str| chat::has(&self.ask.options, name, column);
        let plain = leaves.iter().filter(|(_, listed)| !listed).map(|(path, _)| path.clone());
        let mut shown: Vec<String> = plain.chain(own.iter().cloned()).collect();
        shown.sort();
        shown.dedup();
        out.header_of(self.unit, &shown, &chat::names(&self.ask.options, own), there);
    }

    /// Takes the rows of a batch.
    pub fn batch(&mut self, batch: &RecordBatch, out: &mut Records) -> Result<(), String> {
        let (n, first) = (batch.num_rows(), self.done);
        let ids = match &self.ask.id {
            Some(From::Record(name)) => column(batch, name).map_or(vec![None; n], |a| written(&a)),
            Some(From::Path) => vec![Some(self.unit.path.to_string()); n],
            Some(From::Stem) => vec![Some(self.unit.stem.to_string()); n],
            Some(From::Split) => vec![part_of(self.unit.path).map(String::from); n],
            Some(From::Place) => vec![Some(place_of(self.unit.path).to_string()); n],
            Some(From::Content) | None => vec![None; n],
        };
        let stay = out.take_ids(self.unit, first, &ids);
        let talks = Form::of(&self.ask.options).map_or(Vec::new(), |form| talks(batch, form));
        for row in &stay {
            let talk = talks.get(*row as usize);
            talk.into_iter().for_each(|talk| talk.tell(self.ask, out, self.unit, first + *row as usize));
        }
        let tokens = tokens::text(&self.ask.options);
        let spoken = (!tokens.is_empty() && self.ask.selects(tokens)).then(|| self.spoken(column(batch, tokens), n));
        if let Some(spoken) = &spoken {
            let places = stay.iter().map(|row| spoken.places.get(*row as usize).cloned().unwrap_or(Value::Null));
            places.for_each(|of| out.more("tokens", of));
            for (row, say) in spoken.told.iter().filter(|(row, _)| stay.binary_search(&(*row as u32)).is_ok()) {
                out.finding(self.unit, first + row, 0, tokens::EMPTY, say);
            }
        }
        let pictures = held::column(&self.ask.options);
        if !pictures.is_empty() {
            held::take(column(batch, pictures).as_ref(), &stay, (self.unit, first), out);
        }
        for (i, field) in self.ask.fields.iter().enumerate() {
            let array = match (&field.from, &spoken) {
                (From::Record(name), Some(spoken)) if name == tokens => {
                    for row in &spoken.wrong {
                        out.field_finding(self.unit, first + row, "field.type", (&field.name, 1), NO_TOKENS);
                    }
                    Arc::new(StringArray::from_iter(spoken.texts.iter())) as ArrayRef
                }
                (From::Path, _) => repeated(self.unit.path, n),
                (From::Stem, _) => repeated(self.unit.stem, n),
                (From::Split, _) => part_of(self.unit.path).map_or_else(|| nulls(&utf8(), n), |part| repeated(part, n)),
                (From::Place, _) => repeated(place_of(self.unit.path), n),
                (From::Content, _) => nulls(&utf8(), n),
                (From::Record(name), _) if chat::ty(&self.ask.options, name).is_some() => {
                    self.conversations((i, field), name, &talks)?
                }
                (From::Record(name), _) => self.field((i, field), column(batch, name), n),
            };
            out.put_array(i, if stay.len() == n { array } else { take(&array, &stay) })?;
        }
        self.done += n;
        Ok(())
    }

    /// The texts that the tokens of each row are.
    fn spoken(&self, tokens: Option<ArrayRef>, n: usize) -> Spoken {
        let mut out = Spoken::default();
        for row in 0..n {
            let value = tokens.as_ref().map_or(Value::Null, |of| value_at(of.as_ref(), row));
            let own: Option<Vec<&str>> = match &value {
                Value::List(items) => items.iter().map(Value::text).collect(),
                _ => None,
            };
            let join = self.ask.options.text(&JOIN);
            out.told.extend(own.as_deref().and_then(|own| tokens::unseen(own, join)).map(|say| (row, say)));
            let made = own.map(|own| joined(&own, join));
            out.wrong.extend((made.is_none() && value != Value::Null).then_some(row));
            let (text, places) = made.map_or((None, Value::Null), |(text, places)| (Some(text), places));
            out.texts.push(text);
            out.places.push(places);
        }
        out
    }

    /// What a selector gives of the conversations of all rows.
    fn conversations(&mut self, (i, field): (usize, &Field), name: &str, talks: &[Talk]) -> Result<ArrayRef, String> {
        let mut values = Vec::with_capacity(talks.len());
        for (row, talk) in talks.iter().enumerate() {
            values.push(match talk.value(name) {
                Some(Ok(value)) => value,
                Some(Err(why)) => {
                    if let Some(lost) = self.lost.get_mut(i) {
                        *lost.entry(why).or_default().entry(self.done + row).or_default() += 1;
                    }
                    Value::Null
                }
                None => Value::Null,
            });
        }
        value::column(&types::parse(&field.ty).map_or(utf8(), |t| t.0), &values)
    }

    /// A column as the field's type; what it cannot hold is null and will be told.
    fn field(&mut self, (i, field): (usize, &Field), array: Option<ArrayRef>, n: usize) -> ArrayRef {
        let ty = crate::table::types::parse(&field.ty).map_or(utf8(), |t| t.0);
        let Some(array) = array else { return nulls(&ty, n) };
        let mut own = Lost::new();
        let made = as_type(&array, &field.ty, &mut own).unwrap_or_else(|| {
            let held: BTreeMap<usize, usize> = (0..n).filter(|row| array.is_valid(*row)).map(|row| (row, 1)).collect();
            let remedy = if field.ty == "utf8" { "; [schema] declares the type of a field" } else { "" };
            own = Lost::from([(
                format!("{} where {} is expected{remedy}", name(array.data_type()), words(&field.ty)),
                held,
            )]);
            own.retain(|_, rows| !rows.is_empty());
            nulls(&ty, n)
        });
        let Some(lost) = self.lost.get_mut(i) else { return made };
        for (why, rows) in own {
            let lost = lost.entry(why).or_default();
            rows.into_iter().for_each(|(row, values)| *lost.entry(self.done + row).or_default() += values);
        }
        made
    }

    /// Tells what became null, at each row.
    pub fn tell(&mut self, out: &mut Records) {
        for (field, lost) in self.ask.fields.iter().zip(std::mem::take(&mut self.lost)) {
            for (why, rows) in lost {
                for (row, values) in rows {
                    out.field_finding(self.unit, row, "field.type", (&field.name, values), &why);
                }
            }
        }
    }
}

/// The texts of rows whose texts are tokens.
#[derive(Default)]
struct Spoken {
    texts: Vec<Option<String>>,
    /// Where the tokens of each stand in it.
    places: Vec<Value>,
    /// Rows in which something else stands.
    wrong: Vec<usize>,
    /// What is said of the tokens of rows.
    told: Vec<(usize, String)>,
}

/// The conversation of each row.
fn talks(batch: &RecordBatch, form: Form) -> Vec<Talk> {
    let of: Vec<_> = form.reads().iter().map(|key| (*key, batch.column_by_name(key))).collect();
    let value = |key: &str, row: usize| {
        let own = of.iter().find(|(name, _)| *name == key).and_then(|(_, array)| *array);
        own.map_or(Value::Null, |array| value_at(array.as_ref(), row))
    };
    (0..batch.num_rows()).map(|row| Talk::of(form, &|key| value(key, row))).collect()
}

/// Each value as text, for ids.
fn written(array: &ArrayRef) -> Vec<Option<String>> {
    let made = as_type(array, WRITTEN, &mut Lost::new());
    let of = |array: ArrayRef| texts(array.as_ref()).into_iter().map(|t| t.map(String::from)).collect();
    made.map_or(vec![None; array.len()], of)
}

/// Whether a leaf of the file is what a selector names, or lies below it.
pub fn names_column(path: &str, name: &str) -> bool {
    path == name || path.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
}

fn repeated(text: &str, n: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, n)))
}

/// The column that a selector names: its own name, else a path through structs.
fn column(batch: &RecordBatch, name: &str) -> Option<ArrayRef> {
    if let Some(own) = batch.column_by_name(name) {
        return Some(own.clone());
    }
    let (mut at, mut rest) = name.match_indices('.').find_map(|(dot, _)| {
        let (step, rest) = (name.get(..dot)?, name.get(dot + 1..)?);
        Some((batch.column_by_name(step)?.clone(), rest))
    })?;
    loop {
        let of = at.as_struct_opt()?.clone();
        if let Some(own) = of.column_by_name(rest) {
            return Some(own.clone());
        }
        (at, rest) = rest.match_indices('.').find_map(|(dot, _)| {
            let (step, rest) = (rest.get(..dot)?, rest.get(dot + 1..)?);
            Some((of.column_by_name(step)?.clone(), rest))
        })?;
    }
}

/// What is said of columns, or of keys of an object, that nobody can tell apart.
pub const REPEATED: &str = "columns of one name";

/// What is said of a name that stands twice, also within objects.
pub fn repeated_name(fields: &Fields) -> Option<String> {
    let twice = fields.iter().enumerate().find(|(i, f)| fields.iter().take(*i).any(|g| g.name() == f.name()));
    if let Some((i, field)) = twice {
        let name: String = field.name().chars().take(60).collect();
        return Some(format!("has {REPEATED}: the {}. repeats `{name}`", i + 1));
    }
    fn within(ty: &DataType) -> Option<String> {
        match ty {
            DataType::Struct(fields) => repeated_name(fields),
            DataType::List(of) | DataType::Map(of, _) => within(of.data_type()),
            _ => None,
        }
    }
    fields.iter().find_map(|f| within(f.data_type()))
}

/// What a file means by its columns and a column of samples does not keep.
pub fn doubts(schema: &Schema) -> Vec<Doubt> {
    if let Some(say) = repeated_name(schema.fields()) {
        return vec![Doubt::fails("", say, "give each a name of its own in the file, or leave it out with `exclude`")];
    }
    let say = |name: &str, ty: &DataType| match ty {
        DataType::Duration(unit) => {
            let say = format!("holds durations, which are kept as whole numbers of the unit {unit:?}");
            Some(Doubt::column(name, say, "the name of the field should say the unit"))
        }
        DataType::Timestamp(_, Some(zone)) if !["UTC", "Z", "+00:00"].contains(&zone.as_ref()) => {
            let say = format!("holds points in time of the zone {zone}, which are kept in UTC");
            Some(Doubt::column(name, say, "the zone itself is not kept"))
        }
        DataType::Date32 | DataType::Date64 => {
            let help = format!("say {name} = {{ date = {{}} }} in [schema], and they stay days");
            Some(Doubt::retyped(name, "holds days, which are kept as text", help))
        }
        DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => {
            let what = if matches!(ty, DataType::Timestamp(..)) { "points in time" } else { "times of day" };
            let say = format!("holds {what}, which are kept as text");
            Some(Doubt::retyped(name, say, format!("{name} = {{ text = {{}} }} in [schema] says that this is meant")))
        }
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            let say = "holds decimal numbers, which are kept as text with all their digits";
            Some(Doubt::retyped(name, say, format!("{name} = {{ float = {{}} }} in [schema] makes them numbers")))
        }
        _ if name.starts_with("__index_level_") => {
            let say = "is the index of a table of pandas, not one of its columns";
            Some(Doubt::column(name, say, "`fields` leaves it out, and `id` may be taken from it"))
        }
        _ => None,
    };
    schema.fields().iter().filter_map(|f| say(f.name(), f.data_type())).collect()
}

/// Columns of numbers that stand for classes, out of what `datasets` notes.
pub fn classes(noted: &str) -> Option<Vec<(String, Vec<String>)>> {
    let info: serde_json::Value = serde_json::from_str(noted).ok()?;
    let of = |(column, feature): (&String, &serde_json::Value)| {
        // a list of classes is written with its one feature within it
        let feature = feature.get("feature").or_else(|| feature.get(0)).unwrap_or(feature);
        let names = feature.get("names").filter(|_| feature.get("_type").is_some_and(|ty| ty == "ClassLabel"))?;
        let names: Option<Vec<String>> = names.as_array()?.iter().map(|n| n.as_str().map(String::from)).collect();
        Some((column.clone(), names?))
    };
    Some(info.get("info")?.get("features")?.as_object()?.iter().filter_map(of).collect())
}

/// The key of that note in the metadata of a file.
pub const NOTED: &str = "huggingface";

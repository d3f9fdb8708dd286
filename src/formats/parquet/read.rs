//! The rows of a row group become samples, column by column.
use super::columns::{REPEATED, repeated_name};
use super::hold::{Lost, as_type, name};
use super::list::FIRST;
use crate::formats::encoding::Wrong;
use crate::formats::guard::guarded;
use crate::formats::reader::{Ask, Field, From, Records, Unit, WRITTEN};
use crate::formats::spelling::words;
use crate::formats::tokens::{self, JOIN, NO_TOKENS, joined};
use crate::table::{Array, ArrayRef, Value, nulls, take, texts, utf8, value_at};
use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, StringArray};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaDataReader;
use std::sync::Arc;

/// Rows that are decoded at a time.
const BATCH: usize = 8192;

pub fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let mut group = Group { ask, unit, rows: 0, done: 0, lost: Vec::new() };
    let read = guarded(|| group.read(out));
    group.tell(out);
    let say = match read {
        Some(Ok(())) if group.done == group.rows => return,
        Some(Ok(())) => "it holds fewer rows than the footer says".to_string(),
        Some(Err(say)) if say.contains("Disabled feature") => {
            "compressed in a way that is not read: Zstandard, Snappy or none is".to_string()
        }
        Some(Err(say)) if say.contains(REPEATED) => say,
        Some(Err(_)) | None => "the row group is damaged".to_string(),
    };
    for record in group.done..group.rows {
        out.reject(unit, record, &Wrong::new("parquet", &say));
    }
}

/// A row group that is being read.
struct Group<'g> {
    ask: &'g Ask,
    unit: &'g Unit<'g>,
    rows: usize,
    /// Rows that were taken or dropped.
    done: usize,
    /// Values of each field that became null, by reason.
    lost: Vec<Lost>,
}

impl Group<'_> {
    fn read(&mut self, out: &mut Records) -> Result<(), String> {
        let about = self.unit.context.unwrap_or_default();
        let body = about.get(..about.len().saturating_sub(8)).unwrap_or_default();
        let metadata = ParquetMetaDataReader::decode_metadata(body).map_err(|e| e.to_string())?;
        self.rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(|e| e.to_string())?;
        let schema = metadata.parquet_schema();
        if let Some(say) = repeated_name(metadata.schema().fields()) {
            return Err(say);
        }
        let id = self.ask.id.as_ref();
        let wanted = self.ask.fields.iter().map(|f| &f.from).chain(id);
        let names: Vec<&str> =
            wanted.filter_map(|f| if let From::Record(name) = f { Some(name.as_str()) } else { None }).collect();
        let there = |name: &str| schema.columns().iter().any(|c| names_column(&c.path().string(), name));
        let own: Vec<String> = schema.root_schema().get_fields().iter().map(|f| f.name().to_string()).collect();
        let plain = schema.columns().iter().filter(|c| c.max_rep_level() == 0).map(|c| c.path().string());
        let mut shown: Vec<String> = plain.chain(own.iter().cloned()).collect();
        shown.sort();
        shown.dedup();
        out.header_of(self.unit, &shown, &own, there);
        self.lost = vec![Lost::new(); self.ask.fields.len()];
        let mask = ProjectionMask::leaves(
            schema,
            schema.columns().iter().enumerate().filter_map(|(i, c)| {
                let path = c.path().string();
                names.iter().any(|n| names_column(&path, n)).then_some(i)
            }),
        );
        let bytes = Bytes::from([&[0; FIRST as usize], self.unit.bytes].concat());
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
        let batches = reader.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| e.to_string())?;
        for batch in batches {
            let batch = batch.map_err(|e| e.to_string())?;
            self.batch(&batch, out)?;
        }
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch, out: &mut Records) -> Result<(), String> {
        let (n, first) = (batch.num_rows(), self.done);
        let ids = match &self.ask.id {
            Some(From::Record(name)) => column(batch, name).map_or(vec![None; n], |a| written(&a)),
            Some(From::Path) => vec![Some(self.unit.path.to_string()); n],
            Some(From::Stem) => vec![Some(self.unit.stem.to_string()); n],
            Some(From::Content) | None => vec![None; n],
        };
        let stay = out.take_ids(self.unit, first, &ids);
        let tokens = tokens::text(&self.ask.options);
        let spoken = (!tokens.is_empty() && self.ask.selects(tokens)).then(|| self.spoken(column(batch, tokens), n));
        if let Some(spoken) = &spoken {
            let places = stay.iter().map(|row| spoken.places.get(*row as usize).cloned().unwrap_or(Value::Null));
            places.for_each(|of| out.more("tokens", of));
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
                (From::Content, _) => nulls(&utf8(), n),
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
            let tokens: Option<Vec<&str>> = match &value {
                Value::List(items) => items.iter().map(Value::text).collect(),
                _ => None,
            };
            let made = tokens.map(|tokens| joined(&tokens, self.ask.options.text(&JOIN)));
            out.wrong.extend((made.is_none() && value != Value::Null).then_some(row));
            let (text, places) = made.map_or((None, Value::Null), |(text, places)| (Some(text), places));
            out.texts.push(text);
            out.places.push(places);
        }
        out
    }

    /// A column as the field's type; what it cannot hold is null and will be told.
    fn field(&mut self, (i, field): (usize, &Field), array: Option<ArrayRef>, n: usize) -> ArrayRef {
        let ty = crate::table::types::parse(&field.ty).map_or(utf8(), |t| t.0);
        let Some(array) = array else { return nulls(&ty, n) };
        let mut own = Lost::new();
        let made = as_type(&array, &field.ty, &mut own).unwrap_or_else(|| {
            let held = (0..n).filter(|row| array.is_valid(*row)).map(|row| (row, 1)).collect();
            let remedy = if field.ty == "utf8" { "; [schema] declares the type of a field" } else { "" };
            own = Lost::from([(
                format!("{} where {} is expected{remedy}", name(array.data_type()), words(&field.ty)),
                held,
            )]);
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
    fn tell(&mut self, out: &mut Records) {
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
}

/// Each value as text, for ids.
fn written(array: &ArrayRef) -> Vec<Option<String>> {
    let made = as_type(array, WRITTEN, &mut Lost::new());
    let of = |array: ArrayRef| texts(array.as_ref()).into_iter().map(|t| t.map(String::from)).collect();
    made.map_or(vec![None; array.len()], of)
}

/// Whether a leaf of the file is what a selector names, or lies below it.
fn names_column(path: &str, name: &str) -> bool {
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

//! `[collect.NAME.sheet]`: a table that says more of the samples of a source, as data sets of pictures and sounds bring one.
//!
//! ```toml
//! [collect.photos.sheet]
//! table = { files = ["raw/**/metadata.jsonl"], format = "jsonl" }
//! key = "file_name"                      # what of a row names its sample
//! on = "path"                            # and what it names: the path, from the folder of the table
//! fields = { caption = "text", taken = "date" }
//! ```
//!
//! `collect.NAME/sheet.rows` reads the tables, `collect.NAME/sheet` brings each row to its sample. Findings: `sheet.missing` (a
//! sample without a row: its columns are null), `sheet.twice` (several rows name a sample: it waits for review, with the first
//! of them), `sheet.unmatched` (a row that names no sample),
//! `sheet.ambiguous` (a row names files of one name in several folders by `on = "stem"`: it is taken for none of them). More unmatched rows than `max_lost` fail the build.
use super::declaration::{Collect, SHEET, declared};
use super::lacking;
use super::met::{self, Wanted};
use super::read::{self, Parse};
use super::sheet::{NAMED, Names, Sheet};
use super::shown::{Taken, taken};
use crate::diag::Diagnostic;
use crate::formats::reader::Reader;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, DataType, Value, array_of, texts, types, utf8, value_at};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ROWS: Entry = Entry::row::<SheetRows>("collect/sheet_rows", "collect.*", declare_rows);
pub const ENTRY: Entry = Entry::join::<Brought>("collect/sheet", "collect.*", declare);

/// The table as a source of its own, with the reader of its format and what is taken of it.
struct Table {
    of: Collect,
    reader: &'static Reader,
    taken: Taken,
}

fn table(check: &mut Check, c: &Collect) -> Option<Table> {
    let sheet = c.declared.sheet.as_ref()?;
    let span = check.manifest.span_of(&format!("{}.sheet", check.path)).unwrap_or(check.span.clone());
    let format = sheet.table.format()?;
    let wrong = match format.reader.as_ref() {
        None => Some("its format is none of records"),
        Some(_) if sheet.table.fetch.is_declared() => Some("a table is not fetched by itself"),
        Some(_) if sheet.table.files.is_empty() => Some("no files are named"),
        Some(_) => None,
    };
    if let Some(wrong) = wrong {
        let problem = Diagnostic::error("T0740", span, "this table cannot be brought to samples").label(wrong);
        check.bad(problem.help("table = { files = [\"raw/metadata.csv\"], format = \"csv\" }"));
        return None;
    }
    sheet.table.files.iter().for_each(|glob| check.glob(glob));
    let options = sheet.table.options(check, format);
    let id = sheet.key.as_ref().map_or("file_name", |key| key.as_str()).to_string();
    let fields = sheet.fields.clone();
    let declared = super::declaration::Declaration { fields, id: sheet.key.clone(), ..c.declared.clone() };
    let declared = super::declaration::Declaration { optional: Vec::new(), min_records: None, ..declared };
    let of = Collect { files: sheet.table.clone(), format, options, id, prefix: String::new(), declared, by: SHEET };
    let reader = format.reader.as_ref()?;
    let mut taken = taken(check, &of, reader);
    if of.declared.fields.is_empty() {
        // what names the sample is its path or its id already
        taken.fields.retain(|_, (selector, _)| *selector != of.id);
        taken.order.retain(|name| taken.fields.contains_key(name));
    }
    if taken.fields.is_empty() {
        let problem = Diagnostic::error("T0740", span, "this table brings nothing to samples");
        check.bad(
            problem.label("no column is taken from it").help("fields = { caption = \"text\" } names what it says"),
        );
        return None;
    }
    Some(Table { of, reader, taken })
}

impl Table {
    /// The columns with their types, in order.
    fn columns(&self) -> Vec<(String, DataType)> {
        let order = self.taken.order.iter().filter_map(|name| self.taken.fields.get_key_value(name));
        order.map(|(name, (_, ty))| (name.clone(), types::parse(ty).map_or(utf8(), |t| t.0))).collect()
    }
}

fn declare_rows(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    let Some(t) = table(check, &c) else { return Vec::new() };
    lacking::tell(check, &t.of, t.reader, &t.taken.fields);
    let names_of = c.declared.sheet.as_ref().map(Sheet::names).unwrap_or_default();
    let word = "sheet.rows";
    let (at, step) = (format!("{}.sheet", check.path), format!("{}/{word}", check.path));
    let source = t.of.source(check, &t.of.files.files, "sheet_units", (t.reader.cut)(&t.of.options), false);
    let mut writes = writes([("key", utf8())]);
    writes.extend(t.columns().into_iter().map(|(name, ty)| (name, Column::new(ty))));
    let ports = Ports {
        table: source.table.clone(),
        reads: names(&["blob", "context", "path", "reject", "stem"]),
        writes,
        into: Some(format!("{}/sheet", check.path)),
        ..Ports::default()
    };
    let wanted = Wanted::of(check, &t.of, t.reader, &t.taken.fields);
    let mut gates = t.of.gates(check, &step);
    gates.extend(wanted.gates(check, &t.of, (&at, &step)));
    let mut parse = Parse::of(&t.of, t.reader, &check.instance, t.taken.fields);
    parse.seen = t.taken.seen;
    let map = Lines { names: names_of, parse };
    vec![Plan { gates, scan: Some(source), ..Plan::row::<SheetRows>(ports, &map, &wanted, &Nothing {}).word(word) }]
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    let Some(t) = table(check, &c) else { return Vec::new() };
    let Some(sheet) = c.declared.sheet.as_ref() else { return Vec::new() };
    let on = match (sheet.names(), &sheet.on) {
        (Names::Column, Some(on)) => on.get().clone(),
        _ => NAMED.to_string(),
    };
    if let Some(named) = sheet.on.as_ref().filter(|_| on != NAMED) {
        let Some(column) = check.known(named) else { return Vec::new() };
        if column.ty != utf8() {
            let message = format!("`{}` holds no text that a row could name", named.get());
            check.bad(Diagnostic::error("T0322", named.span(), message).label("no text"));
            return Vec::new();
        }
    }
    let columns = t.columns();
    if !check_columns(check, &c, sheet, &columns) {
        return Vec::new();
    }
    let step = format!("{}/sheet", check.path);
    let known = |name: &String| check.column("samples", name).is_some();
    let mut reads = names(&["source"]);
    reads.extend(columns.iter().map(|c| c.0.clone()).filter(known));
    let key = format!("{}.sheet", check.path);
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: columns.iter().map(|(name, ty)| (name.clone(), Column::new(ty.clone()))).collect(),
        right: Some(Right {
            table: step.clone(),
            key: "key".into(),
            on,
            reads: columns.iter().map(|c| c.0.clone()).collect(),
            unmatched: Some(("sheet.unmatched".into(), key.clone())),
        }),
        drops: true, // what two rows name may be dropped by who reviews it
        ..Ports::default()
    };
    let half = Decimal::parse("0.5").unwrap_or_default();
    let (most, span) = match &sheet.max_lost {
        Some(most) => (*most.get(), most.span()),
        None => (half, check.manifest.span_of(&key).unwrap_or(check.span.clone())),
    };
    let gate = Gate::at_most(format!("{key}.max_lost"), format!("{step}.unmatched_share"), most, span)
        .say(format!("more rows of {key} name no sample than may be lost"))
        .look(format!("tamis show {step} --findings; `key` and `on` say what they name, `max_lost` allows more"));
    let columns = columns.iter().map(|(name, ty)| (name.clone(), types::text(ty))).collect();
    let map = Bring { source: check.instance.clone(), columns };
    vec![Plan { gates: vec![gate], ..Plan::join::<Brought>(ports, &map).word("sheet") }]
}

/// A column of the table may be no column of the source's own, and of one type wherever it comes from.
fn check_columns(check: &mut Check, c: &Collect, sheet: &Sheet, columns: &[(String, DataType)]) -> bool {
    let own = check.manifest.span_of(&format!("{}.sheet", check.path)).unwrap_or(check.span.clone());
    let mut good = true;
    for (name, ty) in columns {
        let span = sheet.fields.get(name).map_or(own.clone(), At::span);
        let wrong = match check.column("samples", name) {
            _ if c.declared.fields.contains_key(name) => Some("the files of the source give it, too".to_string()),
            Some(other) if other != ty => {
                Some(format!("it is {} elsewhere, and {} here", types::text(other), types::text(ty)))
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            let problem = Diagnostic::error("T0740", span, format!("the column `{name}` cannot be brought to samples"));
            check.bad(problem.label(wrong).help("fields = { another_name = \"SELECTOR\" } names it otherwise"));
            good = false;
        }
    }
    good
}

pub const ALONE: Entry = Entry::row::<Alone>("collect/sheet_alone", "collect.*", declare_alone);

/// Samples whose files have one name in several folders are not told apart by it.
fn declare_alone(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    if c.declared.sheet.as_ref().is_none_or(|sheet| sheet.names() != Names::Stem) {
        return Vec::new();
    }
    let Some(t) = table(check, &c) else { return Vec::new() };
    let columns = t.columns();
    let ports = Ports {
        table: "samples".into(),
        reads: names(&["source", NAMED]),
        apply_reads: columns.iter().map(|c| c.0.clone()).collect(),
        writes: columns.iter().map(|(name, ty)| (name.clone(), Column::new(ty.clone()))).collect(),
        ..Ports::default()
    };
    let columns = columns.iter().map(|(name, ty)| (name.clone(), types::text(ty))).collect();
    let map = Bring { source: check.instance.clone(), columns: BTreeMap::new() };
    let apply = Bring { source: check.instance.clone(), columns };
    vec![Plan::row::<Alone>(ports, &map, &Nothing {}, &apply).word("sheet.alone")]
}

struct Alone;

impl RowStage for Alone {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Bring;
    type Gather = Nothing;
    type Apply = Bring;

    fn map(p: &Bring, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (sources, named) = (rows.texts("source")?, rows.texts(NAMED)?);
        for (row, (source, name)) in sources.iter().zip(named).enumerate() {
            if let Some(name) = name.filter(|_| source.as_ref() == Some(&p.source)) {
                summary.put(name, row, []);
            }
        }
        Ok(Delta::default())
    }
}

impl Alone {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        out.put_repeated(hits);
        Ok(())
    }

    /// What a row says of one of several is said of none of them.
    fn apply(p: &Bring, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let (mut delta, mut met) = (Delta::default(), BTreeSet::new());
        for (name, ty) in &p.columns {
            let ty = types::parse(ty).map_or(utf8(), |t| t.0);
            let before = rows.column(name)?;
            let mut cell = |row: usize| {
                let value = value_at(before.as_ref(), row);
                let shared = slice.rows.contains_key(&(row as u32)) && value != Value::Null;
                if shared {
                    met.insert(row);
                }
                if shared { Value::Null } else { value }
            };
            let values: Vec<Value> = (0..rows.len()).map(&mut cell).collect();
            delta.write(name, column(&ty, &values).map_err(Fault::Bug)?);
        }
        let say = "a row of the table names it by its stem alone, which files in other folders have, too: `on = \"path\"` tells \
                   them apart";
        for row in met {
            delta.event(row, Act::Finding, format!("collect.{}.sheet", p.source), "sheet.ambiguous", say);
        }
        Ok(delta)
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Lines {
    /// What the key names.
    #[serde(default, skip_serializing_if = "is_default")]
    names: Names,
    #[serde(flatten)]
    parse: Parse,
}

struct SheetRows;

impl RowStage for SheetRows {
    const MAP: u32 = 3; // 3: a key that stands twice is named, and what to write for an encoding; 2: keys that only some rows have are counted
    const USES: &'static [&'static str] = crate::measure::names::USES;
    const GATHER: Option<GatherPart<Self>> = Some((3, Wanted::gather));
    type Map = Lines;
    type Gather = Wanted;
    type Apply = Nothing;

    /// Rows are known by their table and place in it; `key` is what they name, as the samples have it.
    fn map(p: &Lines, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let found = read::records(&p.parse, rows)?;
        met::note(summary, &found.met)?;
        let paths = rows.texts("path")?;
        let mut delta = Delta::default();
        for told in found.told {
            let act = if told.drops { Act::DROP } else { Act::Finding };
            let key = format!("collect.{}.sheet", p.parse.source());
            delta.at(told.row, told.record, act, key, told.rule, told.say);
            delta.at_line(told.line);
        }
        let path = |row: u32| paths.get(row as usize).and_then(|p| p.as_deref()).unwrap_or_default();
        let (mut ids, mut keys) = (Vec::new(), Vec::new());
        if let Some(named) = found.columns.get("id") {
            for ((row, record), name) in found.parents.iter().zip(texts(named.as_ref())) {
                ids.push(Some(format!("{}:{record}", path(*row))));
                keys.push(Some(p.names.of(path(*row), name.unwrap_or_default())));
            }
        }
        delta.born.parents = found.parents;
        delta.born.columns = found.columns;
        if !ids.is_empty() {
            delta.born.columns.insert("id".into(), array_of(ids));
            delta.born.columns.insert("key".into(), array_of(keys));
        }
        Ok(delta)
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Bring {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    /// Each column with its type.
    #[serde(default, skip_serializing_if = "is_default")]
    columns: BTreeMap<String, String>,
}

struct Brought;

impl JoinStage for Brought {
    const JOIN: u32 = 1;
    type Join = Bring;

    fn join(p: &Bring, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let sources = left.texts("source")?;
        let own: Vec<bool> = (0..left.len()).map(|row| sources.get(row) == Some(&Some(p.source.clone()))).collect();
        let key = format!("collect.{}.sheet", p.source);
        for (row, hits) in matches.iter().enumerate().filter(|(row, _)| own.get(*row) == Some(&true)) {
            match hits.len() {
                0 => delta.event(row, Act::Finding, &key, "sheet.missing", "no row of the table names it"),
                1 => {}
                n => {
                    let say = format!("{n} rows of the table name it; the first is taken");
                    delta.event(row, Act::Review, &key, "sheet.twice", say);
                }
            }
        }
        for (name, ty) in &p.columns {
            let ty = types::parse(ty).map_or(utf8(), |t| t.0);
            let before: Option<ArrayRef> =
                if left.names().any(|n| n == name) { Some(left.column(name)?) } else { None };
            let brought = right.column(name)?;
            let value = |(row, hits): (usize, &Vec<usize>)| match (own.get(row), hits.first()) {
                (Some(true), Some(hit)) => value_at(brought.as_ref(), *hit),
                (Some(true), None) => Value::Null,
                _ => before.as_ref().map_or(Value::Null, |array| value_at(array.as_ref(), row)),
            };
            let values: Vec<Value> = matches.iter().enumerate().map(value).collect();
            delta.write(name, column(&ty, &values).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

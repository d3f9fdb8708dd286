//! Reading records: what is asked of a reader, and what it gives. A reader is called once for each unit; the loop over
//! records is its own, so nothing here is called through a pointer for a record.
use super::cut::Cut;
use super::cut::members::ReadAt;
pub use super::encoding::strip_bom;
use super::encoding::{Wrong, line_at, plain_lines};
use super::met::{Met, SEEN};
use super::nuls;
use super::options::Options;
use crate::digest::Digest;
use crate::measure::parts::{PLACE, SPLIT, part_of, place_of};
use crate::table::value::column;
use crate::table::{Array, ArrayRef, Builder, DataType, Value, concat, types, utf8};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How files of records become samples.
pub struct Reader {
    /// Raised when the reader gives other samples than before: only files of this format are read again.
    pub version: u32,
    /// What the result depends on besides our code: `parquet 60`.
    pub uses: &'static [&'static str],
    pub cut: fn(&Options) -> Cut,
    /// What the id is taken from where the manifest does not say; empty where it must say.
    pub id: &'static str,
    /// The selector of ids that the beginning of a file tells, before `id`.
    pub own_id: Option<OwnId>,
    /// What fields may be taken from.
    pub selects: Selects,
    /// The selector whose field is the text that tokens and spans lie on; empty where there is none.
    pub text: fn(&Options) -> &str,
    /// The type of a field, where the format fixes it.
    pub ty: fn(&Options, &str) -> Option<DataType>,
    /// The columns that are written besides the fields; it is given what the fields select.
    pub adds: fn(&Options, &[&str]) -> Added,
    pub read: fn(&Ask, &Unit, &mut Records),
    /// The fields of a source that names none.
    pub offers: Offers,
}

/// The fields of a source that names none.
#[derive(Clone, Copy)]
pub enum Offers {
    Nothing,
    /// Names with what each is taken from.
    Words(&'static [(&'static str, &'static str)]),
    /// The columns that the files themselves show.
    Columns(Columns),
}

/// A column: its name and its type in canonical text, or [`WRITTEN`].
pub type Seen = (String, String);

/// Columns that a format writes besides the fields, by name.
pub type Added = Vec<(&'static str, DataType)>;

/// How a file tells what its ids are taken from: it is given the length of the file and what reads it.
pub type OwnId = fn(&Options, u64, &ReadAt) -> Option<&'static str>;

/// How a format finds the columns of a file: it is given the length of the file and what reads it.
pub type Columns = fn(&Options, u64, &ReadAt) -> Result<Vec<Seen>, String>;

/// What fields may be taken from, besides `path` and `stem`.
#[derive(Clone, Copy)]
pub enum Selects {
    /// What the records themselves name.
    Names,
    /// Words of the format, and words with a number, or with any key, behind a colon.
    Words {
        words: &'static [&'static str],
        numbered: &'static [&'static str],
        keyed: &'static [&'static str],
        say: &'static str,
    },
}

/// The type of a field that is wanted as it is written, whatever it is: a list or a number of JSON as JSON text.
pub const WRITTEN: &str = "written";

/// In front of the name of a type that no column holds, where a file shows such a column.
pub const UNHELD: &str = "unheld ";

/// In front of a list of names, as JSON: the type of a field whose whole numbers stand for them. It is kept as text.
pub const NAMES: &str = "names ";

/// The type of a field that is a day, however its source writes days. It is kept as text, `2026-01-31`.
pub const DAY: &str = "day";

/// The type of a field that is one of a few words, in a file of cells: an empty one is none. It is kept as text.
pub const CATEGORY: &str = "category";

/// No fields of a fixed type.
pub fn as_declared(_: &Options, _: &str) -> Option<DataType> {
    None
}

/// No text that tokens lie on.
pub fn no_tokens(_: &Options) -> &str {
    ""
}

/// No columns besides the fields.
pub fn adds_nothing(_: &Options, _: &[&str]) -> Added {
    Vec::new()
}

/// A column that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    pub from: From,
    /// The type in canonical text, or [`WRITTEN`].
    pub ty: String,
}

/// What a value is taken from: the path, the stem of its name, the split that it names, ...
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Path,
    Stem,
    Split,
    /// The path without its suffix.
    Place,
    /// A digest of the record's bytes; for ids alone.
    Content,
    Record(String),
}

impl From {
    /// A selector as the manifest has it: `column:` in front says that a column is meant, whatever its name.
    pub fn of(selector: &str, selects: Selects) -> From {
        match (selector, selects) {
            ("path", _) => From::Path,
            ("stem", _) => From::Stem,
            (SPLIT, _) => From::Split,
            (PLACE, _) => From::Place,
            (_, Selects::Names) => From::Record(selector.strip_prefix("column:").unwrap_or(selector).into()),
            _ => From::Record(selector.into()),
        }
    }

    /// The same for an id. Samples known by their place are given their file; the step that sees all counts them there.
    pub fn of_id(selector: &str, selects: Selects) -> From {
        match selector {
            "content" => From::Content,
            "position" => From::Path,
            _ => From::of(selector, selects),
        }
    }
}

/// What is asked of a reader.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What ids are taken from; without it rows are given none.
    pub id: Option<From>,
    /// How an id is made of what was found.
    pub make_id: fn(&str, &str) -> Result<String, String>,
    pub prefix: String,
    pub fields: Vec<Field>,
    /// All columns that are known, where every one is taken: another one is told. Empty where fields were named.
    pub seen: Vec<String>,
    pub options: Options,
    pub record_max: u64,
    pub depth_max: usize,
}

impl Ask {
    /// Whether a field is taken from a word of the format.
    pub fn selects(&self, word: &str) -> bool {
        self.fields.iter().any(|f| matches!(&f.from, From::Record(r) if r == word))
    }
}

/// What a reader is given: consecutive records of a file, a part of it, or all of it.
pub struct Unit<'u> {
    pub row: usize,
    pub bytes: &'u [u8],
    /// The header of a CSV file, the description of a row group.
    pub context: Option<&'u [u8]>,
    pub path: &'u str,
    pub stem: &'u str,
}

/// A record as its format has it.
pub trait Record {
    /// Records of one file need not have the same keys, so that one that lacks a key is told.
    const SPARSE: bool = false;

    /// A selected value as text, for ids. It is not empty.
    fn text(&self, selector: &str) -> Option<String>;
    /// Puts a selected value of a type into a column; null where there is none. An error says why it is not of the
    /// type, and then nothing was put.
    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String>;
    /// Whether the record has what a selector names, be it null or empty.
    fn has(&self, selector: &str) -> bool;
    /// What the record says, whatever its lines end with and however it is laid out: ids of content are made of it.
    fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        plain_lines(bytes)
    }
    /// What a selector could have named here; asked for only where one named nothing.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Something that a reader has to say of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub row: usize,
    pub record: usize,
    /// The line within the record, or within the document; 0 where that is not known.
    pub line: u32,
    /// The record is dropped; else it stays.
    pub drops: bool,
    pub rule: String,
    pub say: String,
    /// The field that it is about.
    pub field: Option<String>,
}

/// The samples of a partition's units, column by column.
pub struct Records<'a> {
    ask: &'a Ask,
    parents: Vec<(u32, u32)>,
    ids: Builder,
    fields: Vec<FieldColumn<'a>>,
    more: BTreeMap<&'static str, (DataType, Vec<Value>)>,
    told: Vec<Told>,
    /// Bytes that cells name by digest.
    blobs: BTreeMap<Digest, Vec<u8>>,
    /// What the id's selector met.
    id_met: Met,
    /// The unit whose header was compared with the fields last.
    header_of: Option<usize>,
    /// The line of the document on which the record begins that is being taken; 0 where that is not known.
    pub line: u32,
    /// The line of the document on which the bytes of the record begin; 0 where no document is read.
    begins: u32,
    /// The same of the record at hand; `begins` is that of the next one.
    at: u32,
}

/// What came of a partition's units.
#[derive(Default, Debug)]
pub struct Found {
    /// The unit of each row and its record there.
    pub parents: Vec<(u32, u32)>,
    /// `id` where ids were asked for, the fields, and what the format adds; empty where there is no row.
    pub columns: BTreeMap<String, ArrayRef>,
    pub told: Vec<Told>,
    /// Bytes that cells name by digest.
    pub blobs: BTreeMap<Digest, Vec<u8>>,
    /// What the selectors met: of each field by its name, and of the id.
    pub met: Vec<(String, Met)>,
}

/// A column that is taken from records: values one by one, or whole arrays.
struct FieldColumn<'a> {
    field: &'a Field,
    ty: DataType,
    arrays: Vec<ArrayRef>,
    values: Builder,
    /// Values that were put since the last array.
    open: usize,
    met: Met,
}

impl FieldColumn<'_> {
    fn close(&mut self) -> Result<(), String> {
        if self.open > 0 {
            let values = std::mem::replace(&mut self.values, Builder::new(&self.ty));
            self.arrays.push(values.finish()?);
            self.open = 0;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(ArrayRef, Met), String> {
        self.close()?;
        let array = match self.arrays.as_slice() {
            [one] => one.clone(),
            many => concat(&self.ty, many)?,
        };
        self.met.good = (array.len() - array.null_count()) as u64;
        Ok((array, self.met))
    }
}

impl<'a> Records<'a> {
    /// No samples yet, for a reader that adds these columns.
    pub fn new(ask: &'a Ask, adds: Added) -> Self {
        let column = |field: &'a Field| {
            let ty = types::parse(&field.ty).map_or(utf8(), |t| t.0);
            FieldColumn { field, values: Builder::new(&ty), ty, arrays: Vec::new(), open: 0, met: Met::default() }
        };
        Records {
            ask,
            parents: Vec::new(),
            ids: Builder::new(&utf8()),
            fields: ask.fields.iter().map(column).collect(),
            more: adds.into_iter().map(|(name, ty)| (name, (ty, Vec::new()))).collect(),
            told: Vec::new(),
            blobs: BTreeMap::new(),
            id_met: Met::default(),
            header_of: None,
            line: 0,
            begins: 0,
            at: 0,
        }
    }

    /// Compares the names in the header or the schema of a unit with what the id and the fields are taken from.
    pub fn header(&mut self, unit: &Unit, names: &[String], has: impl Fn(&str) -> bool) {
        self.header_of(unit, names, names, has);
    }

    /// The same where names of parts are shown besides those of the columns themselves.
    pub fn header_of(&mut self, unit: &Unit, names: &[String], own: &[String], has: impl Fn(&str) -> bool) {
        let id = self.ask.id.as_ref().map(|from| (None, from, &mut self.id_met));
        let fields = self.fields.iter_mut().map(|f| (Some(&f.field.name), &f.field.from, &mut f.met));
        let mut told = Vec::new();
        for (field, from, met) in id.into_iter().chain(fields) {
            let From::Record(selector) = from else { continue };
            if has(selector) {
                continue;
            }
            met.lacks += 1;
            met.see(names.iter().cloned());
            told.push((field.cloned(), "column.missing", format!("there is no column `{selector}`")));
        }
        if let Some(n) = unknown(self.ask, own) {
            let say =
                format!("column {} is taken by no field: the first files do not have it; `fields` can name it", n + 1);
            told.push((None, "column.extra", say));
        }
        self.header_of = Some(unit.row);
        for (field, rule, say) in told {
            let (row, rule) = (unit.row, rule.to_string());
            self.told.push(Told { row, record: 0, line: 0, drops: false, rule, say, field });
        }
    }

    /// A file that is read as a whole begins, or is over.
    pub fn document(&mut self, begins: bool) {
        (self.begins, self.line) = (u32::from(begins), 0);
    }

    /// The bytes of the next record of a file that is read as a whole, so that its lines are known.
    pub fn next(&mut self, bytes: &[u8]) {
        if self.begins > 0 {
            let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            self.at = self.begins;
            self.line = self.begins + line_at(bytes, blank) - 1;
            self.begins += line_at(bytes, bytes.len()) - 1;
        }
    }

    /// Drops a record that cannot be read.
    pub fn reject(&mut self, unit: &Unit, record: usize, wrong: &Wrong) {
        self.drop_at(unit.row, record, self.line, wrong.rule, &wrong.say);
    }

    /// The same, and says on which line of the record.
    pub fn reject_line(&mut self, unit: &Unit, record: usize, wrong: &Wrong) {
        let line = if self.begins > 0 && wrong.line > 0 { self.at + wrong.line - 1 } else { wrong.line };
        self.drop_at(unit.row, record, line, wrong.rule, &wrong.say);
    }

    /// Drops a record of a unit, which may be one that no reader was given.
    pub fn drop_at(&mut self, row: usize, record: usize, line: u32, rule: &str, say: &str) {
        let (rule, say) = (rule.to_string(), say.to_string());
        self.told.push(Told { row, record, line, drops: true, rule, say, field: None });
    }

    /// Says something of a record that stays.
    pub fn finding(&mut self, unit: &Unit, record: usize, line: u32, rule: &str, say: impl Into<String>) {
        let rule = rule.to_string();
        self.told.push(Told { row: unit.row, record, line, drops: false, rule, say: say.into(), field: None });
    }

    /// Says something of a field, so many of whose values became null.
    pub fn field_finding(&mut self, unit: &Unit, record: usize, rule: &str, (field, values): (&str, usize), say: &str) {
        if let Some(column) = self.fields.iter_mut().find(|c| c.field.name == field) {
            column.met.lose(values, say);
        }
        let more = if values > 1 { format!(": {values} values are null") } else { String::new() };
        let (rule, say) = (rule.to_string(), format!("{field}: {say}{more}"));
        let field = Some(field.to_string());
        self.told.push(Told { row: unit.row, record, line: 0, drops: false, rule, say, field });
    }

    /// Makes a record a sample, unless it has no id; says whether it did.
    pub fn take<R: Record>(&mut self, unit: &Unit, record: usize, bytes: &[u8], of: &R) -> bool {
        if let Some(from) = &self.ask.id {
            let id = match from {
                From::Path => Some(unit.path.to_string()),
                From::Stem => Some(unit.stem.to_string()),
                From::Split => part_of(unit.path).map(String::from),
                From::Place => Some(place_of(unit.path).to_string()),
                From::Content => Some(Digest::of(&of.content(bytes)).hex()[..32].to_string()),
                From::Record(selector) => {
                    sight(&mut self.id_met, of, selector);
                    of.text(selector)
                }
            };
            let Some(id) = self.accept_id(unit, record, id.as_deref()) else { return false };
            self.ids.text(&id);
        }
        self.parents.push((unit.row as u32, record as u32));
        if !self.ask.seen.is_empty()
            && self.header_of != Some(unit.row)
            && let Some(n) = unknown(self.ask, &of.names())
        {
            let say =
                format!("key {} is taken by no field: the first records do not have it; `fields` can name it", n + 1);
            self.finding(unit, record, self.line, "column.extra", say);
        }
        for column in &mut self.fields {
            column.open += 1;
            let done = match &column.field.from {
                From::Record(selector) => {
                    sight(&mut column.met, of, selector);
                    of.put(selector, &column.field.ty, &mut column.values)
                }
                own => {
                    match own {
                        From::Path => column.values.text(unit.path),
                        From::Stem => column.values.text(unit.stem),
                        From::Place => column.values.text(place_of(unit.path)),
                        From::Split => {
                            column.values.value(part_of(unit.path).map_or(Value::Null, |p| Value::Text(p.into())))
                        }
                        From::Content | From::Record(_) => column.values.value(Value::Null),
                    }
                    Ok(())
                }
            };
            if let Err(say) = done {
                column.met.lose(1, &say);
                column.values.value(Value::Null);
                let (rule, name) = ("field.type".to_string(), &column.field.name);
                let (row, say, field) = (unit.row, format!("{name}: {say}"), Some(name.clone()));
                self.told.push(Told { row, record, line: self.line, drops: false, rule, say, field });
            }
        }
        true
    }

    /// The id as it is kept, or the record is dropped.
    fn accept_id(&mut self, unit: &Unit, record: usize, id: Option<&str>) -> Option<String> {
        let Some(id) = id else {
            let selector = if let Some(From::Record(selector)) = &self.ask.id { selector.as_str() } else { "" };
            self.drop_at(unit.row, record, self.line, "id.missing", &format!("there is no `{selector}` to be the id"));
            return None;
        };
        match (self.ask.make_id)(&self.ask.prefix, id) {
            Ok(id) => Some(id),
            Err(say) => {
                self.drop_at(unit.row, record, self.line, "id.invalid", &say);
                None
            }
        }
    }

    /// Takes ids for records that come as columns, from record `first` on; says which rows stay.
    pub fn take_ids(&mut self, unit: &Unit, first: usize, ids: &[Option<String>]) -> Vec<u32> {
        let mut stay = Vec::with_capacity(ids.len());
        for (i, id) in ids.iter().enumerate() {
            if self.ask.id.is_some() {
                self.id_met.records += 1;
                self.id_met.has |= self.id_met.lacks == 0;
                let Some(id) = self.accept_id(unit, first + i, id.as_deref()) else { continue };
                self.ids.text(&id);
            }
            self.parents.push((unit.row as u32, (first + i) as u32));
            stay.push(i as u32);
        }
        stay
    }

    /// A column of the rows that stayed, by the number of its field; it has the field's type.
    pub fn put_array(&mut self, field: usize, array: ArrayRef) -> Result<(), String> {
        let Some(column) = self.fields.get_mut(field) else { return Ok(()) };
        column.close()?;
        column.met.records += array.len() as u64;
        column.met.has |= column.met.lacks == 0;
        column.arrays.push(array);
        Ok(())
    }

    /// A value of the sample taken last, in a column that the format adds.
    pub fn more(&mut self, name: &str, value: Value) {
        if let Some((_, values)) = self.more.get_mut(name) {
            values.push(value);
        }
    }

    /// Keeps bytes that a cell will name by their digest.
    pub fn hold(&mut self, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
        self.blobs.entry(digest).or_insert_with(|| bytes.to_vec());
        digest
    }

    pub fn finish(mut self) -> Result<Found, String> {
        let (mut columns, mut met) = (BTreeMap::new(), Vec::new());
        if matches!(self.ask.id, Some(From::Record(_))) {
            met.push(("id".to_string(), self.id_met));
        }
        if self.parents.is_empty() {
            met.extend(self.fields.into_iter().map(|f| (f.field.name.clone(), f.met)));
        } else {
            if self.ask.id.is_some() {
                columns.insert("id".to_string(), self.ids.finish()?);
            }
            for field in self.fields {
                let name = field.field.name.clone();
                let (array, own) = field.finish()?;
                met.push((name.clone(), own));
                self.told.extend(with_nuls(&name, array.as_ref(), &self.parents));
                columns.insert(name, array);
            }
            for (name, (ty, values)) in self.more {
                columns.insert(name.to_string(), column(&ty, &values)?);
            }
        }
        self.told.sort_by_key(|t| (t.row, t.record));
        Ok(Found { parents: self.parents, columns, told: self.told, blobs: self.blobs, met })
    }
}

/// The values of a field that hold a NUL character.
fn with_nuls(field: &str, array: &dyn Array, parents: &[(u32, u32)]) -> Vec<Told> {
    let told = |(row, record): &(u32, u32)| {
        let (row, record, rule) = (*row as usize, *record as usize, nuls::RULE.to_string());
        let (say, field) = (format!("{field}: {}", nuls::SAY), Some(field.to_string()));
        Told { row, record, line: 0, drops: false, rule, say, field }
    };
    nuls::rows(array).into_iter().filter_map(|row| parents.get(row)).map(told).collect()
}

/// The first name that is not among those that are known, where every column is taken.
fn unknown(ask: &Ask, names: &[String]) -> Option<usize> {
    if ask.seen.is_empty() {
        return None;
    }
    // most records have the columns in the order of the first ones
    names.iter().enumerate().position(|(n, name)| ask.seen.get(n) != Some(name) && !ask.seen.contains(name))
}

/// Notes whether a record has what a selector names. Where all have the same keys, nothing more is looked for once one has it.
fn sight<R: Record>(met: &mut Met, of: &R, selector: &str) {
    met.records += 1;
    if !R::SPARSE && met.has {
        return;
    }
    if of.has(selector) {
        met.has = true;
        return;
    }
    met.absent += u64::from(R::SPARSE);
    if !met.has && met.seen.len() < SEEN {
        met.see(of.names());
    }
}

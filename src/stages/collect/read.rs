//! `collect.NAME` for formats of records: each record of a unit bears one sample, or is dropped with its reason.
//!
//! Reads `blob`, `context`, `reject`, and `path` or `stem` only where the manifest selects them. Findings:
//! `field.type` (the value is not of the type that `[schema]` gives; it becomes null). Dropped records:
//! `record.too_large`, `id.missing`, `id.invalid`, and those of the formats.
use super::classes;
use super::declaration::{Collect, declared};
use super::doubts;
use super::ids::make_id;
use super::lacking;
use super::met::{self, Wanted};
use super::sheet::{NAMED, Sheet};
use super::shown::{Fields, Taken, taken};
use crate::diag::{Diagnostic, suggest};
use crate::digest::Digest;
use crate::formats::audio::AUDIO;
use crate::formats::reader::{Added, Ask, Field, Found, From, Reader, Records, Told, Unit};
use crate::formats::{Options, named, unread};
use crate::manifest::values::At;
use crate::measure::parts::{PLACE, SPLIT};
use crate::stage::*;
use crate::table::{bytes_at, text_column, types, utf8};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry = Entry::row::<Read>("collect/read", "collect.*", declare);

/// What may be missing must be a column, where all that the first files show are taken.
fn tell_optional(check: &mut Check, c: &Collect, seen: &[String]) {
    let is_unseen = |name: &&At<String>| !seen.is_empty() && !seen.contains(name.get());
    for name in c.declared.optional.iter().filter(is_unseen) {
        let message = format!("`{}` is no column that the first files of {} show", name.get(), check.path);
        let help = suggest(name, seen.iter().map(String::as_str));
        check.bad(Diagnostic::error("T0310", name.span(), message).label(help));
    }
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    let Some(reader) = c.files.reader(c.format) else { return Vec::new() };
    let Taken { mut fields, order, seen, mixed } = taken(check, &c, reader);
    tell_optional(check, &c, &seen);
    classes::read_names(check, &c, &mut fields);
    doubts::tell(check, &c, reader, (&fields, &mixed));
    lacking::tell(check, &c, reader, &fields);
    let mut writes = writes([("source", Column::new(utf8()).harmless())]);
    for (name, (selector, ty)) in order.iter().filter_map(|name| fields.get_key_value(name)) {
        let is_text = (reader.text)(&c.options) == selector.as_str();
        let role = if is_text { Role::Text } else { Role::Plain };
        let ty = types::parse(ty).map_or(utf8(), |t| t.0);
        writes.push((name.clone(), Column::new(ty).role(role)));
    }
    if let Some(part) = c.declared.sheet.as_ref().and_then(Sheet::part) {
        fields.insert(NAMED.into(), (part.into(), "utf8".into()));
        writes.push((NAMED.into(), Column::new(utf8()).inner()));
    }
    for (name, ty) in added(reader, &c.options, &fields) {
        let column = match name {
            // no step listens to it: with [privacy] a person says that sounds may go out
            AUDIO => Column::new(ty).role(Role::Audio),
            "image" => Column::new(ty).role(Role::Image),
            "tokens" => Column::new(ty).role(Role::Tokens).inner(),
            _ => Column::new(ty).inner(),
        };
        writes.push((name.to_string(), column));
    }
    let source = c.source(check, &c.files.files, "units", (reader.cut)(&c.options), false);
    let mut reads = names(&["blob", "context", "reject"]);
    let named = ["folder", "annotator"]; // what such a format takes from the place of a file
    let placed = c.format.beside.is_some() && fields.values().any(|f| named.contains(&f.0.as_str()));
    let used = |s: &str| {
        placed
            || c.id == s
            || (s == "path" && [PLACE, "position"].contains(&c.id.as_str()))
            || fields.values().any(|f| f.0 == s || (s == "path" && [PLACE, SPLIT].contains(&f.0.as_str())))
    };
    reads.extend(["path", "stem"].into_iter().filter(|s| used(s)).map(String::from));
    let mut gates = c.gates(check, &check.path);
    let ports = Ports { table: source.table.clone(), reads, writes, into: Some("samples".into()), ..Ports::default() };
    let wanted = Wanted::of(check, &c, reader, &fields);
    gates.extend(wanted.gates(check, &c, (&check.path, &check.path)));
    let parse = Parse { seen, ..Parse::of(&c, reader, &check.instance, fields) };
    vec![Plan { gates, scan: Some(source), ..Plan::row::<Read>(ports, &parse, &wanted, &Nothing {}) }]
}

/// The columns that the format adds to these fields.
fn added(reader: &Reader, options: &Options, fields: &Fields) -> Added {
    (reader.adds)(options, &fields.values().map(|f| f.0.as_str()).collect::<Vec<_>>())
}

#[derive(Serialize, Deserialize, Default)]
pub(super) struct Parse {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    /// Absent for JSON Lines.
    #[serde(default, skip_serializing_if = "is_default")]
    format: String,
    /// The version of the format's reader: another one reads the files of this format again, and no others.
    #[serde(default, skip_serializing_if = "is_default")]
    reader: u32,
    /// What the format's reader depends on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    fields: Fields,
    /// All columns that were seen, where the manifest names no fields.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) seen: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    #[serde(default, skip_serializing_if = "is_default")]
    prefix: String,
    #[serde(default, skip_serializing_if = "is_default")]
    record_max: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    depth_max: usize,
    /// The format's own keys.
    #[serde(flatten)]
    options: Options,
}

impl Parse {
    pub(super) fn of(c: &Collect, reader: &Reader, source: &str, fields: Fields) -> Parse {
        Parse {
            source: source.into(),
            format: Some(c.format.name).filter(|n| *n != "jsonl").unwrap_or_default().into(),
            reader: reader.version,
            uses: names(reader.uses),
            fields,
            seen: Vec::new(),
            id: c.id.clone(),
            prefix: c.prefix.clone(),
            record_max: c.record_max(),
            depth_max: c.depth_max(),
            options: c.options.clone(),
        }
    }

    /// The source that is read.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    fn reader(&self) -> Result<&'static Reader, Fault> {
        let name = if self.format.is_empty() { "jsonl" } else { &self.format };
        let bug = || Fault::Bug(format!("there is no reader of `{name}`"));
        named(name).and_then(|f| f.reader.as_ref()).ok_or_else(bug)
    }

    fn ask(&self, reader: &Reader) -> Ask {
        let field = |(name, (selector, ty)): (&String, &(String, String))| Field {
            name: name.clone(),
            from: From::of(selector, reader.selects),
            ty: ty.clone(),
        };
        Ask {
            id: Some(From::of_id(&self.id, reader.selects)),
            make_id,
            prefix: self.prefix.clone(),
            fields: self.fields.iter().map(field).collect(),
            seen: self.seen.clone(),
            options: self.options.clone(),
            record_max: self.record_max,
            depth_max: self.depth_max,
        }
    }

    /// The key of the manifest that is responsible for what was said.
    fn key(&self, told: &Told) -> String {
        let of = match (&told.field, told.rule.as_str()) {
            (Some(field), _) => return format!("collect.{}.fields.{field}", self.source),
            (_, "record.too_large") => "record_max",
            (_, "column.extra") => "fields",
            (_, rule) if rule.starts_with("id.") || rule == "column.missing" => "id",
            (_, rule) if rule.ends_with(".depth") => "depth_max",
            _ => "format",
        };
        format!("collect.{}.{of}", self.source)
    }
}

struct Read;

impl RowStage for Read {
    const MAP: u32 = 7; // 7: a key that stands twice is named, and what to write for an encoding; 5: keys that only some records have are counted; 6: texts with a NUL are told
    const GATHER: Option<GatherPart<Self>> = Some((4, Wanted::gather));
    type Map = Parse;
    type Gather = Wanted;
    type Apply = Nothing;

    fn map(p: &Parse, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let found = records(p, rows)?;
        met::note(summary, &found.met)?;
        collected(p, found)
    }
}

/// The records of a partition of units.
pub(super) fn records(p: &Parse, rows: &Rows) -> Result<Found, Fault> {
    let reader = p.reader()?;
    let ask = p.ask(reader);
    let mut out = Records::new(&ask, added(reader, &p.options, &p.fields));
    let blobs = rows.cells::<Digest>("blob")?;
    let contexts = rows.column("context")?;
    let rejects = rows.texts("reject")?;
    let own = |name: &str| if rows.names().any(|n| n == name) { rows.texts(name) } else { Ok(Vec::new()) };
    let (paths, stems) = (own("path")?, own("stem")?);
    let at = |v: &[Option<String>], row: usize| v.get(row).cloned().flatten().unwrap_or_default();
    for (row, blob) in blobs.into_iter().enumerate() {
        if let Some(Some(rule)) = rejects.get(row) {
            out.drop_at(row, 0, 0, rule, unread::words(rule));
            continue;
        }
        let bytes = rows.blob(blob.unwrap_or_default())?;
        let (path, stem) = (at(&paths, row), at(&stems, row));
        let context = bytes_at(contexts.as_ref(), row);
        unread::read(reader, &ask, &Unit { row, bytes: &bytes, context, path: &path, stem: &stem }, &mut out);
    }
    out.finish().map_err(Fault::Bug)
}

fn collected(p: &Parse, found: Found) -> Result<Delta, Fault> {
    let mut delta = Delta::default();
    for told in found.told {
        let act = if told.drops { Act::DROP } else { Act::Finding };
        let key = p.key(&told);
        delta.at(told.row, told.record, act, key, told.rule, told.say);
        delta.at_line(told.line);
    }
    for bytes in found.blobs.into_values() {
        delta.blob(bytes);
    }
    let n = found.parents.len();
    delta.born.parents = found.parents;
    delta.born.columns = found.columns;
    if n > 0 {
        let source = text_column(std::iter::repeat_n(Some(p.source.as_str()), n));
        delta.born.columns.insert("source".into(), source);
    }
    Ok(delta)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_parameters_are_empty_text() {
        assert_eq!(text(&Parse::default()), "{}");
    }

    #[test]
    fn options_stand_beside_the_other_parameters_and_read_back() {
        let conll = named("conll").unwrap();
        let given = [("comment".to_string(), "##".into()), ("columns".to_string(), 2.into())];
        let p = Parse { options: Options::of(given, conll.options), reader: 3, ..Parse::default() };
        assert_eq!(text(&p), r###"{"comment":"##","reader":3}"###);
        let back: Parse = serde_json::from_str(&text(&p)).unwrap();
        assert_eq!((back.options, back.reader), (p.options, 3));
    }
}

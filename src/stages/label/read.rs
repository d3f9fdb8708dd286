//! `label.TASK/read.X`: files of votes, one vote a row, become a table that samples are joined with.
//!
//! ```toml
//! [label.similarity.from.crowd]
//! files = ["raw/labels.csv"]
//! format = "csv"
//! fields = { item = "item", annotator = "annotator", label = "label" }
//! ```
//!
//! Reads `blob`, `context`, `reject` of the scanned units; writes `item`, `annotator`, `answer` (the text of the label
//! as written) and the id `ITEM/ANNOTATOR`. Every record bears one row or is dropped with its reason: what cannot be
//! read (`encoding`, `csv.ragged`, `csv.quote`, `json`, ...), `csv.header`, `column.missing` (the file lacks a named
//! column), `vote.item`, `vote.annotator`, `vote.empty`. Limits: records of 16 MiB, JSON of 64 levels.
use super::declaration::{Answers, Declaration, Task, checked};
use super::file_formats::{FormatName, formats, keys};
use super::kinds::kind::Kind;
use super::mapped::{Met, Names};
use super::spent::{self, Spent};
use crate::diag::{Diagnostic, nearest, suggest};
use crate::digest::Digest;
use crate::formats::packing::inner_name;
use crate::formats::reader::{Ask, Field, Found, From, Reader, Records, Selects, Told, Unit, WRITTEN};
use crate::formats::{Format, Options, named, unread};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::parts::PLACE;
use crate::stage::*;
use crate::table::{ArrayRef, DataType, Value, array_of, bytes_at, list, types, utf8};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

pub const ENTRY: Entry =
    Entry::row::<Read>("label/read", "label.*", declare).schema(|g| g.subschema_for::<Declaration>());

/// The longest record, in bytes.
const RECORD_MAX: u64 = 16 << 20;
/// The deepest nesting of JSON.
const DEPTH_MAX: usize = 64;

/// The declared format, or the one that the first file's name tells.
fn format_of(answers: &Answers) -> Option<&'static Format> {
    let first = answers.files.as_ref()?.first()?;
    let name = match &answers.format {
        Some(FormatName(name)) => name.as_str(),
        None => inner_name(first).rsplit_once('.')?.1,
    };
    formats().map(|(f, _)| f).find(|f| f.name == name)
}

/// What of the files says to which text an answer was given, for kinds whose answers do not say themselves what they lie on.
pub(super) fn given_of(answers: &Answers, kind: &Kind) -> Option<&'static str> {
    format_of(answers)?.given.filter(|_| !kind.on_text)
}

/// Globs, format and join key of a source that is files.
fn check_files(check: &mut Check, answers: &Answers, files: &[At<String>]) {
    for glob in files {
        check.glob(glob);
    }
    if format_of(answers).is_none() {
        let span = files.first().map_or_else(|| check.span.clone(), At::span);
        let problem = Diagnostic::error("T0218", span, "the name does not tell how this file is read");
        check.bad(
            problem
                .label("needs `format`")
                .help(format!("one of {}", formats().map(|(f, _)| f.name).collect::<Vec<_>>().join(", "))),
        );
    }
    let Some(on) = answers.on.as_ref().filter(|on| on.as_str() != "id") else { return };
    let Some(Column { ty, .. }) = check.known(on) else { return };
    if ![utf8(), list(utf8()), DataType::Int64].contains(&ty) {
        let problem = Diagnostic::error("T0315", on.span(), format!("`{}` cannot be a join key", on.get()));
        check.bad(problem.label(format!("this column is {}, neither text nor a whole number", types::text(&ty))));
    }
}

/// What the three things are taken from must be something that the format has, where it does not read any name.
fn check_words(
    check: &mut Check,
    (format, reader): (&Format, &Reader),
    place: &Range<usize>,
    fields: [&Option<String>; 4],
) {
    let Selects::Words { words, keyed, say, .. } = reader.selects else { return };
    for selector in fields.into_iter().flatten() {
        let key = |p: &&str| selector.strip_prefix(*p).is_some_and(|rest| rest.len() > 1 && rest.starts_with(':'));
        if words.contains(&selector.as_str())
            || ["path", "stem", PLACE].contains(&selector.as_str())
            || keyed.iter().any(key)
        {
            continue;
        }
        let message = format!("the format {} gives no `{selector}`", format.name);
        let help = suggest(selector, words.iter().copied().chain(["path", "stem", PLACE]));
        check.bad(Diagnostic::error("T0309", place.clone(), message).label(help).help(say));
    }
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    for (_, answers, files) in task.files() {
        check_files(check, answers, files);
    }
    task.files().filter_map(|(name, answers, files)| plan(check, &task, name, answers, files)).collect()
}

/// What the keys of the format say.
fn options(check: &mut Check, task: &Task, name: &str, answers: &Answers, format: &Format) -> Options {
    let place =
        |key: &str| check.manifest.span_of(&task.key(&format!("from.{name}.{key}"))).unwrap_or(check.span.clone());
    let given: Vec<Given> =
        answers.dialect.iter().map(|(key, value)| (key.clone(), value.clone(), place(key))).collect();
    dialect(check, format, &keys(), &given)
}

fn plan(check: &mut Check, task: &Task, name: &str, answers: &Answers, files: &[At<String>]) -> Option<Plan> {
    let format = format_of(answers)?;
    let options = options(check, task, name, answers, format);
    let reader = format.reader.as_ref()?;
    let fields = answers.fields.clone().unwrap_or_default();
    let field = |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_string());
    let usual = format.beside.unwrap_or(["item", "annotator", "label"]);
    let place = check.manifest.span_of(&task.key(&format!("from.{name}.fields"))).unwrap_or(check.span.clone());
    check_words(check, (format, reader), &place, [&fields.item, &fields.annotator, &fields.label, &fields.shape]);
    let map = Map {
        source: task.key(&format!("from.{name}")),
        format: format.name.into(),
        reader: reader.version,
        uses: names(reader.uses),
        item: field(fields.item, usual[0]),
        by: by(task, name, answers),
        annotator: field(fields.annotator, usual[1]),
        label: field(fields.label, usual_answer(reader, task.kind(), usual[2])),
        given: given_of(answers, task.kind()).unwrap_or_default().to_string(),
        shape: fields.shape.filter(|_| task.kind().on_shapes).unwrap_or_default(),
        spent: [fields.time.unwrap_or_default(), fields.pay.unwrap_or_default()],
        kind: task.kind(),
        map: answers.map.keys().cloned().collect(),
        class_names: answers.class_names.clone(),
        separator: answers.separator.clone(),
        open: check.manifest.table(&["privacy"]).is_none(),
        options,
    };
    let table = format!("{}/units.{name}", task.path);
    let source = Source {
        name: map.source.clone(),
        table: table.clone(),
        globs: files.iter().map(|g| g.get().clone()).collect(),
        spans: files.iter().map(At::span).collect(),
        exclude: Vec::new(),
        cut: (reader.cut)(&map.options),
        record_max: RECORD_MAX,
        images: false,
        span: files.first().map_or_else(|| check.span.clone(), At::span),
    };
    let mut reads = names(&["blob", "context", "reject"]);
    reads.extend(format.beside.map(|_| names(&["path", "stem"])).unwrap_or_default());
    let ports = Ports {
        table,
        reads,
        writes: writes(FIELDS.into_iter().chain(Some(GIVEN).filter(|_| !map.given.is_empty())).map(|n| (n, utf8()))),
        into: Some(format!("{}/from.{name}", task.path)),
        ..Ports::default()
    };
    let word = format!("read.{name}");
    let gates = gates(check, task, name, answers, &word);
    let names = Names::of(task, name, answers).with_spent(map.spends(), map.open);
    Some(Plan { gates, scan: Some(source), ..Plan::row::<Read>(ports, &map, &names, &Nothing {}).word(word) })
}

/// Who answered all rows of the files, where they do not say it themselves.
fn by(task: &Task, name: &str, answers: &Answers) -> Option<String> {
    let gold = task.declared.gold.as_ref().is_some_and(|gold| gold.from.as_str() == name);
    let unsaid = answers.fields.as_ref().is_none_or(|fields| fields.annotator.is_none());
    answers.annotator.clone().or((gold && unsaid).then(|| name.to_string()))
}

/// What answers a task of a kind where the manifest does not say: a format that gives spans gives relations and classes, too.
fn usual_answer<'f>(reader: &Reader, kind: &Kind, usual: &'f str) -> &'f str {
    match kind.name {
        "relations" if usual == "spans" => "relations",
        "classification" if usual == "spans" && matches!(reader.selects, Selects::Names) => "class",
        "classes" if usual == "spans" && matches!(reader.selects, Selects::Names) => "classes",
        _ => usual,
    }
}

/// Not too many records may be lost, and none where a sample without a vote is one in which nothing is there.
fn gates(check: &Check, task: &Task, name: &str, answers: &Answers, word: &str) -> Vec<Gate> {
    let step = format!("{}/{word}", task.path);
    let say = format!("more votes of {} cannot be read than may be lost", task.key(&format!("from.{name}")));
    let mut gates = vec![task.lost_gate(check, &step, "rejected_share_of_many", &say)];
    gates.extend(Names::gate(check, task, name, answers, word));
    if task.declared.max_lost.is_none() {
        let fact = format!("{step}.files_lost_by_name");
        let files = Gate::at_most(task.key("max_lost"), fact, Decimal::default(), check.span.clone());
        let say =
            format!("{} has files that gave nothing, or of which too much is lost", task.key(&format!("from.{name}")));
        gates.push(files.say(say).look(format!("tamis show {step} --findings; `max_lost` says how much may be lost")));
    }
    gates.extend(task.negative_gate(
        check,
        format!("{step}.rejected"),
        "a vote that cannot be read would make its sample one where nothing is there",
        format!("tamis show {step} --findings; mend the votes, or leave `unlabelled` at `missing`"),
    ));
    gates
}

/// The column of the text that an answer was given to.
pub(super) const GIVEN: &str = "given";

/// The column that says of which shape an answer is.
const SHAPE: &str = "shape";

/// What a vote says, in the order in which something missing is told.
const FIELDS: [&str; 3] = ["item", "annotator", "answer"];

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The key path of the source, `label.ner.from.crowd`.
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    format: String,
    /// The version of the format's reader.
    #[serde(default, skip_serializing_if = "is_default")]
    reader: u32,
    /// What the format's reader depends on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    item: String,
    #[serde(default, skip_serializing_if = "is_default")]
    annotator: String,
    /// Who answered all rows, where the files do not say so.
    #[serde(default, skip_serializing_if = "is_default")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// What says which text an answer was given to.
    #[serde(default, skip_serializing_if = "is_default")]
    given: String,
    /// What says of which shape an answer is.
    #[serde(default, skip_serializing_if = "is_default")]
    shape: String,
    /// What says what an answer took, and what was paid for it.
    #[serde(default, skip_serializing_if = "is_default")]
    spent: [String; 2],
    /// The kind of task and the names that are mapped, as far as they are looked for.
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    map: Vec<String>,
    /// What whole numbers stand for.
    #[serde(default, skip_serializing_if = "is_default")]
    class_names: Vec<String>,
    /// What stands between the classes of a text.
    #[serde(default, skip_serializing_if = "is_default")]
    separator: Option<String>,
    /// Words of the data may be told: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
    /// The format's own keys.
    #[serde(flatten)]
    options: Options,
}

impl Map {
    fn reader(&self) -> Result<&'static Reader, Fault> {
        let bug = || Fault::Bug(format!("there is no reader of `{}`", self.format));
        named(&self.format).and_then(|f| f.reader.as_ref()).ok_or_else(bug)
    }

    /// What the three texts of a vote are taken from. Who answered is not looked for where the manifest says it.
    fn selectors(&self) -> [&String; 3] {
        let annotator = if self.by.is_some() { &self.item } else { &self.annotator };
        [&self.item, annotator, &self.label]
    }

    /// Whether answers say what they took or cost.
    fn spends(&self) -> bool {
        self.spent.iter().any(|selector| !selector.is_empty())
    }

    /// The three texts of a vote, as they are written.
    fn ask(&self) -> Ask {
        let field = |(name, selector): (&str, &String)| Field {
            name: name.into(),
            from: match named(&self.format).filter(|f| f.beside.is_some()).and_then(|f| f.reader.as_ref()) {
                Some(reader) => From::of(selector, reader.selects),
                None => From::Record(selector.clone()),
            },
            ty: WRITTEN.into(),
        };
        Ask {
            id: None,
            make_id: |_, _| Err("votes are given their ids from what they say".into()),
            prefix: String::new(),
            fields: FIELDS
                .into_iter()
                .zip(self.selectors())
                .chain([(GIVEN, &self.given), (SHAPE, &self.shape)])
                .chain(spent::COLUMNS.iter().map(|(name, _)| *name).zip(&self.spent))
                .filter(|(_, own)| !own.is_empty())
                .map(field)
                .collect(),
            seen: Vec::new(),
            options: self.options.clone(),
            record_max: RECORD_MAX,
            depth_max: DEPTH_MAX,
        }
    }
}

/// The texts of a column that are there.
fn texts_of(column: &ArrayRef) -> Vec<String> {
    crate::table::cells::<String>(column.as_ref()).into_iter().flatten().collect()
}

struct Read;

impl RowStage for Read {
    const MAP: u32 = 7; // 7: what to write for an encoding; 6: how none is said; what the scan refused in its own words; pointers of large files
    const USES: &'static [&'static str] = crate::measure::names::USES;
    const GATHER: Option<GatherPart<Self>> = Some((1, Names::gather));
    type Map = Map;
    type Gather = Names;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (reader, ask) = (p.reader()?, p.ask());
        let mut out = Records::new(&ask, Vec::new());
        let (blobs, rejects) = (rows.cells::<Digest>("blob")?, rows.texts("reject")?);
        let contexts = rows.column("context")?;
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
            let unit = Unit { row, bytes: &bytes, context, path: &path, stem: &stem };
            unread::read(reader, &ask, &unit, &mut out);
        }
        let found = out.finish().map_err(Fault::Bug)?;
        let texts =
            |name: &str| found.columns.get(name).map(|a| crate::table::cells::<String>(a.as_ref())).unwrap_or_default();
        let mut met = Met::of(&p.class_names, p.separator.as_ref());
        for answer in found.columns.get("answer").filter(|_| !p.map.is_empty()).map(texts_of).unwrap_or_default() {
            met.see(p.kind, &Value::Text(answer));
        }
        met.note(p.map.iter(), summary);
        let given = (!p.given.is_empty()).then(|| texts(GIVEN));
        let shapes = (!p.shape.is_empty()).then(|| texts(SHAPE));
        let spent = spent::COLUMNS.map(|(name, _)| texts(name));
        let votes =
            Votes { shapes, parents: &found.parents, texts: FIELDS.map(texts), given, spent, lacks: lacks(p, &found) };
        let mut told = votes.spent(p, summary);
        told.extend(spent::missing(&found.told, COLUMN));
        told.extend(found.told.into_iter().filter(|t| t.rule != COLUMN));
        Ok(votes.cast(p, told))
    }
}

/// What a reader tells of a column that a file does not have.
const COLUMN: &str = "column.missing";

/// What is said of the votes of each unit whose file has no column for one of the three things.
fn lacks(p: &Map, found: &Found) -> BTreeMap<usize, String> {
    let say = |t: &Told| {
        let met = found.met.iter().find(|(name, _)| Some(name) == t.field.as_ref()).map(|(_, met)| &met.seen);
        let seen: Vec<String> = met.into_iter().flatten().map(|name| format!("`{name}`")).collect();
        let selector = FIELDS.iter().zip(p.selectors()).find(|(f, _)| t.field.as_deref() == Some(f));
        let near = selector.and_then(|(_, of)| nearest(of, met.into_iter().flatten().map(String::as_str)));
        let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        if p.open { format!("{}; seen: {}{near}", t.say, seen.join(", ")) } else { format!("{}{near}", t.say) }
    };
    let told = found.told.iter().rev().filter(|t| t.rule == COLUMN && !spent::is_about(t));
    told.map(|t| (t.row, say(t))).collect()
}

/// The votes of one partition of units, column by column.
struct Votes<'f> {
    parents: &'f [(u32, u32)],
    texts: [Vec<Option<String>>; 3],
    /// The texts that answers were given to, where the format has them.
    given: Option<Vec<Option<String>>>,
    /// Of which shape answers are, where a column says it.
    shapes: Option<Vec<Option<String>>>,
    /// What answers took, and what was paid for them.
    spent: [Vec<Option<String>>; 2],
    /// By unit: a column that its file does not have.
    lacks: BTreeMap<usize, String>,
}

impl Votes<'_> {
    /// The three texts of a vote.
    fn vote(&self, p: &Map, n: usize) -> [String; 3] {
        let mut vote = self.texts.each_ref().map(|t| t.get(n).cloned().flatten().unwrap_or_default());
        if let Some(by) = &p.by {
            vote[1].clone_from(by);
        }
        if let Some(shapes) = &self.shapes {
            vote[2] = of_shape(shapes.get(n).cloned().flatten(), std::mem::take(&mut vote[2]));
        }
        vote
    }

    /// Notes what the votes took and cost that count, by unit and annotator; tells what of it is no amount.
    fn spent(&self, p: &Map, summary: &mut Summary) -> Vec<Told> {
        let (mut told, mut all) = (Vec::new(), BTreeMap::<(u32, String), Spent>::new());
        for (n, parent) in self.parents.iter().enumerate().filter(|_| p.spends()) {
            let vote = self.vote(p, n);
            if self.lacks.contains_key(&(parent.0 as usize)) || vote.iter().any(|text| text.trim().is_empty()) {
                continue;
            }
            let own = spent::read(&self.spent, n, *parent, &mut told);
            let [_, by, _] = vote;
            all.entry((parent.0, by)).or_default().add(own);
        }
        all.iter().for_each(|((unit, by), spent)| spent::note(summary, *unit as usize, by, spent));
        told
    }

    /// Bears a row for each vote that says all three things; none of them is empty.
    fn cast(self, p: &Map, mut told: Vec<Told>) -> Delta {
        let mut born = Born::default();
        let mut kept: [Vec<Option<String>>; 3] = Default::default();
        let mut given = Vec::new();
        for (n, parent) in self.parents.iter().enumerate() {
            let vote = self.vote(p, n);
            let empty = vote.iter().position(|text| text.trim().is_empty());
            let lacks = self.lacks.get(&(parent.0 as usize)).map(|say| (COLUMN, say.as_str()));
            match lacks.or(empty.and_then(|at| EMPTY.get(at)).copied()) {
                Some((rule, say)) => told.push(Told {
                    row: parent.0 as usize,
                    record: parent.1 as usize,
                    line: 0,
                    drops: true,
                    rule: rule.into(),
                    say: match rule == "vote.empty" && p.kind.is_list() {
                        true => format!("{say}; `[]` says that there is none"),
                        false => say.into(),
                    },
                    field: None,
                }),
                None => {
                    born.parents.push(*parent);
                    kept.iter_mut().zip(vote).for_each(|(column, text)| column.push(Some(text)));
                    given.push(self.given.as_ref().and_then(|all| all.get(n).cloned().flatten()));
                }
            }
        }
        let mut delta = Delta { born, ..Delta::default() };
        told.sort_by_key(|t| (t.row, t.record));
        for t in told {
            let of = if t.rule == COLUMN || t.rule.starts_with("vote.") { "fields" } else { "files" };
            let act = if t.drops { Act::DROP } else { Act::Finding };
            delta.at(t.row, t.record, act, format!("{}.{of}", p.source), t.rule, t.say);
        }
        let [items, annotators, answers] = kept;
        if !items.is_empty() {
            let id = |(i, a): (&Option<String>, &Option<String>)| Some(format!("{}/{}", i.as_ref()?, a.as_ref()?));
            let ids: Vec<Option<String>> = items.iter().zip(&annotators).map(id).collect();
            delta.born.columns.insert("id".into(), array_of(ids));
            for (name, column) in FIELDS.into_iter().zip([items, annotators, answers]) {
                delta.born.columns.insert(name.into(), array_of(column));
            }
            if self.given.is_some() {
                delta.born.columns.insert(GIVEN.into(), array_of(given));
            }
        }
        delta
    }
}

/// An answer as the text of one about a shape; an empty one stays empty.
fn of_shape(shape: Option<String>, class: String) -> String {
    if class.trim().is_empty() { class } else { serde_json::json!({ "shape": shape, "class": class }).to_string() }
}

/// What is said of a vote without one of its fields.
const EMPTY: [(&str, &str); 3] = [
    ("vote.item", "it names no sample"),
    ("vote.annotator", "it does not say who answered"),
    ("vote.empty", "it holds no answer"),
];

#[cfg(test)]
mod tests {
    use super::super::testing::{Bytes, rows};
    use super::*;
    use arrow_array::BinaryArray;
    use std::sync::Arc;

    fn map(format: &str) -> Map {
        let name = |n: &str| n.to_string();
        Map {
            source: "label.t.from.x".into(),
            format: format.into(),
            reader: 0,
            uses: Vec::new(),
            item: name("i"),
            by: None,
            annotator: name("by"),
            label: name("l"),
            given: String::new(),
            shape: String::new(),
            spent: Default::default(),
            kind: Default::default(),
            map: Vec::new(),
            class_names: Vec::new(),
            separator: None,
            open: true,
            options: Options::default(),
        }
    }

    fn read(p: &Map, unit: &[u8], header: Option<&[u8]>, reject: Option<&str>) -> Delta {
        let digest = Digest::of(unit);
        let blobs = Bytes([(digest, unit.to_vec())].into());
        let columns = vec![
            ("blob", array_of([Some(digest)])),
            ("context", Arc::new(BinaryArray::from_iter([header])) as crate::table::ArrayRef),
            ("reject", array_of([reject.map(String::from)])),
        ];
        Read::map(p, &rows(&blobs, columns), &mut Summary::default()).unwrap()
    }

    fn dropped(delta: &Delta) -> Vec<(u32, &str)> {
        delta.events.iter().map(|e| (e.record, e.rule.as_str())).collect()
    }

    fn column(delta: &Delta, name: &str) -> Vec<Option<String>> {
        crate::table::cells(delta.born.columns[name].as_ref())
    }

    #[test]
    fn each_record_of_a_csv_bears_a_vote_or_is_dropped() {
        let unit = b"a,s1,3\nb,s1,\n,s2,3\nb,,4\nb,s2\nb,\"s,2\",x\n";
        let delta = read(&map("csv"), unit, Some(b"by,i,l\n"), None);
        let want = [(1, "vote.empty"), (2, "vote.annotator"), (3, "vote.item"), (4, "csv.ragged")];
        assert_eq!(dropped(&delta), want);
        assert_eq!(delta.born.parents, [(0, 0), (0, 5)]);
        assert_eq!(column(&delta, "id"), [Some("s1/a".to_string()), Some("s,2/b".into())]);
        assert_eq!(column(&delta, "answer"), [Some("3".to_string()), Some("x".into())]);
        assert_eq!(delta.events[0].key, "label.t.from.x.fields");
    }

    #[test]
    fn without_a_named_column_every_record_is_dropped() {
        let delta = read(&map("tsv"), b"a\t1\nb\t2\n", Some(b"by\tl\n"), None);
        assert_eq!(dropped(&delta), [(0, COLUMN), (1, COLUMN)]);
        assert!(delta.events[0].say.contains("seen: `by`, `l`"), "{}", delta.events[0].say);
        assert!(delta.born.parents.is_empty() && delta.born.columns.is_empty());
    }

    #[test]
    fn json_lines_take_paths_and_any_value() {
        let p = Map { annotator: "meta.by".into(), ..map("jsonl") };
        let unit = br#"{"i": 7, "meta": {"by": "a"}, "l": [{"class": "A"}]}
{"i": "s", "meta": {}, "l": 1}
not json
"#;
        let delta = read(&p, unit, None, None);
        assert_eq!(dropped(&delta), [(1, "vote.annotator"), (2, "json")]);
        assert_eq!(column(&delta, "item"), [Some("7".to_string())]);
        assert_eq!(column(&delta, "answer"), [Some(r#"[{"class":"A"}]"#.to_string())]);
    }

    #[test]
    fn a_rejected_unit_is_one_drop() {
        let delta = read(&map("csv"), b"", None, Some("record.too_large"));
        assert_eq!(dropped(&delta), [(0, "record.too_large")]);
        assert_eq!(delta.events[0].key, "label.t.from.x.files");
    }

    #[test]
    fn default_parameters_are_empty_text() {
        assert_eq!(text(&Map::default()), "{}");
    }
}

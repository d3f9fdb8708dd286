//! `release.NAME/hide`: a release of a benchmark holds the samples of a split without their answers (`[split] hide`). The columns
//! are null there before anything else of the release is made, so that every file and every document hides the same; what is
//! hidden is `release.NAME/answers`: a line of JSON for each sample, in a folder beside all releases.
//!
//! Formats whose files would say that nothing is there, where they say nothing ([`crate::formats::writer::Needs::answers`]), have no
//! file of such a split. Findings: `hide.id` (the id of a sample has its answer as a part) and, told of no sample, `hide.column`: a
//! released column holds the answers, or has them as parts, as paths of folders of classes do. Facts: `samples`, `told`,
//! `told_of_many`, and `columns_told` (such columns).
use super::columns::released_name;
use super::declaration::{declared, rows_table};
use super::encode::fragment;
use super::images::first;
use super::terms::dataset;
use super::withheld::canary;
use crate::digest::{Digest, sha256};
use crate::formats::jsonl;
use crate::formats::writer::Sheet;
use crate::manifest::Decimal;
use crate::stage::*;
use crate::table::{ArrayRef, DataType, Value, nulls, value_at};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Hide>("release/hide", "release.*", declare);
pub const ANSWERS: Entry = Entry::whole::<Answers>("release/answers", "release.*", declare_answers);

/// The column of the hidden answers, in the first row of each piece.
const HIDDEN: &str = "hidden.answers";

/// Types that [`nulls`] makes of the rows' columns.
fn kept_types(check: &Check, table: &str, columns: &[String]) -> Vec<(String, DataType)> {
    let known = |c: &String| Some((c.clone(), check.column(table, c)?.clone()));
    columns.iter().filter_map(known).collect()
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check).filter(|r| !r.withheld.is_empty()) else { return Vec::new() };
    let mut columns: Vec<String> = r.withheld.columns.values().flatten().cloned().collect();
    columns.sort();
    columns.dedup();
    let table = rows_table(check);
    let mut writes = writes(kept_types(check, &table, &columns));
    writes.push((HIDDEN.to_string(), Column::new(DataType::Binary).inner()));
    let mut reads = columns.clone();
    reads.extend(["id".to_string(), "split".to_string(), r.ids.column().to_string()]);
    reads.sort();
    reads.dedup();
    let plain = |c: &&String| check.column(&table, c).is_some_and(is_plain);
    let others = r.columns.iter().filter(|c| !["id", "split"].contains(&c.as_str())).filter(plain).cloned();
    let others: Vec<String> = others.collect();
    reads.extend(others.iter().cloned());
    reads.sort();
    reads.dedup();
    let shape = Shape {
        id: r.ids.column().to_string(),
        others,
        hidden: r.withheld.columns.clone(),
        released: columns.iter().filter(|c| r.columns.contains(c)).cloned().collect(),
    };
    let (path, step) = (&check.path, format!("{}/hide", check.path));
    let span = check.manifest.span_of("split.hide").unwrap_or(check.span.clone());
    let most = Decimal::parse("0.1").unwrap_or_default();
    let columns = Gate::at_most("split.hide", format!("{step}.columns_told"), Decimal::default(), span.clone())
        .say(format!("columns of {path} tell hidden answers: hide them as well, or leave them out"))
        .look(format!("tamis show {step} --findings"));
    let gate = Gate::at_most("split.hide", format!("{step}.told_of_many"), most, span)
        .say(format!("ids of {path} tell hidden answers; `ids = \"sequence\"` or \"keyed\" tells none"))
        .look(format!("tamis show {step} --findings"));
    let ports = Ports { table, reads: reads.clone(), apply_reads: reads, writes, ..Ports::default() };
    vec![Plan { gates: vec![gate, columns], ..Plan::row::<Hide>(ports, &shape, &Nothing {}, &shape).word("hide") }]
}

#[derive(Serialize, Deserialize, Default)]
struct Shape {
    /// The column of the released ids.
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    /// The hidden columns of each split.
    #[serde(default, skip_serializing_if = "is_default")]
    hidden: BTreeMap<String, Vec<String>>,
    /// Those of them that would be released, which are the answers.
    #[serde(default, skip_serializing_if = "is_default")]
    released: Vec<String>,
    /// Released columns of single values, which may say what is hidden.
    #[serde(default, skip_serializing_if = "is_default")]
    others: Vec<String>,
}

/// Whether a column holds one text, number or truth value a row.
fn is_plain(ty: &DataType) -> bool {
    ty.is_integer() || ty.is_floating() || matches!(ty, DataType::Utf8 | DataType::Boolean)
}

/// The first byte of an entry: whether an id tells its answer; an answer; and an answer that a column tells.
const QUIET: u8 = 0;
const TELLS: u8 = 1;
const ANSWER: u8 = 2;
const TOLD: u8 = 3;

struct Hide;

impl RowStage for Hide {
    const MAP: u32 = 2; // 2: columns that tell answers
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Shape;
    type Gather = Nothing;
    type Apply = Shape;

    /// Tells of each sample with hidden answers whether its id has one as a part, and which columns do.
    fn map(p: &Shape, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let Some(hidden) = hidden(p, rows)? else { return Ok(Delta::default()) };
        let columns = |of: Vec<&String>| -> Result<Vec<(String, ArrayRef)>, Fault> {
            of.into_iter().map(|c| Ok((c.clone(), rows.column(c)?))).collect()
        };
        let answers = columns(hidden.iter().filter(|c| p.released.contains(c)).collect())?;
        let others = columns(p.others.iter().filter(|c| !hidden.contains(c)).collect())?;
        for (row, id) in rows.texts(&p.id)?.into_iter().enumerate() {
            let id = id.unwrap_or_default();
            let mut tells = false;
            for (answer, array) in answers.iter().filter(|(_, array)| is_plain(array.data_type())) {
                let value = value_at(array.as_ref(), row);
                let Some(said) = value.key_text() else { continue };
                tells |= matches!(&value, Value::Text(class) if names(&id, class));
                let of = [answer.as_bytes(), &[0], &Digest::of(said.as_bytes()).0[..]].concat();
                summary.put([&[ANSWER], &of[..]].concat(), row, []);
                for (column, array) in &others {
                    let other = value_at(array.as_ref(), row);
                    let part =
                        matches!((&other, &value), (Value::Text(text), Value::Text(class)) if names(text, class));
                    if part || other.key_text().as_ref() == Some(&said) {
                        summary.put([&[TOLD], &of[..], column.as_bytes()].concat(), row, []);
                    }
                }
            }
            summary.put([if tells { TELLS } else { QUIET }], row, []);
        }
        Ok(Delta::default())
    }
}

/// The columns that are hidden in the split of these rows, which are of one split.
fn hidden<'p>(p: &'p Shape, rows: &Rows) -> Result<Option<&'p Vec<String>>, Fault> {
    Ok(rows.texts("split")?.first().and_then(Option::as_ref).and_then(|split| p.hidden.get(split)))
}

/// Of each answer, by its column and digest, how many samples have it, and of how many of them each other column tells it.
#[derive(Default)]
struct Seen {
    answers: BTreeMap<Vec<u8>, u64>,
    told: BTreeMap<Vec<u8>, u64>,
}

/// Bytes of the digest of an answer.
const DIGEST: usize = 32;

impl Seen {
    /// The columns that tell answers, with the columns of these: of each answer nine tenths of the samples, so that values which
    /// are equal by chance, since one of them is frequent, are not taken for it.
    fn telling(&self) -> Vec<(String, String)> {
        let name = |of: &[u8]| String::from_utf8_lossy(of.split(|b| *b == 0).next().unwrap_or_default()).into_owned();
        let mut columns: BTreeSet<(String, String)> = BTreeSet::new();
        for key in self.told.keys() {
            let answer = name(key);
            let column = key.get(answer.len() + 1 + DIGEST..).unwrap_or_default();
            columns.insert((String::from_utf8_lossy(column).into_owned(), answer));
        }
        let tells = |(column, answer): &(String, String)| {
            let own: Vec<(&Vec<u8>, u64)> =
                self.answers.iter().filter(|(key, _)| name(key) == *answer).map(|(key, n)| (key, *n)).collect();
            let all: u64 = own.iter().map(|(_, n)| n).sum();
            let told = |key: &[u8]| self.told.get(&[key, column.as_bytes()].concat()).copied().unwrap_or(0);
            all >= MANY && own.len() > 1 && own.iter().all(|(key, n)| told(key) * 10 >= n * 9)
        };
        columns.into_iter().filter(tells).collect()
    }
}

/// Whether a class is a part of an id: the name of a folder, or of a file without its ending.
fn names(id: &str, class: &str) -> bool {
    let stem = |part: &str| part.rsplit_once('.').map_or(part, |(stem, _)| stem).to_string();
    !class.is_empty() && id.split(['/', ':', '#']).any(|part| part == class || stem(part) == class)
}

impl Hide {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut all, mut told) = (0u64, 0u64);
        let mut seen = Seen::default();
        for hit in hits.iter() {
            match hit.key.split_first() {
                Some((&ANSWER, of)) => *seen.answers.entry(of.to_vec()).or_default() += 1,
                Some((&TOLD, of)) => *seen.told.entry(of.to_vec()).or_default() += 1,
                of => {
                    all += 1;
                    if of.is_some_and(|(first, _)| *first == TELLS) {
                        told += 1;
                        out.put(hit.at, []);
                    }
                }
            }
        }
        out.conclude([1]); // every piece is hidden, whatever its ids tell
        out.fact("samples", all);
        out.fact("told", told);
        let hundredths = |n: u64| format!("{}.{:02}", n / 100, n % 100);
        let share = if told < MANY { 0 } else { told * 100 / all.max(1) };
        out.fact("told_of_many", Fact::Decimal(hundredths(share)));
        let telling = seen.telling();
        for (column, answer) in &telling {
            let say = format!("the released column `{column}` tells `{answer}`, which is hidden");
            out.remark("split.hide", "hide.column", say);
        }
        let columns: BTreeSet<&String> = telling.iter().map(|(column, _)| column).collect();
        out.fact("columns_told", columns.len() as u64);
        Ok(())
    }

    fn apply(p: &Shape, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let own = hidden(p, rows)?;
        let mut all: Vec<&String> = p.hidden.values().flatten().collect();
        all.sort();
        all.dedup();
        for row in slice.rows.keys() {
            let say = "its id names its hidden answer";
            delta.event(*row as usize, Act::Finding, "split.hide", "hide.id", say);
        }
        let mut answers = Vec::new();
        if let Some(own) = own {
            let mut sheet = Sheet { rows: rows.len(), ..Sheet::default() };
            sheet.columns.push(("id".into(), rows.column(&p.id)?));
            for column in own.iter().filter(|c| p.released.contains(c)) {
                sheet.columns.push((released_name(column), rows.column(column)?));
            }
            answers = jsonl::lines(&sheet, None);
        }
        for column in all {
            let array = rows.column(column)?;
            let hides = own.is_some_and(|own| own.contains(column));
            let array = if hides { nulls(array.data_type(), rows.len()) } else { array };
            delta.write(column.clone(), array);
        }
        delta.write(HIDDEN, first(rows.len(), answers));
        Ok(delta)
    }
}

/// Fewer ids than these that name an answer may do so by chance.
const MANY: u64 = 10;

fn declare_answers(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check).filter(|r| !r.withheld.is_empty()) else { return Vec::new() };
    let of = dataset(check);
    let card = Key {
        dataset: of.name.get().clone(),
        version: of.version.get().clone(),
        release: check.instance.clone(),
        hidden: r.withheld.told(&r.columns),
    };
    let ports = Ports { table: rows_table(check), reads: vec![HIDDEN.to_string()], ..Ports::default() };
    vec![Plan { aside: Some(check.instance.clone()), ..Plan::whole::<Answers>(ports, &card).word("answers") }]
}

/// What the folder of answers tells of itself.
#[derive(Serialize, Deserialize, Default)]
struct Key {
    #[serde(default, skip_serializing_if = "is_default")]
    dataset: String,
    #[serde(default, skip_serializing_if = "is_default")]
    version: String,
    #[serde(default, skip_serializing_if = "is_default")]
    release: String,
    #[serde(default, skip_serializing_if = "is_default")]
    hidden: BTreeMap<String, Vec<String>>,
}

struct Answers;

impl WholeStage for Answers {
    const RUN: u32 = 1;
    type Run = Key;

    fn run(p: &Key, pieces: &[Piece], _: &Context) -> Result<Output, Fault> {
        let mut files = Vec::new();
        for split in p.hidden.keys() {
            let (mut chunks, mut rows) = (Vec::new(), 0);
            for piece in pieces.iter().filter(|piece| piece.group == *split) {
                let len = fragment(&piece.rows, HIDDEN)?.len() as u64;
                rows += piece.rows.len() as u64;
                chunks.push(Chunk::Cell(piece.rows.digest(HIDDEN)?, 0, len));
            }
            files.push(OutFile { rows, path: format!("{split}.jsonl"), content: Content::Joined(chunks), sums: None });
        }
        let json = serde_json::json!({
            "answers_of": format!("{}-{}", p.dataset, p.release),
            "version": p.version,
            "hidden": p.hidden,
            "canary": canary(&p.dataset, &p.release),
        });
        let text = serde_json::to_string_pretty(&json).map_err(|e| Fault::Bug(e.to_string()))?;
        files.push(OutFile::bytes("answers.json", format!("{text}\n").into_bytes()));
        Ok(Output { files, ..Output::default() })
    }

    /// The two lists of sums; the root is the digest of the first.
    fn seal(_: &Key, files: &[OutFile], _: &str) -> Result<Option<(Vec<OutFile>, Digest)>, Fault> {
        let mut of: BTreeMap<&str, &Sums> = BTreeMap::new();
        for file in files {
            let unknown = || Fault::Bug(format!("{} has no sums", file.path));
            of.insert(&file.path, file.sums.as_ref().ok_or_else(unknown)?);
        }
        let b3: String = of.iter().map(|(path, sums)| format!("{}  {path}\n", sums.blake3.hex())).collect();
        let root = Digest::of(b3.as_bytes());
        let first = Sums { blake3: root, sha256: sha256(b3.as_bytes()) };
        of.insert("B3SUMS", &first);
        let sha: String = of.iter().map(|(path, sums)| format!("{}  {path}\n", sums.sha256)).collect();
        let sealed = [("B3SUMS", b3), ("SHA256SUMS", sha)];
        Ok(Some((sealed.map(|(path, text)| OutFile::bytes(path, text.into_bytes())).into(), root)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_ids() {
        for (id, class, named) in [
            ("test/cat/1.jpg", "cat", true),
            ("cat.jpg", "cat", true),
            ("a:cat", "cat", true),
            ("category/1", "cat", false),
            ("x", "", false),
        ] {
            assert_eq!(names(id, class), named, "{id}");
        }
    }
}

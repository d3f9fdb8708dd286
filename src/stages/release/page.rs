//! `release.NAME`: the last page. Lets each format join its fragments, and adds `release.json`, the dataset card,
//! ATTRIBUTION, licences, `croissant.json` and sums. Two roots: the content root is over ids and values and survives a
//! change of an encoder; the files root is over bytes. No date, path or version of tamis is in any of it.
use super::anonymity::card::told as told_of_anonymity;
use super::called::classes_of;
use super::certified;
use super::columns::{Ids, released_name, released_type};
use super::counted::Counts;
use super::counts::{COUNTS, counts_of};
use super::declaration::{Encoding, Release, declared, rows_table};
use super::documents::description::{Description, Told};
use super::documents::list::{Blank, blanks, written};
use super::documents::{GateCard, LabelCard, PageCard, attribution, card, said_of};
use super::encode::{column_of, fragment, outline, outline_of};
use super::images::IMAGE_LIST;
use super::made;
use super::represented::Represented;
use super::terms::{SourceCard, dataset, sources};
use super::withheld::measures;
use crate::digest::{Digest, Hasher, cut_hash, sha256};
use crate::formats::csv_write::MISSING;
use crate::formats::named;
use crate::formats::writer::{self, Join, Sheet, Writer, is_sharded};
use crate::manifest::{Threshold, read};
use crate::model::edits::edits_of;
use crate::model::keypoints::Skeleton;
use crate::model::license;
use crate::stage::*;
use crate::table::cutting::{self, Window};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::whole::<Page>("release/page", "release.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let (classes, classes_of) = classes_of_labels(check, &r);
    let skeletons = skeletons(check, &r);
    let sources = sources(check);
    let mut files = Vec::new();
    for path in sources.iter().filter_map(|s| s.evidence.as_ref()) {
        if let Ok(bytes) = check.world.read(path, license::EVIDENCE_MAX) {
            files.push((path.clone(), Digest::of(&bytes), bytes.len() as u64));
        }
    }
    let mut reads: Vec<String> = r.columns.clone();
    reads.extend(r.formats.iter().flat_map(|f| [column_of(f.name()), outline_of(f.name())]));
    reads.extend((!r.columns.iter().any(|own| own == "id")).then(|| "id".to_string()));
    reads.push(COUNTS.into());
    reads.extend((r.ids != Ids::Source).then(|| r.ids.column().to_string()));
    reads.extend(r.images().then(|| IMAGE_LIST.to_string()));
    let own: Vec<String> = sources.iter().flat_map(SourceCard::reads).collect();
    let named = ["source", r.ids.column()].map(String::from).into_iter().filter(|_| !own.is_empty());
    // which words of a row were changed is more than an anonymous release tells
    let is_edited =
        |c: &&String| !own.is_empty() && r.anonymity.is_none() && check.column("samples", &edits_of(c)).is_some();
    let edited: Vec<String> = r.columns.iter().filter(is_edited).cloned().collect();
    for column in named.chain(own.clone()).chain(edited.iter().map(|c| edits_of(c))) {
        if !reads.contains(&column) {
            reads.push(column);
        }
    }
    let labels = r.columns.iter().filter_map(|c| label(check, c)).collect();
    let mut measured: Vec<_> = r.anonymity.iter().map(|d| told_of_anonymity(&check.path, d)).collect();
    let represented = Represented::of(check, &r);
    measured.extend(represented.told.clone());
    measured.extend(made::told(check, &r.children));
    measured.extend(looked_over(check));
    let card = PageCard {
        measured,
        splits: splits(check),
        holds: r.columns.iter().map(|c| (c.clone(), r.holds(check, c))).collect(),
        materials: materials(check, &r),
        certified: certified::made(check, &r),
        leaks: certified::leaks(check, &r),
        documents: r.documents.clone(),
        withheld: r.withheld.clone(),
        release: check.instance.clone(),
        formats: r.formats.iter().map(|f| f.name().to_string()).collect(),
        folders: r.folders().map(String::from),
        ids: r.ids,
        columns: r.columns.clone(),
        classes,
        classes_of,
        skeletons,
        sources,
        allowed: r.allowed.clone(),
        edited,
        labels,
        gates: gates(check, &represented),
        untold: represented.untold,
        anonymous: r.anonymity.is_some(),
        privacy: privacy(check, r.ids).into_iter().chain(consent(check)).collect(),
        changes: changes(check),
        evidence: files.iter().map(|f| (f.0.clone(), f.1.hex())).collect(),
        waiting: format!("{}/select.waiting", check.path),
        missing: missing(check, &r),
        ..said_of(&dataset(check))
    };
    let ports = Ports { table: rows_table(check), reads, facts: card.facts(), ..Ports::default() };
    let plan = Plan::whole::<Page>(ports, &card);
    vec![Plan { folder: Some(check.instance.clone()), files, ..plan }]
}

/// The fact with the samples of which pandas takes a text of the CSV files for a missing value; empty without such files.
fn missing(check: &Check, r: &Release) -> String {
    let csv = r.formats.iter().any(|f| f.name() == "csv");
    if csv { format!("{}/encode.csv.found.{MISSING}", check.path) } else { String::new() }
}

/// The gates that the card tells of; not those that tell of hidden answers.
fn gates(check: &Check, represented: &Represented) -> Vec<GateCard> {
    let told = |g: &&Gate| represented.tells(&g.fact) && !measures(check, g);
    check.gates.iter().filter(told).filter_map(|g| gate(g, &check.path)).collect()
}

/// What the manifest has done to the data, in the order of the work.
fn changes(check: &Check) -> Vec<String> {
    let made: [(&[&str], &str); 4] = [
        (&["preprocess"], "normalised"),
        (&["privacy", "detect"], "de-identified"),
        (&["transform"], "transformed"),
        (&["label"], "labelled"),
    ];
    let made = made.iter().filter(|(table, _)| check.manifest.table(table).is_some()).map(|(_, word)| *word);
    std::iter::once("selected").chain(made).map(String::from).collect()
}

/// The classes that may stand in the label of a format that numbers them, in their declared order: of the first such format,
/// and of those that have others.
fn classes_of_labels(check: &Check, r: &Release) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let numbered = r.formats.iter().filter(|f| f.writer.needs.images);
    let all = numbered.filter_map(|f| Some((f.name().to_string(), classes_of(check, f.roles.get("label")?))));
    let mut all: BTreeMap<String, Vec<String>> = all.collect();
    let first = r.formats.iter().find_map(|f| all.get(f.name())).cloned().unwrap_or_default();
    all.retain(|_, classes| *classes != first);
    (first, all)
}

/// The points that the tasks of the formats' labels name.
fn skeletons(check: &Check, r: &Release) -> BTreeMap<String, Skeleton> {
    let of = |f: &Encoding| {
        let task = f.roles.get("label")?.strip_prefix("label.")?;
        let points: Points = read(check.manifest.table(&["label", task, "keypoints"])?.1).ok()?;
        Some((f.name().to_string(), Skeleton { names: points.names, lines: points.skeleton }))
    };
    r.formats.iter().filter(|f| f.writer.needs.images).filter_map(of).collect()
}

/// As much of a task as says which points its objects have.
#[derive(serde::Deserialize)]
struct Points {
    names: Vec<String>,
    #[serde(default)]
    skeleton: Vec<[u32; 2]>,
}

/// A label as the card tells of it.
fn label(check: &Check, column: &str) -> Option<LabelCard> {
    let of = check.columns.get("samples")?.get(column)?;
    let Role::Label { task, kind, .. } = &of.role else { return None };
    let classes = classes_of(check, column);
    let get = |key: &str| {
        let table = check.manifest.table(&["label", task, "guideline"])?.1;
        Some(table.get_ref().as_table()?.get(key)?.get_ref().as_str()?.to_string())
    };
    let guideline = get("document").zip(get("version"));
    let quality = quality(check, task);
    Some(LabelCard { task: task.clone(), kind: kind.clone(), classes, guideline, quality })
}

/// What people said of the search for personal data, where they were asked.
fn looked_over(check: &Check) -> Option<(String, Vec<(String, String)>)> {
    check.manifest.table(&["privacy", "checked"])?;
    let told = [
        ("Texts without a finding that people read", "clean"),
        ("Of them, texts that hold personal data all the same", "leaks"),
        ("Share of such texts among all without a finding, at most (95 %)", "leak_rate_max"),
        ("What was found and is personal data, with intervals of 95 %", "precision"),
    ];
    let told = told.map(|(what, fact)| (what.to_string(), format!("privacy.checked.{fact}")));
    Some(("What people said of the search for personal data".to_string(), told.into()))
}

/// What is measured of the answers of a task.
fn quality(check: &Check, task: &str) -> Vec<(String, String)> {
    let all = [("Samples with a label", "labelled"), ("Samples without one", "unlabelled"), ("Answers", "votes")];
    let fact = |(say, fact): (&str, &str)| (say.to_string(), format!("label.{task}.{fact}"));
    let mut out: Vec<(String, String)> = all.into_iter().map(fact).collect();
    let metric = check
        .manifest
        .table(&["label", task, "agreement"])
        .and_then(|(_, t)| Some(t.get_ref().as_table()?.get("metric")?.get_ref().as_str()?.to_string()));
    if let Some(metric) = metric {
        let of = |(say, fact): (String, &str)| (say, format!("label.{task}/agreement.{fact}"));
        let low = ("Agreement, low end of its interval".to_string(), "low");
        let high = ("Agreement, high end of its interval".to_string(), "high");
        out.extend([(format!("Agreement of annotators ({metric})"), "value"), low, high].map(of));
    }
    out
}

/// What a release was made from, for its provenance: the manifest as it stands, and the guidelines of its labels.
fn materials(check: &Check, r: &Release) -> BTreeMap<String, String> {
    if !r.documents.iter().any(|d| d == "provenance") {
        return BTreeMap::new();
    }
    let mut out = BTreeMap::from([("dataset.toml".to_string(), Digest::of(check.manifest.text.as_bytes()).hex())]);
    for (document, _) in r.columns.iter().filter_map(|c| label(check, c)?.guideline) {
        if let Ok(bytes) = check.world.read(&document, license::EVIDENCE_MAX) {
            out.insert(document, Digest::of(&bytes).hex());
        }
    }
    out
}

/// A gate as the card of a release tells of it, unless it is another release's, or says only that a source has what the
/// manifest names.
fn gate(gate: &Gate, release: &str) -> Option<GateCard> {
    let other = gate.key.starts_with("release.") && !gate.key.starts_with(&format!("{release}."));
    let want = Threshold { min: gate.min, max: gate.max }.to_string();
    let card = GateCard { key: gate.key.clone(), fact: gate.fact.clone(), want };
    (!other && !gate.fact.contains(".missing.")).then_some(card)
}

/// What was done about personal data.
fn privacy(check: &Check, ids: Ids) -> Vec<String> {
    let Some(_) = check.manifest.table(&["privacy"]) else { return Vec::new() };
    let texts = |path: &[&str], key: &str| -> Option<String> {
        let list = check.manifest.table(path)?.1.get_ref().as_table()?.get(key)?.get_ref();
        let all: Vec<&str> = list.as_array()?.iter().filter_map(|v| v.get_ref().as_str()).collect();
        Some(all.join(", ")).filter(|t| !t.is_empty())
    };
    let detect = check.manifest.table(&["privacy", "detect"]).and(Some("Texts were searched for personal data"));
    let types = texts(&["privacy", "detect"], "types").map_or(String::new(), |t| format!(" of the types {t}"));
    let harmless = texts(&["privacy"], "harmless");
    let as_is = harmless.map(|t| format!("Released as collected, since declared to hold no personal data: {t}."));
    let named = match ids {
        Ids::Source => None,
        Ids::Sequence => Some("Ids are numbers, and say nothing of the ids under which samples were collected.".into()),
        Ids::Keyed => Some("Ids are digests of the collected ids, which only who has the key can make.".into()),
    };
    detect.map(|d| format!("{d}{types}.")).into_iter().chain(as_is).chain(named).collect()
}

/// Whose samples were left out because they asked for it.
fn consent(check: &Check) -> Option<String> {
    let asked = |s: &crate::manifest::sources::Terms| s.consent.is_some();
    let any = crate::manifest::sources::terms(check.manifest).iter().any(asked);
    any.then(|| "Samples of people who have withdrawn their consent were left out.".to_string())
}

/// The declared splits: each is in a release, if only with no sample.
fn splits(check: &Check) -> Vec<String> {
    let ratios = check.manifest.table(&["split", "ratios"]).and_then(|(_, table)| table.get_ref().as_table());
    ratios.map_or_else(|| vec![ONE_GROUP.to_string()], |of| of.keys().map(|k| k.get_ref().to_string()).collect())
}

struct Page;

impl WholeStage for Page {
    const USES: &'static [&'static str] = &["parquet 60"];
    const RUN: u32 = 18; // 18: the card tells values that became null, and what pandas reads of CSV; 17: a `|` in the name of a column ends no cell; 16: the card tells how many samples wait for a decision; 15: Croissant describes pictures of JSON Lines and leaves out what it has no path to; 14: SHA256SUMS names B3SUMS, and the card tells loaders where pictures alone lie; 13: more documents, from one description; the card in the language of the samples
    type Run = PageCard;

    fn run(p: &PageCard, pieces: &[Piece], context: &Context) -> Result<Output, Fault> {
        let mut files = Vec::new();
        let mut counts: BTreeMap<String, u64> = p.splits.iter().map(|s| (s.clone(), 0)).collect();
        for piece in pieces {
            *counts.entry(piece.group.clone()).or_default() += piece.rows.len() as u64;
        }
        for split in counts.keys() {
            let own: Vec<&Piece> = pieces.iter().filter(|x| x.group == *split).collect();
            for format in p.formats.iter().filter(|format| !p.withheld.lacks(format, split)) {
                data(p, format, split, &own, &mut files)?;
            }
            for folder in p.pictures() {
                images(&folder.replace("SPLIT", split), &own, &mut files)?;
            }
        }
        files.extend(p.formats.iter().filter_map(|format| index(p, format, &counts)));
        let content = content(p, pieces)?;
        let content_root = Digest::of(content.lines.as_bytes());
        files.push(OutFile::bytes("release.json", release_json(p, &counts, &content, content_root).into_bytes()));
        let (counted, all) = counted(pieces)?;
        let within = p.sources.iter().filter(|s| all.sources.contains_key(&s.name));
        let within: Vec<SourceCard> = within.map(|s| s.within(&all)).collect();
        let within: Vec<&SourceCard> = within.iter().collect();
        let known = p.facts().into_iter().filter_map(|name| Some((name.clone(), context.fact(&name).ok()?.clone())));
        let told = Told {
            counted,
            content_root: content_root.hex(),
            sources: within.iter().map(|s| (*s).clone()).collect(),
            facts: known.collect(),
            counts,
            all,
        };
        files.push(OutFile::bytes(
            "ATTRIBUTION.md",
            attribution::attribution(p, &within, &told.all.unnamed, pieces)?.into_bytes(),
        ));
        attribution::licenses(p, &within, pieces, &mut files)?;
        let facts = facts(&Description { card: p, told: &told, files: &files });
        let told = serde_json::to_string(&told).map_err(|e| Fault::Bug(format!("what is told is no JSON: {e}")))?;
        Ok(Output { files, facts, told, table: None, content_root: Some(content_root), files_root: None })
    }

    /// The documents, which name sums of files, and the two lists of sums; the files root is the digest of the first.
    fn seal(p: &PageCard, files: &[OutFile], told: &str) -> Result<Option<(Vec<OutFile>, Digest)>, Fault> {
        let told: Told =
            serde_json::from_str(told).map_err(|e| Fault::Bug(format!("what is told does not read: {e}")))?;
        let mut all = files.to_vec();
        let summed = |path: &str, bytes: Vec<u8>| {
            let sums = Sums { blake3: Digest::of(&bytes), sha256: sha256(&bytes) };
            OutFile { sums: Some(sums), ..OutFile::bytes(path, bytes) }
        };
        let readme = card::readme(&Description { card: p, told: &told, files: &all });
        all.push(summed("README.md", readme));
        for document in written(p) {
            let bytes = (document.write)(&Description { card: p, told: &told, files: &all });
            all.push(summed(document.path, bytes));
        }
        let mut of: BTreeMap<&str, &Sums> = BTreeMap::new();
        for file in &all {
            let unknown = || Fault::Bug(format!("{} has no sums", file.path));
            of.insert(&file.path, file.sums.as_ref().ok_or_else(unknown)?);
        }
        let list = |of: &BTreeMap<&str, &Sums>, sum: fn(&Sums) -> String| -> Vec<u8> {
            of.iter().flat_map(|(path, s)| format!("{}  {path}\n", sum(s)).into_bytes()).collect()
        };
        let b3 = list(&of, |s| s.blake3.hex());
        let root = Digest::of(&b3);
        // the second list names the first, so that who signs or checks it has all files
        let first = Sums { blake3: root, sha256: sha256(&b3) };
        of.insert("B3SUMS", &first);
        let sha = list(&of, |s| s.sha256.clone());
        let mut sealed = all.split_off(files.len());
        sealed.extend([OutFile::bytes("B3SUMS", b3), OutFile::bytes("SHA256SUMS", sha)]);
        Ok(Some((sealed, root)))
    }
}

/// What a release tells of itself in numbers: samples of each split, and the places of its documents that nothing fills.
fn facts(of: &Description) -> BTreeMap<String, Fact> {
    let samples = of.told.counts.iter().map(|(s, n)| (format!("samples.{s}"), Fact::from(*n)));
    let mut out: BTreeMap<String, Fact> = samples.collect();
    out.insert("samples".into(), of.samples().into());
    let blanks = blanks(of);
    out.insert("blanks".into(), (blanks.len() as u64).into());
    let row = |b: &Blank| {
        let needed = if b.needed { "needed" } else { "" };
        vec![b.document.to_string(), b.key.clone(), needed.to_string()]
    };
    let columns = ["document", "key", "needed"].map(String::from).to_vec();
    out.insert("blank".into(), Fact::Table { columns, rows: blanks.iter().map(row).collect() });
    out
}

/// Pieces on either side that decide where a shard ends: a shard is some 16 pieces, 130,000 samples, so that a changed
/// sample changes one file of a large release, and a small split is one file.
const SHARD: usize = 8;

/// The pieces of a split by shard.
fn shards<'s, 'p>(pieces: &'s [&'p Piece<'p>]) -> Result<Vec<&'s [&'p Piece<'p>]>, Fault> {
    let hash = |piece: &&Piece| Ok(cut_hash(&piece.rows.digest("id")?.0));
    let hashes: Vec<u64> = pieces.iter().map(hash).collect::<Result<_, Fault>>()?;
    let (mut out, mut start) = (Vec::new(), 0);
    for end in shard_ends(&hashes) {
        out.push(pieces.get(start..end).unwrap_or_default());
        start = end;
    }
    Ok(out)
}

/// Where shards end: at the least of the pieces' hashes on either side, where there are enough of them on both.
fn shard_ends(hashes: &[u64]) -> Vec<usize> {
    let n = hashes.len();
    let inside = |end: &usize| (*end >= SHARD && *end + SHARD <= n) || *end == n;
    cutting::cut(hashes, &[], Window(SHARD)).into_iter().filter(inside).collect()
}

/// The files of a split in a format.
fn data(p: &PageCard, format: &str, split: &str, pieces: &[&Piece], files: &mut Vec<OutFile>) -> Result<(), Fault> {
    let bug = || Fault::Bug(format!("nothing writes `{format}`"));
    let writer = named(format).and_then(|f| f.writer.as_ref()).ok_or_else(bug)?;
    if writer::is_scattered(writer.files) {
        return pieces.iter().try_for_each(|piece| each(writer, format, split, piece, files));
    }
    let one = pieces.is_empty() || !is_sharded(writer.files);
    let parts = if one { vec![pieces] } else { shards(pieces)? };
    for (n, pieces) in parts.into_iter().enumerate() {
        let path = writer::path(writer.files, split, n);
        files.push(joined(p, writer, format, (path, split), pieces)?);
    }
    Ok(())
}

/// The files of a piece, in a format that has one for each sample.
fn each(writer: &Writer, format: &str, split: &str, piece: &Piece, files: &mut Vec<OutFile>) -> Result<(), Fault> {
    let bug = || Fault::Bug(format!("the files of `{format}` are not listed"));
    let digest = piece.rows.digest(&column_of(format))?;
    for (name, from, len) in writer::listed(&outline(&piece.rows, format)?.1).ok_or_else(bug)? {
        let (path, counts) = writer::scattered_path(writer.files, split, &name);
        let content = Content::Joined(vec![Chunk::Cell(digest, from, len)]);
        files.push(OutFile { path, content, rows: u64::from(counts), sums: None });
    }
    Ok(())
}

/// The file of a format that tells of all splits.
fn index(p: &PageCard, format: &str, counts: &BTreeMap<String, u64>) -> Option<OutFile> {
    let (path, write) = named(format)?.writer.as_ref()?.index?;
    let splits: Vec<(&str, u64)> = counts.iter().map(|(split, n)| (split.as_str(), *n)).collect();
    let title = format!("{} {}", p.dataset, p.version);
    let license = p.license.as_deref().unwrap_or_default();
    let (classes, none) = (p.classes_of(format), Skeleton::default());
    let skeleton = p.skeletons.get(format).unwrap_or(&none);
    let text = write(&writer::Index { title: &title, license, splits: &splits, classes, skeleton });
    Some(OutFile::bytes(path, text.into_bytes()))
}

/// A file made of fragments, as its format joins them.
fn joined(
    p: &PageCard,
    writer: &Writer,
    format: &str,
    (path, split): (String, &str),
    pieces: &[&Piece],
) -> Result<OutFile, Fault> {
    let column = column_of(format);
    let unknown = || "a fragment that is not there".to_string();
    let read = |n: usize| {
        let piece = pieces.get(n).ok_or_else(unknown)?;
        fragment(&piece.rows, &column).map_err(|fault| format!("{fault:?}"))
    };
    let mut outlines = pieces.iter().map(|piece| outline(&piece.rows, format)).collect::<Result<Vec<_>, Fault>>()?;
    let none = if pieces.is_empty() { Some(without_rows(p, writer)?) } else { None };
    outlines.extend(none.iter().map(|bytes| (bytes.len() as u64, (writer.outline)(bytes).to_vec())));
    let read = |n: usize| none.clone().map_or_else(|| read(n), Ok);
    let (title, version) = (format!("{} {}", p.dataset, p.version), p.version.as_str());
    let license = p.license.as_deref().unwrap_or_default();
    let (classes, pointless) = (p.classes_of(format), Skeleton::default());
    let skeleton = p.skeletons.get(format).unwrap_or(&pointless);
    let hidden = p.withheld.is_unanswered(format, split);
    let join = Join { split, title: &title, version, license, classes, skeleton, hidden, outlines, fragment: &read };
    let mut chunks = Vec::new();
    for chunk in (writer.join)(&join).map_err(Fault::Bug)? {
        chunks.push(match chunk {
            writer::Chunk::Bytes(bytes) => Chunk::Bytes(bytes),
            writer::Chunk::Fragment { from, len, .. } if none.is_some() => {
                let own = none.iter().flatten().skip(from as usize).take(len as usize);
                Chunk::Bytes(own.copied().collect())
            }
            writer::Chunk::Fragment { piece, from, len } => {
                let piece = pieces.get(piece).ok_or_else(|| Fault::Bug(unknown()))?;
                Chunk::Cell(piece.rows.digest(&column)?, from, len)
            }
        });
    }
    let rows = pieces.iter().map(|p| p.rows.len() as u64).sum();
    Ok(OutFile { path, content: Content::Joined(chunks), rows, sums: None })
}

/// The fragment of no sample: a split that is empty has its columns all the same.
fn without_rows(p: &PageCard, writer: &Writer) -> Result<Vec<u8>, Fault> {
    let empty = |c: &String| {
        let ty = released_type(p.holds.get(c).map_or("utf8", String::as_str), writer.needs.typed);
        (released_name(c), arrow_array::new_empty_array(&ty))
    };
    let sheet = Sheet { columns: p.columns.iter().map(empty).collect(), ..Sheet::default() };
    (writer.encode)(&sheet, &mut Vec::new()).map_err(Fault::Bug)
}

/// The images of a split, in a folder. Their sums are found out by the engine, file by file, and only of those that it does not know.
fn images(folder: &str, pieces: &[&Piece], files: &mut Vec<OutFile>) -> Result<(), Fault> {
    for piece in pieces {
        let list = fragment(&piece.rows, IMAGE_LIST)?;
        for line in String::from_utf8_lossy(&list).lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            let [name, blob, bytes] = parts.as_slice() else {
                return Err(Fault::Bug("a list of images is wrong".into()));
            };
            let (blob, bytes) = (Digest::parse(blob), bytes.parse::<u64>().ok());
            let (blob, bytes) = blob.zip(bytes).ok_or_else(|| Fault::Bug("a list of images is wrong".into()))?;
            let (path, content) = (format!("{folder}/{name}"), Content::Blob(blob, bytes));
            files.push(OutFile { path, content, rows: 0, sums: None });
        }
    }
    Ok(())
}

/// What a release holds, apart from how it is encoded.
struct ContentOf {
    /// `SPLIT COLUMN DIGEST` lines, sorted: what the content root is taken of.
    lines: String,
    list: Vec<serde_json::Value>,
}

/// The digest of a column in a split is that of its pieces' digests in order; pieces are cut by the ids alone.
fn content(p: &PageCard, pieces: &[Piece]) -> Result<ContentOf, Fault> {
    let mut hashers: BTreeMap<(String, String), Hasher> = BTreeMap::new();
    for piece in pieces {
        for column in &p.columns {
            let key = (piece.group.clone(), released_name(column));
            let h = hashers.entry(key).or_insert_with(|| Hasher::derive("tamis split 1"));
            let read = if column == "id" { p.ids.column() } else { column };
            h.update(&piece.rows.digest(read)?.0);
        }
    }
    let (mut lines, mut list) = (String::new(), Vec::new());
    for ((split, column), h) in hashers {
        let digest = h.finish();
        lines.push_str(&format!("{split} {column} {digest}\n"));
        list.push(serde_json::json!({ "split": split, "column": column, "digest": digest.hex() }));
    }
    Ok(ContentOf { lines, list })
}

fn release_json(p: &PageCard, counts: &BTreeMap<String, u64>, content: &ContentOf, root: Digest) -> String {
    let splits: BTreeMap<&String, serde_json::Value> =
        counts.iter().map(|(s, n)| (s, serde_json::json!({ "rows": n }))).collect();
    let mut v = serde_json::json!({
        "format": 1,
        "name": format!("{}-{}", p.dataset, p.release),
        "dataset": p.dataset,
        "release": p.release,
        "version": p.version,
        "license": p.license,
        "formats": p.formats,
        "columns": p.columns.iter().map(|c| released_name(c)).collect::<Vec<_>>(),
        "types": p.holds.iter().map(|(c, holds)| (released_name(c), holds)).collect::<BTreeMap<_, _>>(),
        "ids": p.ids,
        "splits": splits,
        "content": content.list,
        "content_root": root.hex(),
    });
    if !p.withheld.is_empty() {
        v["hidden"] = serde_json::json!(p.withheld.told(&p.columns));
        v["without"] = serde_json::json!(p.withheld.without);
        v["canary"] = p.canary().into();
    }
    format!("{}\n", serde_json::to_string_pretty(&v).unwrap_or_default())
}

/// What was counted of each split, and of all of them.
fn counted(pieces: &[Piece]) -> Result<(BTreeMap<String, Counts>, Counts), Fault> {
    let (mut splits, mut all): (BTreeMap<String, Counts>, Counts) = Default::default();
    for piece in pieces {
        let own = counts_of(&piece.rows)?;
        splits.entry(piece.group.clone()).or_default().add(own.clone());
        all.add(own);
    }
    Ok((splits, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_splits_are_one_shard_and_an_edit_moves_few() {
        let hashes = |n: u64| -> Vec<u64> { (0..n).map(|i| cut_hash(&i.to_le_bytes())).collect() };
        assert!((1..2 * SHARD as u64).all(|n| shard_ends(&hashes(n)) == [n as usize]));
        assert_eq!(shard_ends(&[]), [0; 0]);
        let before = hashes(400);
        let ends = shard_ends(&before);
        assert!((15..40).contains(&ends.len()), "{}", ends.len());
        for at in 0..400 {
            let mut after = before.clone();
            after[at] = cut_hash(b"other");
            let moved = shard_ends(&after).iter().filter(|e| !ends.contains(e)).count();
            assert!(moved <= 2, "{at}: {moved}");
        }
    }
}

//! `release.NAME`: the last page. Joins the fragments, numbers COCO images and annotations, and adds `release.json`,
//! the dataset card, ATTRIBUTION, licences and sums. Two roots: the content root is over ids and values and survives a
//! change of an encoder; the files root is over bytes. No date, path or version of tamis is in any of it.
use super::encode::{column_of, digests, fragment};
use super::{Counts, Format, Release, SourceCard, dataset, declared, kind_of, released_name, sources};
use crate::digest::{Digest, Hasher};
use crate::formats::{coco, parquet};
use crate::model::license;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

pub const ENTRY: Entry = Entry {
    name: "release/page",
    path: "release.*",
    card: <Page as WholeStage>::CARD,
    schema: None,
    declare,
    kernels: whole::<Page>(),
};

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let dataset = dataset(check);
    let types = check.columns.get("samples");
    let boxes = r.columns.iter().find(|c| kind_of(types.and_then(|t| t.get(*c))) == "object_detection");
    let classes = boxes.map(|c| classes_of_task(check, c.trim_start_matches("label."))).unwrap_or_default();
    let sources = sources(check);
    let mut files = Vec::new();
    for path in sources.iter().filter_map(|s| s.evidence.as_ref()) {
        if let Ok(bytes) = check.world.read(path, 16 << 20) {
            files.push((path.clone(), Digest::of(&bytes), bytes.len() as u64));
        }
    }
    let mut reads: Vec<String> = r.columns.clone();
    reads.extend(r.formats.iter().map(|f| column_of(*f)));
    let images = r.formats.iter().any(|f| matches!(f, Format::Coco | Format::ImageFolder));
    reads.extend(images.then(|| "encoded.images".to_string()));
    reads.extend((!reads.contains(&"source".to_string())).then(|| "source".to_string()));
    vec![Plan {
        ports: Ports { table: Release::rows_table(check), reads, ..Ports::default() },
        params: [
            text(&PageCard {
                dataset: dataset.name.get().clone(),
                version: dataset.version.get().clone(),
                license: dataset.license.map(|l| l.get().clone()),
                languages: dataset.languages,
                description: dataset.description,
                release: check.instance.clone(),
                formats: r.formats,
                columns: r.columns,
                classes,
                sources,
                evidence: files.iter().map(|f| (f.0.clone(), f.1.hex())).collect(),
            }),
            "{}".into(),
            "{}".into(),
        ],
        folder: Some(check.instance.clone()),
        files,
        ..Plan::default()
    }]
}

/// The classes that a task declares, in their order: the numbers of COCO's categories.
fn classes_of_task(check: &Check, task: &str) -> Vec<String> {
    let table = check.manifest.table(&["label", task]);
    let list = table.as_ref().and_then(|(_, t)| t.get_ref().as_table()?.get("classes")?.get_ref().as_array());
    list.map(|l| l.iter().filter_map(|v| v.get_ref().as_str().map(Into::into)).collect()).unwrap_or_default()
}

#[derive(Serialize, Deserialize, Default)]
struct PageCard {
    #[serde(default, skip_serializing_if = "is_default")]
    dataset: String,
    #[serde(default, skip_serializing_if = "is_default")]
    version: String,
    #[serde(default, skip_serializing_if = "is_default")]
    license: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    languages: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    release: String,
    #[serde(default, skip_serializing_if = "is_default")]
    formats: Vec<Format>,
    #[serde(default, skip_serializing_if = "is_default")]
    columns: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    sources: Vec<SourceCard>,
    /// path -> digest
    #[serde(default, skip_serializing_if = "is_default")]
    evidence: BTreeMap<String, String>,
}

struct Page;

impl WholeStage for Page {
    const CARD: Card = Card::new(Grain::Partition, &[(Part::Run, 2)]).uses(&["parquet 60"]);
    type Run = PageCard;

    fn run(p: &PageCard, pieces: &[Piece]) -> Result<Output, Fault> {
        let mut files = Files::default();
        let mut counts = Counts::new();
        for piece in pieces {
            *counts.entry(piece.group.clone()).or_default() += piece.rows.len() as u64;
        }
        for split in counts.keys() {
            let own: Vec<&Piece> = pieces.iter().filter(|x| x.group == *split).collect();
            for f in &p.formats {
                data(p, *f, split, &own, &mut files)?;
            }
            images(p, split, &own, &mut files)?;
        }
        let content = content(p, pieces)?;
        let content_root = Digest::of(content.lines.as_bytes());
        files.add("release.json", release_json(p, &counts, &content, content_root).into_bytes());
        files.add("README.md", readme(p, &counts).into_bytes());
        let within = sources_of(p, pieces)?;
        files.add("ATTRIBUTION.md", attribution(p, &within).into_bytes());
        licenses(&within, p, pieces, &mut files)?;
        let files_root = files.sums();
        let total: u64 = counts.values().sum();
        let mut facts: BTreeMap<String, Fact> =
            counts.iter().map(|(s, n)| (format!("samples.{s}"), Fact::from(*n))).collect();
        facts.insert("samples".into(), total.into());
        Ok(Output { files: files.list, facts, roots: Some((content_root, files_root)) })
    }
}

/// Files with both sums.
#[derive(Default)]
struct Files {
    list: Vec<OutFile>,
    sums: BTreeMap<String, (String, String)>,
}

impl Files {
    fn add(&mut self, path: impl Into<String>, bytes: Vec<u8>) {
        let path = path.into();
        let sha: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        self.sums.insert(path.clone(), (Digest::of(&bytes).hex(), sha));
        self.list.push(OutFile { path, content: Content::Bytes(bytes) });
    }

    /// A file made of chunks that were hashed as they passed by.
    fn joined(&mut self, path: String, sums: &Sums, chunks: Vec<Chunk>) {
        let (digest, sha, len) = sums.of();
        self.sums.insert(path.clone(), (digest.hex(), sha));
        self.list.push(OutFile { path, content: Content::Joined(digest, len, chunks) });
    }

    fn blob(&mut self, path: String, blob: Digest, bytes: u64, sha: &str) {
        if self.sums.insert(path.clone(), (blob.hex(), sha.into())).is_none() {
            self.list.push(OutFile { path, content: Content::Blob(blob, bytes) });
        }
    }

    /// Adds the two lists of sums; the files root is the digest of the first.
    fn sums(&mut self) -> Digest {
        let lines = |pick: fn(&(String, String)) -> &String| -> String {
            self.sums.iter().map(|(path, sums)| format!("{}  {path}\n", pick(sums))).collect()
        };
        let (b3, sha) = (lines(|s| &s.0), lines(|s| &s.1));
        let root = Digest::of(b3.as_bytes());
        self.list.push(OutFile { path: "B3SUMS".into(), content: Content::Bytes(b3.into_bytes()) });
        self.list.push(OutFile { path: "SHA256SUMS".into(), content: Content::Bytes(sha.into_bytes()) });
        root
    }
}

/// Both sums and the length of bytes that pass by. Copies are one.
#[derive(Clone, Default)]
struct Sums(Arc<Mutex<(Option<Hasher>, Sha256, u64)>>);

impl Sums {
    fn of(&self) -> (Digest, String, u64) {
        let held = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let sha: String = held.1.clone().finalize().iter().map(|b| format!("{b:02x}")).collect();
        (held.0.as_ref().map_or_else(|| Digest::of(b""), Hasher::finish), sha, held.2)
    }
}

impl Write for Sums {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(|e| e.into_inner());
        held.0.get_or_insert_with(Hasher::plain).update(bytes);
        held.1.update(bytes);
        held.2 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn data(p: &PageCard, f: Format, split: &str, pieces: &[&Piece], files: &mut Files) -> Result<(), Fault> {
    let column = column_of(f);
    match f {
        Format::Parquet => parquet_file(format!("parquet/{split}-00000.parquet"), &column, pieces, files),
        Format::Jsonl => joined(format!("jsonl/{split}-00000.jsonl"), &column, pieces, files),
        Format::Conll => joined(format!("conll/{split}.conll"), &column, pieces, files),
        Format::ImageFolder => joined(format!("images/{split}/metadata.jsonl"), &column, pieces, files),
        Format::Coco => {
            let mut images: Vec<coco::Image> = Vec::new();
            for piece in pieces {
                let all = fragment(&piece.rows, &column)?;
                for line in all.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
                    images.push(serde_json::from_slice(line).map_err(|e| Fault::Bug(e.to_string()))?);
                }
            }
            files.add(format!("coco/instances_{split}.json"), coco::write(&images, &p.classes, split).into_bytes());
            Ok(())
        }
    }
}

/// A file whose fragments simply follow one another; one is held at a time.
fn joined(path: String, column: &str, pieces: &[&Piece], files: &mut Files) -> Result<(), Fault> {
    let (mut sums, mut chunks) = (Sums::default(), Vec::new());
    for piece in pieces {
        let bytes = fragment(&piece.rows, column)?;
        sums.write_all(&bytes).map_err(|e| Fault::Bug(e.to_string()))?;
        chunks.push(Chunk::Cell(piece.rows.digest(column)?, 0, bytes.len() as u64));
    }
    files.joined(path, &sums, chunks);
    Ok(())
}

/// The same in Parquet: row groups are copied as they are, the footer is made anew.
fn parquet_file(path: String, column: &str, pieces: &[&Piece], files: &mut Files) -> Result<(), Fault> {
    let [first, ..] = pieces else { return Ok(()) };
    let sums = Sums::default();
    let (mut file, head) =
        parquet::Joined::new(&fragment(&first.rows, column)?, Box::new(sums.clone())).map_err(Fault::Bug)?;
    let mut chunks = vec![Chunk::Bytes(head)];
    for piece in pieces {
        let range = file.add(&fragment(&piece.rows, column)?).map_err(Fault::Bug)?;
        chunks.push(Chunk::Cell(piece.rows.digest(column)?, range.start, range.end - range.start));
    }
    chunks.push(Chunk::Bytes(file.finish().map_err(Fault::Bug)?));
    files.joined(path, &sums, chunks);
    Ok(())
}

fn images(p: &PageCard, split: &str, pieces: &[&Piece], files: &mut Files) -> Result<(), Fault> {
    if !p.formats.iter().any(|f| matches!(f, Format::Coco | Format::ImageFolder)) {
        return Ok(());
    }
    for piece in pieces {
        let list = fragment(&piece.rows, "encoded.images")?;
        for line in String::from_utf8_lossy(&list).lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            if let [name, blob, bytes, sha] = parts.as_slice()
                && let (Some(blob), Ok(bytes)) = (Digest::parse(blob), bytes.parse())
            {
                files.blob(format!("images/{split}/{name}"), blob, bytes, sha);
            }
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
        for (column, digest) in digests(&p.columns, &piece.rows)? {
            let h = hashers.entry((piece.group.clone(), column)).or_insert_with(|| Hasher::derive("tamis split 1"));
            h.update(&digest.0);
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

fn release_json(p: &PageCard, counts: &Counts, content: &ContentOf, root: Digest) -> String {
    let formats: Vec<&str> = p.formats.iter().map(|f| f.name()).collect();
    let splits: BTreeMap<&String, serde_json::Value> =
        counts.iter().map(|(s, n)| (s, serde_json::json!({ "rows": n }))).collect();
    let v = serde_json::json!({
        "format": 1,
        "name": format!("{}-{}", p.dataset, p.release),
        "dataset": p.dataset,
        "release": p.release,
        "version": p.version,
        "license": p.license,
        "formats": formats,
        "columns": p.columns.iter().map(|c| released_name(c)).collect::<Vec<_>>(),
        "splits": splits,
        "content": content.list,
        "content_root": root.hex(),
    });
    format!("{}\n", serde_json::to_string_pretty(&v).unwrap_or_default())
}

/// The dataset card: YAML that dataset hubs read, and a page for people.
fn readme(p: &PageCard, counts: &Counts) -> String {
    let mut t = String::from("---\n");
    if let Some(l) = &p.license {
        t.push_str(&format!("license: {}\n", l.to_lowercase()));
    }
    if !p.languages.is_empty() {
        t.push_str(&format!("language: [{}]\n", p.languages.join(", ")));
    }
    if let Some(f) = p.formats.iter().find(|f| matches!(f, Format::Parquet | Format::Jsonl)) {
        let (folder, ext) = if *f == Format::Parquet { ("parquet", "parquet") } else { ("jsonl", "jsonl") };
        t.push_str("configs:\n- config_name: default\n  data_files:\n");
        for split in counts.keys() {
            t.push_str(&format!("  - split: {}\n    path: {folder}/{split}-*.{ext}\n", split.replace('-', "_")));
        }
    }
    t.push_str(&format!("---\n\n# {} {}\n\n", p.dataset, p.version));
    if let Some(d) = &p.description {
        t.push_str(&format!("{d}\n\n"));
    }
    t.push_str("| split | samples |\n|---|---|\n");
    counts.iter().for_each(|(s, n)| t.push_str(&format!("| {s} | {n} |\n")));
    let columns: Vec<String> = p.columns.iter().map(|c| format!("`{}`", released_name(c))).collect();
    t.push_str(&format!("\nColumns: {}.\n\nSources and licences: see ATTRIBUTION.md. ", columns.join(", ")));
    t.push_str("Check the files with `b3sum -c B3SUMS` or `sha256sum -c SHA256SUMS`.\n");
    t
}

/// The sources that have a sample here.
fn sources_of<'p>(p: &'p PageCard, pieces: &[Piece]) -> Result<Vec<&'p SourceCard>, Fault> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for piece in pieces {
        names.extend(piece.rows.texts("source")?.into_iter().flatten());
    }
    Ok(p.sources.iter().filter(|s| names.contains(&s.name)).collect())
}

fn attribution(p: &PageCard, sources: &[&SourceCard]) -> String {
    let mut t = format!("# Attribution\n\n{} {}", p.dataset, p.version);
    if let Some(l) = &p.license {
        t.push_str(&format!(", released under {l}{}", in_words(l)));
    }
    t.push_str(".\n\nMade from:\n\n");
    for s in sources {
        t.push_str(&format!("- **{}**: {}{}", s.name, s.license, in_words(&s.license)));
        if let Some(a) = &s.attribution {
            t.push_str(&format!(". {a}"));
        }
        if let Some(e) = s.evidence.as_ref().filter(|e| p.evidence.contains_key(*e)) {
            t.push_str(&format!(" (licence: LICENSES/{})", kept_as(s, e)));
        }
        t.push('\n');
    }
    t.push_str("\nThe data was selected, normalised and labelled; see README.md.\n");
    t
}

fn in_words(expression: &str) -> String {
    license::full_name(expression).map_or(String::new(), |n| format!(" ({n})"))
}

fn kept_as(s: &SourceCard, evidence: &str) -> String {
    format!("{}-{}", s.name, evidence.rsplit('/').next().unwrap_or(evidence))
}

fn licenses(sources: &[&SourceCard], p: &PageCard, pieces: &[Piece], files: &mut Files) -> Result<(), Fault> {
    let Some(first) = pieces.first() else { return Ok(()) };
    for s in sources {
        let Some(evidence) = &s.evidence else { continue };
        let Some(digest) = p.evidence.get(evidence).and_then(|d| Digest::parse(d)) else { continue };
        files.add(format!("LICENSES/{}", kept_as(s, evidence)), first.rows.blob(digest)?);
    }
    Ok(())
}

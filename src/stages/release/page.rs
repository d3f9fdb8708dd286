//! `release.NAME`: the last page. Joins the fragments, numbers COCO images and annotations, and adds `release.json`,
//! the dataset card, ATTRIBUTION, licences and sums. Two roots: the content root is over ids and values and survives a
//! change of an encoder; the files root is over bytes. No date, path or version of tamis is in any of it.
use super::encode::{column_of, digests, fragment, outline, outline_of};
use super::{Counts, Format, Release, SourceCard, dataset, declared, is_label, released_name, sources};
use crate::digest::{Digest, Hasher, cut_hash};
use crate::formats::{coco, parquet};
use crate::model::license;
use crate::stage::*;
use crate::table::cutting::{self, Window};
use crate::table::texts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::whole::<Page>("release/page", "release.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let dataset = dataset(check);
    let boxes = r.columns.iter().find(|c| is_label(check.columns, c, "object_detection"));
    let classes = boxes.map(|c| classes_of(check, c)).unwrap_or_default();
    let sources = sources(check);
    let mut files = Vec::new();
    for path in sources.iter().filter_map(|s| s.evidence.as_ref()) {
        if let Ok(bytes) = check.world.read(path, 16 << 20) {
            files.push((path.clone(), Digest::of(&bytes), bytes.len() as u64));
        }
    }
    let mut reads: Vec<String> = r.columns.clone();
    reads.extend(r.formats.iter().flat_map(|f| [column_of(*f), outline_of(*f)]));
    reads.extend((!reads.contains(&"id".to_string())).then(|| "id".to_string()));
    let images = r.formats.iter().any(|f| matches!(f, Format::Coco | Format::ImageFolder));
    reads.extend(images.then(|| "encoded.images".to_string()));
    reads.extend((!reads.contains(&"source".to_string())).then(|| "source".to_string()));
    let folder = Some(check.instance.clone());
    let plan = Plan::whole::<Page>(
        Ports { table: Release::rows_table(check), reads, ..Ports::default() },
        &PageCard {
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
        },
    );
    vec![Plan { folder, files, ..plan }]
}

/// The classes that may stand in a label, in their declared order: the numbers of COCO's categories.
fn classes_of(check: &Check, column: &str) -> Vec<String> {
    let of = check.columns_of("samples").find(|c| c.0 == column).map(|c| &c.1.role);
    match of {
        Some(Role::Label { classes, .. }) => classes.clone(),
        _ => Vec::new(),
    }
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
    const USES: &'static [&'static str] = &["parquet 60"];
    const RUN: u32 = 3;
    type Run = PageCard;

    fn run(p: &PageCard, pieces: &[Piece], _: &Context) -> Result<Output, Fault> {
        let mut files = Vec::new();
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
        files.push(OutFile::bytes("release.json", release_json(p, &counts, &content, content_root).into_bytes()));
        files.push(OutFile::bytes("README.md", readme(p, &counts).into_bytes()));
        let within = sources_of(p, pieces)?;
        files.push(OutFile::bytes("ATTRIBUTION.md", attribution(p, &within).into_bytes()));
        licenses(&within, p, pieces, &mut files)?;
        let total: u64 = counts.values().sum();
        let mut facts: BTreeMap<String, Fact> =
            counts.iter().map(|(s, n)| (format!("samples.{s}"), Fact::from(*n))).collect();
        facts.insert("samples".into(), total.into());
        Ok(Output { files, facts, table: None, content_root: Some(content_root), files_root: None })
    }

    /// The two lists of sums; the files root is the digest of the first.
    fn seal(_: &PageCard, files: &[OutFile]) -> Result<Option<(Vec<OutFile>, Digest)>, Fault> {
        let mut of: BTreeMap<&str, &Sums> = BTreeMap::new();
        for file in files {
            let unknown = || Fault::Bug(format!("{} has no sums", file.path));
            of.insert(&file.path, file.sums.as_ref().ok_or_else(unknown)?);
        }
        let lines = |sum: fn(&Sums) -> String| -> Vec<u8> {
            of.iter().flat_map(|(path, s)| format!("{}  {path}\n", sum(s)).into_bytes()).collect()
        };
        let (b3, sha) = (lines(|s| s.blake3.hex()), lines(|s| s.sha256.clone()));
        let root = Digest::of(&b3);
        Ok(Some((vec![OutFile::bytes("B3SUMS", b3), OutFile::bytes("SHA256SUMS", sha)], root)))
    }
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

fn data(p: &PageCard, f: Format, split: &str, pieces: &[&Piece], files: &mut Vec<OutFile>) -> Result<(), Fault> {
    match f {
        Format::Parquet | Format::Jsonl => {
            for (n, shard) in shards(pieces)?.into_iter().enumerate() {
                files.push(match f {
                    Format::Parquet => parquet_file(format!("parquet/{split}-{n:05}.parquet"), shard)?,
                    _ => joined(format!("jsonl/{split}-{n:05}.jsonl"), f, shard)?,
                });
            }
        }
        Format::Conll => files.push(joined(format!("conll/{split}.conll"), f, pieces)?),
        Format::ImageFolder => files.push(joined(format!("images/{split}/metadata.jsonl"), f, pieces)?),
        Format::Coco => {
            let mut images: Vec<coco::Image> = Vec::new();
            for piece in pieces {
                let all = fragment(&piece.rows, &column_of(f))?;
                for line in all.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
                    images.push(serde_json::from_slice(line).map_err(|e| Fault::Bug(e.to_string()))?);
                }
            }
            let text = coco::write(&images, &p.classes, split);
            files.push(OutFile::bytes(format!("coco/instances_{split}.json"), text.into_bytes()));
        }
    }
    Ok(())
}

fn rows(pieces: &[&Piece]) -> u64 {
    pieces.iter().map(|p| p.rows.len() as u64).sum()
}

/// A file whose fragments simply follow one another; none of them is read.
fn joined(path: String, f: Format, pieces: &[&Piece]) -> Result<OutFile, Fault> {
    let mut chunks = Vec::new();
    for piece in pieces {
        let (len, _) = outline(&piece.rows, f)?;
        chunks.push(Chunk::Cell(piece.rows.digest(&column_of(f))?, 0, len));
    }
    Ok(OutFile { path, content: Content::Joined(chunks), rows: rows(pieces), sums: None })
}

/// The same in Parquet: row groups stand as they are, the footer is made anew.
fn parquet_file(path: String, pieces: &[&Piece]) -> Result<OutFile, Fault> {
    let mut file: Option<parquet::Joined> = None;
    let mut chunks = Vec::new();
    for piece in pieces {
        let (_, footer) = outline(&piece.rows, Format::Parquet)?;
        let to = match &mut file {
            Some(file) => file,
            None => {
                let (own, head) = parquet::Joined::new(&footer).map_err(Fault::Bug)?;
                chunks.push(Chunk::Bytes(head));
                file.insert(own)
            }
        };
        let range = to.add(&footer).map_err(Fault::Bug)?;
        let cell = piece.rows.digest(&column_of(Format::Parquet))?;
        chunks.push(Chunk::Cell(cell, range.start, range.end - range.start));
    }
    if let Some(file) = file {
        chunks.push(Chunk::Bytes(file.finish().map_err(Fault::Bug)?));
    }
    Ok(OutFile { path, content: Content::Joined(chunks), rows: rows(pieces), sums: None })
}

fn images(p: &PageCard, split: &str, pieces: &[&Piece], files: &mut Vec<OutFile>) -> Result<(), Fault> {
    if !p.formats.iter().any(|f| matches!(f, Format::Coco | Format::ImageFolder)) {
        return Ok(());
    }
    for piece in pieces {
        let list = fragment(&piece.rows, "encoded.images")?;
        for line in String::from_utf8_lossy(&list).lines() {
            let parts: Vec<&str> = line.split('\t').collect();
            if let [name, blob, bytes, sha] = parts.as_slice()
                && let (Some(blake3), Ok(bytes)) = (Digest::parse(blob), bytes.parse())
            {
                let (path, sums) = (format!("images/{split}/{name}"), Sums { blake3, sha256: (*sha).into() });
                files.push(OutFile { path, content: Content::Blob(blake3, bytes), rows: 0, sums: Some(sums) });
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
        let of = piece.rows.column("source")?;
        for name in texts(of.as_ref()).into_iter().flatten() {
            if !names.contains(name) {
                names.insert(name.to_string());
            }
        }
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

fn licenses(sources: &[&SourceCard], p: &PageCard, pieces: &[Piece], files: &mut Vec<OutFile>) -> Result<(), Fault> {
    let Some(first) = pieces.first() else { return Ok(()) };
    for s in sources {
        let Some(evidence) = &s.evidence else { continue };
        let Some(digest) = p.evidence.get(evidence).and_then(|d| Digest::parse(d)) else { continue };
        files.push(OutFile::bytes(format!("LICENSES/{}", kept_as(s, evidence)), first.rows.blob(digest)?));
    }
    Ok(())
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

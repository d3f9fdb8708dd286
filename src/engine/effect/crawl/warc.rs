//! A crawl as an archive of the web: what was pinned, in WARC. Pages and pictures are records `resource`, since the head of an
//! answer is not kept as it came; a record `metadata` behind each says how it was found, what its server and it say of its
//! rights, and what was decided.
use super::super::super::lock::FetchedLock;
use super::super::objects::{Members, Objects};
use super::super::outcome::Archived;
use super::log::{DECISIONS, Entry, bytes};
use super::pack::robots_name;
use crate::digest::Digest;
use crate::formats::warc::write::{FIELDS, Written, field};
use crate::measure::urls::Url;
use crate::world::net::AGENT;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Keys of a row that its record tells.
const TOLD: [&str; 6] = ["title", "author", "license", "license_url", "license_evidence", "attribution"];
/// The rows of a crawl, of pages and of pictures, and the key that names the file of a row.
const ROWS: [(&str, &str); 2] = [("pages.jsonl", "page"), ("images.jsonl", "file_name")];

/// The pack of a crawl as it is pinned.
struct Pinned<'o> {
    objects: &'o Objects,
    members: Members,
    /// When it was pinned.
    date: String,
}

/// Writes what a line of the lock pins; `None` where it is not there.
pub fn write(objects: &Objects, line: &FetchedLock, to: &mut dyn Write) -> io::Result<Option<Archived>> {
    let Some(members) = line.digest().and_then(|digest| objects.members(digest)) else { return Ok(None) };
    let pinned = Pinned { objects, members, date: line.fetched.clone() };
    let entries = pinned.lines(DECISIONS)?;
    let entries: Vec<Entry> = entries.into_iter().filter_map(|line| serde_json::from_value(line).ok()).collect();
    let rows = pinned.rows()?;
    to.write_all(&pinned.info().packed())?;
    let mut out = Archived { robots: pinned.robots(&entries, to)?, ..Archived::default() };
    let there: BTreeMap<&str, &str> = pinned.files().map(|m| (m.digest.as_str(), m.path.as_str())).collect();
    let mut written = BTreeSet::new();
    for entry in &entries {
        let Some(path) = there.get(entry.digest.as_str()) else {
            out.without += 1;
            continue;
        };
        // two addresses of the same bytes are two records
        let at = entry.from.as_deref().unwrap_or(&entry.url);
        if !written.insert((at, &entry.digest)) {
            continue;
        }
        pinned.one(entry, at, rows.get(*path), to)?;
        if path.starts_with("images/") { out.images += 1 } else { out.pages += 1 }
    }
    Ok(Some(out))
}

impl Pinned<'_> {
    /// The files that are what was fetched.
    fn files(&self) -> impl Iterator<Item = &super::super::objects::Member> {
        self.members.files.iter().filter(|m| m.path.starts_with("raw/") || m.path.starts_with("images/"))
    }

    fn digest_of(&self, path: &str) -> Option<Digest> {
        Digest::parse(&self.members.files.iter().find(|m| m.path == path)?.digest)
    }

    /// The lines of a file of JSON Lines.
    fn lines(&self, path: &str) -> io::Result<Vec<Json>> {
        let Some(digest) = self.digest_of(path) else { return Ok(Vec::new()) };
        let all = bytes(self.objects, digest)?;
        Ok(all.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }

    /// What rows say of the files that they were read from.
    fn rows(&self) -> io::Result<BTreeMap<String, Json>> {
        let mut out = BTreeMap::new();
        for (path, key) in ROWS {
            let rows = self.lines(path)?;
            out.extend(rows.into_iter().filter_map(|row| Some((row.get(key)?.as_str()?.to_string(), row))));
        }
        Ok(out)
    }

    fn info(&self) -> Written<'_> {
        const SAID: &[u8] = concat!(
            "software: tamis/",
            env!("CARGO_PKG_VERSION"),
            "\r\nformat: WARC File Format 1.1\r\n",
            "conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n",
            "robots: obey\r\n"
        )
        .as_bytes();
        Written { ty: "warcinfo", target: None, date: &self.date, media: FIELDS, refers: None, body: SAID }
    }

    /// The robots.txt of each server, as it came.
    fn robots(&self, entries: &[Entry], to: &mut dyn Write) -> io::Result<u64> {
        let urls = entries.iter().filter_map(|e| Url::parse(e.from.as_deref().unwrap_or(&e.url)).ok());
        let servers: BTreeSet<(String, String)> =
            urls.map(|url| (robots_name(&url.authority()), url.origin())).collect();
        let mut n = 0;
        for (path, origin) in servers {
            let Some(digest) = self.digest_of(&path) else { continue };
            let (body, target) = (bytes(self.objects, digest)?, format!("{origin}/robots.txt"));
            let (target, media) = (Some(target.as_str()), "text/plain");
            let record = Written { ty: "resource", target, date: &self.date, media, refers: None, body: &body };
            to.write_all(&record.packed())?;
            n += 1;
        }
        Ok(n)
    }

    /// What came of an address, and what is known of it.
    fn one(&self, entry: &Entry, at: &str, row: Option<&Json>, to: &mut dyn Write) -> io::Result<()> {
        let Some(digest) = Digest::parse(&entry.digest) else { return Ok(()) };
        let body = bytes(self.objects, digest)?;
        let media = entry.media.as_deref().unwrap_or("application/octet-stream");
        let (date, target) = (entry.fetched.as_str(), Some(at));
        let record = Written { ty: "resource", target, date, media, refers: None, body: &body };
        to.write_all(&record.packed())?;
        let (id, said) = (record.id(), said(entry, row));
        let (refers, body) = (Some(id.as_str()), said.as_bytes());
        to.write_all(&Written { ty: "metadata", target, date, media: FIELDS, refers, body }.packed())
    }
}

/// What is known of what came, as named fields.
fn said(entry: &Entry, row: Option<&Json>) -> String {
    let mut out = field("decision", &entry.decision);
    let mut put =
        |name: &str, value: Option<&str>| out.extend(value.filter(|v| !v.is_empty()).map(|value| field(name, value)));
    put("asked-as", entry.from.is_some().then_some(&entry.url));
    put("user-agent", Some(AGENT));
    put("etag", entry.etag.as_deref());
    put("last-modified", entry.modified.as_deref());
    put("tdm-reservation", entry.reservation.as_deref());
    entry.tags.iter().for_each(|tag| put("x-robots-tag", Some(tag)));
    entry.licenses.iter().for_each(|address| put("link-license", Some(address)));
    TOLD.iter().for_each(|key| put(&key.replace('_', "-"), row.and_then(|row| row.get(*key)?.as_str())));
    out
}

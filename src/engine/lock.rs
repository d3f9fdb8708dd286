//! `dataset.lock` pins what came from outside (one table for each source) and what was released (one table for each frozen
//! version). It is committed to git; a build writes it only if a source changed, `release` adds a table.
use crate::digest::Digest;
use crate::manifest;
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

/// Where it lies.
pub const PATH: &str = "dataset.lock";

#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Lock {
    pub source: BTreeMap<String, SourceLock>,
    /// What was fetched, by what it was fetched for and by address.
    pub fetched: BTreeMap<String, BTreeMap<String, FetchedLock>>,
    /// Every version that was frozen. The last one wrote `pins/split.tsv`.
    pub release: Vec<ReleaseLock>,
}

/// A source as it was scanned.
#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
pub struct SourceLock {
    pub files: u64,
    pub bytes: u64,
    pub digest: String,
}

/// A file as it was fetched. It is one line of the lock, so that lines of several people merge.
#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct FetchedLock {
    /// What it is called among the files of what it was fetched for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// It was an archive, and became the files in it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unpack: bool,
    /// BLAKE3 of its bytes as they came, and how many these are.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub digest: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// SHA-256 of the same bytes, where the manifest names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The media type, as the server gave it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// When it came (RFC 3339, UTC).
    pub fetched: String,
    /// Where redirects led.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What the server knows this content by: `ETag` and `Last-Modified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// The licence that the server gave with it (`Link: <...>; rel="license"`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// What the server says that robots may not do with it (`X-Robots-Tag`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robots: Option<String>,
    /// The list that names it, where the manifest does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Of a list: which revision it was, and which of its files were wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub globs: Vec<String>,
    /// Of a crawl: how many addresses were left out by which rule, `robots.disallowed 3`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
}

impl FetchedLock {
    /// The digest, if it is one.
    pub fn digest(&self) -> Option<Digest> {
        Digest::parse(&self.digest)
    }

    /// One line: the address, and an inline table.
    fn line(&self, url: &str) -> String {
        let fields = serde_json::to_value(self).unwrap_or_default();
        const ORDER: [&str; 16] = [
            "path", "unpack", "digest", "bytes", "sha256", "type", "fetched", "from", "etag", "modified", "license",
            "robots", "of", "revision", "globs", "left",
        ];
        let field = |name: &&str| Some(format!("{name} = {}", toml_value(fields.get(*name)?)));
        format!("{} = {{ {} }}\n", quoted(url), ORDER.iter().filter_map(field).collect::<Vec<_>>().join(", "))
    }
}

fn toml_value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => quoted(text),
        serde_json::Value::Array(all) => format!("[{}]", all.iter().map(toml_value).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A version of a release that was frozen.
#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
pub struct ReleaseLock {
    pub name: String,
    pub version: String,
    pub content_root: String,
    pub files_root: String,
    /// Digest of `pins/split.tsv` as this release wrote it.
    pub assignments: String,
}

impl ReleaseLock {
    /// Whether it is this version of this release.
    pub fn is(&self, name: &str, version: &str) -> bool {
        self.name == name && self.version == version
    }
}

/// How a candidate stands beside what was frozen as its version.
#[derive(Debug, PartialEq)]
pub enum Standing {
    /// Nothing was frozen as this version.
    New,
    Same,
    /// Something else was frozen as this version, which is told.
    Differs(String),
}

impl Lock {
    /// Compares a candidate, by its content root and its files root, with what was frozen under its name and version.
    pub fn standing(&self, name: &str, version: &str, (content, files): (Digest, Digest)) -> Standing {
        let frozen: Vec<&ReleaseLock> = self.release.iter().filter(|r| r.is(name, version)).collect();
        if frozen.is_empty() {
            return Standing::New;
        }
        let roots =
            |r: &&ReleaseLock| [("content", r.content_root.clone(), content), ("files", r.files_root.clone(), files)];
        let other = frozen.iter().flat_map(roots).find(|(_, was, is)| *was != is.hex());
        other.map_or(Standing::Same, |(what, was, is)| {
            let was = was.get(..8).unwrap_or(&was);
            Standing::Differs(format!("{name} {version} is released with {what} {was}, and this is {}", is.short()))
        })
    }

    /// The lock of a project; an error is a file that does not read.
    pub fn load(world: &World) -> Result<Lock, String> {
        let text = match world.read(PATH, 64 << 20) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| format!("{PATH} is not UTF-8"))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Lock::default()),
            Err(e) => return Err(format!("{PATH}: {e}")),
        };
        Lock::parse(PATH, &text)
    }

    /// The lock of a text; an error says what it is not. `path` is what the text is called.
    pub fn parse(path: &str, text: &str) -> Result<Lock, String> {
        let tree =
            manifest::parse(path, text.into()).map_err(|_| format!("{path} is no TOML; take it from git again"))?;
        manifest::read_root(&tree).map_err(|d| format!("{path}: {}", d.message))
    }

    pub fn text(&self) -> String {
        format!("# Written by tamis; commit it.\n{}", self.tables())
    }

    /// The tables of the file, sources first.
    pub fn tables(&self) -> String {
        let mut t = String::new();
        for (name, s) in &self.source {
            t.push_str(&format!(
                "\n[source.\"{name}\"]\nfiles = {}\nbytes = {}\ndigest = \"{}\"\n",
                s.files, s.bytes, s.digest
            ));
        }
        for (name, lines) in self.fetched.iter().filter(|(_, lines)| !lines.is_empty()) {
            t.push_str(&format!("\n[fetched.{}]\n", quoted(name)));
            lines.iter().for_each(|(url, line)| t.push_str(&line.line(url)));
        }
        for r in &self.release {
            t.push_str(&format!("\n[[release]]\nname = \"{}\"\nversion = \"{}\"\n", r.name, r.version));
            t.push_str(&format!("content_root = \"{}\"\nfiles_root = \"{}\"\n", r.content_root, r.files_root));
            t.push_str(&format!("assignments = \"{}\"\n", r.assignments));
        }
        t
    }

    /// Records a frozen version. Freezing it again moves it to the end only if its assignments are no longer the newest.
    pub fn freeze(&mut self, release: ReleaseLock) {
        let newest = self.release.last().is_some_and(|r| r.assignments == release.assignments);
        if newest && self.release.contains(&release) {
            return;
        }
        self.release.retain(|r| !r.is(&release.name, &release.version));
        self.release.push(release);
    }

    pub fn save(&self, world: &World) -> io::Result<()> {
        world.replace(PATH, self.text().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen(name: &str, version: &str, assignments: &str) -> ReleaseLock {
        let [name, version, assignments, files_root] = [name, version, assignments, "f"].map(String::from);
        ReleaseLock { content_root: format!("{name}{version}"), name, version, files_root, assignments }
    }

    fn versions(lock: &Lock) -> Vec<String> {
        lock.release.iter().map(|r| format!("{} {}", r.name, r.version)).collect()
    }

    #[test]
    fn every_version_stays_and_the_last_wrote_the_pins() {
        let mut lock = Lock::default();
        lock.freeze(frozen("public", "0.1.0", "a"));
        lock.freeze(frozen("public", "0.2.0", "b"));
        lock.freeze(frozen("inner", "0.2.0", "b"));
        lock.freeze(frozen("public", "0.2.0", "b"));
        assert_eq!(versions(&lock), ["public 0.1.0", "public 0.2.0", "inner 0.2.0"]);
        lock.freeze(frozen("public", "0.2.0", "c"));
        assert_eq!(versions(&lock), ["public 0.1.0", "inner 0.2.0", "public 0.2.0"]);
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        assert_eq!(Lock::load(&world), Ok(Lock::default()));
        let mut lock = Lock::default();
        let source = SourceLock { files: 2, bytes: 9, digest: "d".into() };
        lock.source.insert("collect.a/images".into(), source);
        lock.freeze(frozen("public", "0.1.0", "a"));
        lock.freeze(frozen("public", "0.2.0", "a"));
        let [path, digest, etag] = ["a \"b\".csv", "d", "W/\"x\\\u{7f}\""].map(String::from);
        let fetched = FetchedLock {
            path,
            digest,
            bytes: Some(3),
            globs: vec!["*".into(), "!x".into()],
            unpack: true,
            etag: Some(etag),
            ..FetchedLock::default()
        };
        lock.fetched.entry("collect.a".into()).or_default().insert("https://example.org/a?b=c".into(), fetched);
        assert_eq!(lock.text().lines().filter(|l| l.contains("https://example.org/")).count(), 1);
        lock.save(&world).unwrap();
        assert_eq!(Lock::load(&world), Ok(lock));
        world.replace(PATH, b"[release.public]\nversion = \"0.1.0\"\n").unwrap();
        assert!(Lock::load(&world).is_err_and(|say| say.starts_with("dataset.lock: ")));
    }
}

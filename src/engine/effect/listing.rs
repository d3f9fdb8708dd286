//! Lists of files that servers give: of a data set on a hub (the interface of Hugging Face) and of a record (that of Zenodo).
//! A list is asked for before its files; what it names is fixed by a revision, so that files which are there are not asked
//! for again.
use super::super::lock::FetchedLock;
use super::get::{Miss, Way};
use crate::engine::scan::find::may_match;
use crate::formats::tar;
use crate::measure::urls::{Url, safe_name};
use crate::stage::{Effect, Layout, Listing, Request};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Bytes of a list.
const LIST_MAX: u64 = 64 << 20;

/// What a list names.
pub struct Listed {
    /// The line of the list itself in dataset.lock.
    pub line: FetchedLock,
    pub requests: Vec<Request>,
    pub remarks: Vec<String>,
}

/// A file of a list: its path, its address, its SHA-256 and its size, as far as the list says them.
struct Named {
    path: String,
    /// `None` where it would not lie in the data set.
    url: Option<Url>,
    sha256: Option<String>,
}

/// Asks for a list.
pub fn list(way: &Way, effect: &Effect, listing: &Listing) -> Result<Listed, Miss> {
    let url = address(&listing.layout).map_err(Miss::Failed)?;
    let json = way.json(&url, effect, LIST_MAX)?;
    let (revision, named) = match &listing.layout {
        Layout::Hub { endpoint, name, .. } => of_hub(&json, endpoint, name),
        Layout::Record { .. } => of_record(&json),
    }
    .ok_or_else(|| Miss::Failed(format!("{url}: the answer is no list of files")))?;
    let (mut requests, mut remarks, mut paths, mut odd) = (Vec::new(), Vec::new(), BTreeSet::new(), 0u64);
    for file in named {
        let path = safe_path(&file.path).filter(|path| !paths.contains(&path.to_lowercase()));
        let (Some(path), Some(url)) = (path, file.url) else {
            odd += u64::from(!is_hidden(&file.path));
            continue;
        };
        let unpack = listing.unpack && tar::unpacks(&path);
        if !may_match(&listing.globs, &listing.exclude, &path, unpack) {
            continue;
        }
        paths.insert(path.to_lowercase());
        let (url, of, sha256) = (url.to_string(), Some(listing.key.clone()), file.sha256);
        requests.push(Request { url, path, unpack, sha256, of });
    }
    if odd > 0 {
        remarks.push(format!("files of the list left out, since their names cannot be those of files here: {odd}"));
    }
    if requests.is_empty() {
        return Err(Miss::Failed(format!("{}: the list names no file that `files` or `images` match", listing.key)));
    }
    let (fetched, globs) = (way.world.date(), listing.wanted());
    let line = FetchedLock { revision: Some(revision), globs, fetched, ..FetchedLock::default() };
    Ok(Listed { line, requests, remarks })
}

fn address(layout: &Layout) -> Result<Url, String> {
    Url::parse(&match layout {
        Layout::Hub { endpoint, name, revision } => {
            format!("{endpoint}/api/datasets/{name}/revision/{}?blobs=true", revision.replace('/', "%2F"))
        }
        Layout::Record { endpoint, record } => format!("{endpoint}/api/records/{record}"),
    })
}

/// The revision and the files of a data set on a hub.
fn of_hub(json: &Json, endpoint: &str, name: &str) -> Option<(String, Vec<Named>)> {
    let sha = json.get("sha")?.as_str().filter(|sha| sha.bytes().all(|b| b.is_ascii_alphanumeric()))?;
    let base = Url::parse(&format!("{endpoint}/datasets/{name}/resolve/{sha}/x")).ok()?;
    let file = |f: &Json| {
        let path = f.get("rfilename")?.as_str()?.to_string();
        let sha256 = f.pointer("/lfs/sha256").and_then(Json::as_str).filter(|s| s.len() == 64).map(String::from);
        Some(Named { url: below(&base, &path), path, sha256 })
    };
    let files = json.get("siblings")?.as_array()?.iter().filter_map(file);
    Some((sha.to_string(), files.collect()))
}

/// The revision and the files of a record.
fn of_record(json: &Json) -> Option<(String, Vec<Named>)> {
    let number = |key: &str| json.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), String::from));
    let revision = format!("{} {}", number("id")?, number("revision").or(number("modified")).unwrap_or_default());
    let file = |f: &Json| {
        let path = f.get("key")?.as_str()?.to_string();
        let link = f.pointer("/links/content").or(f.pointer("/links/self"))?.as_str()?;
        Some(Named { path, url: Url::parse(link).ok(), sha256: None })
    };
    let files = json.get("files")?.as_array()?.iter().filter_map(file);
    Some((revision.trim().to_string(), files.collect()))
}

/// The address of a path below a folder, whatever characters it has.
fn below(base: &Url, path: &str) -> Option<Url> {
    let escaped: String = path
        .bytes()
        .map(|b| match b {
            b'/' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    base.join(&format!("./{escaped}")).ok().filter(|url| url.path().starts_with(base.path().trim_end_matches('x')))
}

/// Hidden files are passed over, as they are everywhere.
fn is_hidden(path: &str) -> bool {
    path.split('/').any(|step| step.starts_with('.') && step != "." && step != "..")
}

/// A path whose every step is a name as it stands; `None` for any other.
fn safe_path(path: &str) -> Option<String> {
    let plain = !path.is_empty() && path.split('/').all(|step| safe_name(step) == step);
    plain.then(|| path.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_hubs_and_records_are_read() {
        let hub = serde_json::json!({ "sha": "abc123", "siblings": [
            { "rfilename": "data/train 1.parquet", "lfs": { "sha256": "f".repeat(64) } },
            { "rfilename": "README.md" },
            { "rfilename": "../../../x" },
        ]});
        let (sha, files) = of_hub(&hub, "https://hub.example", "o/n").unwrap();
        let urls: Vec<String> = files.iter().filter_map(|f| Some(f.url.as_ref()?.to_string())).collect();
        assert_eq!(sha, "abc123");
        assert_eq!(urls[0], "https://hub.example/datasets/o/n/resolve/abc123/data/train%201.parquet");
        assert_eq!(
            (urls.len(), files[0].sha256.as_deref().map(str::len)),
            (2, Some(64)),
            "none leads out of the data set"
        );
        let record = serde_json::json!({ "id": 7, "revision": 3, "files": [
            { "key": "a.csv", "links": { "self": "https://zenodo.example/api/records/7/files/a.csv/content" } },
        ]});
        let (revision, files) = of_record(&record).unwrap();
        assert_eq!((revision.as_str(), files[0].path.as_str()), ("7 3", "a.csv"));
        assert!(of_record(&serde_json::json!({ "message": "no" })).is_none());
        assert_eq!(safe_path("a/b.csv"), Some("a/b.csv".into()));
        assert!(
            [safe_path("a/../b"), safe_path("/a"), safe_path(".git/x"), safe_path("a//b")].iter().all(Option::is_none)
        );
    }
}

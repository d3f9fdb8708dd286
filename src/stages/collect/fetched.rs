//! Which requests a source makes, as plain values; `tamis update` performs them, and a build reads what dataset.lock pins.
use super::fetch::Fetch;
use super::files::Files;
use crate::diag::{Diagnostic, Severity};
use crate::formats::Format;
use crate::manifest::sections::Dataset;
use crate::manifest::values::At;
use crate::measure::urls::Url;
use crate::model::addresses::secret_key;
use crate::stage::{Check, Effect, Layout, Listing, Request};
use crate::world::FETCHED;
use std::collections::BTreeMap;
use std::ops::Range;

/// The most bytes of a file, and of what an archive holds, unless the manifest says otherwise.
const SIZE_MAX: u64 = 16 << 30;

/// The effect of a source, if it fetches anything; what is wrong with it is noted.
pub fn effect(check: &mut Check, files: &Files, format: &Format, exclude: &[At<String>]) -> Option<Effect> {
    let fetch = &files.fetch;
    if let Some((key, span)) = fetch.idle() {
        let missing = match key {
            "revision" => "`hub`",
            "endpoint" => "`hub` or `doi`",
            _ if fetch.is_declared() => "`url`; a file of `urls` has its own",
            _ => "`url`, `urls`, `hub` or `doi`",
        };
        let problem = Diagnostic::error("T0674", span, format!("`{key}` says nothing without {missing}"));
        check.bad(problem.label("without effect"));
    }
    if !fetch.is_declared() {
        return None;
    }
    let contact = contact(check, fetch)?;
    let mut requests: Vec<Request> = Vec::new();
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for (i, address) in fetch.addresses().iter().enumerate() {
        let span = span_of(check, fetch, i);
        let url = match Url::parse(&address.url) {
            Ok(url) => url,
            Err(say) => {
                let message = format!("`{}` cannot be fetched", address.url.get());
                check.bad(Diagnostic::error("T0671", span, message).label(say));
                continue;
            }
        };
        check_secret(check, &address.url, span.clone());
        let path = address.path(&url);
        if let Some(name) = address.name.as_ref().filter(|name| *name.get() != path) {
            let problem = Diagnostic::error("T0673", name.span(), format!("`{}` cannot name a file", name.get()));
            check.bad(problem.label(format!("one step of a path, as `{path}`")));
        }
        let url = url.to_string();
        if requests.iter().any(|r| r.url == url) {
            let problem = Diagnostic::error("T0673", span, "one address is asked for twice");
            check.bad(problem.label(format!("{url}, as above")).help("one of the two is enough"));
            continue;
        }
        if let Some(other) = paths.insert(path.to_lowercase(), url.clone()) {
            let message = format!("two files are called `{path}`");
            let problem = Diagnostic::error("T0673", span, message).label(format!("so is that of {other}"));
            check.bad(problem.help("give one of them another name: `name` beside its `url`"));
            continue;
        }
        let sha256 = digest(check, address.sha256.as_ref());
        let unpack = fetch.unpacks(format, &path);
        requests.push(Request { url, path, unpack, sha256, of: None });
    }
    let size_max = fetch.size_max.as_ref().map_or(SIZE_MAX, |s| s.get().0);
    let listings = listings(check, files, format, exclude);
    let (name, folder, span) = (check.path.clone(), check.instance.clone(), check.span.clone());
    Some(Effect { name, folder, contact, size_max, requests, listings, asks: None, crawl: None, span })
}

/// A signed or personal address is asked for, and known to all who read the manifest.
pub fn check_secret(check: &mut Check, url: &str, span: Range<usize>) {
    let Some(key) = secret_key(url) else { return };
    let problem = Diagnostic::warning("T0677", span, format!("the address holds what looks like a secret: `{key}`"));
    let label = "all who read dataset.toml and dataset.lock can use it; documents of a release leave it out";
    check
        .bad(problem.label(label).help("use an address without it, or put the file below raw/ and name it in `files`"));
}

/// Where an address stands, by its number among all of a source.
fn span_of(check: &Check, fetch: &Fetch, number: usize) -> Range<usize> {
    let one = usize::from(fetch.url.is_some());
    match &fetch.url {
        Some(url) if number == 0 => url.span(),
        _ => {
            let at = format!("{}.open.urls.{}", check.path, number - one);
            check.manifest.span_of(&at).unwrap_or_else(|| check.span.clone())
        }
    }
}

/// The lists of files that a source asks for.
fn listings(check: &mut Check, files: &Files, format: &Format, exclude: &[At<String>]) -> Vec<Listing> {
    let fetch = &files.fetch;
    let endpoint = |check: &mut Check, usual: &str| {
        let Some(own) = &fetch.endpoint else { return Some(usual.to_string()) };
        match Url::parse(own) {
            Ok(url) => Some(url.to_string().trim_end_matches('/').to_string()),
            Err(say) => {
                let message = format!("`{}` cannot be fetched", own.get());
                check.bad(Diagnostic::error("T0671", own.span(), message).label(say));
                None
            }
        }
    };
    let mut layouts = Vec::new();
    if let Some(hub) = &fetch.hub {
        let revision = fetch.revision.as_ref().map_or("main", |r| r.get().as_str());
        let plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
        let name = hub.split('/').count() <= 2 && hub.split('/').all(|s| !s.is_empty() && !s.starts_with('.'));
        if !name || !plain(hub, "._-/") || !plain(revision, "._-/") || revision.contains("..") {
            let problem = Diagnostic::error("T0671", hub.span(), format!("`{}` names no data set on a hub", hub.get()));
            check.bad(problem.label("`owner/name`, and a `revision` of letters, digits and `._-/`"));
        } else if let Some(endpoint) = endpoint(check, "https://huggingface.co") {
            let (name, revision) = (hub.get().clone(), revision.to_string());
            layouts.push((format!("hub:{name}@{revision}"), Layout::Hub { endpoint, name, revision }));
        }
    }
    if let Some(doi) = &fetch.doi {
        let bare = doi.rsplit_once("doi.org/").map_or(doi.as_str(), |(_, bare)| bare).trim_start_matches("doi:");
        let record = bare.split_once("/zenodo.").map(|(_, n)| n).filter(|n| n.parse::<u64>().is_ok());
        match record {
            None => {
                let problem = Diagnostic::error("T0671", doi.span(), format!("`{}` is no DOI of Zenodo", doi.get()));
                check.bad(problem.label("`10.5281/zenodo.NUMBER`; of others give the address of each file"));
            }
            Some(record) => {
                if let Some(endpoint) = endpoint(check, "https://zenodo.org") {
                    layouts.push((format!("doi:{bare}"), Layout::Record { endpoint, record: record.to_string() }));
                }
            }
        }
    }
    let texts = |of: &[At<String>]| of.iter().map(|g| g.get().clone()).collect::<Vec<_>>();
    let globs: Vec<String> = texts(&files.files).into_iter().chain(texts(&files.images)).collect();
    let exclude = texts(exclude);
    let unpack = fetch.may_unpack(format);
    let listing = |(key, layout)| Listing { key, layout, globs: globs.clone(), exclude: exclude.clone(), unpack };
    layouts.into_iter().map(listing).collect()
}

fn contact(check: &mut Check, fetch: &Fetch) -> Option<String> {
    let span = fetch.url.as_ref().map_or(check.span.clone(), At::span);
    contact_of(check, fetch.contact.as_ref(), span)
}

/// Whom the owner of a server may ask; that nobody is named is noted.
pub fn contact_of(check: &mut Check, own: Option<&At<String>>, span: Range<usize>) -> Option<String> {
    let dataset: Dataset = check.section(&["dataset"]);
    let place = own.map(At::span).or_else(|| check.manifest.span_of("dataset.contact"));
    let own = own.map(|c| c.get().clone());
    let contact = own.or(dataset.contact);
    if let Some(contact) = contact.as_ref().filter(|c| !c.chars().any(|c| c.is_ascii_alphanumeric())) {
        let message = format!("`{contact}` cannot be sent: requests carry letters of ASCII alone");
        let problem = Diagnostic::error("T0672", place.unwrap_or(span), message);
        check.bad(problem.label("nobody could write to what is left of it").help("name an address, `you@example.org`"));
        return None;
    }
    if contact.is_none() {
        let problem = Diagnostic::error("T0672", span, "nobody is named whom the owner of the server may ask");
        let help = "contact = \"you@example.org\" in [dataset], or here; it is sent with each request";
        check.bad(problem.label("requests say who makes them").help(help));
    }
    contact
}

fn digest(check: &mut Check, declared: Option<&At<String>>) -> Option<String> {
    let declared = declared?;
    let text = declared.strip_prefix("sha256:").unwrap_or(declared).to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(text);
    }
    let problem = Diagnostic::error("T0675", declared.span(), "this is no SHA-256");
    check.bad(problem.label("64 hex digits, as `sha256sum FILE` prints them"));
    None
}

/// The files of a source with the globs that they have where they are fetched: below its own folder. Where none are named,
/// all that are fetched are, but for what is in archives. `None`, with the problem noted, where they are not there or cannot be.
pub fn settled(check: &mut Check, files: Files, format: &Format, exclude: &[At<String>]) -> Option<Files> {
    let errors = |check: &Check| check.problems.iter().filter(|d| d.severity == Severity::Error).count();
    let told = errors(check);
    let effect = effect(check, &files, format, exclude);
    if errors(check) > told {
        return None; // what is asked for in a wrong way was never fetched
    }
    let Some(effect) = effect else { return Some(files) };
    if let Some(lacking) = check.world.fetched().lacking(&effect.folder) {
        let (say, help) = (lacking.say.clone(), lacking.help.clone());
        let one = files.fetch.url.as_ref().or(files.fetch.hub.as_ref()).or(files.fetch.doi.as_ref());
        let span = one.map_or(check.span.clone(), At::span);
        check.bad(Diagnostic::error("T0670", span, format!("{}: {say}", check.path)).label("not there").help(help));
        return None;
    }
    Some(located(files, &effect.folder, format))
}

/// The same where nothing is to be noted.
pub fn located(mut files: Files, instance: &str, format: &Format) -> Files {
    if !files.fetch.is_declared() {
        return files;
    }
    let span = files.fetch.url.as_ref().map_or(0..0, At::span);
    if files.files.is_empty() && files.images.is_empty() && !files.fetch.is_listed() {
        let all = files.fetch.plain_files(format).into_iter().map(|path| At::new(path, span.clone())).collect();
        let images = format.images && format.reader.is_none();
        if images { files.images = all } else { files.files = all }
    }
    files.files = below(&files.files, instance);
    files.images = below(&files.images, instance);
    files
}

/// Globs of a source's files below the folder of what is fetched for it.
pub fn below(globs: &[At<String>], instance: &str) -> Vec<At<String>> {
    let glob = |glob: &At<String>| format!("{FETCHED}{instance}/{}", glob.get().trim_start_matches("./"));
    globs.iter().map(|g| At::new(glob(g), g.span())).collect()
}

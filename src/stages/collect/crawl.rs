//! Pages that are found by following links, and the pictures on them: `[collect.NAME] crawl = { start = ["https://..."] }`.
//! `tamis update` crawls; a build reads what dataset.lock pins, as JSON Lines, with the pictures as files beside them.
use super::fetched::{check_secret, contact_of};
use super::files::Files;
use super::named::Named;
use super::sheet::Sheet;
use crate::diag::Diagnostic;
use crate::manifest::values::{At, Size};
use crate::measure::urls::Url;
use crate::stage::{self, Check, Effect};
use crate::world::FETCHED;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most bytes of a page or a picture, unless the manifest says otherwise.
const SIZE_MAX: u64 = 16 << 20;
/// The most pages, unless the manifest says otherwise.
const PAGES_MAX: u64 = 10_000;

/// Pages that are found by following links.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Crawl {
    /// Addresses to begin with, `http` or `https`: of pages, site maps or feeds.
    #[schemars(length(min = 1))]
    pub start: Vec<At<String>>,
    /// Globs of paths of pages that are asked for and kept, such as `/gallery/**`. Default: all. A start is asked for in any case.
    #[serde(default)]
    pub include: Vec<At<String>>,
    /// Globs of paths that are not asked for, of pages and of pictures; one with a `?` may also meet a path with its query, as `**/*?sort=*`
    /// does. One that leaves out nothing is told by `tamis update`.
    #[serde(default)]
    pub exclude: Vec<At<String>>,
    /// Other hosts than those of the starts whose pages and pictures are asked for, such as `images.example.org`.
    #[serde(default)]
    pub hosts: Vec<At<String>>,
    /// How many links may lie between a start and a page. Default 3; with 0 the starts alone are asked for.
    #[schemars(range(min = 0, max = 100))]
    pub depth: Option<u32>,
    /// The most pages that are asked for. Default 10,000; those beyond are counted.
    #[schemars(range(min = 1))]
    pub pages_max: Option<u64>,
    /// Whether to begin with the site maps as well that robots.txt names. Default false.
    #[serde(default)]
    pub sitemaps: bool,
    /// Seconds between two requests to one host. Default 1; robots.txt may ask for more (`Crawl-delay`).
    #[schemars(range(min = 0, max = 3600))]
    pub delay: Option<u64>,
    /// Whether pictures are the samples, and not the texts of pages: those that are under one of `licenses_allowed` by what
    /// their page says of them. Default false.
    #[serde(default)]
    pub images: bool,
    /// Whom the owner of a server may write to; sent with each request. Default: `contact` of `[dataset]`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub contact: Option<At<String>>,
    /// The most bytes of a page or a picture. Default 16 MiB.
    pub size_max: Option<At<Size>>,
    /// Reservations that are not heeded, where a law or the owner allows the use. robots.txt is always heeded. Default: none.
    #[serde(default)]
    pub ignores: Vec<Reservation>,
}

/// A word by which the owner of a page keeps it from being used as data.
#[derive(Deserialize, Serialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Reservation {
    /// `noai` in X-Robots-Tag or in a `meta` element.
    Noai,
    /// `noimageai`, of pictures.
    Noimageai,
    /// `noml`.
    Noml,
    /// `noindex`.
    Noindex,
    /// `noimageindex`, of pictures.
    Noimageindex,
    /// `tdm-reservation` (TDMRep), in a header, in a `meta` element or in `/.well-known/tdmrep.json`.
    Tdm,
    /// What `/ai.txt` forbids, in the words of robots.txt, as `Disallow: *.jpg`.
    AiTxt,
    /// `plus:DataMining` in the metadata of a picture (IPTC 2023.1), where it prohibits it.
    DataMining,
}

/// The samples of what a crawl collected, read as files, and of pictures the table that says more of them; `None`, with the
/// problem noted, where it is not there. `fields` are those that the source takes.
pub fn files(
    check: &mut Check,
    crawl: &Crawl,
    allowed: &[String],
    (sheet, fields): (Option<&Sheet>, &Named),
) -> Option<(Files, Option<Sheet>)> {
    if let Some(sheet) = sheet.filter(|_| crawl.images) {
        let problem = Diagnostic::error("T0682", check.span.clone(), "a crawl of pictures brings its own sheet");
        let named = sheet.key.as_ref().map_or("file_name", |key| key.as_str());
        check.bad(problem.label(format!("the sheet by `{named}` would be a second one")).help("take it out"));
        return None;
    }
    // where `fields` names `license`, that is told as of every source
    if allowed.is_empty() && (fields.is_empty() || crawl.images) {
        let message = format!("samples of {} have licences of their own", check.path);
        let problem = Diagnostic::warning("T0447", check.span.clone(), message);
        let label = "nothing says which of them are taken: `license` is claimed of all pages, whatever they state";
        check.bad(
            problem
                .label(label)
                .help("licenses_allowed = [\"CC0-1.0\", \"CC-BY-4.0\"] drops the others, and counts them"),
        );
    }
    let effect = effect(check, crawl, allowed)?;
    let span = crawl.start.first().map_or(check.span.clone(), At::span);
    if let Some(lacking) = check.world.fetched().lacking(&effect.folder) {
        let (say, help) = (lacking.say.clone(), lacking.help.clone());
        if !stage::Crawl::KNOWN {
            check.bad(unbuilt(check));
            return None;
        }
        check.bad(Diagnostic::error("T0670", span, format!("{}: {say}", check.path)).label("not there").help(help));
        return None;
    }
    tell_left(check, &effect.folder);
    let at = |path: &str| At::new(format!("{FETCHED}{}/{}/{path}", effect.folder, stage::Crawl::FOLDER), span.clone());
    if !crawl.images {
        return Some((Files::known(vec![at("pages.jsonl")], "jsonl", span.clone()), None));
    }
    let (table, key) =
        (Files::known(vec![at("images.jsonl")], "jsonl", span.clone()), At::new("file_name".into(), span.clone()));
    let sheet = Sheet { table, key: Some(key), on: None, fields: fields.clone(), max_lost: None };
    let mut files = Files::known(Vec::new(), "image_folder", span.clone());
    files.images = vec![at("images/*")];
    Some((files, Some(sheet)))
}

/// What was left out of a crawl is told in each build, and where it can be read.
fn tell_left(check: &mut Check, folder: &str) {
    // what lies outside of what is asked for is no loss
    let left: Vec<&String> = check.world.fetched().left(folder).iter().filter(|l| !l.starts_with("scope.")).collect();
    if left.is_empty() {
        return;
    }
    let told = left.iter().map(|l| l.as_str()).collect::<Vec<_>>().join(", ");
    let message = format!("{}: the crawl left out addresses: {told}", check.path);
    let problem = Diagnostic::warning("T0681", check.span.clone(), message).label("each rule with its number");
    let list = format!("{FETCHED}{folder}/{}/decisions.jsonl", stage::Crawl::FOLDER);
    check.bad(problem.help(format!("{list} says of each address what became of it")));
}

fn unbuilt(check: &Check) -> Diagnostic {
    let problem = Diagnostic::error("T0680", check.span.clone(), "this tamis cannot crawl");
    let help = "build it with `cargo install --path . --features crawl`; what a crawl pinned is built without it";
    problem.label("it was built without the feature `crawl`").help(help)
}

/// What `tamis update` is asked for.
pub fn update(check: &mut Check, crawl: &Crawl, allowed: &[String]) -> Option<Effect> {
    if !stage::Crawl::KNOWN {
        check.bad(unbuilt(check));
    }
    effect(check, crawl, allowed)
}

/// The effect of a crawl; `None`, with the problems noted, where something is wrong with it.
fn effect(check: &mut Check, crawl: &Crawl, allowed: &[String]) -> Option<Effect> {
    let before = check.problems.len();
    let span = crawl.start.first().map_or(check.span.clone(), At::span);
    let contact = contact_of(check, crawl.contact.as_ref(), span)?;
    let mut start = Vec::new();
    for address in &crawl.start {
        check_secret(check, address, address.span());
        match Url::parse(address) {
            Ok(url) => start.push(url),
            Err(say) => {
                let message = format!("`{}` cannot be crawled", address.get());
                check.bad(Diagnostic::error("T0671", address.span(), message).label(say));
            }
        }
    }
    let mut hosts: Vec<String> = start.iter().map(Url::authority).collect();
    for host in &crawl.hosts {
        match Url::parse(&format!("https://{}/", host.get())) {
            Ok(url) if url.path() == "/" => hosts.push(url.authority()),
            _ => {
                let message = format!("`{}` is no host", host.get());
                let problem = Diagnostic::error("T0671", host.span(), message).label("no name of a server");
                check.bad(problem.help("`images.example.org`, with `:8080` where the port is not the usual one"));
            }
        }
    }
    hosts.sort();
    hosts.dedup();
    let globs = |check: &mut Check, all: &[At<String>]| -> Vec<String> {
        let bare = |glob: &At<String>| At::new(glob.get().trim_start_matches('/').to_string(), glob.span());
        let all: Vec<At<String>> = all.iter().map(bare).collect();
        all.iter().for_each(|glob| check.glob(glob));
        all.into_iter().map(|glob| glob.get().clone()).collect()
    };
    let (include, exclude) = (globs(check, &crawl.include), globs(check, &crawl.exclude));
    let (name, folder) = (check.path.clone(), check.instance.clone());
    let first = start.first()?.to_string();
    if check.problems.iter().skip(before).any(|p| p.code != "T0677") {
        return None;
    }
    let word = |r: &Reservation| serde_json::to_value(r).ok().and_then(|v| Some(v.as_str()?.to_string()));
    let size_max = crawl.size_max.as_ref().map_or(SIZE_MAX, |s| s.get().0);
    let crawl = stage::Crawl {
        key: format!("crawl:{first}"),
        start: start.iter().map(Url::to_string).collect(),
        include,
        exclude,
        hosts,
        depth: crawl.depth.unwrap_or(3),
        pages_max: crawl.pages_max.unwrap_or(PAGES_MAX),
        delay: crawl.delay.unwrap_or(1),
        sitemaps: crawl.sitemaps,
        images: crawl.images,
        licenses: if crawl.images { allowed.to_vec() } else { Vec::new() },
        ignores: crawl.ignores.iter().filter_map(word).collect(),
    };
    let (requests, listings, span) = (Vec::new(), Vec::new(), check.span.clone());
    Some(Effect { name, folder, contact, size_max, requests, listings, asks: None, crawl: Some(crawl), span })
}

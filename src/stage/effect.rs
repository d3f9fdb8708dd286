//! Effects: what a step needs from outside. The requests are plain values that a declaration alone gives; `tamis update`
//! performs them, and nothing else does. What came back is kept by its digest, has a line in dataset.lock, and is read as
//! files of a folder (`world::FETCHED`).
pub use crate::world::Endpoint;
use std::ops::Range;

/// What is fetched for one table of the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The key path of the table, `collect.NAME`: what dataset.lock calls it.
    pub name: String,
    /// The folder of fetched files in which its files lie.
    pub folder: String,
    /// Whom the owner of a server may ask.
    pub contact: String,
    /// The most bytes of one answer, and of what is unpacked from it.
    pub size_max: u64,
    /// In the order of the manifest; no two have one address or one path.
    pub requests: Vec<Request>,
    /// Lists of files that are asked for first; what they name is asked for like the requests.
    pub listings: Vec<Listing>,
    /// Questions to a language model, which a step of the build makes.
    pub asks: Option<Asks>,
    /// Pages that are followed from one to the next.
    pub crawl: Option<Crawl>,
    /// Where it is declared.
    pub span: Range<usize>,
}

/// Questions to a language model. Unlike addresses they are made of samples, so that `tamis update` builds up to the step that
/// makes them; their answers lie in a file that is committed, for no server gives them twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Asks {
    pub endpoint: Endpoint,
    /// The model that is asked for.
    pub model: String,
    /// The step that makes the questions, and its column of them.
    pub step: String,
    pub column: String,
    /// The file of the answers.
    pub file: String,
    /// The most tokens of one answer.
    pub tokens_max: u64,
    /// Seconds that one answer may take.
    pub seconds: u64,
    pub price: Option<Price>,
}

/// What a million tokens cost, in millionths of a unit of the currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Price {
    pub input: u64,
    pub output: u64,
    pub currency: String,
}

/// One file to be fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The address, in canonical form.
    pub url: String,
    /// What the file is called in the folder: one step, safe on every system.
    pub path: String,
    /// It is an archive, whose members become files below `path`.
    pub unpack: bool,
    /// What the SHA-256 of its bytes must be, in 64 small hex digits.
    pub sha256: Option<String>,
    /// The list that names it, where the manifest does not: its key in dataset.lock.
    pub of: Option<String>,
}

/// A list of files that a server gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// What dataset.lock calls it, `hub:owner/name@v1.0`.
    pub key: String,
    pub layout: Layout,
    /// Which of its files are wanted.
    pub globs: Vec<String>,
    pub exclude: Vec<String>,
    /// Whether archives become the files in them.
    pub unpack: bool,
}

/// Whose list it is, and how it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Layout {
    /// A data set on a hub with the interface of Hugging Face.
    Hub { endpoint: String, name: String, revision: String },
    /// A record with the interface of Zenodo.
    Record { endpoint: String, record: String },
}

impl Listing {
    /// Which files were wanted of it, for dataset.lock: with other globs it is asked for anew.
    pub fn wanted(&self) -> Vec<String> {
        let not = self.exclude.iter().map(|glob| format!("!{glob}"));
        self.globs.iter().cloned().chain(not).collect()
    }
}

/// Pages that are found by following links.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Crawl {
    /// What dataset.lock calls it, `crawl:https://example.org/`.
    pub key: String,
    /// Addresses to begin with, in canonical form.
    pub start: Vec<String>,
    /// Globs of paths, without the `/` at their beginning.
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    /// Hosts whose pages are asked for, as an address names them: `example.org`, `127.0.0.1:8000`.
    pub hosts: Vec<String>,
    /// How many links may lie between a page and a start.
    pub depth: u32,
    pub pages_max: u64,
    /// Seconds between two requests to one host.
    pub delay: u64,
    /// The site maps that robots.txt names are starts too.
    pub sitemaps: bool,
    /// Pictures are collected, and not texts.
    pub images: bool,
    /// The licences of pictures that are asked for; empty means each that is known.
    pub licenses: Vec<String>,
    /// Reservations that are not heeded.
    pub ignores: Vec<String>,
}

impl Crawl {
    /// Whether this tamis can crawl.
    pub const KNOWN: bool = cfg!(feature = "crawl");
    /// The folder of what a crawl collected, among the fetched files of its source.
    pub const FOLDER: &'static str = "crawl";

    /// What was asked for, for dataset.lock: with other words it is crawled anew.
    pub fn wanted(&self) -> Vec<String> {
        let of = |name: &str, all: &[String]| all.iter().map(|one| format!("{name} {one}")).collect::<Vec<_>>();
        let mut out = of("start", &self.start);
        out.extend(of("include", &self.include));
        out.extend(of("exclude", &self.exclude));
        out.extend(of("host", &self.hosts));
        out.extend([format!("depth {}", self.depth), format!("pages_max {}", self.pages_max)]);
        out.extend(self.sitemaps.then(|| "sitemaps".to_string()));
        out.extend(self.images.then(|| "images".to_string()));
        out.extend(of("license", &self.licenses));
        out.extend(of("ignores", &self.ignores));
        out
    }
}

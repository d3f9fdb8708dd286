//! Where files are fetched from: `open = { url = "https://...", format = "csv" }`, `urls`, a data set on a `hub`, a `doi`.
use crate::formats::{Format, tar};
use crate::manifest::values::{At, Short, Size, TextOr};
use crate::measure::urls::{Url, safe_name};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;

/// Where files are fetched from.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// The address of a file, `http` or `https`, that `tamis update` fetches; dataset.lock pins what came. An archive
    /// (`.zip`, `.tar`, `.tar.gz`, `.tgz`, `.tar.zst`) becomes the files in it, below its own name.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub url: Option<At<String>>,
    /// Addresses of several files.
    #[serde(default)]
    pub urls: Vec<TextOr<Address>>,
    /// A data set on a hub, `owner/name`: those of its files that `files` or `images` match. dataset.lock pins the revision.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub hub: Option<At<String>>,
    /// The revision on the hub: a tag, a branch or a commit. Default `main`; a branch is asked anew by each `tamis update`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub revision: Option<At<String>>,
    /// The DOI of a record at Zenodo: those of its files that `files` or `images` match.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub doi: Option<At<String>>,
    /// Where the hub or the record is asked for. Default `https://huggingface.co`, of a `doi` `https://zenodo.org`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub endpoint: Option<At<String>>,
    /// What the SHA-256 of the file at `url` must be: else it is not taken.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub sha256: Option<At<String>>,
    /// What the file at `url` is called, where its address does not say it: `name = "train.jsonl"`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub name: Option<At<String>>,
    /// Whether archives become the files in them. Default true, but false for the format `webdataset`.
    pub unpack: Option<At<bool>>,
    /// Whom the owner of a server may write to; sent with each request. Default: `contact` of `[dataset]`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub contact: Option<At<String>>,
    /// The most bytes of one file, and of all that an archive holds. Default 16 GiB.
    pub size_max: Option<At<Size>>,
}

/// One of several files.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Where it lies.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub url: At<String>,
    /// What its SHA-256 must be.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub sha256: Option<At<String>>,
    /// What it is called, where its address does not say it.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub name: Option<At<String>>,
}

/// An address as a text.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(transparent)]
#[schemars(inline, extend("x-form" = "line"))]
pub struct Plain(String);

impl Address {
    /// What it is called, as it is declared or as its address says.
    pub fn path(&self, url: &Url) -> String {
        self.name.as_ref().map_or_else(|| url.file_name(), |name| safe_name(name))
    }
}

impl Short for Address {
    type Text = Plain;

    fn from_text(Plain(text): Plain) -> Address {
        Address { url: text.into(), ..Address::default() }
    }
}

impl Fetch {
    /// Whether anything is fetched.
    pub fn is_declared(&self) -> bool {
        self.url.is_some() || !self.urls.is_empty() || self.is_listed()
    }

    /// Whether a server names the files.
    pub fn is_listed(&self) -> bool {
        self.hub.is_some() || self.doi.is_some()
    }

    /// Whether archives become the files in them.
    pub fn may_unpack(&self, format: &Format) -> bool {
        self.unpack.as_ref().map_or(format.name != "webdataset", |u| *u.get())
    }

    /// Whether a file becomes those in it.
    pub fn unpacks(&self, format: &Format, path: &str) -> bool {
        self.may_unpack(format) && tar::unpacks(path)
    }

    /// What the files are called that are no archives, as far as it can be told.
    pub fn plain_files(&self, format: &Format) -> Vec<String> {
        let path = |a: Address| Some(a.path(&Url::parse(&a.url).ok()?));
        let all = self.addresses().into_iter().filter_map(path);
        all.filter(|path| !self.unpacks(format, path)).collect()
    }

    /// The files that the manifest names.
    pub fn addresses(&self) -> Vec<Address> {
        let one = self.url.clone().map(|url| Address { url, sha256: self.sha256.clone(), name: self.name.clone() });
        one.into_iter().chain(self.urls.iter().map(|a| a.0.clone())).collect()
    }

    /// Keys that say nothing without an address, or without that of a single file.
    pub fn idle(&self) -> Option<(&'static str, Range<usize>)> {
        let one = [("sha256", self.sha256.as_ref().map(At::span)), ("name", self.name.as_ref().map(At::span))];
        let all = [
            ("unpack", self.unpack.as_ref().map(At::span)),
            ("contact", self.contact.as_ref().map(At::span)),
            ("size_max", self.size_max.as_ref().map(At::span)),
        ];
        let listed = [
            ("revision", self.revision.as_ref().filter(|_| self.hub.is_none()).map(At::span)),
            ("endpoint", self.endpoint.as_ref().filter(|_| !self.is_listed()).map(At::span)),
        ];
        let one = one.into_iter().filter(|_| self.url.is_none());
        let all = all.into_iter().filter(|_| !self.is_declared());
        one.chain(all).chain(listed).find_map(|(name, span)| Some((name, span?)))
    }
}

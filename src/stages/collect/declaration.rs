//! The declaration of a source, checked, with everything that its kernels need to know settled.
use super::crawl::{self, Crawl};
use super::effect;
use super::fetched;
use super::files::Files;
use super::heads;
use super::named::Named;
use super::released;
use super::sheet::Sheet;
use super::terms::{self, Stated};
use crate::diag::{Diagnostic, suggest};
use crate::formats::cut::Holds;
use crate::formats::reader::{Reader, Selects};
use crate::formats::{Cut, Format, Options};
use crate::manifest::sections::{Field, Privacy, SchemaSection};
use crate::manifest::sources::{Attribution, Consent};
use crate::manifest::values::{At, Size, TextOr, is_line};
use crate::manifest::{Decimal, Declared, read};
use crate::measure::parts::{PLACE, SPLIT};
use crate::stage::*;
use crate::table::{DataType, utf8};
use crate::world::is_fetched;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Samples from files that lie below the manifest.
#[derive(serde::Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-one-of" = [["open", "direct", "dataset", "crawl"]], "x-unless" = { "license": "licenses_allowed" }))]
pub struct Declaration {
    /// Data that others published.
    pub open: Option<Files>,
    /// Data that we made ourselves; the same keys.
    pub direct: Option<Files>,
    /// A release that is read in place of files: `base`, what that member of the workspace has built; `base:public`, where it has
    /// several; `base:public@1.0.0`, a frozen version; or a folder of the project with a release. Ids are those of the release.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub dataset: Option<At<String>>,
    /// Pages of web sites, found by following links; needs a tamis with the feature `crawl` to be collected, and none to be
    /// built. Rows have `url`, `title`, `author`, `date`, `text`, `license`, `license_evidence`, `attribution`.
    pub crawl: Option<Crawl>,
    /// Where the sample's columns come from: `column = "selector"`. Of JSONL a key or a path (`meta.source`), of CSV
    /// a column, of CoNLL `tokens`, `tags`, `comment:N` (N-th TAB field of the last comment line before the tokens),
    /// `comment:KEY` (of a comment `# KEY = VALUE`) or `column:N`, of text `text`, of images `class` (the folder, unless it is the one that all globs name).
    /// `path` and `stem` everywhere, `path:stem`, the path without its suffix, and `path:split`: `train`, `valid` or `test`, as a word of the file's name or of a folder says. Without it, or with `"all"`: all columns that the files show at their beginning, of
    /// text `text`, of CoNLL `text` and `tags`, of images `class`.
    #[serde(default)]
    pub fields: Named,
    /// Fields that a file, or the whole source, may lack: then they are null there, and that is counted. Without it such a
    /// field fails the build.
    #[serde(default)]
    pub optional: Vec<At<String>>,
    /// The sample's id: a selector, or `path`, `stem`, `path:stem` (the path without its suffix, where names repeat in several folders), `content` (a digest of the record: an edit is then a removal
    /// and an addition, and equal records are merged), `position` (`FILE:N` for the N-th sample of a file: a record more
    /// gives all behind it other ids). A column of such a name is written `column:path`. Default: `path` where a file is a
    /// sample, `stem` where files beside images are met by it, else a digest of the record; of equal records the second
    /// is then `DIGEST~2`, and all of them stay.
    #[schemars(length(min = 1))]
    pub id: Option<At<String>>,
    /// Put before every id, where two sources use the same ids.
    #[serde(default)]
    pub id_prefix: Option<String>,
    /// The licence of the source, an SPDX expression. Needed unless `licenses_allowed` says it of each sample.
    #[schemars(length(min = 1))]
    pub license: Option<At<String>>,
    /// Where samples have a licence of their own, in a field `license` (an SPDX expression, or the name or address of a
    /// licence): those that are taken. Others are dropped and counted; a sample without one is under `license`, or else
    /// dropped too.
    #[schemars(length(min = 1))]
    pub licenses_allowed: Option<Vec<At<String>>>,
    /// The file that shows the licence, `fetched:NAME/PATH` where it was fetched with the data. If it is the text of another licence, that is refused.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub evidence: Option<At<String>>,
    /// Whom to name, for ATTRIBUTION.md: a text, or a table of title, author and source.
    pub attribution: Option<TextOr<Attribution>>,
    /// A table that says more of the samples, a row each: captions, times, who took a picture.
    pub sheet: Option<Sheet>,
    /// Who has withdrawn consent: their samples leave the data set, and with them every later release.
    pub consent: Option<Consent>,
    /// Globs of files that are left out; one that leaves out nothing is told. Like all names they are compared in one
    /// normal form.
    #[serde(default)]
    pub exclude: Vec<At<String>>,
    /// The longest record; a longer one is rejected while it streams by. Default 16 MiB; of images and sounds, each of
    /// which is a record, 256 MiB.
    pub record_max: Option<At<Size>>,
    /// The deepest nesting of JSON and XML. Default 64.
    #[schemars(range(min = 1, max = 120))]
    pub depth_max: Option<usize>,
    /// The fewest records that the source must give, else the build fails. Default 1; 0 allows an empty source.
    pub min_records: Option<At<u64>>,
    /// How many records may be rejected before the build fails: a count, or a share below 1. Default: a tenth, or nine
    /// records where a tenth is fewer.
    #[schemars(range(min = 0))]
    pub max_rejects: Option<At<Decimal>>,
    /// How many values of a field may become null because they do not fit its type, before the build fails: a count, or a
    /// share below 1 of the values that are there. Default: a tenth, or nine values where a tenth is fewer, but never more
    /// than half.
    #[schemars(range(min = 0))]
    pub max_lost_values: Option<At<Decimal>>,
    /// How many files may be broken as a whole (a packed file or an archive that breaks off or is damaged), hold no record,
    /// or lose more than half of their records, or more than a tenth and at least ten of them, before the build fails,
    /// however large the source is. Default 0. Of formats in which a file is a sample none is judged by its record.
    pub max_lost_files: Option<At<u64>>,
}

impl Declaration {
    /// What the table says of its terms.
    fn stated(&self) -> Stated<'_> {
        Stated {
            license: self.license.as_ref(),
            allowed: self.licenses_allowed.as_deref(),
            evidence: self.evidence.as_ref(),
            consent: self.consent.as_ref(),
            direct: self.direct.is_some(),
            own: self.fields.is_empty() || self.fields.contains_key("license"),
            all: self.fields.is_empty(),
        }
    }

    /// The licences that samples may be under, each for itself.
    fn allowed(&self) -> Vec<String> {
        self.licenses_allowed.iter().flatten().map(|l| l.get().clone()).collect()
    }

    fn longest(&self, default: u64) -> u64 {
        self.record_max.as_ref().map_or(default, |s| s.get().0)
    }

    /// The files of these globs, of the source at a key path.
    fn source(&self, path: &str, globs: &[At<String>], cut: Cut) -> Source {
        Source {
            name: path.into(),
            table: String::new(),
            globs: globs.iter().map(|g| g.get().clone()).collect(),
            spans: globs.iter().map(At::span).collect(),
            exclude: self.exclude.iter().map(|g| g.get().clone()).collect(),
            cut,
            record_max: self.longest(16 << 20),
            images: false,
            span: 0..0,
        }
    }

    /// What the id is taken from where the manifest does not say: what the first file tells, else as the format has it.
    fn usual_id(&self, check: &Check, path: &str, files: &Files, format: &Format) -> String {
        let Some(reader) = files.reader(format) else {
            return if format.sidecar.is_some() { "stem" } else { "path" }.into();
        };
        let told = reader.own_id.and_then(|own| {
            let options = files.given(format);
            let source = self.source(path, &files.files, (reader.cut)(&options));
            let found = heads::each(check, &source, &|len, read| Ok(own(&options, len, read))).unwrap_or_default();
            found.into_iter().next().flatten()
        });
        told.unwrap_or(reader.id).into()
    }
}

/// A declaration with everything that its kernels need to know settled.
pub struct Collect {
    pub files: Files,
    pub format: &'static Format,
    pub options: Options,
    pub id: String,
    pub prefix: String,
    pub declared: Declaration,
    /// The manifest's name of the file table: `open` or `direct`, or [`SHEET`].
    pub by: &'static str,
}

/// The name of a table that says more of the samples.
pub const SHEET: &str = "sheet";

impl Collect {
    pub fn record_max(&self) -> u64 {
        self.declared.longest(if self.format.sounds { 256 << 20 } else { 16 << 20 })
    }

    pub fn depth_max(&self) -> usize {
        self.declared.depth_max.unwrap_or(64)
    }

    /// The scan of `files` or `images`.
    pub fn source(&self, check: &Check, globs: &[At<String>], table: &str, cut: Cut, images: bool) -> Source {
        let span = globs.first().map_or(check.span.clone(), At::span);
        let record_max =
            if images || self.format.sounds { self.declared.longest(256 << 20) } else { self.record_max() };
        let source = self.declared.source(&check.path, globs, cut);
        Source { table: format!("{}/{table}", check.path), record_max, images, span, ..source }
    }

    /// The key path of what is read, and where it stands: the source, or a table beside it.
    pub fn path(&self, check: &Check) -> String {
        if self.by == SHEET { format!("{}.{SHEET}", check.path) } else { check.path.clone() }
    }

    pub fn span(&self, check: &Check) -> Range<usize> {
        check.manifest.span_of(&self.path(check)).unwrap_or(check.span.clone())
    }

    /// The gates on a step that reads files: it must give something, and not reject too much, of no file either.
    pub fn gates(&self, check: &Check, step: &str) -> Vec<Gate> {
        let look = format!("tamis show {step} --findings");
        let (path, own) = (&self.path(check), self.span(check));
        let (least, span) = match &self.declared.min_records {
            Some(least) => (*least.get(), least.span()),
            None => (1, own.clone()),
        };
        let given = Gate::at_least(format!("{path}.min_records"), format!("{step}.given"), least.into(), span)
            .say(format!("{path} gives too few records"))
            .look(&look);
        let key = format!("{path}.max_rejects");
        let rejects = match &self.declared.max_rejects {
            None => {
                let tenth = Decimal::parse("0.1").unwrap_or_default();
                Gate::at_most(key, format!("{step}.rejected_share_of_many"), tenth, own.clone())
                    .say(format!("{path} rejects more than a tenth of its records"))
                    .look(format!("{look}; `max_rejects` allows more"))
            }
            Some(max) => {
                let share = *max.get() < Decimal::from(1u64) && !max.is_zero();
                let fact = if share { "rejected_share" } else { "rejected" };
                Gate::at_most(key, format!("{step}.{fact}"), *max.get(), max.span()).look(&look)
            }
        };
        let key = format!("{path}.max_lost_files");
        let files = match &self.declared.max_lost_files {
            None => Gate::at_most(key, format!("{step}.files_lost_by_name"), Decimal::default(), own)
                .say(format!("{path} has files that are broken, gave nothing, or of which too much is rejected"))
                .look(format!(
                    "{look}; get them anew, or `exclude` leaves files out, and `max_lost_files` allows some"
                )),
            Some(max) => Gate::at_most(key, format!("{step}.files_lost"), (*max.get()).into(), max.span()).look(&look),
        };
        vec![given, rejects, files]
    }
}

/// The table, read and checked once for all entries of its path.
pub fn declared(check: &mut Check) -> Option<Rc<Collect>> {
    check.once(checked)
}

fn checked(check: &mut Check) -> Option<Collect> {
    let mut d: Declaration = check.read()?;
    if let Some(named) = &d.dataset {
        d.open = Some(released::files(check, named, &d.stated())?);
        d.id = d.id.or_else(|| Some(At::new("id".into(), check.span.clone())));
    }
    if let Some(crawl) = d.crawl.clone() {
        let allowed = d.allowed();
        let (files, sheet) = crawl::files(check, &crawl, &allowed, (d.sheet.as_ref(), &d.fields))?;
        match sheet {
            Some(sheet) => (d.sheet, d.fields) = (Some(sheet), Named::default()),
            None => d.id = d.id.or_else(|| Some(At::new("url".into(), check.span.clone()))),
        }
        d.open = Some(files);
    }
    let (files, by) = match (&d.open, &d.direct) {
        (Some(f), _) => (f.clone(), "open"),
        (_, Some(f)) => (f.clone(), "direct"),
        _ => return None,
    };
    let format = files.format()?;
    check_direct(check, &d)?;
    let files = fetched::settled(check, files, format, &d.exclude);
    if files.is_some() || d.evidence.as_ref().is_none_or(|evidence| !is_fetched(evidence)) {
        terms::check_terms(check, &d.stated());
    }
    let files = files?;
    if files.fetch.is_declared() {
        d.exclude = fetched::below(&d.exclude, &check.instance);
    }
    check_globs(check, &d, &files, format);
    let options = files
        .options(check, format)
        .with_shapes(super::answered::wanted(check, format))
        .with_attributes(super::answered::attributes(check, format));
    check_fields(check, &d, &files, format);
    effect::check_tokens(check, &d.fields, &files, format, &options);
    effect::check_spellings(check, &d.fields, &files, format, &options);
    check_optional(check, &d);
    check_limits(check, &d);
    let id = id(check, &d, &files, format);
    let one = |reader: &Reader| (reader.cut)(&options) == Cut::Document(Holds::One);
    let many = !files.reader(format).is_none_or(one);
    check_private_id(check, &d, &id, many);
    let prefix = d.id_prefix.clone().unwrap_or_default();
    Some(Collect { files, format, options, id, prefix, declared: d, by })
}

/// What a source asks of the outside, for `tamis update` and for whoever looks where its files lie. What is wrong with the rest
/// of the table is told where it is declared.
pub fn effects(check: &mut Check) -> Vec<Effect> {
    // a table that does not read asks for something that is not known: it is no table that asks for nothing
    let declared: Option<Declaration> = check.read();
    if let Some((d, crawl)) = declared.as_ref().and_then(|d| Some((d, d.crawl.as_ref()?))) {
        return crawl::update(check, crawl, &d.allowed()).into_iter().collect();
    }
    let Some((files, exclude)) = declared.and_then(|d| Some((d.open?, d.exclude))) else { return Vec::new() };
    let Some(format) = files.format() else { return Vec::new() };
    fetched::effect(check, &files, format, &exclude).into_iter().collect()
}

/// What is made here is not fetched from elsewhere.
fn check_direct(check: &mut Check, d: &Declaration) -> Option<()> {
    let Some(fetch) = d.direct.as_ref().map(|f| &f.fetch).filter(|f| f.is_declared()) else { return Some(()) };
    let span = fetch.url.as_ref().map_or(check.span.clone(), At::span);
    let problem = Diagnostic::error("T0674", span, "data of one's own is not fetched");
    check.bad(problem.label("`direct` is what we made ourselves").help("say `open`, with the licence that they give"));
    None
}

/// How ids that several samples of a source are given come to differ.
#[derive(Serialize, serde::Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// The manifest declares no id: of equal records the second and those behind it are numbered.
    Equal,
    /// All samples of a file are numbered.
    Position,
}

/// The sources whose samples are numbered.
pub fn numbered(check: &Check) -> BTreeMap<String, Numbers> {
    let of = |name: &str, declared: &Declared| -> Option<Numbers> {
        let d: Declaration = read(declared).ok()?;
        let files = d.open.clone().or(d.direct.clone())?;
        let format = files.format()?;
        let files = fetched::located(files, name, format);
        let reader = files.reader(format)?;
        match &d.id {
            Some(id) => (id.as_str() == "position" && reader.id != "path").then_some(Numbers::Position),
            None => (d.usual_id(check, name, &files, format) == "content").then_some(Numbers::Equal),
        }
    };
    let sources = check.manifest.instances(&["collect"]).into_iter();
    sources
        .filter_map(|(name, _, declared)| {
            let of = of(&format!("collect.{name}"), declared)?;
            Some((name, of))
        })
        .collect()
}

/// What ids are taken from: as declared, else as the format has it.
fn id(check: &mut Check, d: &Declaration, files: &Files, format: &Format) -> String {
    let beside = files.beside(format);
    let of_file: Option<&[&str]> = match files.reader(format) {
        _ if beside => Some(&["stem", "path", "content", PLACE]),
        Some(reader) if reader.id.is_empty() => {
            return id_of_rows(check, d, format);
        }
        Some(reader) if reader.id != "path" => None,
        _ => Some(&["path", "stem", "content", PLACE]),
    };
    let Some(id) = &d.id else {
        let default = d.usual_id(check, &check.path, files, format);
        if default == "content" {
            let problem = Diagnostic::warning("T0301", check.span.clone(), "samples have no id of their own");
            check.bad(
                problem.label("an edit is a removal and an addition").help("declare `id` with a field that is unique"),
            );
        }
        return default;
    };
    if let Some(words) = of_file.filter(|words| !words.contains(&id.as_str())) {
        let message = match beside {
            true => "an image has no fields to take an id from",
            false => "a file that is a sample has no fields to take an id from",
        };
        check.bad(Diagnostic::error("T0302", id.span(), message).label(format!("one of {}", words.join(", "))));
    }
    check_position(check, id);
    id.get().clone()
}

/// Tells what samples cost that are known by their place alone.
fn check_position(check: &mut Check, id: &At<String>) {
    if id.as_str() != "position" {
        return;
    }
    let problem = Diagnostic::warning("T0326", id.span(), "samples are known by their place in their file");
    check.bad(problem.label("a record that is put in or taken out gives all records behind it other ids").help(
        "other ids are other samples: they may change their split, and votes and decisions of reviews no longer meet \
         them; take a field that is unique, if there is one",
    ));
}

/// The id of a format whose records have no bytes of their own, so that nothing but a column can tell them apart.
fn id_of_rows(check: &mut Check, d: &Declaration, format: &Format) -> String {
    match &d.id {
        Some(id) if !matches!(id.as_str(), "path" | "stem" | "content") => {
            check_position(check, id);
            id.get().clone()
        }
        _ => {
            let span = d.id.as_ref().map_or(check.span.clone(), At::span);
            let message = format!("samples of the format {} take their id from a column", format.name);
            check.bad(Diagnostic::error("T0302", span, message).label("needs `id` with the name of a column"));
            String::new()
        }
    }
}

/// With `[privacy]` an id must not bring into a release what masking takes out of it.
fn check_private_id(check: &mut Check, d: &Declaration, id: &str, many: bool) {
    if check.manifest.table(&["privacy"]).is_none() || check.manifest.instances(&["release"]).is_empty() {
        return;
    }
    if !releases_name_samples(check) {
        return;
    }
    let span = d.id.as_ref().map_or(check.span.clone(), At::span);
    if id == "content" {
        let problem = Diagnostic::error("T0422", span, "an id that is a digest of content tells who knows the content");
        // a path is that of all records of its file
        let other = if many { "`position`, the place in its file" } else { "`path`" };
        let help = format!("declare `id` with a field of its own, or {other}");
        check.bad(problem.label("released with every sample").help(help));
        return;
    }
    let privacy: Privacy = check.section(&["privacy"]);
    let schema: SchemaSection = check.section(&["schema"]);
    let is_text = |name: &str| schema.0.get(name).is_none_or(|f| f.text.is_some());
    if unseen(d, id) {
        if !privacy.harmless.iter().any(|h| h.as_str() == "id") {
            let message = format!("ids are taken from `{id}`, which is no field: no privacy step sees it");
            let problem = Diagnostic::warning("T0327", span, message).label("released with every sample");
            check.bad(problem.help("if it holds nothing personal, say [privacy] harmless = [\"id\"]"));
        }
        return;
    }
    let same = d.fields.iter().filter(|(name, selector)| selector.as_str() == id && is_text(name));
    let open = |name: &str| !privacy.harmless.iter().any(|h| h.as_str() == name);
    let Some((field, _)) = same.into_iter().find(|(name, _)| open(name)) else { return };
    let detect: Detect = check.section(&["privacy", "detect"]);
    let searched = check.manifest.table(&["privacy", "detect"]).is_some();
    let covered = searched && detect.fields.map_or(schema.0.contains_key(field), |f| f.contains(field));
    let message = format!("ids are taken from `{field}`, and stay as they were collected");
    let help = format!("take `id` from another field, or say [privacy] harmless = [\"{field}\"]");
    let problem = if covered {
        Diagnostic::warning("T0423", span, message).label("[privacy.detect] masks the field, not the id")
    } else {
        Diagnostic::error("T0421", span, message).label("no privacy step has seen it")
    };
    check.bad(problem.help(help));
}

/// Whether some release calls samples by the ids under which they were collected.
fn releases_name_samples(check: &Check) -> bool {
    let others = |table: &Declared| -> Option<bool> {
        let ids = table.get_ref().as_table()?.get("ids")?.get_ref().as_str()?;
        Some(ids != "source")
    };
    check.manifest.instances(&["release"]).into_iter().any(|(_, _, table)| !others(table).unwrap_or(false))
}

/// Whether ids are taken from something in the records that no field is taken from.
fn unseen(d: &Declaration, id: &str) -> bool {
    let files = d.open.as_ref().or(d.direct.as_ref());
    let reader = files.and_then(|f| f.reader(f.format()?));
    let own = ["path", "stem", "content", "position", ""];
    reader.is_some() && !own.contains(&id) && !d.fields.values().any(|selector| selector.as_str() == id)
}

/// What [privacy.detect] searches, as far as an id needs to know it.
#[derive(serde::Deserialize, Default)]
struct Detect {
    fields: Option<Vec<String>>,
}

fn check_limits(check: &mut Check, d: &Declaration) {
    for (key, max) in [("max_rejects", &d.max_rejects), ("max_lost_values", &d.max_lost_values)] {
        let wrong = max.as_ref().filter(|m| *m.get() > Decimal::from(1u64) && m.scale() > 0);
        let Some(max) = wrong else { continue };
        let path = &check.path;
        let message = format!("`{path}.{key}` must be a whole number, or a share below 1, found {}", max.get());
        check.bad(Diagnostic::error("T0106", max.span(), message).label("out of range"));
    }
}

fn check_globs(check: &mut Check, d: &Declaration, files: &Files, format: &Format) {
    for glob in files.files.iter().chain(&files.images).chain(&d.exclude) {
        check.glob(glob);
        if is_fetched(glob) && !files.fetch.is_declared() && d.dataset.is_none() && d.crawl.is_none() {
            let problem =
                Diagnostic::error("T0676", glob.span(), "what is fetched belongs to the source that fetches it");
            check.bad(problem.label("no path of the project").help("say `url` here as well, or take the fields there"));
        }
    }
    let images = files.reader(format).is_none();
    let (want, name) = if images { (&files.images, "images") } else { (&files.files, "files") };
    if want.is_empty() {
        let problem = Diagnostic::error("T0305", check.span.clone(), format!("{} names no `{name}`", check.path));
        check.bad(problem.label(format!("this format reads `{name}`")));
    }
    let spare = match images {
        true if format.sidecar.is_none() => files.files.first().map(|g| (g, "files")),
        true => None,
        false => files.images.first().map(|g| (g, "images")),
    };
    if let Some((glob, name)) = spare {
        let message = format!("this format reads no {name}");
        check.bad(Diagnostic::error("T0306", glob.span(), message).label(format!("remove `{name}`")));
    }
}

fn check_fields(check: &mut Check, d: &Declaration, files: &Files, format: &Format) {
    let selects = files.selects(format);
    for (name, selector) in d.fields.iter() {
        if RESERVED.contains(&name.as_str()) || name.contains(['.', '/']) || name.is_empty() {
            let problem = Diagnostic::error("T0308", selector.span(), format!("`{name}` cannot name a field"));
            check.bad(
                problem
                    .label("the name is tamis's own, or has a dot or a slash")
                    .help("choose another name on the left side"),
            );
        }
        if !is_line(name) {
            let problem = Diagnostic::error("T0308", selector.span(), "a field's name must be one line of text");
            check.bad(problem.label("its name holds a tab, a line break or another control character"));
        }
        check_selector(check, selector, format, selects, &["path", "stem", SPLIT, PLACE]);
    }
    if let Some(id) = d.id.as_ref().filter(|_| files.reader(format).is_some_and(|r| r.id != "path")) {
        check_selector(check, id, format, selects, &["path", "stem", "content", "position", PLACE]);
    }
}

/// What may be missing must be a field.
fn check_optional(check: &mut Check, d: &Declaration) {
    let all = d.fields.is_empty();
    for name in d.optional.iter().filter(|name| !all && !d.fields.contains_key(name.as_str())) {
        let message = format!("`{}` is no field of {}", name.get(), check.path);
        let help = suggest(name, d.fields.keys().map(String::as_str));
        check.bad(Diagnostic::error("T0310", name.span(), message).label(help));
    }
}

/// A field must be taken from something that the format has.
fn check_selector(check: &mut Check, selector: &At<String>, format: &Format, selects: Selects, more: &[&str]) {
    let Selects::Words { words, numbered, keyed, say } = selects else { return };
    let number = |p: &&str| {
        let n = selector.strip_prefix(*p).and_then(|rest| rest.strip_prefix(':'));
        n.is_some_and(|n| n.parse::<usize>().is_ok_and(|n| n > 0))
    };
    let key = |p: &&str| {
        let key = selector.strip_prefix(*p).and_then(|rest| rest.strip_prefix(':'));
        key.is_some_and(|key| !key.is_empty() && key.parse::<usize>().is_err())
    };
    let known = words.iter().chain(more).any(|w| *w == selector.as_str());
    if known || numbered.iter().any(number) || keyed.iter().any(key) {
        return;
    }
    let help = suggest(selector, words.iter().chain(more).copied());
    let message = format!("the format {} gives no `{}`", format.name, selector.get());
    check.bad(Diagnostic::error("T0309", selector.span(), message).label(help).help(say));
}

/// The type of a field: as the format has it, else as `[schema]` says, else text.
pub fn field_type(
    schema: &SchemaSection,
    name: &str,
    selector: &str,
    (reader, options): (&Reader, &Options),
) -> DataType {
    if let Some(fixed) = (reader.ty)(options, selector) {
        return fixed;
    }
    match schema.0.get(name) {
        Some(f) if f.int.is_some() => DataType::Int64,
        Some(f) if f.float.is_some() => DataType::Float64,
        Some(f) if f.bool.is_some() => DataType::Boolean,
        Some(Field { list: Some(of), .. }) => list_type(of),
        _ => utf8(),
    }
}

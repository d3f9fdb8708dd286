//! The manifest of a folder: what was found and guessed of it, written as a dataset.toml that builds as it stands.
use super::alike;
use super::answered;
use super::apart;
use super::asked;
use super::claims;
use super::columns::{self, Field, Id, Type, no_id};
use super::drawn::Skeleton;
use super::folder::Folder;
use super::found;
use super::given::Given;
use super::globs;
use super::hub;
use super::kinds::warc;
use super::labels::{self, Answers, Label, Read};
use super::licence::Known;
use super::names::{slug, unlike};
use super::page::{Page, inline, is_short, key, list, text, value};
use super::plan::{Guess, Plan, plan};
use super::questions;
use super::releases;
use super::said;
use super::sheets::{self, Below};
use super::sums;
use super::twice;
use super::votes;
use crate::formats::cut::Holds;
use crate::manifest::values::is_language;
use crate::model::license::{self, UNKNOWN};
use crate::report::lang;
use crate::report::terminal::plural;
use std::collections::BTreeSet;

/// A manifest with what it came from.
#[derive(Default)]
pub struct Draft {
    pub text: String,
    /// What could not be known, each with its line, from 1; 0 for what is of no line.
    pub open: Vec<(usize, String)>,
    /// One line a source, for people.
    pub told: Vec<String>,
    /// The files that the manifest names or reads.
    pub files: Vec<String>,
}

/// What a draft is for.
#[derive(Default)]
pub struct Wanted {
    /// What the data set is called.
    pub name: String,
    /// What stands in front of every path.
    pub below: &'static str,
    /// Every file that is not read is named, and not the first ones of each reason alone.
    pub all: bool,
    /// There is a manifest already, and this is to be added to it.
    pub more: Option<There>,
}

/// What a manifest has already.
#[derive(Default)]
pub struct There {
    /// Files that it reads or names.
    pub files: BTreeSet<String>,
    /// The names of its sources and tasks.
    pub names: Vec<String>,
}

/// The manifest of a folder, or what could be added to one; else what is said of its files, none of which is data.
pub fn of(folder: &Folder, wanted: &Wanted) -> Result<Draft, Vec<String>> {
    let nothing = There::default();
    let there = wanted.more.as_ref().unwrap_or(&nothing);
    let front = hub::front(folder);
    let mut found = found::found(folder, &there.files, &front);
    found.sources.iter_mut().for_each(sums::leave_out);
    twice::leave_out(folder, &mut found);
    apart::beside_images(&mut found);
    apart::beside_sounds(&mut found);
    let said = said::said(&mut found);
    if said.is_empty() {
        apart::beside_texts(&mut found);
    }
    if said.is_empty() {
        apart::lone_text(&mut found);
    }
    found::name(&mut found.sources, &there.names);
    let answers: Vec<Label> = said.into_iter().chain(votes::votes(&mut found)).collect();
    apart::doubled(&mut found);
    found::name(&mut found.sources, &there.names);
    let mut unread = std::mem::take(&mut found.unread);
    let mut plan = plan(folder, found, answers, front, &mut unread);
    // in released files `label.objects` is called `label_objects`, as the field of an earlier release may be
    let own = plan.guesses.iter().flat_map(|g| &g.fields.all).map(|f| f.name.clone());
    let sheets = plan.guesses.iter().filter_map(|g| g.source.sheet.as_ref());
    let named = own.chain(sheets.flat_map(|sheet| &sheet.columns).filter_map(|column| columns::field_name(column)));
    let released = named.filter_map(|name| name.strip_prefix("label_").map(String::from));
    let taken: Vec<String> = there.names.iter().cloned().chain(released).collect();
    for n in 0..plan.labels.len() {
        let others: Vec<String> = plan.labels.iter().take(n).map(|l| l.name.clone()).chain(taken.clone()).collect();
        if let Some(label) = plan.labels.get_mut(n) {
            label.name = unlike(&label.name, &others);
        }
    }
    unread.sort();
    if plan.guesses.is_empty() {
        return Err(asked::not_read(&unread, wanted.all));
    }
    Ok(write(&plan, wanted, &unread))
}

fn write(plan: &Plan, wanted: &Wanted, unread: &[(String, String)]) -> Draft {
    let (mut page, below, whole) = (Page::default(), wanted.below, wanted.more.is_none());
    if whole {
        let say =
            "Written by `tamis new --from`. What is guessed says why; what could not be known is listed at the end.";
        page.remark(say);
        page.line(format!("tamis = {}", text(VERSION)));
        dataset(&mut page, plan, &wanted.name);
    } else {
        page.remark("For files that no source reads yet. What is guessed says why.");
    }
    let mut files = Vec::new();
    for g in &plan.guesses {
        collect(&mut page, g, plan, below);
        files.extend(g.source.paths().cloned());
        files.extend(g.source.sheet.iter().flat_map(|sheet| sheet.files.iter().cloned()));
        files.extend(evidence(g).map(String::from));
    }
    if let Given::Lists(lists) = &plan.given {
        files.extend(lists.of.values().flatten().cloned());
    }
    schema(&mut page, plan, whole);
    for l in &plan.labels {
        label(&mut page, l, plan, below);
        if let Answers::Votes { files: own, .. } | Answers::Beside { files: own, .. } = &l.from {
            files.extend(own.iter().cloned());
        }
    }
    if whole {
        releases::split(&mut page, plan, below);
        releases::release(&mut page, plan);
    }
    let mut general = Vec::new();
    if plan.guesses.iter().any(|g| evidence(g).is_none()) {
        general
            .push("who made it: `direct` is data of one's own, and `open` says that others published it".to_string());
    }
    general.push("whether anything in it is personal data: `[privacy.detect]` masks what is found".to_string());
    general.extend(claims::missing(plan));
    general.extend(asked::not_read(unread, wanted.all));
    let (text, open) = page.finish(&general);
    let told = plan.guesses.iter().map(told).collect();
    files.sort();
    files.dedup();
    Draft { text, open, told, files }
}

/// The least version that knows what is written.
pub const VERSION: &str = "0.1";

fn told(g: &Guess) -> String {
    let s = &g.source;
    let what = match (s.is_images(), s.files.len()) {
        (true, 0) => plural(s.images.len() as u64, "image"),
        (true, n) => format!("{}, {} beside them", plural(s.images.len() as u64, "image"), plural(n as u64, "file")),
        (false, n) => plural(n as u64, "file"),
    };
    lang::text(&format!("collect.{}   {} ({what})", s.name, s.format.name)).into_owned()
}

fn dataset(page: &mut Page, plan: &Plan, name: &str) {
    page.table("dataset");
    page.key("name", &text(name), "the name of the folder");
    page.key("version", &text("0.1.0"), "");
    if let Some(title) = &plan.front.title {
        let why = format!("`pretty_name` of {}; a paragraph says more", plan.front.file);
        page.key("description", &text(title), &why);
    }
    let languages: Vec<&String> = plan.front.languages.iter().filter(|l| is_language(l)).collect();
    if !languages.is_empty() {
        page.key("languages", &list(&languages), &format!("{} says so", plan.front.file));
    }
    let mut all: Vec<&str> = Vec::new();
    for g in &plan.guesses {
        let own = if let Known::Is(license, ..) = &g.license { license.as_str() } else { UNKNOWN };
        if !all.contains(&own) {
            all.push(own);
        }
    }
    if all.contains(&UNKNOWN) {
        page.key("license", &text(UNKNOWN), "of what is released; this word says that it is not known");
        page.ask("under which licence the data set is released; `tamis release` needs to know");
    } else {
        page.key("license", &text(&all.join(" AND ")), "of what is released: as the sources have it");
    }
}

fn evidence(g: &Guess) -> Option<&str> {
    match &g.license {
        Known::Is(_, file, _) => Some(file),
        _ => None,
    }
}

fn collect(page: &mut Page, g: &Guess, plan: &Plan, below: &str) {
    let s = &g.source;
    page.table(&format!("collect.{}", s.name));
    let table = if evidence(g).is_some() { "open" } else { "direct" };
    let mut tables = Vec::new();
    files(page, g, plan, below, table, &mut tables);
    fields(page, g, plan, &mut tables);
    sheets::sheet(page, g, plan, below, &mut tables);
    id(page, g);
    license(page, g, below);
    asked::rejects(page, g);
    if let Some(tool) = s.tool {
        page.ask(tool.asks());
    }
    if let Some(say) = answered::repeated(s) {
        page.ask(say);
    }
    if let Some(split) = &s.split {
        page.remark(&format!("its files are called so: they are the split `{split}`"));
    }
    claims::of_source(g, plan).into_iter().for_each(|say| page.ask(say));
    questions::unread(&Read { source: s, fields: &g.fields }).into_iter().for_each(|say| page.ask(say));
    asked::headers(page, g);
    asked::texts(page, g);
    for (name, lines) in tables {
        page.line("");
        page.line(format!("[collect.{}.{name}]", s.name));
        for (key, value, why) in lines {
            page.key(&key, &value, &why);
        }
    }
}

fn files(page: &mut Page, g: &Guess, plan: &Plan, below: &str, table: &str, tables: &mut Vec<Below>) {
    let s = &g.source;
    let mut exclude = Vec::new();
    let mut put = |paths: &[String]| -> String {
        let globs = globs::of(paths, &plan.all, &plan.broken);
        let placed = |glob: &String| format!("{below}{glob}");
        exclude.extend(globs.exclude.iter().map(placed));
        list(&globs.files.iter().map(placed).collect::<Vec<_>>())
    };
    let mut keys: Vec<(String, String, String)> = Vec::new();
    if s.is_images() {
        keys.push(("images".into(), put(&s.images), String::new()));
    }
    if !s.files.is_empty() {
        keys.push(("files".into(), put(&s.files), String::new()));
    }
    keys.push(("format".into(), text(s.format.name), String::new()));
    keys.extend(s.keys.iter().map(|k| (k.name.to_string(), value(&k.value), k.why.clone())));
    let short: Vec<(String, String)> = keys.iter().map(|(k, v, _)| (k.clone(), v.clone())).collect();
    let line = inline(&short);
    if is_short(&line) {
        for (name, _, why) in keys.iter().filter(|k| !k.2.is_empty()) {
            page.remark(&format!("{name}: {}", lang::text(why)));
        }
        page.key(table, &line, "");
    } else {
        tables.push((table.to_string(), keys));
    }
    if !exclude.is_empty() && below.is_empty() {
        page.key("exclude", &list(&exclude), "no data of this source, as far as their beginning shows");
    }
}

fn fields(page: &mut Page, g: &Guess, plan: &Plan, tables: &mut Vec<Below>) {
    let f = &g.fields;
    if !f.named {
        page.remark("without `fields` all columns are taken, with the types of lists and objects");
    }
    for (name, why) in &f.left_out {
        page.ask(format!("column `{name}` is left out: {}", lang::text(why)));
    }
    let is_label = |f: &&Field| plan.labels.iter().any(|l| l.column() == Some(&f.name));
    for field in f.all.iter().filter(|f| labels::almost_spans(&g.source, f) && !is_label(f)) {
        page.ask(format!(
            "whether `{}` holds the answers of a task: `ner` reads objects with `class`, `start` and `end` of a text beside them",
            field.name
        ));
    }
    for field in f.all.iter().filter(|f| answered::is_answered(&g.source, f) && !is_label(f)) {
        page.ask(format!(
            "what `{}` answers: it holds what people or models said by one control, and no task reads it yet",
            field.name
        ));
    }
    for field in f.all.iter().filter(|f| columns::either_way(&g.source, f)) {
        let name = &field.name;
        page.ask(format!(
            "whether the day or the month stands first in `{name}`: every value can be read both ways, so it stays text; \
             `date` beside `format` and `{name} = {{ date = {{}} }}` in [schema] say it"
        ));
    }
    if !f.named {
        return;
    }
    let pairs: Vec<(String, String)> = f.all.iter().map(|f| (key(&f.name), text(&f.selector))).collect();
    let line = inline(&pairs);
    let is_usual = g.source.format.name == "text" || g.source.is_images();
    let said = f.all.iter().filter_map(|f| warc::remark(g.source.format.name, &f.selector));
    said.for_each(|say| page.remark(say));
    match pairs.is_empty() || is_usual {
        true => {} // what the format has by itself
        false if is_short(&line) => page.key("fields", &line, ""),
        false => {
            let lines = pairs.into_iter().map(|(k, v)| (k, v, String::new())).collect();
            tables.push(("fields".into(), lines));
        }
    }
    let lacking =
        |f: &&Field| g.source.sample.columns.get(f.column).is_some_and(|c| g.source.optional.contains(&c.name));
    let optional: Vec<&String> = f.all.iter().filter(lacking).map(|f| &f.name).collect();
    if !optional.is_empty() {
        page.key("optional", &list(&optional), "some files lack them");
    }
}

fn id(page: &mut Page, g: &Guess) {
    match &g.id {
        Id::Column { selector, column } => {
            let rows = g.source.sample.rows;
            let why = match rows {
                1 => "the first record has it, and no other one was looked at".to_string(),
                n => format!("it differs in the first {}", plural(n as u64, "record")),
            };
            page.key("id", &text(selector), &why);
            let there = g.source.sample.columns.get(*column).map_or(rows, |c| c.there().count());
            if there < rows {
                page.ask(format!(
                    "the ids of {} of the first {rows} records of collect.{}, which have none: they are dropped, and told",
                    rows - there,
                    g.source.name
                ));
            }
        }
        Id::Position => {
            let why = match no_id(&g.source) {
                Some(why) => format!("{}: samples are known by their place", lang::text(&why)),
                None => "no column is called like an id: samples are known by their place".to_string(),
            };
            page.key("id", &text("position"), &why);
            page.ask(format!(
                "what names a sample of collect.{}: a row that is put in changes the ids behind it",
                g.source.name
            ));
        }
        Id::Content => {
            let none = "nothing is called like an id".to_string();
            let why = format!(
                "{}, so it is a digest of the record, and an edit makes another sample",
                lang::text(&no_id(&g.source).unwrap_or(none))
            );
            match g.source.format.reader.as_ref().is_some_and(|reader| reader.id == "content") {
                true => page.remark(&format!("id: {}", lang::text(&why))),
                false => page.key("id", &text("content"), &why),
            }
            page.ask(format!("what names a sample of collect.{}", g.source.name));
        }
        Id::Stem if g.source.is_images() => page.key("id", &text("stem"), "no two images have one name"),
        Id::Stem => page.key("id", &text("stem"), "what is said of them is called so"),
        Id::Place => {
            page.key("id", &text("path:stem"), "what is said of them is called so, and lies in the same folder")
        }
        Id::Path if g.source.is_images() && g.source.format.sidecar.is_some() => {
            page.key("id", &text("path"), "several images have one name");
        }
        Id::Path => {}
    }
    if let Some(prefix) = &g.prefix {
        page.key("id_prefix", &text(prefix), "another source has such ids, too");
    }
}

fn license(page: &mut Page, g: &Guess, below: &str) {
    let name = &g.source.name;
    match &g.license {
        Known::Is(license, file, _) => {
            page.key("license", &text(license), &format!("{file} states it"));
            page.key("evidence", &text(&format!("{below}{file}")), "");
            if license::asks_for_names(license) {
                page.ask(format!("whom to name: {license} asks for it, and `attribution` in [collect.{name}] says it"));
            }
        }
        Known::Unclear(why) => {
            page.key("license", &text(UNKNOWN), why);
            page.ask(format!("the licence of collect.{name}: {}", lang::text(why)));
        }
        Known::Nothing => {
            page.key("license", &text(UNKNOWN), "no file states one");
            page.ask(format!("the licence of collect.{name}: no file of the folder states one"));
        }
    }
}

fn schema(page: &mut Page, plan: &Plan, whole: bool) {
    let has_image = |g: &Guess| g.source.is_images() || g.source.holds_pictures();
    let mut lines: Vec<(String, String)> = Vec::new();
    if plan.guesses.iter().any(has_image) {
        let all = plan.guesses.iter().all(has_image);
        let image = if all { "{ image = {}, required = true }" } else { "{ image = {} }" };
        lines.push(("image".into(), image.into()));
    }
    for g in &plan.guesses {
        for field in &g.fields.all {
            let Some(word) = plan.types.get(&field.name).and_then(|ty| ty.word()) else { continue };
            let line = (key(&field.name), format!("{{ {word} }}"));
            if !lines.contains(&line) && !g.source.is_images() {
                lines.push(line);
            }
        }
    }
    if lines.is_empty() {
        return;
    }
    if !whole {
        page.line("");
        page.remark("In [schema], where it does not say so yet:");
        return lines.iter().for_each(|(name, ty)| page.remark(&format!("{name} = {ty}")));
    }
    page.table("schema");
    for (name, ty) in lines {
        page.line(format!("{name} = {ty}"));
    }
    if plan.guesses.iter().any(has_image) {
        page.table("preprocess");
        page.remark("decodes each image: its width and height are columns then");
    }
    if plan.types.values().any(|ty| *ty == Type::Messages) {
        page.table("clean.chat");
        page.key("action", &text("keep"), "tells of turns that are out of order or empty; `drop` and `review` do more");
    }
}

fn label(page: &mut Page, l: &Label, plan: &Plan, below: &str) {
    page.table(&format!("label.{}", l.name));
    page.key("task", &text(l.task), &l.why);
    if let Some((min, max)) = l.scale {
        page.key(
            "scale",
            &format!("{{ min = {min}, max = {max} }}"),
            "the least and the greatest number that was seen",
        );
        page.ask(format!("the scale of label.{}: a rating outside of it does not count", l.name));
    } else if !l.classes.is_empty() {
        let candidates = ["preference", "ranking"].contains(&l.task);
        page.key(
            if candidates { "candidates" } else { "classes" },
            &list(&l.classes),
            match (l.stated, l.whole) {
                (true, _) => "as the data names them",
                (_, true) => "all that occur",
                _ => "as far as the files were read",
            },
        );
        if !l.whole {
            page.ask(format!(
                "whether label.{} has more {}: only the first records of each file were looked at",
                l.name,
                if candidates { "candidates" } else { "classes" }
            ));
        }
    }
    l.odd.iter().cloned().chain(alike::asks(l)).for_each(|say| page.ask(say));
    if let Some(skeleton) = &l.points {
        points(page, l, skeleton);
    }
    match &l.from {
        Answers::Column(column) => given(page, l, plan, column),
        Answers::Beside { files, format, by_place } => {
            let globs = globs::of(files, &plan.all, &plan.broken);
            let own: Vec<String> = globs.files.iter().map(|f| format!("{below}{f}")).collect();
            page.line("");
            page.line(format!("[label.{}.from.given]", l.name));
            page.key("files", &list(&own), "");
            page.key("format", &text(format), "");
            if *by_place {
                let why = "several files have one name, so that the folder tells which sample is meant";
                page.key("fields", "{ item = \"path:stem\" }", why);
            }
            for path in globs.exclude {
                page.ask(format!("whether {path} is one of the files of label.{}: the glob takes it, too", l.name));
            }
        }
        Answers::Votes { files, format, keys, item, annotator, label, empty } => {
            let files: Vec<String> = files.iter().map(|f| format!("{below}{}", super::names::exact(f))).collect();
            let fields = [("item", item), ("annotator", annotator), ("label", label)];
            let fields: Vec<(String, String)> = fields.iter().map(|(k, v)| (k.to_string(), text(v))).collect();
            page.line("");
            page.line(format!("[label.{}.from.votes]", l.name));
            page.key("files", &list(&files), "");
            page.key("format", &text(format), "");
            keys.iter().for_each(|k| page.key(k.name, &value(&k.value), &k.why));
            page.key("fields", &inline(&fields), "which sample, who answered, and what");
            if let Some(map) = mapped(l) {
                page.key("map", &map, "what answers are called, and what they are called here");
            }
            if *empty > 0 {
                let rows = plural(*empty as u64, "row");
                page.ask(format!("what no answer means in label.{}: {rows} without one, not counted", l.name));
            }
        }
    }
}

/// Asks what it means that images have no file beside them, where each file is about one.
fn undrawn(page: &mut Page, l: &Label, plan: &Plan) {
    let sources = plan.guesses.iter().map(|g| &g.source);
    let single = sources.filter(|s| s.format.sidecar.as_ref().is_some_and(|of| of.holds == Holds::One));
    for source in single.filter(|s| l.is_drawn() && !s.files.is_empty() && s.images.len() > s.files.len()) {
        let without = plural((source.images.len() - source.files.len()) as u64, "image");
        page.ask(format!(
            "whether there is nothing on {without} of collect.{} that no file is beside: then label.{} needs `unlabelled = \"negative\"`; as it \
             stands nobody looked, and a release leaves them out",
            source.name, l.name
        ));
    }
}

/// The names of the source and what they are called, in a line.
fn mapped(l: &Label) -> Option<String> {
    let pairs: Vec<(String, String)> = l.map.iter().map(|(a, b)| (key(a), text(b))).collect();
    (!pairs.is_empty()).then(|| inline(&pairs))
}

fn points(page: &mut Page, l: &Label, skeleton: &Skeleton) {
    let mut keys = vec![("names".to_string(), list(&skeleton.names))];
    if !skeleton.lines.is_empty() {
        let lines: Vec<String> = skeleton.lines.iter().map(|[from, to]| format!("[{from}, {to}]")).collect();
        keys.push(("skeleton".into(), format!("[{}]", lines.join(", "))));
    }
    let why = if skeleton.stated { "as the data names them" } else { "no file names them" };
    page.key("keypoints", &inline(&keys), why);
    if !skeleton.stated {
        page.ask(format!(
            "what the points of label.{} are called, and which of them lines join: no file names them",
            l.name
        ));
    }
    if l.partly {
        page.key("on_incomplete", &text("keep"), "boxes without points are of the other task alone");
        page.key("max_lost", "1", "they count as lost here");
    }
}

/// Answers that came in a column: in one line, or in a table where they have long lists.
fn given(page: &mut Page, l: &Label, plan: &Plan, column: &str) {
    undrawn(page, l, plan);
    if !l.more.is_empty() {
        for (n, column) in std::iter::once(column).chain(l.more.iter().map(String::as_str)).enumerate() {
            let name = Some(slug(column)).filter(|name| !name.is_empty()).unwrap_or(format!("annotator-{}", n + 1));
            page.key(&format!("from.{name}"), &inline(&[("column".to_string(), text(column))]), "");
        }
        return;
    }
    let mut keys = vec![("column".to_string(), text(column))];
    if !l.names.is_empty() {
        keys.push(("class_names".into(), list(&l.names)));
    }
    if let Some(scheme) = l.scheme {
        keys.push(("scheme".into(), text(scheme)));
    }
    if let Some(map) = mapped(l) {
        keys.push(("map".into(), map));
    }
    let line = inline(&keys);
    if l.names.is_empty() || is_short(&line) {
        return page.key("from.given", &line, "");
    }
    page.line("");
    page.line(format!("[label.{}.from.given]", l.name));
    keys.iter().for_each(|(key, value)| page.key(key, value, ""));
}

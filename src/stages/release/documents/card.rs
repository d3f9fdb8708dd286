//! `README.md`: the dataset card.
use super::attribution::decisions;
use super::told::{LabelCard, PageCard};
use super::yaml::Yaml;
use super::{paragraphs, still};
use crate::digest::Digest;
use crate::formats::writer::{Writer, split_of};
use crate::model::license;
use crate::stage::{Fact, OutFile};
use crate::stages::release::columns::{released_name, released_type};
use crate::stages::release::counted::{Counts, Labelled};
use crate::stages::release::terms::SourceCard;
use crate::table::DataType;
use std::collections::BTreeMap;

/// What is known of a release besides its declaration.
pub struct Told<'t> {
    /// Samples of each split.
    pub counts: &'t BTreeMap<String, u64>,
    /// What was counted of each split, and of all of them.
    pub counted: &'t BTreeMap<String, Counts>,
    pub all: &'t Counts,
    pub content_root: Digest,
    pub sources: &'t [&'t SourceCard],
    /// The files of its formats.
    pub files: &'t [OutFile],
    /// What a fact is, as it stands in a table.
    pub measured: &'t dyn Fn(&str) -> String,
    /// A fact itself.
    pub fact: &'t dyn Fn(&str) -> Option<&'t Fact>,
}

/// Who made the data set and when, its page, and where questions go.
fn made_by(p: &PageCard) -> String {
    let names: Vec<String> = p.creators.iter().map(|c| paragraphs(&c.name)).collect();
    let by = (!names.is_empty()).then(|| format!("By {}.", names.join(", ")));
    let date = p.date.as_ref().map(|date| format!("Published on {date}."));
    let url = p.url.as_ref().map(|url| format!("<{url}>"));
    let contact = p.contact.as_ref().map(|contact| format!("Questions: {}.", paragraphs(contact)));
    let all: Vec<String> = [by, date, url, contact].into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!("{}\n\n", all.join(" ")) }
}

/// The dataset card: YAML that dataset hubs read, and a page for people.
pub fn readme(p: &PageCard, told: &Told) -> String {
    let mut t = format!("---\n{}---\n\n# {} {}\n\n", header(p, told).document(), p.dataset, p.version);
    if let Some(d) = &p.description {
        t.push_str(&format!("{}\n\n", paragraphs(d)));
    }
    t.push_str(&made_by(p));
    t.push_str("| split | samples |\n|---|---|\n");
    told.counts.iter().for_each(|(s, n)| t.push_str(&format!("| {s} | {n} |\n")));
    let columns: Vec<String> = p.columns.iter().map(|c| code(&released_name(c))).collect();
    t.push_str(&format!(
        "\nColumns: {}.\n\n## Sources\n\n| source | licence | samples |\n|---|---|---|\n",
        columns.join(", ")
    ));
    for s in told.sources {
        let samples = told.all.sources.get(&s.name).copied().unwrap_or_default();
        t.push_str(&format!("| {} | {} | {samples} |\n", cell(&s.name), cell(&s.license)));
    }
    t.push_str("\nWho must be named stands in ATTRIBUTION.md.\n");
    t.push_str(&decisions(p));
    p.labels.iter().for_each(|label| t.push_str(&labelled(label, told)));
    t.push_str(&folders(p, told));
    p.measured.iter().for_each(|(heading, of)| t.push_str(&measured(heading, of, told)));
    if !p.untold.is_empty() {
        let all: Vec<String> = p.untold.iter().map(|name| code(name)).collect();
        t.push_str(&format!(
            "\nWhat was measured over all samples of {} is not told here: this release hides what it would say.\n",
            all.join(", ")
        ));
    }
    if !p.gates.is_empty() {
        t.push_str("\n## Gates\n\nThe build passed each of these. A fact whose name ends in `_of_many` is 0 where fewer than ten are concerned.\n\n| gate | fact | asked | measured |\n|---|---|---|---|\n");
        for g in &p.gates {
            t.push_str(&row([&g.key, &g.fact, &g.want, &(told.measured)(&g.fact)].into_iter().map(|c| cell(c))));
        }
    }
    t.push_str("\n## Personal data\n\n");
    match p.privacy.as_slice() {
        [] => t.push_str("Nothing was searched for.\n"),
        all => t.push_str(&format!("{}\n", all.join(" "))),
    }
    t.push_str("\n## Files\n\nCheck the files with `b3sum -c B3SUMS` or `sha256sum -c SHA256SUMS`.\n");
    t
}

/// A task with its guideline, how often each class stands in each split, in the release and in the whole data set, and
/// the samples whose votes were tied.
fn labelled(label: &LabelCard, told: &Told) -> String {
    let column = format!("label.{}", label.task);
    let mut t = format!("\n## Label `{}`\n\nKind: {}.", released_name(&column), label.kind);
    if let Some((document, version)) = &label.guideline {
        t.push_str(&format!(" Guideline: {}, version {version}.", cell(document)));
    }
    t.push('\n');
    let all = told.all.label(&column);
    if !label.classes.is_empty() {
        let splits: Vec<&str> = told.counts.keys().map(String::as_str).collect();
        let head = ["class"].iter().chain(&splits).copied().chain(["released", "in the data set"]);
        t.push_str(&format!("\n{}|{}\n", row(head.map(String::from)), "---|".repeat(splits.len() + 3)));
        for class in &label.classes {
            let of = |counts: Option<&Counts>| counts.and_then(|c| c.label(&column).classes.get(class).copied());
            let split = splits.iter().map(|split| of(told.counted.get(*split)).unwrap_or(0).to_string());
            let released = all.classes.get(class).copied().unwrap_or(0).to_string();
            let measured = (told.measured)(&label.count_of(class));
            t.push_str(&row([cell(class)].into_iter().chain(split).chain([released, measured])));
        }
    }
    t + &ties(&all)
}

/// What was measured under one heading: numbers in one table, and tables of facts behind it.
fn measured(heading: &str, of: &[(String, String)], told: &Told) -> String {
    let (mut numbers, mut tables) = (String::new(), String::new());
    for (say, name) in of {
        match (told.fact)(name) {
            Some(Fact::Table { columns, rows }) if !rows.is_empty() => {
                let head = row(columns.iter().map(|c| cell(c)));
                tables.push_str(&format!("\n{}:\n\n{head}|{}\n", cell(say), "---|".repeat(columns.len())));
                rows.iter().for_each(|r| tables.push_str(&row(r.iter().map(|c| cell(c)))));
            }
            None | Some(Fact::Table { .. } | Fact::Undefined(_)) => {}
            _ => numbers.push_str(&row([cell(say), (told.measured)(name)].into_iter())),
        }
    }
    let numbers = if numbers.is_empty() { numbers } else { format!("| measured | |\n|---|---|\n{numbers}") };
    format!("\n## {heading}\n\n{numbers}{tables}")
}

/// Tells that images lie in folders, and which classes have none in a split: readers number the classes of each split by the
/// folders that they find there.
fn folders(p: &PageCard, told: &Told) -> String {
    let Some(column) = &p.folders else { return String::new() };
    let mut t = format!("\n## Folders\n\nEach image lies in the folder of its `{}`.", released_name(column));
    let label = p.labels.iter().find(|l| format!("label.{}", l.task) == *column);
    for (split, counts) in told.counted {
        let of = counts.label(column).classes;
        let gone = label.into_iter().flat_map(|l| &l.classes).filter(|class| !of.contains_key(*class));
        let gone: Vec<String> = gone.map(|class| code(class)).collect();
        if !gone.is_empty() {
            let classes = gone.join(", ");
            t.push_str(&format!(" In `{split}` there is none of {classes}, so readers number its classes otherwise."));
        }
    }
    t + "\n"
}

/// A row of a table.
fn row(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// Which samples have a label that several classes could have been.
fn ties(label: &Labelled) -> String {
    if label.tied == 0 {
        return String::new();
    }
    let named: Vec<String> = label.named.iter().map(|id| code(id)).collect();
    let word = if (named.len() as u64) < label.tied { ", of which the first are" } else { "" };
    let samples = if label.tied == 1 { "1 sample".to_string() } else { format!("{} samples", label.tied) };
    let told = "Several classes had most votes, and the one declared first stands, in";
    let named = if named.is_empty() { String::new() } else { format!("{word}: {}", named.join(", ")) };
    format!("\n{told} {samples}{named}.\n")
}

/// A name as it stands, whatever it holds.
fn code(text: &str) -> String {
    let plain = still(text);
    if plain.contains('`') { format!("`` {plain} ``") } else { format!("`{plain}`") }
}

/// A fact as it stands in a table; a class that nobody gave has none.
pub fn value(fact: &Fact) -> String {
    match fact {
        Fact::Int(_) | Fact::Decimal(_) => fact.to_string(),
        Fact::Undefined(_) | Fact::Table { .. } => "-".into(),
    }
}

/// A text as it may stand in a cell of a table.
fn cell(text: &str) -> String {
    still(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

/// What dataset hubs read.
fn header(p: &PageCard, told: &Told) -> Yaml {
    let mut of: Vec<(&'static str, Yaml)> = vec![("pretty_name", p.dataset.as_str().into())];
    if let Some(l) = &p.license {
        match license::full_name(l) {
            Some(_) => of.push(("license", l.to_lowercase().into())),
            None => of.extend([("license", "other".into()), ("license_name", l.as_str().into())]),
        }
    }
    if !p.languages.is_empty() {
        of.push(("language", Yaml::List(p.languages.iter().map(|l| l.as_str().into()).collect())));
    }
    if let Some(loaded) = loaded(p) {
        of.push(("configs", Yaml::List(vec![config(p, told, loaded)])));
        of.push(("dataset_info", Yaml::List(vec![info(p, told, loaded)])));
    }
    Yaml::Map(of)
}

/// The format that a hub loads: the first that holds the images, if there are any, else the first table.
fn loaded(p: &PageCard) -> Option<&'static Writer> {
    let tables = || p.writers().filter(|w| w.table);
    let images = p.holds.values().any(|h| h == "image");
    let whole =
        tables().find(|w| images && w.needs.typed).or_else(|| p.writers().find(|w| w.needs.columns && w.needs.images));
    whole.or_else(|| tables().next())
}

/// The splits that a loader is told of: it stops at one without samples.
fn filled<'t>(told: &'t Told) -> impl Iterator<Item = (&'t String, u64)> {
    told.counts.iter().map(|(s, n)| (s, *n)).filter(|(_, n)| *n > 0)
}

/// What loaders call a split.
fn loader_name(split: &str) -> String {
    split.replace('-', "_")
}

/// Which files a split is made of, named one by one: a pattern would take those of `train-small` for `train`. A loader
/// keeps what it has read under the name of the folder and this description, so the content root stands in it.
fn config(p: &PageCard, told: &Told, writer: &Writer) -> Yaml {
    let of = |split: &String| -> Vec<Yaml> {
        if writer.needs.images {
            let all = if p.folders.is_some() { "**" } else { "*" };
            return vec![format!("images/{split}/{all}").into()];
        }
        let own = told.files.iter().filter(|f| split_of(writer.files, &f.path) == Some(split));
        own.map(|f| f.path.as_str().into()).collect()
    };
    let file = |(split, _): (&String, u64)| {
        Yaml::Map(vec![("split", loader_name(split).into()), ("path", Yaml::List(of(split)))])
    };
    let description = format!("{} {} {}, content {}", p.dataset, p.release, p.version, told.content_root);
    Yaml::Map(vec![
        ("config_name", "default".into()),
        ("description", description.into()),
        ("data_files", Yaml::List(filled(told).map(file).collect())),
    ])
}

/// The types of the columns, which a loader would otherwise guess from the first rows of each file; and how many rows
/// each split has, which it compares.
fn info(p: &PageCard, told: &Told, writer: &Writer) -> Yaml {
    let shown = p.columns.iter().filter(|c| !writer.needs.images || p.holds.get(*c).is_none_or(|h| h != "image"));
    let own = shown.map(|c| {
        let holds = p.holds.get(c).map_or("utf8", String::as_str);
        match holds {
            "image" if writer.needs.typed => feature(&released_name(c), ("dtype", "image".into())),
            _ => feature(&released_name(c), typed(&released_type(holds, writer.needs.typed))),
        }
    });
    let image = writer.needs.images.then(|| feature("image", ("dtype", "image".into())));
    let size = |(split, n): (&String, u64)| {
        let own = told.files.iter().filter(|f| split_of(writer.files, &f.path) == Some(split));
        let bytes = own.map(|f| f.content.len()).sum();
        Yaml::Map(vec![
            ("name", loader_name(split).into()),
            ("num_bytes", Yaml::Number(bytes)),
            ("num_examples", Yaml::Number(n)),
        ])
    };
    Yaml::Map(vec![
        ("config_name", "default".into()),
        ("features", Yaml::List(image.into_iter().chain(own).collect())),
        ("splits", Yaml::List(filled(told).map(size).collect())),
    ])
}

fn feature(name: &str, typed: (&'static str, Yaml)) -> Yaml {
    Yaml::Map(vec![("name", name.into()), typed])
}

/// A type as loaders name it.
fn typed(ty: &DataType) -> (&'static str, Yaml) {
    match ty {
        DataType::List(item) => match typed(item.data_type()) {
            ("dtype", name) => ("list", name),
            inner => ("list", Yaml::Map(vec![inner])),
        },
        DataType::Struct(fields) => {
            let own = fields.iter().map(|f| feature(f.name(), typed(f.data_type())));
            ("struct", Yaml::List(own.collect()))
        }
        scalar => ("dtype", named(scalar).into()),
    }
}

fn named(scalar: &DataType) -> &'static str {
    match scalar {
        DataType::Boolean => "bool",
        DataType::Int32 => "int32",
        DataType::Int64 => "int64",
        DataType::UInt8 => "uint8",
        DataType::UInt32 => "uint32",
        DataType::Float64 => "float64",
        DataType::Date32 => "date32",
        DataType::Binary => "binary",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{list, record, utf8};

    #[test]
    fn types_as_loaders_name_them() {
        let of = |ty: DataType| Yaml::Map(vec![typed(&ty)]).document();
        assert_eq!(of(DataType::Int64), "dtype: \"int64\"\n");
        assert_eq!(of(list(utf8())), "list: \"string\"\n");
        let spans = list(record(&[("class", utf8()), ("start", DataType::UInt32)]));
        let want = "list:\n  struct:\n  - name: \"class\"\n    dtype: \"string\"\n  - name: \"start\"\n    dtype: \"uint32\"\n";
        assert_eq!(of(spans), want);
        assert_eq!(of(list(list(DataType::Float64))), "list:\n  list: \"float64\"\n");
    }
}

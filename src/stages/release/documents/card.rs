//! `README.md`: the dataset card.
use super::attribution::decisions;
use super::description::{Description, Told, in_words};
use super::list::{blanks, written};
use super::markdown::{cell, code, code_cell, row, rule};
use super::paragraphs;
use super::told::{LabelCard, PageCard, null};
use super::yaml::Yaml;
use crate::formats::file_name::is_picture;
use crate::formats::writer::{Writer, split_of};
use crate::model::license;
use crate::stage::Fact;
use crate::stages::release::columns::{released_name, released_type};
use crate::stages::release::counted::{Counts, Labelled};
use crate::table::DataType;
use std::collections::{BTreeMap, BTreeSet};

/// A sentence or a heading in the language of the card.
fn say(of: &Description, english: &str) -> String {
    of.words().say(english).into_owned()
}

/// The head of a table, in the language of the card.
fn head(of: &Description, columns: &[&str]) -> String {
    format!("{}{}", row(columns.iter().map(|c| say(of, c))), rule(columns.len()))
}

/// Who made the data set and when, its page, and where questions go.
fn made_by(of: &Description) -> String {
    let p = of.card;
    let names: Vec<String> = p.creators.iter().map(|c| paragraphs(&c.name)).collect();
    let by = (!names.is_empty()).then(|| say(of, &format!("By {}.", names.join(", "))));
    let date = p.date.as_ref().map(|date| say(of, &format!("Published on {date}.")));
    let url = p.url.as_ref().map(|url| format!("<{url}>"));
    let contact = p.contact.as_ref().map(|contact| say(of, &format!("Questions: {}.", paragraphs(contact))));
    let all: Vec<String> = [by, date, url, contact].into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!("{}\n\n", all.join(" ")) }
}

/// The dataset card: YAML that dataset hubs read, and a page for people.
pub fn readme(of: &Description) -> Vec<u8> {
    let p = of.card;
    let mut t = format!("---\n{}---\n\n# {} {}\n\n", header(of).document(), p.dataset, p.version);
    if let Some(d) = &p.description {
        t.push_str(&format!("{}\n\n", paragraphs(d)));
    }
    t.push_str(&made_by(of));
    t.push_str(&head(of, &["split", "samples"]));
    of.told.counts.iter().for_each(|(s, n)| t.push_str(&format!("| {s} | {n} |\n")));
    t.push_str(&columns(of));
    t.push_str(&uses(of));
    t.push_str(&format!("\n## {}\n\n{}", say(of, "Sources"), head(of, &["source", "licence", "samples"])));
    for s in &of.told.sources {
        let samples = of.told.all.sources.get(&s.name).copied().unwrap_or_default();
        t.push_str(&format!("| {} | {} | {samples} |\n", cell(&s.name), cell(&s.license)));
    }
    t.push_str(&format!("\n{}\n", say(of, "Who must be named stands in ATTRIBUTION.md.")));
    t.push_str(&decisions(p));
    t.push_str(&hidden(of));
    p.labels.iter().for_each(|label| t.push_str(&labelled(label, of)));
    t.push_str(&undecided(of));
    t.push_str(&folders(of));
    p.measured.iter().for_each(|(heading, facts)| t.push_str(&measured(heading, facts, of)));
    if !p.untold.is_empty() {
        let all: Vec<String> = p.untold.iter().map(|name| code(name)).collect();
        let told = format!(
            "What was measured over all samples of {} is not told here: this release hides what it would say.",
            all.join(", ")
        );
        t.push_str(&format!("\n{}\n", say(of, &told)));
    }
    t.push_str(&lost(of));
    t.push_str(&missing(of));
    if !p.gates.is_empty() {
        let about = "The build passed each of these. A fact whose name ends in `_of_many` is 0 where fewer than ten are concerned.";
        t.push_str(&format!("\n## {}\n\n{}\n\n", say(of, "Gates"), say(of, about)));
        t.push_str(&head(of, &["gate", "fact", "asked", "measured"]));
        for g in &p.gates {
            let want = say(of, &g.want);
            t.push_str(&row([&g.key, &g.fact, &want, &of.measured(&g.fact)].into_iter().map(|c| cell(c))));
        }
    }
    t.push_str(&format!("\n## {}\n\n", say(of, "Personal data")));
    let told: Vec<String> = p.privacy.iter().map(|sentence| say(of, sentence)).collect();
    let told = if told.is_empty() { say(of, "Nothing was searched for.") } else { told.join(" ") };
    t.push_str(&format!("{told}\n{}", ethics(of)));
    t.push_str(&files(of));
    t.push_str(&cited(of));
    t.into_bytes()
}

/// The columns with what they hold.
fn columns(of: &Description) -> String {
    let names: Vec<String> = of.columns().iter().map(|(name, _)| code(name)).collect();
    let mut t = format!("\n{}\n\n## {}\n\n", say(of, &format!("Columns: {}.", names.join(", "))), say(of, "Fields"));
    t.push_str(&head(of, &["column", "holds"]));
    of.columns()
        .iter()
        .for_each(|(name, holds)| t.push_str(&row([code_cell(name), cell(&in_words(holds))].into_iter())));
    t
}

/// What it is for and what not, and its known limits, as the manifest says it.
fn uses(of: &Description) -> String {
    let mut t = String::new();
    let all = [("Purpose", "purpose"), ("Uses", "tasks"), ("Not to be used for", "unsuitable")];
    let limits = [("Known limits", "limitations"), ("Known biases", "biases"), ("Errors and noise", "errors")];
    for (heading, question) in all.iter().chain(&limits) {
        if let Some(answer) = of.answer(question) {
            t.push_str(&format!("\n## {}\n\n{}\n", say(of, heading), paragraphs(answer)));
        }
    }
    t
}

/// What is said of ethics besides what was measured.
fn ethics(of: &Description) -> String {
    let asked = [
        ("Ethical review", "ethics_review"),
        ("Consent", "consent"),
        ("Sensitive data", "sensitive"),
        ("Who labelled", "annotators"),
        ("Impact on society", "social_impact"),
    ];
    let told = asked.iter().filter_map(|(what, question)| {
        Some(format!("- **{}**: {}\n", say(of, what), paragraphs(of.answer(question)?)))
    });
    let told: String = told.collect();
    if told.is_empty() { told } else { format!("\n## {}\n\n{told}", say(of, "Ethics")) }
}

/// The files of each format with their sizes, the documents, and how many of their places nothing fills.
fn files(of: &Description) -> String {
    let mut t = format!("\n## {}\n\n{}", say(of, "Files"), head(of, &["format", "files", "bytes"]));
    for (format, (files, bytes)) in of.sizes() {
        t.push_str(&row([format.to_string(), files.to_string(), bytes.to_string()].into_iter()));
    }
    let check = "Check the files with `b3sum -c B3SUMS` or `sha256sum -c SHA256SUMS`.";
    t.push_str(&format!("\n{}\n", say(of, check)));
    if loaded(of.card).is_none() && pictures_alone(of).is_some() {
        let told =
            "`load_dataset` gives the pictures alone; the labels lie in files that label tools and trainers read.";
        t.push_str(&format!("\n{}\n", say(of, told)));
    }
    let documents: Vec<&str> = written(of.card).map(|d| d.path).collect();
    if !documents.is_empty() {
        t.push_str(&format!("\n{}\n", say(of, &format!("Documents: {}.", documents.join(", ")))));
    }
    let blanks = blanks(of);
    let mut left: Vec<&str> = blanks.iter().filter(|b| b.needed).map(|b| b.document).collect();
    left.dedup();
    if !left.is_empty() {
        let told = format!("Left out, since the manifest does not say what they need: {}.", left.join(", "));
        t.push_str(&format!("\n{}\n", say(of, &told)));
    }
    if !blanks.is_empty() {
        let told = format!("{} places of the documents are blank: nothing says what belongs there.", blanks.len());
        t.push_str(&format!("\n{}\n", say(of, &told)));
    }
    t
}

/// How it is to be cited.
fn cited(of: &Description) -> String {
    let Some(citation) = of.citation() else { return String::new() };
    // a fence that no line of the text can close
    let longest = citation.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let still: String = citation.chars().map(|c| if c != '\n' && crate::diag::acts(c) { ' ' } else { c }).collect();
    format!("\n## {}\n\n{fence}\n{}\n{fence}\n", say(of, "Citation"), still.trim_end())
}

/// Which columns are hidden in which splits, which formats have no file of them, and the canary.
fn hidden(of: &Description) -> String {
    let p = of.card;
    let Some(plea) = p.plea() else { return String::new() };
    let mut t = format!("\n## {}\n\n{}", say(of, "Hidden answers"), head(of, &["split", "hidden columns"]));
    for (split, columns) in p.withheld.told(&p.columns) {
        let columns: Vec<String> = columns.iter().map(|c| code_cell(c)).collect();
        t.push_str(&row([code(&split), columns.join(", ")].into_iter()));
    }
    for (split, formats) in &p.withheld.without {
        let told = format!("Without answers {} has no files of {}.", code(split), formats.join(", "));
        t.push_str(&format!("\n{}\n", say(of, &told)));
    }
    t + &format!("\n{plea}\n")
}

/// A task with its guideline, how often each class stands in each split, in the release and in the whole data set, and
/// the samples whose votes were tied.
fn labelled(label: &LabelCard, of: &Description) -> String {
    let column = format!("label.{}", label.task);
    let kind = say(of, &format!("Kind: {}.", label.kind));
    let mut t = format!("\n## {} {}\n\n{kind}", say(of, "Label"), code(&released_name(&column)));
    if let Some((document, version)) = &label.guideline {
        t.push_str(&format!(" {}", say(of, &format!("Guideline: {}, version {version}.", cell(document)))));
    }
    t.push('\n');
    let all = of.told.all.label(&column);
    if !label.classes.is_empty() {
        let splits: Vec<&str> = of.told.counts.keys().map(String::as_str).collect();
        let first = say(of, "class");
        let more = [say(of, "released"), say(of, "in the data set")];
        let head = [first.as_str()].into_iter().chain(splits.iter().copied()).chain(more.iter().map(String::as_str));
        t.push_str(&format!("\n{}{}", row(head.map(String::from)), rule(splits.len() + 3)));
        for class in &label.classes {
            let count = |counts: Option<&Counts>| counts.and_then(|c| c.label(&column).classes.get(class).copied());
            let split = splits.iter().map(|split| count(of.told.counted.get(*split)).unwrap_or(0).to_string());
            let released = all.classes.get(class).copied().unwrap_or(0).to_string();
            let measured = of.measured(&label.count_of(class));
            t.push_str(&row([cell(class)].into_iter().chain(split).chain([released, measured])));
        }
    }
    let quality = of.quality(label);
    if !quality.is_empty() {
        t.push_str(&format!("\n{}", head(of, &["measured of all answers", ""])));
        quality.iter().for_each(|(what, value)| t.push_str(&row([say(of, what), value.clone()].into_iter())));
    }
    t + &ties(of, &all)
}

/// What was measured under one heading: numbers in one table, and tables of facts behind it.
fn measured(heading: &str, facts: &[(String, String)], of: &Description) -> String {
    let (mut numbers, mut tables) = (String::new(), String::new());
    for (what, name) in facts {
        match of.fact(name) {
            Some(Fact::Table { columns, rows }) if !rows.is_empty() => {
                let head = row(columns.iter().map(|c| cell(&say(of, c))));
                tables.push_str(&format!("\n{}:\n\n{head}{}", cell(&say(of, what)), rule(columns.len())));
                rows.iter().for_each(|r| tables.push_str(&row(r.iter().map(|c| cell(c)))));
            }
            None | Some(Fact::Table { .. } | Fact::Undefined(_)) => {}
            _ => numbers.push_str(&row([cell(&say(of, what)), of.measured(name)].into_iter())),
        }
    }
    let numbers = if numbers.is_empty() { numbers } else { format!("{}{numbers}", head(of, &["measured", ""])) };
    format!("\n## {}\n\n{numbers}{tables}", say(of, heading))
}

/// Tells that images lie in folders, and which classes have none in a split: readers number the classes of each split by the
/// folders that they find there.
fn folders(of: &Description) -> String {
    let p = of.card;
    let Some(column) = &p.folders else { return String::new() };
    let lies = format!("Each image lies in the folder of its {}.", code(&released_name(column)));
    let mut t = format!("\n## {}\n\n{}", say(of, "Folders"), say(of, &lies));
    let label = p.labels.iter().find(|l| format!("label.{}", l.task) == *column);
    for (split, counts) in &of.told.counted {
        let own = counts.label(column).classes;
        let gone = label.into_iter().flat_map(|l| &l.classes).filter(|class| !own.contains_key(*class));
        let gone: Vec<String> = gone.map(|class| code(class)).collect();
        if !gone.is_empty() {
            let classes = gone.join(", ");
            let told =
                format!("In {} there is none of {classes}, so readers number its classes otherwise.", code(split));
            t.push_str(&format!(" {}", say(of, &told)));
        }
    }
    t + "\n"
}

/// Which samples have a label that several classes could have been.
fn ties(of: &Description, label: &Labelled) -> String {
    if label.tied == 0 {
        return String::new();
    }
    let named: Vec<String> = label.named.iter().map(|id| code(id)).collect();
    let word = if (named.len() as u64) < label.tied { ", of which the first are" } else { "" };
    let samples = if label.tied == 1 { "1 sample".to_string() } else { format!("{} samples", label.tied) };
    let told = "Several classes had most votes, and the one declared first stands, in";
    let named = if named.is_empty() { String::new() } else { format!("{word}: {}", named.join(", ")) };
    format!("\n{}\n", say(of, &format!("{told} {samples}{named}.")))
}

/// The values that do not fit the type of their field, and are null in the release wherever their sample is in it.
fn lost(of: &Description) -> String {
    let mut rows = String::new();
    for source in &of.told.sources {
        for fact in null(&source.name) {
            let Some(Fact::Table { rows: own, .. }) = of.fact(&fact) else { continue };
            own.iter().for_each(|r| rows.push_str(&row([&source.name].into_iter().chain(r).map(|c| cell(c)))));
        }
    }
    if rows.is_empty() {
        return rows;
    }
    let about =
        "These values do not fit the type that is declared for their field. They became null, as the manifest allows.";
    let head = head(of, &["source", "field", "became null", "values that were there"]);
    format!("\n## {}\n\n{}\n\n{head}{rows}", say(of, "Values that became null"), say(of, about))
}

/// In how many samples a text of CSV is one that pandas takes for a missing value, and how to read it as it is.
fn missing(of: &Description) -> String {
    let n = match of.fact(&of.card.missing) {
        Some(Fact::Int(n @ 1..)) => *n,
        _ => return String::new(),
    };
    let told = format!(
        "In {n} samples the CSV files hold a text that pandas takes for a missing value, such as an empty one, NA or null: read \
         them with pandas.read_csv(FILE, keep_default_na=False)."
    );
    format!("\n## {}\n\n{}\n", say(of, "Reading the CSV files"), say(of, &told))
}

/// How many samples somebody was to look at, and nobody has.
fn undecided(of: &Description) -> String {
    let told = match of.fact(&of.card.waiting) {
        Some(Fact::Int(1)) => "A person was to look at 1 sample, and nobody has decided on it yet.".to_string(),
        Some(Fact::Int(n @ 2..)) => format!("A person was to look at {n} samples, and nobody has decided on them yet."),
        _ => return String::new(),
    };
    format!("\n{}\n", say(of, &told))
}

/// What dataset hubs read.
fn header(of: &Description) -> Yaml {
    let p = of.card;
    let mut all: Vec<(&'static str, Yaml)> = vec![("pretty_name", p.dataset.as_str().into())];
    if let Some(l) = &p.license {
        match license::on_hubs(l) {
            Some(name) => all.push(("license", name.as_str().into())),
            None => all.extend([("license", "other".into()), ("license_name", l.as_str().into())]),
        }
    }
    if !p.languages.is_empty() {
        all.push(("language", Yaml::List(p.languages.iter().map(|l| l.as_str().into()).collect())));
    }
    if !p.keywords.is_empty() {
        all.push(("tags", Yaml::List(p.keywords.iter().map(|k| k.as_str().into()).collect())));
    }
    all.push(("task_categories", Yaml::List(of.tasks().into_iter().map(Yaml::from).collect())));
    all.push(("size_categories", Yaml::List(vec![of.size_category().into()])));
    if let Some(loaded) = loaded(p) {
        all.push(("configs", Yaml::List(vec![config(of, loaded)])));
        all.push(("dataset_info", Yaml::List(vec![info(of, loaded)])));
    } else if let Some(config) = pictures_alone(of) {
        all.push(("configs", Yaml::List(vec![config])));
    }
    Yaml::Map(all)
}

/// The format that a hub loads: the first that holds the images and sounds, if there are any, else the first table.
fn loaded(p: &PageCard) -> Option<&'static Writer> {
    let tables = || p.writers().filter(|w| w.table);
    let images = p.holds.values().any(|h| h == "image" || h == "audio");
    let whole = tables().find(|w| images && w.needs.typed).or_else(|| p.writers().find(|w| is_folder(w)));
    whole.or_else(|| tables().next())
}

/// The pictures of a release that holds nothing else a loader reads: its labels lie in the files of label tools. The folder of a
/// picture is its split, and no class.
fn pictures_alone(of: &Description) -> Option<Yaml> {
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for path in of.files.iter().map(|f| f.path.as_str()) {
        let Some((split, name)) = path.strip_prefix("images/").and_then(|rest| rest.split_once('/')) else { continue };
        if let Some((_, end)) = name.rsplit_once('.').filter(|(_, end)| is_picture(end)) {
            found.entry(split).or_default().insert(format!("images/{split}/*.{end}"));
        }
    }
    let file = |(split, paths): (&str, BTreeSet<String>)| {
        let paths = paths.into_iter().map(Yaml::from).collect();
        Yaml::Map(vec![("split", loader_name(split).into()), ("path", Yaml::List(paths))])
    };
    let files: Vec<Yaml> = found.into_iter().map(file).collect();
    let named = |files| {
        Yaml::Map(vec![
            ("config_name", "default".into()),
            ("description", description(of).into()),
            ("drop_labels", Yaml::Truth(true)),
            ("data_files", Yaml::List(files)),
        ])
    };
    (!files.is_empty()).then(|| named(files))
}

/// What a loader keeps a data set under besides the name of its folder.
fn description(of: &Description) -> String {
    let p = of.card;
    format!("{} {} {}, content {}", p.dataset, p.release, p.version, of.told.content_root)
}

/// Whether a loader of image folders reads it.
fn is_folder(writer: &Writer) -> bool {
    writer.needs.columns && writer.needs.images && writer.needs.pictures.is_none()
}

/// The splits that a loader is told of: it stops at one without samples.
fn filled(told: &Told) -> impl Iterator<Item = (&String, u64)> {
    told.counts.iter().map(|(s, n)| (s, *n)).filter(|(_, n)| *n > 0)
}

/// What loaders call a split.
fn loader_name(split: &str) -> String {
    split.replace('-', "_")
}

/// Which files a split is made of, named one by one: a pattern would take those of `train-small` for `train`. A loader
/// keeps what it has read under the name of the folder and this description, so the content root stands in it.
fn config(of: &Description, writer: &Writer) -> Yaml {
    let (p, told, files) = (of.card, of.told, of.files);
    let paths = |split: &String| -> Vec<Yaml> {
        if writer.needs.images {
            let all = if p.folders.is_some() { "**" } else { "*" };
            return vec![format!("images/{split}/{all}").into()];
        }
        let own = files.iter().filter(|f| split_of(writer.files, &f.path) == Some(split));
        own.map(|f| f.path.as_str().into()).collect()
    };
    let file = |(split, _): (&String, u64)| {
        Yaml::Map(vec![("split", loader_name(split).into()), ("path", Yaml::List(paths(split)))])
    };
    Yaml::Map(vec![
        ("config_name", "default".into()),
        ("description", description(of).into()),
        ("data_files", Yaml::List(filled(told).map(file).collect())),
    ])
}

/// The types of the columns, which a loader would otherwise guess from the first rows of each file; and how many rows
/// each split has, which it compares.
fn info(of: &Description, writer: &Writer) -> Yaml {
    let (p, told, files) = (of.card, of.told, of.files);
    let shown = p.columns.iter().filter(|c| !writer.needs.images || p.holds.get(*c).is_none_or(|h| h != "image"));
    let own = shown.map(|c| {
        let holds = p.holds.get(c).map_or("utf8", String::as_str);
        match holds {
            "image" | "audio" if writer.needs.typed => feature(&released_name(c), ("dtype", holds.into())),
            _ => match released_type(holds, writer.needs.typed) {
                nested if writer.needs.flat && nested.is_nested() => {
                    feature(&released_name(c), ("dtype", "string".into()))
                }
                ty => feature(&released_name(c), typed(&ty)),
            },
        }
    });
    let image = writer.needs.images.then(|| feature("image", ("dtype", "image".into())));
    let size = |(split, n): (&String, u64)| {
        let own = files.iter().filter(|f| split_of(writer.files, &f.path) == Some(split));
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

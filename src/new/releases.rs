//! The splits and the releases of a draft.
use super::columns::Field;
use super::given::{Given, Named};
use super::labels::{Answers, Label};
use super::lists::Lists;
use super::names::{rank, slug};
use super::page::{Page, inline, key, list, text};
use super::plan::{Guess, Plan};
use crate::report::terminal::plural;

pub fn split(page: &mut Page, plan: &Plan, below: &str) {
    page.table("split");
    match &plan.group {
        Some((field, None)) => page.key("group", &text(field), "questions about one text stay together"),
        Some((field, Some([first, second]))) => page.ask(format!(
            "whether questions about one text may stand in several splits, as those of {first} and {second} came: `group = \"{field}\"` keeps \
             them together, and fails while they are given to several"
        )),
        None => {}
    }
    let ratios = |names: &[String]| {
        let mut names: Vec<&String> = names.iter().collect();
        names.sort_by_key(|n| (rank(n), n.as_str()));
        let share = |n: usize| match (n, names.len()) {
            (_, 1) => "1".to_string(),
            (0, len) => {
                format!("0.{}", (100usize).saturating_sub(5 * (len - 1).min(19))).trim_end_matches('0').to_string()
            }
            _ => "0.05".to_string(),
        };
        let of: Vec<(String, String)> = names.iter().enumerate().map(|(n, name)| (key(name), share(n))).collect();
        inline(&of)
    };
    let usual = || {
        let of = [("train", "0.8"), ("valid", "0.1"), ("test", "0.1")];
        inline(&of.map(|(name, share)| (name.to_string(), share.to_string())))
    };
    match &plan.given {
        Given::Nowhere => page.key("ratios", &usual(), "nothing says which sample is for what"),
        Given::Unclear(column, first) => {
            page.key("ratios", &usual(), "of all samples, whatever their column says");
            page.ask(format!(
                "in which split a sample came, which `{column}` says in words that `given` does not take, as `{first}`: write one \
                 name a split in small letters, such as `train` and `test`, in every cell; as it stands, samples that came for testing may be trained on"
            ));
        }
        Given::Partly(called, others) => {
            page.key("ratios", &usual(), "of all samples, whatever their files are called");
            page.ask(format!(
                "in which splits the samples came: {} are called so and {} are not, and `given = \"source\"` allows a tenth of \
                 samples that name none; as it stands, samples that came for testing may be trained on",
                sources(called),
                sources(others)
            ));
        }
        Given::Sources(names) => {
            page.key("given", &text("source"), "each source is a split, as its files are called");
            page.key("ratios", &ratios(names), "of samples that came in no split");
            let twice =
                plan.guesses.iter().filter(|g| g.source.split.as_ref().is_some_and(|s| slug(s) != g.source.name));
            for g in twice {
                let split = g.source.split.clone().unwrap_or_default();
                page.ask(format!("how collect.{} stays in the split `{split}`: a split is the name of one source, so its samples follow the ratios", g.source.name));
            }
        }
        Given::Lists(lists) => {
            by_lists(page, lists, below, &ratios(&lists.of.keys().cloned().collect::<Vec<_>>()));
        }
        Given::Column(named) => by_column(page, named, &ratios(&named.splits)),
    }
    if let Some((n, [first, second])) = &plan.shared {
        page.ask(format!(
            "whether {} may stand in several splits: their texts are the same, as those of {first} and {second}; `[clean.exact_duplicates]` \
             drops all but one, and `[leakage]` tells and fails; records without ids that are wholly the same fail as it stands",
            plural(*n as u64, "sample")
        ));
    }
}

/// Files that list the samples of each split.
fn by_lists(page: &mut Page, lists: &Lists, below: &str, ratios: &str) {
    let paths = |files: &Vec<String>| list(&files.iter().map(|f| format!("{below}{f}")).collect::<Vec<_>>());
    let of: Vec<(String, String)> = lists.of.iter().map(|(split, files)| (key(split), paths(files))).collect();
    page.key("lists", &inline(&of), "files that list the samples of each split");
    page.key("ratios", ratios, "of samples that came in no split");
    if lists.others > 0 {
        let some = plural(lists.others as u64, "sample");
        page.ask(format!("in which split {some} came that no list names: they follow the ratios"));
    }
}

/// A column that names splits.
fn by_column(page: &mut Page, of: &Named, ratios: &str) {
    let column = &of.column;
    page.key("given", &text(column), "the column names splits");
    if !of.map.is_empty() {
        let pairs: Vec<(String, String)> = of.map.iter().map(|(from, to)| (key(from), text(to))).collect();
        page.key("map", &inline(&pairs), "what the column says, and the split that is meant");
    }
    for (from, to) in &of.joined {
        page.ask(format!("whether `{from}` and `{to}` of `{column}` are one split: `map` joins them"));
    }
    if let Some(rest) = &of.rest {
        let ratios = of.splits.iter().map(|split| (key(split), if split == rest { "1" } else { "0" }.to_string()));
        page.key("ratios", &inline(&ratios.collect::<Vec<_>>()), "of samples of which the column says nothing");
        page.ask(format!(
            "whether the samples of which `{column}` says nothing are all for `{rest}` ({} in all, the first in {})",
            of.empty,
            of.first_empty.as_deref().unwrap_or_default()
        ));
        return;
    }
    page.key("ratios", ratios, "of samples that came in no split");
    if of.empty > 0 {
        page.ask(format!(
            "in which split the samples came of which `{column}` says nothing ({} in all, the first in {}): they follow the ratios",
            of.empty,
            of.first_empty.as_deref().unwrap_or_default()
        ));
    }
    for (value, n, place) in of.odd.iter().take(ODD) {
        let value: String = value.chars().take(40).collect();
        page.ask(format!(
            "which split `{value}` of `{column}` means ({n} in all, the first in {}): it names none, and what is so follows the ratios; `map` says it",
            place.as_deref().unwrap_or_default()
        ));
    }
    if of.odd.len() > ODD {
        let more = of.odd.len() - ODD;
        page.ask(format!(
            "which splits {more} other values of `{column}` mean: they name none, and a build tells each"
        ));
    }
}

/// Odd values that are named one by one.
const ODD: usize = 5;

fn sources(names: &[String]) -> String {
    names.iter().map(|name| format!("collect.{name}")).collect::<Vec<_>>().join(", ")
}

/// Whether the samples of a source have a label.
fn has(g: &Guess, l: &Label) -> bool {
    match &l.from {
        Answers::Votes { .. } => true,
        Answers::Beside { .. } => g.source.named.is_some(),
        Answers::Column(_) if l.is_drawn() => g.source.format.sidecar.is_some() && !g.source.files.is_empty(),
        Answers::Column(_) if l.is_in_sheet() => g.source.sheet.as_ref().is_some_and(|sheet| sheet.boxes.is_some()),
        Answers::Column(column) if in_sheet(g, column) => true,
        Answers::Column(column) if g.source.is_images() => column == "class" && g.source.format.sidecar.is_none(),
        Answers::Column(column) => g.fields.all.iter().filter(|f| f.name == *column).any(|f| is_filled(g, f)),
    }
}

/// Whether the table beside the samples of a source has a field.
fn in_sheet(g: &Guess, field: &str) -> bool {
    let has = |column: &String| super::columns::field_name(column).is_some_and(|name| name == field);
    g.source.sheet.as_ref().is_some_and(|sheet| sheet.columns.iter().any(has))
}

/// Whether some record of a source has a value of a field, as far as its values were seen.
fn is_filled(g: &Guess, f: &Field) -> bool {
    let column = g.source.sample.columns.get(f.column);
    column.is_none_or(|c| c.values.is_empty() || c.there().next().is_some())
}

pub fn release(page: &mut Page, plan: &Plan) {
    let pictures: Vec<&Guess> = plan.guesses.iter().filter(|g| g.source.is_images()).collect();
    let mixed = !pictures.is_empty() && pictures.len() < plan.guesses.len();
    let everywhere = |l: &&Label| plan.guesses.iter().all(|g| has(g, l));
    let (all, some): (Vec<&Label>, Vec<&Label>) = plan.labels.iter().partition(everywhere);
    page.table("release.all");
    released(page, plan, &all, !pictures.is_empty() && !mixed);
    let (of_images, some): (Vec<&Label>, Vec<&Label>) =
        some.into_iter().partition(|l| mixed && pictures.iter().all(|g| has(g, l)));
    if mixed {
        page.table("release.images");
        page.remark("a release with images leaves out samples that have none");
        released(page, plan, &[all.clone(), of_images].concat(), true);
    }
    for label in some {
        let name = if ["all", "images"].contains(&label.name.as_str()) { "labelled" } else { &label.name };
        page.table(&format!("release.{name}"));
        page.remark("a release with a label leaves out samples that have none: whole sources here");
        let images = pictures.iter().any(|g| has(g, label));
        released(page, plan, &all.iter().copied().chain([label]).collect::<Vec<_>>(), images);
    }
}

fn released(page: &mut Page, plan: &Plan, labels: &[&Label], images: bool) {
    let mut formats = if images { vec!["image_folder", "jsonl"] } else { vec!["parquet", "jsonl"] };
    let drawn = |l: &&&Label| l.is_in_sheet() || (l.is_drawn() && l.task != "oriented_detection");
    let (texts, shapes): (Vec<&&Label>, Vec<&&Label>) = labels.iter().filter(drawn).partition(|l| l.task == "answer");
    // beside shapes, texts stand in the other formats
    if images && (shapes.len() == 1 || shapes.is_empty() && texts.len() == 1) {
        formats.insert(0, "coco");
    }
    page.key("formats", &list(&formats), "");
    let mut columns: Vec<String> = vec!["id".into()];
    if images {
        columns.extend(["image", "width", "height"].map(String::from));
    }
    let (held, other): (Vec<&Guess>, Vec<&Guess>) = plan.guesses.iter().partition(|g| g.source.holds_pictures());
    if !images && !held.is_empty() && other.is_empty() {
        columns.push("image".into());
    } else if let (false, Some(held)) = (images, held.first()) {
        page.ask(format!(
            "whether a release holds the pictures of collect.{}, which other sources have not",
            held.source.name
        ));
    }
    if !images && plan.guesses.iter().any(|g| g.source.format.sounds) {
        columns.extend(["audio", "duration", "rate", "channels"].map(String::from));
    }
    let is_label = |name: &str| labels.iter().any(|l| l.takes(name));
    for field in plan.guesses.iter().filter(|g| g.source.is_images() == images).flat_map(|g| &g.fields.all) {
        if !columns.contains(&field.name) && !is_label(&field.name) {
            columns.push(field.name.clone());
        }
    }
    let own = |g: &&Guess| g.source.is_images() == images;
    let sheets = plan.guesses.iter().filter(own).filter_map(|g| g.source.sheet.as_ref());
    let brought = sheets.flat_map(|sheet| sheet.columns.iter().filter_map(|column| super::columns::field_name(column)));
    for column in brought {
        if !columns.contains(&column) && !is_label(&column) {
            columns.push(column);
        }
    }
    columns.extend(labels.iter().map(|l| format!("label.{}", l.name)));
    columns.push("split".into());
    page.key("columns", &list(&columns), "");
}

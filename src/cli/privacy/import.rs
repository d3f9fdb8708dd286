//! `tamis privacy import FILE --by NAME`: verdicts of a sheet, as lines of a file that holds no value, no text and no note.
use super::sample::{SEEN, SHEET};
use crate::cli::label::csv::{rows, unguarded};
use crate::cli::label::import::handed;
use crate::cli::label::taken::tell;
use crate::cli::{Context, aside, json, say, warn};
use crate::manifest;
use crate::model::checked::{Checked, Verdict, unfit};
use crate::project::{Failure, Options, Project};
use crate::report::terminal::plural;
use crate::review::file::named;
use crate::review::privacy::{FOLDER, Looked, path, write};
use crate::stages::privacy::checked::Declaration;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(clap::Args)]
pub struct Args {
    /// The sheet that `tamis privacy sample` wrote, with verdicts
    file: String,
    /// Who looked: lower-case letters, digits and hyphens; it names the file
    #[arg(long, value_name = "NAME")]
    by: String,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    by: String,
    /// The file of the project that was written; `null` where no answer was taken.
    path: Option<String>,
    /// Answers that were taken.
    taken: u64,
    /// Rows without a verdict, and notes, which stay in the sheet.
    untouched: u64,
    notes: u64,
    /// What was not taken, with its place.
    wrong: Vec<String>,
}

/// What stands in a sheet.
#[derive(Default)]
struct Sheet {
    answers: Vec<Checked>,
    wrong: Vec<String>,
    /// Rows without a verdict.
    untouched: u64,
    /// Rows with a note, which stays in the sheet.
    notes: u64,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    named(&args.by)?;
    aside(args.json);
    let project = Project::open(c.dir.as_deref())?;
    let bytes = handed(c, &project, &args.file).map_err(|e| Failure::World(format!("{}: {e}", args.file)))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{} is not UTF-8", args.file)))?;
    let unread = |say| Failure::Usage(format!("{}: {say}", args.file));
    let mut sheet = read(&text, &args.by).map_err(unread)?;
    let ids: BTreeSet<&str> = sheet.answers.iter().map(|one| one.id.as_str()).collect();
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let now =
        project.plan(&options, |s, built| Looked::of(&project, s, built).and_then(|looked| looked.now(&ids)))??;
    let answers = std::mem::take(&mut sheet.answers);
    let good = good(answers, &now, &mut sheet.wrong);
    let n = good.len() as u64;
    if n > 0 {
        write(&project.world, &args.by, good)?;
    }
    if n > 0 {
        say(&format!("{}   {} by {}\n", path(&args.by), plural(n, "answer"), args.by));
    }
    if sheet.untouched > 0 {
        say(&format!("{} without a verdict: no answer\n", plural(sheet.untouched, "row")));
    }
    if sheet.notes > 0 {
        say(&format!("{} left in the sheet: they may hold personal data\n", plural(sheet.notes, "note")));
    }
    if !is_read(&project) {
        warn(&format!("tamis: dataset.toml does not read it: [privacy.checked] files = [\"{FOLDER}/*.jsonl\"]\n"));
    }
    let raw = if args.file == SHEET { "remove it, or run tamis gc --raw" } else { "remove it" };
    say(&format!("{} shows raw text: once nobody needs it, {raw}\n", args.file));
    if args.json {
        let path = (n > 0).then(|| path(&args.by));
        let (by, untouched, notes) = (args.by.clone(), sheet.untouched, sheet.notes);
        json(&Told { by, path, taken: n, untouched, notes, wrong: sheet.wrong.clone() });
    }
    let code = tell(&args.file, &sheet.wrong)?;
    if n == 0 {
        return Err(Failure::Differs(format!("no answer was taken from {}: nothing was written", args.file)));
    }
    Ok(code)
}

/// Whether a build reads the folder of answers.
fn is_read(project: &Project) -> bool {
    let table = project.manifest.table(&["privacy", "checked"]).map(|(_, table)| manifest::read::<Declaration>(table));
    table.and_then(Result::ok).is_some_and(|d| d.files.iter().any(|glob| glob.starts_with(FOLDER)))
}

/// Reads the verdicts of a sheet.
fn read(text: &str, by: &str) -> Result<Sheet, String> {
    let mut rows = rows(text)?.into_iter();
    let head = rows.next().unwrap_or_default();
    let at = |name: &str| head.iter().position(|cell| cell == name);
    let (Some(id), Some(detector), Some(verdict), Some(seen)) = (at("id"), at("detector"), at("verdict"), at("seen"))
    else {
        let way = match head.iter().any(|cell| cell.contains([';', '\t'])) {
            true => "; save it as CSV with commas between cells",
            false => "",
        };
        let say = "the first line does not name `id`, `detector`, `verdict` and `seen`: this is no sheet";
        return Err(format!("{say}{way}"));
    };
    let mut out = Sheet::default();
    for (n, row) in rows.enumerate() {
        let cell = |at: usize| row.get(at).map(|text| text.trim()).filter(|text| !text.is_empty());
        out.notes += u64::from(at("note").and_then(cell).is_some());
        let Some(word) = cell(verdict) else {
            out.untouched += 1;
            continue;
        };
        let (detector, place) = (cell(detector).map(|kind| unguarded(kind).to_string()), n + 2);
        // ids keep their blanks: they are a part of them
        let id = row.get(id).map(|id| unguarded(id)).filter(|id| !id.is_empty());
        let said = Verdict::of(word).filter(|verdict| verdict.answers(detector.as_deref()));
        let (Some(id), Some(seen)) = (id, cell(seen).and_then(|seen| seen.strip_prefix(SEEN))) else {
            out.wrong.push(format!("row {place}: it names no sample, or not what was seen of it"));
            continue;
        };
        match said {
            Some(verdict) => {
                let (id, by, seen) = (id.to_string(), by.to_string(), seen.to_string());
                out.answers.push(Checked { id, detector, verdict, by, seen });
            }
            None => out.wrong.push(format!("row {place}: {}", unfit(detector.as_deref()))),
        }
    }
    Ok(out)
}

/// What is about a sample as it is now; the rest is a complaint.
fn good(
    answers: Vec<Checked>,
    now: &BTreeMap<String, (BTreeSet<String>, String)>,
    wrong: &mut Vec<String>,
) -> Vec<Checked> {
    let mut out: BTreeMap<(String, Option<String>), Checked> = BTreeMap::new();
    for one in answers {
        let Some((kinds, seen)) = now.get(&one.id) else {
            wrong.push(format!("there is no sample `{}`", one.id));
            continue;
        };
        let asked = match &one.detector {
            Some(kind) => kinds.contains(kind),
            None => kinds.is_empty(),
        };
        if !asked || *seen != one.seen {
            wrong.push(format!("sample {}: it has changed since the sheet was drawn; draw it again", one.id));
            continue;
        }
        let key = (one.id.clone(), one.detector.clone());
        match out.get(&key) {
            Some(first) if first.verdict != one.verdict => {
                wrong.push(format!("sample {}: there are two different verdicts; the first counts", one.id));
            }
            Some(_) => {}
            None => _ = out.insert(key, one),
        }
    }
    out.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "id,kind,detector,text,verdict,note,seen\n";

    #[test]
    fn verdicts_are_read_and_what_is_none_is_told() {
        let text = format!(
            "{HEAD}a,hit,email,x,Right,,seen-0a\n'=b,clean,,x,leak,a name,seen-0b\nc,hit,email,x,leak,,seen-0c\nd,clean,,x,wrong,,seen-0d\n\
             e,clean,,x,,,seen-0e\nf,hit,email,x,perhaps,,seen-0f\n,hit,email,x,right,,seen-0a\n"
        );
        let sheet = read(&text, "kim").unwrap();
        let told: Vec<_> = sheet.answers.iter().map(|a| (a.id.as_str(), a.detector.as_deref(), a.verdict)).collect();
        assert_eq!(told, [("a", Some("email"), Verdict::Right), ("=b", None, Verdict::Leak)]);
        assert_eq!((sheet.untouched, sheet.notes, sheet.wrong.len()), (1, 1, 4), "{:?}", sheet.wrong);
        assert!(read("id,text\na,b\n", "kim").is_err_and(|say| !say.contains("commas")));
        assert!(read("id;kind;detector;text;verdict;note;seen\n", "kim").is_err_and(|say| say.contains("commas")));
    }

    #[test]
    fn answers_about_what_is_no_longer_so_are_not_taken() {
        let text = format!(
            "{HEAD}a,hit,email,x,right,,seen-0a\na,hit,email,x,wrong,,seen-0a\nb,clean,,x,right,,seen-0b\nc,clean,,x,right,,seen-0c\nd,hit,email,x,right,,seen-0d\n"
        );
        let now = [("a", vec!["email"], "0a"), ("b", vec!["phone"], "0b"), ("d", vec!["email"], "00")];
        let now =
            now.map(|(id, kinds, seen)| (id.into(), (kinds.into_iter().map(String::from).collect(), seen.into())));
        let mut wrong = Vec::new();
        let good = good(read(&text, "kim").unwrap().answers, &now.into(), &mut wrong);
        assert_eq!(good.iter().map(|a| (a.id.as_str(), a.verdict)).collect::<Vec<_>>(), [("a", Verdict::Right)]);
        assert_eq!(wrong.len(), 4, "{wrong:?}");
    }
}

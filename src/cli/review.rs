//! `tamis review TASK`: one sample after another with what was answered, and what a person decides, line by line.
//!
//! Each decision is written before the next sample is shown, to the same file that `tamis label import` writes: whatever ends this
//! verb, nothing that was decided is lost, and the next start goes on behind it.
use super::label::import::decisions;
use super::{Context, json, paints, say, say_painted};
use crate::digest::Digest;
use crate::engine::session::Session;
use crate::project::{Failure, Options, Project};
use crate::report::shown;
use crate::review::file::{decided_by, named};
use crate::review::queue::{Only, items, unseen};
use crate::review::task::Task;
use crate::review::{Back, Item, Picture, Said, choices, cut, is_class, is_spans, marked, said};
use crate::stages::label::decided::judged;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;
use std::io::{BufRead, Write};

#[derive(clap::Args)]
pub struct Args {
    /// The task, `topic` of [label.topic]
    task: String,
    /// Who decides: lower-case letters, digits and hyphens; it names the file
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Which samples; else those that wait for review
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// Show texts that may hold personal data
    #[arg(long)]
    raw: bool,
    /// One JSON object with the samples that wait; nobody is asked
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// What `--json` says: what a person would be asked.
#[derive(Serialize, JsonSchema)]
pub struct Waiting {
    /// The step that a decision names, `label.topic`.
    step: String,
    /// The file to which decisions are added, a line each.
    file: String,
    /// The kind of the task, and its classes or candidates.
    kind: String,
    classes: Vec<String>,
    samples: Vec<Waits>,
}

/// A sample that waits for a decision.
#[derive(Serialize, JsonSchema)]
struct Waits {
    id: String,
    /// What is looked at: a text, or a picture by its path in the project.
    text: Option<String>,
    picture: Option<String>,
    /// What a decision is made on; it is handed back as `seen`.
    seen: Option<String>,
    agreement: Option<String>,
    /// The different answers, those first that most gave.
    answers: Vec<Given>,
}

#[derive(Serialize, JsonSchema)]
struct Given {
    answer: Json,
    by: Vec<String>,
}

impl Waiting {
    fn of(task: &Task, by: &str, open: &[Item]) -> Waiting {
        let declared = &task.declared;
        let given = |(answer, by): (&Json, Vec<&str>)| Given {
            answer: answer.clone(),
            by: by.into_iter().map(String::from).collect(),
        };
        let waits = |item: &Item| Waits {
            id: item.id.clone(),
            text: item.text.clone(),
            picture: item.picture.as_ref().map(|p| p.path.clone()).filter(|path| !path.is_empty()),
            seen: item.seen.clone(),
            agreement: item.agreement.clone(),
            answers: choices(item).into_iter().map(given).collect(),
        };
        Waiting {
            step: format!("label.{}", task.name),
            file: format!("reviews/{by}.jsonl"),
            kind: declared.task.name.into(),
            classes: declared.classes.iter().chain(&declared.candidates).map(|c| c.get().clone()).collect(),
            samples: open.iter().map(waits).collect(),
        }
    }
}

const HELP: &str = "  1, 2, ... takes that answer; = VALUE gives another; k keeps the sample as it is, d drops it;\n  \
                    # WORDS adds a note to what follows; s skips, q ends\n";

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    named(&args.by)?;
    let project = Project::open(c.dir.as_deref())?;
    let task = Task::find(&project, &args.task)?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let only = Some(args.only.unwrap_or(Only::Queue));
    let done = decided_by(&project, &task, &args.by)?;
    // what was decided on something else than there is now is asked again
    let fits = |item: &Item| done.get(&item.id).is_some_and(|seen| seen.is_none() || *seen == item.seen);
    let open = project.plan(&options, |s, built| -> Result<_, Failure> {
        let (all, _) = items(&project, &task, s, built, only, args.raw)?;
        let mut open: Vec<Item> = all.into_iter().filter(|item| !fits(item)).collect();
        if task.declared.task.bounds.contains(&"width") {
            unseen(&project, &task, ["image".to_string()].into_iter(), args.raw)?;
            pictures(&project, s, &task, &mut open)?;
        }
        Ok(open)
    })??;
    if args.json {
        json(&Waiting::of(&task, &args.by, &open));
        return Ok(0);
    }
    if open.is_empty() {
        say("nothing waits for a decision\n");
        return Ok(0);
    }
    say(HELP);
    let (mut n, mut lines) = (0, std::io::stdin().lock().lines());
    for (at, item) in open.iter().enumerate() {
        say_painted(&screen(&task, item, (at + 1, open.len()), paints()));
        let Some(back) = ask(&task, item, &mut lines)? else { break };
        if let Some(back) = back {
            decisions(&project, &task, &args.by, &[back])?;
            n += 1;
        }
    }
    say(&format!("{n} of {} decided, in reviews/{}.jsonl; then: tamis build\n", open.len(), args.by));
    Ok(0)
}

/// So many pictures are written for one sitting.
const PICTURES: usize = 500;

/// Writes the pictures of the samples that come first to files of the project, for a viewer of pictures.
fn pictures(project: &Project, s: &Session, task: &Task, open: &mut [Item]) -> Result<(), Failure> {
    for item in open.iter_mut().take(PICTURES) {
        let Some(picture) = &mut item.picture else { continue };
        let name: String = Digest::of(item.id.as_bytes()).hex().chars().take(16).collect();
        picture.path = format!("tasks/{}-review/{name}.{}", task.name, picture.image.format);
        let bytes = s.open(picture.image.blob)?;
        let written = project.world.replace(&picture.path, &bytes);
        written.map_err(|e| Failure::World(format!("{}: {e}", picture.path)))?;
    }
    Ok(())
}

/// The picture of a sample, and where it lies.
fn seen(picture: &Picture) -> String {
    let [width, height] = picture.size;
    match picture.path.as_str() {
        "" => format!("  picture of {width} x {height}: the next sitting writes it\n"),
        path => format!("  picture of {width} x {height}: {path}\n"),
    }
}

/// A sample as it is shown: its text, and each different answer with who gave it. Where colours are shown, each answer of spans stands on
/// the text once more, in the colours of its classes.
fn screen(task: &Task, item: &Item, (at, of): (usize, usize), paints: bool) -> Vec<(String, Option<usize>)> {
    let agreement = item.agreement.as_ref().map_or(String::new(), |a| format!("   agreement {a}"));
    let mut out = format!("\n{at} of {of}   {}{agreement}\n", shown::line(&item.id));
    if let Some(text) = &item.text {
        out.push_str(&format!("  {}\n", shown::line(text)));
    }
    if let Some(picture) = item.picture.as_ref().filter(|_| task.declared.task.bounds.contains(&"width")) {
        out.push_str(&seen(picture));
    }
    let mut out = vec![(out, None)];
    for (n, (answer, by)) in choices(item).iter().enumerate() {
        let (kind, by) = (task.declared.task, by.join(", "));
        let words = if is_spans(kind) { marked(item, answer) } else { said(kind, answer) };
        out.push((format!("  {}  {}   ({})\n", n + 1, shown::line(&words), shown::line(&by)), None));
        if let Some(text) = item.text.as_ref().filter(|_| paints && is_spans(kind)) {
            out.push(("     ".into(), None));
            out.extend(painted(task, text, answer));
            out.push(("\n".into(), None));
        }
    }
    out
}

/// A text with its spans in the colours of their classes, which are numbered as they are declared.
fn painted(task: &Task, text: &str, answer: &Json) -> Vec<(String, Option<usize>)> {
    let number = |class: String| task.declared.classes.iter().position(|c| *c.get() == class).unwrap_or(0);
    let piece = |(text, class): (String, Option<String>)| (shown::line(&text).into_owned(), class.map(number));
    cut(text, answer).into_iter().map(piece).collect()
}

/// Asks until there is a decision; `Some(None)` is a sample that is skipped, `None` the end.
fn ask(
    task: &Task,
    item: &Item,
    lines: &mut dyn Iterator<Item = std::io::Result<String>>,
) -> Result<Option<Option<Back>>, Failure> {
    let mut note = None;
    loop {
        say("> ");
        std::io::stdout().flush().map_err(|e| Failure::World(e.to_string()))?;
        let Some(line) = lines.next() else { return Ok(None) };
        let line = line.map_err(|e| Failure::World(e.to_string()))?;
        let said = match line.trim() {
            "q" => return Ok(None),
            "s" | "" => return Ok(Some(None)),
            "k" => Said::Keep,
            "d" => Said::Drop,
            words if words.starts_with('#') => {
                note = Some(words.trim_start_matches('#').trim().to_string());
                continue;
            }
            words => match value(task, item, words) {
                Ok(value) => Said::Label(value),
                Err(why) => {
                    say(&format!("  {}\n{HELP}", shown::line(&why)));
                    continue;
                }
            },
        };
        return Ok(Some(Some(Back { id: item.id.clone(), seen: item.seen.clone(), said, note, by: None })));
    }
}

/// The label that a line names: the number of an answer, or a value behind `=`.
fn value(task: &Task, item: &Item, words: &str) -> Result<Json, String> {
    let value = match words.strip_prefix('=') {
        Some(own) if is_class(task.declared.task) => Json::from(own.trim()),
        Some(own) => serde_json::from_str(own.trim()).unwrap_or_else(|_| Json::from(own.trim())),
        None => {
            let n = words.parse::<usize>().map_err(|_| format!("`{words}` is none of these"))?;
            let all = choices(item);
            let chosen = n.checked_sub(1).and_then(|n| all.get(n));
            chosen.map(|(answer, _)| (*answer).clone()).ok_or_else(|| format!("there is no answer {n}"))?
        }
    };
    judged(&task.declared, &format!("label.{}", task.name), &value).map(|_| value)
}

//! `tamis explain T0123`: what a diagnostic code means, with a wrong and a right example; `tamis explain csv.ragged`: what a finding
//! means. Needs no project.
use super::pager::say;
use super::{Context, json};
use crate::diag::nearest;
use crate::project::Failure;
use crate::report::explain::{Line, Page, finding, findings, pages};
use crate::report::lang;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// A code such as T0103, or a finding such as csv.ragged; without one, all codes and findings
    code: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema, Default)]
pub struct Told {
    codes: Vec<Explained>,
    /// Findings: the asked one, and what is said of its kind.
    findings: Vec<Finding>,
}

#[derive(Serialize, JsonSchema)]
struct Explained {
    code: &'static str,
    title: &'static str,
    /// Markdown, with the examples.
    body: &'static str,
    /// Parts of a dataset.toml; `null` where none shows it.
    wrong: Option<&'static str>,
    right: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    /// `csv.ragged`; `csv.*` for all rules that begin so.
    rule: &'static str,
    /// What it says and what to do, in the language that is chosen; empty where its kind alone is told of.
    say: &'static str,
}

/// Pages as `--json` has them.
fn explained(p: Page) -> Explained {
    let [wrong, right] = ["wrong", "right"].map(|kind| p.example(kind));
    Explained { code: p.code, title: p.title, body: p.body, wrong, right }
}

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let Some(asked) = args.code.as_deref().map(str::trim) else {
        all(args.json);
        return Ok(0);
    };
    let (code, rule) = (asked.to_uppercase(), asked.to_lowercase());
    if let Some(page) = pages().find(|p| p.code == code) {
        match args.json {
            true => json(&Told { codes: vec![explained(page)], ..Told::default() }),
            false => say(&page.text()),
        }
        return Ok(0);
    }
    let lines = finding(rule.strip_suffix(".*").unwrap_or(&rule));
    if lines.is_empty() {
        return Err(Failure::Usage(unknown(asked, &code, &rule)));
    }
    match args.json {
        true => json(&Told { findings: lines.into_iter().map(of_line).collect(), ..Told::default() }),
        false => say(&told(&rule, &lines)),
    }
    Ok(0)
}

fn of_line(line: Line) -> Finding {
    Finding { rule: line.name, say: line.say }
}

/// All codes in a line each, then the names of all findings.
fn all(as_json: bool) {
    if as_json {
        let findings = findings().into_iter().filter(|name| name.contains('.')).map(|rule| {
            let own = finding(rule).into_iter().find(|line| line.name == rule);
            Finding { rule, say: own.map_or("", |line| line.say) }
        });
        return json(&Told { codes: pages().map(explained).collect(), findings: findings.collect() });
    }
    let codes: String = pages().map(|p| format!("{}  {}\n", p.code, p.titled())).collect();
    let rules: String = findings().into_iter().map(|name| format!("{name}\n")).collect();
    say(&format!("{codes}\n{}\n\n{rules}", lang::text("findings in the data, such as `tamis explain csv.ragged`:")));
}

fn told(rule: &str, lines: &[Line]) -> String {
    let mut out = format!("{rule}\n\n");
    lines.iter().for_each(|line| out.push_str(&format!("{}\n\n", line.say)));
    out + &format!("{}\n", lang::text("`tamis show STEP --findings` names the samples, with file and line."))
}

/// What is said of a name that is neither: the one that was perhaps meant.
fn unknown(asked: &str, code: &str, rule: &str) -> String {
    let codes: Vec<Page> = pages().collect();
    let is_code = code.strip_prefix('T').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let near = match is_code {
        true => nearest(code, codes.iter().map(|p| p.code)),
        false => nearest(rule, findings()),
    };
    let what = if is_code { "code" } else { "code and no finding" };
    match near {
        Some(near) => format!("there is no {what} `{asked}`; did you mean `{near}`?"),
        None => format!("there is no {what} `{asked}`; tamis explain lists all of them"),
    }
}

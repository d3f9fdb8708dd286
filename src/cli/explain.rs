//! `tamis explain T0123`: what a diagnostic code means, with a wrong and a right example. Needs no project.
use super::pager::say;
use super::{Context, json};
use crate::diag::suggest;
use crate::project::Failure;
use crate::report::explain::{Page, pages};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// A code such as T0103; without one, all of them in a line each
    code: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    codes: Vec<Explained>,
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

/// Pages as `--json` has them.
fn told(pages: impl Iterator<Item = Page>) -> Told {
    let of = |p: Page| {
        let [wrong, right] = ["wrong", "right"].map(|kind| p.example(kind));
        Explained { code: p.code, title: p.title, body: p.body, wrong, right }
    };
    Told { codes: pages.map(of).collect() }
}

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let Some(code) = &args.code else {
        if args.json {
            json(&told(pages()));
            return Ok(0);
        }
        say(&pages().map(|p| format!("{}  {}\n", p.code, p.title)).collect::<String>());
        return Ok(0);
    };
    let wanted = code.trim().to_uppercase();
    let all: Vec<Page> = pages().collect();
    if args.json && all.iter().any(|p| p.code == wanted) {
        json(&told(pages().filter(|p| p.code == wanted)));
        return Ok(0);
    }
    match all.iter().find(|p| p.code == wanted) {
        Some(page) => say(&page.text()),
        None => {
            let help = suggest(&wanted, all.iter().map(|p| p.code));
            let help = if help.starts_with("did") { help } else { "tamis explain lists all of them".into() };
            return Err(Failure::Usage(format!("there is no code `{code}`; {help}")));
        }
    }
    Ok(0)
}

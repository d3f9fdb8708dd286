//! `tamis explain T0123`: what a diagnostic code means, with a wrong and a right example. Needs no project.
use super::{Context, say};
use crate::diag::suggest;
use crate::project::Failure;
use crate::report::explain::{Page, pages};

#[derive(clap::Args)]
pub struct Args {
    /// A code such as T0103; without one, all of them in a line each
    code: Option<String>,
}

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let Some(code) = &args.code else {
        say(&pages().map(|p| format!("{}  {}\n", p.code, p.title)).collect::<String>());
        return Ok(0);
    };
    let wanted = code.trim().to_uppercase();
    let all: Vec<Page> = pages().collect();
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

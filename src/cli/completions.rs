//! `tamis completions SHELL` and `tamis man [VERB]`: what a package of tamis brings along, printed.
use super::{Cli, Context, Printer};
use crate::diag::suggest;
use crate::project::Failure;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

#[derive(clap::Args)]
pub struct Args {
    /// The shell, whose start-up file reads what is printed
    shell: Shell,
}

#[derive(clap::Args)]
pub struct ManArgs {
    /// The page of a verb; without one that of tamis
    verb: Option<String>,
}

pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let mut out = Vec::new();
    generate(args.shell, &mut Cli::command(), "tamis", &mut out);
    Printer::default().print(&String::from_utf8_lossy(&out));
    Ok(0)
}

pub fn man(_: &Context, args: &ManArgs) -> Result<i32, Failure> {
    let mut all = Cli::command();
    all.build();
    let page = match &args.verb {
        None => all,
        Some(verb) => {
            let found = all.get_subcommands().find(|c| c.get_name() == verb);
            let known = || all.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>();
            found
                .cloned()
                .ok_or_else(|| Failure::Usage(format!("there is no verb `{verb}`; {}", suggest(verb, known()))))?
        }
    };
    let mut out = Vec::new();
    clap_mangen::Man::new(page).render(&mut out).map_err(|e| Failure::World(e.to_string()))?;
    Printer::default().print(&String::from_utf8_lossy(&out));
    Ok(0)
}

//! `tamis serve`: pages of the data set over loopback, and the questions that wait for a person.
#[cfg(not(feature = "serve"))]
use super::Context;
#[cfg(not(feature = "serve"))]
use crate::project::Failure;
use schemars::JsonSchema;
use serde::Serialize;

/// What `--json` says once the pages are there.
#[derive(Serialize, JsonSchema)]
pub struct Serving {
    /// The address on loopback, with the key that opens it.
    address: String,
}

#[derive(clap::Args)]
pub struct Args {
    /// The port; 0 is a free one. Other machines reach it through `ssh -L` alone
    #[arg(long, default_value_t = 0, value_name = "N")]
    port: u16,
    /// Who decides: lower-case letters, digits and hyphens; it names the file. Without it nobody can decide
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Build what is decided, and tell the pages
    #[arg(long)]
    watch: bool,
    /// Build nothing at the start
    #[arg(long)]
    no_build: bool,
    /// Show values that may hold personal data; asks in the terminal first
    #[arg(long)]
    raw: bool,
    /// Open the address in a browser
    #[arg(long)]
    open: bool,
    /// The address as a JSON object
    #[arg(long)]
    json: bool,
    /// How many threads; 0 is one a core
    #[arg(short, long, default_value_t = 0, value_parser = super::jobs(), value_name = "N")]
    jobs: usize,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

#[cfg(not(feature = "serve"))]
pub fn run(_: &Context, args: &Args) -> Result<i32, Failure> {
    let Args { port: _, by: _, watch: _, no_build: _, raw: _, open: _, json: _, jobs: _, partition_target: _ } = args;
    Err(Failure::Usage("this program was built without pages: cargo install tamis --features serve".into()))
}

#[cfg(feature = "serve")]
pub use live::run;

#[cfg(feature = "serve")]
mod live {
    use super::{Args, Serving};
    use crate::cli::{Context, aside, browser, diff, interrupt, json, report, say};
    use crate::engine::session::Stop;
    use crate::project::{self, Failure, Project};
    use crate::report::lang::Lang;
    use crate::report::terminal;
    use crate::review::file::named;
    use crate::serve::{Server, Setup};
    use std::io::{BufRead, IsTerminal};
    use std::thread;
    use std::time::Duration;

    /// How often the wish to stop is looked for, and a newer build.
    const LOOK: Duration = Duration::from_millis(200);

    pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
        aside(args.json);
        args.by.as_deref().map_or(Ok(()), named)?;
        if args.raw && !agreed()? {
            return Err(Failure::Usage("--raw was not agreed to in the terminal".into()));
        }
        let root = project::find(c.dir.as_deref())?;
        let root = root.canonicalize().map_err(|e| Failure::World(e.to_string()))?;
        let stop = interrupt::listen().map_err(|e| Failure::World(format!("signals: {e}")))?;
        let project = Project::open(Some(&root))?;
        let setup = Setup {
            root,
            by: args.by.clone(),
            watch: args.watch,
            raw: args.raw,
            lang: Some(language(c, &project)),
            jobs: args.jobs,
            target: args.partition_target.max(2),
            stop: stop.clone(),
            differs: Some(diff::between),
        };
        // where only a gate does not hold, the pages show why
        let exit = if args.no_build { 0 } else { report::build(c, &project, &setup.options())? };
        if exit > 1 {
            return Ok(exit);
        }
        let (server, listener) = Server::bind(setup, args.port)?;
        say(&format!("{}\n", server.address()));
        if args.json {
            json(&Serving { address: server.address() });
        }
        if args.open {
            browser::address(&project.world, &server.address())?;
        }
        let own = server.clone();
        thread::spawn(move || own.listen(listener));
        wait(&server, &stop);
        browser::forget(&project.world);
        Ok(stop.asked() as i32)
    }

    /// Stays until somebody asks to stop; a build that runs ends first, after the tasks in hand.
    fn wait(server: &Server, stop: &Stop) {
        while stop.asked() == 0 {
            thread::sleep(LOOK);
            server.tick();
        }
        server.close();
    }

    /// `--lang`, else the first language of the data set.
    fn language(c: &Context, project: &Project) -> Lang {
        let first = || terminal::dataset(project).languages.first().cloned();
        c.lang.clone().or_else(first).map_or(Lang::En, |name| Lang::of_locale(&name))
    }

    /// Asks whether personal data may be shown; a program that starts this one cannot agree.
    fn agreed() -> Result<bool, Failure> {
        if !std::io::stdin().is_terminal() {
            return Ok(false);
        }
        say("Values that may hold personal data will be shown in the browser. Type yes to go on: ");
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(|e| Failure::World(e.to_string()))?;
        Ok(line.trim() == "yes")
    }
}

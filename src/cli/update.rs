//! `tamis update`: asks whether what sources have outside is new, fetches it, and pins it in dataset.lock; asks language models what
//! has no answer, and keeps the answers.
use super::{Context, interrupt, json, say, warn};
use crate::engine::effect::Outcome;
use crate::project::Failure;
use crate::project::update::{Fetching, Hear, Options, Updated};
use crate::report::fetched;
use crate::report::progress::Transfer;

#[derive(clap::Args)]
pub struct Args {
    /// Only what these sources fetch, by the NAME of `[collect.NAME]`, or what these models are asked, by that of `[synthesize.NAME]`
    names: Vec<String>,
    /// Tell what would be asked for, and open no connection
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub way: Way,
}

// How the network is used; a doc comment here would become the help of the verbs.
#[derive(clap::Args)]
pub struct Way {
    /// How many connections at a time
    #[arg(short, long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=64), value_name = "N")]
    jobs: u64,
    /// What became of each request as JSON, one a line
    #[arg(long)]
    json: bool,
    /// A host, HOST or HOST:PORT, that may lie in a private network; may be given several times
    #[arg(long, value_name = "HOST", env = "TAMIS_ALLOW_PRIVATE", value_delimiter = ',')]
    allow_private: Vec<String>,
    /// Further tries after a failure that may pass
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=20), value_name = "N")]
    retries: u32,
    /// Touch no network: fail instead
    #[arg(long)]
    offline: bool,
    /// Milliseconds that stand for a second of waiting; for tests
    #[arg(long, hide = true, default_value_t = 1000, value_name = "N")]
    second: u64,
}

impl Way {
    pub fn options(&self, names: &[String]) -> Result<Options, Failure> {
        Ok(Options {
            names: names.to_vec(),
            jobs: self.jobs as usize,
            private: self.allow_private.clone(),
            retries: self.retries,
            second: self.second,
            dry_run: false,
            stop: interrupt::listen().map_err(|e| Failure::World(format!("signals: {e}")))?,
        })
    }

    /// `--offline` asks for what these verbs cannot do.
    pub fn online(&self, verb: &str) -> Result<(), Failure> {
        match self.offline {
            true => Err(Failure::Usage(format!("`tamis {verb}` needs the network, and --offline forbids it"))),
            false => Ok(()),
        }
    }

    /// What is told of one request as it is done.
    fn tell(&self, c: &Context, outcome: &Outcome) {
        if self.json {
            json(outcome);
        } else if let Some(line) = fetched::line(outcome).filter(|_| !c.quiet || fetched::is_problem(outcome)) {
            warn(&line);
        }
    }

    /// Does something while what comes is told.
    pub fn heard(&self, c: &Context, run: &dyn Fn(Hear) -> Result<Updated, Failure>) -> Result<Updated, Failure> {
        let transfer = Transfer::new(c.quiet || self.json);
        let tell = |outcome: &Outcome| transfer.aside(|| self.tell(c, outcome));
        let done = run(Hear { tell: &tell, moved: &|bytes| transfer.pass(bytes), says: &|text| transfer.wait(text) });
        transfer.finish();
        done
    }

    pub fn end(&self, c: &Context, done: &Updated) -> Result<i32, Failure> {
        if !self.json && !c.quiet && (done.stopped == 0 || !done.outcomes.is_empty()) {
            say(&fetched::summary(done));
        }
        if done.stopped > 0 { Err(Failure::Stopped(done.stopped)) } else { Ok(done.exit()) }
    }
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    if !args.dry_run {
        args.way.online("update")?;
    }
    let fetching = Fetching::open(c.dir.as_deref())?;
    let options = Options { dry_run: args.dry_run, ..args.way.options(&args.names)? };
    let done = args.way.heard(c, &|hear| fetching.update(&options, hear))?;
    args.way.end(c, &done)
}

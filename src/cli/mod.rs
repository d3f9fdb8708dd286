//! The command line: a file per verb. Verbs open a project, walk, and hand what they found to a report.
mod browser;
mod build;
pub use build::done;
mod check;
mod completions;
mod diff;
mod explain;
mod fetch;
mod fmt;
mod gc;
mod graph;
mod guideline;
mod interrupt;
mod label;
mod license;
mod merge;
mod new;
mod page;
mod pager;
mod pin;
mod plan;
mod privacy;
mod pull;
mod push;
mod rebuild;
use crate::project;
mod release;
mod report;
mod review;
mod revision;
mod schema;
mod schemas;
mod serve;
mod show;
mod status;
mod store;
mod trace;
mod trust;
mod update;
mod verify;
mod watch;
mod why;
mod worker;

use crate::diag::Severity;
use crate::engine::told::{Done, Event};
use crate::project::Failure;
use crate::report::lang::{self, Lang};
use crate::report::{diagnostic, shown};
use crate::world::pages;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::cell::RefCell;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// The end of the help of the command itself.
const PAGER: &str =
    "Results longer than the terminal is high go through TAMIS_PAGER, else PAGER, else less; `cat` means none";

/// Dataset as code: one dataset.toml, built like make, released like cargo.
#[derive(Parser)]
#[command(name = "tamis", version, about, max_term_width = 100, arg_required_else_help = true,
    after_help = PAGER)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

/// The options of every verb.
#[derive(clap::Args)]
struct Common {
    /// The project's folder; else the nearest one above with a dataset.toml
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    dir: Option<PathBuf>,
    /// The member of the workspace that is meant; `build` builds first what it reads of other members
    #[arg(short = 'p', long = "member", value_name = "MEMBER", global = true)]
    member: Option<String>,
    /// Print problems and results only
    #[arg(short, long, global = true)]
    quiet: bool,
    /// The language of diagnostics and help, and of what `new` writes; else that of the locale
    #[arg(long, global = true, value_name = "LANG", value_parser = ["en", "ko"])]
    lang: Option<String>,
    /// Colours: of `auto`, where a terminal shows them and NO_COLOR is not set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: clap::ColorChoice,
}

/// A verb's options are made when it is the one that is asked for: every start would pay for all of them.
#[derive(Subcommand)]
#[command(defer = true)]
enum Verb {
    /// Make a project: --from DIR looks at a folder of data
    New(new::Args),
    /// Check dataset.toml: every problem at once, nothing is built
    Check(check::Args),
    /// Lay dataset.toml out in the one way; comments stay
    Fmt(fmt::Args),
    /// Fetch what sources have outside, and pin it in dataset.lock
    Update(update::Args),
    /// Bring again what dataset.lock pins, and nothing else
    Fetch(fetch::Args),
    /// Send what the last build made to the remote, but for what is raw
    Push(push::Args),
    /// Bring what the remote holds of this data set into the store
    Pull(pull::Args),
    /// Build what changed; releases lie in out/ as candidates
    Build(build::Args),
    /// Build again whenever a file of the project changes
    Watch(watch::Args),
    /// What stands: balance of samples, gates, findings, releases
    Status(status::Args),
    /// What was planned beside what was built
    Plan(plan::Args),
    /// Why a step would run, down to the rows that changed
    Why(why::Args),
    /// A step's columns, numbers and findings
    Show(show::Args),
    /// Exchange samples and answers with labelling tools
    Label(label::Args),
    /// Let a person check what detectors of personal data find and miss
    Privacy(privacy::Args),
    /// Decide about samples one after another
    Review(review::Args),
    /// What another text of a guideline touches
    Guideline(guideline::Args),
    /// One sample's whole story
    Trace(trace::Args),
    /// Which licences the data is under, and what each use may do
    License(license::Args),
    /// The steps and what they read from each other
    Graph(graph::Args),
    /// Let the project's own steps run: shows what would run, and asks
    Trust(trust::Args),
    /// Write what people look at: one HTML file
    Report(report::Args),
    /// Look at the data set and decide about samples in a browser
    Serve(serve::Args),
    /// Freeze a release: all gates must hold
    Release(release::Args),
    /// Build a frozen release again from its commit, and compare
    RebuildCheck(rebuild::Args),
    /// How two releases differ
    Diff(diff::Args),
    /// Check a release's files, sums and roots
    Verify(verify::Args),
    /// Put together what two branches made of dataset.lock or of a file of decisions; git calls it
    #[command(hide = true)]
    MergeDriver(merge::Args),
    /// Remove from the store what no last build needs
    Gc(gc::Args),
    /// Check the store, share one between checkouts, or write a crawl as WARC
    Store(store::Args),
    /// What a diagnostic code or a finding means, with examples
    Explain(explain::Args),
    /// The JSON Schema of dataset.toml, or its reference for people
    Schema(schema::Args),
    /// Completions for a shell
    #[command(hide = true)]
    Completions(completions::Args),
    /// A manual page
    #[command(hide = true)]
    Man(completions::ManArgs),
    /// Do jobs of a build that come over standard input; a build starts it
    #[command(hide = true)]
    Worker(worker::Args),
}

/// What every verb is given.
#[derive(Clone)]
pub struct Context {
    pub dir: Option<PathBuf>,
    /// The member of a workspace that was named; `dir` is its folder.
    pub member: Option<String>,
    pub quiet: bool,
    /// The language that was asked for; the locale is none.
    pub lang: Option<String>,
    /// Problems are shown in colours.
    pub colour: bool,
}

/// Runs the command line; the exit code is `spec/architecture.md`'s.
pub fn main() -> ExitCode {
    pages::large(false);
    crate::formats::guard::hush();
    lang::choose(language());
    let Cli { common, verb } = match asked() {
        Ok(cli) => cli,
        Err(told) if lang::chosen() == Lang::En => told.exit(),
        Err(told) => return unread(&told),
    };
    let json = matches!(&verb, Verb::Build(a) if a.json);
    let colour = coloured(common.color);
    let context = Context { dir: common.dir, member: common.member, quiet: common.quiet, lang: common.lang, colour };
    let run = std::panic::catch_unwind(|| {
        let dir = match &context.member {
            Some(name) => Some(project::workspace::member(context.dir.as_deref(), name)?),
            None => context.dir.clone(),
        };
        run(&Context { dir, ..context.clone() }, &verb)
    });
    let exit = match run {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => fail(&context, &failure, json),
        Err(_) => {
            warn("this is a bug in tamis; the store is safe. Please report the lines above\n");
            if json {
                event(&Event::Done(Box::new(Done { exit: 4, ..Done::default() })));
            }
            4
        }
    };
    ExitCode::from(exit as u8)
}

/// What the command line asks for; help and mistakes are the error.
fn asked() -> Result<Cli, clap::Error> {
    let words: Vec<_> = std::env::args_os().collect();
    let whole = Cli::command();
    let matches = narrowed(&whole, &words).and_then(|command| command.try_get_matches_from(&words).ok());
    let matches = match (matches, lang::chosen()) {
        (Some(matches), _) => matches,
        (None, Lang::En) => whole.try_get_matches_from(&words)?,
        (None, Lang::Ko) => in_words(whole).try_get_matches_from(&words)?,
    };
    Cli::from_arg_matches(&matches)
}

/// The command with that verb alone which stands first among the words: clap copies the common options for each verb that there
/// is, at every start. A line that this command takes means the same to the whole one; help and mistakes are left to that.
fn narrowed(whole: &clap::Command, words: &[std::ffi::OsString]) -> Option<clap::Command> {
    let verb = words.iter().skip(1).find_map(|word| whole.find_subcommand(word))?;
    Some(Common::augment_args(clap::Command::new("tamis")).subcommand_required(true).subcommand(verb.clone()))
}

/// The language that `--lang` names, else that of the locale. It is needed before the command line is read: help is in it.
fn language() -> Lang {
    let args: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let behind = |(i, arg): (usize, &String)| match arg.strip_prefix("--lang=") {
        Some(name) => Some(name.to_string()),
        None => args.get(i + 1).filter(|_| arg == "--lang").cloned(),
    };
    let locale =
        || ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|v| std::env::var(v).ok().filter(|l| !l.is_empty()));
    let named = args.iter().take_while(|a| *a != "--").enumerate().find_map(behind);
    named.or_else(locale).map_or(Lang::En, |name| Lang::of_locale(&name))
}

/// Tells in the chosen language what is wrong with a command line, or the help that it asks for.
fn unread(told: &clap::Error) -> ExitCode {
    let text = told.render().to_string();
    match told.use_stderr() {
        true => warn(&text),
        false => say(&text),
    }
    ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2))
}

/// A command with its help in the chosen language.
fn in_words(mut command: clap::Command) -> clap::Command {
    command.build(); // or the options of a verb would not be there yet
    fn words(command: clap::Command) -> clap::Command {
        let say = |english: &clap::builder::StyledStr| lang::text(&english.to_string()).into_owned();
        let about = command.get_about().map(say);
        let after = command.get_after_help().map(say);
        let help = |arg: clap::Arg| match arg.get_help().map(say) {
            Some(help) => arg.help(help),
            None => arg,
        };
        let command = command.mut_args(help).mut_subcommands(words);
        let command = match after {
            Some(after) => command.after_help(after),
            None => command,
        };
        match about {
            Some(about) => command.about(about),
            None => command,
        }
    }
    words(command)
}

fn run(c: &Context, verb: &Verb) -> Result<i32, Failure> {
    match verb {
        Verb::New(a) => new::run(c, a),
        Verb::Check(a) => check::run(c, a),
        Verb::Fmt(a) => fmt::run(c, a),
        Verb::Push(a) => push::run(c, a),
        Verb::Pull(a) => pull::run(c, a),
        Verb::Build(a) => build::run(c, a),
        Verb::Watch(a) => watch::run(c, a),
        Verb::Status(a) => status::run(c, a),
        Verb::Plan(a) => plan::run(c, a),
        Verb::Why(a) => why::run(c, a),
        Verb::Show(a) => show::run(c, a),
        Verb::Label(a) => label::run(c, a),
        Verb::Privacy(a) => privacy::run(c, a),
        Verb::Review(a) => review::run(c, a),
        Verb::Guideline(a) => guideline::run(c, a),
        Verb::Update(a) => update::run(c, a),
        Verb::Fetch(a) => fetch::run(c, a),
        Verb::Trace(a) => trace::run(c, a),
        Verb::License(a) => license::run(c, a),
        Verb::Graph(a) => graph::run(c, a),
        Verb::Trust(a) => trust::run(c, a),
        Verb::Report(a) => report::run(c, a),
        Verb::Serve(a) => serve::run(c, a),
        Verb::Release(a) => release::run(c, a),
        Verb::RebuildCheck(a) => rebuild::run(c, a),
        Verb::Diff(a) => diff::run(c, a),
        Verb::Verify(a) => verify::run(c, a),
        Verb::MergeDriver(a) => merge::run(c, a),
        Verb::Gc(a) => gc::run(c, a),
        Verb::Store(a) => store::run(c, a),
        Verb::Explain(a) => explain::run(c, a),
        Verb::Schema(a) => schema::run(c, a),
        Verb::Completions(a) => completions::run(c, a),
        Verb::Man(a) => completions::man(c, a),
        Verb::Worker(a) => worker::run(c, a),
    }
}

/// Whether problems are shown in colours; what prints is told, too.
fn coloured(choice: clap::ColorChoice) -> bool {
    match choice {
        clap::ColorChoice::Always => {
            anstream::ColorChoice::Always.write_global();
            true
        }
        clap::ColorChoice::Never => {
            anstream::ColorChoice::Never.write_global();
            false
        }
        clap::ColorChoice::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}

/// Tells why a verb ended early.
fn fail(c: &Context, failure: &Failure, json: bool) -> i32 {
    let exit = failure.exit();
    match failure {
        Failure::Declaration(manifest, problems) if json => {
            for d in problems {
                let place = |at| (manifest.line(at), manifest.column(at));
                event(&crate::engine::told::diagnostic(d, &manifest.file, &manifest.text, place));
            }
        }
        Failure::Declaration(manifest, problems) => {
            put(&mut anstream::stderr().lock(), &diagnostic::render(manifest, problems, c.colour));
            // a warning that stands before it stops nothing
            let first = problems.iter().find(|d| d.severity == Severity::Error).or(problems.first());
            let more = first.map_or(String::new(), |d| format!("   tamis explain {}", d.code));
            warn(&format!("{}{more}\n", diagnostic::summary(problems)));
        }
        Failure::Usage(say) | Failure::World(say) | Failure::Differs(say) => {
            warn_as_is(&format!("tamis: {}\n", shown::line(&lang::text(say))))
        }
        Failure::Stopped(_) => warn("tamis: stopped; what was done is kept\n"),
        Failure::Bug(say) => {
            let bug = lang::text("this is a bug in tamis or in one of its stages");
            warn_as_is(&format!("tamis: {}\n{bug}\n", shown::line(&lang::text(say))))
        }
    }
    if json {
        if let Some(message) = failure.words() {
            event(&Event::Failure { step: None, message });
        }
        event(&Event::Done(Box::new(Done { exit, ..Done::default() })));
    }
    exit
}

/// A file of a project as it is called from outside: from the top of the checkout that a runner of GitHub works on, else from
/// the folder in which the command was called; whole where it lies elsewhere. With `/` between its parts.
pub fn from_here(project: &Path, file: &str) -> String {
    let Ok(place) = project.canonicalize() else { return file.to_string() };
    let above = [std::env::var_os("GITHUB_WORKSPACE").map(PathBuf::from), std::env::current_dir().ok()];
    let above = above.into_iter().flatten().filter_map(|folder| folder.canonicalize().ok());
    let below = above.filter_map(|folder| place.strip_prefix(folder).ok().map(Path::to_path_buf)).next();
    let whole = below.unwrap_or(place).join(file);
    whole
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
        .replacen("//", "/", 1)
}

/// More threads than any machine has are a slip of the keyboard.
const JOBS_MAX: u64 = 1024;

/// A number of threads, as the command line gives it.
fn jobs() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    clap::value_parser!(u64).range(..=JOBS_MAX).map(|n| n as usize)
}

/// Whether what is said for people goes to stderr.
static ASIDE: AtomicBool = AtomicBool::new(false);

/// With `--json` an object stands on stdout and nothing else: what is said for people goes to stderr from here on.
pub fn aside(asked: bool) {
    ASIDE.store(asked, Ordering::Relaxed);
}

/// Results, to stdout, in the chosen language.
pub fn say(text: &str) {
    say_as_is(&lang::lines(text));
}

/// Results that hold what the user wrote, or that another program reads, to stdout: no word of them is translated.
pub fn say_as_is(text: &str) {
    if ASIDE.load(Ordering::Relaxed) {
        return warn_as_is(text);
    }
    put(&mut anstream::stdout().lock(), &shown::lines(text));
}

/// Whether what goes to stdout may have colours.
pub fn paints() -> bool {
    !matches!(anstream::stdout().current_choice(), anstream::ColorChoice::Never)
}

/// Results with pieces in a colour, each of which is underlined, too; where colours are not shown, their texts alone.
pub fn say_painted(pieces: &[(String, Option<usize>)]) {
    let mut out = String::new();
    for (text, colour) in pieces {
        let text = shown::lines(text);
        match colour {
            Some(n) => out.push_str(&format!("\u{1b}[4;3{}m{text}\u{1b}[0m", 1 + n % 6)),
            None => out.push_str(&text),
        }
    }
    put(&mut anstream::stdout().lock(), &out);
}

/// Rows for other programs, to stdout; `report::sheet` wrote them so that they may stand there.
#[derive(Default)]
pub struct Printer(RefCell<String>);

impl Printer {
    pub fn print(&self, text: &str) {
        let mut held = self.0.borrow_mut();
        held.push_str(text);
        if held.len() > PRINTED {
            put(&mut anstream::stdout().lock(), &held);
            held.clear();
        }
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        put(&mut anstream::stdout().lock(), &self.0.borrow());
    }
}

/// Bytes of rows that are handed over at a time.
const PRINTED: usize = 1 << 16;

/// Problems and progress, to stderr, in the chosen language.
pub fn warn(text: &str) {
    warn_as_is(&lang::lines(text));
}

/// Problems that show lines which the user wrote, to stderr: no word of them is translated.
pub fn warn_as_is(text: &str) {
    put(&mut anstream::stderr().lock(), &shown::lines(text));
}

/// A line of JSON, to stdout.
pub fn json(value: &impl serde::Serialize) {
    let text = serde_json::to_string(value).unwrap_or_default();
    put(&mut anstream::stdout().lock(), &format!("{}\n", shown::json(&text)));
}

/// One event, one line.
pub fn event(e: &Event) {
    json(e);
}

/// A reader that went away is no error.
fn put(out: &mut impl Write, text: &str) {
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a command and its verbs say in their help, and what no table has in Korean.
    fn missing(command: &clap::Command, out: &mut std::collections::BTreeSet<String>) {
        let helps = command.get_arguments().filter_map(|a| a.get_help());
        let said = helps.chain(command.get_about()).chain(command.get_after_help()).map(|s| s.to_string());
        out.extend(said.filter(|english| !english.is_empty() && !lang::has_korean(english)));
        command.get_subcommands().for_each(|verb| missing(verb, out));
    }

    #[test]
    fn every_verb_that_speaks_json_has_a_schema() {
        fn speaking(command: &clap::Command, name: &str, out: &mut std::collections::BTreeSet<String>) {
            if command.get_arguments().any(|a| a.get_long() == Some("json")) {
                out.insert(name.trim().to_string());
            }
            command.get_subcommands().for_each(|c| speaking(c, &format!("{name} {}", c.get_name()), out));
        }
        let mut command = Cli::command();
        command.build();
        let mut all = std::collections::BTreeSet::new();
        speaking(&command, "", &mut all);
        let all: std::collections::BTreeSet<String> = all.iter().map(|verb| verb.replace(' ', "-")).collect();
        let known = schemas::SCHEMAS.iter().map(|s| s.0.to_string()).collect();
        assert_eq!(all, known, "src/cli/schemas.rs names another verb or misses one");
    }

    /// Verbs that say no JSON; `spec/json.md` says why.
    const SILENT: [&str; 5] = ["completions", "man", "merge-driver", "schema", "worker"];

    #[test]
    fn every_verb_speaks_json_or_the_page_says_why_not() {
        fn ends(command: &clap::Command, name: &str, out: &mut std::collections::BTreeSet<String>) {
            let inner = command.get_subcommands().filter(|c| c.get_name() != "help");
            match command.has_subcommands() {
                true => inner.for_each(|c| ends(c, &format!("{name} {}", c.get_name()), out)),
                false => _ = out.insert(name.trim().replace(' ', "-")),
            }
        }
        let mut command = Cli::command();
        command.build();
        let mut all = std::collections::BTreeSet::new();
        ends(&command, "", &mut all);
        let spoken = schemas::SCHEMAS.iter().map(|s| s.0);
        let known = spoken.chain(SILENT).map(String::from).collect();
        assert_eq!(all, known, "a verb has neither `--json` nor a reason why not");
        let page = include_str!("../../spec/json.md");
        let told = |verb: &str| page.lines().any(|l| l.starts_with(&format!("- `{verb}`: ")));
        let missing: Vec<&str> = SILENT.into_iter().filter(|verb| !told(verb)).collect();
        assert!(missing.is_empty(), "spec/json.md does not say why these say no JSON: {missing:?}");
    }

    #[test]
    fn the_page_on_platforms_names_every_verb() {
        let page = include_str!("../../docs/platforms.md");
        let command = Cli::command();
        let verbs = command.get_subcommands().map(|verb| verb.get_name());
        let missing: Vec<&str> = verbs.filter(|verb| *verb != "help" && !page.contains(&format!("`{verb}`"))).collect();
        assert!(missing.is_empty(), "docs/platforms.md does not name {missing:?}");
    }

    #[test]
    fn all_help_is_there_in_korean() {
        let mut command = Cli::command();
        command.build();
        let mut out = std::collections::BTreeSet::new();
        missing(&command, &mut out);
        assert!(out.is_empty(), "not in src/report/lang/ko.txt: {out:#?}");
    }
}

//! Results that are longer than the terminal is high go through the reader's pager: `TAMIS_PAGER`, else `PAGER`, else
//! `less`. An empty word or `cat` means none. Where the output is no terminal, nothing is run.
use super::{interrupt, put};
use crate::report::shown;
use crate::world::{self, World};

/// Results of a verb that a person reads, to stdout.
pub fn say(text: &str) {
    let text = shown::lines(text);
    if !paged(&text) {
        put(&mut anstream::stdout().lock(), &text);
    }
}

/// Whether a pager showed it.
fn paged(text: &str) -> bool {
    let Some(lines) = world::terminal_lines().filter(|lines| *lines > 0) else { return false };
    let Some((program, words)) = pager().filter(|_| text.lines().count() >= lines) else { return false };
    // Ctrl-C is the pager's as long as it is there
    interrupt::listen().is_ok() && world::page(&program, &words, text).is_ok()
}

/// The pager's file and what it is called with. Of a program that is not there, nothing.
fn pager() -> Option<(String, Vec<String>)> {
    let world = World::new(".");
    let set = |name| world.variable(name).map(|value| String::from_utf8_lossy(&value).into_owned());
    let asked = set("TAMIS_PAGER").or_else(|| set("PAGER")).unwrap_or_else(|| "less".into());
    let mut words = asked.split_whitespace().map(String::from);
    let program = words.next().filter(|word| word != "cat")?;
    Some((world.program_file(&program)?, words.collect()))
}

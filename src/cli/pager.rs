//! Results that are longer than the terminal is high go through the reader's pager: `TAMIS_PAGER`, else `PAGER`, else
//! `less`. An empty word or `cat` means none. Where the output is no terminal, nothing is run.
use super::{interrupt, put, warn};
use crate::report::shown;
use crate::world::{self, World};

/// Results of a verb that a person reads, to stdout, as they are: the verb knows which of them are words of tamis.
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
    let own = ["TAMIS_PAGER", "PAGER"].into_iter().find_map(|name| Some((name, set(name)?)));
    let asked = own.as_ref().map_or("less", |(_, value)| value);
    let mut words = words(asked).into_iter();
    let program = words.next().filter(|word| word != "cat" && !word.is_empty())?;
    let found = world.program_file(&program);
    if let (None, Some((name, _))) = (&found, &own) {
        warn(&format!("tamis: {name} names `{program}`, and there is no such program\n"));
    }
    Some((found?, words.collect()))
}

/// The words of a command line as a shell parts them: by blanks, but for those between quotes or behind a backslash.
fn words(line: &str) -> Vec<String> {
    let (mut out, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if c.is_whitespace() => out.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_pager_is_parted_as_a_shell_does() {
        for (line, want) in [
            ("less -R", &["less", "-R"][..]),
            ("  sh  -c 'head -2' ", &["sh", "-c", "head -2"]),
            ("\"/my tools/pager\" -x", &["/my tools/pager", "-x"]),
            ("a\\ b \"c\\\"d\" e''f \"\"", &["a b", "c\"d", "ef", ""]),
            ("", &[]),
            ("'open", &["open"]),
        ] {
            assert_eq!(words(line), want, "{line}");
        }
    }
}

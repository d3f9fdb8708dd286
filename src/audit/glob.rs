//! Globs of documents: `data/train-*`, `**/*.png`, `{train,test}/[0-9]*.parquet`. A star does not pass a slash, two do. The
//! time is bounded by the length of the pattern times that of the path.

/// Alternatives in braces that a pattern may have, all in all.
const ALTERNATIVES: usize = 64;

#[derive(Clone, Debug, PartialEq)]
enum Part {
    One(char),
    Any,
    Star,
    Stars,
    Of { chars: Vec<(char, char)>, not: bool },
}

/// A pattern, read once.
#[derive(Clone, Debug)]
pub struct Glob {
    of: Vec<Vec<Part>>,
}

impl Glob {
    pub fn new(pattern: &str) -> Glob {
        let mut of = vec![String::new()];
        spread(pattern.trim_start_matches("./"), &mut of);
        Glob { of: of.iter().map(|p| parts(p)).collect() }
    }

    pub fn fits(&self, path: &str) -> bool {
        // most paths differ before the first star
        let starts = |parts: &&Vec<Part>| {
            let mut chars = path.chars();
            let plain = parts.iter().map_while(|p| if let Part::One(c) = p { Some(*c) } else { None });
            plain.into_iter().all(|c| chars.next() == Some(c))
        };
        let mut own = self.of.iter().filter(starts).peekable();
        if own.peek().is_none() {
            return false;
        }
        let path: Vec<char> = path.chars().collect();
        own.any(|parts| fits(parts, &path))
    }
}

/// Writes the alternatives of a pattern behind each of the texts.
fn spread(pattern: &str, out: &mut Vec<String>) {
    let found = pattern.split_once('{').and_then(|(a, rest)| rest.split_once('}').map(|(b, c)| (a, b, c)));
    let Some((before, inside, behind)) = found else {
        return out.iter_mut().for_each(|text| text.push_str(pattern));
    };
    let grown = out.iter().flat_map(|text| inside.split(',').map(move |own| format!("{text}{before}{own}")));
    *out = grown.take(ALTERNATIVES).collect();
    spread(behind, out);
}

fn parts(pattern: &str) -> Vec<Part> {
    let (mut out, mut chars) = (Vec::new(), pattern.chars().peekable());
    while let Some(c) = chars.next() {
        out.push(match c {
            '?' => Part::Any,
            '*' if chars.peek() == Some(&'*') => {
                while chars.next_if_eq(&'*').is_some() {}
                chars.next_if_eq(&'/'); // `**/` is no folder, too
                Part::Stars
            }
            '*' => Part::Star,
            '[' => {
                let not = chars.next_if(|c| *c == '!' || *c == '^').is_some();
                let (mut of, mut all) = (Vec::new(), Vec::new());
                while let Some(c) = chars.next_if(|c| *c != ']') {
                    all.push(c);
                }
                chars.next();
                let mut at = 0;
                while let Some(from) = all.get(at) {
                    match (all.get(at + 1), all.get(at + 2)) {
                        (Some('-'), Some(to)) => {
                            of.push((*from, *to));
                            at += 3;
                        }
                        _ => {
                            of.push((*from, *from));
                            at += 1;
                        }
                    }
                }
                Part::Of { chars: of, not }
            }
            c => Part::One(c),
        });
    }
    out
}

fn fits(parts: &[Part], path: &[char]) -> bool {
    // which beginnings of the path the parts so far fit
    let mut now = vec![false; path.len() + 1];
    if let Some(first) = now.first_mut() {
        *first = true;
    }
    for part in parts {
        let mut next = vec![false; path.len() + 1];
        let mut open = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = now.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1).and_then(|b| Some((*path.get(b)?, now.get(b).copied()?)));
            *slot = match part {
                Part::Star | Part::Stars => {
                    open = here || (open && before.is_some_and(|(c, _)| c != '/' || *part == Part::Stars));
                    open
                }
                Part::One(own) => before.is_some_and(|(c, fit)| fit && c == *own),
                Part::Any => before.is_some_and(|(c, fit)| fit && c != '/'),
                Part::Of { chars, not } => before.is_some_and(|(c, fit)| {
                    fit && c != '/' && chars.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not
                }),
            };
        }
        now = next;
    }
    now.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_fit_paths() {
        let fits = |glob: &str, path: &str| Glob::new(glob).fits(path);
        assert!(fits("data/train-*", "data/train-00000-of-00001.parquet"));
        assert!(!fits("data/*", "data/a/b.csv") && fits("data/**", "data/a/b.csv"));
        assert!(fits("**/*.png", "a.png") && fits("**/*.png", "x/y/a.png") && !fits("*.png", "x/a.png"));
        assert!(fits("./{a,b}/[0-9]?.csv", "b/7x.csv") && !fits("{a,b}/[!0-9].csv", "a/7.csv"));
        assert!(fits("jsonl/train-[0-9][0-9].jsonl", "jsonl/train-00.jsonl"));
        let long = "*".repeat(400) + "b";
        assert!(!fits(&long, &"a".repeat(4000)));
    }
}

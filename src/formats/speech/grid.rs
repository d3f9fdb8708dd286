//! A TextGrid as Praat reads it: numbers, texts in quotes and flags in their order; all other words are passed over, so that
//! the long form and the short one are one.
use crate::formats::encoding::{self, BOM, Wrong};

/// Most tiers, and most intervals or points of all tiers: a count that a file states costs no memory before they are there.
const MOST: usize = 5_000_000;

#[derive(Debug, Default, PartialEq)]
pub struct Grid {
    pub start: f64,
    pub end: f64,
    pub tiers: Vec<Tier>,
}

#[derive(Debug, PartialEq)]
pub struct Tier {
    pub name: String,
    /// Points in time, and no stretches.
    pub points: bool,
    /// Start, end (of a point the same) and text.
    pub marks: Vec<(f64, f64, String)>,
    /// Where one interval does not begin where the one before it ends.
    pub gaps: usize,
}

/// The text of a file: UTF-8, or UTF-16 by its byte order mark.
pub fn text(bytes: &[u8]) -> Result<String, Wrong> {
    let wide = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    let text = encoding::decoded(bytes, if wide { "utf-16" } else { "utf-8" })?;
    Ok(text.strip_prefix(BOM).unwrap_or(&text).to_string())
}

enum Token<'t> {
    Number(f64),
    Text(String),
    Flag(&'t str),
}

/// The tokens of a file, and the line of the one that was read last.
struct Tokens<'t> {
    rest: &'t str,
    line: u32,
}

impl<'t> Tokens<'t> {
    fn wrong(&self, say: &str) -> Wrong {
        Wrong::new("textgrid", say).at(self.line)
    }

    fn step(&mut self, bytes: usize) -> &'t str {
        let (own, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += own.matches('\n').count() as u32;
        self.rest = rest;
        own
    }

    fn next(&mut self) -> Result<Option<Token<'t>>, Wrong> {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.step(blank);
            match self.rest.chars().next() {
                None => return Ok(None),
                Some('!') => drop(self.step(self.rest.find('\n').unwrap_or(self.rest.len()))),
                Some('"') => return self.quoted().map(Some),
                Some('<') => {
                    let end = self.rest.find('>').ok_or_else(|| self.wrong("a flag `<...>` does not end"))?;
                    return Ok(Some(Token::Flag(self.step(end + 1))));
                }
                Some(_) => {
                    let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
                    let word = self.step(end);
                    let begins = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
                    if let Some(number) = word.parse::<f64>().ok().filter(|n| begins && n.is_finite()) {
                        return Ok(Some(Token::Number(number)));
                    }
                }
            }
        }
    }

    /// A text in quotes; one that is part of it is doubled.
    fn quoted(&mut self) -> Result<Token<'t>, Wrong> {
        let (mut out, mut from) = (String::new(), 1);
        loop {
            let behind = self.rest.get(from..).unwrap_or_default();
            let at = behind.find('"').ok_or_else(|| self.wrong("a text in quotes does not end"))?;
            out.push_str(behind.get(..at).unwrap_or_default());
            from += at + 1;
            if !self.rest.get(from..).is_some_and(|rest| rest.starts_with('"')) {
                self.step(from);
                return Ok(Token::Text(out.replace("\r\n", "\n")));
            }
            out.push('"');
            from += 1;
        }
    }

    fn number(&mut self, what: &str) -> Result<f64, Wrong> {
        match self.next()? {
            Some(Token::Number(number)) => Ok(number),
            Some(_) => Err(self.wrong(&format!("something else stands where {what} is expected"))),
            None => Err(self.wrong(&format!("the file ends where {what} is expected"))),
        }
    }

    fn text(&mut self, what: &str) -> Result<String, Wrong> {
        match self.next()? {
            Some(Token::Text(text)) => Ok(text),
            Some(_) => Err(self.wrong(&format!("something else stands where {what} is expected"))),
            None => Err(self.wrong(&format!("the file ends where {what} is expected"))),
        }
    }

    fn count(&mut self, what: &str) -> Result<usize, Wrong> {
        let n = self.number(what)?;
        if n.fract() != 0.0 || !(0.0..=MOST as f64).contains(&n) {
            return Err(self.wrong(&format!("{what} is no whole number from 0 to {MOST}")));
        }
        Ok(n as usize)
    }
}

/// Reads a file. Rules: `encoding`, `textgrid`.
pub fn parse(text: &str) -> Result<Grid, Wrong> {
    let mut tokens = Tokens { rest: text, line: 1 };
    if tokens.text("\"ooTextFile\"")? != "ooTextFile" || tokens.text("\"TextGrid\"")? != "TextGrid" {
        return Err(tokens.wrong("no TextGrid: the file does not begin with \"ooTextFile\" and \"TextGrid\""));
    }
    let (start, end) = (tokens.number("the start")?, tokens.number("the end")?);
    let mut grid = Grid { start, end, tiers: Vec::new() };
    match tokens.next()? {
        Some(Token::Flag("<absent>")) => return Ok(grid),
        Some(Token::Flag("<exists>")) => {}
        _ => return Err(tokens.wrong("something else stands where <exists> or <absent> is expected")),
    }
    let (tiers, mut all) = (tokens.count("the number of tiers")?, 0);
    for _ in 0..tiers {
        let tier = tier(&mut tokens)?;
        all += tier.marks.len();
        if all > MOST {
            return Err(tokens.wrong("more intervals than are read"));
        }
        grid.tiers.push(tier);
    }
    Ok(grid)
}

fn tier(tokens: &mut Tokens) -> Result<Tier, Wrong> {
    let points = match tokens.text("the class of a tier")?.as_str() {
        "IntervalTier" => false,
        "TextTier" => true,
        _ => return Err(tokens.wrong("a tier that is neither an IntervalTier nor a TextTier")),
    };
    let name = tokens.text("the name of a tier")?;
    let (start, end) = (tokens.number("the start of a tier")?, tokens.number("the end of a tier")?);
    let n = tokens.count("the number of intervals")?;
    let (mut marks, mut gaps, mut before) = (Vec::new(), 0, start);
    for _ in 0..n {
        let at = tokens.number("a time")?;
        let until = if points { at } else { tokens.number("a time")? };
        gaps += usize::from(!points && (at - before).abs() > NOISE);
        before = until;
        marks.push((at, until, tokens.text("a label")?));
    }
    gaps += usize::from(!points && n > 0 && (end - before).abs() > NOISE);
    Ok(Tier { name, points, marks, gaps })
}

/// Times that differ by less are one: writers round them.
const NOISE: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &str = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\n0\n2.5\n<exists>\n2\n\"IntervalTier\"\n\"w \"\"x\"\"\"\n0\n2.5\n2\n0\n1\n\"so\nit\"\n1\n2.5\n\"\"\n\"TextTier\"\n\"p\"\n0\n2.5\n1\n0.5\n\"!\"\n";

    #[test]
    fn the_short_form_and_the_long_one_are_one() {
        let grid = parse(SHORT).unwrap();
        assert_eq!((grid.end, grid.tiers.len()), (2.5, 2));
        assert_eq!((grid.tiers[0].name.as_str(), grid.tiers[0].gaps), ("w \"x\"", 0));
        assert_eq!(grid.tiers[0].marks, [(0.0, 1.0, "so\nit".into()), (1.0, 2.5, "".into())]);
        assert_eq!((grid.tiers[1].points, grid.tiers[1].marks.len()), (true, 1));
        let long = "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0 \nxmax = 2.5 \ntiers? <exists> \nsize = 1 \n\
                    item []: \n    item [1]:\n        class = \"IntervalTier\" \n        name = \"w \"\"x\"\"\" \n        xmin = 0 \n\
                    xmax = 2.5 \n        intervals: size = 2 \n        intervals [1]:\n            xmin = 0 \n            xmax = 1 \n\
                    text = \"so\nit\" \n        intervals [2]:\n xmin = 1 \n xmax = 2.5 \n text = \"\" ! the end\n";
        assert_eq!(parse(long).unwrap().tiers[0], grid.tiers[0]);
        let absent = "\"ooTextFile\" \"TextGrid\" 0 1 <absent>";
        assert_eq!(parse(absent).unwrap().tiers, []);
    }

    #[test]
    fn utf16_is_read_by_its_mark() {
        let wide: Vec<u8> = [0xfeffu16].into_iter().chain(SHORT.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(parse(&text(&wide).unwrap()), parse(SHORT));
    }

    #[test]
    fn what_is_broken_is_told_with_its_line() {
        for end in (1..SHORT.trim_end().len()).filter(|end| SHORT.is_char_boundary(*end)) {
            let broken = parse(&SHORT[..end]);
            assert!(broken.is_err() || SHORT[..end].ends_with("2."), "{end}");
        }
        let many = "\"ooTextFile\" \"TextGrid\" 0 1 <exists> 1\n\"IntervalTier\" \"a\" 0 1\n99999999999";
        assert_eq!(parse(many).unwrap_err().line, 3);
        let gap = "\"ooTextFile\" \"TextGrid\" 0 3 <exists> 1 \"IntervalTier\" \"a\" 0 3 1 1 2 \"x\"";
        assert_eq!(parse(gap).unwrap().tiers[0].gaps, 2);
    }
}

//! What stands at the top of a table: lines that are no data, as a title or remarks, and the header, if there is one.
use super::recogniser::Key;
use crate::formats::Options;
use crate::formats::csv::top;
use crate::formats::csv_fields::{NAMES, SKIP, behind_skipped, values};
use crate::formats::cut::Split;
use crate::formats::cut::quoted::{Dialect, line_end};
use crate::formats::cut::text::lengths;
use crate::formats::infer::HEAD;
use crate::new::names::unlike;
use crate::new::sample::Column;
use crate::table::Value;
use std::collections::BTreeMap;

/// Records at the top that are looked at.
const LOOKED: usize = 200;
/// And bytes.
const BYTES: usize = 256 << 10;
/// Records that may stand above a header.
const ABOVE: usize = 20;

/// A number as a cell has it.
pub fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

fn filled(values: &[String]) -> usize {
    values.iter().filter(|v| !v.trim().is_empty()).count()
}

/// How many lines stand above the header, or above the first record: titles, remarks behind `#`, and lines without a value.
/// Only where a record behind them has as many values as most have.
pub fn above(text: &str, dialect: &Dialect) -> u16 {
    let mut end = text.len().min(BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or_default();
    let (mut rest, mut rows) = (text, Vec::new());
    for len in lengths(&Split::Csv(*dialect), text.as_bytes(), HEAD).into_iter().take(LOOKED) {
        let Some((own, behind)) = rest.split_at_checked(len as usize) else { break };
        rest = behind;
        let Ok(values) = values(own, dialect) else { break };
        rows.push((own, values));
    }
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    rows.iter().for_each(|(_, v)| *widths.entry(v.len()).or_default() += 1);
    let width = widths.into_iter().max_by_key(|(_, n)| *n).map_or(0, |(width, _)| width);
    let bare = |own: &&str| own.trim_start_matches('\u{feff}').trim().to_string();
    let remarks = rows.iter().take_while(|(own, _)| bare(own).starts_with('#')).count();
    // the last of them may name the columns: numbers follow it then
    let last = remarks.checked_sub(1).and_then(|n| rows.get(n)).is_some_and(|(_, v)| v.len() == width && width > 1);
    let data = rows.get(remarks).is_some_and(|(_, v)| v.iter().any(|v| is_number(v)));
    let remarks = if last && data { remarks - 1 } else { remarks };
    let title = |(own, values): &(&str, Vec<String>)| {
        let alone = values.len() == 1 && width > 1 && bare(own).contains([' ', ':']) && !bare(own).starts_with('#');
        alone || (width > 2 && values.len() == width && filled(values) < 2)
    };
    let titles = if last && data { 0 } else { rows.iter().skip(remarks).take_while(|row| title(row)).count() };
    let n = remarks + titles;
    let fits = |values: &[String]| values.len() == width && filled(values) * 2 > width;
    if n == 0 || n > ABOVE || !rows.get(n).is_some_and(|(_, values)| fits(values)) || rows.len() < n + 2 {
        return 0;
    }
    let end: usize = rows.iter().take(n).map(|(own, _)| own.len()).sum();
    let (mut at, mut lines) = (0, 0);
    while at < end {
        at = line_end(text.as_bytes(), at);
        lines += 1;
    }
    lines
}

/// The key that passes over such lines.
pub fn skipped(text: &str, dialect: &Dialect) -> Option<Key> {
    let lines = above(text, dialect);
    let first = behind_skipped(text, 0).lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let first: String = first.trim_start_matches('\u{feff}').chars().take(40).collect();
    let why = format!("what stands above the header is no data: `{}`", first.trim_end_matches([',', ';', '\t']));
    (lines > 0).then(|| Key::new(SKIP.name, lines, why))
}

/// A column as the first record names it, with the values below.
pub struct Named<'c> {
    pub name: &'c str,
    pub below: Vec<&'c str>,
}

/// What the first record of a table is.
#[derive(Debug, PartialEq)]
pub enum First {
    Names,
    /// Data, for this reason.
    Data(&'static str),
}

/// Whether the first record names the columns. `odd` are spellings of no value.
pub fn judged(columns: &[Named], odd: &[&str]) -> First {
    let numbers = |c: &Named| {
        let there: Vec<&&str> = c.below.iter().filter(|t| !t.trim().is_empty() && !odd.contains(&t.trim())).collect();
        !there.is_empty() && there.iter().all(|t| is_number(t))
    };
    // one of the values, and not a rare one: a column `c` may well hold a `c`
    let again = |c: &Named| {
        let same = c.below.iter().filter(|t| **t == c.name).count();
        !c.name.trim().is_empty() && !is_number(c.name) && same > 1 && same * 10 >= c.below.len()
    };
    if columns.iter().any(again) {
        return First::Data("a value of the first line comes again below it");
    }
    let titled = |c: &Named| {
        let name = c.name.trim();
        !name.is_empty() && !odd.contains(&name) && !is_number(name) && numbers(c)
    };
    if columns.iter().any(titled) || counts(columns) {
        return First::Names;
    }
    match columns.iter().any(|c| is_number(c.name) && numbers(c)) {
        true => First::Data("the first line holds a number"),
        false => First::Names,
    }
}

/// Whether the numbers among the names are years that the values below are not, or count the columns.
fn counts(columns: &[Named]) -> bool {
    let numbers: Vec<&Named> = columns.iter().filter(|c| is_number(c.name)).collect();
    let whole: Vec<i64> = numbers.iter().filter_map(|c| c.name.trim().parse().ok()).collect();
    let up = whole.windows(2).all(|w| matches!(w, [a, b] if *b == a + 1));
    let year = |n: &i64| (1900..=2100).contains(n);
    let below_years = || {
        let all = || numbers.iter().flat_map(|c| &c.below).filter(|t| !t.trim().is_empty());
        all().all(|t| t.trim().parse().is_ok_and(|n: i64| year(&n)))
    };
    let years = !whole.is_empty() && whole.iter().all(year) && !below_years();
    let counted = whole.len() > 1 && whole.first().is_some_and(|n| *n == 0 || *n == 1);
    whole.len() == numbers.len() && up && (years || counted)
}

/// The columns of a sample as the first record names them.
pub fn named(columns: &[Column]) -> Vec<Named<'_>> {
    columns.iter().map(|c| Named { name: &c.name, below: c.there().filter_map(Value::text).collect() }).collect()
}

/// The same where the first record could not be a header, so that it stands among the values.
pub fn above_values(columns: &[Column]) -> Vec<Named<'_>> {
    let of = columns.iter().filter(|c| !c.values.is_empty()).map(|c| Named {
        name: c.values.first().and_then(Value::text).unwrap_or_default(),
        below: c.values.iter().skip(1).filter_map(Value::text).collect(),
    });
    of.collect()
}

/// Whether the line below the first is a header, too, as pandas writes one for columns in groups: nothing but words, and numbers
/// below some of them.
pub fn is_second(columns: &[Named]) -> bool {
    let words = |c: &Named| c.below.first().is_none_or(|t| !is_number(t));
    let above = |c: &Named| {
        let (first, rest) = (c.below.first().copied().unwrap_or_default(), c.below.get(1..).unwrap_or_default());
        !first.trim().is_empty() && !rest.is_empty() && rest.iter().all(|t| is_number(t))
    };
    columns.iter().all(words) && columns.iter().any(above)
}

/// The units that the line below the header says, `(cm)` and `(명)`: each of its cells is in brackets or a unit, and some stand above numbers.
pub fn units(columns: &[Named]) -> Option<String> {
    const UNITS: &[&str] = &[
        "cm",
        "mm",
        "m",
        "km",
        "kg",
        "g",
        "mg",
        "t",
        "l",
        "ml",
        "%",
        "°c",
        "℃",
        "km²",
        "㎢",
        "m²",
        "㎡",
        "hz",
        "kwh",
        "mw",
        "won",
        "usd",
        "krw",
        "eur",
        "명",
        "원",
        "천원",
        "백만원",
        "억원",
        "개",
        "건",
        "호",
        "가구",
        "세대",
        "인",
        "대",
        "톤",
        "ha",
        "년",
        "월",
        "일",
        "시간",
        "분",
        "초",
        "단위",
        "unit",
        "units",
        "years",
        "persons",
    ];
    let bracketed =
        |t: &str| t.starts_with(['(', '[', '（']) && t.ends_with([')', ']', '）']) && t.chars().count() <= 16;
    let unit = |t: &str| bracketed(t) || UNITS.contains(&t.to_lowercase().as_str());
    let first = |c: &Named| c.below.first().map_or("", |t| t.trim()).to_string();
    let above = |c: &Named| {
        let rest = c.below.get(1..).unwrap_or_default();
        let number = |t: &&str| is_number(&t.replace(',', ""));
        !first(c).is_empty() && rest.iter().any(number) && rest.iter().all(|t| t.trim().is_empty() || number(t))
    };
    let all: Vec<String> = columns.iter().map(first).filter(|t| !t.is_empty()).collect();
    let good = !all.is_empty() && all.iter().all(|t| unit(t)) && columns.iter().any(above);
    good.then(|| all.join(", ").chars().take(40).collect())
}

/// Names as the header has them, and what passes over it and the line of units below it.
pub fn above_units(options: &Options, tsv: bool, head: &[u8], units: &str) -> Option<Vec<Key>> {
    let (rows, lines) = top(options, tsv, head, 2)?;
    let mut names: Vec<String> = Vec::new();
    for (n, own) in rows.first()?.iter().enumerate() {
        let own = if own.trim().is_empty() { format!("column-{}", n + 1) } else { own.trim().to_string() };
        names.push(unlike(&own, &names));
    }
    let why = format!("the line below the header says the units and is no sample: {units}");
    Some(vec![
        Key::new(NAMES.name, names, why),
        Key::new(SKIP.name, lines, "the names above take the place of the header"),
    ])
}

/// Names for the columns of a header that says one twice, and what passes over it. A header may be several records.
pub fn told_apart(options: &Options, tsv: bool, head: &[u8], records: usize) -> Option<Vec<Key>> {
    let (rows, lines) = top(options, tsv, head, records)?;
    let width = rows.first()?.len();
    let said = |n: usize| {
        let parts = rows.iter().filter_map(|row| row.get(n)).map(|t| t.trim()).filter(|t| !t.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    };
    let header: Vec<String> = (0..width).map(said).collect();
    let mut names: Vec<String> = Vec::new();
    let mut twice = None;
    for (n, own) in header.iter().enumerate() {
        let own = if own.is_empty() { format!("column-{}", n + 1) } else { own.clone() };
        let again = names.contains(&own);
        twice = twice.or(again.then(|| own.clone()));
        let others: Vec<String> = header.iter().skip(n + 1).chain(&names).cloned().collect();
        names.push(if again { unlike(&own, &others) } else { own });
    }
    let why = match (records, twice) {
        (1, twice) => format!("the header says `{}` more than once, so that the columns are named here", twice?),
        _ => "the first lines together name the columns, since one alone repeats its words".to_string(),
    };
    let above = "the names above take the place of the header";
    Some(vec![Key::new(NAMES.name, names, why), Key::new(SKIP.name, lines, above)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Dialect = Dialect::quoted(b',');

    #[test]
    fn titles_and_remarks_stand_above_a_header() {
        for (text, lines) in [
            ("Survey of 2024,,,\nid,a,b,c\n1,x,y,z\n2,x,y,z\n", 1),
            ("Survey of 2024\n\nid,a,b\n1,x,y\n2,x,y\n", 1),
            ("# made by hand\n# in 2024, in Seoul\nid,text\n1,a\n2,b\n", 2),
            ("# id,text\n1,a\n2,b\n", 0),
            ("text\na, b\nc, d\n", 0),
            ("id,a,b\n1,x,y\n", 0),
            (",,\nname,,\nx,1,2\ny,3,4\n", 2),
            ("", 0),
        ] {
            assert_eq!(above(text, &COMMA), lines, "{text:?}");
        }
    }

    fn first_of(rows: &[&[&'static str]]) -> First {
        let columns: Vec<Named> = (0..rows[0].len())
            .map(|n| Named { name: rows[0][n], below: rows[1..].iter().map(|r| r[n]).collect() })
            .collect();
        judged(&columns, &["NA"])
    }

    #[test]
    fn a_header_may_hold_numbers() {
        for rows in [
            [&["country", "2023", "2024"] as &[_], &["Korea", "5.1", "6"], &["Chad", "1", "2"]],
            [&["id", "text", "2024"], &["1", "a", "7"], &["2", "b", "8"]],
            [&["", "0", "1"], &["0", "0.5", "0.25"], &["1", "0.1", "0.7"]],
            [&["text", "label", "text"], &["a", "0", "b"], &["c", "1", "d"]],
        ] {
            assert_eq!(first_of(&rows), First::Names, "{rows:?}");
        }
        for rows in [
            [&["1", "good", "5"] as &[_], &["2", "bad", "4"], &["3", "well", "2"]],
            [&["x", "pos", "1.5"], &["y", "pos", "2.5"], &["z", "pos", "1"]],
            [&["NA", "2", "1.5"], &["4", "3", "2.5"], &["5", "1", "1"]],
        ] {
            assert!(matches!(first_of(&rows), First::Data(_)), "{rows:?}");
        }
    }

    #[test]
    fn a_line_of_units_is_no_record() {
        let of = |rows: &[&[&'static str]]| {
            let columns: Vec<Named> = (0..rows[0].len())
                .map(|n| Named { name: rows[0][n], below: rows[1..].iter().map(|r| r[n]).collect() })
                .collect();
            units(&columns)
        };
        assert_eq!(of(&[&["이름", "키"], &["", "(cm)"], &["가", "170"], &["나", "180"]]).as_deref(), Some("(cm)"));
        assert!(of(&[&["지역", "인구"], &["단위", "명"], &["가", "1,200"], &["나", "18"]]).is_some());
        assert!(of(&[&["a", "b"], &["x", "(cm)"], &["y", "1"], &["z", "2"]]).is_none(), "a value that is no unit");
        assert!(of(&[&["a", "b"], &["", "(x)"], &["y", "(z)"], &["z", "(w)"]]).is_none(), "no number below");
        assert!(of(&[&["a", "b"], &["", "1"], &["y", "2"], &["z", "3"]]).is_none());
    }
}

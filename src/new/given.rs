//! Which splits the data came in: as its sources are called, or as a column says in whatever words.
use super::columns::{Field, Type, field_name};
use super::guess::Guess;
use super::lists::Lists;
use super::names::{means, slug, split_of};
use super::sample::{Column, Sample};
use crate::manifest::values::is_name;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How the data says which split a sample is in.
pub enum Given {
    Nowhere,
    Sources(Vec<String>),
    /// Sources that are called as splits are, and so many samples of others that a build would refuse them as given.
    Partly(Vec<String>, Vec<String>),
    /// Files list the samples of each split.
    Lists(Lists),
    /// A column names splits.
    Column(Named),
    /// A column has words for splits, and too many others, as the first of them.
    Unclear(String, String),
}

/// A column that names splits.
#[derive(Debug, Default, PartialEq)]
pub struct Named {
    pub column: String,
    pub splits: Vec<String>,
    /// What the column says, and the split that is meant.
    pub map: Vec<(String, String)>,
    /// Names of one meaning that are joined, though they are other words.
    pub joined: Vec<(String, String)>,
    /// Values that name no split: how often each is there, and where first.
    pub odd: Vec<(String, usize, Option<String>)>,
    /// How many samples have no value, and the first of them.
    pub empty: usize,
    pub first_empty: Option<String>,
    /// The one split of the samples that have no value, where the column marks the others alone.
    pub rest: Option<String>,
}

/// Columns of splits are called so.
const NAMES: &[&str] = &[
    "split",
    "subset",
    "partition",
    "part",
    "set",
    "dataset_split",
    "data_split",
    "split_name",
    "구분",
    "분할",
    "데이터구분",
    "데이터_구분",
    "용도",
    "세트",
];
/// Splits that a column may name.
const SPLITS: usize = 8;

/// Which samples came in which split.
pub fn given(guesses: &[Guess]) -> Given {
    let named: Vec<String> =
        guesses.iter().filter(|g| g.source.split.is_some()).map(|g| g.source.name.clone()).collect();
    let own = |g: &&Guess| g.source.split.as_ref().is_some_and(|split| slug(split) == g.source.name);
    let size = |g: &Guess| if g.source.is_images() { g.source.images.len() } else { g.source.sample.rows };
    let (called, others): (Vec<&Guess>, Vec<&Guess>) = guesses.iter().partition(own);
    if named.len() > 1 && others.iter().map(|g| size(g)).sum::<usize>() * 10 > guesses.iter().map(size).sum() {
        let names = |of: &[&Guess]| of.iter().map(|g| g.source.name.clone()).collect();
        return Given::Partly(names(&called), names(&others));
    }
    if named.len() > 1 {
        let splits: BTreeSet<String> = guesses.iter().filter_map(|g| g.source.split.as_deref().map(slug)).collect();
        return Given::Sources(splits.into_iter().collect());
    }
    by_column(guesses).unwrap_or(Given::Nowhere)
}

/// The column that names splits: one that is called so, else one of which all values do.
fn by_column(guesses: &[Guess]) -> Option<Given> {
    let fields = || guesses.iter().flat_map(|g| g.fields.all.iter().map(move |f| (g, f)));
    let mut unclear = None;
    for called in [true, false] {
        for (g, f) in fields() {
            let column = g.source.sample.columns.get(f.column);
            let Some(own) = column.filter(|c| is_called(c) == called) else { continue };
            if f.ty == Type::Text
                && let Some(named) = named(&g.source.sample, own, &f.name, called)
            {
                return Some(Given::Column(named));
            }
            if let Some(named) = marked(own, f) {
                return Some(Given::Column(named));
            }
            if let Some(first) = speaks_of_splits(own).filter(|_| called && f.ty == Type::Text) {
                unclear.get_or_insert(Given::Unclear(f.name.clone(), first));
            }
        }
    }
    for sheet in guesses.iter().filter_map(|g| g.source.sheet.as_ref()) {
        for column in sheet.sample.columns.iter().filter(|c| sheet.columns.contains(&c.name) && is_called(c)) {
            let field = field_name(&column.name);
            if let Some(named) = field.and_then(|field| named(&sheet.sample, column, &field, true)) {
                return Some(Given::Column(named));
            }
        }
    }
    unclear
}

fn is_called(column: &Column) -> bool {
    NAMES.contains(&column.name.trim().to_lowercase().as_str())
}

/// What a value says: the split of a word that everybody uses, or a name of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Word(&'static str),
    Own(String),
}

/// The splits that a column names. Of one that is not called so every value must name one, and only in the words that everybody
/// uses; of one that is, a tenth of the values may name none: a word with a slip, another spelling.
fn named(sample: &Sample, column: &Column, field: &str, called: bool) -> Option<Named> {
    let rows = column.values.len();
    let mut times: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut empty, mut first_empty) = (0, None);
    for (row, value) in column.values.iter().enumerate() {
        match value.text().map(str::trim).filter(|t| !t.is_empty()) {
            Some(text) => times.entry(text.to_string()).or_insert((0, row)).0 += 1,
            None => {
                empty += 1;
                first_empty.get_or_insert(row);
            }
        }
    }
    let says = |text: &str, n: usize| match means(text) {
        Some(word) => Some(Says::Word(word)),
        None if called && split_of(text).is_some() => Some(Says::Own(slug(text))).filter(|_| !slug(text).is_empty()),
        // a name of its own, which many samples have
        None => {
            (called && n * 20 >= rows && times.len() < SPLITS && is_name(text)).then(|| Says::Own(text.to_string()))
        }
    };
    let mut of: BTreeMap<Says, Vec<(&str, usize)>> = BTreeMap::new();
    let mut odd = Vec::new();
    for (text, (n, row)) in &times {
        match says(text, *n) {
            Some(says) => of.entry(says).or_default().push((text.as_str(), *n)),
            None => odd.push((text.clone(), *n, sample.place(*row))),
        }
    }
    let known =
        of.keys().any(|says| matches!(says, Says::Word("train"))) || of.keys().filter(|s| is_word(s)).count() > 1;
    let unsaid: usize = odd.iter().map(|(_, n, _)| n).sum();
    let lone = of.len() == 1 && called && odd.is_empty() && empty > 0 && !of.contains_key(&Says::Word("train"));
    let whole = (odd.is_empty() && empty == 0) || called;
    if !(whole && unsaid * 10 <= rows && of.len() < SPLITS && (known && of.len() > 1 || lone && of.keys().all(is_word)))
    {
        return None;
    }
    let mut out = Named {
        column: field.to_string(),
        odd,
        empty,
        first_empty: first_empty.and_then(|row| sample.place(row)),
        ..Named::default()
    };
    for (says, texts) in &of {
        let name = name(says, texts);
        for (text, _) in texts.iter().filter(|(text, _)| *text != name) {
            if slug(text) != name && is_name(text) {
                out.joined.push((text.to_string(), name.clone()));
            }
            out.map.push((text.to_string(), name.clone()));
        }
        out.splits.push(name);
    }
    if lone {
        out.rest = Some("train".into());
        out.splits.push("train".into());
    }
    Some(out)
}

fn is_word(says: &Says) -> bool {
    matches!(says, Says::Word(_))
}

/// What a split is called: as most samples have it where that can be a name.
fn name(says: &Says, texts: &[(&str, usize)]) -> String {
    let mut texts: Vec<(&str, usize)> = texts.to_vec();
    texts.sort_by_key(|(text, n)| (!is_name(text), std::cmp::Reverse(*n), *text));
    let first = texts.first().map_or(String::new(), |(text, _)| slug(text));
    match says {
        Says::Own(name) => name.clone(),
        Says::Word(word) if first.is_empty() => word.to_string(),
        Says::Word(_) => first,
    }
}

/// A column of truth values that says of one split whether a sample is in it.
fn marked(column: &Column, field: &Field) -> Option<Named> {
    let name = column.name.trim().to_lowercase();
    let word = ["is_", "in_", "is-", "in-", "is"].iter().find_map(|start| name.strip_prefix(start)).unwrap_or_default();
    let word = means(word).filter(|_| field.ty == Type::Bool)?;
    let other = if word == "train" { "test" } else { "train" };
    let both: BTreeSet<String> = column.there().filter_map(Value::key_text).map(|t| t.to_lowercase()).collect();
    (both.len() > 1).then(|| Named {
        column: field.name.clone(),
        splits: vec![word.into(), other.into()],
        map: vec![("false".into(), other.into()), ("true".into(), word.into())],
        ..Named::default()
    })
}

/// The first word that names no split, of a column that has words for several.
fn speaks_of_splits(column: &Column) -> Option<String> {
    let words: BTreeSet<&str> = column.there().filter_map(Value::text).map(str::trim).collect();
    let speaks = |w: &&&str| split_of(w).is_some() || means(w).is_some();
    let odd = words.iter().filter(|w| !w.is_empty()).find(|w| !speaks(w));
    (words.iter().filter(speaks).count() > 1).then(|| odd.map_or("null".into(), |w| w.chars().take(40).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[(&str, usize)]) -> Column {
        let values = values.iter().flat_map(|(text, n)| {
            let value = if text.is_empty() { Value::Null } else { Value::Text(text.to_string()) };
            std::iter::repeat_n(value, *n)
        });
        Column { name: "split".into(), ty: "utf8".into(), names: Vec::new(), values: values.collect() }
    }

    fn of(values: &[(&str, usize)], called: bool) -> Option<(String, String, usize)> {
        let named = named(&Sample::default(), &column(values), "split", called)?;
        let map: Vec<String> = named.map.iter().map(|(from, to)| format!("{from}={to}")).collect();
        Some((named.splits.join(" "), map.join(" "), named.odd.len() + named.empty))
    }

    #[test]
    fn words_for_splits_are_known_in_whatever_spelling() {
        // values with how often they stand; splits, map and how many rows are in none
        type Case = (&'static [(&'static str, usize)], &'static str, &'static str, usize);
        let cases: &[Case] = &[
            (&[("train", 80), ("test", 20)], "test train", "", 0),
            (&[("TRAIN", 80), ("TEST", 20)], "test train", "TEST=test TRAIN=train", 0),
            (&[("train", 80), ("Train", 3), ("test", 20)], "test train", "Train=train", 0),
            (&[("학습", 80), ("검증", 10), ("평가용", 10)], "test train valid", "평가용=test 학습=train 검증=valid", 0),
            (
                &[("train", 80), ("dev", 9), ("validation", 10), ("test", 9)],
                "test train validation",
                "dev=validation",
                0,
            ),
            (&[("train", 80), ("test", 19), ("tset", 1), ("", 5)], "test train", "", 6),
            (&[("train", 60), ("test1", 20), ("test_2", 20)], "test-2 test1 train", "test_2=test-2", 0),
            (&[("train", 60), ("holdout", 40)], "train holdout", "", 0),
        ];
        for (values, splits, map, others) in cases {
            let got = of(values, true).unwrap_or_default();
            let sorted = |t: &str| t.split(' ').map(String::from).collect::<BTreeSet<_>>();
            assert_eq!((sorted(&got.0), sorted(&got.1), got.2), (sorted(splits), sorted(map), *others), "{values:?}");
        }
        for values in [&[("train", 50usize), ("x y", 50)] as &[_], &[("a", 50), ("b", 50)], &[("train", 100)]] {
            assert_eq!(of(values, true), None, "{values:?}");
        }
    }

    #[test]
    fn a_column_that_is_called_otherwise_must_name_splits_alone() {
        assert!(of(&[("train", 50), ("dev", 50)], false).is_some());
        assert!(of(&[("train", 50), ("dev", 50), ("", 1)], false).is_none());
        assert!(of(&[("train", 50), ("bus", 50)], false).is_none());
        assert!(of(&[("valid", 50), ("invalid", 50)], false).is_none(), "a class of another meaning");
    }

    #[test]
    fn a_column_may_mark_one_split_alone() {
        let got = of(&[("test", 20), ("", 80)], true).unwrap_or_default();
        assert_eq!((got.0.as_str(), got.2), ("test train", 80));
    }
}

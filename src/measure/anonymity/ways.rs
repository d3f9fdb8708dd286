//! How a value is generalised: by a tree that somebody wrote, by intervals, by prefixes, by parts of a date, or at once.
use crate::model::days;
use std::collections::{BTreeMap, HashMap};

/// The most general value.
pub const STAR: &str = "*";

/// How the values of a column are generalised, from level 0 (as they are) on.
#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// Never.
    Keep,
    /// As they are, or not at all.
    Suppress,
    /// Numbers in intervals of these widths, each a multiple of the one before; one begins at `from`.
    Intervals { widths: Vec<i64>, from: i64 },
    /// So many first characters, fewer at each level; a `*` stands for each of the others.
    Prefixes(Vec<usize>),
    /// Days as ever longer parts of the calendar.
    Dates(Vec<Calendar>),
    /// A tree that somebody wrote.
    Tree(Tree),
    /// Numbers in order, which are cut where that serves; for local recoding alone.
    Range,
}

/// A part of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calendar {
    Month,
    Quarter,
    Year,
    Decade,
}

/// A generalisation hierarchy as a table: each row is a value followed by what it is generalised to, level by level.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Values in the order of the rows.
    pub leaves: Vec<String>,
    /// For each level from 1 on what each value is there.
    pub levels: Vec<Vec<String>>,
    places: HashMap<String, usize>,
}

/// Why rows are no hierarchy: the row, from 1, and what is wrong there.
#[derive(Debug, PartialEq)]
pub struct WrongTree {
    pub row: usize,
    pub say: String,
}

impl Tree {
    /// Values that are one on some level must be one on all later ones. A last level with several values gets `*` above it.
    pub fn of(rows: &[Vec<String>]) -> Result<Tree, WrongTree> {
        let wrong = |row: usize, say: String| Err(WrongTree { row: row + 1, say });
        let width = rows.first().map_or(0, Vec::len);
        if width < 2 {
            return wrong(0, "a value and at least one level above it are needed".into());
        }
        let mut tree = Tree { levels: vec![Vec::with_capacity(rows.len()); width - 1], ..Tree::default() };
        for (n, row) in rows.iter().enumerate() {
            let Some((leaf, above)) = row.split_first().filter(|_| row.len() == width) else {
                return wrong(n, format!("{} values, the first row has {width}", row.len()));
            };
            if tree.places.insert(leaf.clone(), n).is_some() {
                return wrong(n, "this value stands in an earlier row already".into());
            }
            tree.leaves.push(leaf.clone());
            tree.levels.iter_mut().zip(above).for_each(|(level, value)| level.push(value.clone()));
        }
        for (below, above) in tree.levels.iter().zip(tree.levels.iter().skip(1)) {
            let mut parent: BTreeMap<&str, &str> = BTreeMap::new();
            for (n, (child, own)) in below.iter().zip(above).enumerate() {
                if *parent.entry(child).or_insert(own) != own {
                    return wrong(
                        n,
                        "what it is generalised to first is another value on a later level elsewhere".into(),
                    );
                }
            }
        }
        let top = tree.levels.last().and_then(|l| l.first().cloned());
        if tree.levels.last().is_some_and(|l| l.iter().any(|v| Some(v) != top.as_ref())) {
            tree.levels.push(vec![STAR.into(); tree.leaves.len()]);
        }
        Ok(tree)
    }

    /// Where a value stands.
    pub fn place(&self, value: &str) -> Option<usize> {
        self.places.get(value).copied()
    }
}

impl Way {
    /// How many levels there are, the value itself among them.
    pub fn levels(&self) -> usize {
        match self {
            Way::Keep | Way::Range => 1,
            Way::Suppress => 2,
            Way::Intervals { widths, .. } => widths.len() + 2,
            Way::Prefixes(kept) => kept.len() + 2,
            Way::Dates(parts) => parts.len() + 2,
            Way::Tree(tree) => tree.levels.len() + 1,
        }
    }

    /// Whether a value is one that it knows how to generalise.
    pub fn knows(&self, value: &str) -> bool {
        match self {
            Way::Keep | Way::Suppress | Way::Prefixes(_) => true,
            Way::Intervals { .. } => whole(value).is_some(),
            Way::Range => value.parse::<f64>().is_ok_and(f64::is_finite),
            Way::Dates(_) => days::is_day(value),
            Way::Tree(tree) => tree.place(value).is_some(),
        }
    }

    /// A value on a level. One that it does not know, and one that is missing, is `*` on every level but the first.
    pub fn at(&self, value: Option<&str>, level: usize) -> Option<String> {
        if level == 0 {
            return value.map(str::to_string);
        }
        let last = level + 1 >= self.levels();
        let own = value.filter(|_| !last || matches!(self, Way::Tree(_))).and_then(|value| match self {
            Way::Keep | Way::Range => Some(value.to_string()),
            Way::Suppress => None,
            Way::Intervals { widths, from } => {
                let (width, n) = (*widths.get(level - 1)?, whole(value)?);
                let low = n.checked_sub(*from)?.div_euclid(width).checked_mul(width)?.checked_add(*from)?;
                Some(format!("[{low}, {})", low.checked_add(width)?))
            }
            Way::Prefixes(kept) => Some(prefix(value, *kept.get(level - 1)?)),
            Way::Dates(parts) => part(value, *parts.get(level - 1)?),
            Way::Tree(tree) => tree.levels.get(level - 1)?.get(tree.place(value)?).cloned(),
        });
        Some(own.unwrap_or_else(|| STAR.into()))
    }
}

/// The whole number at or below a number that is written in decimal.
fn whole(value: &str) -> Option<i64> {
    if let Ok(n) = value.parse::<i64>() {
        return Some(n);
    }
    let n = value.parse::<f64>().ok().filter(|n| n.abs() < 9e15)?;
    Some(n.floor() as i64)
}

fn prefix(value: &str, kept: usize) -> String {
    value.chars().enumerate().map(|(n, c)| if n < kept { c } else { '*' }).collect()
}

fn part(day: &str, of: Calendar) -> Option<String> {
    let (year, month) = (day.get(..4)?, day.get(5..7)?);
    if !days::is_day(day) {
        return None;
    }
    Some(match of {
        Calendar::Month => format!("{year}-{month}"),
        Calendar::Quarter => format!("{year}-Q{}", month.parse::<u8>().ok()?.div_ceil(3)),
        Calendar::Year => year.to_string(),
        Calendar::Decade => format!("{}0s", year.get(..3)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(way: &Way, value: &str) -> Vec<String> {
        (0..way.levels()).map(|level| way.at(Some(value), level).unwrap()).collect()
    }

    #[test]
    fn values_become_more_general_level_by_level() {
        let ages = Way::Intervals { widths: vec![5, 10], from: 0 };
        assert_eq!(all(&ages, "37"), ["37", "[35, 40)", "[30, 40)", "*"]);
        assert_eq!(all(&ages, "-1"), ["-1", "[-5, 0)", "[-10, 0)", "*"]);
        assert_eq!(all(&ages, "36.5"), ["36.5", "[35, 40)", "[30, 40)", "*"]);
        assert_eq!(all(&Way::Intervals { widths: vec![10], from: 17 }, "37"), ["37", "[37, 47)", "*"]);
        assert_eq!(all(&Way::Prefixes(vec![3, 1]), "13053"), ["13053", "130**", "1****", "*"]);
        let days = Way::Dates(vec![Calendar::Month, Calendar::Quarter, Calendar::Year, Calendar::Decade]);
        assert_eq!(all(&days, "1987-05-09"), ["1987-05-09", "1987-05", "1987-Q2", "1987", "1980s", "*"]);
        assert_eq!(all(&days, "in May"), ["in May", "*", "*", "*", "*", "*"]);
        assert_eq!(all(&Way::Suppress, "x"), ["x", "*"]);
        assert_eq!((Way::Suppress.at(None, 0), Way::Suppress.at(None, 1)), (None, Some("*".into())));
        assert!(!ages.knows("thirty") && !days.knows("1987-02-30") && Way::Range.knows("1e3"));
    }

    #[test]
    fn a_tree_is_nested_and_ends_in_one_value() {
        let rows = |text: &str| -> Vec<Vec<String>> {
            text.lines().map(|l| l.split(',').map(str::to_string).collect()).collect()
        };
        let tree = Tree::of(&rows("Seoul,Capital\nSuwon,Capital\nBusan,South")).unwrap();
        assert_eq!(all(&Way::Tree(tree.clone()), "Suwon"), ["Suwon", "Capital", "*"]);
        assert_eq!(Way::Tree(tree.clone()).at(Some("Ulsan"), 1), Some("*".into()));
        assert_eq!(Way::Tree(tree).at(None, 0), None);
        let wrong = |text: &str| Tree::of(&rows(text)).unwrap_err().row;
        assert_eq!(wrong("a,b\na,c"), 2);
        assert_eq!(wrong("a,b\nc"), 2);
        assert_eq!(wrong("a"), 1);
        assert_eq!(wrong("a,x,p\nb,x,q"), 2);
    }
}

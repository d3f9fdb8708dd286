//! Equivalence classes: the rows that nobody can tell apart by their quasi-identifiers, and what is measured of them.
use super::held::Own;
use super::models::{Distance, Model, Ratio, Reference, effective_values, head_and_tail};
use super::table::Table;

/// The class of a tuple that is in none: its rows are suppressed.
pub const NONE: u32 = u32::MAX;

/// Which class each tuple is in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    /// [`NONE`] where a tuple is suppressed.
    pub of: Vec<u32>,
    pub all: Vec<Own>,
}

/// The tuples of each class, one after another, and where each class ends.
pub(super) fn members(of: &[u32], classes: u32) -> (Vec<u32>, Vec<usize>) {
    let mut ends = vec![0usize; classes as usize];
    for class in of {
        if let Some(n) = ends.get_mut(*class as usize) {
            *n += 1;
        }
    }
    let mut next = 0;
    for end in &mut ends {
        next += std::mem::replace(end, next);
    }
    let mut out = vec![0u32; next];
    for (tuple, class) in of.iter().enumerate() {
        if let Some(at) = ends.get_mut(*class as usize) {
            if let Some(slot) = out.get_mut(*at) {
                *slot = tuple as u32;
            }
            *at += 1;
        }
    }
    (out, ends)
}

/// The counts of each sensitive column over all tuples that `kept` names.
pub fn references(table: &Table, kept: impl Fn(usize) -> bool) -> Vec<Reference> {
    let tuples: Vec<u32> = (0..table.len()).filter(|t| kept(*t)).map(|t| t as u32).collect();
    let own = Own::of(table, &tuples);
    let of = |(values, column): (&Vec<(u32, u64)>, &super::table::Sensitive)| {
        let mut counts = vec![0u64; column.values as usize];
        for (value, n) in values {
            if let Some(count) = counts.get_mut(*value as usize) {
                *count = *n;
            }
        }
        let total = counts.iter().sum();
        Reference { counts, total }
    };
    own.values.iter().zip(&table.sensitive).map(of).collect()
}

impl Classes {
    /// Tuples that are in the class of the number that `of` says.
    pub fn new(table: &Table, of: Vec<u32>, classes: u32) -> Classes {
        let (list, ends) = members(&of, classes);
        let (mut all, mut from) = (Vec::with_capacity(ends.len()), 0);
        for end in ends {
            all.push(Own::of(table, list.get(from..end).unwrap_or_default()));
            from = end;
        }
        Classes { of, all }
    }

    /// The same classes without those that do not hold what is asked.
    pub fn without_failing(mut self, model: &Model, reference: &[Reference]) -> Classes {
        let mut numbers: Vec<u32> = Vec::with_capacity(self.all.len());
        let mut next = 0;
        for own in &self.all {
            let holds = model.holds(own, reference);
            numbers.push(if holds { next } else { NONE });
            next += u32::from(holds);
        }
        let mut kept = numbers.iter().map(|n| *n != NONE);
        self.all.retain(|_| kept.next().unwrap_or(false));
        self.of.iter_mut().for_each(|c| *c = numbers.get(*c as usize).copied().unwrap_or(NONE));
        self
    }

    /// How many rows are in a class.
    pub fn rows(&self) -> u64 {
        self.all.iter().map(|c| c.rows).sum()
    }

    /// How many classes do not hold what is asked.
    pub fn failing(&self, model: &Model, reference: &[Reference]) -> u64 {
        self.all.iter().filter(|own| !model.holds(own, reference)).count() as u64
    }
}

/// What is measured of a sensitive column: the worst class decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// The fewest different values in a class.
    pub distinct: u64,
    /// The fewest effective values: e to the least entropy.
    pub entropy: f64,
    /// The greatest distance from the whole table.
    pub t: Ratio,
    /// The greatest share of one value in a class.
    pub alpha: Ratio,
    /// What c of (c, l)-diversity must be greater than, with the l that is asked or else `distinct`. `None` if the tail of
    /// some class is empty.
    pub recursive: Option<Ratio>,
    /// How many classes are not (c, l)-diverse, with what is asked.
    pub not_recursive: u64,
    /// The greatest gain in the share of a value, (p - q) / q.
    pub beta: f64,
    /// The greatest |ln(p / q)|.
    pub delta: f64,
    /// Rows with another value than the most frequent one of their class.
    pub minority: u64,
}

/// What is measured of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    pub rows: u64,
    pub classes: u64,
    /// The least size of a class.
    pub k: u64,
    pub max: u64,
    /// Rows in a class of one.
    pub unique: u64,
    /// The sum of the squares of the rows of each class, and all rows for each row that is suppressed.
    pub discernibility: u128,
    pub sensitive: Vec<Values>,
}

impl Measures {
    /// Measured against what is in the classes. `model` says how far values are from one another, and the l of recursion.
    pub fn of(table: &Table, classes: &Classes, model: &Model) -> Measures {
        let reference = references(table, |t| classes.of.get(t).is_some_and(|c| *c != NONE));
        let sizes = || classes.all.iter().map(|c| c.size);
        let rows = classes.rows();
        let lost = u128::from(table.total - rows) * u128::from(table.total);
        Measures {
            rows,
            classes: classes.all.len() as u64,
            k: sizes().min().unwrap_or(0),
            max: sizes().max().unwrap_or(0),
            unique: classes.all.iter().filter(|c| c.size == 1).map(|c| c.rows).sum(),
            discernibility: classes.all.iter().map(|c| u128::from(c.rows) * u128::from(c.rows)).sum::<u128>() + lost,
            sensitive: (0..table.sensitive.len()).map(|n| Values::of(classes, n, model, reference.get(n))).collect(),
        }
    }
}

impl Values {
    fn of(classes: &Classes, column: usize, model: &Model, reference: Option<&Reference>) -> Values {
        let (none, asked) = (Reference::default(), model.sensitive.get(column));
        let reference = reference.unwrap_or(&none);
        let each = || classes.all.iter().filter_map(|c| c.values.get(column));
        let distinct = each().map(|v| v.len() as u64).min().unwrap_or(0);
        let l = asked.and_then(|d| d.recursive).map_or(distinct.max(1) as usize, |r| r.1);
        let distance = asked.map_or(&Distance::Equal, |d| &d.distance);
        let mut out = Values {
            distinct,
            entropy: each().map(|v| effective_values(v)).fold(f64::INFINITY, f64::min),
            t: Ratio::new(0u8, 1u8),
            alpha: Ratio::new(0u8, 1u8),
            recursive: Some(Ratio::new(0u8, 1u8)),
            not_recursive: 0,
            beta: 0.0,
            delta: 0.0,
            minority: 0,
        };
        for values in each() {
            let (head, tail) = head_and_tail(values, l);
            let n: u64 = values.iter().map(|v| v.1).sum();
            let greater = |a: Ratio, b: Ratio| if a.at_most(b) { b } else { a };
            out.t = greater(out.t, distance.of(values, reference));
            out.alpha = greater(out.alpha, Ratio::new(head, n.max(1)));
            out.recursive = out.recursive.filter(|_| tail > 0).map(|r| greater(r, Ratio::new(head, tail)));
            let (c, asked) = asked.and_then(|d| d.recursive).unzip();
            let short = asked.is_some_and(|l| values.len() < l);
            let most = c.is_some_and(|c| u128::from(head) * c.under >= c.over * u128::from(tail));
            out.not_recursive += u64::from(short || most);
            out.minority += n - head;
            for (value, f) in values {
                let q = reference.counts.get(*value as usize).copied().unwrap_or(0) as f64;
                let gain = (*f as f64 * reference.total as f64) / (n as f64 * q);
                out.beta = out.beta.max(gain - 1.0);
                out.delta = out.delta.max(libm::log(gain).abs());
            }
        }
        out
    }
}

/// The risk that somebody in the table is found again.
#[derive(Clone, Debug, PartialEq)]
pub struct Risk {
    /// Of somebody who is known to be in the table, at worst: one in the smallest class.
    pub prosecutor: Ratio,
    /// Of everybody on average: classes per person.
    pub marketer: Ratio,
    /// The share of rows in classes in which the risk of each is greater than a threshold.
    pub above: Ratio,
    /// Of somebody of whom it is only known that they are in the population, at worst; and of everybody on average.
    pub journalist: Option<(Ratio, f64)>,
}

impl Risk {
    /// `population` says how many of the population are in each class.
    pub fn of(classes: &Classes, threshold: Ratio, population: Option<&[u64]>) -> Risk {
        let least = classes.all.iter().map(|c| c.size).min().unwrap_or(0);
        let people: u64 = classes.all.iter().map(|c| c.size).sum();
        let above = |c: &&Own| !Ratio::new(1u8, c.size.max(1)).at_most(threshold);
        let rows: u64 = classes.all.iter().filter(above).map(|c| c.rows).sum();
        let journalist = population.map(|of| {
            // whoever is in the table is in the population
            let within = classes.all.iter().zip(of.iter().copied().chain(std::iter::repeat(0)));
            let within: Vec<(u64, u64)> = within.map(|(c, n)| (c.size, n.max(c.size).max(1))).collect();
            let fewest = within.iter().map(|w| w.1).min().unwrap_or(0);
            let sum: f64 = within.iter().map(|(own, all)| *own as f64 / *all as f64).sum();
            (Ratio::new(u8::from(fewest > 0), fewest.max(1)), if people == 0 { 0.0 } else { sum / people as f64 })
        });
        Risk {
            prosecutor: Ratio::new(u8::from(least > 0), least.max(1)),
            marketer: Ratio::new(classes.all.len() as u64, people.max(1)),
            above: Ratio::new(rows, classes.rows().max(1)),
            journalist,
        }
    }
}

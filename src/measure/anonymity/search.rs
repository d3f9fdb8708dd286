//! Full-domain generalisation: one level for each quasi-identifier, so that every class holds what is asked and as little as
//! possible is lost. All combinations of levels are a lattice; the best one is found without looking at each.
//!
//! Loss without suppression is known before any class is counted, and never falls as levels rise; so combinations are taken
//! with the least of it first, and all is decided once it passes the best loss that was found. From each undecided one a path
//! climbs to more general ones. Somewhere on it classes become large enough, and that place is found by halves: below it
//! nothing can hold, nor any combination that is less general in all attributes.
//!
//! That a combination which fails makes all less general ones fail is true of every model where nothing may be suppressed, and
//! of k and of the number of values in any case: a union with a class that holds them holds them. It is not true of entropy,
//! recursion and t where classes may be suppressed, so these tag nothing then.
//!
//! Of several that lose equally the one with the fewest steps of generalisation is taken, and of these the one that generalises
//! the later attributes less.
use super::classes::{Classes, NONE, members, references};
use super::held::Own;
use super::models::{Model, Ratio, Reference};
use super::score::{Objective, Score, loss, sums, sums_from};
use super::table::Table;
use std::cmp::Ordering;

/// All combinations of levels.
pub struct Lattice {
    /// How many levels each attribute has.
    pub levels: Vec<usize>,
}

impl Lattice {
    pub fn of(table: &Table) -> Lattice {
        Lattice { levels: table.attributes.iter().map(|a| a.levels.len().max(1)).collect() }
    }

    /// How many combinations there are.
    pub fn len(&self) -> usize {
        self.levels.iter().fold(1, |n: usize, of| n.saturating_mul(*of))
    }

    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// The levels of a combination; the first attribute turns fastest.
    pub fn node(&self, mut number: usize) -> Vec<usize> {
        let digit = |of: &usize| {
            let own = number % of;
            number /= of;
            own
        };
        self.levels.iter().map(digit).collect()
    }

    fn number(&self, node: &[usize]) -> usize {
        node.iter().zip(&self.levels).rev().fold(0, |n, (level, of)| n * of + level)
    }
}

/// The best combination.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub levels: Vec<usize>,
    pub classes: Classes,
    pub loss: f64,
    /// How many combinations there are, and how many of them were counted.
    pub nodes: usize,
    pub looked: usize,
}

/// Where a combination stands.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Nothing,
    /// It cannot hold what is asked.
    Fails,
    Judged,
}

struct Search<'t> {
    table: &'t Table,
    model: &'t Model,
    objective: Objective,
    reference: Vec<Reference>,
    /// So many rows may be suppressed.
    most: u64,
    lattice: Lattice,
    known: Vec<Known>,
    /// The loss of each level of each attribute as if nothing were suppressed, as sums over the rows.
    margins: Vec<Vec<u64>>,
    best: Option<(Score, Vec<usize>)>,
    looked: usize,
}

/// The best combination of levels where at most a share of the rows may be suppressed; `None` if none holds what is asked.
pub fn search(table: &Table, model: &Model, suppressed: Ratio, objective: Objective) -> Option<Found> {
    let most = (u128::from(table.total) * suppressed.over / suppressed.under.max(1)) as u64;
    let lattice = Lattice::of(table);
    let nodes = lattice.len();
    let mut s = Search {
        table,
        model,
        objective,
        reference: references(table, |_| true),
        most,
        known: vec![Known::Nothing; nodes],
        margins: margins(table, &lattice),
        lattice,
        best: None,
        looked: 0,
    };
    s.run();
    let (_, levels) = s.best?;
    let (of, n) = table.grouped(&levels);
    let classes = Classes::new(table, of, n).without_failing(model, &s.reference);
    let loss = loss(table, &sums(table, &levels, &classes.of));
    Some(Found { levels, classes, loss, nodes, looked: s.looked })
}

fn margins(table: &Table, lattice: &Lattice) -> Vec<Vec<u64>> {
    let none = vec![0; table.len()];
    let of = |level: usize| sums(table, &vec![level; lattice.levels.len()], &none);
    let most = lattice.levels.iter().copied().max().unwrap_or(1);
    let by_level: Vec<Vec<u64>> = (0..most).map(of).collect();
    let column = |n: usize| by_level.iter().map(|sums| sums.get(n).copied().unwrap_or(0)).collect();
    (0..lattice.levels.len()).map(column).collect()
}

impl Search<'_> {
    fn run(&mut self) {
        let mut order: Vec<(f64, Vec<usize>)> = (0..self.known.len())
            .map(|n| {
                let node = self.lattice.node(n);
                (self.bound(&node), node)
            })
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| simpler(&a.1, &b.1)));
        for (bound, node) in order {
            if self.passed(bound) {
                break;
            }
            if self.state(&node) == Known::Nothing {
                self.climb(node);
            }
        }
    }

    /// What a combination loses at least.
    fn bound(&self, node: &[usize]) -> f64 {
        if self.objective != Objective::Loss {
            return 0.0;
        }
        loss(self.table, &self.without_suppression(node))
    }

    fn without_suppression(&self, node: &[usize]) -> Vec<u64> {
        node.iter().zip(&self.margins).map(|(level, of)| of.get(*level).copied().unwrap_or(0)).collect()
    }

    /// Whether something that loses so much is worse than the best.
    fn passed(&self, bound: f64) -> bool {
        self.best.as_ref().is_some_and(|(best, _)| self.objective == Objective::Loss && bound > best.loss + 1e-9)
    }

    fn state(&self, node: &[usize]) -> Known {
        self.known.get(self.lattice.number(node)).copied().unwrap_or(Known::Fails)
    }

    /// Judges a combination, and on the way some that are more general.
    fn climb(&mut self, node: Vec<usize>) {
        let path = self.path(node);
        let (mut from, mut to) = (0, path.len());
        while from < to {
            let middle = from + (to - from) / 2;
            let Some(node) = path.get(middle) else { return };
            if self.judge(node) { to = middle } else { from = middle + 1 }
        }
    }

    /// Ever more general combinations of which nothing is known, each losing as little as possible.
    fn path(&self, node: Vec<usize>) -> Vec<Vec<usize>> {
        let mut path = vec![node];
        while let Some(last) = path.last() {
            let above = (0..last.len()).filter_map(|n| {
                let mut next = last.clone();
                *next.get_mut(n)? += 1;
                let within = next.get(n)? < self.lattice.levels.get(n)?;
                let bound = self.bound(&next);
                (within && self.state(&next) == Known::Nothing && !self.passed(bound)).then_some((bound, next))
            });
            let Some((_, next)) = above.min_by(|a, b| a.0.total_cmp(&b.0).then_with(|| simpler(&a.1, &b.1))) else {
                break;
            };
            path.push(next);
        }
        path
    }

    /// Whether a combination may hold what is asked; if not, no less general one does.
    fn judge(&mut self, node: &[usize]) -> bool {
        self.looked += 1;
        let (of, n) = self.table.grouped(node);
        match self.suppressed(of, n) {
            Judged::Holds(of, all) => {
                let classes = Classes { of, all };
                let sums = sums_from(self.table, &self.without_suppression(node), node, &classes.of);
                let score = Score::of(self.objective, self.table, &sums, &classes);
                let better = self
                    .best
                    .as_ref()
                    .is_none_or(|(best, own)| score.compared(best).then_with(|| simpler(node, own)) == Ordering::Less);
                if better {
                    self.best = Some((score, node.to_vec()));
                }
                self.note(node, Known::Judged);
                true
            }
            Judged::Fails { alone: true } => {
                self.note(node, Known::Judged);
                true
            }
            Judged::Fails { alone: false } => {
                self.fails_below(node);
                false
            }
        }
    }

    fn note(&mut self, node: &[usize], known: Known) {
        let number = self.lattice.number(node);
        if let Some(own) = self.known.get_mut(number) {
            *own = known;
        }
    }

    fn fails_below(&mut self, node: &[usize]) {
        let below = Lattice { levels: node.iter().map(|level| level + 1).collect() };
        for n in 0..below.len() {
            let own = below.node(n);
            if self.state(&own) == Known::Nothing {
                self.note(&own, Known::Fails);
            }
        }
        self.note(node, Known::Fails);
    }

    /// The classes without those that fail, if few enough rows are in these.
    fn suppressed(&self, mut of: Vec<u32>, n: u32) -> Judged {
        let counts_rows = !self.table.counts_persons();
        let mut rows = vec![0u64; n as usize];
        for (tuple, class) in of.iter().enumerate() {
            if let Some(own) = rows.get_mut(*class as usize) {
                *own += u64::from(self.table.rows(tuple));
            }
        }
        let small: u64 = rows.iter().filter(|n| **n < self.model.k).sum();
        if small > self.most {
            return Judged::Fails { alone: false };
        }
        let all: Vec<Own> = if counts_rows && !self.model.asks_values() {
            rows.iter().map(|n| Own { rows: *n, size: *n, values: Vec::new() }).collect()
        } else {
            let (list, ends) = members(&of, n);
            let mut from = 0;
            let own = |(end, rows): (usize, &u64)| {
                let tuples = list.get(std::mem::replace(&mut from, end)..end).unwrap_or_default();
                // a class that is too small fails whatever its values are
                if *rows < self.model.k { Own { rows: *rows, ..Own::default() } } else { Own::of(self.table, tuples) }
            };
            ends.into_iter().zip(&rows).map(own).collect()
        };
        let lost: u64 = all.iter().filter(|own| !self.model.monotone_part(own)).map(|own| own.rows).sum();
        if lost > self.most {
            return Judged::Fails { alone: false };
        }
        let asks = self.model.asks_values();
        let keeps: Vec<bool> = all
            .iter()
            .map(|own| if asks { self.model.holds(own, &self.reference) } else { self.model.monotone_part(own) })
            .collect();
        let lost: u64 = all.iter().zip(&keeps).filter(|k| !k.1).map(|k| k.0.rows).sum();
        if lost > self.most {
            return Judged::Fails { alone: self.most > 0 };
        }
        if lost > 0 {
            of.iter_mut().for_each(|c| *c = if keeps.get(*c as usize) == Some(&true) { *c } else { NONE });
        }
        let kept = all.into_iter().zip(keeps).filter(|k| k.1).map(|k| k.0).collect();
        Judged::Holds(of, kept)
    }
}

enum Judged {
    /// The class of each tuple, with [`NONE`] for those that are suppressed, and the classes that stay.
    Holds(Vec<u32>, Vec<Own>),
    /// `alone`: less general combinations may hold all the same.
    Fails { alone: bool },
}

/// Fewer steps first, then fewer for the later attributes.
fn simpler(a: &[usize], b: &[usize]) -> Ordering {
    let steps = |of: &[usize]| of.iter().sum::<usize>();
    steps(a).cmp(&steps(b)).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

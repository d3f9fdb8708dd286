//! Seats handed out in proportion: how many samples of each stratum go to each split, exactly and on every machine alike.
//!
//! A stratum of 5 at 0.8, 0.1, 0.1 has the exact shares 4, 0.5, 0.5. Rounding each stratum by itself gives the odd
//! sample of every stratum to the same split, and some split may get nothing of the whole. So the table is rounded
//! together (controlled rounding, L. H. Cox 1987): each share of a stratum becomes the whole number below or above it,
//! and so does the share of the whole.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A stratum.
pub struct Row {
    /// How many seats there are in it.
    pub total: u64,
    /// Seats that were given away before, by column; none where empty.
    pub kept: Vec<u64>,
    /// What is drawn for it: it decides which column gets the odd seat.
    pub draw: u64,
}

/// Hands out the seats of all rows in proportion to the weights; gives those beside the kept ones, row by row.
///
/// Without kept seats each share is the whole number below or above the exact one, in every row and over the whole.
/// Over the whole the shares are those of [`largest_remainder`] wherever the rows allow it. Kept seats stay: the others
/// fill what is missing. A row with one more seat, or one row more, changes few others: odd seats move along shortest
/// paths from column to column, at most one row for each step.
///
/// The weights are exact decimals over one common power of ten (`0.8` and `0.15` are 80 and 15), at most 10^18 together.
/// Without any weight above 0 there is nobody to give to.
pub fn apportion(rows: &[Row], weights: &[u64]) -> Vec<u64> {
    let sum: u64 = weights.iter().sum();
    if sum == 0 {
        return vec![0; rows.len() * weights.len()];
    }
    let mut table = Table::new(rows, weights, sum);
    table.balance();
    let odd = table.cells.iter().map(|c| u64::from(*c == Cell::Taken));
    let seats = table.seats.iter().zip(odd).map(|(seats, odd)| seats + odd);
    seats.take(rows.len() * weights.len()).collect()
}

/// Hands out `total` seats by largest remainder (Hamilton's method): everyone gets the whole part of the quota, what is
/// left goes one by one to the largest remainders, of equal ones to the first.
pub fn largest_remainder(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u64 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let quotas: Vec<(u64, u64)> = weights.iter().map(|w| quota(total, *w, sum)).collect();
    let left = total.saturating_sub(quotas.iter().map(|q| q.0).sum());
    let mut order: Vec<(Reverse<u64>, usize)> = quotas.iter().enumerate().map(|(i, q)| (Reverse(q.1), i)).collect();
    order.sort_unstable();
    let mut seats: Vec<u64> = quotas.iter().map(|q| q.0).collect();
    for (_, i) in order.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        seats[i] += 1;
    }
    seats
}

/// Quotient and remainder of `total * weight / sum`, with `weight <= sum`.
fn quota(total: u64, weight: u64, sum: u64) -> (u64, u64) {
    let product = u128::from(total) * u128::from(weight);
    ((product / u128::from(sum)) as u64, (product % u128::from(sum)) as u64)
}

/// Whether a cell may get an odd seat beside its whole ones.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Cell {
    /// It may not.
    Closed,
    /// It may, and has none.
    Open,
    Taken,
}

/// Rows of cells. Behind the rows stands one more: what the whole leaves open. A column whose exact total is no whole
/// number has an odd seat either there or among the rows, so that every column adds up to its total rounded up.
struct Table<'r> {
    rows: &'r [Row],
    columns: usize,
    /// Whole seats.
    seats: Vec<u64>,
    cells: Vec<Cell>,
    /// What the cells were at first: moving a seat back costs what moving it cost.
    first: Vec<Cell>,
    /// How many seats each column has above what it should have.
    surplus: Vec<i128>,
    /// For each pair of columns the rows that can move a seat from one to the other, the cheapest first.
    moves: BTreeMap<(usize, usize), Moves>,
}

/// Costs and rows, the cheapest first.
type Moves = BinaryHeap<Reverse<(i64, usize)>>;

/// A change of the totals of the whole costs more than any change in rows.
const WHOLE: i64 = 1 << 48;

impl<'r> Table<'r> {
    fn new(rows: &'r [Row], weights: &[u64], sum: u64) -> Table<'r> {
        let columns = weights.len();
        let total: u64 = rows.iter().map(|r| r.total).sum();
        let (seats, cells) = (Vec::with_capacity((rows.len() + 1) * columns), Vec::new());
        let (first, surplus, moves) = (Vec::new(), vec![0; columns], BTreeMap::new());
        let mut table = Table { rows, columns, seats, cells, first, surplus, moves };
        for row in rows {
            table.add(row, weights, sum);
        }
        let whole = largest_remainder(total, weights);
        for (column, (weight, want)) in weights.iter().zip(whole).enumerate() {
            let (floor, rest) = quota(total, *weight, sum);
            let up = floor + u64::from(rest > 0);
            table.surplus[column] -= i128::from(up);
            table.seats.push(0);
            table.cells.push(if rest == 0 {
                Cell::Closed
            } else if want == up {
                Cell::Open
            } else {
                Cell::Taken
            });
        }
        for (at, cell) in table.cells.iter().enumerate() {
            let kept = rows.get(at / columns).and_then(|r| r.kept.get(at % columns)).copied().unwrap_or(0);
            table.surplus[at % columns] += i128::from(table.seats[at] + u64::from(*cell == Cell::Taken) + kept);
        }
        table.first = table.cells.clone();
        table
    }

    /// A row with its whole seats, and with its odd ones where its draw puts them.
    fn add(&mut self, row: &Row, weights: &[u64], sum: u64) {
        let quotas: Vec<(u64, u64)> = weights.iter().map(|w| quota(row.total, *w, sum)).collect();
        let kept = |column: usize| row.kept.get(column).copied().unwrap_or(0);
        let free = row.total.saturating_sub(row.kept.iter().sum());
        let mut seats: Vec<u64> = quotas.iter().enumerate().map(|(c, q)| q.0.saturating_sub(kept(c))).collect();
        let given: u64 = seats.iter().sum();
        let Some(odd) = free.checked_sub(given) else {
            // so much was kept in some columns that the others cannot have their whole seats
            self.seats.extend(fill(&quotas, &row.kept, free));
            self.cells.extend(vec![Cell::Closed; self.columns]);
            return;
        };
        let open = |column: usize, q: &(u64, u64)| q.1 > 0 && kept(column) <= q.0;
        let picked = systematic(&quotas, row.draw, sum);
        let mut order: Vec<usize> = (0..self.columns).filter(|c| open(*c, &quotas[*c])).collect();
        order.sort_by_key(|c| (!picked[*c], Reverse(quotas[*c].1)));
        let mut cells = vec![Cell::Closed; self.columns];
        for (n, column) in order.into_iter().enumerate() {
            cells[column] = if (n as u64) < odd { Cell::Taken } else { Cell::Open };
        }
        self.seats.append(&mut seats);
        self.cells.extend(cells);
    }

    /// Moves odd seats until no column has too many that another could take.
    fn balance(&mut self) {
        if self.surplus.iter().all(|s| *s == 0) {
            return;
        }
        for row in 0..=self.rows.len() {
            for column in 0..self.columns {
                self.offer(row, column);
            }
        }
        while let Some(path) = self.path() {
            for step in path.windows(2) {
                self.shift(step[0], step[1]);
            }
            if let (Some(from), Some(to)) = (path.first(), path.last()) {
                self.surplus[*from] -= 1;
                self.surplus[*to] += 1;
            }
        }
    }

    /// Lists the moves out of a cell with an odd seat.
    fn offer(&mut self, row: usize, from: usize) {
        if self.cell(row, from) != Cell::Taken {
            return;
        }
        for to in (0..self.columns).filter(|to| self.cell(row, *to) == Cell::Open).collect::<Vec<_>>() {
            let cost = self.cost(row, to) - self.cost(row, from);
            self.moves.entry((from, to)).or_default().push(Reverse((cost, row)));
        }
    }

    fn cell(&self, row: usize, column: usize) -> Cell {
        self.cells.get(row * self.columns + column).copied().unwrap_or(Cell::Closed)
    }

    /// What an odd seat in a cell costs: nothing where it was at first, else a number drawn for the row and the column.
    fn cost(&self, row: usize, column: usize) -> i64 {
        match self.rows.get(row) {
            _ if self.first.get(row * self.columns + column) == Some(&Cell::Taken) => 0,
            Some(row) => 1 + i64::from(crate::digest::mix(row.draw ^ (column as u64 + 1)) as u32),
            None => WHOLE,
        }
    }

    /// The cheapest row that can move a seat, with what it costs.
    fn cheapest(&mut self, from: usize, to: usize) -> Option<(i64, usize)> {
        loop {
            let Reverse((cost, row)) = *self.moves.get(&(from, to))?.peek()?;
            if self.cell(row, from) == Cell::Taken && self.cell(row, to) == Cell::Open {
                return Some((cost, row));
            }
            self.moves.get_mut(&(from, to))?.pop();
        }
    }

    fn shift(&mut self, from: usize, to: usize) {
        let Some((_, row)) = self.cheapest(from, to) else { return };
        self.cells[row * self.columns + from] = Cell::Open;
        self.cells[row * self.columns + to] = Cell::Taken;
        for column in 0..self.columns {
            self.offer(row, column);
        }
    }

    /// The cheapest way for a seat from a column with too many to one with too few (Bellman and Ford).
    fn path(&mut self) -> Option<Vec<usize>> {
        let pairs: Vec<(usize, usize)> = self.moves.keys().copied().collect();
        let edges: Vec<(usize, usize, i64)> =
            pairs.into_iter().filter_map(|(from, to)| Some((from, to, self.cheapest(from, to)?.0))).collect();
        let mut ways: Vec<Option<(i64, usize)>> =
            self.surplus.iter().enumerate().map(|(c, s)| (*s > 0).then_some((0, c))).collect();
        for _ in 0..self.columns {
            for (from, to, cost) in &edges {
                let Some((so_far, _)) = ways[*from] else { continue };
                if ways[*to].is_none_or(|known| so_far + cost < known.0) {
                    ways[*to] = Some((so_far + cost, *from));
                }
            }
        }
        let lacking = (0..self.columns).filter(|c| self.surplus[*c] < 0);
        let (_, end) = lacking.filter_map(|c| Some((ways[c]?.0, c))).min()?;
        let mut path = vec![end];
        while let Some((_, before)) = path.last().and_then(|c| ways[*c]).filter(|w| Some(&w.1) != path.last()) {
            path.push(before);
            if path.len() > self.columns {
                return None; // no way is longer
            }
        }
        path.reverse();
        Some(path)
    }
}

/// Which columns an odd seat of a row falls to: one point is drawn, and a column is taken when the running sum of the
/// remainders passes it (systematic sampling), so that each is taken as often as its remainder says.
fn systematic(quotas: &[(u64, u64)], draw: u64, sum: u64) -> Vec<bool> {
    let sum = u128::from(sum);
    let point = (u128::from(draw) * sum) >> 64;
    // how many of `point`, `point + sum`, ... lie below
    let below = |x: u128| if x > point { (x - point - 1) / sum + 1 } else { 0 };
    let mut running = 0;
    let passes = |rest: u64| {
        let before = running;
        running += u128::from(rest);
        below(running) > below(before)
    };
    quotas.iter().map(|q| q.1).map(passes).collect()
}

/// Seats of a row, one by one to the column that has least of what it should have.
fn fill(quotas: &[(u64, u64)], kept: &[u64], free: u64) -> Vec<u64> {
    let mut seats = vec![0; quotas.len()];
    for _ in 0..free {
        let lacks = |c: usize| {
            let has = kept.get(c).copied().unwrap_or(0) + seats[c];
            (i128::from(quotas[c].0) - i128::from(has), quotas[c].1, Reverse(c))
        };
        if let Some(column) = (0..quotas.len()).max_by_key(|c| lacks(*c)) {
            seats[column] += 1;
        }
    }
    seats
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::draw;

    fn row(total: u64, draw: u64) -> Row {
        Row { total, kept: Vec::new(), draw }
    }

    fn totals(seats: &[u64], columns: usize) -> Vec<u64> {
        (0..columns).map(|c| seats.iter().skip(c).step_by(columns).sum()).collect()
    }

    #[test]
    fn remainders_decide_and_the_order_breaks_ties() {
        assert_eq!(largest_remainder(10, &[1, 8, 1]), [1, 8, 1]);
        assert_eq!(largest_remainder(1, &[1, 1]), [1, 0]);
        assert_eq!(largest_remainder(7, &[10, 80, 10]), [1, 5, 1]);
        assert_eq!(largest_remainder(3, &[1, 0, 1]), [2, 0, 1]);
        assert_eq!(largest_remainder(5, &[0, 0]), [0, 0]);
        assert_eq!(largest_remainder(5, &[]), [0u64; 0]);
        assert_eq!(largest_remainder(u64::MAX, &[10u64.pow(18) - 1, 1]).iter().sum::<u64>(), u64::MAX);
    }

    #[test]
    fn odd_seats_of_small_rows_reach_every_column() {
        for (size, want) in [(5, [20, 160, 20]), (4, [16, 128, 16]), (3, [12, 96, 12]), (1, [4, 32, 4])] {
            let rows: Vec<Row> = (0..40).map(|n| row(size, draw(7, "row", &n.to_string()))).collect();
            assert_eq!(totals(&apportion(&rows, &[1, 8, 1]), 3), want, "{size}");
        }
    }

    /// Rows of any sizes at any weights: every share of a row and of the whole is the number below or above the exact one.
    #[test]
    fn every_share_is_rounded_down_or_up() {
        for seed in 0..600u64 {
            let of = |what: &str, n: u64| draw(seed, what, &n.to_string());
            let columns = 1 + of("columns", 0) % 7;
            let scale = [10, 20, 100, 1_000_000][(of("scale", 0) % 4) as usize];
            let mut weights: Vec<u64> = (1..columns).map(|c| of("weight", c) % (scale / columns)).collect();
            weights.push(scale - weights.iter().sum::<u64>());
            let rows: Vec<Row> = (0..1 + of("rows", 0) % 60).map(|n| row(of("size", n) % 24, of("draw", n))).collect();
            let seats = apportion(&rows, &weights);
            for (row, own) in rows.iter().zip(seats.chunks(columns as usize)) {
                assert_eq!(own.iter().sum::<u64>(), row.total, "seed {seed}");
                within(own, row.total, &weights, scale, seed);
            }
            let total = rows.iter().map(|r| r.total).sum();
            within(&totals(&seats, columns as usize), total, &weights, scale, seed);
            if rows.len() == 1 || columns < 4 {
                assert_eq!(totals(&seats, columns as usize), largest_remainder(total, &weights), "seed {seed}");
            }
        }
    }

    fn within(own: &[u64], total: u64, weights: &[u64], sum: u64, seed: u64) {
        for (seats, weight) in own.iter().zip(weights) {
            let (floor, rest) = quota(total, *weight, sum);
            assert!(
                (floor..=floor + u64::from(rest > 0)).contains(seats),
                "seed {seed}: {own:?} of {total} at {weights:?}"
            );
        }
    }

    /// Totals by largest remainder are not always possible with five columns; then others are found.
    #[test]
    fn where_the_largest_remainders_do_not_fit_others_do() {
        let weights = [25, 25, 30, 10, 10];
        let rows = [row(10, 1), row(4, 2)];
        let seats = apportion(&rows, &weights);
        rows.iter().zip(seats.chunks(5)).for_each(|(row, own)| within(own, row.total, &weights, 100, 0));
        within(&totals(&seats, 5), 14, &weights, 100, 0);
        assert_ne!(totals(&seats, 5), largest_remainder(14, &weights));
    }

    #[test]
    fn one_more_seat_or_row_changes_few_others() {
        let rows = |more: Option<usize>| -> Vec<Row> {
            let size = |n: u64| 1 + draw(1, "size", &n.to_string()) % 9;
            let of = |n: u64| row(size(n) + u64::from(more == Some(n as usize)), draw(2, "row", &n.to_string()));
            (0..500).map(of).collect()
        };
        let weights = [1, 8, 1];
        let before = apportion(&rows(None), &weights);
        for more in 0..60 {
            let after = apportion(&rows(Some(more)), &weights);
            let moved = before.chunks(3).zip(after.chunks(3)).filter(|(a, b)| a != b).count();
            assert!(moved <= 6, "{moved} rows changed for one more seat in row {more}");
        }
        let mut longer = rows(None);
        longer.push(row(1, 99));
        let after = apportion(&longer, &weights);
        assert!(before.chunks(3).zip(after.chunks(3)).filter(|(a, b)| a != b).count() <= 6);
    }

    #[test]
    fn kept_seats_stay_and_the_others_fill_what_is_missing() {
        let kept = |total, kept: &[u64]| Row { total, kept: kept.to_vec(), draw: 5 };
        assert_eq!(apportion(&[kept(10, &[0, 8, 0])], &[1, 8, 1]), [1, 0, 1]);
        assert_eq!(apportion(&[kept(10, &[4, 0, 0])], &[1, 8, 1]), [0, 6, 0]);
        let rows: Vec<Row> =
            (0..40).map(|n| Row { draw: draw(3, "row", &n.to_string()), ..kept(6, &[0, 4, 1]) }).collect();
        let seats = apportion(&rows, &[1, 8, 1]);
        let given = totals(&seats, 3);
        assert!(given[0] <= 24 && given[1] <= 32 && given[0] + given[1] == 40, "{given:?}");
    }

    /// Large tables take no longer than reading their rows does; run it with `--nocapture` to see.
    #[test]
    fn many_rows_are_no_trouble() {
        for (n, size) in [(100_000u64, 10), (300_000, 1)] {
            let rows: Vec<Row> = (0..n)
                .map(|i| row(1 + draw(1, "size", &i.to_string()) % size, draw(2, "row", &i.to_string())))
                .collect();
            let begun = std::time::Instant::now();
            let seats = apportion(&rows, &[10, 75, 15]);
            println!("{n} strata: {:?}", begun.elapsed());
            assert_eq!(totals(&seats, 3), largest_remainder(rows.iter().map(|r| r.total).sum(), &[10, 75, 15]));
        }
    }
}

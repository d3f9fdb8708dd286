//! Which annotation of one annotator is which of another: the assignment with the greatest sum of scores, or with most
//! pairs and among those with the greatest sum (Kuhn 1955, Munkres 1957; the shortest augmenting paths of Jonker and Volgenant 1987).
//!
//! Scores are integers, so that sums are exact, and of equal assignments one is chosen by the order of the rows alone.

/// A pair of an assignment: a row, a column, and their score.
pub type Match = (usize, usize, u64);

/// The greatest score that may be given.
pub const SCORE_MAX: u64 = 1 << 40;

/// The assignment with most pairs, and among those with the greatest sum, in row order. A score of 0 says that the two may
/// not be a pair.
pub fn best(rows: usize, columns: usize, score: &dyn Fn(usize, usize) -> u64) -> Vec<Match> {
    // a pair is worth more than all scores together
    let pair = (rows.min(columns) as i128 + 1) * i128::from(SCORE_MAX);
    assigned(rows, columns, score, pair)
}

/// The assignment with the greatest sum, however many pairs it has.
pub fn greatest(rows: usize, columns: usize, score: &dyn Fn(usize, usize) -> u64) -> Vec<Match> {
    assigned(rows, columns, score, 0)
}

/// The assignment with the greatest sum where each pair is worth so much more.
fn assigned(rows: usize, columns: usize, score: &dyn Fn(usize, usize) -> u64, pair: i128) -> Vec<Match> {
    let score = |r: usize, c: usize| score(r, c).min(SCORE_MAX);
    if rows > columns {
        let turned = assigned(columns, rows, &|c, r| score(r, c), pair);
        let mut turned: Vec<Match> = turned.into_iter().map(|(c, r, s)| (r, c, s)).collect();
        turned.sort_unstable();
        return turned;
    }
    let cost = |r: usize, c: usize| match score(r, c) {
        0 => 0,
        s => -(pair + i128::from(s)),
    };
    let chosen = assign(rows, columns, &cost);
    let scored = chosen.into_iter().enumerate().filter_map(|(r, c)| Some((r, c?, score(r, c?))));
    scored.filter(|m| m.2 > 0).collect()
}

/// The column of each row in an assignment of least cost; there are at least as many columns as rows.
fn assign(rows: usize, columns: usize, cost: &dyn Fn(usize, usize) -> i128) -> Vec<Option<usize>> {
    // potentials and the row of each column, from 1; column 0 is where a path begins
    let (mut u, mut v) = (vec![0i128; rows + 1], vec![0i128; columns + 1]);
    let mut row_of = vec![0usize; columns + 1];
    for row in 1..=rows {
        row_of[0] = row;
        let (mut at, mut least) = (0, vec![i128::MAX; columns + 1]);
        let (mut before, mut done) = (vec![0usize; columns + 1], vec![false; columns + 1]);
        while row_of[at] != 0 {
            done[at] = true;
            let (from, mut next, mut delta) = (row_of[at], 0, i128::MAX);
            for column in (1..=columns).filter(|c| !done[*c]).collect::<Vec<_>>() {
                let reduced = cost(from - 1, column - 1) - u[from] - v[column];
                if reduced < least[column] {
                    (least[column], before[column]) = (reduced, at);
                }
                if least[column] < delta {
                    (delta, next) = (least[column], column);
                }
            }
            for column in 0..=columns {
                if done[column] {
                    u[row_of[column]] += delta;
                    v[column] -= delta;
                } else if least[column] < i128::MAX {
                    least[column] -= delta;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[before[at]];
            at = before[at];
        }
    }
    let mut out = vec![None; rows];
    for (column, row) in row_of.iter().enumerate().skip(1).filter(|(_, row)| **row > 0) {
        out[row - 1] = Some(column - 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(table: &[&[u64]]) -> Vec<(usize, usize)> {
        let columns = table.first().map_or(0, |r| r.len());
        best(table.len(), columns, &|r, c| table[r][c]).into_iter().map(|(r, c, _)| (r, c)).collect()
    }

    #[test]
    fn the_best_sum_and_not_the_greediest() {
        assert_eq!(matched(&[&[90, 80, 0], &[85, 20, 0]]), [(0, 1), (1, 0)], "165, greedily 110");
        assert_eq!(matched(&[&[50, 50], &[50, 50]]), [(0, 0), (1, 1)]);
        assert_eq!(matched(&[&[90, 1], &[80, 0]]), [(0, 1), (1, 0)], "two pairs before a greater sum");
        assert_eq!(matched(&[&[0, 0], &[0, 7], &[0, 9]]), [(2, 1)], "what may be no pair is none");
        assert_eq!(matched(&[]), []);
        assert!(best(0, 3, &|_, _| 1).is_empty() && best(3, 0, &|_, _| 1).is_empty());
    }

    #[test]
    fn no_assignment_is_better() {
        for seed in 0..60u64 {
            let (rows, columns) = ((seed % 4) as usize, (seed / 4 % 5) as usize);
            let score = |r: usize, c: usize| crate::digest::draw(seed, "matching", &format!("{r} {c}")) % 7;
            let own = best(rows, columns, &score);
            let worth = |of: &[Match]| (of.len(), of.iter().map(|m| m.2).sum::<u64>());
            let mut most = (0, 0);
            every(rows, columns, &score, &mut Vec::new(), &mut |all| most = most.max(worth(all)));
            assert_eq!(worth(&own), most, "seed {seed}");
            let (mut sum, all) = (0, greatest(rows, columns, &score));
            every(rows, columns, &score, &mut Vec::new(), &mut |all| sum = sum.max(worth(all).1));
            assert_eq!(worth(&all).1, sum, "seed {seed}");
            let different = |of: Vec<usize>| of.iter().collect::<std::collections::BTreeSet<_>>().len() == of.len();
            assert!(different(own.iter().map(|m| m.1).collect()));
        }
    }

    /// Tells every assignment of rows from `of.len()` on.
    fn every(
        rows: usize,
        columns: usize,
        score: &dyn Fn(usize, usize) -> u64,
        of: &mut Vec<Option<Match>>,
        tell: &mut dyn FnMut(&[Match]),
    ) {
        let row = of.len();
        if row == rows {
            return tell(&of.iter().flatten().copied().collect::<Vec<_>>());
        }
        let free = |c: &usize| score(row, *c) > 0 && of.iter().flatten().all(|m| m.1 != *c);
        let all: Vec<usize> = (0..columns).filter(free).collect();
        for choice in all.into_iter().map(|c| Some((row, c, score(row, c)))).chain([None]) {
            of.push(choice);
            every(rows, columns, score, of, tell);
            of.pop();
        }
    }
}

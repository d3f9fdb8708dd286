//! Rankings of several annotators: how far they agree, and the ranking that they make together.
//!
//! Ranks are doubled, so that the mean of places that several candidates share is a whole number.

/// Kendall's coefficient of concordance W (Kendall and Babington Smith 1939), corrected for ties: 1 where all rank alike, 0 where the
/// sums of ranks are the same. A row is an annotator's doubled ranks of the same candidates. `None` where nobody tells two
/// candidates apart, or there are fewer than two rows or candidates.
pub fn kendall_w(rows: &[Vec<u64>]) -> Option<f64> {
    let (m, n) = (rows.len() as f64, rows.first()?.len());
    if rows.len() < 2 || n < 2 || rows.iter().any(|row| row.len() != n) {
        return None;
    }
    let sums = sums(rows);
    let mean = sums.iter().sum::<u64>() as f64 / n as f64;
    // of doubled ranks: four times the squares
    let square = |sum: &u64| (*sum as f64 - mean) * (*sum as f64 - mean);
    let squares: f64 = sums.iter().map(square).sum::<f64>() / 4.0;
    let cube = |n: usize| (n * n * n - n) as f64;
    let ties = |row: &Vec<u64>| {
        let mut sorted = row.clone();
        sorted.sort_unstable();
        sorted.chunk_by(|a, b| a == b).map(|same| cube(same.len())).sum::<f64>()
    };
    let most = m * m * cube(n) - m * rows.iter().map(ties).sum::<f64>();
    (most > 0.0).then(|| 12.0 * squares / most)
}

/// The sum of ranks of each candidate: the smaller, the better (Borda 1781).
pub fn sums(rows: &[Vec<u64>]) -> Vec<u64> {
    let mut sums = vec![0; rows.first().map_or(0, Vec::len)];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, rank)| *sum += rank);
    }
    sums
}

/// The places of candidates, the smallest sum first, in groups of the same sum.
pub fn groups(sums: &[u64]) -> Vec<Vec<usize>> {
    let mut places: Vec<(u64, usize)> = sums.iter().copied().enumerate().map(|(i, sum)| (sum, i)).collect();
    places.sort_unstable();
    places.chunk_by(|a, b| a.0 == b.0).map(|same| same.iter().map(|s| s.1).collect()).collect()
}

/// Whether the order would be the same whatever `lost` more rankings had been: each may bring two candidates nearer by all places.
pub fn order_holds(sums: &[u64], lost: usize) -> bool {
    let mut sorted = sums.to_vec();
    sorted.sort_unstable();
    let most = 2 * (lost * sums.len().saturating_sub(1)) as u64;
    lost == 0 || sorted.windows(2).all(|pair| matches!(pair, [a, b] if b - a > most))
}

/// How strong each candidate is by the model of Bradley and Terry (1952), as shares of 1: `wins[a][b]` is how often `a` was better than
/// `b`; where both were as good, each has half. Found by the algorithm of Hunter (2004). `None` where the wins do not lead from every
/// candidate to every other one: then a strength is without bound, and the model has no answer.
pub fn bradley_terry(wins: &[Vec<f64>]) -> Option<Vec<f64>> {
    let n = wins.len();
    let won = |a: usize, b: usize| wins.get(a).and_then(|row| row.get(b)).copied().unwrap_or(0.0);
    if n < 2 || !leads(n, &|a, b| won(a, b) > 0.0) || !leads(n, &|a, b| won(b, a) > 0.0) {
        return None;
    }
    let total: Vec<f64> = (0..n).map(|a| (0..n).map(|b| won(a, b)).sum()).collect();
    let mut strength = vec![1.0 / n as f64; n];
    for _ in 0..ROUNDS {
        let at = |i: usize| strength.get(i).copied().unwrap_or(0.0);
        let against =
            |a: usize| -> f64 { (0..n).filter(|b| *b != a).map(|b| (won(a, b) + won(b, a)) / (at(a) + at(b))).sum() };
        let next: Vec<f64> = total.iter().enumerate().map(|(a, won)| won / against(a)).collect();
        let sum: f64 = next.iter().sum();
        let next: Vec<f64> = next.into_iter().map(|s| s / sum).collect();
        let moved = next.iter().zip(&strength).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        strength = next;
        if moved < SAME {
            return Some(strength);
        }
    }
    Some(strength)
}

/// Rounds after which the search for strengths ends.
const ROUNDS: u32 = 10_000;

/// Strengths that move by less are found.
const SAME: f64 = 1e-14;

/// Whether every candidate is reached from the first.
fn leads(n: usize, to: &dyn Fn(usize, usize) -> bool) -> bool {
    let (mut met, mut open) = (std::collections::BTreeSet::from([0]), vec![0]);
    while let Some(a) = open.pop() {
        for b in (0..n).filter(|b| to(a, *b)) {
            if met.insert(b) {
                open.push(b);
            }
        }
    }
    met.len() == n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> serde_json::Value {
        let path = format!("{}/tests/fixtures/agreement/rankings.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    fn near(got: f64, want: &serde_json::Value) -> bool {
        (got - want.as_f64().unwrap()).abs() < 1e-9
    }

    #[test]
    fn concordance_is_what_scipy_says() {
        let items = fixture()["items"].as_array().unwrap().clone();
        assert!(items.len() >= 40);
        for item in items {
            let rows: Vec<Vec<u64>> = serde_json::from_value(item["doubled"].clone()).unwrap();
            match (kendall_w(&rows), &item["w"]) {
                (None, serde_json::Value::Null) => {}
                (Some(got), want) => assert!(near(got, want), "{got} {item}"),
                (None, _) => panic!("{item}"),
            }
            let order: Vec<Vec<usize>> = serde_json::from_value(item["borda"].clone()).unwrap();
            assert_eq!(groups(&sums(&rows)), order);
        }
    }

    #[test]
    fn strengths_are_the_most_likely_ones() {
        for case in fixture()["bradley_terry"].as_array().unwrap() {
            let wins: Vec<Vec<f64>> = serde_json::from_value(case["wins"].clone()).unwrap();
            let got = bradley_terry(&wins).unwrap();
            let want = case["strength"].as_array().unwrap();
            assert!(
                got.len() == want.len() && got.iter().zip(want).all(|(g, w)| (g - w.as_f64().unwrap()).abs() < 1e-7)
            );
        }
        assert_eq!(bradley_terry(&[vec![0.0, 3.0], vec![0.0, 0.0]]), None, "who always wins has no bound");
        assert_eq!(bradley_terry(&[vec![0.0, 3.0], vec![1.0, 0.0]]).map(|s| (s[0] * 1e9).round()), Some(0.75e9));
        assert_eq!(bradley_terry(&[]), None);
    }

    #[test]
    fn an_order_holds_where_no_ranking_could_turn_it() {
        // three who say a, b, c: 6, 12, 18
        assert!(order_holds(&[6, 12, 18], 1) && !order_holds(&[6, 12, 18], 2) && !order_holds(&[6, 6, 18], 1));
        assert!(order_holds(&[6, 6], 0));
        assert_eq!((kendall_w(&[vec![2, 4]]), kendall_w(&[vec![3, 3], vec![3, 3]])), (None, None));
    }
}

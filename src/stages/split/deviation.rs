//! How far the shares of samples are from the ratios.
use super::records::Gather;
use crate::stage::{Fact, Verdicts};

/// Tells the greatest difference between the share of a split and its ratio, over all samples; and where groups that stay
/// whole make shares miss the ratios, that this is so. `all` are the samples of each split, `free` those of them that
/// follow the ratios.
pub fn tell(p: &Gather, (all, free): (&[u64], &[u64]), largest: u64, out: &mut Verdicts) {
    let fact = match greatest(p, all) {
        Some((millionths, _)) => Fact::Decimal(decimal(millionths)),
        None => Fact::Undefined("there are no samples".into()),
    };
    out.fact("deviation", fact);
    let total: u64 = free.iter().sum();
    let Some((millionths, split)) = greatest(p, free) else { return };
    // one sample more or less cannot be helped
    if millionths > TOLD && u128::from(total) * millionths > 1_000_000 {
        let (Some(name), Some(n)) = (p.weights.keys().nth(split), free.get(split)) else { return };
        let say = format!(
            "`{name}` has {n} of {total} samples that follow the ratios, which is {} from its ratio: groups stay whole, and \
             the largest has {largest} samples",
            decimal(millionths)
        );
        let say = if p.balanced { say } else { format!("{say}; `method = \"balanced\"` makes ratios count samples") };
        out.remark(format!("split.ratios.{name}"), "split.deviation", say);
    }
}

/// Two hundredths: a greater difference is told.
const TOLD: u128 = 20_000;

/// The greatest difference in millionths, rounded half up, and its split; of equal ones the first.
fn greatest(p: &Gather, counts: &[u64]) -> Option<(u128, usize)> {
    let total = u128::from(counts.iter().sum::<u64>());
    let sum = u128::from(p.weights.values().sum::<u64>());
    let all = total * sum;
    let off = |(split, (n, weight)): (usize, (&u64, &u64))| {
        let off = (u128::from(*n) * sum).abs_diff(u128::from(*weight) * total);
        // what is greater than 2^128 / 2,000,000 is divided first: then the last digits do not matter
        let millionths = match off.checked_mul(2_000_000) {
            Some(twice) => (twice / all).div_ceil(2),
            None => off / (all / 1_000_000),
        };
        (millionths, split)
    };
    let all = counts.iter().zip(p.weights.values()).enumerate();
    if total == 0 || sum == 0 {
        return None;
    }
    all.map(off).max_by_key(|(off, split)| (*off, std::cmp::Reverse(*split)))
}

fn decimal(millionths: u128) -> String {
    format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_difference_is_exact() {
        let of = |weights: &[(&str, u64)], counts: &[u64]| {
            let weights = weights.iter().map(|(name, w)| (name.to_string(), *w)).collect();
            greatest(&Gather { weights, ..Gather::default() }, counts).map(|(off, split)| (decimal(off), split))
        };
        let ratios = [("test", 1), ("train", 8), ("valid", 1)];
        assert_eq!(of(&ratios, &[1, 8, 1]), Some(("0.000000".into(), 0)));
        assert_eq!(of(&ratios, &[3, 6, 1]), Some(("0.200000".into(), 0)));
        assert_eq!(of(&ratios, &[0, 2, 1]), Some(("0.233333".into(), 2)));
        assert_eq!(of(&ratios, &[0, 0, 0]), None);
        let fine = [("test", 1), ("train", 10u64.pow(18) - 1)];
        assert_eq!(of(&fine, &[1 << 39, 1 << 39]), Some(("0.500000".into(), 0)));
    }
}

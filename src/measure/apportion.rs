//! Seats handed out in proportion: how many samples of a stratum go to each split, exactly and on every machine alike.

/// Hands out `total` seats in proportion to the weights by largest remainder (Hamilton's method): everyone gets the
/// whole part of the quota, what is left goes one by one to the largest remainders, ties in name order.
///
/// The weights are exact decimals over one common power of ten (`0.8` and `0.15` are 80 and 15); their sum fits `u128`.
/// The result stands in the order of `weights` and sums to `total`; without any weight above 0 there is nobody to give
/// to, and all are 0.
pub fn largest_remainder(total: u64, weights: &[(String, u128)]) -> Vec<u64> {
    let sum = weights.iter().fold(0u128, |sum, (_, weight)| sum.saturating_add(*weight));
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let quotas: Vec<(u64, u128)> = weights.iter().map(|(_, weight)| quota(total, *weight, sum)).collect();
    let mut seats: Vec<u64> = quotas.iter().map(|(whole, _)| *whole).collect();
    let left = total.saturating_sub(seats.iter().sum());

    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| quotas[b].1.cmp(&quotas[a].1).then_with(|| weights[a].0.cmp(&weights[b].0)));
    for &i in order.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        seats[i] += 1;
    }
    seats
}

/// Quotient and remainder of `total * weight / sum` with `weight <= sum`, by doubling from the highest bit of `total`:
/// the product itself may need 192 bits.
fn quota(total: u64, weight: u128, sum: u128) -> (u64, u128) {
    let add = |rest: u128, more: u128| if more >= sum - rest { (more - (sum - rest), 1) } else { (rest + more, 0) };
    let (mut whole, mut rest) = (0u64, 0u128);
    for bit in (0..u64::BITS).rev() {
        let (doubled, carry) = add(rest, rest);
        let (added, more) = if (total >> bit) & 1 == 1 { add(doubled, weight) } else { (doubled, 0) };
        whole = 2 * whole + carry + more;
        rest = added;
    }
    (whole, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(total: u64, weights: &[(&str, u128)]) -> Vec<u64> {
        let weights: Vec<_> = weights.iter().map(|(name, weight)| (name.to_string(), *weight)).collect();
        largest_remainder(total, &weights)
    }

    #[test]
    fn remainders_decide_and_names_break_ties() {
        assert_eq!(seats(10, &[("train", 8), ("valid", 1), ("test", 1)]), [8, 1, 1]);
        assert_eq!(seats(1, &[("valid", 1), ("test", 1)]), [0, 1]);
        assert_eq!(seats(7, &[("train", 80), ("valid", 10), ("test", 10)]), [5, 1, 1]);
        assert_eq!(seats(3, &[("a", 1), ("b", 0), ("c", 1)]), [2, 0, 1]);
        assert_eq!(seats(5, &[("a", 0), ("b", 0)]), [0, 0]);
        assert_eq!(seats(5, &[]), [0u64; 0]);
    }

    #[test]
    fn quotas_are_exact_beyond_128_bits() {
        assert_eq!(quota(10, 3, 7), (4, 2));
        assert_eq!(quota(u64::MAX, u128::MAX, u128::MAX), (u64::MAX, 0));
        assert_eq!(quota(3, u128::MAX / 2, u128::MAX), (1, u128::MAX / 2 - 1));
    }

    #[test]
    fn seats_always_sum_to_the_total() {
        let names = ["a", "b", "c", "d", "e"];
        for step in 1..400u64 {
            let weights: Vec<_> = names.iter().zip(1..).map(|(n, i)| (*n, u128::from(step * i * i % 97))).collect();
            if weights.iter().any(|(_, w)| *w > 0) {
                assert_eq!(seats(step * 31, &weights).iter().sum::<u64>(), step * 31);
            }
        }
        let third = u128::MAX / 3;
        assert_eq!(seats(u64::MAX, &[("a", third), ("b", third), ("c", third)]), [u64::MAX / 3; 3]);
    }
}

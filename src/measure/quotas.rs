//! Seats handed out to strata that have only so many members.
use super::apportion::largest_remainder;

/// Hands out `total` seats in proportion to the weights, but to nobody more than the own `room`: what one cannot take goes to
/// the others, again in proportion. Fewer are handed out where there is not that much room with a weight above 0. The seats
/// that each round leaves over are given by largest remainder. The weights are at most 2^63 together.
pub fn quotas(total: u64, weights: &[u64], room: &[u64]) -> Vec<u64> {
    let mut seats = vec![0; weights.len()];
    let mut open: Vec<usize> =
        (0..weights.len()).filter(|i| weights.get(*i).is_some_and(|w| *w > 0) && room.get(*i) > Some(&0)).collect();
    let mut left = total;
    while left > 0 && !open.is_empty() {
        let own: Vec<u64> = open.iter().filter_map(|i| weights.get(*i)).copied().collect();
        let shares: Vec<(usize, u64)> = open.iter().copied().zip(largest_remainder(left, &own)).collect();
        let room_of = |i: usize| room.get(i).copied().unwrap_or(0);
        let full: Vec<usize> = shares.iter().filter(|(i, share)| *share >= room_of(*i)).map(|(i, _)| *i).collect();
        let given: Vec<(usize, u64)> = match full.is_empty() {
            true => shares,
            false => full.iter().map(|i| (*i, room_of(*i))).collect(),
        };
        for (i, n) in &given {
            seats.get_mut(*i).iter_mut().for_each(|seats| **seats = *n);
            left -= n;
        }
        open.retain(|i| !full.is_empty() && !full.contains(i));
    }
    seats
}

/// `n` to a power from 0 to 1, which is given in millionths, in thousandths and rounded down: with the same bits on every
/// machine.
pub fn power(n: u64, millionths: u64) -> u64 {
    (libm::pow(n as f64, millionths as f64 / 1e6) * 1000.0) as u64
}

/// A rank out of a drawn number, so that the samples with the least ranks are drawn in proportion to their weights (Efraimidis and
/// Spirakis 2006): how long an event of that rate is waited for. The weight is above 0.
pub fn waiting(drawn: u64, weight: f64) -> u64 {
    let share = (drawn as f64 + 1.0) / (u64::MAX as f64 + 1.0);
    // bits of numbers that are not below 0 sort as the numbers do
    (-libm::log(share.min(1.0)) / weight + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_more_than_there_is_room_for() {
        assert_eq!(quotas(9, &[1, 1, 1], &[10, 10, 10]), [3, 3, 3]);
        assert_eq!(quotas(9, &[1, 1, 1], &[1, 10, 10]), [1, 4, 4]);
        assert_eq!(quotas(10, &[1, 1, 1], &[1, 3, 100]), [1, 3, 6]);
        assert_eq!(quotas(10, &[6, 3, 1], &[100, 100, 100]), [6, 3, 1]);
        assert_eq!(quotas(100, &[6, 3, 1], &[2, 2, 2]), [2, 2, 2]);
        assert_eq!(quotas(5, &[0, 1], &[9, 2]), [0, 2]);
        assert_eq!(quotas(5, &[1, 1], &[0, 9]), [0, 5]);
        assert_eq!(quotas(0, &[1], &[1]), [0]);
        assert!(quotas(3, &[], &[]).is_empty());
    }

    #[test]
    fn powers_flatten_differences() {
        assert_eq!(
            (power(100, 1_000_000), power(100, 500_000), power(100, 0), power(0, 500_000)),
            (100_000, 10_000, 1000, 0)
        );
    }

    #[test]
    fn all_seats_are_given_where_there_is_room() {
        for seed in 0..200u64 {
            let of = |what: &str, n: u64| crate::digest::draw(seed, what, "") % n;
            let strata = 1 + of("strata", 12);
            let one = |what: &str, i: u64, n: u64| crate::digest::draw(seed, what, &i.to_string()) % n;
            let weights: Vec<u64> = (0..strata).map(|i| 1 + one("weight", i, 50)).collect();
            let room: Vec<u64> = (0..strata).map(|i| one("room", i, 40)).collect();
            let total = of("total", 300);
            let seats = quotas(total, &weights, &room);
            assert_eq!(seats.iter().sum::<u64>(), total.min(room.iter().sum()), "{weights:?} {room:?} {total}");
            assert!(seats.iter().zip(&room).all(|(seats, room)| seats <= room));
        }
    }
}

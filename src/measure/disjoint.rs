//! Disjoint sets of the numbers 0 to n - 1, joined pair by pair (union-find, with path halving).

/// Each number points towards the least one of its set.
pub struct Disjoint(Vec<usize>);

impl Disjoint {
    /// Each of so many numbers is a set of its own.
    pub fn new(n: usize) -> Disjoint {
        Disjoint((0..n).collect())
    }

    /// The least number of a set; the ways to it become shorter.
    pub fn least(&mut self, mut of: usize) -> usize {
        while let Some(up) = self.0.get(of).copied().filter(|up| *up != of) {
            let above = self.0.get(up).copied().unwrap_or(up);
            self.0.get_mut(of).iter_mut().for_each(|s| **s = above);
            of = up;
        }
        of
    }

    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.least(a), self.least(b));
        self.0.get_mut(a.max(b)).iter_mut().for_each(|s| **s = a.min(b));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_joined_in_any_order() {
        let links = [(0, 3), (5, 4), (3, 4), (7, 8), (2, 2)];
        for turn in 0..links.len() {
            let mut sets = Disjoint::new(10);
            let mut turned = links;
            turned.rotate_left(turn);
            turned.iter().for_each(|(a, b)| sets.join(*a, *b));
            let least: Vec<usize> = (0..10).map(|n| sets.least(n)).collect();
            assert_eq!(least, [0, 1, 2, 0, 0, 0, 6, 7, 7, 9]);
        }
    }
}

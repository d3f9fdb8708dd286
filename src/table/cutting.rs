//! Where partitions end: at local minima of a hash of the records, so that an edit, an insertion or a deletion moves
//! at most three partitions, whatever stands before or after (`spec/store.md`).

/// How wide the windows are; everything else follows. `target` records make a partition on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(pub usize);

/// A piece of more bytes than this is cut again with an eighth of the window, until it is small enough.
pub const PIECE_MAX: u64 = 16 << 20;

impl Window {
    /// Lines of a text file: a partition of `target` records is two windows.
    pub fn lines(target: usize) -> Window {
        Window((target / 2).max(1))
    }

    /// Small files: an eighth of the lines' window.
    pub fn files(target: usize) -> Window {
        Window((target / 16).max(1))
    }

    /// The rows of a release: fewer where images are released, since their bytes stand in the pieces, and a piece is in
    /// memory as a whole.
    pub fn released(images: bool) -> Window {
        Window(if images { 64 } else { 4096 })
    }

    /// Images, each of which is dear.
    pub fn images(target: usize) -> Window {
        Window((target / 128).max(1))
    }
}

/// Where pieces end, as exclusive indices; the last is `hashes.len()`. `bytes` are the records' lengths.
pub fn cut(hashes: &[u64], bytes: &[u64], Window(w): Window) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut start = 0;
    for end in minima(hashes, w) {
        let own = bytes.get(start..end).unwrap_or_default();
        if own.iter().sum::<u64>() > PIECE_MAX && w > 1 {
            let again = cut(hashes.get(start..end).unwrap_or_default(), own, Window((w / 8).max(1)));
            ends.extend(again.into_iter().map(|e| start + e));
        } else {
            ends.push(end);
        }
        start = end;
    }
    ends
}

/// Record `i` starts a piece iff its hash is the least of `i-w ..= i+w` (the first of equals); a piece longer than
/// `16 w`, which only runs of equal records make, is cut every `8 w`.
fn minima(h: &[u64], w: usize) -> Vec<usize> {
    let n = h.len();
    let mut ends = Vec::new();
    let mut push = |start: &mut usize, end: usize| {
        while end - *start > 16 * w {
            *start += 8 * w;
            ends.push(*start);
        }
        if end > *start {
            ends.push(end);
            *start = end;
        }
    };
    let mut window: std::collections::VecDeque<usize> = Default::default();
    let (mut next, mut start) = (0, 0);
    for i in 0..n {
        while next < n && next <= i + w {
            while window.back().is_some_and(|b| h[*b] > h[next]) {
                window.pop_back();
            }
            window.push_back(next);
            next += 1;
        }
        while window.front().is_some_and(|f| f + w < i) {
            window.pop_front();
        }
        if window.front() == Some(&i) && i > 0 {
            push(&mut start, i);
        }
    }
    push(&mut start, n);
    ends
}

/// Whether a record is the least of its neighbours, the first of equals: a cut wherever it stands, but at the start.
pub fn is_least(hashes: &[u64], i: usize, w: usize) -> bool {
    let Some(own) = hashes.get(i) else { return false };
    let before = hashes.get(i.saturating_sub(w)..i).unwrap_or_default();
    let behind = hashes.get(i + 1..hashes.len().min(i + 1 + w)).unwrap_or_default();
    before.iter().all(|h| h > own) && behind.iter().all(|h| h >= own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::cut_hash;
    use std::collections::HashSet;

    fn hashes(n: usize) -> Vec<u64> {
        (0..n).map(|i| cut_hash(format!("record {i}").as_bytes())).collect()
    }

    fn pieces(h: &[u64], w: usize) -> HashSet<Vec<u64>> {
        let mut start = 0;
        let ends = cut(h, &vec![1; h.len()], Window(w));
        assert_eq!(ends.last().copied().unwrap_or(0), h.len());
        ends.into_iter().map(|e| h[std::mem::replace(&mut start, e)..e].to_vec()).collect()
    }

    #[test]
    fn an_edit_moves_at_most_three_pieces() {
        let base = hashes(4000);
        let before = pieces(&base, 16);
        let mut total = 0;
        for i in (0..4000).step_by(13) {
            let new = cut_hash(format!("new {i}").as_bytes());
            for op in 0..3 {
                let mut h = base.clone();
                match op {
                    0 => h[i] = new,
                    1 => h.insert(i, new),
                    _ => drop(h.remove(i)),
                }
                let moved = pieces(&h, 16).difference(&before).count();
                assert!(moved <= 3, "{moved} at {i}");
                total += moved;
            }
        }
        assert!((total as f64) / (308.0 * 3.0) < 1.1);
    }

    #[test]
    fn runs_of_equal_records_are_cut() {
        let h = vec![7; 1000];
        let ends = cut(&h, &vec![1; 1000], Window(4));
        assert!(ends.len() > 20);
        assert!(ends.windows(2).all(|e| e[1] - e[0] <= 64));
    }

    #[test]
    fn large_pieces_are_cut_again() {
        let h = hashes(64);
        let big = cut(&h, &vec![PIECE_MAX; 64], Window(16)).len();
        assert!(big > cut(&h, &[1; 64], Window(16)).len());
        assert!(cut(&[], &[], Window(4)).is_empty());
    }
}

//! Where partitions end: at local minima of a hash of the records, so that an edit, an insertion or a deletion moves
//! at most three partitions, whatever stands before or after (`spec/store.md`).

use std::collections::VecDeque;

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

    /// The window by which a piece of many bytes is cut again.
    pub fn smaller(self) -> Window {
        Window((self.0 / 8).max(1))
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
            let again = cut(hashes.get(start..end).unwrap_or_default(), own, Window(w).smaller());
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
    let mut ends = Vec::new();
    let mut stream = Minima::new(w);
    h.iter().for_each(|hash| stream.push(*hash, &mut |end| ends.push(end)));
    stream.finish(&mut |end| ends.push(end));
    ends
}

/// The same while hashes come one by one; what is held of them is a window.
struct Minima {
    w: usize,
    /// Hashes so far.
    n: usize,
    /// Where the piece at hand begins.
    start: usize,
    /// Those that may still be the least of a window, from the least.
    window: VecDeque<(usize, u64)>,
}

impl Minima {
    fn new(w: usize) -> Minima {
        Minima { w, n: 0, start: 0, window: VecDeque::new() }
    }

    fn push(&mut self, hash: u64, tell: &mut dyn FnMut(usize)) {
        while self.window.back().is_some_and(|b| b.1 > hash) {
            self.window.pop_back();
        }
        self.window.push_back((self.n, hash));
        self.n += 1;
        if let Some(i) = (self.n - 1).checked_sub(self.w) {
            self.decide(i, tell);
        }
    }

    /// Whether a piece begins at `i`, all of whose neighbours are known.
    fn decide(&mut self, i: usize, tell: &mut dyn FnMut(usize)) {
        while self.window.front().is_some_and(|f| f.0 + self.w < i) {
            self.window.pop_front();
        }
        let starts = i > 0 && self.window.front().is_some_and(|f| f.0 == i);
        // the next end is not before `i`
        while i - self.start > 16 * self.w {
            self.start += 8 * self.w;
            tell(self.start);
        }
        if starts && i > self.start {
            self.start = i;
            tell(i);
        }
    }

    fn finish(mut self, tell: &mut dyn FnMut(usize)) {
        (self.n.saturating_sub(self.w)..self.n).for_each(|i| self.decide(i, tell));
        while self.n - self.start > 16 * self.w {
            self.start += 8 * self.w;
            tell(self.start);
        }
        if self.n > self.start {
            tell(self.n);
        }
    }
}

/// Cuts records as they come, where [`cut`] would cut all of them: what is held is about a piece.
pub struct Stream<T> {
    window: Window,
    minima: Minima,
    /// The records that are in no piece yet, with hash and length.
    held: VecDeque<(u64, u64, T)>,
    /// Records that are in a piece.
    done: usize,
}

impl<T> Stream<T> {
    pub fn new(window: Window) -> Stream<T> {
        Stream { window, minima: Minima::new(window.0), held: VecDeque::new(), done: 0 }
    }

    /// Adds a record; `tell` is given each piece that is whole.
    pub fn push(&mut self, hash: u64, bytes: u64, record: T, tell: &mut dyn FnMut(Vec<T>)) {
        self.held.push_back((hash, bytes, record));
        let mut ends = Vec::new();
        self.minima.push(hash, &mut |end| ends.push(end));
        ends.into_iter().for_each(|end| self.end(end, tell));
    }

    pub fn finish(mut self, tell: &mut dyn FnMut(Vec<T>)) {
        let mut ends = Vec::new();
        std::mem::replace(&mut self.minima, Minima::new(1)).finish(&mut |end| ends.push(end));
        ends.into_iter().for_each(|end| self.end(end, tell));
    }

    /// A piece ends: if it has many bytes it is cut again.
    fn end(&mut self, end: usize, tell: &mut dyn FnMut(Vec<T>)) {
        let mut piece: Vec<(u64, u64, T)> = self.held.drain(..(end - self.done).min(self.held.len())).collect();
        self.done = end;
        let (hashes, bytes): (Vec<u64>, Vec<u64>) = piece.iter().map(|r| (r.0, r.1)).unzip();
        let large = bytes.iter().sum::<u64>() > PIECE_MAX && self.window.0 > 1;
        let ends = if large { cut(&hashes, &bytes, self.window.smaller()) } else { vec![piece.len()] };
        let mut start = 0;
        for end in ends {
            tell(piece.drain(..end - start).map(|r| r.2).collect());
            start = end;
        }
    }
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

    /// The cuts as they were first written down, record by record.
    fn plainly(h: &[u64], w: usize) -> Vec<usize> {
        let (mut ends, mut start) = (Vec::new(), 0);
        let minima = (1..h.len()).filter(|i| is_least(h, *i, w)).chain([h.len()]);
        for end in minima {
            while end - start > 16 * w {
                start += 8 * w;
                ends.push(start);
            }
            if end > start {
                ends.push(end);
                start = end;
            }
        }
        ends
    }

    #[test]
    fn a_stream_is_cut_as_the_whole() {
        for n in [0, 1, 5, 40, 700, 3000] {
            let mut h = hashes(n);
            // runs of equal records, and long ones
            h.iter_mut().skip(n / 3).take(n / 4).for_each(|h| *h = 7);
            let bytes: Vec<u64> = (0..n as u64).map(|i| if i % 97 < 20 { PIECE_MAX / 8 } else { 10 }).collect();
            for w in [1, 3, 16, 64, usize::MAX / 32] {
                assert_eq!(minima(&h, w), plainly(&h, w), "{n} {w}");
                let want = cut(&h, &bytes, Window(w));
                let (mut stream, mut got, mut held) = (Stream::new(Window(w)), Vec::new(), 0);
                let mut tell = |piece: Vec<usize>| got.extend(piece.last().map(|last| last + 1));
                for i in 0..n {
                    stream.push(h[i], bytes[i], i, &mut tell);
                    held = held.max(stream.held.len());
                }
                stream.finish(&mut tell);
                assert_eq!(got, want, "{n} {w}");
                assert!(held <= 18 * w.min(n) + 2, "{held} records held by windows of {w}");
            }
        }
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

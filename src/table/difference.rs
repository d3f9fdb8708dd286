//! A column of texts as its difference from another: most stages that change texts leave most of each as it was. The
//! difference is taken and applied on canonical bytes, so whoever applies it gets exactly those.
//!
//! A difference is steps, each `copy, skip, add` (LEB128) and `add` bytes: so many bytes are copied from the other
//! column, so many passed over, and these put behind.
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

/// Bytes that must agree where two texts meet again.
const MEET: usize = 4;
/// Bytes passed over and added until they do; farther apart they meet at their ends alone.
const REACH: usize = 24;
/// A difference must be smaller than one byte in so many of the column, with what stands beside it in the store.
const WORTH: usize = 2;
const BESIDE: usize = 48;

/// How `bytes`, the canonical bytes of `new`, come from those of `base`; `None` where that saves too little, or the
/// columns are no texts of as many rows.
pub fn difference(base: &ArrayRef, new: &ArrayRef, bytes: &[u8]) -> Option<Vec<u8>> {
    let (old, own) = (Texts::of(base)?, Texts::of(new)?);
    if base.data_type() != new.data_type() || base.len() != new.len() {
        return None;
    }
    let most = (bytes.len() / WORTH).saturating_sub(BESIDE);
    let mut steps = Steps::default();
    // validity and lengths stand in front of all texts
    steps.skip(super::codec::texts_begin(base.as_ref())?);
    steps.add(bytes.get(..super::codec::texts_begin(new.as_ref())?)?);
    for row in 0..new.len() {
        steps.text(old.row(row), own.row(row));
        if steps.out.len() + steps.add.len() > most {
            return None;
        }
    }
    steps.skip = 0; // what is left of the other needs no step
    steps.end();
    (steps.out.len() <= most).then_some(steps.out)
}

/// The bytes that a difference makes of others; `None` if it is not one from these. They are never more than both.
pub fn apply(base: &[u8], mut steps: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(base.len() + steps.len());
    let mut rest = base;
    while !steps.is_empty() {
        let [copy, skip, add] = [number(&mut steps)?, number(&mut steps)?, number(&mut steps)?];
        let (copied, after) = rest.split_at_checked(copy)?;
        let (added, next) = steps.split_at_checked(add)?;
        out.extend(copied);
        out.extend(added);
        rest = after.get(skip..)?;
        steps = next;
    }
    Some(out)
}

/// The texts of a column, row by row; a null has none.
struct Texts<'a> {
    offsets: &'a [i32],
    values: &'a [u8],
    nulls: Option<&'a NullBuffer>,
}

impl Texts<'_> {
    fn of(array: &ArrayRef) -> Option<Texts<'_>> {
        let nulls = array.nulls();
        match array.data_type() {
            DataType::Utf8 => {
                let a = array.as_string::<i32>();
                Some(Texts { offsets: a.value_offsets(), values: a.value_data(), nulls })
            }
            _ => None,
        }
    }

    fn row(&self, row: usize) -> &[u8] {
        match (self.offsets.get(row..row + 2), self.nulls.is_none_or(|n| n.is_valid(row))) {
            (Some([from, to]), true) => self.values.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Steps while they are made; neighbours of a kind are one.
#[derive(Default)]
struct Steps {
    out: Vec<u8>,
    copy: usize,
    skip: usize,
    add: Vec<u8>,
}

impl Steps {
    /// From one text to another.
    fn text(&mut self, mut old: &[u8], mut new: &[u8]) {
        loop {
            let n = common(old, new);
            self.copy(n);
            (old, new) = (&old[n..], &new[n..]);
            if old.is_empty() || new.is_empty() {
                break;
            }
            let Some((passed, added)) = meet(old, new) else { break };
            self.skip(passed);
            self.add(&new[..added]);
            (old, new) = (&old[passed..], &new[added..]);
        }
        let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        self.skip(old.len() - tail);
        self.add(&new[..new.len() - tail]);
        self.copy(tail);
    }

    fn copy(&mut self, n: usize) {
        if n > 0 && (self.skip > 0 || !self.add.is_empty()) {
            self.end();
        }
        self.copy += n;
    }

    fn skip(&mut self, n: usize) {
        self.skip += n;
    }

    fn add(&mut self, bytes: &[u8]) {
        self.add.extend(bytes);
    }

    fn end(&mut self) {
        if self.copy + self.skip + self.add.len() == 0 {
            return;
        }
        for n in [self.copy, self.skip, self.add.len()] {
            put_number(&mut self.out, n);
        }
        self.out.append(&mut self.add);
        (self.copy, self.skip) = (0, 0);
    }
}

/// How many bytes two texts begin with in common.
fn common(a: &[u8], b: &[u8]) -> usize {
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    let mut n = 0;
    for (x, y) in words {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return n + (differ.trailing_zeros() / 8) as usize;
        }
        n += 8;
    }
    n + a[n..].iter().zip(&b[n..]).take_while(|(x, y)| x == y).count()
}

/// How many bytes of each to pass over until they agree; the fewest.
fn meet(a: &[u8], b: &[u8]) -> Option<(usize, usize)> {
    for both in 1..=REACH {
        for j in 0..=both {
            let i = both - j;
            let here = a.get(i..).and_then(<[u8]>::first_chunk::<MEET>);
            if here.is_some() && here == b.get(j..).and_then(<[u8]>::first_chunk::<MEET>) {
                return Some((i, j));
            }
        }
    }
    None
}

fn put_number(out: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

#[inline]
fn number(bytes: &mut &[u8]) -> Option<usize> {
    match bytes.split_first() {
        Some((byte, rest)) if *byte < 0x80 => {
            *bytes = rest;
            Some(usize::from(*byte))
        }
        _ => long_number(bytes),
    }
}

fn long_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut n = 0usize;
    for shift in (0..usize::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = usize::from(byte & 0x7f);
        n |= part.checked_shl(shift).filter(|p| p >> shift == part)?;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, encode};
    use std::sync::Arc;

    type Texts = Vec<Option<String>>;

    fn column(of: &Texts) -> ArrayRef {
        array_of(of.iter().cloned())
    }

    /// A text of small pieces, so that many bytes are alike.
    fn some(n: u64) -> String {
        let piece = |k: u64| {
            ["a", "the ", "한국어", " \n ", "e\u{301}", "0123456789abcdef"]
                [(crate::digest::draw(n, "piece", &k.to_string()) % 6) as usize]
        };
        (0..n % 60).map(piece).collect()
    }

    #[test]
    fn what_is_applied_is_what_was_taken() {
        let mut saved = 0;
        for n in 0..300u64 {
            let old: Texts = (0..n % 40).map(|k| ((n + k) % 11 > 0).then(|| some(n * 31 + k))).collect();
            let edit = |(k, t): (usize, &Option<String>)| match (n as usize + k * k) % 24 {
                0 => None,
                1..8 => t.as_ref().map(|t| t.split_whitespace().collect::<Vec<_>>().join(" ")),
                8 => t.as_ref().map(|t| t.replace('e', "Eine ganz andere Stelle, und noch eine")),
                9 => Some(some(n + k as u64)),
                _ => t.clone(),
            };
            let new: Texts = old.iter().enumerate().map(edit).collect();
            let (a, b) = (column(&old), column(&new));
            let bytes = encode(b.as_ref());
            let Some(steps) = difference(&a, &b, &bytes) else { continue };
            saved += 1;
            assert_eq!(apply(&encode(a.as_ref()), &steps).as_deref(), Some(bytes.as_slice()), "{n}");
            // of a part of a longer column the same
            let longer = column(&[vec![Some("in front".into())], old.clone()].concat()).slice(1, old.len());
            assert_eq!(difference(&longer, &b, &bytes), Some(steps.clone()), "{n}");
            for cut in 0..steps.len() {
                assert_ne!(apply(&encode(a.as_ref()), &steps[..cut]), Some(bytes.clone()), "{n}");
            }
        }
        assert!(saved > 100, "only {saved} of 300");
    }

    #[test]
    fn white_space_that_collapsed_costs_few_bytes() {
        let old: Texts = (0..1000)
            .map(|n| Some(format!("Line {n} of a text  with\n\nparagraphs, \r\nlong enough to matter a little. ")))
            .collect();
        let new: Texts =
            old.iter().map(|t| t.as_ref().map(|t| t.split_whitespace().collect::<Vec<_>>().join(" "))).collect();
        let (a, b) = (column(&old), column(&new));
        let bytes = encode(b.as_ref());
        let steps = difference(&a, &b, &bytes).unwrap();
        assert!(steps.len() * 4 < bytes.len(), "{} of {}", steps.len(), bytes.len());
    }

    #[test]
    fn what_is_no_difference_is_refused() {
        let numbers: ArrayRef = Arc::new(arrow_array::Int64Array::from(vec![1, 2, 3]));
        assert_eq!(difference(&numbers, &numbers, &encode(numbers.as_ref())), None);
        let (a, b) = (column(&vec![Some("a".into()); 3]), column(&vec![Some("b".into()); 4]));
        assert_eq!(difference(&a, &b, &encode(b.as_ref())), None);
        assert_eq!(apply(b"abc", &[4, 0, 0]), None, "copies past the end");
        assert_eq!(apply(b"abc", &[1, 3, 0]), None, "passes over the end");
        assert_eq!(apply(b"abc", &[1, 0, 5, b'x']), None, "adds what is not there");
        assert_eq!(apply(b"abc", &[0xff; 12]), None, "a number without an end");
        assert_eq!(apply(b"abc", &[1, 1, 1, b'x', 1, 0, 0]).as_deref(), Some(&b"axc"[..]));
    }
}

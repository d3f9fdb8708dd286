//! Edit lists: how a text became another, so that spans set on the first still mean the same words in the second.
//!
//! Normalising, masking and every other change of a text write an edit list beside it; labels made before the change
//! are moved through the list instead of being thrown away. All positions are **Unicode scalar offsets**.
//!
//! A list is sorted by (`start`, `end`) and disjoint. Edits may touch: touching edits stay apart, because each border
//! between them is a place where a span may begin or end (a text of decomposed Hangul becomes one edit per syllable).
//!
//! A border between characters moves by one rule, the same for the start and the end of a span:
//! - everything replaced before it counts; what is replaced behind it does not;
//! - text inserted exactly at the border comes **behind** it (so it belongs to the span that starts there, and not to
//!   the span that ends there); text deleted up to the border is before it;
//! - strictly inside an edit it has no place, and the span is lost.
//!
//! A replacement that keeps its length is written as one edit per character by [`Editor`], so spans inside it move one
//! to one. That depends on how it was written, not on the numbers: edits composed into one may have the length of the
//! original by accident, and then nothing inside is at its old place.
//!
//! Because there is one rule, moving through `compose(a, b)` and moving through `a`, then `b`, give the same place
//! whenever both give one.

use super::cells::record_of;
use crate::table::value::{build_numbers, read_numbers};
use crate::table::{Array, ArrayRef, Cell, DataType, Value, record};

/// The column of a text column's edits since it was collected.
pub fn edits_of(field: &str) -> String {
    format!("edits.{field}")
}

/// The edits since a text was collected: those so far and one more change, if there was one; `None` where nothing is
/// other than it was.
pub fn since_collected(so_far: Option<Vec<Edit>>, change: Option<&[Edit]>) -> Option<Vec<Edit>> {
    let Some(change) = change else { return so_far };
    Some(compose(&so_far.unwrap_or_default(), change)).filter(|edits| !edits.is_empty())
}

/// In the original text the scalars `start..end` were replaced by `len` scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    pub start: u32,
    pub end: u32,
    pub len: u32,
}

impl Edit {
    /// By how much text behind the edit moves.
    fn shift(&self) -> i64 {
        i64::from(self.len) + i64::from(self.start) - i64::from(self.end)
    }
}

impl Cell for Edit {
    fn ty() -> DataType {
        record(&[("start", DataType::UInt32), ("end", DataType::UInt32), ("len", DataType::UInt32)])
    }
    fn into_value(self) -> Value {
        record_of([("start", self.start.into_value()), ("end", self.end.into_value()), ("len", self.len.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let at = |n| u32::from_value(v.field(n));
        Some(Edit { start: at("start")?, end: at("end")?, len: at("len")? })
    }
    fn build(cells: Vec<Option<Self>>) -> ArrayRef {
        build_numbers(cells, Self::ty(), |e| [e.start, e.end, e.len])
    }
    fn read(array: &dyn Array) -> Vec<Option<Self>> {
        read_numbers(array, |[start, end, len]| Edit { start, end, len })
    }
}

/// Where a span went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Start and end in the new text; never empty.
    At(u32, u32),
    /// One end lay inside something replaced, or nothing of the span is left.
    Lost,
}

/// Moves the span `start..end` of the original text into the edited one. An empty span is [`Moved::Lost`].
pub fn move_span(edits: &[Edit], start: u32, end: u32) -> Moved {
    match (move_border(edits, start), move_border(edits, end)) {
        (Some(start), Some(end)) if start < end => Moved::At(start, end),
        _ => Moved::Lost,
    }
}

fn move_border(edits: &[Edit], at: u32) -> Option<u32> {
    let mut shift = 0;
    for edit in edits.iter().take_while(|e| e.start < at) {
        if edit.end > at {
            return None;
        }
        shift += edit.shift();
    }
    Some(scalar(i64::from(at) + shift))
}

/// One list for two changes in a row: `second` speaks of the text that `first` made, the result of the original one.
///
/// Edits of `second` that overlap what `first` wrote become one edit with it; those that only touch it stay apart.
pub fn compose(first: &[Edit], second: &[Edit]) -> Vec<Edit> {
    if first.is_empty() || second.is_empty() {
        return [first, second].concat();
    }
    let mut out = Composed { edits: Vec::with_capacity(first.len() + second.len()), shift: 0 };
    let mut group: Option<Part> = None;
    for part in parts(first, second) {
        match group.as_mut() {
            Some(open) if open.overlaps(&part) => open.join(&part),
            _ => out.push(group.replace(part)),
        }
    }
    out.push(group);
    out.edits
}

/// A stretch of the text between two changes: what the first wrote there, what the second replaced there, or both.
struct Part {
    start: i64,
    end: i64,
    first_shift: i64,
    second_shift: i64,
}

impl Part {
    /// Whether the two have an inner border in common. Merely touching is not overlapping.
    fn overlaps(&self, other: &Part) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn join(&mut self, other: &Part) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.first_shift += other.first_shift;
        self.second_shift += other.second_shift;
    }
}

/// The parts of both lists in the order of the text between them. At one point a deletion of `first` comes before an
/// insertion of `second`, which is what the rule for borders asks for.
fn parts(first: &[Edit], second: &[Edit]) -> Vec<Part> {
    let mut shift = 0;
    let mut all = Vec::with_capacity(first.len() + second.len());
    for edit in first {
        let start = i64::from(edit.start) + shift;
        shift += edit.shift();
        all.push(Part { start, end: start + i64::from(edit.len), first_shift: edit.shift(), second_shift: 0 });
    }
    all.extend(second.iter().map(|edit| Part {
        start: i64::from(edit.start),
        end: i64::from(edit.end),
        first_shift: 0,
        second_shift: edit.shift(),
    }));
    all.sort_by_key(|part| (part.start, part.end));
    all
}

struct Composed {
    edits: Vec<Edit>,
    /// By how much the first change has moved the text so far.
    shift: i64,
}

impl Composed {
    fn push(&mut self, part: Option<Part>) {
        let Some(part) = part else { return };
        let start = scalar(part.start - self.shift);
        self.shift += part.first_shift;
        let end = scalar(part.end - self.shift);
        push(&mut self.edits, Edit { start, end, len: scalar(part.end - part.start + part.second_shift) });
    }
}

/// Appends an edit; an empty one is dropped, insertions at one point become one.
fn push(edits: &mut Vec<Edit>, edit: Edit) {
    if edit.start < edit.end || edit.len > 0 {
        match edits.last_mut() {
            Some(last) if last.start == edit.end && last.end == edit.start => last.len += edit.len,
            _ => edits.push(edit),
        }
    }
}

fn scalar(at: i64) -> u32 {
    at.clamp(0, i64::from(u32::MAX)) as u32
}

/// Writes a changed text and its edit list in one pass over the original.
#[derive(Default)]
pub struct Editor {
    text: String,
    edits: Vec<Edit>,
    at: u32,
}

impl Editor {
    /// An editor that has room for `bytes` of text.
    pub fn with_capacity(bytes: usize) -> Editor {
        Editor { text: String::with_capacity(bytes), ..Editor::default() }
    }

    /// The next character stays.
    pub fn keep(&mut self, c: char) {
        self.text.push(c);
        self.at += 1;
    }

    /// The next characters stay.
    pub fn keep_str(&mut self, text: &str) {
        self.text.push_str(text);
        self.at += text.chars().count() as u32;
    }

    /// The next `scalars` characters of the original become `with`: an edit of its own, or one per character if there
    /// are as many as before.
    pub fn replace(&mut self, scalars: u32, with: &str) {
        self.text.push_str(with);
        let (start, end) = (self.at, self.at + scalars);
        let len = with.chars().count() as u32;
        if len == scalars {
            self.edits.extend((start..end).map(|at| Edit { start: at, end: at + 1, len: 1 }));
        } else {
            push(&mut self.edits, Edit { start, end, len });
        }
        self.at = end;
    }

    pub fn finish(self) -> (String, Vec<Edit>) {
        (self.text, self.edits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, len: u32) -> Edit {
        Edit { start, end, len }
    }

    #[test]
    fn spans_move_grow_shrink_and_get_lost() {
        let edits = [edit(2, 5, 1), edit(7, 8, 4)];
        assert_eq!(move_span(&edits, 0, 2), Moved::At(0, 2));
        assert_eq!(move_span(&edits, 5, 7), Moved::At(3, 5));
        assert_eq!(move_span(&edits, 2, 5), Moved::At(2, 3));
        assert_eq!(move_span(&edits, 0, 9), Moved::At(0, 10));
        assert_eq!(move_span(&edits, 3, 7), Moved::Lost);
        assert_eq!(move_span(&edits, 0, 4), Moved::Lost);
        assert_eq!(move_span(&edits, 1, 1), Moved::Lost);
        assert_eq!(move_span(&edits, 6, 1), Moved::Lost);
        assert_eq!(move_span(&[], 3, 4), Moved::At(3, 4));
        assert_eq!(move_span(&[edit(1, 3, 0)], 1, 3), Moved::Lost);
    }

    #[test]
    fn inside_a_replacement_of_equal_length_spans_move_one_to_one() {
        let mut editor = Editor::default();
        editor.replace(1, "abc");
        editor.keep('d');
        editor.replace(4, "wxyz");
        let (_, edits) = editor.finish();
        assert_eq!(move_span(&edits, 3, 5), Moved::At(5, 7));
        assert_eq!(move_span(&edits, 4, 8), Moved::At(6, 10));
        assert_eq!(move_span(&[edit(0, 4, 4)], 1, 3), Moved::Lost, "as long as before, but not one to one");
    }

    #[test]
    fn touching_edits_leave_a_border_between_them() {
        let edits = [edit(0, 3, 1), edit(3, 5, 1), edit(5, 5, 2)];
        assert_eq!(move_span(&edits, 0, 3), Moved::At(0, 1));
        assert_eq!(move_span(&edits, 3, 5), Moved::At(1, 2));
        assert_eq!(move_span(&edits, 5, 6), Moved::At(2, 5), "inserted text belongs to the span that starts there");
    }

    #[test]
    fn composing_merges_what_overlaps_and_keeps_what_touches() {
        assert_eq!(compose(&[edit(0, 2, 1)], &[edit(1, 2, 3)]), [edit(0, 2, 1), edit(2, 3, 3)]);
        assert_eq!(compose(&[edit(0, 2, 2)], &[edit(1, 3, 0)]), [edit(0, 3, 1)]);
        assert_eq!(compose(&[edit(2, 4, 0)], &[edit(1, 3, 1)]), [edit(1, 5, 1)]);
        assert_eq!(compose(&[edit(2, 4, 0)], &[edit(2, 2, 1)]), [edit(2, 4, 0), edit(4, 4, 1)]);
        assert_eq!(compose(&[edit(2, 2, 3)], &[edit(2, 5, 0)]), []);
        assert_eq!(compose(&[edit(2, 2, 3)], &[edit(2, 2, 1)]), [edit(2, 2, 4)]);
        assert_eq!(compose(&[], &[edit(1, 2, 0)]), [edit(1, 2, 0)]);
    }

    #[test]
    fn edits_since_a_text_was_collected() {
        let (none, two): (Option<Vec<Edit>>, Vec<Edit>) = (None, vec![edit(2, 2, 3)]);
        assert_eq!(since_collected(none.clone(), None), None);
        assert_eq!(since_collected(Some(two.clone()), None), Some(two.clone()));
        assert_eq!(since_collected(none.clone(), Some(&two)), Some(two.clone()));
        assert_eq!(since_collected(Some(two), Some(&[edit(2, 5, 0)])), None, "changed back");
        assert_eq!(since_collected(none, Some(&[])), None);
    }

    #[test]
    fn an_editor_writes_text_and_list_together() {
        let mut editor = Editor::with_capacity(16);
        editor.keep('가');
        editor.replace(2, "나");
        editor.replace(1, "");
        editor.replace(0, "");
        editor.keep_str("다a");
        assert_eq!(editor.finish(), ("가나다a".to_string(), vec![edit(1, 3, 1), edit(3, 4, 0)]));
    }

    /// A small generator of its own: the same numbers on every machine.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, n: u32) -> u32 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % u64::from(n)) as u32
        }

        fn change(&mut self, text: &str) -> (String, Vec<Edit>) {
            let mut editor = Editor::default();
            let mut left: Vec<char> = text.chars().rev().collect();
            while !left.is_empty() {
                let take = self.below(4).min(left.len() as u32);
                match self.below(4) {
                    0 => {
                        left.truncate(left.len() - take as usize);
                        let len = if self.below(2) == 0 { take } else { self.below(4) };
                        editor.replace(take, &"*".repeat(len as usize));
                    }
                    _ => left.drain(left.len() - take as usize..).rev().for_each(|c| editor.keep(c)),
                }
            }
            editor.finish()
        }
    }

    #[test]
    fn moving_through_a_composition_is_moving_twice() {
        let text: String = ('A'..='N').collect();
        let mut compared = 0;
        for seed in 0..4000 {
            let mut numbers = Numbers(seed);
            let (between, first) = numbers.change(&text);
            let (last, second) = numbers.change(&between);
            let both = compose(&first, &second);
            assert!(both.is_sorted_by_key(|e| (e.start, e.end)) && both.windows(2).all(|w| w[0].end <= w[1].start));
            for start in 0..14 {
                for end in start + 1..=14 {
                    let Moved::At(a, b) = move_span(&first, start, end) else { continue };
                    let once = move_span(&both, start, end);
                    let twice = move_span(&second, a, b);
                    if once != Moved::Lost && twice != Moved::Lost {
                        assert_eq!(once, twice, "{first:?} {second:?} {both:?} {start}..{end}");
                        compared += 1;
                    }
                }
            }
            untouched_characters_are_found_again(&text, &last, &both);
        }
        assert!(compared > 50_000, "{compared}");
    }

    fn untouched_characters_are_found_again(text: &str, last: &str, edits: &[Edit]) {
        let length = text.chars().count() as i64 + edits.iter().map(Edit::shift).sum::<i64>();
        assert_eq!(last.chars().count() as i64, length);
        for (i, c) in text.chars().enumerate().map(|(i, c)| (i as u32, c)) {
            if !edits.iter().any(|e| e.start <= i && i < e.end) {
                let to = move_border(edits, i + 1).map(|b| b as usize - 1);
                assert_eq!(to.and_then(|i| last.chars().nth(i)), Some(c), "{edits:?}");
            }
        }
    }
}

//! What the tags of tokens show of their scheme.
use super::tags;

/// The class of a tag.
pub fn class_of(tag: &str) -> Option<&str> {
    tag.split_once('-').map(|t| t.1)
}

/// What the tags of sentences show of their scheme.
#[derive(Default)]
pub struct Marks {
    /// `I-` behind nothing of its class.
    open: bool,
    /// `B-` behind nothing of its class.
    first: bool,
    /// How many are `E-` and `S-`, as BIOES has them.
    ends: usize,
    /// How many are `L-` and `U-`, as BILOU has them.
    last: usize,
    /// Tags of entities, and those that no scheme has.
    entities: usize,
    other: usize,
}

impl Marks {
    pub fn sentence(&mut self, tags: &[String]) {
        let mut before = "O";
        for tag in tags.iter().map(String::as_str) {
            let class = |t: &str| t.split_once('-').map_or(String::new(), |t| t.1.to_string());
            let goes_on = before != "O" && class(before) == class(tag);
            self.entities += usize::from(tag != "O");
            match tag.split('-').next() {
                _ if !tags::is_tag(tag) => self.other += 1,
                Some("I") => self.open |= !goes_on,
                Some("B") => self.first |= !goes_on,
                Some("E" | "S") => self.ends += 1,
                Some("L" | "U") => self.last += 1,
                _ => {}
            }
            before = tag;
        }
    }

    /// The scheme where it is not the default; `None` for one that is not read. Tags of another one that are at most one in ten
    /// do not decide it.
    pub fn scheme(&self) -> Option<Option<&'static str>> {
        let many = |n: usize| n * 10 > self.entities;
        match (many(self.ends), many(self.last), self.first, self.open) {
            _ if self.other * 10 > self.entities => None,
            (true, true, ..) => None,
            (true, ..) => Some(Some("bioes")),
            (_, true, ..) => Some(Some("bilou")),
            (_, _, false, true) => Some(Some("iob1")),
            _ => Some(None),
        }
    }
}

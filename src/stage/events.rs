//! Events of one partition as bytes. Most of them say one of a few things of many rows, so what is said is written
//! once, and an event is four numbers.
use super::{Act, Event};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

/// What is said, apart from where.
#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, Clone)]
struct Said<'e>(Stored<'e>, Cow<'e, str>, Cow<'e, str>, Cow<'e, str>);

/// An act as it is stored. A drop for its own sake is a word alone, as it always was.
#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, Clone)]
#[serde(rename_all = "snake_case")]
enum Stored<'e> {
    Change,
    Finding,
    Review,
    Hold,
    Fail,
    Drop,
    DropFor(Cow<'e, str>),
    Merge(Cow<'e, str>),
}

impl<'e> Stored<'e> {
    fn of(act: &'e Act) -> Stored<'e> {
        match act {
            Act::Change => Stored::Change,
            Act::Finding => Stored::Finding,
            Act::Review => Stored::Review,
            Act::Hold => Stored::Hold,
            Act::Fail => Stored::Fail,
            Act::Drop { kept: None } => Stored::Drop,
            Act::Drop { kept: Some(id) } => Stored::DropFor(id.into()),
            Act::Merge(id) => Stored::Merge(id.into()),
        }
    }

    fn act(self) -> Act {
        match self {
            Stored::Change => Act::Change,
            Stored::Finding => Act::Finding,
            Stored::Review => Act::Review,
            Stored::Hold => Act::Hold,
            Stored::Fail => Act::Fail,
            Stored::Drop => Act::DROP,
            Stored::DropFor(id) => Act::Drop { kept: Some(id.into_owned()) },
            Stored::Merge(id) => Act::Merge(id.into_owned()),
        }
    }
}

/// `length u32, JSON of what is said, then for each event: row u32, record u32, line u32, which u32`, in order.
pub fn encode(events: &[Event]) -> Vec<u8> {
    let mut said: Vec<Said> = Vec::new();
    let mut known: HashMap<Said, u32> = HashMap::new();
    let mut rows = Vec::with_capacity(events.len() * ROW);
    for e in events {
        let own = Said(Stored::of(&e.act), (&e.key).into(), (&e.rule).into(), (&e.say).into());
        let which = *known.entry(own).or_insert_with_key(|own| {
            said.push(own.clone());
            said.len() as u32 - 1
        });
        [e.row, e.record, e.line, which].iter().for_each(|n| rows.extend(n.to_le_bytes()));
    }
    let said = serde_json::to_vec(&said).unwrap_or_default();
    [&(said.len() as u32).to_le_bytes()[..], &said, &rows].concat()
}

/// Length in bytes of an event.
const ROW: usize = 16;

/// `None` if the bytes are no events.
pub fn decode(bytes: &[u8]) -> Option<Vec<Event>> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (said, rows) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    let said: Vec<Said> = serde_json::from_slice(said).ok()?;
    let (rows, torn) = rows.as_chunks::<ROW>();
    let event = |b: &[u8; ROW]| {
        let mut numbers = b.as_chunks::<4>().0.iter().map(|n| u32::from_le_bytes(*n));
        let (row, record, line, which) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
        let Said(act, key, rule, say) = said.get(which as usize)?.clone();
        let (act, key, rule, say) = (act.act(), key.into_owned(), rule.into_owned(), say.into_owned());
        Some(Event { row, record, line, act, key, rule, say })
    };
    if torn.is_empty() { rows.iter().map(event).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_and_back() {
        let event = |row, act, say: &str| {
            let (key, rule, say) = ("clean.x".to_string(), "x".to_string(), say.to_string());
            Event { row, record: row * 2, line: 7, act, key, rule, say }
        };
        let events: Vec<Event> = (0..100)
            .map(|i| {
                event(
                    i,
                    match i % 9 {
                        0 => Act::Merge(format!("가{i}")),
                        1 => Act::Drop { kept: Some(format!("k{i}")) },
                        _ => Act::DROP,
                    },
                    "gone",
                )
            })
            .collect();
        let bytes = encode(&events);
        assert!(bytes.len() < 100 * ROW + 2500, "{}", bytes.len());
        assert_eq!(decode(&bytes), Some(events));
        assert_eq!(decode(&encode(&[])), Some(Vec::new()));
        assert!((0..bytes.len()).all(|cut| decode(&bytes[..cut]).is_none_or(|e| e.len() < 100)));
    }
}

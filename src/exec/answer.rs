//! What a job gave, as frames: digests first, then the objects behind them. Whoever receives them takes each digest again.
use super::frames::{self, Kind, wrong};
use crate::digest::Digest;
use crate::stage::{Born, Made, Summary, entries, events, parents_bytes, parents_of};
use crate::table::{self, ArrayRef, codec::bytes_digest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// Digests of all that was made, in the order in which the objects follow.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    pub columns: Vec<(String, Digest)>,
    pub events: Option<Digest>,
    pub summary: Option<Digest>,
    pub parents: Option<Digest>,
    pub born: Vec<(String, Digest)>,
    pub blobs: Vec<Digest>,
}

/// Why what a worker gave is not taken.
#[derive(Debug)]
pub enum Refused {
    /// The pipe broke, or what came is no answer.
    Broken(io::Error),
    /// An object is not the one that its digest names.
    Lied(String),
}

impl From<io::Error> for Refused {
    fn from(e: io::Error) -> Refused {
        Refused::Broken(e)
    }
}

/// Sends what was made. `lie` changes what is told of it, for tests of those who receive it.
pub fn send(out: &mut dyn Write, made: &Made, lie: impl FnOnce(&mut Digests)) -> io::Result<()> {
    let (delta, mut digests, mut objects) = (&made.delta, Digests::default(), Vec::new());
    for (name, array) in &delta.columns {
        let bytes = table::encode(array.as_ref());
        digests.columns.push((name.clone(), bytes_digest(&bytes)));
        objects.push(bytes);
    }
    let mut plain = |bytes: Vec<u8>| {
        let digest = Digest::of(&bytes);
        objects.push(bytes);
        digest
    };
    if !delta.events.is_empty() {
        digests.events = Some(plain(events::encode(&delta.events)));
    }
    digests.summary = made.summary.as_ref().map(|s| plain(s.encode()));
    if !delta.born.parents.is_empty() {
        digests.parents = Some(plain(parents_bytes(&delta.born.parents)));
    }
    for (name, array) in &delta.born.columns {
        let bytes = table::encode(array.as_ref());
        digests.born.push((name.clone(), bytes_digest(&bytes)));
        objects.push(bytes);
    }
    digests.blobs.extend(delta.blobs.keys());
    lie(&mut digests);
    frames::write_text(out, Kind::Made, &digests)?;
    for bytes in objects.iter().chain(delta.blobs.values()) {
        frames::write(out, Kind::Object, bytes)?;
    }
    Ok(())
}

/// Receives what was made, whose digests came already.
pub fn receive(from: &mut dyn Read, digests: &[u8]) -> Result<Made, Refused> {
    let digests: Digests = frames::text(digests)?;
    let mut made = Made { far: true, ..Made::default() };
    made.delta.columns = columns(from, &digests.columns)?;
    if let Some(digest) = digests.events {
        let read = events::decode(&plain(from, digest)?);
        made.delta.events = read.ok_or_else(|| wrong("events do not read".into()))?;
    }
    if let Some(digest) = digests.summary {
        let bytes = plain(from, digest)?;
        let mut summary = Summary::default();
        for (key, row, value) in entries(&bytes).ok_or_else(|| wrong("a summary does not read".into()))? {
            summary.put(key, row as usize, value);
        }
        made.summary = Some(summary);
    }
    let parents = match digests.parents {
        Some(digest) => parents_of(&plain(from, digest)?),
        None => Vec::new(),
    };
    made.delta.born = Born { parents, columns: columns(from, &digests.born)? };
    for digest in digests.blobs {
        made.delta.blobs.insert(digest, plain(from, digest)?);
    }
    Ok(made)
}

fn columns(from: &mut dyn Read, of: &[(String, Digest)]) -> Result<BTreeMap<String, ArrayRef>, Refused> {
    let mut out = BTreeMap::new();
    for (name, digest) in of {
        let bytes = object(from)?;
        same(bytes_digest(&bytes), *digest, &format!("the column `{name}`"))?;
        let array = table::decode(bytes).map_err(|e| wrong(format!("the column `{name}` does not read: {e}")))?;
        out.insert(name.clone(), array);
    }
    Ok(out)
}

fn plain(from: &mut dyn Read, digest: Digest) -> Result<Vec<u8>, Refused> {
    let bytes = object(from)?;
    same(Digest::of(&bytes), digest, "an object")?;
    Ok(bytes)
}

fn same(found: Digest, told: Digest, what: &str) -> Result<(), Refused> {
    match found == told {
        true => Ok(()),
        false => Err(Refused::Lied(format!("told {} of {what} that is {}", told.short(), found.short()))),
    }
}

fn object(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    match frames::read(from)? {
        Some((Kind::Object, bytes)) => Ok(bytes),
        Some(_) => Err(wrong("an object was to come and something else came".into())),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Act, testing::texts_of};

    fn made() -> Made {
        let mut made = Made { far: true, ..Made::default() };
        made.delta.write("text", texts_of(&[Some("가"), None]));
        made.delta.event(1, Act::DROP, "clean.x", "x", "gone");
        made.delta.born.parents = vec![(0, 0), (0, 1)];
        made.delta.born.columns.insert("id".into(), texts_of(&[Some("a"), Some("b")]));
        made.delta.blob(b"picture".to_vec());
        let mut summary = Summary::default();
        summary.put("b", 1, "2");
        summary.put("a", 0, "1");
        made.summary = Some(summary);
        made
    }

    fn sent(made: &Made, lie: impl FnOnce(&mut Digests)) -> Result<Made, Refused> {
        let mut bytes = Vec::new();
        send(&mut bytes, made, lie).unwrap();
        let mut from = bytes.as_slice();
        let (_, digests) = frames::read(&mut from).unwrap().unwrap();
        receive(&mut from, &digests)
    }

    #[test]
    fn what_was_made_comes_back_as_it_was() {
        let (made, back) = (made(), sent(&made(), |_| ()).unwrap());
        assert_eq!(back.delta.columns, made.delta.columns);
        assert_eq!(back.delta.events, made.delta.events);
        assert_eq!(back.delta.born.parents, made.delta.born.parents);
        assert_eq!(back.delta.born.columns, made.delta.born.columns);
        assert_eq!(back.delta.blobs, made.delta.blobs);
        assert_eq!(back.summary.map(|s| s.encode()), made.summary.map(|s| s.encode()));
        assert!(sent(&Made::default(), |_| ()).unwrap().summary.is_none());
    }

    #[test]
    fn another_digest_is_a_lie_wherever_it_stands() {
        let other = Digest::of(b"another");
        let lies: [fn(&mut Digests, Digest); 6] = [
            |d, other| d.columns[0].1 = other,
            |d, other| d.events = Some(other),
            |d, other| d.summary = Some(other),
            |d, other| d.parents = Some(other),
            |d, other| d.born[0].1 = other,
            |d, other| d.blobs[0] = other,
        ];
        for lie in lies {
            let refused = sent(&made(), |d| lie(d, other));
            assert!(matches!(refused, Err(Refused::Lied(_))), "{refused:?}");
        }
    }
}

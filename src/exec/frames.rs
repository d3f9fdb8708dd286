//! What a client and a worker say to each other over a pipe: frames of `kind u8, length u64, bytes`. A job is a question;
//! while a worker answers it, it may ask for bytes that the job names. One side speaks at a time.
use crate::digest::Digest;
use crate::stage::{Entry, Fault, Kernel};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// Raised with every change of what is said.
pub const PROTOCOL: u32 = 1;
/// Bytes of a frame that is text.
pub const TEXT_MAX: u64 = 64 << 20;
/// Bytes of a frame that is an object.
pub const OBJECT_MAX: u64 = 1 << 31;
/// Bytes that are asked of the allocator before any came.
const FIRST: u64 = 1 << 20;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The worker says who it is.
    Hello,
    Job,
    /// The worker asks for a column, or for bytes.
    Column,
    Blob,
    /// Bytes: asked for, or made.
    Object,
    /// What was made; its objects follow.
    Made,
    /// Why there is no answer.
    Fault,
}

const KINDS: [(u8, Kind); 7] = [
    (b'H', Kind::Hello),
    (b'J', Kind::Job),
    (b'C', Kind::Column),
    (b'B', Kind::Blob),
    (b'O', Kind::Object),
    (b'M', Kind::Made),
    (b'F', Kind::Fault),
];

/// Who a worker is. Both sides must be the same program with the same kernels, or equal jobs are not equal work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    pub protocol: u32,
    pub version: String,
    pub kernels: Digest,
}

impl Hello {
    /// Of this program with the stages of a registry.
    pub fn of(registry: &[Entry]) -> Hello {
        let mut text = String::new();
        for entry in registry {
            text.push_str(entry.name);
            Kernel::ALL.iter().for_each(|k| text.push_str(&format!(" {}", entry.card.version(*k))));
            entry.card.uses.iter().for_each(|u| text.push_str(&format!(" {u}")));
            text.push('\n');
        }
        let version = env!("CARGO_PKG_VERSION").to_string();
        Hello { protocol: PROTOCOL, version, kernels: Digest::of(text.as_bytes()) }
    }

    /// Why work must not be given to a worker that says this, if it must not.
    pub fn refuses(&self, worker: &Hello) -> Option<String> {
        if self == worker {
            return None;
        }
        let (own, other) = (&self.version, &worker.version);
        let how = match (self.protocol != worker.protocol, own != other) {
            (true, _) => format!("speaks version {} of the protocol, not {}", worker.protocol, self.protocol),
            (false, true) => format!("is tamis {other}, and this is tamis {own}"),
            (false, false) => format!("is tamis {own} with other kernels"),
        };
        Some(format!("the worker {how}: the same command must run on both sides"))
    }
}

/// A fault as it is sent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    World(String),
    Bug(String),
    Stopped(i32),
}

pub fn write(out: &mut dyn Write, kind: Kind, bytes: &[u8]) -> io::Result<()> {
    let letter = KINDS.iter().find(|k| k.1 == kind).map_or(0, |k| k.0);
    out.write_all(&[letter])?;
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)
}

pub fn write_text(out: &mut dyn Write, kind: Kind, value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(value)?;
    if text.len() as u64 > TEXT_MAX {
        return Err(wrong(format!("{} bytes of text are too many for one frame", text.len())));
    }
    write(out, kind, &text)
}

pub fn write_fault(out: &mut dyn Write, fault: &Fault) -> io::Result<()> {
    let said = match fault {
        Fault::World(say) => Said::World(say.clone()),
        Fault::Bug(say) => Said::Bug(say.clone()),
        Fault::Stopped(exit) => Said::Stopped(*exit),
    };
    write_text(out, Kind::Fault, &said)
}

/// The next frame; `None` if the other side has closed the pipe between two frames.
pub fn read(from: &mut dyn Read) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let mut letter = [0];
    loop {
        match from.read(&mut letter) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let known = KINDS.iter().find(|k| [k.0] == letter).map(|k| k.1);
    let kind = known.ok_or_else(|| wrong("a frame of no known kind came".into()))?;
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let most = if kind == Kind::Object { OBJECT_MAX } else { TEXT_MAX };
    if length > most {
        return Err(wrong(format!("a frame of {length} bytes came; at most {most} are taken")));
    }
    // memory grows with what comes, and not with what is announced
    let mut bytes = Vec::with_capacity(length.min(FIRST) as usize);
    from.take(length).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(Some((kind, bytes))),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

pub fn text<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    serde_json::from_slice(bytes).map_err(|e| wrong(format!("a frame does not read: {e}")))
}

pub fn fault(bytes: &[u8]) -> io::Result<Fault> {
    Ok(match text(bytes)? {
        Said::World(say) => Fault::World(say),
        Said::Bug(say) => Fault::Bug(say),
        Said::Stopped(exit) => Fault::Stopped(exit),
    })
}

pub fn digest(bytes: &[u8]) -> io::Result<Digest> {
    Digest::from_slice(bytes).ok_or_else(|| wrong("a frame holds no digest".into()))
}

pub fn wrong(say: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, say)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_back() {
        let mut bytes = Vec::new();
        write(&mut bytes, Kind::Object, b"made").unwrap();
        write_fault(&mut bytes, &Fault::Bug("no".into())).unwrap();
        let mut from = bytes.as_slice();
        assert_eq!(read(&mut from).unwrap(), Some((Kind::Object, b"made".to_vec())));
        let (kind, said) = read(&mut from).unwrap().unwrap();
        assert_eq!((kind, fault(&said).unwrap()), (Kind::Fault, Fault::Bug("no".into())));
        assert_eq!(read(&mut from).unwrap(), None);
        assert!((1..bytes.len()).filter(|cut| *cut != 13).all(|cut| {
            let mut from = bytes.get(..cut).unwrap();
            read(&mut from).is_err() || read(&mut from).is_err()
        }));
    }

    #[test]
    fn what_is_too_long_or_unknown_is_refused_before_memory_is_taken() {
        let frame = |letter: u8, length: u64| [&[letter][..], &length.to_le_bytes(), b"{}"].concat();
        assert!(read(&mut frame(b'M', TEXT_MAX + 1).as_slice()).is_err());
        assert!(read(&mut frame(b'O', u64::MAX).as_slice()).is_err());
        assert!(read(&mut frame(b'O', OBJECT_MAX).as_slice()).is_err());
        assert!(read(&mut frame(b'z', 2).as_slice()).is_err());
    }

    #[test]
    fn only_the_same_program_is_given_work() {
        let own = Hello { protocol: 1, version: "1.0.0".into(), kernels: Digest::of(b"a") };
        assert_eq!(own.refuses(&own.clone()), None);
        let says = |other: Hello| own.refuses(&other).unwrap();
        assert!(says(Hello { protocol: 2, ..own.clone() }).contains("version 2 of the protocol"));
        assert!(says(Hello { version: "1.0.1".into(), ..own.clone() }).contains("tamis 1.0.1"));
        assert!(says(Hello { kernels: Digest::of(b"b"), ..own.clone() }).contains("other kernels"));
    }
}

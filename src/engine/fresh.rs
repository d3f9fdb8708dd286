//! A build that found nothing to do, remembered whole: what it looked at, and what it said. While everything looks the
//! same, the next build says it again and opens neither the manifest nor the store. For small projects, where opening
//! costs more than looking. A cache of this checkout with a checksum; losing it costs one plan.
use super::out::Outputs;
use super::record;
use super::scan::{Reader, put_text};
use super::session::Session;
use super::store;
use crate::digest::Digest;
use crate::world::{Look, Looks, Stat, World};

const PATH: &str = ".tamis/fresh";
const MAGIC: &[u8] = b"tamis fresh 3\n";
/// Bytes that such a file may have: with the most looks and long paths it has far fewer.
const MOST: u64 = 16 << 20;

/// What a build said that found nothing to do.
#[derive(Debug, Default, PartialEq)]
pub struct Said {
    /// The language that the warnings are in.
    pub language: String,
    /// The result.
    pub result: String,
    /// Warnings of the declaration.
    pub warnings: String,
}

/// What the last build said, if it found nothing to do and everything it looked at is as it was.
pub fn again(world: &World, target: usize, language: &str) -> Option<Said> {
    let bytes = world.read_own(PATH, MOST).ok()?;
    let body = body(&bytes, world.own_program()?)?;
    let (looks, said) = parse(body, &store::checkout(world), target)?;
    (said.language == language && looks.hold(world)).then_some(said)
}

/// Whether a manifest of this shape was found in order by the same program, in the last build that found nothing to do:
/// then only comments, blanks and places have changed since, and nothing is to be told about the schema.
pub fn fits(world: &World, shape: Digest) -> bool {
    let known = || {
        let bytes = world.read_own(PATH, MOST).ok()?;
        Reader(body(&bytes, world.own_program()?)?).array().map(Digest)
    };
    known() == Some(shape)
}

/// Saves a no-op build so that the next can be skipped. Does nothing if some input could not be tracked; write errors are
/// ignored, since this is only a cache.
pub fn keep(s: &Session, shape: Digest, looks: Looks, files: &Outputs, said: &Said) {
    let all = || {
        let record = (record::WALK.to_string(), s.world.look(record::WALK)?);
        let own = s.store.looks(s.world)?.into_iter().chain([record]).chain(files.looks()?);
        Some((looks.with(own).dated(s.world), s.world.own_program()?))
    };
    let Some((looks, program)) = all() else { return };
    let bytes = print(&looks, program, shape, &store::checkout(s.world), s.target, said);
    if bytes.len() as u64 <= MOST {
        let _ = s.world.replace_with(PATH, false, |w| w.write_all(&bytes));
    }
}

fn print(looks: &Looks, program: Stat, shape: Digest, checkout: &str, target: usize, said: &Said) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(program.bytes());
    out.extend(shape.0);
    out.extend((target as u64).to_le_bytes());
    put_text(&mut out, checkout);
    put_text(&mut out, &said.language);
    put_text(&mut out, &said.result);
    put_text(&mut out, &said.warnings);
    for (path, look) in looks.iter() {
        put_text(&mut out, path);
        match look {
            Look::Absent => out.push(0),
            Look::File(stat) => {
                out.push(1);
                out.extend(stat.bytes());
            }
            Look::Folder(names, stat) => {
                out.push(2);
                out.extend(names.0);
                out.push(u8::from(stat.is_some()));
                out.extend(stat.unwrap_or_default().bytes());
            }
        }
    }
    let sum = Digest::of(&out);
    out.extend(sum.0);
    out
}

/// What stands behind the program's own look, if the file is whole and was written by the program that reads it.
fn body(bytes: &[u8], program: Stat) -> Option<&[u8]> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    if Digest::of(body).0 != *sum {
        return None;
    }
    let mut r = Reader(body.strip_prefix(MAGIC)?);
    (Stat::of_bytes(&r.array()?) == program).then_some(r.0)
}

fn parse(body: &[u8], checkout: &str, target: usize) -> Option<(Looks, Said)> {
    let mut r = Reader(body);
    let _shape: [u8; 32] = r.array()?;
    if r.u64()? != target as u64 {
        return None;
    }
    if r.text()? != checkout {
        return None; // moved: the store does not yet know what is needed here
    }
    let said = Said { language: r.text()?, result: r.text()?, warnings: r.text()? };
    let mut looks = Vec::new();
    while !r.0.is_empty() {
        let path = r.text()?;
        let look = match r.array::<1>()? {
            [0] => Look::Absent,
            [1] => Look::File(Stat::of_bytes(&r.array()?)),
            _ => {
                let names = Digest(r.array()?);
                let believed = r.array::<1>()? == [1];
                Look::Folder(names, Some(Stat::of_bytes(&r.array()?)).filter(|_| believed))
            }
        };
        looks.push((path, look));
    }
    Some((Looks::new(looks), said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_and_parse() {
        let stat = Stat { size: 12, mtime: -5, ctime: 7, inode: 8, device: 9 };
        let looks = || {
            Looks::new(vec![
                ("dataset.toml".into(), Look::File(stat)),
                ("out".into(), Look::Folder(Digest::of(b"names"), None)),
                ("raw".into(), Look::Folder(Digest::of(b"names"), Some(stat))),
                ("raw/가.jsonl".into(), Look::Absent),
            ])
        };
        let said = || Said { language: "en".into(), result: "fresh: 18 steps\n".into(), warnings: String::new() };
        let shape = Digest::of(b"shape");
        let bytes = print(&looks(), stat, shape, "/home", 4096, &said());
        let parse = |bytes: &[u8], stat, checkout, target| parse(body(bytes, stat)?, checkout, target);
        assert_eq!(Reader(body(&bytes, stat).unwrap()).array().map(Digest), Some(shape));
        assert_eq!(parse(&bytes, stat, "/home", 4096), Some((looks(), said())));
        assert_eq!(parse(&bytes, stat, "/home", 16), None, "partitions of another size are another build");
        assert_eq!(
            parse(&bytes, Stat { inode: 9, ..stat }, "/home", 4096),
            None,
            "another program may say something else"
        );
        assert_eq!(parse(&bytes, stat, "/elsewhere", 4096), None, "a checkout that was moved");
        for cut in 0..bytes.len() {
            assert_eq!(parse(&bytes[..cut], stat, "/home", 4096), None);
        }
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            assert_eq!(parse(&bent, stat, "/home", 4096), None);
        }
    }
}

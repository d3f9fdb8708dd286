//! FLAC: blocks that tell of the sound, the first of which says all that is wanted, and then its frames.
use super::header::{Header, corrupt, ends};
use crate::formats::encoding::Wrong;

/// The header behind the mark `fLaC`.
pub fn header(bytes: &[u8]) -> Result<Header, Wrong> {
    let info = block(bytes, 0)?;
    if info.kind != 0 || info.body.len() < 18 {
        return Err(corrupt("the first block does not say what the sound is"));
    }
    let own = info.body.get(10..18).and_then(<[u8]>::first_chunk::<8>).ok_or_else(ends)?;
    let own = u64::from_be_bytes(*own);
    let rate = u32::try_from(own >> 44).unwrap_or(0);
    let (channels, bits) = ((own >> 41 & 7) as u32 + 1, (own >> 36 & 31) as u32 + 1);
    let frames = Some(own & ((1 << 36) - 1)).filter(|n| *n > 0);
    if rate == 0 {
        return Err(corrupt("it states no rate"));
    }
    let (mut last, mut next) = (info.last, info.next);
    while !last {
        let other = block(bytes, next)?;
        (last, next) = (other.last, other.next);
    }
    match bytes.get(next..next + 2) {
        Some([0xff, 0xf8..=0xf9]) => {}
        None if frames.is_none() && next == bytes.len() => {}
        None => return Err(ends()),
        _ => return Err(corrupt("no frame of sound stands where the first should")),
    }
    let told = match frames {
        Some(_) => Vec::new(),
        None => {
            vec![("sound.length", "the header does not say how long the sound is: its duration is null".to_string())]
        }
    };
    Ok(Header { container: "flac", coding: "flac".into(), rate, channels, bits: Some(bits), frames, told })
}

struct Block<'b> {
    last: bool,
    kind: u8,
    body: &'b [u8],
    next: usize,
}

fn block(bytes: &[u8], at: usize) -> Result<Block<'_>, Wrong> {
    let head = bytes.get(at..).and_then(<[u8]>::first_chunk::<4>).ok_or_else(ends)?;
    let [first, a, b, c] = *head;
    let len = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
    let body = bytes.get(at + 4..at + 4 + len).ok_or_else(ends)?;
    Ok(Block { last: first & 0x80 != 0, kind: first & 0x7f, body, next: at + 4 + len })
}

#[cfg(test)]
mod tests {
    use super::super::header as read;

    fn flac(rate: u64, channels: u64, bits: u64, frames: u64) -> Vec<u8> {
        let own = rate << 44 | (channels - 1) << 41 | (bits - 1) << 36 | frames;
        let info = [&[0; 10][..], &own.to_be_bytes(), &[0; 16]].concat();
        [b"fLaC\x00\x00\x00\x22".as_slice(), &info, b"\x84\x00\x00\x01x\xff\xf8rest"].concat()
    }

    #[test]
    fn the_first_block_tells_all() {
        let found = read(&flac(96_000, 2, 24, 48_000)).unwrap();
        assert_eq!((found.rate, found.channels, found.bits, found.duration()), (96_000, 2, Some(24), Some(0.5)));
        let open = read(&flac(8000, 1, 16, 0)).unwrap();
        assert_eq!((open.duration(), open.told[0].0), (None, "sound.length"));
        assert_eq!(read(&flac(0, 1, 16, 5)).unwrap_err().rule, "sound.corrupt");
        let whole = flac(8000, 1, 16, 5);
        for end in 1..whole.len() - 4 {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
    }
}

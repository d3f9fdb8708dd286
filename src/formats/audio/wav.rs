//! WAV: chunks in a RIFF file, and RF64 where it is longer than 4 GiB. Of a chunk that is not known its length alone is read.
use super::header::{Header, corrupt, ends};
use crate::formats::encoding::Wrong;

/// The length that a program writes which does not know it yet.
const UNKNOWN: u64 = 0xffff_ffff;

/// What the chunk `fmt ` says.
struct Form {
    coding: u16,
    channels: u16,
    rate: u32,
    /// Bytes of one sample of all channels.
    block: u16,
    bits: u16,
}

pub fn header(bytes: &[u8]) -> Result<Header, Wrong> {
    let long = bytes.starts_with(b"RF64");
    if bytes.get(8..12).ok_or_else(ends)? != b"WAVE" {
        return Err(Wrong::new("sound.format", "a RIFF file that holds no sound"));
    }
    let (mut at, mut form, mut fact, mut large) = (12usize, None, None, None);
    while let Some((name, stated, body)) = chunk(bytes, at) {
        match name {
            b"ds64" if long => large = whole(body, 8, 8),
            b"fmt " => form = Some(described(body)?),
            b"fact" => fact = whole(body, 0, 4),
            b"data" => {
                let form = form.ok_or_else(|| corrupt("the sound begins before anything says what it is"))?;
                let stated = if stated == UNKNOWN { large.unwrap_or(stated) } else { stated };
                return sounding(&form, stated, bytes.len() - (at + 8), fact);
            }
            _ => {}
        }
        let step = usize::try_from(stated).ok().and_then(|n| n.checked_add(8 + n % 2));
        at = step.and_then(|step| at.checked_add(step)).ok_or_else(ends)?;
    }
    Err(if at > bytes.len() { ends() } else { corrupt("the file holds no chunk `data`") })
}

/// The chunk at a place: its name, its stated length, and as much of it as there is.
fn chunk(bytes: &[u8], at: usize) -> Option<(&[u8], u64, &[u8])> {
    let name = bytes.get(at..at.checked_add(4)?)?;
    let stated = whole(bytes, at + 4, 4)?;
    let body = bytes.get(at + 8..)?;
    let len = usize::try_from(stated).unwrap_or(usize::MAX).min(body.len());
    Some((name, stated, body.get(..len)?))
}

/// A whole number of so many bytes, the least first.
fn whole(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let own = bytes.get(at..at.checked_add(len)?)?;
    Some(own.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

fn described(body: &[u8]) -> Result<Form, Wrong> {
    let of = |at, len| whole(body, at, len).ok_or_else(ends);
    let short = |n: u64| u16::try_from(n).unwrap_or(u16::MAX);
    let coding = match of(0, 2)? {
        // the coding proper stands at the begin of an identifier
        0xfffe => of(24, 2)?,
        coding => coding,
    };
    let form = Form {
        coding: short(coding),
        channels: short(of(2, 2)?),
        rate: u32::try_from(of(4, 4)?).unwrap_or(0),
        block: short(of(12, 2)?),
        bits: short(of(14, 2)?),
    };
    if form.channels == 0 || form.rate == 0 || form.block == 0 {
        return Err(corrupt("it states no channels, no rate or samples without bytes"));
    }
    Ok(form)
}

/// The sound of a chunk `data` that states so many bytes, of which so many are there.
fn sounding(form: &Form, stated: u64, there: usize, fact: Option<u64>) -> Result<Header, Wrong> {
    let (there, mut told) = (there as u64, Vec::new());
    let open = stated == UNKNOWN || (stated == 0 && there > 0);
    if open {
        told.push((
            "sound.length",
            "the header does not say how long the sound is: it lasts to the end of the file".into(),
        ));
    } else if stated > there {
        return Err(ends());
    }
    let len = if open { there } else { stated };
    let coding = match form.coding {
        1 => "pcm".to_string(),
        3 => "float".into(),
        6 => "alaw".into(),
        7 => "ulaw".into(),
        other => format!("{other}"),
    };
    let even = matches!(form.coding, 1 | 3 | 6 | 7);
    if even && !len.is_multiple_of(form.block.into()) {
        told.push(("sound.rest", "the sound ends within a sample: what is left of it is not counted".into()));
    }
    // of other codings a block is no sample, and another chunk says how many there are
    let frames = if even { Some(len / u64::from(form.block)) } else { fact };
    let bits = Some(u32::from(form.bits)).filter(|bits| *bits > 0);
    let (rate, channels) = (form.rate, form.channels.into());
    Ok(Header { container: "wav", coding, rate, channels, bits, frames, told })
}

#[cfg(test)]
pub mod tests {
    use super::super::header as read;

    /// A chunk; one of an odd length has a byte behind it.
    fn part(name: &str, body: &[u8]) -> Vec<u8> {
        let mut out = [name.as_bytes(), &(body.len() as u32).to_le_bytes(), body].concat();
        out.extend(std::iter::repeat_n(0, body.len() % 2));
        out
    }

    fn fmt(coding: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
        let block = channels * bits.div_ceil(8);
        let mut out = [coding.to_le_bytes(), channels.to_le_bytes()].concat();
        out.extend(rate.to_le_bytes());
        out.extend((rate * u32::from(block)).to_le_bytes());
        out.extend([block.to_le_bytes(), bits.to_le_bytes()].concat());
        out
    }

    fn riff(parts: &[Vec<u8>]) -> Vec<u8> {
        let body = [b"WAVE".to_vec(), parts.concat()].concat();
        part("RIFF", &body)
    }

    /// A WAV of 16 bits and one channel.
    pub fn wav(rate: u32, frames: usize) -> Vec<u8> {
        riff(&[part("fmt ", &fmt(1, 1, rate, 16)), part("data", &vec![0; frames * 2])])
    }

    #[test]
    fn headers_tell_rate_channels_and_length() {
        let found = read(&wav(8000, 4000)).unwrap();
        assert_eq!((found.rate, found.channels, found.bits, found.duration()), (8000, 1, Some(16), Some(0.5)));
        assert!(found.told.is_empty());
        let stereo = riff(&[part("LIST", b"odd"), part("fmt ", &fmt(3, 2, 44100, 32)), part("data", &[0; 44])]);
        let found = read(&stereo).unwrap();
        assert_eq!((found.coding.as_str(), found.channels, found.frames), ("float", 2, Some(5)));
        assert_eq!(found.told.iter().map(|t| t.0).collect::<Vec<_>>(), ["sound.rest"]);
        let mut extended = fmt(0xfffe, 1, 8000, 24);
        extended.extend([22, 0, 24, 0, 0, 0, 0, 0, 1, 0]);
        let found = read(&riff(&[part("fmt ", &extended), part("data", &[0; 6])])).unwrap();
        assert_eq!((found.coding.as_str(), found.frames), ("pcm", Some(2)));
        let packed =
            riff(&[part("fmt ", &fmt(17, 1, 8000, 4)), part("fact", &99u32.to_le_bytes()), part("data", &[0; 8])]);
        assert_eq!(read(&packed).unwrap().frames, Some(99));
    }

    #[test]
    fn what_breaks_off_or_states_nothing_is_told() {
        let whole = wav(8000, 100);
        for end in 1..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        let mut open = wav(8000, 100);
        open[40..44].copy_from_slice(&[255; 4]);
        let found = read(&open).unwrap();
        assert_eq!((found.frames, found.told[0].0), (Some(100), "sound.length"));
        for (bytes, rule) in [
            (Vec::new(), "sound.empty"),
            (b"ID3\x04rest".to_vec(), "sound.format"),
            (b"<html>not found".to_vec(), "sound.format"),
            (riff(&[part("fmt ", &fmt(1, 0, 8000, 16)), part("data", &[])]), "sound.corrupt"),
            (riff(&[part("data", &[0; 2])]), "sound.corrupt"),
            (riff(&[part("fmt ", &fmt(1, 1, 8000, 16))]), "sound.corrupt"),
        ] {
            assert_eq!(read(&bytes).unwrap_err().rule, rule);
        }
    }
}

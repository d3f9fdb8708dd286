//! Long runs of letters, digits and signs without a space, as keys and tokens are.
use super::text::Text;

/// Tells the bytes of each longest run of at least `least` bytes of a class; `least` is at least [`super::marks::LONG`].
pub(super) fn of(text: &Text, least: usize, class: &Class, mut tell: impl FnMut(usize, usize)) {
    for (start, end) in text.marks.long().iter().filter(|(start, end)| end - start >= least) {
        let bytes = text.bytes().get(*start..*end).unwrap_or_default();
        within(bytes, least, class, |from, to| tell(start + from, start + to));
    }
}

/// The runs in some bytes. Only every `least`-th byte is looked at until one may lie in such a run.
fn within(bytes: &[u8], least: usize, class: &Class, mut tell: impl FnMut(usize, usize)) {
    let is = |byte: u8| class.0[usize::from(byte)];
    let mut at = least.saturating_sub(1);
    let mut after = 0;
    while let Some(byte) = bytes.get(at) {
        if !is(*byte) {
            at += least;
            continue;
        }
        let before = bytes.get(after..at).unwrap_or_default().iter().rev().take_while(|b| is(**b)).count();
        let behind = bytes.get(at..).unwrap_or_default().iter().take_while(|b| is(**b)).count();
        if before + behind >= least {
            tell(at - before, at + behind);
        }
        after = at + behind;
        at = after + least;
    }
}

/// Which bytes belong to a class: none of them a space, a control, or outside of ASCII.
pub(super) struct Class([bool; 256]);

impl Class {
    const fn of(signs: &[u8]) -> Class {
        let (mut class, mut byte) = ([false; 256], 0);
        while byte < 256 {
            class[byte] = (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        let mut sign = 0;
        while sign < signs.len() {
            class[signs[sign] as usize] = true;
            sign += 1;
        }
        Class(class)
    }
}

/// Signs of keys, tokens and what stands around them.
pub(super) static TOKEN: Class = Class::of(b"_-.");
pub(super) static BASE64: Class = Class::of(b"+/=");

pub(super) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Where the value begins in a run of base64: behind the name of a parameter (`ci=...`), since `=` only ends a value.
pub(super) fn value_start(text: &str, start: usize, end: usize) -> usize {
    let body = text.get(start..end).unwrap_or_default().trim_end_matches(['=', '/']).trim_end_matches('=');
    start + body.rfind('=').map_or(0, |at| at + 1)
}

/// Where the value ends in a run of base64: behind its first `=`, which only pad a value; a slash may follow them.
pub(super) fn value_end(text: &str, start: usize, end: usize) -> usize {
    let value = text.get(start..end).unwrap_or_default();
    let Some(first) = value.find('=') else { return end };
    start + first + value.get(first..).unwrap_or_default().bytes().take_while(|b| *b == b'=').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_long_run_is_missed() {
        for before in 0..20 {
            for len in [7, 8, 9, 30] {
                let text = format!("{}{} bb", "a ".repeat(before), "x".repeat(len));
                let want = if len >= 8 { vec![(2 * before, 2 * before + len)] } else { Vec::new() };
                let mut out = Vec::new();
                let class = Class(std::array::from_fn(|byte| byte == usize::from(b'x')));
                within(text.as_bytes(), 8, &class, |from, to| out.push((from, to)));
                assert_eq!(out, want);
            }
        }
    }
}

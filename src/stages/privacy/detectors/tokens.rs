//! Long runs of letters, digits and signs without a space, as keys and tokens are.

/// The bytes of each longest run of at least `least` bytes that `is` takes. Only every `least`-th byte is looked at until one
/// may lie in such a run.
pub(super) fn of(text: &str, least: usize, is: fn(u8) -> bool) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
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
            out.push((at - before, at + behind));
        }
        after = at + behind;
        at = after + least;
    }
    out
}

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

/// Signs of keys, tokens and what stands around them.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
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
                assert_eq!(of(&text, 8, |b| b == b'x'), want);
            }
        }
    }
}

//! Passing over bytes quickly, and what a spelling changes in a text.

/// The bytes `start..end` become a character, or nothing.
pub(super) struct Change {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) with: Option<char>,
}

/// Where the next byte is, from `at` on, that `wanted` takes; whole blocks without one are passed over at once.
pub(super) fn next(bytes: &[u8], mut at: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    loop {
        let rest = bytes.get(at..)?;
        let (blocks, _) = rest.as_chunks::<32>();
        let clear = blocks.iter().take_while(|b| !b.iter().fold(false, |any, b| any | wanted(*b))).count();
        at += clear * 32;
        let rest = bytes.get(at..)?;
        let block = rest.get(..rest.len().min(32))?;
        match block.iter().position(|b| wanted(*b)) {
            Some(found) => return Some(at + found),
            None if block.len() < 32 => return None,
            None => at += 32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_passed_over() {
        for len in [0, 1, 31, 32, 33, 64, 100] {
            let mut bytes = vec![b'a'; len];
            assert_eq!(next(&bytes, 0, |b| b == b'1'), None);
            for at in 0..len {
                bytes[at] = b'1';
                assert_eq!(next(&bytes, 0, |b| b == b'1'), Some(at));
                assert_eq!(next(&bytes, at + 1, |b| b == b'1'), None);
                bytes[at] = b'a';
            }
        }
    }
}

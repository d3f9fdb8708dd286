//! Names in the bytes of a summary, one after another: each is its length in four bytes, the least first, and then itself.

/// Adds a name.
pub fn put(out: &mut Vec<u8>, name: &str) {
    out.extend((name.len() as u32).to_le_bytes());
    out.extend(name.as_bytes());
}

/// The names that were added, where they lie; `None` if the bytes are none.
pub fn read(mut bytes: &[u8]) -> Option<Vec<&str>> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        let (name, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        out.push(std::str::from_utf8(name).ok()?);
        bytes = rest;
    }
    Some(out)
}

/// Pairs of names, such as an annotator and a class, where they lie.
pub fn pairs(bytes: &[u8]) -> Option<Vec<(&str, &str)>> {
    let all = read(bytes)?;
    let (pairs, rest) = all.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[a, b]| (*a, *b)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_other_bytes_are_none() {
        for names in [vec![], vec![""], vec!["a", "", "한국", "x\0y"]] {
            let mut bytes = Vec::new();
            names.iter().for_each(|name| put(&mut bytes, name));
            assert_eq!(read(&bytes), Some(names.clone()));
            let two = (names.len() % 2 == 0).then(|| names.chunks(2).map(|c| (c[0], c[1])).collect());
            assert_eq!(pairs(&bytes), two);
            (1..bytes.len()).for_each(|cut| assert_ne!(read(&bytes[..cut]), Some(names.clone())));
        }
        assert_eq!(read(&[1, 0, 0, 0, 0xff]), None);
    }
}

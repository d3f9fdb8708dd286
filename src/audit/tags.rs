//! Tokens and their tags: where tokens stand in a text, and of which scheme tags are.
use crate::model::spans::Scheme;

/// Where tokens begin and end in a text, one behind the other, by characters.
pub fn aligned(text: &str, tokens: &[&str]) -> Option<Vec<(u32, u32)>> {
    let (mut out, mut rest, mut at) = (Vec::new(), text, 0u32);
    for token in tokens {
        let (before, behind) = rest.split_once(token)?;
        let start = at + before.chars().count() as u32;
        at = start + token.chars().count() as u32;
        out.push((start, at));
        rest = behind;
    }
    Some(out)
}

/// The scheme that tags are of, if they are any.
pub fn scheme_of(tags: &[String]) -> Option<Scheme> {
    let letter =
        |t: &String| t.as_bytes().first().copied().filter(|_| t.len() > 2 && t.as_bytes().get(1) == Some(&b'-'));
    let letters: Vec<u8> = tags.iter().filter_map(letter).collect();
    if !tags.iter().all(|t| t == "O" || letter(t).is_some()) || !letters.iter().all(|l| b"BIOESLU".contains(l)) {
        return None;
    }
    let has = |of: &[u8]| letters.iter().any(|l| of.contains(l));
    match (has(b"LU"), has(b"ES"), has(b"B") || letters.is_empty(), has(b"I")) {
        (true, _, _, _) => Some(Scheme::Bilou),
        (_, true, _, _) => Some(Scheme::Bioes),
        (_, _, true, _) => Some(Scheme::Bio),
        (_, _, false, true) => Some(Scheme::Bio),
        _ => None,
    }
}

//! Addresses of networks: IPv4 and IPv6 (RFC 4291), and MAC.
//!
//! IPv4: four numbers up to 255 between dots, no part of a longer dotted number. Likely; possible where all four have one
//! digit, behind `v` or a word such as version. IPv6: eight groups certain, with `::` likely, also with an address of IPv4 for
//! its end (`::ffff:192.0.2.1`). MAC: six pairs of hexadecimal digits with one sign between them, or three groups of four
//! between dots; certain, but likely where no letter is in it; without signs beside a word such as MAC.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::marks::Kind;
use super::numbers::Mark;
use super::text::Text;
use Confidence::{Certain, Likely, Possible};

pub const IP: Detector =
    Detector { name: "ip", doc: "Addresses of IPv4 and IPv6.", version: 3, mask: "[IP]", find: find_ip };

pub const MAC: Detector =
    Detector { name: "mac", doc: "Addresses of network cards.", version: 3, mask: "[MAC]", find: find_mac };

fn find_ip(text: &Text, out: &mut Vec<Found>) {
    let numbers = text.numbers;
    for first in 0..numbers.runs.len().saturating_sub(3) {
        let dotted = |at: usize| numbers.gap(at).tight && numbers.gap(at).mark == Mark::Dot;
        if !(1..4).all(|i| dotted(first + i)) || dotted(first) || dotted(first + 4) {
            continue;
        }
        out.extend(four(text, first));
    }
    let colons = text.marks.of(Kind::Colon);
    if colons.len() > 6 || colons.array_windows().any(|[one, next]| one + 1 == *next) {
        six(text, out);
    }
}

fn four(text: &Text, first: usize) -> Option<Found> {
    let numbers = text.numbers;
    let octet = |at: usize| {
        let digits = numbers.digits(at, at);
        let value = digits.iter().take(4).fold(0u32, |n, d| n * 10 + u32::from(*d));
        digits.len() <= 3 && value < 256 && (digits.len() == 1 || digits.first() != Some(&0))
    };
    let (start, end) = numbers.place(first, first + 3);
    let middle = text.plain.get(start..end)?;
    let plain = middle.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let hidden = matches!(text.before(start), Some('v' | 'V'));
    let (start, mapped) = mapped(text, start);
    let in_word = text.is_in_word(start, end) && !hidden || matches!(text.before(start), Some('-'));
    if !plain || in_word || !(0..4).all(|i| octet(first + i)) || numbers.digits(first, first).first() == Some(&0) {
        return None;
    }
    let short = middle.len() == 7 && !mapped;
    let own = if short || hidden { Possible } else { Likely };
    let subject = text.subject(start, end);
    // four numbers between dots are no number of another kind: only the word for a thing, as a version, speaks against them
    let confidence = match subject {
        Some(Subject::Network) => own.raised(),
        Some(Subject::Thing) if !mapped => own.lowered(),
        _ => own,
    };
    Some(Found { start, end, confidence })
}

/// Where an address of IPv6 begins that ends in one of IPv4 (`::ffff:192.0.2.1`, RFC 4291), and whether it is one.
fn mapped(text: &Text, start: usize) -> (usize, bool) {
    let lead = super::text::tail(text.plain.get(..start).unwrap_or_default(), 31);
    let len = lead.bytes().rev().take_while(|b| is_hex_or_colon(*b)).count();
    let six = lead.get(lead.len() - len..).unwrap_or_default();
    let six = if six.starts_with(':') && !six.starts_with("::") || six.starts_with(":::") {
        six.get(1..).unwrap_or_default()
    } else {
        six
    };
    match six.ends_with(':') && six.matches("::").count() == 1 && !six.contains(":::") {
        true => (start - six.len(), true),
        false => (start, false),
    }
}

fn is_hex_or_colon(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b':'
}

fn six(text: &Text, out: &mut Vec<Found>) {
    let bytes = text.bytes();
    let mut at = 0;
    for colon in text.places(Kind::Colon) {
        if colon < at {
            continue;
        }
        // of a single colon no address is made, and one before it would have taken it along
        if !bytes.get(colon + 1).is_some_and(|b| is_hex_or_colon(*b)) {
            at = colon + 1;
            continue;
        }
        let before = bytes.get(at..colon).unwrap_or_default().iter().rev().take_while(|b| is_hex_or_colon(**b)).count();
        let behind = bytes.get(colon..).unwrap_or_default().iter().take_while(|b| is_hex_or_colon(**b)).count();
        let (start, mut end) = (colon - before, colon + behind);
        at = end.max(colon + 1);
        if bytes.get(start..end).is_some_and(|token| token.iter().filter(|b| **b == b':').count() < 2) {
            continue;
        }
        if text.plain.get(..end).is_some_and(|t| t.ends_with(':') && !t.ends_with("::")) {
            end -= 1;
        }
        // a colon behind a word (`client:2001:db8::1`) is none of the address
        let single = text.plain.get(start..end).is_some_and(|t| t.starts_with(':') && !t.starts_with("::"));
        let triple = text.plain.get(start..end).is_some_and(|t| t.starts_with(":::"));
        let start = start + usize::from(single || triple);
        let Some(token) = text.plain.get(start..end) else { continue };
        let free = !text.is_in_word(start, end) && !matches!(text.before(start), Some('.' | '<'));
        if let Some(confidence) = groups(token).filter(|_| free) {
            let network = text.subject(start, end) == Some(Subject::Network);
            let confidence = if network { confidence.raised() } else { confidence };
            out.push(Found { start, end, confidence });
        }
    }
}

/// How sure it is that a text of hexadecimal digits and colons is an address.
fn groups(token: &str) -> Option<Confidence> {
    if token.len() > 39 || token.contains(":::") {
        return None;
    }
    let parts: Vec<&str> = token.split(':').collect();
    let filled: Vec<&str> = parts.iter().copied().filter(|p| !p.is_empty()).collect();
    if filled.iter().any(|p| p.len() > 4) {
        return None;
    }
    let halves = token.matches("::").count();
    match halves {
        0 if filled.len() == 8 && parts.len() == 8 => Some(Certain),
        1 if filled.len() < 8 => {
            let digit = token.bytes().any(|b| b.is_ascii_digit());
            let wide = filled.first().is_some_and(|p| p.len() >= 3) && filled.len() >= 2;
            (digit && (wide || filled.len() > 2)).then_some(Likely)
        }
        _ => None,
    }
}

fn find_mac(text: &Text, out: &mut Vec<Found>) {
    let bytes = text.bytes();
    bare(text, out);
    for (sign, kind) in [(b':', Kind::Colon), (b'-', Kind::Dash), (b'.', Kind::Dot)] {
        let mut after = 0;
        for at in text.places(kind) {
            let width = if sign == b'.' { 4 } else { 2 };
            let count = if sign == b'.' { 3 } else { 6 };
            let Some(start) = at.checked_sub(width).filter(|start| *start >= after) else { continue };
            if bytes.get(at + width + 1) != Some(&sign) {
                continue;
            }
            let end = start + count * (width + 1) - 1;
            let Some(token) = bytes.get(start..end) else { continue };
            let fits = token.iter().enumerate().all(|(i, b)| match i % (width + 1) == width {
                true => *b == sign,
                false => b.is_ascii_hexdigit(),
            });
            let beside = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
            let joined =
                |b: Option<&u8>, next: Option<&u8>| b == Some(&sign) && next.is_some_and(u8::is_ascii_alphanumeric);
            let before = start.checked_sub(1).and_then(|i| bytes.get(i));
            let goes_on = joined(before, start.checked_sub(2).and_then(|i| bytes.get(i)))
                || joined(bytes.get(end), bytes.get(end + 1));
            if !fits || beside(before) || beside(bytes.get(end)) || goes_on {
                continue;
            }
            let letter = token.iter().any(u8::is_ascii_alphabetic);
            let digit = token.iter().any(u8::is_ascii_digit);
            let own = match (letter, sign) {
                (true, b'.') if !digit => Possible,
                (true, b'.') => Likely,
                (true, _) => Certain,
                (false, b':') => Likely,
                _ => Possible,
            };
            let network = text.subject(start, end) == Some(Subject::Network);
            let confidence = if network { own.raised() } else { own };
            out.push(Found { start, end, confidence });
            after = end;
        }
    }
}

/// Words right before twelve hexadecimal digits that say they are an address.
const BARE: [&str; 6] = ["mac", "맥 주소", "맥주소", "hwaddr", "ether", "bssid"];

/// Twelve hexadecimal digits without a sign, behind a word that says so; else they may be anything. There are digits and letters
/// among them: of digits alone a number of another kind is likelier.
fn bare(text: &Text, out: &mut Vec<Found>) {
    let bytes = text.bytes();
    let mut after = 0;
    for run in text.numbers.runs.iter().filter(|run| run.end - run.start <= BARE_LEN) {
        let letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|b| matches!(b | 32, b'a'..=b'f'));
        let lettered = letter(run.start.checked_sub(1)) || letter(Some(run.end));
        if run.start < after || !lettered {
            continue;
        }
        let lead = bytes.get(after..run.start).unwrap_or_default().iter().rev().take(BARE_LEN);
        let start = run.start - lead.take_while(|b| b.is_ascii_hexdigit()).count();
        let rest = bytes.get(run.end..).unwrap_or_default().iter().take(BARE_LEN);
        let end = run.end + rest.take_while(|b| b.is_ascii_hexdigit()).count();
        after = end;
        let joined = matches!(text.before(start), Some('-' | '.' | ':'))
            && text.before(start.saturating_sub(1)).is_some_and(|c| c.is_ascii_hexdigit());
        let letter = bytes.get(start..end).is_some_and(|token| token.iter().any(u8::is_ascii_alphabetic));
        if end - start != BARE_LEN || !letter || text.is_in_word(start, end) || joined || text.at(end) == Some('-') {
            continue;
        }
        let lead = super::text::tail(text.plain.get(..start).unwrap_or_default(), 48).to_lowercase();
        let behind = super::text::head(text.plain.get(end..).unwrap_or_default(), 8).to_lowercase();
        if BARE.iter().any(|word| lead.contains(word)) || behind.trim_start_matches(' ').starts_with("(mac") {
            out.push(Found { start, end, confidence: Likely });
        }
    }
}

/// Hexadecimal digits of an address of a network card.
const BARE_LEN: usize = 12;

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn addresses_and_what_looks_like_them() {
        for (detector, text, want) in [
            (&IP, "IP 192.0.2.17에서", "192.0.2.17"),
            (&IP, "203.0.113.255:8080", "203.0.113.255"),
            (&IP, "from 2001:db8:0:0:8:800:200c:417a.", "2001:db8:0:0:8:800:200c:417a"),
            (&IP, "2001:db8::1이", "2001:db8::1"),
            (&IP, "fe80::1ff:fe23:4567:890a%eth0", "fe80::1ff:fe23:4567:890a"),
            (&MAC, "00:1A:2B:3c:4d:5e로", "00:1A:2B:3c:4d:5e"),
            (&MAC, "MAC 00-1a-2b-3c-4d-5e", "00-1a-2b-3c-4d-5e"),
            (&MAC, "001a.2b3c.4d5e", "001a.2b3c.4d5e"),
        ] {
            assert_eq!(found(detector, text), [want], "{text}");
        }
        for (detector, text) in [
            (&IP, "version 10.0.19041.1"),
            (&IP, "버전 10.2.33.4"),
            (&IP, "1.2.3.4"),
            (&IP, "1.3.6.1.4.1"),
            (&IP, "192.0.2.256"),
            (&IP, "std::vec::Vec, a::b, 12:30:45, ::1"),
            (&MAC, "12-34-56-78-90-12"),
            (&MAC, "00:1a:2b:3c:4d:5e:6f"),
            (&MAC, "10:20:30"),
        ] {
            assert_eq!(found(detector, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn mapped_addresses_and_those_without_a_sign() {
        for (detector, text, want) in [
            (&IP, "from ::ffff:192.0.2.17", "::ffff:192.0.2.17"),
            (&IP, "host:2001:db8:0:0:8:800:200c:417a", "2001:db8:0:0:8:800:200c:417a"),
            (&IP, "여권 D475H4321, <b>192.0.2.17</b>", "192.0.2.17"),
            (&MAC, "MAC 주소 001A2B3C4D5E", "001A2B3C4D5E"),
            (&MAC, "{\"mac\": \"001a2b3c4d5e\"}", "001a2b3c4d5e"),
        ] {
            assert_eq!(found(detector, text), [want], "{text}");
        }
        for (detector, text) in [
            (&IP, "펌웨어 9.3.1.22"),
            (&MAC, "container 001a2b3c4d5e"),
            (&MAC, "commit 001a2b3c4d5e"),
            (&MAC, "ether, order 264847002102"),
        ] {
            assert_eq!(found(detector, text), [""; 0], "{text}");
        }
    }
}

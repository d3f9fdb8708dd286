//! What is packed into the page: base64, and blocks of cards that the browser unpacks when they are asked for.
use crate::formats::packing::gzip;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, section 4.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| three.get(i).copied().map_or(0, u32::from);
        let n = at(0) << 16 | at(1) << 8 | at(2);
        for k in 0..4 {
            let digit = (n >> (18 - 6 * k) & 63) as usize;
            out.push(if k > three.len() { '=' } else { DIGITS.get(digit).copied().map_or('=', char::from) });
        }
    }
    out
}

/// Cards of one block.
const CARDS: usize = 120;

/// Packs cards into blocks of which each and all take at most `room` bytes; also says how many cards they hold.
pub fn blocks(cards: &[String], mut room: usize) -> (Vec<String>, usize) {
    let (mut out, mut held) = (Vec::new(), 0);
    while held < cards.len() {
        let rest = cards.get(held..).unwrap_or_default();
        let mut n = rest.len().min(CARDS);
        let made = loop {
            let made = base64(&gzip(rest.iter().take(n).map(String::as_str).collect::<String>().as_bytes()));
            if made.len() + FRAME <= room || n == 0 {
                break made;
            }
            n = if n > 8 { n * 3 / 4 } else { n - 1 };
        };
        if n == 0 {
            break;
        }
        room -= made.len() + FRAME;
        out.push(made);
        held += n;
    }
    (out, held)
}

/// Bytes of the element around a block.
const FRAME: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_the_standard() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        pairs.into_iter().for_each(|(text, want)| assert_eq!(base64(text.as_bytes()), want));
    }

    #[test]
    fn blocks_keep_within_their_room() {
        let cards: Vec<String> = (0..500u32).map(|n| format!("<p>{}</p>", n.wrapping_mul(2_654_435_761))).collect();
        for room in [0, 60, 500, 3000, 1 << 20] {
            let (made, held) = blocks(&cards, room);
            assert!(made.iter().map(|b| b.len() + FRAME).sum::<usize>() <= room, "{room}");
            assert!(held <= 500 && (room < 1 << 20 || held == 500) && (room > 100 || held == 0), "{room} {held}");
        }
    }
}

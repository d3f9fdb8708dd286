//! UTF-8, or a word on what the bytes are instead. Nothing is ever decoded by guess.

/// The byte order mark as it stands at the start of some UTF-8 files. Record readers skip it.
pub const BOM: &str = "\u{feff}";

/// Why a record could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The stable name of the rule: `json.depth`.
    pub rule: &'static str,
    /// One sentence without a full stop, and without text of the record.
    pub say: String,
    /// The line within the record's bytes, from 1.
    pub line: u32,
}

impl Wrong {
    /// A fault in the first line.
    pub fn new(rule: &'static str, say: impl Into<String>) -> Wrong {
        Wrong { rule, say: say.into(), line: 1 }
    }

    /// The same fault in another line, counted from 1.
    pub fn at(self, line: u32) -> Wrong {
        Wrong { line, ..self }
    }
}

/// The bytes as text, a byte order mark included. Otherwise rule `encoding`, with the likely encoding.
pub fn text(bytes: &[u8]) -> Result<&str, Wrong> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = error.valid_up_to();
        Wrong::new("encoding", likely(bytes, good)).at(line_at(bytes, good))
    })
}

/// The line, from 1, on which byte `position` of `bytes` lies.
pub(crate) fn line_at(bytes: &[u8], position: usize) -> u32 {
    let before = bytes.get(..position).unwrap_or(bytes);
    u32::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(u32::MAX).saturating_add(1)
}

fn likely(bytes: &[u8], good: usize) -> String {
    if bytes.starts_with(&[0xff, 0xfe]) {
        return "UTF-16 LE (by its byte order mark), not UTF-8".into();
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return "UTF-16 BE (by its byte order mark), not UTF-8".into();
    }
    if korean(bytes, good) {
        return format!("not UTF-8 at byte {good}, looks like CP949 (EUC-KR)");
    }
    format!("not UTF-8 at byte {good}")
}

/// Whether the bytes are CP949 with Hangul. Hangul that *is* UTF-8 before the fault speaks against it: then it is a
/// damaged UTF-8 file, whose bytes often pass as CP949 too. (The WHATWG's EUC-KR is CP949.)
fn korean(bytes: &[u8], good: usize) -> bool {
    let hangul = |text: &str| text.chars().any(|c| matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{3131}'..='\u{318e}'));
    let before = bytes.get(..good).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default();
    !hangul(before)
        && encoding_rs::EUC_KR.decode_without_bom_handling_and_without_replacement(bytes).is_some_and(|t| hangul(&t))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(bytes: &[u8]) -> String {
        text(bytes).unwrap_err().say
    }

    #[test]
    fn utf8_passes_as_it_is() {
        assert_eq!(text("\u{feff}김\n".as_bytes()), Ok("\u{feff}김\n"));
        assert_eq!(text(b""), Ok(""));
    }

    #[test]
    fn other_encodings_are_named() {
        let (cp949, _, _) = encoding_rs::EUC_KR.encode("똠방각하, 호");
        assert!(say(&cp949).contains("CP949 (EUC-KR)"));
        assert!(say(b"\xff\xfea\0b\0").starts_with("UTF-16 LE"));
        assert!(say(b"\xfe\xff\0a\0b").starts_with("UTF-16 BE"));
        assert_eq!(say(b"ab\xff"), "not UTF-8 at byte 2");
    }

    #[test]
    fn damaged_utf8_is_not_taken_for_cp949() {
        let mut bytes = "김철수는 학교에 갔다".as_bytes().to_vec();
        bytes.truncate(bytes.len() - 1);
        assert!(!say(&bytes).contains("CP949"));
    }

    #[test]
    fn the_line_of_the_fault_is_given() {
        assert_eq!(text(b"a\nb\n\xff").unwrap_err().line, 3);
    }
}

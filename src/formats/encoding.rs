//! UTF-8, or the encoding that is declared, or a word on what the bytes are instead. Nothing is ever decoded by guess.
use super::doubt::Doubt;
use super::options::{Choice, Takes};
use std::borrow::Cow;

/// For formats of text.
pub const ENCODING: Choice = Choice {
    name: "encoding",
    doc: "how the characters of the file are encoded. `utf-16` needs its byte order mark. Default `utf-8`.",
    takes: Takes::Word {
        of: &[
            "utf-8",
            "utf-16",
            "utf-16le",
            "utf-16be",
            "cp949",
            "shift_jis",
            "gb18030",
            "big5",
            "windows-1250",
            "windows-1251",
            "windows-1252",
        ],
    },
};

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
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Ok(text); // quickly; where a fault lies is found slowly
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = error.valid_up_to();
        Wrong::new("encoding", likely(bytes, good)).at(line_at(bytes, good))
    })
}

/// The bytes as text, by the name of an encoding. Rule `encoding`.
pub fn decoded<'b>(bytes: &'b [u8], encoding: &str) -> Result<Cow<'b, str>, Wrong> {
    if encoding == "utf-8" {
        return text(bytes).map(Cow::Borrowed);
    }
    let (encoding, bytes) = known(bytes, encoding)?;
    if bytes.starts_with(BOM.as_bytes()) {
        return Err(Wrong::new("encoding", "the file begins with the byte order mark of UTF-8: leave `encoding` out"));
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.ok_or_else(|| Wrong::new("encoding", format!("not {}, which is the declared encoding", encoding.name())))
}

/// The encoding of a name, and the bytes behind its own byte order mark. Rule `encoding`.
fn known<'b>(bytes: &'b [u8], name: &str) -> Result<(&'static encoding_rs::Encoding, &'b [u8]), Wrong> {
    let wrong = |say: &str| Wrong::new("encoding", say);
    let marked = |mark: [u8; 2]| bytes.strip_prefix(&mark);
    let (little, big) = (marked([0xff, 0xfe]), marked([0xfe, 0xff]));
    match (name, little, big) {
        ("utf-16", Some(rest), _) => return Ok((encoding_rs::UTF_16LE, rest)),
        ("utf-16", _, Some(rest)) => return Ok((encoding_rs::UTF_16BE, rest)),
        ("utf-16", ..) => {
            return Err(wrong(
                "no byte order mark of UTF-16: `utf-16le` or `utf-16be` says which comes first, or it is another encoding",
            ));
        }
        ("utf-16le", Some(rest), _) => return Ok((encoding_rs::UTF_16LE, rest)),
        ("utf-16be", _, Some(rest)) => return Ok((encoding_rs::UTF_16BE, rest)),
        _ => {}
    }
    let label = if name == "cp949" { "euc-kr" } else { name }; // the standard's EUC-KR is CP949
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
    Ok((encoding.ok_or_else(|| wrong("this encoding is not known"))?, bytes))
}

/// Bytes that a file itself says are in an encoding, by one of its labels, as UTF-8; `None` where that is UTF-8 or unknown,
/// or where they are not in it.
pub fn as_named(label: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).filter(|e| *e != encoding_rs::UTF_8)?;
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(text.into_owned().into_bytes())
}

/// The same as bytes of UTF-8. What should be UTF-8 is not looked at.
pub fn recoded<'b>(bytes: &'b [u8], encoding: &str) -> Result<Cow<'b, [u8]>, Wrong> {
    if encoding == "utf-8" {
        return Ok(Cow::Borrowed(bytes));
    }
    Ok(Cow::Owned(decoded(bytes, encoding)?.into_owned().into_bytes()))
}

/// The beginning of a file, which may break off within a character, as bytes of UTF-8, to be looked at.
pub fn head<'b>(bytes: &'b [u8], encoding: &str) -> Cow<'b, [u8]> {
    if encoding == "utf-8" {
        return Cow::Borrowed(bytes);
    }
    let Ok((encoding, bytes)) = known(bytes, encoding) else { return Cow::Borrowed(&[]) };
    Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes())
}

/// Whether a line end is more than one byte, so that a file can only be cut once it is decoded.
pub fn is_wide(encoding: &str) -> bool {
    encoding.starts_with("utf-16")
}

/// Whether a byte of ASCII, from `@` on, can be the second half of a character.
pub fn halves(encoding: &str) -> bool {
    matches!(encoding, "shift_jis" | "gb18030" | "big5")
}

/// Refuses a stretch of UTF-16 that is also UTF-8: ASCII with a NUL at every other byte, as each line behind the first
/// is. Only for formats in which a NUL is never data.
pub fn not_wide(text: &str) -> Result<(), Wrong> {
    if wide(text.as_bytes()) { Err(Wrong::new("encoding", UTF_16)) } else { Ok(()) }
}

/// What is said of bytes that are UTF-16.
pub fn wide_words(bytes: &[u8]) -> Option<String> {
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    (marked || wide(bytes)).then(|| likely(bytes, 0))
}

const UTF_16: &str = "looks like UTF-16, not UTF-8: write `encoding = \"utf-16\"` (`utf-16le` or `utf-16be` without a byte order \
                      mark), or convert the file to UTF-8";

/// Whether the first bytes have NULs as UTF-16 has: at least one in 16, and all at even or all at odd places. A lone
/// NUL is the second half of the last newline. Of letters of ASCII every second byte is a NUL, so that few of them are
/// characters of the text; and what is UTF-8 beyond ASCII is not UTF-16 by chance.
fn wide(bytes: &[u8]) -> bool {
    let first = bytes.get(..64).unwrap_or(bytes);
    let nuls = |parity: usize| first.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let share = match std::str::from_utf8(first) {
        Ok(text) if text.is_ascii() => 3,
        Err(cut) if cut.error_len().is_some() => 16,
        _ => return false,
    };
    match (nuls(0), nuls(1)) {
        (0, n) | (n, 0) => n > 0 && n * share >= first.len(),
        _ => false,
    }
}

/// The line, from 1, on which byte `position` of `bytes` lies.
pub(crate) fn line_at(bytes: &[u8], position: usize) -> u32 {
    let before = bytes.get(..position).unwrap_or(bytes);
    u32::try_from(memchr::memchr_iter(b'\n', before).count()).unwrap_or(u32::MAX).saturating_add(1)
}

const MARKED_LE: &str =
    "UTF-16 LE (by its byte order mark), not UTF-8: write `encoding = \"utf-16\"`, or convert the file to UTF-8";
const MARKED_BE: &str =
    "UTF-16 BE (by its byte order mark), not UTF-8: write `encoding = \"utf-16\"`, or convert the file to UTF-8";

fn likely(bytes: &[u8], good: usize) -> String {
    if bytes.starts_with(&[0xff, 0xfe]) {
        return MARKED_LE.into();
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return MARKED_BE.into();
    }
    if wide(bytes) {
        return UTF_16.into();
    }
    match guess(bytes, good) {
        Some("cp949") => {
            format!(
                "not UTF-8 at byte {good}, looks like CP949 (EUC-KR): write `encoding = \"cp949\"`, or convert the file to UTF-8"
            )
        }
        Some(name) => {
            format!(
                "not UTF-8 at byte {good}, looks like {name}: write `encoding = \"{name}\"`, or convert the file to UTF-8"
            )
        }
        None => format!("not UTF-8 at byte {good}"),
    }
}

/// Which encoding bytes are probably in that are not UTF-8. Characters that *are* UTF-8 before the fault speak for a damaged
/// file, whose bytes pass as nearly anything.
fn guess(bytes: &[u8], good: usize) -> Option<&'static str> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || wide(bytes) {
        return None;
    }
    if bytes.get(..good).is_some_and(|before| !before.is_ascii()) {
        return None;
    }
    guessed(bytes, &["cp949", "shift_jis", "gb18030", "big5", SINGLE]).map(|(name, _)| name)
}

/// A control character, or one that stands for nothing: no text of that encoding has it.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\0'..='\u{8}' | '\u{e}'..='\u{1f}')
}

/// What to do about UTF-16.
const WIDE: &str =
    "say `encoding = \"utf-16\"` (`utf-16le` or `utf-16be` without a byte order mark), or convert it to UTF-8";

/// Whether the lines at the beginning of a file are in the encoding that is declared for it: what speaks for another one.
/// A few lines that are damaged are no other encoding.
pub fn doubt(head: &[u8], encoding: &str, breaks_off: bool) -> Option<Doubt> {
    let marked = head.starts_with(BOM.as_bytes());
    if marked && encoding != "utf-8" {
        return Some(Doubt::fails(ENCODING.name, "begins with the byte order mark of UTF-8", UTF_8));
    }
    if encoding.starts_with("utf-16") {
        return None;
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) || wide(head) {
        return Some(Doubt::fails(ENCODING.name, "looks like UTF-16", WIDE));
    }
    let last = if breaks_off { memchr::memrchr(b'\n', head).map_or(head.len(), |end| end + 1) } else { head.len() };
    let whole = head.get(..last).unwrap_or(head);
    let lines = || whole.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let (all, high) = (lines().count(), lines().filter(|line| !line.is_ascii()).count());
    let wrong = lines().filter(|line| decoded(strip(line), encoding).is_err()).count();
    // the first line may be a header of ASCII
    let most = wrong > 0 && (wrong + 1 >= all || (wrong >= 10 && wrong * 10 > all));
    if most && encoding == "utf-8" {
        let bytes: Vec<u8> = lines().flat_map(|line| [line, b"\n"].concat()).collect();
        let good = std::str::from_utf8(&bytes).err().map_or(0, |e| e.valid_up_to());
        return Some(match guess(&bytes, good) {
            Some(name) => Doubt::fails(
                ENCODING.name,
                format!("is not UTF-8 and looks like {name}"),
                format!("say `encoding = \"{name}\"`, or convert the file to UTF-8"),
            ),
            None => Doubt::fails(ENCODING.name, "is not UTF-8", "say its `encoding`, or convert the file to UTF-8"),
        });
    }
    if encoding == "utf-8" {
        return None;
    }
    let utf8 = lines().filter(|line| !line.is_ascii() && std::str::from_utf8(line).is_ok()).count();
    let chars = || String::from_utf8_lossy(whole).chars().filter(|c| !c.is_ascii()).count();
    if high > 0 && utf8 == high && chars() > 1 {
        return Some(Doubt::fails(ENCODING.name, format!("is UTF-8, not {encoding}"), UTF_8));
    }
    most.then(|| Doubt::fails(ENCODING.name, format!("is not {encoding}, which is declared"), "say another `encoding`"))
}

const UTF_8: &str = "leave `encoding` out: UTF-8 is what is read without it";

fn strip(line: &[u8]) -> &[u8] {
    line.strip_prefix(BOM.as_bytes()).unwrap_or(line)
}

/// Whether a text has Hangul, as syllables or as letters.
pub fn has_hangul(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{3131}'..='\u{318e}'))
}

/// Bytes of CP949 as text, if they are any. (The WHATWG's EUC-KR is CP949.)
pub fn cp949(bytes: &[u8]) -> Option<Cow<'_, str>> {
    encoding_rs::EUC_KR.decode_without_bom_handling_and_without_replacement(bytes)
}

/// The bytes up to the end of the last whole line, where more of the file may follow.
pub fn lines(bytes: &[u8], whole: bool) -> &[u8] {
    let last = if whole { None } else { memchr::memrchr(b'\n', bytes) };
    last.and_then(|end| bytes.get(..=end)).unwrap_or(bytes)
}

/// Whether the bytes are text: UTF-8 without a NUL, but for a character that is cut at their end.
pub fn is_text(bytes: &[u8], whole: bool) -> bool {
    !bytes.contains(&0) && text(lines(bytes, whole)).is_ok()
}

/// Whether nine of ten lines that are not ASCII are UTF-8, and one of them at least: the others are damaged.
pub fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let high = || bytes.split(|b| *b == b'\n').filter(|line| !line.is_ascii());
    let (all, good) = (high().count(), high().filter(|line| std::str::from_utf8(line).is_ok()).count());
    good > 0 && good * 10 >= all * 9
}

/// What is read where no other encoding is: letters with an accent, a byte each.
const SINGLE: &str = "windows-1252";

/// An encoding of two bytes, the script that it is for, and which characters are of that.
type Script = (&'static str, &'static str, fn(char) -> bool);
const SCRIPTS: [Script; 4] = [
    ("shift_jis", "Kana or Kanji", is_japanese),
    ("cp949", "Hangul", |c| matches!(c, '\u{ac00}'..='\u{d7a3}')),
    ("gb18030", "Chinese", is_chinese),
    ("big5", "Chinese", is_chinese),
];

fn is_japanese(c: char) -> bool {
    is_kana(c) || is_chinese(c)
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}' | '\u{ffa0}'..='\u{ffef}')
}

/// Katakana and Hiragana, the narrow ones too, which are a byte each in Shift-JIS.
fn is_kana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{ff61}'..='\u{ff9f}')
}

/// Which of some encodings bytes are probably in that are not UTF-8, and what speaks for it in words. A tenth of the lines may
/// be damaged. The declared encoding alone is ever read; this is for whoever proposes one.
pub fn guessed(bytes: &[u8], of: &[&'static str]) -> Option<(&'static str, String)> {
    let high = bytes.iter().filter(|b| !b.is_ascii()).count();
    let paired = bytes.windows(2).filter(|w| w.iter().all(|b| !b.is_ascii())).count();
    if high == 0 {
        return None;
    }
    // a character of two bytes stands beside another, or in front of a letter; a letter with an accent stands alone
    for (name, script, is) in SCRIPTS.iter().filter(|(name, _, _)| of.contains(name)) {
        if paired * 2 <= high && *name != "shift_jis" {
            continue;
        }
        let Some(text) = mostly(bytes, name) else { continue };
        let (own, all) = (text.chars().filter(|c| is(*c)).count(), text.chars().filter(|c| !c.is_ascii()).count());
        if own * 10 >= all * 9 && own > 0 && (*name != "shift_jis" || is_shift_jis(bytes, &text)) {
            return Some((name, format!("read so, {own} of {all} characters that are not ASCII are {script}")));
        }
    }
    let plain = |text: Cow<str>| !text.chars().any(is_odd);
    let alone = of.contains(&SINGLE) && paired * 2 <= high && decoded(bytes, SINGLE).is_ok_and(plain);
    alone.then(|| (SINGLE, format!("{high} bytes are not ASCII and make no other encoding; look at some of them")))
}

/// The text of the lines that an encoding can decode, if nine of ten that are not ASCII are such.
fn mostly<'b>(bytes: &'b [u8], name: &str) -> Option<Cow<'b, str>> {
    if let Ok(text) = decoded(bytes, name) {
        return Some(text);
    }
    let high = || bytes.split(|b| *b == b'\n').filter(|line| !line.is_ascii());
    let good: Vec<Cow<str>> = high().filter_map(|line| decoded(line, name).ok()).collect();
    (!good.is_empty() && good.len() * 10 >= high().count() * 9).then(|| good.join("\n").into())
}

/// Whether bytes that can be read as Shift-JIS are that and not CP949, which reads nearly all of them, too. What is Kana in the
/// one is a rare syllable in the other; narrow Kana would be common ones, and then Korean has bytes that these never are.
fn is_shift_jis(bytes: &[u8], text: &str) -> bool {
    let kana = text.chars().filter(|c| is_kana(*c)).count();
    if kana * 10 < text.chars().filter(|c| !c.is_ascii()).count() {
        return false; // Kanji alone are anything
    }
    let Some(korean) = mostly(bytes, "cp949") else { return true };
    let (mut common, mut all, mut rare, mut first) = (0, 0, false, None);
    for byte in bytes {
        match (first.take(), *byte) {
            (Some(lead), trail) => {
                all += 1;
                common += usize::from((0xb0..=0xc8).contains(&lead) && trail >= 0xa1);
                rare |= lead >= 0xe0 || trail >= 0xe0;
            }
            (None, lead) if lead >= 0x81 => first = Some(lead),
            _ => {}
        }
    }
    let hangul = korean.chars().filter(|c| has_hangul(c.encode_utf8(&mut [0; 4]))).count();
    let narrow = text.chars().all(|c| c.is_ascii() || matches!(c, '\u{ff61}'..='\u{ff9f}'));
    common * 2 < all || hangul == 0 || (narrow && !rare && (common * 10 < all * 9 || all > 20))
}

/// Bytes without a mark at their begin, without empty lines around them, and with one kind of line end.
pub fn plain_lines(bytes: &[u8]) -> Cow<'_, [u8]> {
    let ends = |b: &u8| matches!(b, b'\r' | b'\n');
    let bytes = strip_bom(bytes);
    let first = bytes.iter().position(|b| !ends(b)).unwrap_or(bytes.len());
    let last = bytes.iter().rposition(|b| !ends(b)).map_or(first, |at| at + 1);
    let own = bytes.get(first..last).unwrap_or_default();
    if memchr::memchr(b'\r', own).is_none() {
        return own.into();
    }
    let mut out = Vec::with_capacity(own.len());
    for (i, byte) in own.iter().enumerate() {
        match byte {
            b'\r' if own.get(i + 1) == Some(&b'\n') => {}
            b'\r' => out.push(b'\n'),
            other => out.push(*other),
        }
    }
    out.into()
}

pub fn strip_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BOM.as_bytes()).unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_guessed_by_the_script_that_they_show() {
        let Takes::Word { of } = ENCODING.takes else { panic!("words") };
        let said = |e: &'static encoding_rs::Encoding, text: &str| guessed(&e.encode(text).0, of).map(|g| g.0);
        assert_eq!(said(encoding_rs::EUC_KR, "제목,내용\n날씨,오늘은 맑다\n"), Some("cp949"));
        assert_eq!(said(encoding_rs::SHIFT_JIS, "題名,これは本です\n"), Some("shift_jis"));
        assert_eq!(said(encoding_rs::GB18030, "标题,这是一本书，很好。\n"), Some("gb18030"));
        assert_eq!(said(encoding_rs::WINDOWS_1252, "name,city\nZoë,Köln\nÄrzte,Ulm\n"), Some("windows-1252"));
        assert_eq!(said(encoding_rs::UTF_8, "plain"), None);
        assert_eq!(said(encoding_rs::SHIFT_JIS, "ｶﾅ,ｺﾄﾊﾞ\nﾄｳｷｮｳ,ｱﾒ\nｵｵｻｶ,ﾊﾚ\n"), Some("shift_jis"));
        assert_eq!(said(encoding_rs::SHIFT_JIS, "名前,カタカナ\n東京,トウキョウです。\n"), Some("shift_jis"));
        let korean = "번호,내용\n1,가나다라마바사 아자차카타파하\n2,서울에 비가 온다\n3,오늘은 맑고 춥다\n";
        assert_eq!(said(encoding_rs::EUC_KR, korean), Some("cp949"));
        let damaged: Vec<u8> = (0..20)
            .flat_map(|n| encoding_rs::EUC_KR.encode(&format!("{n},오늘은 맑다\n")).0.into_owned())
            .chain(*b"20,\xb1\xff\xff\n")
            .collect();
        assert_eq!(guessed(&damaged, of).map(|g| g.0), Some("cp949"), "one line is damaged");
    }

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
        assert_eq!(say(b"ab\x81"), "not UTF-8 at byte 2");
        assert!(say(b"caf\xe9").contains("looks like windows-1252: write `encoding = \"windows-1252\"`"));
    }

    /// A line behind the first has no mark, and begins with the second half of the newline before it if it is LE.
    #[test]
    fn utf16_is_named_in_every_line() {
        let text = "{\"text\":\"한국어 낱말\"}\n{\"id\":\"b\",\"text\":\"낱말\"}\n{\"id\":\"c\"}\n";
        for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(to_bytes).collect();
            for line in bytes.split_inclusive(|b| *b == b'\n') {
                let said = super::text(line).and_then(not_wide).unwrap_err();
                assert_eq!(said.rule, "encoding");
                assert!(said.say.contains("UTF-16") && said.say.ends_with("convert the file to UTF-8"), "{line:?}");
            }
        }
        assert_eq!(not_wide("{\"text\":\"한국어\"}\n"), Ok(()));
        assert_eq!(not_wide("\0\0\0\n"), Ok(()));
        for text in ["id,text\n1,a\0b\n", "1,a\0b\n", "이름,a\0\n", "a,b,\0"] {
            assert_eq!(not_wide(text), Ok(()), "a NUL in a text is none of UTF-16: {text:?}");
            assert_eq!(doubt(text.as_bytes(), "utf-8", false), None, "{text:?}");
        }
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

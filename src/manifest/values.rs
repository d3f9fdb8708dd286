//! Values that a manifest may hold beyond plain TOML: values with their place, sizes, exact decimals, short forms.
//!
//! Every type here reads itself, brings the JSON Schema of what it accepts, and is written canonically: two ways of
//! writing one thing give the same bytes in a recipe. None uses serde's `untagged`, which would lose the spans.
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

pub use super::decimal::{Decimal, Threshold};

/// Whether `text` is a name of an instance or a data set: `[a-z0-9-]+`.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether `text` is a version `x.y.z`: three whole numbers without leading zeros.
pub fn is_version(text: &str) -> bool {
    let part =
        |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()) && (p.len() == 1 || !p.starts_with('0'));
    text.split('.').count() == 3 && text.split('.').all(part)
}

/// Whether `text` has the form of a BCP 47 tag: a language of 2 to 8 letters, then parts of 1 to 8 letters and digits.
/// A part of one character begins an extension, so something follows it. Whether it is registered is not asked.
pub fn is_language(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let of = |p: &&str| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric());
    let first =
        parts.first().is_some_and(|p| (p.len() >= 2 && p.bytes().all(|b| b.is_ascii_alphabetic())) || *p == "x");
    first
        && parts.iter().all(of)
        && parts.last().is_some_and(|p| p.len() > 1 || parts.len() > 2 && parts.contains(&"x"))
}

/// Whether `text` can stand on one line of any file: no control characters, no other ends of lines, nothing that changes
/// the direction of writing.
pub fn is_line(text: &str) -> bool {
    let hidden = |c: char| matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}');
    !text.chars().any(|c| c.is_control() || hidden(c))
}

/// Whether a text is an address of the web, without white space and quotes.
pub fn is_address(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | '<' | '>' | '\\' | '`');
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/')) && text.chars().all(plain)
}

/// Whether a text is a DOI without the address of a resolver: `10.`, the number of who registers it, `/`, and a name.
pub fn is_doi(text: &str) -> bool {
    let parts = text.strip_prefix("10.").and_then(|rest| rest.split_once('/'));
    let number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let name = |n: &str| {
        !n.is_empty() && n.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '`'))
    };
    parts.is_some_and(|(of, own)| number(of) && name(own))
}

/// A value that knows the bytes of the manifest it was read from. Equality and order look at the value alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At<T>(pub toml::Spanned<T>);

impl<T> At<T> {
    /// A value that was read as part of another, with the place that it has.
    pub fn new(value: T, span: Range<usize>) -> At<T> {
        At(toml::Spanned::new(span, value))
    }

    pub fn get(&self) -> &T {
        self.0.get_ref()
    }

    /// Bytes of the manifest's text; `0..0` for a default, which stands nowhere.
    pub fn span(&self) -> Range<usize> {
        self.0.span()
    }
}

impl<T> From<T> for At<T> {
    fn from(value: T) -> Self {
        At(toml::Spanned::new(0..0, value))
    }
}

impl<T: Default> Default for At<T> {
    fn default() -> Self {
        At::from(T::default())
    }
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.get()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        toml::Spanned::deserialize(deserializer).map(At)
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        format!("At<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A number of bytes: a whole number, or text with a unit (`"16 MiB"`, `"500 kB"`). Written as the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Size(pub u64);

/// Units and their bytes: powers of 1000, and of 1024 with an `i`.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl Size {
    /// The size that `text` says; the error names the units.
    pub fn parse(text: &str) -> Result<Size, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let factor = UNITS.iter().find(|(name, _)| *name == unit.trim_start()).map(|(_, bytes)| *bytes);
        match (number.parse::<u64>().ok(), factor) {
            (Some(n), Some(f)) => n.checked_mul(f).map(Size).ok_or_else(|| format!("`{text}` is too large")),
            _ => Err(format!(
                "`{text}` is not a size: a whole number and one of {}",
                UNITS.map(|(name, _)| name).join(", ")
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"16 MiB\", or a number of bytes")
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Size, E> {
        u64::try_from(n).map(Size).map_err(|_| E::custom("a size cannot be negative"))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Size, E> {
        Ok(Size(n))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        Size::parse(text).map_err(E::custom)
    }
}

impl JsonSchema for Size {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "pattern": "^[0-9]+ ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$" },
            { "type": "integer", "minimum": 0 }
        ] })
    }
}

/// A time: a whole number of seconds, or text with a unit (`"60 s"`, `"5 min"`, `"2 h"`). Written as seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Seconds(pub u64);

impl Seconds {
    fn parse(text: &str) -> Option<Seconds> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let factor = [("s", 1), ("min", 60), ("h", 3600)].into_iter().find(|(name, _)| *name == unit.trim_start())?.1;
        number.parse::<u64>().ok()?.checked_mul(factor).map(Seconds)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecondsVisitor)
    }
}

struct SecondsVisitor;

impl Visitor<'_> for SecondsVisitor {
    type Value = Seconds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"60 s\", or a number of seconds")
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Seconds, E> {
        u64::try_from(n).map(Seconds).map_err(|_| E::custom("a time cannot be negative"))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Seconds, E> {
        Ok(Seconds(n))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Seconds, E> {
        Seconds::parse(text)
            .ok_or_else(|| E::custom(format!("`{text}` is not a time: a whole number and one of s, min, h")))
    }
}

impl JsonSchema for Seconds {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "pattern": "^[0-9]+ ?(s|min|h)$" },
            { "type": "integer", "minimum": 0 }
        ] })
    }
}

/// Where a reader takes a column or an id from: a field's name, or one of the reader's own words (`path`, `stem`,
/// `content`, `comment:1`). What there is to choose from is known to the reader alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Selector(pub String);

impl Selector {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(D::Error::custom("a selector is a field's name or one of `path`, `stem`, `content`"));
        }
        Ok(Selector(text))
    }
}

impl JsonSchema for Selector {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Selector".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

/// A list, or the text `"all"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllOr<T> {
    All,
    List(Vec<T>),
}

impl<T: Serialize> Serialize for AllOr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            AllOr::All => serializer.serialize_str("all"),
            AllOr::List(list) => list.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AllOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AllOrVisitor(PhantomData))
    }
}

struct AllOrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AllOrVisitor<T> {
    type Value = AllOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or \"all\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AllOr<T>, E> {
        if text == "all" { Ok(AllOr::All) } else { Err(E::custom(format!("`{text}` is neither a list nor \"all\""))) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<AllOr<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(AllOr::List)
    }
}

impl<T: JsonSchema> JsonSchema for AllOr<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("AllOr_{}", T::schema_name()).into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        format!("AllOr<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "const": "all" }, { "type": "array", "items": item }] })
    }
}

/// A table that may be written as one text: `exact_duplicates = "drop"` for `{ action = "drop" }`.
pub trait Short: Sized {
    /// What the text may be, usually an enum without fields.
    type Text: for<'de> Deserialize<'de> + JsonSchema;

    /// The table that the text is short for.
    fn from_text(text: Self::Text) -> Self;
}

/// `T`, written in full or in short. Written canonically in full.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct TextOr<T>(pub T);

impl<T> Deref for TextOr<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Short + Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrVisitor(PhantomData))
    }
}

struct TextOrVisitor<T>(PhantomData<T>);

impl<'de, T: Short + Deserialize<'de>> Visitor<'de> for TextOrVisitor<T> {
    type Value = TextOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TextOr<T>, E> {
        T::Text::deserialize(text.into_deserializer()).map(|text| TextOr(T::from_text(text)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TextOr<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(TextOr)
    }
}

impl<T: Short + JsonSchema> JsonSchema for TextOr<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("TextOr_{}", T::schema_name()).into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        format!("TextOr<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (text, table) = (generator.subschema_for::<T::Text>(), generator.subschema_for::<T>());
        json_schema!({ "anyOf": [text, table] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(text: &'static str) -> Result<T, String> {
        T::deserialize(toml::de::ValueDeserializer::parse(text).unwrap()).map_err(|e| e.message().to_string())
    }

    #[test]
    fn languages_and_lines() {
        for tag in ["ko", "en-GB", "zh-Hant-TW", "sl-rozaj-1994", "de-a-foo", "x-private"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", "k", "ko]", "en_GB", "ko-", "-ko", "en-toolongpart", "ko\nx: y", "12", "de-a"] {
            assert!(!is_language(tag), "{tag}");
        }
        assert!(
            is_line("a b 가") && is_line("") && !is_line("a\tb") && !is_line("a\u{2028}b") && !is_line("\u{202e}a")
        );
    }

    #[test]
    fn names_and_versions() {
        assert!(is_name("ko-news2") && !is_name("") && !is_name("Ko") && !is_name("a_b"));
        assert!(is_version("0.10.3"));
        assert!(["1.2", "1.2.3.4", "01.2.3", "1..3", "1.2.x", ""].iter().all(|v| !is_version(v)));
    }

    #[test]
    fn sizes() {
        assert_eq!(read("\"16 MiB\""), Ok(Size(16 << 20)));
        assert_eq!(read("\"500kB\""), Ok(Size(500_000)));
        assert_eq!(read("4096"), Ok(Size(4096)));
        assert!(read::<Size>("-1").is_err() && read::<Size>("\"16\"").is_err() && read::<Size>("\"MiB\"").is_err());
        assert!(Size::parse("99999999999 GiB").unwrap_err().contains("too large"));
        assert_eq!(serde_json::to_string(&Size(16)).unwrap(), "16");
    }

    #[test]
    fn times() {
        assert_eq!(
            (read("\"90s\""), read("\"5 min\""), read("7")),
            (Ok(Seconds(90)), Ok(Seconds(300)), Ok(Seconds(7)))
        );
        assert!(read::<Seconds>("\"5\"").is_err() && read::<Seconds>("-1").is_err());
        assert!(read::<Seconds>("\"99999999999999999 h\"").is_err());
    }

    #[test]
    fn all_or_a_list_with_spans() {
        assert_eq!(read::<AllOr<String>>("\"all\""), Ok(AllOr::All));
        let AllOr::List(list) = read::<AllOr<At<Selector>>>(r#"["id", "text"]"#).unwrap() else { panic!("a list") };
        assert_eq!((list[1].as_str(), list[1].span()), ("text", 7..13));
        assert!(read::<AllOr<String>>("\"some\"").is_err() && read::<Selector>("\"\"").is_err());
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Rule {
        action: At<Action>,
        #[serde(default)]
        on: Vec<String>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Action {
        Drop,
        Review,
    }

    impl Short for Rule {
        type Text = Action;

        fn from_text(action: Action) -> Self {
            Rule { action: action.into(), on: Vec::new() }
        }
    }

    #[test]
    fn short_for_a_table() {
        let short: TextOr<Rule> = read("\"drop\"").unwrap();
        let long: TextOr<Rule> = read("{ action = \"drop\" }").unwrap();
        assert_eq!(short, long);
        assert_eq!(long.action.span(), 11..17);
        assert_eq!(serde_json::to_string(&short).unwrap(), r#"{"action":"drop","on":[]}"#);
        assert!(read::<TextOr<Rule>>("\"keep\"").is_err() && read::<TextOr<Rule>>("1").is_err());
    }
}

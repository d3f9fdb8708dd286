//! Values that a manifest may hold beyond plain TOML: sizes, exact decimals, thresholds, and short forms.
//!
//! Every type here reads itself, brings the JSON Schema of what it accepts, and is written canonically: two ways of
//! writing one thing give the same bytes in a recipe. None uses serde's `untagged`, which would lose the spans.
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, Range};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// Whether `text` is a name of an instance or a data set: `[a-z0-9-]+`.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether `text` is a version `x.y.z`: three whole numbers without leading zeros.
pub fn is_version(text: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()) && (p.len() == 1 || !p.starts_with('0'));
    text.split('.').count() == 3 && text.split('.').all(part)
}

/// A value that knows the bytes of the manifest it was read from. Equality and order look at the value alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At<T>(pub toml::Spanned<T>);

impl<T> At<T> {
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
            _ => Err(format!("`{text}` is not a size: a whole number and one of {}", UNITS.map(|(name, _)| name).join(", "))),
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

/// An exact decimal number of at most 36 digits, of which at most 36 after the point.
///
/// A TOML float is taken as the shortest text that means it, so `0.1` is a tenth. Written as text, never as a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The value times `10^scale`.
    mantissa: i128,
    /// Digits after the point; as few as the value needs, so equal values are equal here.
    scale: u32,
}

/// Digits of a mantissa, and after the point, that leave room for sums in an `i128`.
const DIGITS: u32 = 36;

impl Decimal {
    /// Reads `-12.50`: an optional sign, digits, and at most one point with digits after it.
    pub fn parse(text: &str) -> Result<Decimal, String> {
        let wrong = || format!("`{text}` is not a decimal number");
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(wrong());
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        if whole.len() + fraction.len() > DIGITS as usize {
            return Err(format!("`{text}` has more than {DIGITS} digits"));
        }
        let size: i128 = format!("0{whole}{fraction}").parse().map_err(|_| wrong())?;
        let scale = u32::try_from(fraction.len()).map_err(|_| wrong())?;
        Ok(Decimal::new(if negative { -size } else { size }, scale))
    }

    /// The decimal that the shortest text of `x` says; `None` for NaN, infinities and more than 36 digits.
    pub fn from_f64(x: f64) -> Option<Decimal> {
        Decimal::parse(&format!("{x}")).ok()
    }

    /// `mantissa / 10^scale` in its shortest form.
    fn new(mut mantissa: i128, mut scale: u32) -> Decimal {
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Decimal { mantissa, scale }
    }

    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// The exact sum, or `None` where it has too many digits.
    pub fn checked_add(&self, other: &Decimal) -> Option<Decimal> {
        let scale = self.scale.max(other.scale);
        let sum = self.numerator_over(scale)?.checked_add(other.numerator_over(scale)?)?;
        Some(Decimal::new(sum, scale))
    }

    /// The whole number `n` with `self = n / 10^scale`; `None` where there is none or it has too many digits.
    pub fn numerator_over(&self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(10i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }

    /// Digits after the point, at least as many as the value needs.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// The nearest float.
    pub fn to_f64(&self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Whole part and the fraction in units of `10^-DIGITS`; both grow with the value, so pairs compare as values do.
    fn parts(&self) -> (i128, i128) {
        let unit = 10i128.pow(self.scale.min(DIGITS));
        (self.mantissa.div_euclid(unit), self.mantissa.rem_euclid(unit) * 10i128.pow(DIGITS.saturating_sub(self.scale)))
    }
}

impl From<i64> for Decimal {
    fn from(n: i64) -> Self {
        Decimal::new(n.into(), 0)
    }
}

impl From<u64> for Decimal {
    fn from(n: u64) -> Self {
        Decimal::new(n.into(), 0)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        let digits = format!("{:0width$}", self.mantissa.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let point = if scale > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    /// From a number, and from the text this type writes; a manifest may only hold the former, as the schema says.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }
}

struct DecimalVisitor;

impl Visitor<'_> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Decimal, E> {
        Ok(Decimal::from(n))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Decimal, E> {
        Ok(Decimal::from(n))
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<Decimal, E> {
        Decimal::from_f64(x).ok_or_else(|| E::custom(format!("`{x}` is not a decimal number of at most {DIGITS} digits")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        Decimal::parse(text).map_err(E::custom)
    }
}

impl JsonSchema for Decimal {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}

/// What a measured number must be: a number means at least that; `{ min, max }` says either bound or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Threshold {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
}

impl Threshold {
    /// Whether `value` is within both bounds, which belong to it.
    pub fn holds(&self, value: Decimal) -> bool {
        self.min.is_none_or(|min| min <= value) && self.max.is_none_or(|max| value <= max)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) => write!(f, "from {min} to {max}"),
            (Some(min), None) => write!(f, "at least {min}"),
            (None, Some(max)) => write!(f, "at most {max}"),
            (None, None) => f.write_str("anything"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    min: Option<Decimal>,
    max: Option<Decimal>,
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ThresholdVisitor)
    }
}

struct ThresholdVisitor;

impl<'de> Visitor<'de> for ThresholdVisitor {
    type Value = Threshold;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number (at least that), or a table with `min`, `max` or both")
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Threshold, E> {
        Ok(Threshold { min: Some(n.into()), max: None })
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Threshold, E> {
        Ok(Threshold { min: Some(n.into()), max: None })
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<Threshold, E> {
        Ok(Threshold { min: Some(DecimalVisitor.visit_f64(x)?), max: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Threshold, A::Error> {
        let Bounds { min, max } = Bounds::deserialize(MapAccessDeserializer::new(map))?;
        match (min, max) {
            (None, None) => Err(A::Error::custom("a threshold needs `min`, `max` or both")),
            (Some(low), Some(high)) if low > high => Err(A::Error::custom(format!("no number is from {low} to {high}"))),
            _ => Ok(Threshold { min, max }),
        }
    }
}

impl JsonSchema for Threshold {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Threshold".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "number" },
            {
                "type": "object",
                "properties": { "min": { "type": "number" }, "max": { "type": "number" } },
                "minProperties": 1,
                "additionalProperties": false
            }
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

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
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
    fn decimals_are_exact_and_equal_by_value() {
        assert_eq!(read::<Decimal>("0.10").unwrap(), decimal("0.1"));
        assert_eq!(read::<Decimal>("1e-3").unwrap().to_string(), "0.001");
        assert_eq!(decimal("-0.0"), Decimal::from(0i64));
        assert_eq!(decimal("0.1").checked_add(&decimal("0.2")).unwrap(), decimal("0.3"));
        assert_eq!(decimal("-12.50").to_string(), "-12.5");
        assert_eq!(decimal("-0.05").to_string(), "-0.05");
        assert_eq!(decimal("0.8").to_f64(), 0.8);
        assert_eq!(decimal("0.8").numerator_over(3), Some(800));
        assert_eq!(decimal("0.125").numerator_over(2), None);
        assert!(["", ".", "1.", ".5", "1e3", "--1", "NaN", "1.2.3"].iter().all(|t| Decimal::parse(t).is_err()));
        assert!(read::<Decimal>("inf").is_err() && read::<Decimal>("1e300").is_err());
    }

    #[test]
    fn decimals_order_by_value_over_all_scales() {
        let mut all: Vec<Decimal> = [
            "-2", "-1.5", "-0.000000000000000000000000000000000001", "0", "0.09", "0.1", "1", "10",
            "999999999999999999999999999999999999",
        ]
        .map(decimal)
        .to_vec();
        let sorted = all.clone();
        all.reverse();
        all.sort();
        assert_eq!(all, sorted);
    }

    #[test]
    fn thresholds() {
        let at_least: Threshold = read("0.8").unwrap();
        assert_eq!(at_least.to_string(), "at least 0.8");
        assert!(at_least.holds(decimal("0.8")) && !at_least.holds(decimal("0.79")));
        let none: Threshold = read("{ max = 0 }").unwrap();
        assert!(none.holds(decimal("0")) && !none.holds(decimal("1")));
        assert!(read::<Threshold>("{}").is_err() && read::<Threshold>("{ min = 2, max = 1 }").is_err());
        assert_eq!(serde_json::to_string(&at_least).unwrap(), r#"{"min":"0.8"}"#);
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

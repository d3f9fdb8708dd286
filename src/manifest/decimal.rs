//! Exact decimals and the thresholds made of them.
//!
//! Ratios must sum to exactly 1 and a gate must not hang on a float's last bit, so numbers with a point are kept as
//! they are written. `values` hands these types on.
use std::cmp::Ordering;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

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
        Decimal::from_f64(x)
            .ok_or_else(|| E::custom(format!("`{x}` is not a decimal number of at most {DIGITS} digits")))
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
            (Some(low), Some(high)) if low > high => {
                Err(A::Error::custom(format!("no number is from {low} to {high}")))
            }
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
            "-2",
            "-1.5",
            "-0.000000000000000000000000000000000001",
            "0",
            "0.09",
            "0.1",
            "1",
            "10",
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
}

//! A JSON value whose objects have each key once. Of a key that stands there twice one reader takes the first value and
//! another the last, so what a release says of its values would hold for some of its readers alone.
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};
use std::fmt;

pub struct Once(pub Json);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Once, D::Error> {
        from.deserialize_any(Reads)
    }
}

struct Reads;

impl<'de> Visitor<'de> for Reads {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Once, E> {
        Ok(Once(Json::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Once, E> {
        Ok(Once(Number::from_f64(value).map_or(Json::Null, Json::Number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut of: A) -> Result<Once, A::Error> {
        let mut all = Vec::new();
        while let Some(Once(item)) = of.next_element()? {
            all.push(item);
        }
        Ok(Once(all.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut of: A) -> Result<Once, A::Error> {
        let mut all = Map::new();
        while let Some((key, Once(value))) = of.next_entry::<String, Once>()? {
            let again = all.contains_key(&key);
            all.insert(key, value);
            if again {
                return Err(A::Error::custom(format!("key {} of an object repeats an earlier one", all.len() + 1)));
            }
        }
        Ok(Once(all.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_once_at_any_depth() {
        let read = |text: &str| serde_json::from_str::<Once>(text).map(|once| once.0).map_err(|e| e.to_string());
        let text = r#"{"a": [1, -2, 1.5, null, true, "x"], "b": {"a": 18446744073709551615}}"#;
        assert_eq!(read(text).unwrap(), serde_json::from_str::<Json>(text).unwrap());
        for text in [r#"{"a": 1, "a": 1}"#, r#"[{"b": {"a": 1, "a": 2}}]"#, r#"{"a": 1, "\u0061": 2}"#] {
            assert!(read(text).is_err_and(|say| say.starts_with("key 2 of an object repeats")), "{text}");
        }
    }
}

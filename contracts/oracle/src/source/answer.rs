//! Answers of contracts whose shape is known only to the source's paths.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// JSON as far as a rate or a time can stand in it. Numbers with a fraction or an exponent are refused: contracts write decimals as text.
pub enum Json {
    /// Names and what they stand for.
    Object(Vec<(String, Json)>),
    /// Text.
    Text(String),
    /// A whole number, not negative.
    Whole(u64),
    /// Anything else.
    Other,
}

impl Json {
    /// What stands where the path leads, outermost name first; `None` when it leads nowhere.
    pub fn at(&self, path: &[String]) -> Option<&Json> {
        let Some((name, rest)) = path.split_first() else {
            return Some(self);
        };
        match self {
            Json::Object(fields) => {
                let found = fields.iter().find(|(field, _)| field == name);
                found.and_then(|(_, value)| value.at(rest))
            }
            _ => None,
        }
    }

    /// The digits of text or of a whole number.
    pub fn digits(&self) -> Option<String> {
        match self {
            Json::Text(text) => Some(text.clone()),
            Json::Whole(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON without fractional numbers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields = vec![];
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Whole(number))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::from_json;

    use super::*;

    fn found(json: &str, path: &[&str]) -> Option<String> {
        let path: Vec<_> = path.iter().map(|name| name.to_string()).collect();
        from_json::<Json>(json).unwrap().at(&path)?.digits()
    }

    #[test]
    fn a_path_leads_to_text_and_whole_numbers_through_objects() {
        let json = r#"{"a":[1,{"b":2}],"state":{"rate":"1.25","time":1700000000,"x":null},"rate":7,"y":true,"z":-1}"#;
        assert_eq!(found(json, &["state", "rate"]).unwrap(), "1.25");
        assert_eq!(found(json, &["state", "time"]).unwrap(), "1700000000");
        assert_eq!(found(json, &["rate"]).unwrap(), "7");
        assert_eq!(found(r#""1.05""#, &[]).unwrap(), "1.05");
        let nowhere: [&[&str]; 7] = [
            &[],
            &["state"],
            &["a", "b"],
            &["rate", "rate"],
            &["state", "x"],
            &["y"],
            &["Rate"],
        ];
        for path in nowhere {
            assert_eq!(found(json, path), None, "{path:?}");
        }
    }

    #[test]
    fn fractions_exponents_and_deep_nesting_are_refused() {
        let deep = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
        for json in [r#"{"rate":1.25}"#, r#"{"rate":1e3}"#, "", "{", &deep] {
            assert!(from_json::<Json>(json).is_err(), "{json}");
        }
    }
}

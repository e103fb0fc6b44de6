//! A field of a JSON document, by its pointer (RFC 6901), as the text that stands there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use wicker_math::Seconds;

use super::{FieldConfig, Said, Unread};
use crate::decimal::Decimal;
use crate::judge::Quote;

/// A pointer into a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer {
    text: String,
    steps: Vec<String>,
}

/// What a time is written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Seconds since 1970.
    #[default]
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
    /// Such as `2026-01-31T12:00:00Z`.
    Rfc3339,
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let steps = match text.strip_prefix('/') {
            Some(rest) => rest.split('/').map(step).collect::<Option<Vec<_>>>(),
            None => text.is_empty().then(Vec::new),
        };
        let wrong = || {
            format!("{text:?} is no JSON pointer: it begins with /, and ~ stands as ~0, / in a name as ~1")
        };
        let steps = steps.ok_or_else(wrong)?;
        Ok(Self { text, steps })
    }
}

/// A name with its escapes undone.
fn step(text: &str) -> Option<String> {
    let mut parts = text.split('~');
    let mut name = parts.next()?.to_string();
    for part in parts {
        let (letter, rest) = match part.split_at_checked(1)? {
            ("0", rest) => ('~', rest),
            ("1", rest) => ('/', rest),
            _ => return None,
        };
        name.push(letter);
        name.push_str(rest);
    }
    Some(name)
}

impl Pointer {
    /// The text of the number or of the text that it points to.
    fn text(&self, document: &RawValue) -> Result<String, Unread> {
        let missing = || Unread::Missing(self.text.clone());
        let mut value = document;
        for step in &self.steps {
            value = below(value, step).ok_or_else(missing)?;
        }
        let shape = || Unread::Shape(self.text.clone());
        match value.get().bytes().next() {
            Some(b'"') => serde_json::from_str(value.get()).map_err(|_| shape()),
            Some(b'-' | b'0'..=b'9') => Ok(value.get().to_string()),
            _ => Err(shape()),
        }
    }
}

/// What a value has under a name or number.
fn below<'a>(value: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    let text = value.get();
    match text.bytes().next()? {
        b'{' => {
            let fields: BTreeMap<Name<'_>, &RawValue> = serde_json::from_str(text).ok()?;
            fields.get(step).copied()
        }
        b'[' => {
            let plain = step.bytes().all(|byte| byte.is_ascii_digit());
            let leading = step.len() > 1 && step.starts_with('0');
            let at: usize = step.parse().ok().filter(|_| plain && !leading)?;
            let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            elements.get(at).copied()
        }
        _ => None,
    }
}

/// A field's name, with or without escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::borrow::Borrow<str> for Name<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What a document says of each field; a field without a time is of `now`.
pub fn read(body: &[u8], fields: &[FieldConfig], now: Seconds) -> Result<Said, Unread> {
    let document: &RawValue =
        serde_json::from_slice(body).map_err(|why| Unread::NotJson(why.to_string()))?;
    let fields = fields.iter();
    let said = fields.map(|field| (field.denom.clone(), field.read(document, now)));
    Ok(said.collect())
}

impl FieldConfig {
    fn read(&self, document: &RawValue, now: Seconds) -> Result<Quote, Unread> {
        let number = Decimal::read(&self.pointer.text(document)?)?.scaled(self.scale);
        let price = match self.inverse {
            true => number.inverse(),
            false => number.price(),
        }?;
        let time = match &self.time {
            Some(pointer) => self.unit.read(&pointer.text(document)?)?,
            None => now,
        };
        Ok(Quote { price, time })
    }
}

impl Unit {
    fn read(self, text: &str) -> Result<Seconds, Unread> {
        let places = match self {
            Self::S => 0,
            Self::Ms => -3,
            Self::Us => -6,
            Self::Ns => -9,
            Self::Rfc3339 => {
                let time = wicker_client::moment(text).map(Seconds::new);
                return time.ok_or_else(|| wrong(text));
            }
        };
        let number = Decimal::read(text).map_err(|_| wrong(text))?;
        let whole = number.scaled(places).whole();
        whole.map(Seconds::new).ok_or_else(|| wrong(text))
    }
}

fn wrong(text: &str) -> Unread {
    Unread::Time(text.chars().take(40).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(document: &str, pointer: &str) -> Result<String, Unread> {
        let document: &RawValue = serde_json::from_str(document).unwrap();
        Pointer::try_from(pointer.to_string())
            .unwrap()
            .text(document)
    }

    /// The pointers of RFC 6901, section 5, as far as they lead to numbers or texts, and its array.
    #[test]
    fn pointers_lead_where_the_standard_says() {
        let document = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        for (pointer, expected) in [
            ("/foo/0", "bar"),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            assert_eq!(
                found(document, pointer).as_deref(),
                Ok(expected),
                "{pointer}"
            );
        }
        assert_eq!(found("1.50", "").as_deref(), Ok("1.50"));
        for pointer in [
            "/foo/2", "/foo/-", "/foo/00", "/foo/+1", "/bar", "/foo/0/0", "//",
        ] {
            assert!(
                matches!(found(document, pointer), Err(Unread::Missing(_))),
                "{pointer}"
            );
        }
        assert!(matches!(found(document, "/foo"), Err(Unread::Shape(_))));
        for wrong in ["foo", "/a~", "/a~2"] {
            assert!(Pointer::try_from(wrong.to_string()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_number_keeps_every_digit_and_escapes_in_texts_and_names_are_read() {
        let document = r#"{"a":12345678.901234567890123456789,"b":"1.5\u0030","\u0063":1E-5}"#;
        assert_eq!(
            found(document, "/a").as_deref(),
            Ok("12345678.901234567890123456789")
        );
        assert_eq!(found(document, "/b").as_deref(), Ok("1.50"));
        assert_eq!(found(document, "/c").as_deref(), Ok("1E-5"));
        for other in ["null", "true", "{}", "[1]"] {
            assert!(matches!(found(other, ""), Err(Unread::Shape(_))), "{other}");
        }
    }

    #[test]
    fn times_are_read_in_their_unit() {
        let second = Ok(Seconds::new(1_700_000_000));
        assert_eq!(Unit::S.read("1700000000"), second);
        assert_eq!(Unit::S.read("1700000000.9"), second);
        assert_eq!(Unit::Ms.read("1700000000123"), second);
        assert_eq!(Unit::Us.read("1700000000123456"), second);
        assert_eq!(Unit::Ns.read("1700000000123456789"), second);
        assert_eq!(Unit::Rfc3339.read("2023-11-14T22:13:20.5Z"), second);
        for (unit, wrong) in [
            (Unit::S, ""),
            (Unit::S, "now"),
            (Unit::Rfc3339, "1700000000"),
            (Unit::S, "1e40"),
            (Unit::Ms, "-5"),
        ] {
            assert!(matches!(unit.read(wrong), Err(Unread::Time(_))), "{wrong}");
        }
    }
}

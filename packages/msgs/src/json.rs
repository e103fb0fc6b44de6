//! Messages from JSON, with little code: the entry points take [`Json`].
//!
//! `serde_json` compiles its parser anew for every type of message. Here it finds the bounds of a value, which is
//! one function for all types, and what is in it is handed to serde's derived code a value at a time. The same messages are
//! read and the same are refused, but for one thing: a struct is an object and never an array.

use core::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer,
    MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::Error;

/// A message as an entry point takes it.
#[derive(Debug)]
pub struct Json<M>(pub M);

impl<'de, M: DeserializeOwned> Deserialize<'de> for Json<M> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(json)?;
        M::deserialize(Value(raw))
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// A value whose text is well formed.
#[derive(Clone, Copy)]
struct Value<'de>(&'de RawValue);

impl<'de> Value<'de> {
    fn read<T: Deserialize<'de>>(self) -> Result<T, Error> {
        serde_json::from_slice(self.0.get().as_bytes())
    }

    #[inline(never)]
    fn text(self) -> Result<String, Error> {
        self.read()
    }

    #[inline(never)]
    fn number(self) -> Result<u64, Error> {
        self.read()
    }

    #[inline(never)]
    fn elements(self) -> Result<Elements<'de>, Error> {
        self.read()
            .map(|elements: Vec<&RawValue>| Elements(elements.into_iter()))
    }

    #[inline(never)]
    fn fields(self) -> Result<Fields<'de>, Error> {
        self.read()
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Err(Error::invalid_type(
            serde::de::Unexpected::Other("a value of any type"),
            &visitor,
        ))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.read()?)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.get() {
            "null" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.elements()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        let elements = self.elements()?;
        match elements.0.len() == length {
            true => visitor.visit_seq(elements),
            false => Err(Error::invalid_length(elements.0.len(), &visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.fields()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(self.fields()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 char bytes byte_buf unit unit_struct tuple_struct
    }
}

/// What is left of an array.
struct Elements<'de>(std::vec::IntoIter<&'de RawValue>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0
            .next()
            .map(|raw| seed.deserialize(Value(raw)))
            .transpose()
    }
}

/// What is left of an object, in the order of its text: a field that comes twice is for the type to refuse.
struct Fields<'de> {
    rest: std::vec::IntoIter<(String, &'de RawValue)>,
    value: Option<&'de RawValue>,
}

impl<'de> Fields<'de> {
    #[inline(never)]
    fn next(&mut self) -> Option<String> {
        let (name, value) = self.rest.next()?;
        self.value = Some(value);
        Some(name)
    }

    #[inline(never)]
    fn value(&mut self) -> Result<Value<'de>, Error> {
        self.value
            .take()
            .map(Value)
            .ok_or_else(|| Error::custom("a field has no value"))
    }
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        match self.next() {
            Some(name) => seed
                .deserialize(name.as_str().into_deserializer())
                .map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.value()?)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }

        let fields = json.deserialize_map(Object)?;
        Ok(Self {
            rest: fields.into_iter(),
            value: None,
        })
    }
}

/// The one variant of an enum, by its name or as the only field of an object.
struct Variant<'de>(Option<Value<'de>>);

impl<'de> Value<'de> {
    #[inline(never)]
    fn variant(self) -> Result<(String, Variant<'de>), Error> {
        if self.0.get().starts_with('"') {
            return Ok((self.text()?, Variant(None)));
        }
        let mut fields = self.fields()?;
        match (fields.next(), fields.rest.len()) {
            (Some(name), 0) => Ok((name, Variant(fields.value.map(Value)))),
            _ => Err(Error::custom(
                "expected an object with one field, the variant's name",
            )),
        }
    }
}

impl<'de> EnumAccess<'de> for Value<'de> {
    type Error = Error;
    type Variant = Variant<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Variant<'de>), Error> {
        let (name, variant) = self.variant()?;
        Ok((
            seed.deserialize(name.as_str().into_deserializer())?,
            variant,
        ))
    }
}

impl<'de> Variant<'de> {
    #[inline(never)]
    fn content(self) -> Result<Value<'de>, Error> {
        self.0
            .ok_or_else(|| Error::custom("the variant has fields, none is given"))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.0 {
            None => Ok(()),
            Some(value) => value.read(),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.content()?.elements()?)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(self.content()?.fields()?)
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::{from_json, Uint128};
    use proptest::prelude::*;

    use super::*;
    use crate::cdp::{ExecuteMsg, GovernMsg, LiquidationItem, OwnershipAction, QueryMsg};

    const LETTERS: &[u8] = b"\"\\{}:,0159eE+-. null\n\xff\x00a";

    /// Reads a message both ways.
    fn both<M: DeserializeOwned>(text: &str) -> (Option<M>, Option<M>) {
        let small = from_json::<Json<M>>(text).ok().map(|Json(message)| message);
        (small, from_json(text).ok())
    }

    const READ: [&str; 9] = [
        r#"{"deposit":{"position":null,"basket":3}}"#,
        r#" { "deposit" : { } } "#,
        r#"{"borrow":{"position":18446744073709551615,"amount":"340282366920938463463374607431768211455","recipient":"a\"\u00e9\\"}}"#,
        r#"{"update_ownership":"accept_ownership"}"#,
        r#"{"update_ownership":{"renounce_ownership":null}}"#,
        r#"{"update_ownership":{"transfer_ownership":{"new_owner":"b","expiry":1}}}"#,
        r#"{"liquidate_many":{"items":[{"position":1,"max_repay":"5"},{"position":2}],"min_received":[{"denom":"d","amount":"1","x":[{}]}]}}"#,
        r#"{"govern":{"change":{"changes":[{"target":{"protocol":{}},"name":"ramp","value":"1.5"}]}}}"#,
        r#"{"guard":{"pause_borrow":{"basket":1,"until":2}}}"#,
    ];

    #[test]
    fn messages_are_the_ones_that_serde_json_reads() {
        for text in READ {
            let (small, known) = both::<ExecuteMsg>(text);
            assert!(small.is_some(), "{text}");
            assert_eq!(small, known, "{text}");
        }
        let (small, known) = both::<QueryMsg>(r#"{"positions":{"owner":"a","limit":5}}"#);
        assert!(small.is_some() && small == known);
    }

    #[test]
    fn what_serde_json_refuses_is_refused() {
        for text in [
            "",
            "{}",
            "null",
            "[]",
            r#""repay""#,
            r#"{"repay":{"position":1}"#,
            r#"{"repay":{"position":1}} x"#,
            r#"{"repay":{"position":1},"repay":{"position":1}}"#,
            r#"{"repay":{"position":1,"position":1}}"#,
            r#"{"repay":{"position":1,"other":1}}"#,
            r#"{"repay":{"position":-1}}"#,
            r#"{"repay":{"position":1.0}}"#,
            r#"{"repay":{"position":1e1}}"#,
            r#"{"repay":{"position":18446744073709551616}}"#,
            r#"{"repay":{"position":"1"}}"#,
            r#"{"repay":{}}"#,
            r#"{"repay":null}"#,
            r#"{"repay":"1"}"#,
            r#"{"unknown":{"position":1}}"#,
            r#"{"recalibrate":{"basket":4294967296}}"#,
            r#"{"borrow":{"position":1,"amount":5}}"#,
            r#"{"borrow":{"position":1,"amount":"-5"}}"#,
            r#"{"borrow":{"position":1,"amount":"340282366920938463463374607431768211456"}}"#,
            r#"{"call":{"positions":[1,]}}"#,
            r#"{"call":{"positions":{"0":1}}}"#,
            r#"{"update_ownership":"transfer_ownership"}"#,
            r#"{"update_ownership":{"accept_ownership":1}}"#,
            r#"{"claim":{"recipient":"\ud800"}}"#,
        ] {
            let (small, known) = both::<ExecuteMsg>(text);
            assert_eq!((small, known), (None, None), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let (small, known) = both::<ExecuteMsg>(&format!(r#"{{"call":{{"positions":{deep}}}}}"#));
        assert_eq!((small, known), (None, None));
    }

    proptest! {
        /// A struct as an array is the one difference, and no array is made here that stands in a struct's place.
        #[test]
        fn texts_with_a_few_wrong_letters_are_read_alike(
            text in prop::sample::select(READ.as_slice()),
            edits in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(LETTERS), 0u8..3), 1..4),
        ) {
            let mut text = text.as_bytes().to_vec();
            for (at, letter, what) in edits {
                let at = at.index(text.len());
                match what {
                    0 => text[at] = letter,
                    1 => text.insert(at, letter),
                    _ => drop(text.remove(at)),
                }
            }
            let small = from_json::<Json<ExecuteMsg>>(&text).ok().map(|Json(message)| message);
            let known = from_json::<ExecuteMsg>(&text).ok();
            prop_assert_eq!(small, known, "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn a_tuple_has_all_its_elements_and_no_more() {
        type Pair = (String, Uint128);
        for (text, reads) in [
            (r#"[["a","1"],["b","2"]]"#, true),
            (r#"[["a","1","2"]]"#, false),
            (r#"[["a"]]"#, false),
            (r#"[{"a":"1"}]"#, false),
        ] {
            let (small, known) = both::<Vec<Pair>>(text);
            assert_eq!((small.is_some(), small), (reads, known), "{text}");
        }
    }

    #[test]
    fn a_struct_is_never_an_array() {
        let (small, known) = both::<LiquidationItem>(r#"[1,"5"]"#);
        let item = LiquidationItem {
            position: 1,
            max_repay: Some(Uint128::new(5)),
        };
        assert_eq!((small, known), (None, Some(item)));
    }

    #[test]
    fn what_the_contract_stores_it_reads_back() {
        let action = GovernMsg::WindDown {
            basket: 7,
            denom: "d".into(),
            stop: false,
        };
        let stored = cosmwasm_std::to_json_vec(&action).unwrap();
        let Json(read): Json<GovernMsg> = from_json(stored).unwrap();
        assert_eq!(read, action);
        let Json(read): Json<OwnershipAction> = from_json(r#""accept_ownership""#).unwrap();
        assert_eq!(read, OwnershipAction::AcceptOwnership);
    }
}

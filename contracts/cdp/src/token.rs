//! The only mint and burn of a debt token, and the only other words spoken to the chain's token module.
//!
//! The messages are protobuf with two or three fields, the same under every type-url prefix, so they are written here by hand
//! instead of pulling in a chain's whole set of types.

use cosmwasm_std::{AnyMsg, Binary, Coin, CosmosMsg, Uint128};
use wicker_math::Amount;
use wicker_msgs::cdp::TokenModule;

/// The longest last part of a denom that the token modules accept.
pub const MAX_SUBDENOM: usize = 44;

/// The denom that [`create`] makes.
pub fn denom_of(contract: &str, subdenom: &str) -> String {
    format!("factory/{contract}/{subdenom}")
}

/// Creates a denom whose admin is the contract.
pub fn create(module: &TokenModule, contract: &str, subdenom: &str) -> CosmosMsg {
    let body = field(1, contract.as_bytes()).chain(field(2, subdenom.as_bytes()));
    any(module, "MsgCreateDenom", body)
}

/// Mints to `recipient`, or to the contract when it is `None`.
pub fn mint(
    module: &TokenModule,
    contract: &str,
    denom: &str,
    amount: Amount,
    recipient: Option<&str>,
) -> CosmosMsg {
    let to = recipient.unwrap_or(contract);
    let body = field(1, contract.as_bytes())
        .chain(field(2, &coin(denom, amount)))
        .chain(field(3, to.as_bytes()));
    any(module, "MsgMint", body)
}

/// Burns from the contract's own balance. The burn-from field stays empty: some modules refuse any other value.
pub fn burn(module: &TokenModule, contract: &str, denom: &str, amount: Amount) -> CosmosMsg {
    let body = field(1, contract.as_bytes()).chain(field(2, &coin(denom, amount)));
    any(module, "MsgBurn", body)
}

/// Hands the denom on.
pub fn change_admin(module: &TokenModule, contract: &str, denom: &str, admin: &str) -> CosmosMsg {
    let body = field(1, contract.as_bytes())
        .chain(field(2, denom.as_bytes()))
        .chain(field(3, admin.as_bytes()));
    any(module, "MsgChangeAdmin", body)
}

/// An amount as a bank coin.
pub fn bank_coin(denom: &str, amount: Amount) -> Coin {
    Coin::new(Uint128::new(amount.raw()), denom)
}

fn coin(denom: &str, amount: Amount) -> Vec<u8> {
    let digits = amount.raw().to_string();
    field(1, denom.as_bytes())
        .chain(field(2, digits.as_bytes()))
        .collect()
}

fn any(module: &TokenModule, name: &str, body: impl Iterator<Item = u8>) -> CosmosMsg {
    CosmosMsg::Any(AnyMsg {
        type_url: format!("{}{name}", module.type_url_prefix),
        value: Binary::new(body.collect()),
    })
}

/// A length-delimited protobuf field.
fn field(number: u8, bytes: &[u8]) -> impl Iterator<Item = u8> {
    let mut head = vec![(number << 3) | 2];
    let mut length = bytes.len();
    while length >= 0x80 {
        head.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    head.push(length as u8);
    head.into_iter().chain(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> TokenModule {
        TokenModule {
            type_url_prefix: "/osmosis.tokenfactory.v1beta1.".into(),
            direct_mint: false,
        }
    }

    fn value(message: CosmosMsg) -> (String, Vec<u8>) {
        match message {
            CosmosMsg::Any(any) => (any.type_url, any.value.to_vec()),
            other => panic!("{other:?}"),
        }
    }

    /// The bytes protoc writes for MsgBurn{sender: "me", amount: {denom: "d", amount: "7"}, burnFromAddress: ""}.
    #[test]
    fn a_burn_leaves_burn_from_empty() {
        let (url, bytes) = value(burn(&module(), "me", "d", Amount::new(7)));
        assert_eq!(url, "/osmosis.tokenfactory.v1beta1.MsgBurn");
        assert_eq!(bytes, b"\x0a\x02me\x12\x06\x0a\x01d\x12\x017");
    }

    #[test]
    fn a_mint_names_its_receiver() {
        let (_, bytes) = value(mint(&module(), "me", "d", Amount::new(10), None));
        assert_eq!(bytes, b"\x0a\x02me\x12\x07\x0a\x01d\x12\x0210\x1a\x02me");
        let (_, bytes) = value(mint(&module(), "me", "d", Amount::new(10), Some("you")));
        assert!(bytes.ends_with(b"\x1a\x03you"));
    }

    #[test]
    fn long_fields_have_two_length_bytes() {
        let long = "x".repeat(300);
        let (_, bytes) = value(create(&module(), &long, "d"));
        assert_eq!(bytes.get(..3), Some(&b"\x0a\xac\x02"[..]));
        assert_eq!(bytes.len(), 3 + 300 + 3);
    }
}

//! The only mint and burn of a debt token, and the only other words spoken to the chain's token module.
//!
//! The messages are protobuf with two or three fields, the same under every type-url prefix, so they are written here by hand
//! instead of pulling in a chain's whole set of types.

use cosmwasm_std::{AnyMsg, Coin, CosmosMsg, Uint128};
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
    any(
        module,
        "MsgCreateDenom",
        &[contract, subdenom].map(str::as_bytes),
    )
}

/// Mints to `recipient`, or to the contract when it is `None`.
pub fn mint(
    module: &TokenModule,
    contract: &str,
    denom: &str,
    amount: Amount,
    recipient: Option<&str>,
) -> CosmosMsg {
    let (coin, to) = (coin(denom, amount), recipient.unwrap_or(contract));
    any(
        module,
        "MsgMint",
        &[contract.as_bytes(), &coin, to.as_bytes()],
    )
}

/// Burns from the contract's own balance. The burn-from field stays out: some modules refuse any other value.
pub fn burn(module: &TokenModule, contract: &str, denom: &str, amount: Amount) -> CosmosMsg {
    any(
        module,
        "MsgBurn",
        &[contract.as_bytes(), &coin(denom, amount)],
    )
}

/// Hands the denom on.
pub fn change_admin(module: &TokenModule, contract: &str, denom: &str, admin: &str) -> CosmosMsg {
    any(
        module,
        "MsgChangeAdmin",
        &[contract, denom, admin].map(str::as_bytes),
    )
}

/// An amount as a bank coin.
pub fn bank_coin(denom: &str, amount: Amount) -> Coin {
    Coin::new(Uint128::new(amount.raw()), denom)
}

fn coin(denom: &str, amount: Amount) -> Vec<u8> {
    fields(&[denom.as_bytes(), amount.raw().to_string().as_bytes()])
}

fn any(module: &TokenModule, name: &str, body: &[&[u8]]) -> CosmosMsg {
    CosmosMsg::Any(AnyMsg {
        type_url: format!("{}{name}", module.type_url_prefix),
        value: fields(body).into(),
    })
}

/// Length-delimited protobuf fields, numbered from one.
fn fields(contents: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::new();
    for (number, content) in (1u8..).zip(contents) {
        message.push((number << 3) | 2);
        let mut length = content.len();
        while length >= 0x80 {
            message.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(content);
    }
    message
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

//! The chain's token module, as far as a contract meets it: who creates a denom is its admin, only the admin mints and burns, and what
//! the real modules refuse is refused here. It counts what was minted and burned, outside the contracts.

use cosmwasm_std::{
    Addr, AnyMsg, Api, BankMsg, Binary, BlockInfo, CanonicalAddr, Coin, CustomMsg, CustomQuery,
    StdError, StdResult, Storage, Uint128,
};
use cw_multi_test::{AppResponse, BankSudo, CosmosRouter, Stargate, SudoMsg};
use serde::de::DeserializeOwned;

/// The type-url prefix it answers to.
pub const PREFIX: &str = "/osmosis.tokenfactory.v1beta1.";
/// What creating a denom costs.
pub const FEE: (u128, &str) = (10_000_000, "uosmo");
/// Where the fee goes.
const COLLECTOR: &[u8; 32] = b"the community pool of this chain";

/// The longest last part of a denom.
const MAX_SUBDENOM: usize = 44;

/// The module; its state is in the chain's storage.
#[derive(Debug, Clone, Copy, Default)]
pub struct Factory;

/// What was minted less what was burned of a denom.
pub fn supply(storage: &dyn Storage, denom: &str) -> u128 {
    let bytes = storage.get(&key("supply", denom)).unwrap_or_default();
    bytes.try_into().map_or(0, u128::from_be_bytes)
}

/// The admin of a denom; empty when it was given up, `None` when there is no such denom.
pub fn admin(storage: &dyn Storage, denom: &str) -> Option<String> {
    let bytes = storage.get(&key("admin", denom))?;
    String::from_utf8(bytes).ok()
}

impl Stargate for Factory {
    fn execute_any<ExecC, QueryC>(
        &self,
        api: &dyn Api,
        storage: &mut dyn Storage,
        router: &dyn CosmosRouter<ExecC = ExecC, QueryC = QueryC>,
        block: &BlockInfo,
        sender: Addr,
        msg: AnyMsg,
    ) -> StdResult<AppResponse>
    where
        ExecC: CustomMsg + DeserializeOwned + 'static,
        QueryC: CustomQuery + DeserializeOwned + 'static,
    {
        let name = msg.type_url.strip_prefix(PREFIX);
        let name = name.ok_or_else(|| refused(format!("{} is not routed", msg.type_url)))?;
        let fields = fields(msg.value.as_slice())?;
        let signer = text(&fields, 1)?;
        if signer != sender.as_str() {
            return Err(refused(format!("signed by {sender}, not {signer}")));
        }
        match name {
            "MsgCreateDenom" => {
                let denom = create(storage, &sender, &text(&fields, 2)?)?;
                let coin = Coin::new(FEE.0, FEE.1);
                let pay = BankMsg::Send {
                    to_address: collector(api)?,
                    amount: vec![coin],
                };
                router.execute(api, storage, block, sender, pay.into())?;
                Ok(answer(denom))
            }
            "MsgMint" => {
                let coin = owned(storage, &sender, &fields)?;
                let to = match text(&fields, 3)? {
                    to if to.is_empty() => sender.to_string(),
                    to => to,
                };
                count(storage, &coin, true)?;
                let mint = BankSudo::Mint {
                    to_address: to,
                    amount: vec![coin],
                };
                router.sudo(api, storage, block, SudoMsg::Bank(mint))
            }
            "MsgBurn" => {
                let coin = owned(storage, &sender, &fields)?;
                let from = text(&fields, 3)?;
                if !from.is_empty() {
                    return Err(refused(format!("burning from {from} is not allowed")));
                }
                count(storage, &coin, false)?;
                let burn = BankMsg::Burn { amount: vec![coin] };
                router.execute(api, storage, block, sender, burn.into())
            }
            "MsgChangeAdmin" => {
                let denom = text(&fields, 2)?;
                only_admin(storage, &sender, &denom)?;
                let next = text(&fields, 3)?;
                if !next.is_empty() {
                    api.addr_validate(&next)?;
                }
                storage.set(&key("admin", &denom), next.as_bytes());
                Ok(AppResponse::default())
            }
            other => Err(refused(format!("{other} is not a message of this module"))),
        }
    }
}

/// The address of the community pool.
pub fn collector(api: &dyn Api) -> StdResult<String> {
    let canonical = CanonicalAddr::from(*COLLECTOR);
    api.addr_humanize(&canonical).map(String::from)
}

fn create(storage: &mut dyn Storage, sender: &Addr, subdenom: &str) -> StdResult<String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"./-_".contains(&byte);
    if subdenom.len() > MAX_SUBDENOM || !subdenom.bytes().all(legal) {
        return Err(refused(format!("{subdenom:?} is not a subdenom")));
    }
    let denom = format!("factory/{sender}/{subdenom}");
    if storage.get(&key("admin", &denom)).is_some() {
        return Err(refused(format!("{denom} exists already")));
    }
    storage.set(&key("admin", &denom), sender.as_bytes());
    Ok(denom)
}

/// The coin of a mint or burn, once its sender is its denom's admin.
fn owned(storage: &dyn Storage, sender: &Addr, fields: &[Field]) -> StdResult<Coin> {
    let nested = fields.iter().find(|field| field.number == 2);
    let parts = self::fields(nested.map_or(&[][..], |field| field.bytes))?;
    let (denom, digits) = (text(&parts, 1)?, text(&parts, 2)?);
    let amount: Uint128 = digits
        .parse()
        .map_err(|_| refused(format!("{digits:?} is not an amount")))?;
    if amount.is_zero() {
        return Err(refused(format!("0 {denom} is not a valid coin")));
    }
    only_admin(storage, sender, &denom)?;
    Ok(Coin::new(amount, denom))
}

fn only_admin(storage: &dyn Storage, sender: &Addr, denom: &str) -> StdResult<()> {
    match admin(storage, denom) {
        Some(admin) if admin == sender.as_str() => Ok(()),
        Some(_) => Err(refused(format!("{sender} is not the admin of {denom}"))),
        None => Err(refused(format!("{denom} does not exist"))),
    }
}

fn count(storage: &mut dyn Storage, coin: &Coin, minted: bool) -> StdResult<()> {
    let before = supply(storage, &coin.denom);
    let amount = Uint128::try_from(coin.amount)
        .map_err(|_| refused(format!("{coin} is beyond 128 bits")))?
        .u128();
    let after = match minted {
        true => before.checked_add(amount),
        false => before.checked_sub(amount),
    };
    let after = after.ok_or_else(|| refused(format!("{coin} against a supply of {before}")))?;
    storage.set(&key("supply", &coin.denom), &after.to_be_bytes());
    Ok(())
}

fn key(kind: &str, denom: &str) -> Vec<u8> {
    format!("tokenfactory/{kind}/{denom}").into_bytes()
}

fn refused(why: String) -> StdError {
    StdError::msg(format!("tokenfactory: {why}"))
}

/// The answer of a creation: protobuf with the denom as field 1.
fn answer(denom: String) -> AppResponse {
    let mut bytes = vec![0x0a];
    let mut length = denom.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(denom.into_bytes());
    AppResponse {
        data: Some(Binary::new(bytes)),
        ..AppResponse::default()
    }
}

/// A length-delimited protobuf field.
struct Field<'a> {
    number: u64,
    bytes: &'a [u8],
}

/// The fields of a message that has only length-delimited ones.
fn fields(mut bytes: &[u8]) -> StdResult<Vec<Field<'_>>> {
    let broken = || refused("the message is not protobuf".into());
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes).ok_or_else(broken)?;
        let length = varint(&mut bytes).ok_or_else(broken)?;
        let length = usize::try_from(length).map_err(|_| broken())?;
        if tag & 7 != 2 || length > bytes.len() {
            return Err(broken());
        }
        let (head, tail) = bytes.split_at(length);
        fields.push(Field {
            number: tag >> 3,
            bytes: head,
        });
        bytes = tail;
    }
    Ok(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A text field; empty when it is not there.
fn text(fields: &[Field], number: u64) -> StdResult<String> {
    let field = fields.iter().find(|field| field.number == number);
    let bytes = field.map_or(&[][..], |field| field.bytes);
    String::from_utf8(bytes.to_vec()).map_err(|_| refused(format!("field {number} is not text")))
}

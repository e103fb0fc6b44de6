//! Moves coins and keeps one record, and does nothing else: what an action of any contract costs at least on a chain.
//!
//! It is measured beside Wicker and never used: it gives everybody everything.

use cosmwasm_std::{
    entry_point, AnyMsg, BankMsg, Binary, Coin, CosmosMsg, DepsMut, Empty, Env, MessageInfo,
    Response, StdError, StdResult, Storage, Uint128,
};
use serde::{Deserialize, Serialize};

const PREFIX: &str = "/osmosis.tokenfactory.v1beta1.";

/// What it does; each but the first reads and writes the sender's record.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecuteMsg {
    /// Creates a denom of this contract; the coins sent pay for it.
    Create {
        /// Its last part.
        subdenom: String,
    },
    /// Keeps the coins sent.
    Take {},
    /// Gives coins.
    Give {
        /// These.
        coins: Vec<Coin>,
    },
    /// Mints, and gives what was minted.
    Mint {
        /// This.
        coin: Coin,
    },
    /// Burns the coin sent.
    Burn {},
    /// Burns the coin sent and gives others.
    Swap {
        /// These.
        coins: Vec<Coin>,
    },
}

/// Nothing to start.
#[entry_point]
pub fn instantiate(_: DepsMut, _: Env, _: MessageInfo, _: Empty) -> StdResult<Response> {
    Ok(Response::new())
}

/// Does it.
#[entry_point]
pub fn execute(deps: DepsMut, env: Env, info: MessageInfo, msg: ExecuteMsg) -> StdResult<Response> {
    let own = env.contract.address.as_str();
    let send = |amount| BankMsg::Send {
        to_address: info.sender.to_string(),
        amount,
    };
    if !matches!(msg, ExecuteMsg::Create { .. }) {
        record(deps.storage, info.sender.as_bytes())?;
    }
    Ok(match msg {
        ExecuteMsg::Create { subdenom } => {
            let body = [field(1, own.as_bytes()), field(2, subdenom.as_bytes())];
            Response::new().add_message(token("MsgCreateDenom", body.concat()))
        }
        ExecuteMsg::Take {} => Response::new(),
        ExecuteMsg::Give { coins } => Response::new().add_message(send(coins)),
        ExecuteMsg::Mint { coin } => {
            let to = field(3, own.as_bytes());
            Response::new()
                .add_message(token("MsgMint", [amount(own, &coin), to].concat()))
                .add_message(send(vec![coin]))
        }
        ExecuteMsg::Burn {} => Response::new().add_message(burn(own, &info)?),
        ExecuteMsg::Swap { coins } => Response::new()
            .add_message(burn(own, &info)?)
            .add_message(send(coins)),
    })
}

/// Counts the sender's messages.
fn record(storage: &mut dyn Storage, sender: &[u8]) -> StdResult<()> {
    let bytes = storage.get(sender).unwrap_or_else(|| vec![0; 16]);
    let bytes = bytes
        .try_into()
        .map_err(|_| StdError::msg("not a record"))?;
    let count = Uint128::new(u128::from_be_bytes(bytes)).checked_add(Uint128::one())?;
    storage.set(sender, &count.to_be_bytes());
    Ok(())
}

fn burn(own: &str, info: &MessageInfo) -> StdResult<CosmosMsg> {
    match info.funds.as_slice() {
        [coin] => Ok(token("MsgBurn", amount(own, coin))),
        _ => Err(StdError::msg("one coin is burned")),
    }
}

fn token(name: &str, body: Vec<u8>) -> CosmosMsg {
    CosmosMsg::Any(AnyMsg {
        type_url: [PREFIX, name].concat(),
        value: Binary::new(body),
    })
}

/// Sender and coin of a token module's message.
fn amount(own: &str, coin: &Coin) -> Vec<u8> {
    let digits = coin.amount.to_string();
    let coin = [field(1, coin.denom.as_bytes()), field(2, digits.as_bytes())].concat();
    [field(1, own.as_bytes()), field(2, &coin)].concat()
}

/// A protobuf field; none here has a length of more than two bytes of seven bits.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![(number << 3) | 2];
    if bytes.len() >= 0x80 {
        field.push((bytes.len() & 0x7f) as u8 | 0x80);
        field.push((bytes.len() >> 7) as u8);
    } else {
        field.push(bytes.len() as u8);
    }
    field.extend(bytes);
    field
}

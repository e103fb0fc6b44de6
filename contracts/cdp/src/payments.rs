//! Coins that leave, and what becomes of those a payee refuses.
//!
//! What the sender asks for is sent plainly: if its recipient refuses, the message fails and nothing has changed. What the contract
//! gives back unasked, a refund, must not be able to fail the message: refused, it waits as a claim.

use cosmwasm_std::{from_json, Addr, BankMsg, Coin, CosmosMsg, Reply, Response, Storage, SubMsg};
use wicker_math::Amount;
use wicker_msgs::cdp::PaymentPayload;
use wicker_msgs::json::Json;

use crate::convert::amount;
use crate::error::{ContractError, Result};
use crate::state::{self, ASSETS, CLAIMS};
use crate::token::bank_coin;

/// The reply of a refund that was refused.
pub const REFUSED: u64 = 1;

/// Sends the coins that are not zero; `None` when all are.
pub fn send(payee: &Addr, coins: impl IntoIterator<Item = Coin>) -> Option<CosmosMsg> {
    let amount: Vec<Coin> = coins
        .into_iter()
        .filter(|coin| !coin.amount.is_zero())
        .collect();
    (!amount.is_empty()).then(|| {
        CosmosMsg::Bank(BankMsg::Send {
            to_address: payee.to_string(),
            amount,
        })
    })
}

/// Gives coins back; should the payee refuse them they become its claim. `None` when the amount is zero.
pub fn refund(payee: &Addr, denom: &str, amount: Amount) -> Result<Option<SubMsg>> {
    let coins = vec![bank_coin(denom, amount)];
    let Some(message) = send(payee, coins.clone()) else {
        return Ok(None);
    };
    let payload = PaymentPayload {
        payee: payee.to_string(),
        coins,
    };
    Ok(Some(
        SubMsg::reply_on_error(message, REFUSED).with_payload(payload.to_binary()?),
    ))
}

/// Credits a refused refund to its payee; errors on any other reply.
pub fn refused(storage: &mut dyn Storage, reply: &Reply) -> Result<Response> {
    if reply.id != REFUSED {
        return Err(ContractError::UnknownReply(reply.id).into());
    }
    let Json(payload): Json<PaymentPayload> = from_json(&reply.payload)?;
    for coin in &payload.coins {
        let key = (payload.payee.as_str(), coin.denom.as_str());
        let claim = CLAIMS.may_load(storage, key)?.unwrap_or(Amount::ZERO);
        let amount = amount(coin)?;
        CLAIMS.save(storage, key, &claim.plus(amount)?)?;
        let mut asset = state::asset(storage, &coin.denom)?;
        asset.kept = asset.kept.plus(amount)?;
        ASSETS.save(storage, &coin.denom, &asset)?;
    }
    Ok(Response::new()
        .add_attribute("action", "refund_refused")
        .add_attribute("payee", payload.payee))
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;
    use cosmwasm_std::{Binary, SubMsgResult};
    use wicker_engine::basket::Bucket;
    use wicker_math::{Decimals, Seconds, Value};

    use super::*;
    use crate::state::Asset;

    fn reply(id: u64, payload: Binary) -> Reply {
        #[allow(deprecated)]
        Reply {
            id,
            payload,
            gas_used: 0,
            result: SubMsgResult::Err("blocked".into()),
        }
    }

    #[test]
    fn v18_nothing_is_sent_for_an_amount_of_zero() {
        let ann = Addr::unchecked("ann");
        assert_eq!(send(&ann, [bank_coin("usd", Amount::ZERO)]), None);
        assert!(refund(&ann, "usd", Amount::ZERO).unwrap().is_none());
        let Some(CosmosMsg::Bank(BankMsg::Send { amount, .. })) = send(
            &ann,
            [
                bank_coin("usd", Amount::ZERO),
                bank_coin("btc", Amount::new(1)),
            ],
        ) else {
            panic!("nothing is sent")
        };
        assert_eq!(amount, vec![bank_coin("btc", Amount::new(1))]);
    }

    #[test]
    fn a_refused_refund_waits_for_its_payee_and_adds_up() {
        let mut storage = MockStorage::new();
        let ann = Addr::unchecked("ann");
        let usd = Asset {
            decimals: Decimals::new(6).unwrap(),
            flow_cap: Value::ZERO,
            flow_burst: Value::ZERO,
            bucket: Bucket::full(0, Seconds::default()),
            held: Amount::new(100),
            lasting: crate::state::Lasting::new(Amount::new(100), Seconds::default()),
            kept: Amount::new(30),
            ceiling: Some(Amount::MAX),
            cap_ramp: None,
        };
        ASSETS.save(&mut storage, "usd", &usd).unwrap();
        let refund = refund(&ann, "usd", Amount::new(5)).unwrap().unwrap();
        for _ in 0..2 {
            refused(&mut storage, &reply(refund.id, refund.payload.clone())).unwrap();
        }
        let claim = CLAIMS.may_load(&storage, ("ann", "usd")).unwrap();
        assert_eq!(claim, Some(Amount::new(10)));
        let kept = state::asset(&storage, "usd").unwrap().kept;
        assert_eq!(kept, Amount::new(40));
    }

    #[test]
    fn mig_4_an_unknown_reply_and_one_without_payload_are_refused() {
        let mut storage = MockStorage::new();
        let unknown = refused(&mut storage, &reply(9, Binary::default()));
        assert!(matches!(
            unknown.map_err(|why| *why),
            Err(ContractError::UnknownReply(9))
        ));
        assert!(refused(&mut storage, &reply(REFUSED, Binary::default())).is_err());
    }
}

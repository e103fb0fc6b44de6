//! I-20: what a preview says is what the message then does.

use cosmwasm_std::Coin;
use wicker_msgs::cdp::{
    ExecuteMsg, HealthResponse, PositionResponse, PreviewAdjustResponse, PreviewLiquidateResponse,
    QueryMsg, Withdrawal,
};
use wicker_msgs::events::Liquidated;

use super::act::Act;
use super::world::World;

/// What the contract says would come of a message.
#[derive(Debug, Clone)]
pub enum Preview {
    /// It was not asked.
    None,
    /// Of an owner's message.
    Adjust(Box<Result<PreviewAdjustResponse, String>>),
    /// Of a liquidation with as many coins.
    Liquidate(Result<PreviewLiquidateResponse, String>),
}

impl World {
    /// Asks what would come of a message.
    pub fn preview(&self, act: &Act, msg: &ExecuteMsg, funds: &[Coin]) -> Preview {
        let own = |id: Option<u64>| {
            let who = act.who.filter(|_| act.adjusts);
            who.is_some_and(|who| id.is_none_or(|id| self.owns(who, id)))
        };
        let withdrawing = |denom: &str, amount| {
            let denom = denom.to_string();
            vec![Withdrawal { denom, amount }]
        };
        let (position, basket, withdraw, borrow) = match msg {
            ExecuteMsg::Deposit { position, basket } => (*position, *basket, vec![], None),
            ExecuteMsg::Withdraw {
                position,
                denom,
                amount,
                ..
            } => (Some(*position), None, withdrawing(denom, *amount), None),
            ExecuteMsg::Borrow {
                position, amount, ..
            } => (Some(*position), None, vec![], Some(*amount)),
            ExecuteMsg::Repay { position } => (Some(*position), None, vec![], None),
            ExecuteMsg::Adjust {
                position,
                basket,
                withdraw,
                borrow,
                ..
            } => (*position, *basket, withdraw.clone(), *borrow),
            ExecuteMsg::Liquidate { position, .. } => {
                let offered = funds.first().map_or(0, crate::rig::amount);
                return Preview::Liquidate(self.rig.try_ask(&QueryMsg::PreviewLiquidate {
                    position: *position,
                    max_repay: Some(offered.into()),
                }));
            }
            _ => return Preview::None,
        };
        if !own(position) {
            return Preview::None;
        }
        let ask = QueryMsg::PreviewAdjust {
            position,
            basket,
            funds: funds.to_vec(),
            withdraw,
            borrow,
        };
        Preview::Adjust(Box::new(self.rig.try_ask(&ask)))
    }

    /// A message that was foreseen may only fail where a payee refuses coins or the sender has none.
    pub fn must_succeed(&self, act: &Act, preview: &Preview, why: &str, broken: &mut Vec<String>) {
        let said = match preview {
            Preview::None => return,
            Preview::Adjust(said) => said.is_ok(),
            Preview::Liquidate(said) => said.is_ok(),
        };
        if said {
            let about = act.position();
            broken.push(format!(
                "I-20: {about:?} was foreseen and is refused: {why}"
            ));
        }
    }

    /// What was done against what was said.
    pub fn foreseen(
        &self,
        act: &Act,
        preview: &Preview,
        liquidated: &[Liquidated],
        broken: &mut Vec<String>,
    ) {
        match preview {
            Preview::None => {}
            Preview::Adjust(said) => {
                let id = act.position().unwrap_or_else(|| self.newest());
                self.adjusted_as(act, id, said, broken);
            }
            Preview::Liquidate(Err(why)) => {
                broken.push(format!("I-20: a liquidation was foreseen to fail: {why}"));
            }
            Preview::Liquidate(Ok(said)) => {
                let [done] = liquidated else {
                    broken.push("I-20: a liquidation tells nothing".into());
                    return;
                };
                let same = (
                    done.repaid,
                    done.repaid + done.fee,
                    done.bonus,
                    done.bad_debt,
                ) == (said.repaid, said.payment, said.bonus, said.bad_debt)
                    && done.debt.is_zero() == said.full
                    && said
                        .seized
                        .iter()
                        .all(|coin| done.seized.amount_of(&coin.denom) == coin.amount)
                    && said.seized.len() == done.seized.iter().count();
                if !same {
                    broken.push(format!("I-20: {said:?} was foreseen, {done:?} came"));
                }
            }
        }
    }

    fn adjusted_as(
        &self,
        act: &Act,
        id: u64,
        said: &Result<PreviewAdjustResponse, String>,
        broken: &mut Vec<String>,
    ) {
        let position = self
            .rig
            .try_ask::<PositionResponse>(&QueryMsg::Position { position: id });
        let health = self
            .rig
            .try_ask::<HealthResponse>(&QueryMsg::Health { position: id });
        let (said, position) = match (said, position) {
            (Ok(said), Ok(position)) => (said, position),
            // An empty position is forgotten.
            (Ok(said), Err(_)) if said.collateral.is_empty() && said.debt.is_zero() => return,
            // Health cannot be told where the debt has no price: then there is no preview.
            (Err(_), _) if health.is_err() => return,
            (said, position) => {
                broken.push(format!("I-20: {said:?} was foreseen, {position:?} came"));
                return;
            }
        };
        let mut same = said.debt == position.debt && said.collateral == position.collateral;
        // What is taken out or paid back still counts as held in a preview.
        if act.takes.is_empty()
            && act
                .brings
                .iter()
                .all(|(denom, _)| !self.denoms[5..].contains(denom))
        {
            let is = health.as_ref().ok();
            same &= is.is_some_and(|is| {
                (is.equity, is.maintenance, is.initial)
                    == (
                        said.health.equity,
                        said.health.maintenance,
                        said.health.initial,
                    )
            });
        }
        if !same {
            broken.push(format!(
                "I-20: {said:?} was foreseen, {position:?} and {health:?} came"
            ));
        }
    }

    fn newest(&self) -> u64 {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        wicker_cdp::state::POSITION_COUNT.load(&*storage).unwrap()
    }
}

//! What a step comes to: sender, message, coins, and what the message is about.

use cosmwasm_std::{coin, Addr, Coin, Uint128};
use wicker_msgs::cdp::{ExecuteMsg, LiquidationItem, PreviewLiquidateResponse, QueryMsg};

use super::act::Act;
use super::op::{Amt, Gov, Op, Stop};
use super::world::World;

/// Sender, message, coins and what it is about.
pub type Sent = (Addr, ExecuteMsg, Vec<Coin>, Act);

impl World {
    /// What is sent; nothing where the step is no message or means nothing.
    pub(super) fn message(&self, op: &Op) -> Option<Sent> {
        Some(match op {
            Op::Recalibrate { who, basket } => {
                let msg = ExecuteMsg::Recalibrate { basket: *basket };
                (self.user(*who), msg, vec![], Act::on_basket(*basket, *who))
            }
            Op::Call { who, slots } => {
                let positions = slots.iter().map(|slot| self.id(*slot)).collect();
                let msg = ExecuteMsg::Call { positions };
                (self.user(*who), msg, vec![], Act::nothing(*who))
            }
            Op::Liquidate {
                slot,
                who,
                amount,
                to,
            } => self.liquidation(self.id(*slot), (*who, *to), *amount),
            Op::LiquidateMany {
                slots,
                who,
                amount,
                most,
                to,
            } => self.liquidations(slots, (*who, *to), (*amount, *most))?,
            Op::Cover {
                who,
                basket,
                amount,
            } => {
                let coin = self.debt_coin(*basket);
                let found = self.resolve(*amount, coin, |world| world.view.deficit(*basket));
                let msg = ExecuteMsg::CoverDeficit { basket: *basket };
                self.payment(*basket, *who, (msg, self.brought(coin, found)))
            }
            Op::Fund {
                who,
                basket,
                amount,
            } => {
                let funds = self.of_wallet(*who, (self.debt_coin(*basket), *amount));
                let msg = ExecuteMsg::FundBackstop { basket: *basket };
                self.payment(*basket, *who, (msg, funds))
            }
            Op::Claim { who, to } => {
                let mut act = Act::nothing(*who);
                (act.to, act.claims) = (Some(*to), true);
                let recipient = self.recipient(*who, *to);
                (
                    self.user(*who),
                    ExecuteMsg::Claim { recipient },
                    vec![],
                    act,
                )
            }
            Op::Govern { who, what } => {
                let sender = who.map_or(self.rig.owner.clone(), |who| self.user(who));
                let mut act = Act::governs(*who);
                act.skims = matches!(what, Gov::Skim { .. });
                let msg = ExecuteMsg::Govern(self.decision(what)?);
                (sender, msg, vec![], act)
            }
            Op::Apply { who, nth } => {
                let id = self.nth(*nth);
                let mut act = Act::governs(None);
                act.applies = Some(id);
                (self.user(*who), ExecuteMsg::Apply { id }, vec![], act)
            }
            Op::Guard { who, what } => {
                let mut act = Act::guards(*who);
                act.lifts = matches!(what, Stop::Lift { guardian, .. } if !guardian);
                let keeper = match act.lifts {
                    true => &self.rig.owner,
                    false => &self.rig.guardian,
                };
                let sender = who.map_or(keeper.clone(), |who| self.user(who));
                let msg = ExecuteMsg::Guard(self.measure_of(what));
                (sender, msg, vec![], act)
            }
            _ => return self.verb(op),
        })
    }

    fn liquidation(&self, id: u64, (who, to): (u8, u8), amount: Amt) -> Sent {
        let basket = self.basket_of(id);
        let coin = self.debt_coin(basket);
        let ask = QueryMsg::PreviewLiquidate {
            position: id,
            max_repay: None,
        };
        let found = self.resolve(amount, coin, |world| {
            let preview = world.rig.try_ask::<PreviewLiquidateResponse>(&ask);
            preview.map_or_else(|_| world.owed(id), |preview| preview.payment.u128())
        });
        let wallet = self.wallet(who, coin);
        let mut act = Act::on_basket(basket, who);
        (act.to, act.positions, act.liquidates) = (Some(to), [id].into(), vec![id]);
        let msg = ExecuteMsg::Liquidate {
            position: id,
            max_repay: None,
            min_received: vec![],
            deadline: None,
            recipient: self.recipient(who, to),
        };
        let funds = self.brought(coin, found.min(wallet));
        (self.user(who), msg, funds, act)
    }

    fn liquidations(
        &self,
        slots: &[u16],
        (who, to): (u8, u8),
        (amount, most): (Amt, Option<u16>),
    ) -> Option<Sent> {
        let ids: Vec<u64> = slots.iter().map(|slot| self.id(*slot)).collect();
        let coin = self.debt_coin(self.basket_of(*ids.first()?));
        let part = |id: u64, most: u16| self.owed(id) / 1_000 * u128::from(most);
        let items = ids.iter().map(|position| LiquidationItem {
            position: *position,
            max_repay: most.map(|most| Uint128::new(part(*position, most))),
        });
        let msg = ExecuteMsg::LiquidateMany {
            items: items.collect(),
            min_received: vec![],
            deadline: None,
            recipient: self.recipient(who, to),
        };
        let mut act = Act::nothing(who);
        act.to = Some(to);
        act.baskets = ids.iter().map(|id| self.basket_of(*id)).collect();
        act.positions = ids.iter().copied().collect();
        act.liquidates = ids;
        Some((
            self.user(who),
            msg,
            self.of_wallet(who, (coin, amount)),
            act,
        ))
    }

    fn payment(&self, basket: u32, who: u8, (msg, funds): (ExecuteMsg, Vec<Coin>)) -> Sent {
        let mut act = Act::on_basket(basket, who);
        act.pays = true;
        (self.user(who), msg, funds, act)
    }

    pub(super) fn recipient(&self, who: u8, to: u8) -> Option<String> {
        (who != to).then(|| self.user(to).to_string())
    }

    fn wallet(&self, who: u8, coin: u8) -> u128 {
        let denom = &self.denoms[usize::from(coin)];
        self.rig.held(&self.user(who), denom)
    }

    /// Coins of a user; the most is what he has.
    pub(super) fn of_wallet(&self, who: u8, (coin, amount): (u8, Amt)) -> Vec<Coin> {
        self.brought(
            coin,
            self.resolve(amount, coin, |world| world.wallet(who, coin)),
        )
    }

    /// So many units of a coin.
    pub(super) fn brought(&self, at: u8, units: u128) -> Vec<Coin> {
        vec![coin(units, &self.denoms[usize::from(at)])]
    }
}

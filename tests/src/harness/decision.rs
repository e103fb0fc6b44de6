//! The messages of what governance and the guardian do.

use cosmwasm_std::Uint128;
use wicker_cdp::execute::govern::change::shown;
use wicker_cdp::state;
use wicker_engine::params::{find, find_asset, AssetTerms, BASKET, MEMBER, PROTOCOL};
use wicker_msgs::cdp::{GovernMsg, GuardMsg, ParameterChange, Target};

use super::op::{Gov, Scope, Stop};
use super::world::World;
use crate::rig::addr;
use crate::settings;

impl World {
    /// The message of a decision; nothing where it means nothing.
    pub(super) fn decision(&self, what: &Gov) -> Option<GovernMsg> {
        let treasury = addr("treasury").to_string();
        Some(match what.clone() {
            Gov::Change(changes) => GovernMsg::Change {
                changes: changes
                    .iter()
                    .map(|(scope, name, parts)| self.parameter(*scope, name, *parts))
                    .collect::<Option<_>>()?,
            },
            Gov::WindDown { basket, coin, stop } => GovernMsg::WindDown {
                basket,
                denom: self.denoms[usize::from(coin)].clone(),
                stop,
            },
            Gov::AddMember { basket, coin } => GovernMsg::AddMember {
                basket,
                member: Box::new(settings::member(&self.denoms[usize::from(coin)])),
            },
            Gov::WithdrawReserve { basket, amount } => {
                let coin = self.debt_coin(basket);
                let most = |world: &Self| world.view.reserve(basket);
                GovernMsg::WithdrawReserve {
                    basket,
                    amount: Uint128::new(self.resolve(amount, coin, most)),
                    recipient: treasury,
                }
            }
            Gov::WithdrawBackstop { basket, amount } => {
                let coin = self.debt_coin(basket);
                let most = |world: &Self| world.view.backstop(basket);
                GovernMsg::WithdrawBackstop {
                    basket,
                    amount: Uint128::new(self.resolve(amount, coin, most)),
                    recipient: treasury,
                }
            }
            Gov::Skim { coin } => GovernMsg::Skim {
                denom: self.denoms[usize::from(coin)].clone(),
                recipient: treasury,
            },
            Gov::Cancel { nth } => GovernMsg::Cancel { id: self.nth(nth) },
        })
    }

    /// A parameter moved to so many parts of 10,000 of its value, within its bounds.
    fn parameter(&self, scope: Scope, name: &str, parts: u32) -> Option<ParameterChange> {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        let moved = |value: u128, min: u128, max: u128| {
            let next = wicker_math::mul_div_floor(value, parts.into(), 10_000);
            next.unwrap_or(max).clamp(min, max)
        };
        let denom = |coin: u8| self.denoms[usize::from(coin)].clone();
        let (target, unit, value) = match scope {
            Scope::Protocol => {
                let found = find(PROTOCOL, name)?;
                let value = (found.get)(&state::PROTOCOL.load(&*storage).ok()?);
                (
                    Target::Protocol {},
                    found.unit,
                    moved(value, found.min, found.max),
                )
            }
            Scope::Asset(coin) => {
                let denom = denom(coin);
                let asset = state::asset(&*storage, &denom).ok()?;
                let terms = AssetTerms {
                    flow_cap: asset.flow_cap,
                    flow_burst: asset.flow_burst,
                    ceiling: asset.ceiling,
                };
                let found = find_asset(&terms, name)?;
                let value = moved((found.get)(&terms), found.min, found.max);
                (Target::Asset { denom }, found.unit, value)
            }
            Scope::Basket(basket) => {
                let found = find(BASKET, name)?;
                let value = (found.get)(&state::basket(&*storage, basket).ok()?);
                (
                    Target::Basket { basket },
                    found.unit,
                    moved(value, found.min, found.max),
                )
            }
            Scope::Member(basket, coin) => {
                let (found, denom) = (find(MEMBER, name)?, denom(coin));
                let settings = state::basket(&*storage, basket).ok()?;
                let member = settings.members.iter().find(|one| one.denom == denom)?;
                let value = moved((found.get)(member), found.min, found.max);
                (Target::Member { basket, denom }, found.unit, value)
            }
        };
        Some(ParameterChange {
            target,
            name: name.into(),
            value: shown(unit, value),
            expected: None,
        })
    }

    /// The guardian's message of a measure.
    pub(super) fn measure_of(&self, what: &Stop) -> GuardMsg {
        let until = |seconds: u64| self.rig.now() + seconds;
        match *what {
            Stop::Borrow { basket, seconds } => GuardMsg::PauseBorrow {
                basket,
                until: until(seconds),
            },
            Stop::Member {
                basket,
                coin,
                seconds,
            } => GuardMsg::PauseMember {
                basket,
                denom: self.denoms[usize::from(coin)].clone(),
                until: until(seconds),
            },
            Stop::Ceiling {
                basket,
                part,
                seconds,
            } => GuardMsg::LowerCeiling {
                basket,
                ceiling: Uint128::new(self.view.debt(basket) / 1_000 * u128::from(part)),
                until: until(seconds),
            },
            Stop::Lift { basket, .. } => GuardMsg::Lift { basket },
        }
    }
}

//! The world of the random sequences: seven coins, five baskets, eight users, and every step carried out.

use std::collections::BTreeMap;

use cosmwasm_std::{coin, Addr, Coin, Uint128};
use cw_multi_test::Executor;
use wicker_cdp::execute::govern::change::shown;
use wicker_cdp::state;
use wicker_engine::params::{find, find_asset, AssetTerms, BASKET, MEMBER, PROTOCOL};
use wicker_lab::bank::{block, blocked, unblock};
use wicker_lab::factory::FEE;
use wicker_msgs::cdp::{
    AmountResponse, ExecuteMsg, GovernMsg, GuardMsg, LiquidationItem, LossSource, ParameterChange,
    PreviewLiquidateResponse, QueryMsg, Target, Withdrawal,
};

use super::judge::{Act, View};
use super::op::{Amt, Gov, Op, Scope, Stop};
use super::Tally;
use crate::rig::{addr, Outcome, Rig};
use crate::settings::{self, dec};

/// Name, decimals, dollars, and dollars an hour that its market takes. The last two are debt tokens.
pub const COINS: [(&str, u8, u64, &str); 7] = [
    ("btc", 8, 50_000, "10000000"),
    ("eth", 18, 2_000, "10000000"),
    ("atom", 6, 10, "2000000"),
    ("nut", 0, 100, "10000000"),
    ("thin", 8, 2, "5000"),
    ("usdw", 6, 1, "0"),
    ("gold", 18, 1_500, "0"),
];
/// Users.
pub const USERS: u8 = 8;
/// Baskets.
pub const BASKETS: u32 = 5;
/// Prices are kept at this many parts of a dollar.
const PARTS: u128 = 1_000_000_000_000;

/// The chain, what steps refer to, and what was seen last.
pub struct World {
    /// The chain.
    pub rig: Rig,
    /// Users.
    pub users: Vec<Addr>,
    /// Positions by the slot that opened them.
    pub slots: BTreeMap<u16, u64>,
    /// Full denoms of [`COINS`].
    pub denoms: Vec<String>,
    /// Prices that feeds would report, at 1e-12 dollars.
    pub prices: Vec<u128>,
    /// The world before the next step.
    pub view: View,
    /// Calls so far.
    pub tally: Tally,
    /// Dollars that ordinary liquidations seized of an asset, with their times.
    pub flows: BTreeMap<String, Vec<(u64, u128)>>,
    /// What baskets lent, with times.
    pub lent: BTreeMap<u32, Vec<(u64, u128)>>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// The world at its start.
    pub fn new() -> Self {
        let mut rig = Rig::bare();
        let owner = rig.owner.clone();
        rig.give(&owner, FEE.0, FEE.1);
        let create = GovernMsg::CreateDenom {
            subdenom: "gold".into(),
            decimals: 18,
            ceiling: Uint128::new(1 << 100),
        };
        rig.run(&owner, &ExecuteMsg::Govern(create), &[coin(FEE.0, FEE.1)])
            .unwrap();
        let named = |name: &str| match name {
            "usdw" | "gold" => format!("factory/{}/{name}", rig.cdp),
            other => other.to_string(),
        };
        let denoms: Vec<String> = COINS.iter().map(|(name, ..)| named(name)).collect();
        for (at, (name, decimals, price, flow)) in COINS.iter().enumerate() {
            if *name != "usdw" {
                rig.feed(&denoms[at], &price.to_string());
            }
            if at < 5 {
                let mut asset = settings::asset(name, *decimals, &price.to_string());
                asset.flow_cap = dec(flow);
                asset.flow_burst = dec(flow);
                rig.govern(GovernMsg::ListAsset(asset)).unwrap();
            }
        }
        rig.live(1);
        for basket in baskets(&denoms) {
            rig.govern(GovernMsg::CreateBasket(Box::new(basket)))
                .unwrap();
        }
        let users: Vec<Addr> = (0..USERS).map(|n| addr(&format!("user{n}"))).collect();
        for user in &users {
            for (name, decimals, price, _) in &COINS[..5] {
                let units = 10u128.pow((*decimals).into());
                rig.give(user, units * 100_000_000 / u128::from(*price), name);
            }
        }
        let prices = COINS
            .iter()
            .map(|(_, _, price, _)| u128::from(*price) * PARTS);
        let prices = prices.collect();
        let view = View::of(&rig);
        Self {
            users,
            slots: BTreeMap::new(),
            denoms,
            prices,
            view,
            tally: Tally::default(),
            flows: BTreeMap::new(),
            lent: BTreeMap::new(),
            rig,
        }
    }

    /// Does a step and judges it.
    pub fn step(&mut self, op: &Op) -> Result<(), Vec<String>> {
        match op {
            Op::Tick {
                seconds,
                moves,
                silent,
            } => {
                self.tick(*seconds, moves, *silent);
                return self.passive();
            }
            Op::Send {
                who,
                coin: at,
                amount,
                to,
            } => {
                let from = self.user(*who);
                let denom = self.denoms[usize::from(*at)].clone();
                let units = self.resolve(*amount, *at, |world| world.rig.held(&from, &denom));
                let to = to.map_or(self.rig.cdp.clone(), |to| self.user(to));
                // What a sender has not, or a receiver refuses, stays.
                let _ = self.rig.chain.send_tokens(from, to, &[coin(units, denom)]);
                return self.passive();
            }
            Op::Refuse { who, on } => {
                let user = self.user(*who);
                let storage = self.rig.chain.storage_mut();
                match on {
                    true => block(storage, &user),
                    false => unblock(storage, &user),
                }
                return self.passive();
            }
            _ => {}
        }
        let Some((sender, msg, funds, act)) = self.message(op) else {
            return Ok(());
        };
        let seen = self.foresee(&act);
        let outcome = self.rig.run(&sender, &msg, &funds);
        self.tally.calls += 1;
        self.tally.valid += u64::from(outcome.is_ok());
        self.learn(op, &outcome);
        let broken = self.judge(&act, &seen, &outcome);
        if broken.is_empty() {
            return Ok(());
        }
        let text = outcome.map_or_else(|error| error, |_| "accepted".into());
        let mut broken = broken;
        broken.push(format!("after {msg:?} of {sender} with {funds:?}: {text}"));
        Err(broken)
    }

    fn learn(&mut self, op: &Op, outcome: &Outcome) {
        let slot = match op {
            Op::Open { slot, .. } => Some(*slot),
            Op::Adjust { slot, open, .. } => open.map(|_| *slot),
            _ => None,
        };
        if let (Some(slot), Ok(done)) = (slot, outcome) {
            let id = crate::rig::number(done, "wicker_adjusted", "position");
            self.slots.insert(slot, id);
        }
    }

    fn tick(&mut self, seconds: u64, moves: &[(u8, u32)], silent: u32) {
        self.rig.pass(seconds);
        for (at, parts) in moves {
            let price = &mut self.prices[usize::from(*at)];
            let next = *price * u128::from(*parts) / 10_000;
            *price = next.clamp(PARTS / 100_000, 10_000_000 * PARTS);
        }
        let told: Vec<(String, String)> = (0..COINS.len())
            .filter(|at| silent >> at & 1 == 0)
            .map(|at| {
                let price = self.prices[at];
                let text = format!("{}.{:012}", price / PARTS, price % PARTS);
                (self.denoms[at].clone(), text)
            })
            .collect();
        let told: Vec<(&str, &str)> = told.iter().map(|(d, p)| (d.as_str(), p.as_str())).collect();
        if !told.is_empty() {
            self.rig.report(&told).unwrap();
        }
    }

    /// The user of a number.
    pub fn user(&self, who: u8) -> Addr {
        self.users[usize::from(who % USERS)].clone()
    }

    /// The position of a slot; one that there is not where it was never opened.
    pub fn id(&self, slot: u16) -> u64 {
        self.slots.get(&slot).copied().unwrap_or(999_999)
    }

    /// What waits to be applied.
    pub fn waiting(&self) -> Vec<u64> {
        let storage = self.rig.chain.contract_storage(&self.rig.cdp);
        state::WAITING.keys(&*storage, None, usize::MAX).unwrap()
    }

    fn nth(&self, nth: u8) -> u64 {
        let waiting = self.waiting();
        let found = waiting.get(usize::from(nth) % waiting.len().max(1));
        found.copied().unwrap_or(999_999)
    }

    /// The number of the debt coin of a basket.
    pub fn debt_coin(&self, basket: u32) -> u8 {
        if basket == BASKETS {
            6
        } else {
            5
        }
    }

    /// The basket of a position.
    pub fn basket_of(&self, id: u64) -> u32 {
        self.view.position(id).map_or(1, |(basket, ..)| basket)
    }

    fn resolve(&self, amount: Amt, at: u8, most: impl FnOnce(&Self) -> u128) -> u128 {
        match amount {
            Amt::Units(units) => units,
            Amt::Usd(dollars) => {
                let (_, decimals, ..) = COINS[usize::from(at)];
                let units = 10u128.pow(decimals.into());
                let price = self.prices[usize::from(at)].max(1);
                let whole = u128::from(dollars) * PARTS;
                wicker_math::mul_div_floor(whole, units, price).unwrap_or(u128::MAX >> 1)
            }
            Amt::Most(more) => most(self).saturating_add_signed(more.into()),
            Amt::Part(part) => {
                wicker_math::mul_div_floor(most(self), part.into(), 1_000).unwrap_or(0)
            }
        }
    }

    fn most(&self, msg: &QueryMsg) -> u128 {
        let answer = self.rig.try_ask::<AmountResponse>(msg);
        answer.map_or(0, |answer| answer.amount.u128())
    }

    fn brought(&self, who: u8, coins: &[(u8, u128)]) -> Vec<Coin> {
        let _ = who;
        let mut funds: Vec<Coin> = coins
            .iter()
            .map(|(at, units)| coin(*units, &self.denoms[usize::from(*at)]))
            .collect();
        funds.sort_by(|one, other| one.denom.cmp(&other.denom));
        funds
    }

    /// Sender, message, coins and what it is about; nothing where the step means nothing.
    #[allow(clippy::too_many_lines)]
    fn message(&self, op: &Op) -> Option<(Addr, ExecuteMsg, Vec<Coin>, Act)> {
        let units = Uint128::new;
        Some(match op.clone() {
            Op::Open {
                who,
                basket,
                coin,
                amount,
                ..
            } => {
                let amount = self.resolve(amount, coin, |world| {
                    world
                        .rig
                        .held(&world.user(who), &world.denoms[usize::from(coin)])
                });
                let msg = ExecuteMsg::Deposit {
                    position: None,
                    basket: Some(basket),
                };
                let funds = self.brought(who, &[(coin, amount)]);
                (
                    self.user(who),
                    msg,
                    funds,
                    Act::adjust(None, basket, who, who),
                )
            }
            Op::Deposit {
                slot,
                who,
                coin,
                amount,
            } => {
                let id = self.id(slot);
                let amount = self.resolve(amount, coin, |world| {
                    world
                        .rig
                        .held(&world.user(who), &world.denoms[usize::from(coin)])
                });
                let msg = ExecuteMsg::Deposit {
                    position: Some(id),
                    basket: None,
                };
                let funds = self.brought(who, &[(coin, amount)]);
                let act = Act::adjust(Some(id), self.basket_of(id), who, who);
                (self.user(who), msg, funds, act)
            }
            Op::Withdraw {
                slot,
                who,
                coin,
                amount,
                to,
            } => {
                let id = self.id(slot);
                let denom = self.denoms[usize::from(coin)].clone();
                let ask = QueryMsg::MaxWithdraw {
                    position: id,
                    denom: denom.clone(),
                };
                let mut act = Act::adjust(Some(id), self.basket_of(id), who, to);
                let amount = amount.map(|amount| {
                    let found = self.resolve(amount, coin, |world| world.most(&ask));
                    act.edge(amount, found);
                    units(found)
                });
                act.takes = vec![(denom.clone(), amount.map(|amount| amount.u128()))];
                act.withdraws = true;
                let msg = ExecuteMsg::Withdraw {
                    position: id,
                    denom,
                    amount,
                    recipient: self.recipient(who, to),
                };
                (self.user(who), msg, vec![], act)
            }
            Op::Borrow {
                slot,
                who,
                amount,
                to,
            } => {
                let id = self.id(slot);
                let basket = self.basket_of(id);
                let ask = QueryMsg::MaxBorrow { position: id };
                let found = self.resolve(amount, self.debt_coin(basket), |world| world.most(&ask));
                let mut act = Act::adjust(Some(id), basket, who, to);
                act.edge(amount, found);
                act.borrows = found;
                let msg = ExecuteMsg::Borrow {
                    position: id,
                    amount: units(found),
                    recipient: self.recipient(who, to),
                };
                (self.user(who), msg, vec![], act)
            }
            Op::Repay { slot, who, amount } => {
                let id = self.id(slot);
                let basket = self.basket_of(id);
                let coin = self.debt_coin(basket);
                let found = self.resolve(amount, coin, |world| world.owed(id));
                let funds = self.brought(who, &[(coin, found)]);
                let act = Act::adjust(Some(id), basket, who, who);
                (
                    self.user(who),
                    ExecuteMsg::Repay { position: id },
                    funds,
                    act,
                )
            }
            Op::Close {
                slot,
                who,
                amount,
                to,
            } => {
                let id = self.id(slot);
                let basket = self.basket_of(id);
                let coin = self.debt_coin(basket);
                let found = self.resolve(amount, coin, |world| world.owed(id));
                let funds = match found {
                    0 => vec![],
                    _ => self.brought(who, &[(coin, found)]),
                };
                let act = Act::adjust(Some(id), basket, who, to);
                let msg = ExecuteMsg::Close {
                    position: id,
                    recipient: self.recipient(who, to),
                };
                (self.user(who), msg, funds, act)
            }
            Op::Adjust {
                slot,
                open,
                who,
                bring,
                take,
                borrow,
                to,
            } => {
                let id = self.id(slot);
                let basket = open.unwrap_or_else(|| self.basket_of(id));
                let debt = self.debt_coin(basket);
                let coins: Vec<(u8, u128)> = bring
                    .iter()
                    .map(|(coin, amount)| {
                        let denom = &self.denoms[usize::from(*coin)];
                        let held = |world: &Self| match *coin == debt {
                            true => world.owed(id),
                            false => world.rig.held(&world.user(who), denom),
                        };
                        (*coin, self.resolve(*amount, *coin, held))
                    })
                    .collect();
                let mut act = Act::adjust(open.is_none().then_some(id), basket, who, to);
                let withdraw: Vec<Withdrawal> = take
                    .iter()
                    .map(|(coin, amount)| {
                        let denom = self.denoms[usize::from(*coin)].clone();
                        let ask = QueryMsg::MaxWithdraw {
                            position: id,
                            denom: denom.clone(),
                        };
                        let amount = amount
                            .map(|amount| self.resolve(amount, *coin, |world| world.most(&ask)));
                        act.takes.push((denom.clone(), amount));
                        let amount = amount.map(units);
                        Withdrawal { denom, amount }
                    })
                    .collect();
                let ask = QueryMsg::MaxBorrow { position: id };
                let borrow =
                    borrow.map(|amount| self.resolve(amount, debt, |world| world.most(&ask)));
                act.borrows = borrow.unwrap_or(0);
                let msg = ExecuteMsg::Adjust {
                    position: open.is_none().then_some(id),
                    basket: open,
                    withdraw,
                    borrow: borrow.map(units),
                    recipient: self.recipient(who, to),
                };
                (self.user(who), msg, self.brought(who, &coins), act)
            }
            Op::Recalibrate { who, basket } => {
                let act = Act::on_basket(basket, who);
                (
                    self.user(who),
                    ExecuteMsg::Recalibrate { basket },
                    vec![],
                    act,
                )
            }
            Op::Call { who, slots } => {
                let positions = slots.iter().map(|slot| self.id(*slot)).collect();
                let msg = ExecuteMsg::Call { positions };
                (self.user(who), msg, vec![], Act::nothing(who))
            }
            Op::Liquidate {
                slot,
                who,
                amount,
                to,
            } => {
                let id = self.id(slot);
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
                let held = self
                    .rig
                    .held(&self.user(who), &self.denoms[usize::from(coin)]);
                let found = found.min(held);
                let mut act = Act::adjust(Some(id), basket, who, to);
                act.liquidates = vec![id];
                let msg = ExecuteMsg::Liquidate {
                    position: id,
                    max_repay: None,
                    min_received: vec![],
                    deadline: None,
                    recipient: self.recipient(who, to),
                };
                (
                    self.user(who),
                    msg,
                    self.brought(who, &[(coin, found)]),
                    act,
                )
            }
            Op::LiquidateMany {
                slots,
                who,
                amount,
                to,
            } => {
                let ids: Vec<u64> = slots.iter().map(|slot| self.id(*slot)).collect();
                let coin = self.debt_coin(self.basket_of(*ids.first()?));
                let denom = self.denoms[usize::from(coin)].clone();
                let found = self.resolve(amount, coin, |world| {
                    world.rig.held(&world.user(who), &denom)
                });
                let items = ids.iter().map(|position| LiquidationItem {
                    position: *position,
                    max_repay: None,
                });
                let msg = ExecuteMsg::LiquidateMany {
                    items: items.collect(),
                    min_received: vec![],
                    deadline: None,
                    recipient: self.recipient(who, to),
                };
                let mut act = Act::on_basket(1, who);
                act.to = Some(to);
                act.baskets = ids.iter().map(|id| self.basket_of(*id)).collect();
                act.positions = ids.iter().copied().collect();
                act.liquidates = ids;
                (
                    self.user(who),
                    msg,
                    self.brought(who, &[(coin, found)]),
                    act,
                )
            }
            Op::Cover {
                who,
                basket,
                amount,
            } => {
                let coin = self.debt_coin(basket);
                let found = self.resolve(amount, coin, |world| world.view.deficit(basket));
                let funds = self.brought(who, &[(coin, found)]);
                let act = Act::on_basket(basket, who);
                (
                    self.user(who),
                    ExecuteMsg::CoverDeficit { basket },
                    funds,
                    act,
                )
            }
            Op::Fund {
                who,
                basket,
                amount,
            } => {
                let coin = self.debt_coin(basket);
                let found = self.resolve(amount, coin, |world| {
                    world
                        .rig
                        .held(&world.user(who), &world.denoms[usize::from(coin)])
                });
                let funds = self.brought(who, &[(coin, found)]);
                let act = Act::on_basket(basket, who);
                (
                    self.user(who),
                    ExecuteMsg::FundBackstop { basket },
                    funds,
                    act,
                )
            }
            Op::Claim { who, to } => {
                let mut act = Act::nothing(who);
                act.to = Some(to);
                act.claims = true;
                let msg = ExecuteMsg::Claim {
                    recipient: self.recipient(who, to),
                };
                (self.user(who), msg, vec![], act)
            }
            Op::Govern { who, what } => {
                let msg = ExecuteMsg::Govern(self.decision(&what)?);
                let sender = who.map_or(self.rig.owner.clone(), |who| self.user(who));
                let mut act = Act::governs(who);
                act.skims = matches!(what, Gov::Skim { .. });
                (sender, msg, vec![], act)
            }
            Op::Apply { who, nth } => {
                let msg = ExecuteMsg::Apply { id: self.nth(nth) };
                (self.user(who), msg, vec![], Act::governs(None))
            }
            Op::Guard { who, what } => {
                let lifts = matches!(what, Stop::Lift { .. });
                let until = |seconds| self.rig.now() + seconds;
                let coin_of = |coin: u8| self.denoms[usize::from(coin)].clone();
                let what = match what {
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
                        denom: coin_of(coin),
                        until: until(seconds),
                    },
                    Stop::Ceiling {
                        basket,
                        part,
                        seconds,
                    } => GuardMsg::LowerCeiling {
                        basket,
                        ceiling: units(self.view.debt(basket) / 1_000 * u128::from(part)),
                        until: until(seconds),
                    },
                    Stop::Lift { basket } => GuardMsg::Lift { basket },
                };
                let keeper = match lifts {
                    true => self.rig.owner.clone(),
                    false => self.rig.guardian.clone(),
                };
                let sender = who.map_or(keeper, |who| self.user(who));
                (sender, ExecuteMsg::Guard(what), vec![], Act::guards(who))
            }
            Op::Tick { .. } | Op::Send { .. } | Op::Refuse { .. } => return None,
        })
    }

    fn recipient(&self, who: u8, to: u8) -> Option<String> {
        (who != to).then(|| self.user(to).to_string())
    }

    /// What a position owes now.
    pub fn owed(&self, id: u64) -> u128 {
        let ask = QueryMsg::Position { position: id };
        let found = self.rig.try_ask::<wicker_msgs::cdp::PositionResponse>(&ask);
        found.map_or(0, |found| found.debt.u128())
    }

    /// True while a user refuses coins.
    pub fn refuses(&self, who: u8) -> bool {
        blocked(self.rig.chain.storage(), &self.user(who))
    }

    fn decision(&self, what: &Gov) -> Option<GovernMsg> {
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
}

fn baskets(denoms: &[String]) -> Vec<wicker_msgs::cdp::BasketSettings> {
    let (usdw, gold) = (denoms[5].as_str(), denoms[6].as_str());
    let majors = settings::basket(usdw, &["btc", "eth", "atom"]);
    let mut fees = settings::basket(usdw, &["eth", "atom", "nut"]);
    fees.stability_fee = dec("0.2");
    fees.borrow_fee = dec("0.005");
    fees.loss_order = vec![LossSource::Backstop, LossSource::Reserve];
    let mut tight = settings::basket(usdw, &["btc", "nut", "thin"]);
    tight.debt_ceiling = Uint128::new(2_000_000_000_000);
    tight.mint_cap = Uint128::new(300_000_000_000);
    tight.risk_floor = dec("0");
    for member in &mut tight.members {
        member.value_cap = dec("3000000");
        member.risk_cap = dec("0.9");
    }
    tight.members[0].supply_cap = Uint128::new(5_000_000_000);
    let mut flow = settings::basket(usdw, &["thin", "atom"]);
    flow.stability_fee = dec("0.03");
    flow.loss_order = vec![];
    let mut metal = settings::basket(gold, &["btc", "eth", "atom", "nut"]);
    metal.min_debt = Uint128::new(100_000_000_000_000_000);
    metal.debt_ceiling = Uint128::new(1 << 99);
    metal.mint_cap = Uint128::new(1 << 99);
    metal.stability_fee = dec("0.01");
    metal.borrow_fee = dec("0.001");
    metal.debt_risk = settings::risk(40, 2);
    vec![majors, fees, tight, flow, metal]
}

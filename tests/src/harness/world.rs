//! The world of the random sequences: seven coins, five baskets, eight users, and every step carried out.

use std::collections::BTreeMap;

use cosmwasm_std::{coin, Addr, Empty, Uint128};
use cw_multi_test::Executor;
use wicker_cdp::state;
use wicker_lab::bank::{block, blocked, unblock};
use wicker_lab::factory::FEE;
use wicker_msgs::cdp::{AmountResponse, ExecuteMsg, GovernMsg, LossSource, QueryMsg};

use super::ghost::Ghost;
use super::market::Market;
use super::op::{Amt, Op};
use super::reference::Measured;
use super::view::View;
use super::Tally;
use crate::rig::{addr, Outcome, Rig};
use crate::settings::{self, dec};

/// Name, decimals, dollars, and dollars an hour that its market takes; every other bucket holds a quarter hour of it, the rest a whole. The last two are debt tokens.
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
    /// What is remembered of the past.
    pub ghost: Ghost,
    /// What is measured of each basket at this moment.
    pub measured: BTreeMap<u32, Measured>,
    /// What was found wrong of measurements.
    pub wrong: Vec<String>,
    /// The market after the last message, while time and prices stand still.
    pub seen: Option<Market>,
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
                asset.flow_burst = dec(flow) * dec(if at % 2 == 0 { "1" } else { "0.25" });
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
        let ghost = Ghost::new(&view, &listed(&rig), rig.now());
        let mut world = Self {
            users,
            slots: BTreeMap::new(),
            denoms,
            prices,
            view,
            tally: Tally::default(),
            ghost,
            measured: BTreeMap::new(),
            wrong: Vec::new(),
            seen: None,
            rig,
        };
        world.ghost.figures = world.figures();
        world
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
            Op::Migrate => {
                let (owner, cdp) = (self.rig.owner.clone(), self.rig.cdp.clone());
                let code = self.rig.chain.contract_data(&cdp).unwrap().code_id;
                let done = self.rig.chain.migrate_contract(owner, cdp, &Empty {}, code);
                done.map_err(|why| vec![format!("I-32: {why}")])?;
                return self.passive();
            }
            Op::Ask { slot } => return self.ask(self.id(*slot)),
            Op::Pages { limit } => return self.pages(*limit),
            _ => {}
        }
        let Some((sender, msg, funds, mut act)) = self.message(op) else {
            return Ok(());
        };
        let brings = funds.iter();
        let brings = brings.map(|coin| (coin.denom.clone(), crate::rig::amount(coin)));
        act.brings = brings.collect();
        let place = act.who.zip(act.position());
        act.strange = place.is_some_and(|(who, id)| !self.owns(who, id));
        let preview = self.preview(&act, &msg, &funds);
        let seen = self.foresee(preview);
        let outcome = self.rig.run(&sender, &msg, &funds);
        self.tally.calls += 1;
        self.tally.valid += u64::from(outcome.is_ok());
        self.learn(op, &outcome);
        let broken = self.judge(&act, seen, &outcome);
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
        self.measured.clear();
        self.seen = None;
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

    pub(super) fn nth(&self, nth: u8) -> u64 {
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

    pub(super) fn resolve(&self, amount: Amt, at: u8, most: impl FnOnce(&Self) -> u128) -> u128 {
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

    pub(super) fn most(&self, msg: &QueryMsg) -> u128 {
        let answer = self.rig.try_ask::<AmountResponse>(msg);
        answer.map_or(0, |answer| answer.amount.u128())
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
}

/// Every asset with the moment its days begin.
fn listed(rig: &Rig) -> Vec<(String, u64)> {
    let storage = rig.chain.contract_storage(&rig.cdp);
    let denoms = state::ASSETS.keys(&*storage, None, usize::MAX).unwrap();
    let since = |denom: String| {
        let since = state::asset(&*storage, &denom).unwrap().lasting.since;
        (denom, since.get())
    };
    denoms.into_iter().map(since).collect()
}

fn baskets(denoms: &[String]) -> Vec<wicker_msgs::cdp::BasketSettings> {
    let (usdw, gold) = (denoms[5].as_str(), denoms[6].as_str());
    let majors = settings::basket(usdw, &["btc", "eth", "atom"]);
    let mut fees = settings::basket(usdw, &["eth", "atom", "nut"]);
    fees.stability_fee = dec("0.2");
    fees.borrow_fee = dec("0.005");
    fees.loss_order = vec![LossSource::Backstop, LossSource::Reserve];
    // A market that takes a little less is out of its class.
    fees.members[1].bands.liquidity = dec("1900000");
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
    metal.members[0].bands.liquidity = dec("9500000");
    vec![majors, fees, tight, flow, metal]
}

//! A plan's town as a scenario, under one of the rules that are compared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use super::draw::WARMUP;
use super::plan::{Asset, Incident, Plan, Spell};
use crate::scenario::{
    clock, Basket, Feeder, Keeper, Member, Scenario, Silence, Terms, User, Window,
};
use crate::trouble::{Offer, Outage, Wick};

/// No limit that matters, in dollars.
const PLENTY: f64 = 1e12;
/// The highest target governance may set: nothing short of closing reaches it where a book's margin is a fifth of its value.
const FARTHEST: f64 = 5.0;

/// How liquidations are sized. All are played by the contract: a rule is a set of settings, and what the keeper offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Half of the debt at a time, as often as the position is under its margin; no flow caps.
    Half,
    /// All of the debt at once; no flow caps.
    Full,
    /// Back to the target; no flow caps.
    Target,
    /// Back to the target within the flow caps: what the contract does by default.
    Capped,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Half, Self::Full, Self::Target, Self::Capped];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Half => "half-close",
            Self::Full => "full-close",
            Self::Target => "target, no caps",
            Self::Capped => "target and caps",
        }
    }

    fn terms(self) -> Terms {
        let usual = Terms::default();
        let open = Terms {
            debt_ceiling: PLENTY,
            emergency: 1.0,
            ..usual.clone()
        };
        match self {
            Self::Half | Self::Full => Terms {
                target: FARTHEST,
                ..open
            },
            Self::Target => open,
            Self::Capped => Terms {
                emergency: usual.emergency,
                ..open
            },
        }
    }

    const fn offer(self) -> Offer {
        match self {
            Self::Half => Offer::Half,
            _ => Offer::All,
        }
    }
}

/// The assets of these baskets, each once.
pub fn assets<'a>(plan: &'a Plan, baskets: &'a [String]) -> Vec<&'a Asset> {
    let mut found: Vec<&Asset> = Vec::new();
    for basket in plan.named(baskets) {
        for name in &basket.assets {
            let new = !found.iter().any(|asset| &asset.name == name);
            found.extend(plan.asset(name).filter(|_| new));
        }
    }
    found
}

/// How large a town is, and how tight its flow caps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Size {
    /// A basket's collateral over what the market takes of its assets in an hour.
    pub scale: f64,
    /// The flow caps over what the market takes in an hour.
    pub caps: f64,
}

/// The scenario of some baskets under a rule.
pub fn scenario(
    plan: &Plan,
    name: &str,
    baskets: &[String],
    (rule, size): (Rule, Size),
) -> Scenario {
    let scale = size.scale;
    let town = &plan.town;
    let people: u32 = town.borrowers.iter().map(|borrower| borrower.count).sum();
    let mut users = Vec::new();
    let mut opened = Vec::new();
    for basket in plan.named(baskets) {
        let flows: BTreeMap<String, f64> = basket
            .assets
            .iter()
            .filter_map(|name| Some((name.clone(), flow(plan.asset(name)?))))
            .collect();
        let whole = flows.values().sum::<f64>() * scale;
        let each = |flow: &f64| flow * scale / f64::from(people.max(1));
        users.extend(town.borrowers.iter().map(|borrower| {
            User {
                name: format!("{} {}", basket.name, borrower.name),
                basket: basket.name.clone(),
                collateral: flows
                    .iter()
                    .map(|(name, flow)| (name.clone(), each(flow)))
                    .collect(),
                ltv: None,
                of_max: Some(borrower.of_max),
                on_call: crate::scenario::OnCall::Ignore,
                count: borrower.count,
            }
        }));
        opened.push(Basket {
            name: basket.name.clone(),
            members: basket
                .assets
                .iter()
                .map(|name| member(name, basket.correlation))
                .collect(),
            terms: rule.terms(),
            backstop: whole * town.backstop,
        });
    }
    Scenario {
        name: name.into(),
        about: String::new(),
        window: Window {
            warmup_hours: WARMUP,
            ..Window::default()
        },
        feeder: Feeder {
            interval: 300,
            ..Feeder::default()
        },
        keeper: Keeper {
            delay: 30,
            capital: PLENTY / 10.0,
            slippage: town.slippage,
            offer: rule.offer(),
            outages: Vec::new(),
        },
        market: Some(plan.market),
        assets: assets(plan, baskets)
            .into_iter()
            .map(|asset| listed(asset, size.caps, town.burst))
            .collect(),
        baskets: opened,
        users,
    }
}

/// What goes wrong in an incident beside its prices.
pub fn trouble(scenario: &mut Scenario, incident: &Incident, opens: u64) {
    let moment = |hours: f64| at(opens + (hours * 3_600.0) as u64);
    let span = |spell: &Spell| (moment(spell.hours.0), moment(spell.hours.1));
    for spell in &incident.silences {
        let (from, to) = span(spell);
        scenario.feeder.silences.push(Silence {
            asset: Some(spell.asset.clone()),
            from,
            to,
        });
    }
    for spell in &incident.wicks {
        let (from, to) = span(spell);
        scenario.feeder.wicks.push(Wick {
            asset: spell.asset.clone(),
            feeder: 1,
            from,
            to,
            factor: spell.factor,
        });
    }
    if let Some((from, to)) = incident.outage {
        scenario.keeper.outages.push(Outage {
            from: moment(from),
            to: moment(to),
        });
    }
}

/// The same town where nothing goes wrong beside prices, and sales do not move them.
pub fn still(scenario: &Scenario) -> Scenario {
    let mut still = scenario.clone();
    still.market = None;
    still.feeder.wicks.clear();
    still.feeder.silences.clear();
    still.keeper.outages.clear();
    still
}

fn flow(asset: &Asset) -> f64 {
    asset.flow_cap.unwrap_or_else(|| asset.class.flow())
}

fn listed(asset: &Asset, caps: f64, burst: f64) -> crate::scenario::Asset {
    crate::scenario::Asset {
        name: asset.name.clone(),
        column: None,
        decimals: 6,
        class: asset.class,
        flow_cap: Some(flow(asset) * caps),
        flow_burst: Some(flow(asset) * caps * burst),
        depth: Some(flow(asset)),
        before: Some(asset.price),
    }
}

fn member(asset: &str, correlation: f64) -> Member {
    Member {
        asset: asset.into(),
        floor: None,
        stressed: None,
        jump: None,
        correlation,
        weight_hours: 720,
        risk_cap: 1.0,
        value_cap: PLENTY,
    }
}

/// A moment as scenarios write it.
fn at(time: u64) -> Datetime {
    let text = format!("{}:{:02}Z", clock(time).replace(' ', "T"), time % 60);
    text.parse().unwrap_or(Datetime {
        date: None,
        time: None,
        offset: None,
    })
}

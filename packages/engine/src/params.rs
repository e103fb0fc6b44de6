//! What governance may change: every parameter with its unit, its absolute bounds, the direction in which it tightens and the
//! largest step the other way. Tightening takes effect at once; loosening waits and comes in steps. A set of changes is judged as
//! a whole by [`check_basket`], so that valid steps cannot add up to an invalid basket.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wicker_math::{Amount, MathError, MathResult, Ratio, Seconds, Value, ONE};

use crate::basket::{Basket, Member, MAX_COLLATERALS};
use crate::ramp::Ramp;

/// The longest name of a basket, in characters.
pub const MAX_NAME: usize = 64;

/// What a parameter's whole number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 1e-18.
    Ratio,
    /// 1e-18 dollars.
    Dollars,
    /// Seconds.
    Seconds,
    /// Base units of a token.
    Units,
}

/// The direction in which a parameter protects the basket, or spares its borrowers, and so takes effect at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tighter {
    /// A higher value.
    Up,
    /// A lower value.
    Down,
}

/// One parameter of a `T`.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<T> {
    /// Its name in messages.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Least value.
    pub min: u128,
    /// Largest value.
    pub max: u128,
    /// The direction that takes effect at once.
    pub tighter: Tighter,
    /// Largest step the other way, as a share of the value in force; from zero, as a share of the largest value.
    pub step: Ratio,
    /// True when open positions meet a tighter value gradually.
    pub ramps: bool,
    /// Reads it.
    pub get: fn(&T) -> u128,
    /// Writes it.
    pub set: fn(&mut T, u128),
}

/// Settings that all baskets share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protocol {
    /// Oldest price that borrowing and withdrawing accept.
    pub max_age: Seconds,
    /// Oldest price that liquidation accepts.
    pub max_age_liquidation: Seconds,
    /// Widest confidence interval, as a share of the price, that borrowing accepts.
    pub max_confidence: Ratio,
    /// How long a new price is paired with the one before it when borrowing.
    pub price_delay: Seconds,
    /// φ: share of the protocol's exposure to an asset that is expected to be sold together.
    pub exposure_share: Ratio,
    /// How long a loosening change waits.
    pub delay: Seconds,
    /// How long a tighter margin takes to reach open positions.
    pub ramp: Seconds,
    /// A higher φ that has not reached open positions yet.
    pub exposure_ramp: Option<Ramp<Ratio>>,
}

impl Protocol {
    /// φ in force for open positions.
    pub fn open_exposure_share(&self, now: Seconds) -> MathResult<Ratio> {
        match &self.exposure_ramp {
            Some(ramp) => ramp.in_force(self.exposure_share, now),
            None => Ok(self.exposure_share),
        }
    }

    /// The next settings, whose φ, where it is another one than in these, reaches open positions from what they meet now. A ramp that
    /// is over is forgotten.
    pub fn ramped(&self, next: Self, now: Seconds) -> MathResult<Self> {
        if next.exposure_share == self.exposure_share {
            return Ok(Self {
                exposure_ramp: next.exposure_ramp.filter(|ramp| !ramp.over(now)),
                ..next
            });
        }
        let from = self.open_exposure_share(now)?;
        let (start, span) = (now, self.ramp);
        Ok(Self {
            exposure_ramp: (next.exposure_share > from).then_some(Ramp { from, start, span }),
            ..next
        })
    }
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            max_age: Seconds::new(3_600),
            max_age_liquidation: Seconds::hours(24),
            max_confidence: Ratio::percent(2),
            price_delay: Seconds::new(600),
            exposure_share: Ratio::percent(15),
            delay: Seconds::hours(48),
            ramp: Seconds::hours(72),
            exposure_ramp: None,
        }
    }
}

/// What governance sets of a listed asset, whatever basket it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssetTerms {
    /// Dollars an hour that the market takes at bounded impact; zero is without limit.
    pub flow_cap: Value,
    /// Dollars the bucket of liquidations holds when full.
    pub flow_burst: Value,
    /// For a debt token, the most that all baskets may owe; `None` marks a collateral.
    pub ceiling: Option<Amount>,
}

/// Why a change is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParamError {
    /// Arithmetic outside what the types hold.
    #[error(transparent)]
    Math(#[from] MathError),
    /// Outside the absolute bounds.
    #[error("{name} {value} is outside {min} to {max}")]
    Bounds {
        /// The parameter.
        name: &'static str,
        /// What is asked.
        value: u128,
        /// Least.
        min: u128,
        /// Largest.
        max: u128,
    },
    /// A loosening step that is too large.
    #[error("{name} may loosen by at most {most}, not from {from} to {to}")]
    Step {
        /// The parameter.
        name: &'static str,
        /// In force.
        from: u128,
        /// Asked.
        to: u128,
        /// The largest step.
        most: u128,
    },
    /// Two figures that must stand in order do not.
    #[error("{low} must not exceed {high}")]
    Order {
        /// What must be lower.
        low: &'static str,
        /// What must be higher.
        high: &'static str,
    },
    /// The number of collaterals is not 1 to 16.
    #[error("a basket has 1 to {MAX_COLLATERALS} collaterals, not {0}")]
    Members(usize),
    /// A denom stands twice in the basket, the debt's included.
    #[error("{0} is in the basket twice")]
    Duplicate(String),
    /// A loss source is named twice.
    #[error("the loss order names a source twice")]
    LossOrder,
    /// The name is empty or too long.
    #[error("a name has 1 to {MAX_NAME} characters, not {0}")]
    Name(usize),
    /// The least margin of a collateral leaves nothing to borrow.
    #[error("the least margin of {denom} is {margin}e-18 of its value")]
    NoRoom {
        /// The collateral.
        denom: String,
        /// Its least margin with the cost of liquidation.
        margin: u128,
    },
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Takes effect at once.
    Tightens,
    /// Waits for the delay.
    Loosens,
    /// Nothing.
    None,
}

impl<T> Parameter<T> {
    /// What moving from the value in force to `value` does; errors outside the bounds and on too large a loosening step.
    pub fn judge(&self, subject: &T, value: u128) -> Result<Effect, ParamError> {
        self.bounded(value)?;
        let from = (self.get)(subject);
        let tightens = match self.tighter {
            Tighter::Up => value > from,
            Tighter::Down => value < from,
        };
        if value == from {
            return Ok(Effect::None);
        }
        if tightens {
            return Ok(Effect::Tightens);
        }
        let base = if from == 0 { self.max } else { from };
        let most = wicker_math::mul_div_floor(base, self.step.raw(), ONE)?.max(1);
        if value.abs_diff(from) > most {
            return Err(ParamError::Step {
                name: self.name,
                from,
                to: value,
                most,
            });
        }
        Ok(Effect::Loosens)
    }

    /// Errors outside the absolute bounds.
    pub fn bounded(&self, value: u128) -> Result<(), ParamError> {
        if (self.min..=self.max).contains(&value) {
            return Ok(());
        }
        Err(ParamError::Bounds {
            name: self.name,
            value,
            min: self.min,
            max: self.max,
        })
    }
}

/// The asset's parameter of that name. A collateral has no ceiling.
pub fn find_asset(terms: &AssetTerms, name: &str) -> Option<&'static Parameter<AssetTerms>> {
    find(ASSET, name).filter(|parameter| parameter.name != CEILING || terms.ceiling.is_some())
}

/// The parameter of that name.
pub fn find<'a, T>(table: &'a [Parameter<T>], name: &str) -> Option<&'a Parameter<T>> {
    table.iter().find(|parameter| parameter.name == name)
}

const DAY: u128 = 86_400;
const UNITS: u128 = 1 << 100;
const DOLLARS: u128 = 1_000_000_000_000 * ONE;

macro_rules! parameter {
    ($name:literal, $unit:ident $min:expr => $max:expr, $tighter:ident, step $step:literal, $ramps:literal, $type:ty, $new:expr, $($field:tt).+) => {
        Parameter {
            name: $name,
            unit: Unit::$unit,
            min: $min,
            max: $max,
            tighter: Tighter::$tighter,
            step: Ratio::percent($step),
            ramps: $ramps,
            get: |subject: &$type| subject.$($field).+.into_raw(),
            set: |subject: &mut $type, value| subject.$($field).+ = $new(value),
        }
    };
}

/// The whole number of any typed quantity.
trait IntoRaw {
    fn into_raw(self) -> u128;
}

macro_rules! into_raw {
    ($($name:ty),+) => { $(impl IntoRaw for $name { fn into_raw(self) -> u128 { self.raw() } })+ };
}

into_raw!(Ratio, Value, Amount);

impl IntoRaw for Seconds {
    fn into_raw(self) -> u128 {
        self.get().into()
    }
}

/// Bounds come first, so nothing is cut off.
fn seconds(value: u128) -> Seconds {
    Seconds::new(u64::try_from(value).unwrap_or(u64::MAX))
}

/// Parameters of the protocol.
pub const PROTOCOL: &[Parameter<Protocol>] = &[
    parameter!("max_age", Seconds 60 => DAY, Down, step 50, false, Protocol, seconds, max_age),
    parameter!("max_age_liquidation", Seconds 600 => 14 * DAY, Up, step 50, false, Protocol, seconds, max_age_liquidation),
    parameter!("max_confidence", Ratio ONE / 1_000 => ONE / 5, Down, step 50, false, Protocol, Ratio::new, max_confidence),
    parameter!("price_delay", Seconds 60 => DAY, Up, step 50, false, Protocol, seconds, price_delay),
    parameter!("exposure_share", Ratio 0 => ONE, Up, step 25, true, Protocol, Ratio::new, exposure_share),
    parameter!("delay", Seconds 3_600 => 30 * DAY, Up, step 25, false, Protocol, seconds, delay),
    parameter!("ramp", Seconds 3_600 => 30 * DAY, Up, step 50, false, Protocol, seconds, ramp),
];

/// Parameters of a basket.
pub const BASKET: &[Parameter<Basket>] = &[
    parameter!("multiplier", Ratio 5 * ONE => 100 * ONE, Up, step 10, true, Basket, Ratio::new, multiplier),
    parameter!("stress", Ratio 0 => ONE, Up, step 25, true, Basket, Ratio::new, stress),
    parameter!("concentration_max", Ratio ONE => 20 * ONE, Up, step 25, true, Basket, Ratio::new, concentration_max),
    parameter!("initial", Ratio ONE => 5 * ONE, Up, step 10, false, Basket, Ratio::new, levels.initial),
    parameter!("call", Ratio ONE => 5 * ONE, Up, step 10, false, Basket, Ratio::new, levels.call),
    parameter!("target", Ratio ONE => 5 * ONE, Down, step 10, false, Basket, Ratio::new, levels.target),
    parameter!("emergency", Ratio 0 => ONE, Up, step 25, false, Basket, Ratio::new, levels.emergency),
    parameter!("bonus_min", Ratio 0 => ONE / 5, Down, step 25, false, Basket, Ratio::new, liquidation.bonus_min),
    parameter!("bonus_max", Ratio 0 => ONE / 4, Up, step 25, true, Basket, Ratio::new, liquidation.bonus_max),
    parameter!("liquidation_fee", Ratio 0 => ONE / 10, Down, step 25, true, Basket, Ratio::new, liquidation.fee),
    parameter!("stability_fee", Ratio 0 => ONE, Down, step 50, false, Basket, Ratio::new, terms.stability_fee),
    parameter!("borrow_fee", Ratio 0 => ONE / 20, Down, step 50, false, Basket, Ratio::new, terms.borrow_fee),
    parameter!("min_debt", Units 1 => UNITS, Up, step 50, false, Basket, Amount::new, terms.min_debt),
    parameter!("debt_ceiling", Units 0 => UNITS, Down, step 50, false, Basket, Amount::new, terms.ceiling),
    parameter!("mint_cap", Units 0 => UNITS, Down, step 50, false, Basket, Amount::new, terms.mint_cap),
    parameter!("risk_floor", Dollars 0 => DOLLARS, Down, step 50, false, Basket, Value::new, risk_floor),
    parameter!("debt_floor", Ratio ONE / 100_000 => ONE / 10, Up, step 10, true, Basket, Ratio::new, debt_risk.floor),
    parameter!("debt_stressed", Ratio ONE / 100_000 => ONE / 5, Up, step 25, true, Basket, Ratio::new, debt_risk.stressed),
    parameter!("debt_jump", Ratio 0 => ONE / 2, Up, step 25, true, Basket, Ratio::new, debt_risk.jump),
];

/// Parameters of a collateral in a basket.
pub const MEMBER: &[Parameter<Member>] = &[
    parameter!("supply_cap", Units 0 => UNITS, Down, step 50, false, Member, Amount::new, supply_cap),
    parameter!("value_cap", Dollars 0 => DOLLARS, Down, step 50, false, Member, Value::new, value_cap),
    parameter!("risk_cap", Ratio ONE / 100 => ONE, Down, step 25, false, Member, Ratio::new, risk_cap),
    parameter!("floor", Ratio ONE / 100_000 => ONE / 10, Up, step 10, true, Member, Ratio::new, risk.floor),
    parameter!("stressed", Ratio ONE / 100_000 => ONE / 5, Up, step 25, true, Member, Ratio::new, risk.stressed),
    parameter!("jump", Ratio 0 => ONE / 2, Up, step 25, true, Member, Ratio::new, risk.jump),
    parameter!("volatility_min", Ratio 0 => 10 * ONE, Up, step 25, false, Member, Ratio::new, bands.volatility.0),
    Parameter {
        name: "volatility_max",
        unit: Unit::Ratio,
        min: ONE / 100,
        max: LARGEST_VOLATILITY,
        tighter: Tighter::Down,
        step: Ratio::percent(25),
        ramps: false,
        get: |member| member.bands.volatility.1.raw().min(LARGEST_VOLATILITY),
        set: |member, value| member.bands.volatility.1 = Ratio::new(value),
    },
    parameter!("liquidity_min", Dollars 0 => DOLLARS, Up, step 25, false, Member, Value::new, bands.liquidity),
    Parameter {
        name: "correlation_min",
        unit: Unit::Ratio,
        min: 0,
        max: ONE / 10 * 19,
        tighter: Tighter::Up,
        step: Ratio::percent(10),
        ramps: false,
        get: |member| {
            u128::try_from(i128::from(member.bands.correlation) + ONE as i128).unwrap_or(0)
        },
        set: |member, value| {
            let above = i64::try_from(value).unwrap_or(i64::MAX);
            member.bands.correlation = above.saturating_sub(ONE as i64);
        },
    },
];

/// Of a class's highest volatility, what is without limit.
const LARGEST_VOLATILITY: u128 = 100 * ONE;

/// The name of a debt token's ceiling.
const CEILING: &str = "ceiling";

/// Parameters of a listed asset. A flow cap without limit reads as the largest there is, so that lowering it tightens.
pub const ASSET: &[Parameter<AssetTerms>] = &[
    Parameter {
        name: "flow_cap",
        unit: Unit::Dollars,
        min: ONE,
        max: DOLLARS,
        tighter: Tighter::Down,
        step: Ratio::percent(50),
        ramps: true,
        get: |terms| match terms.flow_cap.raw() {
            0 => DOLLARS,
            cap => cap,
        },
        set: |terms, value| terms.flow_cap = Value::new(value),
    },
    parameter!("flow_burst", Dollars 0 => DOLLARS, Down, step 50, false, AssetTerms, Value::new, flow_burst),
    Parameter {
        name: CEILING,
        unit: Unit::Units,
        min: 0,
        max: UNITS,
        tighter: Tighter::Down,
        step: Ratio::percent(50),
        ramps: false,
        get: |terms| terms.ceiling.unwrap_or_default().raw(),
        set: |terms, value| terms.ceiling = terms.ceiling.map(|_| Amount::new(value)),
    },
];

/// The least that a bucket which fills by `flow_cap` an hour holds: five minutes' flow, so that liquidators who come that often sell all of
/// what the margin's depth counts on. What a full bucket holds can be sold at once: the less it is, the less a price falls for it.
pub const fn least_burst(flow_cap: Value) -> Value {
    Value::new(flow_cap.raw() / 12)
}

/// Errors unless every figure of the asset is in bounds and its bucket, where there is one, holds [`least_burst`].
pub fn check_asset(terms: &AssetTerms) -> Result<(), ParamError> {
    for parameter in ASSET {
        parameter.bounded((parameter.get)(terms))?;
    }
    let least = least_burst(terms.flow_cap);
    if terms.flow_burst < least {
        return Err(ParamError::Bounds {
            name: "flow_burst",
            value: terms.flow_burst.raw(),
            min: least.raw(),
            max: DOLLARS,
        });
    }
    Ok(())
}

/// Errors unless every figure of the basket is in bounds and they fit each other.
pub fn check_basket(basket: &Basket) -> Result<(), ParamError> {
    let length = basket.name.chars().count();
    if !(1..=MAX_NAME).contains(&length) {
        return Err(ParamError::Name(length));
    }
    if !(1..=MAX_COLLATERALS).contains(&basket.members.len()) {
        return Err(ParamError::Members(basket.members.len()));
    }
    for (at, member) in basket.members.iter().enumerate() {
        let same = |other: &Member| other.denom == member.denom;
        if member.denom == basket.debt || basket.members.iter().take(at).any(same) {
            return Err(ParamError::Duplicate(member.denom.clone()));
        }
    }
    let mut sources = Vec::new();
    for source in &basket.loss_order {
        if sources.contains(source) {
            return Err(ParamError::LossOrder);
        }
        sources.push(*source);
    }
    for parameter in BASKET {
        parameter.bounded((parameter.get)(basket))?;
    }
    let (levels, terms) = (&basket.levels, &basket.liquidation);
    order("call", levels.call, "initial", levels.initial)?;
    order("call", levels.call, "target", levels.target)?;
    order("emergency", levels.emergency, "call", levels.call)?;
    order("bonus_min", terms.bonus_min, "bonus_max", terms.bonus_max)?;
    order(
        "debt_floor",
        basket.debt_risk.floor,
        "debt_stressed",
        basket.debt_risk.stressed,
    )?;
    order(
        "debt_correlation",
        basket.debt_risk.correlation,
        "one",
        Ratio::ONE,
    )?;
    basket
        .members
        .iter()
        .try_for_each(|member| check_member(basket, member))
}

fn check_member(basket: &Basket, member: &Member) -> Result<(), ParamError> {
    for parameter in MEMBER {
        parameter.bounded((parameter.get)(member))?;
    }
    order("floor", member.risk.floor, "stressed", member.risk.stressed)?;
    order("correlation", member.risk.correlation, "one", Ratio::ONE)?;
    // A member must be able to return once it has left.
    let (low, high) = member.bands.volatility;
    order(
        "volatility_min",
        low.mul_div_ceil(5, 4)?,
        "volatility_max",
        high,
    )?;
    let volatility = basket
        .multiplier
        .mul_div_ceil(member.risk.floor.raw(), ONE)?;
    let margin = volatility
        .max(member.risk.jump)
        .plus(basket.liquidation.cost()?)?;
    if margin.mul_div_ceil(basket.levels.initial.raw(), ONE)? >= Ratio::ONE {
        return Err(ParamError::NoRoom {
            denom: member.denom.clone(),
            margin: margin.raw(),
        });
    }
    Ok(())
}

fn order(
    low: &'static str,
    lower: Ratio,
    high: &'static str,
    higher: Ratio,
) -> Result<(), ParamError> {
    if lower > higher {
        return Err(ParamError::Order { low, high });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::bounded_basket as basket;

    #[test]
    fn every_parameter_reads_back_what_it_writes() {
        let mut subject = basket();
        for parameter in BASKET {
            (parameter.set)(&mut subject, parameter.max);
            assert_eq!(
                (parameter.get)(&subject),
                parameter.max,
                "{}",
                parameter.name
            );
            (parameter.set)(&mut subject, parameter.min);
            assert_eq!(
                (parameter.get)(&subject),
                parameter.min,
                "{}",
                parameter.name
            );
        }
        for parameter in MEMBER {
            let member = &mut subject.members[0];
            parameter.bounded((parameter.get)(member)).unwrap();
            for value in [parameter.max, parameter.min] {
                (parameter.set)(member, value);
                assert_eq!((parameter.get)(member), value, "{}", parameter.name);
            }
        }
        let mut protocol = Protocol::default();
        for parameter in PROTOCOL {
            parameter.bounded((parameter.get)(&protocol)).unwrap();
            (parameter.set)(&mut protocol, parameter.max);
            assert_eq!(
                (parameter.get)(&protocol),
                parameter.max,
                "{}",
                parameter.name
            );
        }
    }

    #[test]
    fn an_assets_parameters_read_back_what_they_write_and_only_a_debt_token_has_a_ceiling() {
        let mut token = AssetTerms {
            flow_cap: Value::dollars(1),
            flow_burst: Value::dollars(2),
            ceiling: Some(Amount::new(3)),
        };
        for parameter in ASSET {
            for value in [parameter.max, parameter.min] {
                (parameter.set)(&mut token, value);
                assert_eq!((parameter.get)(&token), value, "{}", parameter.name);
            }
        }
        assert!(find_asset(&token, "ceiling").is_some());
        token.ceiling = None;
        assert!(find_asset(&token, "ceiling").is_none());
        assert!(find_asset(&token, "flow_cap").is_some());
        (find(ASSET, "ceiling").unwrap().set)(&mut token, 5);
        assert_eq!(token.ceiling, None);
    }

    /// Zero is without limit, the loosest of all: it cannot be reached by tightening, and leaving it tightens.
    #[test]
    fn a_higher_share_of_exposure_reaches_open_positions_from_where_they_stand() {
        let (begun, half) = (Seconds::hours(100), Seconds::hours(136));
        let share = |percent, now: Seconds, before: &Protocol| {
            let exposure_share = Ratio::percent(percent);
            let next = Protocol {
                exposure_share,
                ..*before
            };
            before.ramped(next, now).unwrap()
        };
        let protocol = Protocol::default();
        let tighter = share(35, begun, &protocol);
        let open = |of: &Protocol, now| of.open_exposure_share(now).unwrap();
        assert_eq!(open(&tighter, begun), Ratio::percent(15));
        assert_eq!(open(&tighter, half), Ratio::percent(25));
        assert_eq!(open(&tighter, Seconds::hours(172)), Ratio::percent(35));
        // Half way it tightens once more, or less far, or not at all; another setting leaves the ramp alone.
        let more = share(65, half, &tighter);
        assert_eq!(open(&more, half), Ratio::percent(25));
        assert_eq!(open(&more, Seconds::hours(172)), Ratio::percent(45));
        assert_eq!(open(&share(30, half, &tighter), half), Ratio::percent(25));
        assert_eq!(share(20, half, &tighter).exposure_ramp, None);
        let other = Protocol {
            max_age: Seconds::new(60),
            ..tighter
        };
        assert_eq!(tighter.ramped(other, half), Ok(other));
        let over = tighter.ramped(other, Seconds::hours(172)).unwrap();
        assert_eq!(over.exposure_ramp, None);
    }

    #[test]
    fn a_flow_cap_without_limit_is_the_loosest_one() {
        let flow_cap = find(ASSET, "flow_cap").unwrap();
        let mut terms = AssetTerms {
            flow_cap: Value::ZERO,
            flow_burst: Value::ZERO,
            ceiling: None,
        };
        assert_eq!(check_asset(&terms), Ok(()));
        let million = Value::dollars(1_000_000);
        assert_eq!(flow_cap.judge(&terms, million.raw()), Ok(Effect::Tightens));
        terms.flow_cap = million;
        assert!(matches!(
            flow_cap.judge(&terms, 0),
            Err(ParamError::Bounds { .. })
        ));
        assert_eq!(
            flow_cap.judge(&terms, million.raw() / 2 * 3),
            Ok(Effect::Loosens)
        );
        // Five minutes of a million dollars an hour, and one part in 1e18 of a dollar less.
        let least = Value::new(83_333_333_333_333_333_333_333);
        terms.flow_burst = Value::new(least.raw() - 1);
        assert!(matches!(
            check_asset(&terms),
            Err(ParamError::Bounds {
                name: "flow_burst",
                ..
            })
        ));
        terms.flow_burst = least;
        assert_eq!(check_asset(&terms), Ok(()));
    }

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = BASKET.iter().map(|parameter| parameter.name).collect();
        assert_eq!(names.len(), BASKET.len());
        assert!(find(MEMBER, "jump").is_some() && find(MEMBER, "jumps").is_none());
    }

    #[test]
    fn tightening_takes_any_step_and_loosening_a_bounded_one() {
        let subject = basket();
        let multiplier = find(BASKET, "multiplier").unwrap();
        let now = subject.multiplier.raw();
        assert_eq!(
            multiplier.judge(&subject, multiplier.max),
            Ok(Effect::Tightens)
        );
        assert_eq!(multiplier.judge(&subject, now), Ok(Effect::None));
        assert_eq!(
            multiplier.judge(&subject, now - now / 10),
            Ok(Effect::Loosens)
        );
        assert!(matches!(
            multiplier.judge(&subject, now - now / 10 - 1),
            Err(ParamError::Step { .. })
        ));
        assert!(matches!(
            multiplier.judge(&subject, multiplier.max + 1),
            Err(ParamError::Bounds { .. })
        ));
    }

    #[test]
    fn gov_3_valid_steps_to_an_invalid_basket_are_refused_as_a_whole() {
        let mut subject = basket();
        assert_eq!(check_basket(&subject), Ok(()));
        subject.levels.call = Ratio::percent(130);
        assert!(matches!(
            check_basket(&subject),
            Err(ParamError::Order { low: "call", .. })
        ));
        let mut subject = basket();
        subject.multiplier = Ratio::percent(9_900);
        subject.members[0].risk.floor = Ratio::percent(1);
        assert!(matches!(
            check_basket(&subject),
            Err(ParamError::NoRoom { .. })
        ));
        let mut subject = basket();
        subject.members[0].bands.volatility = (Ratio::percent(60), Ratio::percent(74));
        assert!(matches!(
            check_basket(&subject),
            Err(ParamError::Order {
                low: "volatility_min",
                ..
            })
        ));
        subject.members[0].bands.volatility = (Ratio::percent(60), Ratio::percent(75));
        assert_eq!(check_basket(&subject), Ok(()));
        let mut subject = basket();
        subject.members[1].denom = "usd".into();
        assert_eq!(
            check_basket(&subject),
            Err(ParamError::Duplicate("usd".into()))
        );
        let mut subject = basket();
        subject.members.clear();
        assert_eq!(check_basket(&subject), Err(ParamError::Members(0)));
        let mut subject = basket();
        subject.members = vec![subject.members[0].clone(); 17];
        assert_eq!(check_basket(&subject), Err(ParamError::Members(17)));
        let mut subject = basket();
        subject.loss_order = vec![crate::basket::LossSource::Reserve; 2];
        assert_eq!(check_basket(&subject), Err(ParamError::LossOrder));
        let mut subject = basket();
        subject.name = "x".repeat(65);
        assert_eq!(check_basket(&subject), Err(ParamError::Name(65)));
    }
}

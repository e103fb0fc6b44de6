//! A basket as the market sees it: its records, the oracle's points and the protocol's settings, measured up to the block's time.

use cosmwasm_std::{Addr, Deps, Event, Int256, SignedDecimal256, Storage};
use wicker_engine::adjust::{AdjustError, Adjusted};
use wicker_engine::basket::Basket;
use wicker_engine::correlation::Correlations;
use wicker_engine::covariance::{measure, Clock, CorrelationState, LegPrior, RiskState, Sample};
use wicker_engine::health::{Market, Quote, Test};
use wicker_engine::monitor::MeanCorrelation;
use wicker_engine::params::Protocol;
use wicker_engine::position::Position;
use wicker_engine::price::Readers;
use wicker_engine::ramp::MarginSide;
use wicker_engine::segment::{review, Criterion, Review};
use wicker_math::{Amount, Ratio, Seconds, Value};
use wicker_msgs::events::{CorrelationGap, Measured, Reviewed};

use crate::error::{ContractError, Result};
use crate::plan::require_denom_ceiling;
use crate::prices::point;
use crate::state::{self, Asset, Guards, BASKETS, CORRELATION, GUARDS, PROTOCOL, RAMPS, RISK};

/// Everything a margin needs, so that one loading serves many evaluations.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The basket's id.
    pub id: u32,
    /// What governance decided.
    pub basket: Basket,
    /// Volatility, measured up to `now`.
    pub risk: RiskState,
    /// Correlation, measured up to `now`.
    pub correlation: CorrelationState,
    clipped: Vec<usize>,
    gap: Option<MeanCorrelation>,
    review: Option<Review>,
    side: MarginSide,
    guards: Guards,
    correlations: Correlations,
    clock: Clock,
    readers: Readers,
    exposure_share: Ratio,
    open_exposure_share: Ratio,
    /// The assets' records, of the legs that have a quote.
    assets: Vec<Option<Asset>>,
    quotes: Vec<Quote>,
    /// The same with the holdings that have lasted and the flow caps on their ramps.
    open: Vec<Quote>,
    now: Seconds,
    fresh: (bool, bool),
}

/// Which legs are to be judged. What is measured is always the whole basket.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// Those the position holds, and the debt.
    Held(&'a Position),
    /// All of the basket.
    All,
}

impl Loaded {
    /// Loads a basket's market and measures what its grid has due; nothing is written. Legs outside `scope` have no quote, unless
    /// all are needed to measure.
    pub fn load(
        deps: Deps<'_>,
        oracle: &Addr,
        (id, basket): (u32, Basket),
        scope: Scope<'_>,
        now: Seconds,
    ) -> Result<Self> {
        let protocol = PROTOCOL.load(deps.storage)?;
        let missing = ContractError::UnknownBasket(id);
        let risk = RISK.may_load(deps.storage, id)?.ok_or(missing)?;
        let missing = ContractError::UnknownBasket(id);
        let correlation = CORRELATION.may_load(deps.storage, id)?.ok_or(missing)?;
        let clock = Clock::default();
        let scope = match clock.crossed(risk.slow.measured_at, now) {
            true => Scope::All,
            false => scope,
        };
        let guards = GUARDS.may_load(deps.storage, id)?.unwrap_or_default();
        let quotes = quotes(deps, oracle, (&basket, &guards), scope, now)?;
        let (assets, quotes): (Vec<Option<Asset>>, Vec<Quote>) = quotes.into_iter().unzip();
        let open = assets.iter().zip(&quotes);
        let open = open.map(|(asset, quote)| open_quote(asset.as_ref(), quote, now));
        let open = open.collect::<Result<_>>()?;
        let samples: Vec<Option<Sample>> = quotes.iter().map(sample).collect();
        let due = measure(&risk, &correlation, &clock, &priors(&basket), &samples, now);
        let fresh = (due.risk.is_some(), due.correlation.is_some());
        let correlation = due.correlation.unwrap_or(correlation);
        let mut loaded = Self {
            id,
            side: side(deps.storage, id, &basket, now)?,
            guards,
            risk: due.risk.unwrap_or(risk),
            correlations: correlation.correlations(),
            correlation,
            clipped: due.clipped,
            gap: due.correlation_gap,
            review: None,
            clock,
            readers: readers(&protocol),
            exposure_share: protocol.exposure_share,
            open_exposure_share: protocol.open_exposure_share(now)?,
            assets,
            quotes,
            open,
            basket,
            now,
            fresh,
        };
        if loaded.fresh.1 {
            loaded.review();
        }
        Ok(loaded)
    }

    /// Holds the members against their class, on the grid on which correlations are measured.
    fn review(&mut self) {
        let review = review(&self.market(), self.basket.demoted());
        if review.demoted != self.basket.demoted() {
            self.basket.set_demoted(review.demoted);
            self.review = Some(review);
        }
    }

    /// The basket's mean correlations, fast and slow.
    pub fn mean_correlation(&self) -> Option<MeanCorrelation> {
        self.risk.mean_correlation(&self.clock, self.now)
    }

    /// What the engine judges open positions by: what came into the protocol within a day does not count as held, so that nobody is
    /// liquidated for what somebody else deposits or borrows for a moment, and what governance tightened is on its ramp.
    pub fn open(&self) -> Market<'_> {
        Market {
            quotes: &self.open,
            exposure_share: self.open_exposure_share,
            ..self.market()
        }
    }

    /// What the engine judges new risk and the book by.
    pub fn market(&self) -> Market<'_> {
        Market {
            basket: &self.basket,
            side: &self.side,
            risk: &self.risk,
            correlation: &self.correlations,
            clock: &self.clock,
            readers: &self.readers,
            exposure_share: self.exposure_share,
            quotes: &self.quotes,
            now: self.now,
        }
    }

    /// σ per √hour in force for open positions, by leg.
    pub fn sigmas(&self) -> Vec<Ratio> {
        self.market().sigmas(&self.side, Test::Maintenance)
    }

    /// Counts collateral that is being brought as held, so that bringing and borrowing at once is judged like one after the other.
    /// What is being taken out still counts.
    pub fn bring(&mut self, coins: &[(u8, Amount)]) -> Result<()> {
        for (leg, amount) in coins {
            if let Some(quote) = self.quotes.get_mut(usize::from(*leg)) {
                quote.held = quote.held.plus(*amount)?;
            }
        }
        Ok(())
    }

    /// Writes what was measured: a record whose grid boundary has not passed is not touched. What there is to tell.
    pub fn save(&self, storage: &mut dyn Storage) -> Result<Vec<Event>> {
        let (risk, correlation) = self.fresh;
        if risk {
            RISK.save(storage, self.id, &self.risk)?;
        }
        if correlation {
            CORRELATION.save(storage, self.id, &self.correlation)?;
        }
        if self.review.is_some() {
            BASKETS.save(storage, self.id, &self.basket)?;
        }
        Ok(self.events())
    }

    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let named = |leg: usize| self.denom(leg).unwrap_or_default();
        if self.fresh.0 {
            let clipped: Vec<_> = self.clipped.iter().map(|leg| named(*leg)).collect();
            events.push(Event::from(Measured {
                basket: self.id,
                clipped: clipped.join(","),
            }));
        }
        if let Some(means) = self.gap {
            events.push(Event::from(CorrelationGap {
                basket: self.id,
                fast: at_18(means.fast),
                slow: at_18(means.slow),
            }));
        }
        if let Some(review) = &self.review {
            let left = review.left.iter();
            let left: Vec<_> = left
                .map(|(leg, why)| format!("{}:{}", named((*leg).into()), reason(*why)))
                .collect();
            let returned = review.returned.iter();
            let returned: Vec<_> = returned.map(|leg| named((*leg).into())).collect();
            events.push(Event::from(Reviewed {
                basket: self.id,
                demoted: left.join(","),
                returned: returned.join(","),
            }));
        }
        events
    }

    /// Errors while the guardian has stopped new risk in the basket.
    pub fn not_paused(&self) -> Result<()> {
        let until = self.guards.borrow_until;
        if until > self.now {
            return Err(ContractError::Paused {
                basket: self.id,
                until: until.get(),
                now: self.now.get(),
            }
            .into());
        }
        Ok(())
    }

    /// Errors over the guardian's ceiling of the basket or governance's of the debt token.
    pub fn within_ceilings(&self, adjusted: &Adjusted) -> Result<()> {
        let lowered = self.guards.ceiling.filter(|(_, until)| *until > self.now);
        if let Some((ceiling, _)) = lowered {
            let debt = adjusted.totals.debt_ceil()?;
            if debt > ceiling {
                return Err(AdjustError::Ceiling {
                    debt: debt.raw(),
                    ceiling: ceiling.raw(),
                }
                .into());
            }
        }
        let asset = self.asset(self.market().debt_leg())?;
        let supply = asset.held.plus(adjusted.minted)?;
        let supply = supply.saturating_sub(adjusted.burned);
        require_denom_ceiling(&self.basket.debt, asset, supply)
    }

    /// The record of a leg's asset as it was loaded; errors for a leg that was not asked for.
    pub fn asset(&self, leg: u8) -> Result<&Asset> {
        let found = self.assets.get(usize::from(leg)).and_then(Option::as_ref);
        found.ok_or_else(|| {
            let denom = self.denom(usize::from(leg)).unwrap_or_default();
            ContractError::UnknownDenom(denom.into()).into()
        })
    }

    /// The denom of a leg, the debt's last.
    pub fn denom(&self, leg: usize) -> Option<&str> {
        denom(&self.basket, leg)
    }
}

const fn reason(why: Criterion) -> &'static str {
    match why {
        Criterion::Volatility => "volatility",
        Criterion::Liquidity => "liquidity",
        Criterion::Correlation => "correlation",
    }
}

fn at_18(raw: Option<i128>) -> SignedDecimal256 {
    SignedDecimal256::new(Int256::from(raw.unwrap_or(0)))
}

/// The denom of a leg of a basket, the debt's last.
pub fn denom(basket: &Basket, leg: usize) -> Option<&str> {
    let members = basket.members.iter().map(|member| member.denom.as_str());
    members.chain([basket.debt.as_str()]).nth(leg)
}

/// The collateral leg of a denom; errors when it is none of the basket's.
pub fn leg_of(basket: &Basket, denom: &str) -> Result<u8> {
    let at = basket
        .members
        .iter()
        .position(|member| member.denom == denom);
    at.and_then(|at| u8::try_from(at).ok())
        .ok_or_else(|| ContractError::UnknownDenom(denom.into()).into())
}

/// What governance assumes of each leg, the debt's last.
pub fn priors(basket: &Basket) -> Vec<LegPrior> {
    let risks = basket.members.iter().map(|member| &member.risk);
    risks
        .chain([&basket.debt_risk])
        .map(LegPrior::from)
        .collect()
}

/// What a price must satisfy.
pub fn readers(protocol: &Protocol) -> Readers {
    Readers {
        max_age: protocol.max_age,
        max_age_liquidation: protocol.max_age_liquidation,
        max_confidence: protocol.max_confidence,
        delay: protocol.price_delay,
    }
}

/// The margin settings in force for open positions.
fn side(storage: &dyn Storage, id: u32, basket: &Basket, now: Seconds) -> Result<MarginSide> {
    let target = MarginSide::of(basket)?;
    Ok(match RAMPS.may_load(storage, id)? {
        Some(ramp) => ramp.in_force(&target, now)?,
        None => target,
    })
}

fn quotes(
    deps: Deps<'_>,
    oracle: &Addr,
    (basket, guards): (&Basket, &Guards),
    scope: Scope<'_>,
    now: Seconds,
) -> Result<Vec<(Option<Asset>, Quote)>> {
    let paused = |leg: usize| {
        let stopped = guards.legs.iter();
        stopped
            .filter(|(stopped, _)| usize::from(*stopped) == leg)
            .any(|(_, until)| *until > now)
    };
    let needed = |leg: usize| match scope {
        Scope::All => true,
        Scope::Held(position) => {
            leg == basket.members.len()
                || u8::try_from(leg).is_ok_and(|leg| !position.held(leg).is_zero())
        }
    };
    let denoms = basket.members.iter().map(|member| &member.denom);
    let denoms = denoms.chain([&basket.debt]).enumerate();
    denoms
        .map(|(leg, denom)| {
            if !needed(leg) {
                let none = Quote {
                    point: None,
                    held: Amount::ZERO,
                    flow_cap: Value::ZERO,
                    paused: false,
                };
                return Ok((None, none));
            }
            let asset = state::asset(deps.storage, denom)?;
            let quote = Quote {
                point: point(&deps.querier, oracle, denom),
                held: asset.held,
                flow_cap: asset.flow_cap,
                paused: paused(leg),
            };
            Ok((Some(asset), quote))
        })
        .collect()
}

/// A quote as open positions meet it; of a leg outside the scope, nothing is held.
fn open_quote(asset: Option<&Asset>, quote: &Quote, now: Seconds) -> Result<Quote> {
    let Some(asset) = asset else {
        return Ok(*quote);
    };
    Ok(Quote {
        held: asset.lasting(now),
        flow_cap: asset.open_cap(now)?,
        ..*quote
    })
}

fn sample(quote: &Quote) -> Option<Sample> {
    quote.point.map(|point| Sample {
        price: point.price,
        publish_time: point.publish_time,
    })
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::{mock_dependencies, MockApi, MockQuerier, MockStorage};
    use cosmwasm_std::{ContractResult, OwnedDeps, SystemResult, WasmQuery};
    use wicker_engine::basket::{Bands, Bucket, DebtTerms, Levels, LiquidationTerms, Member, Risk};
    use wicker_math::{Amount, Decimals, Price, PricePoint, Status, Value, HOUR};
    use wicker_msgs::oracle::point_key;

    use super::*;
    use crate::state::{Guards, ASSETS};

    const START: Seconds = Seconds::new(1_000 * HOUR.get());

    fn member(denom: &str) -> Member {
        Member {
            denom: denom.into(),
            decimals: Decimals::new(6).unwrap(),
            supply_cap: Amount::MAX,
            value_cap: Value::MAX,
            risk_cap: Ratio::ONE,
            risk: risk(60),
            bands: Bands::OPEN,
            wind_down: false,
            demoted: false,
        }
    }

    fn risk(floor: u64) -> Risk {
        Risk {
            floor: Ratio::bps(floor),
            stressed: Ratio::bps(2 * floor),
            jump: Ratio::ZERO,
            correlation: Ratio::percent(50),
            weight: Seconds::hours(720),
        }
    }

    fn basket() -> Basket {
        Basket {
            name: "majors".into(),
            debt: "usd".into(),
            decimals: Decimals::new(6).unwrap(),
            levels: Levels {
                initial: Ratio::percent(125),
                call: Ratio::percent(115),
                target: Ratio::percent(125),
                emergency: Ratio::percent(50),
            },
            liquidation: LiquidationTerms {
                bonus_min: Ratio::percent(2),
                bonus_max: Ratio::percent(8),
                fee: Ratio::percent(1),
            },
            terms: DebtTerms {
                stability_fee: Ratio::percent(5),
                borrow_fee: Ratio::ZERO,
                min_debt: Amount::new(1),
                ceiling: Amount::MAX,
                mint_cap: Amount::MAX,
            },
            multiplier: Ratio::percent(2_200),
            stress: Ratio::percent(25),
            concentration_max: Ratio::percent(300),
            risk_floor: Value::ZERO,
            loss_order: vec![],
            debt_risk: risk(5),
            members: vec![member("btc"), member("eth")],
        }
    }

    /// The basket stored at `START`, with prices of `published` for every denom but eth.
    fn deps(published: Seconds) -> OwnedDeps<MockStorage, MockApi, MockQuerier> {
        let mut deps = mock_dependencies();
        let (basket, storage) = (basket(), &mut deps.storage);
        for denom in ["btc", "eth", "usd"] {
            let asset = Asset {
                decimals: Decimals::new(6).unwrap(),
                flow_cap: Value::dollars(7),
                flow_burst: Value::ZERO,
                bucket: Bucket::full(0, START),
                held: Amount::new(11),
                lasting: state::Lasting::new(Amount::new(11), START),
                kept: Amount::new(11),
                ceiling: None,
                cap_ramp: None,
            };
            ASSETS.save(storage, denom, &asset).unwrap();
        }
        let priors = priors(&basket);
        RISK.save(storage, 1, &RiskState::new(&priors, START))
            .unwrap();
        let correlation = CorrelationState::new(&priors, START);
        CORRELATION.save(storage, 1, &correlation).unwrap();
        PROTOCOL.save(storage, &Protocol::default()).unwrap();
        BASKETS.save(storage, 1, &basket).unwrap();
        deps.querier.update_wasm(move |query| {
            let point = PricePoint {
                status: Status::OK,
                sources: 1,
                price: Price::ONE,
                publish_time: published,
                accepted_at: published,
                confidence: 0,
                anchor: Price::ONE,
                anchor_at: published,
                pending: None,
            };
            let record = match query {
                WasmQuery::Raw { key, .. } if key.as_slice() != point_key("eth") => {
                    point.to_bytes().to_vec()
                }
                _ => vec![],
            };
            SystemResult::Ok(ContractResult::Ok(record.into()))
        });
        deps
    }

    fn load(deps: &OwnedDeps<MockStorage, MockApi, MockQuerier>, now: Seconds) -> Loaded {
        let oracle = Addr::unchecked("oracle");
        let basket = (1, state::basket(&deps.storage, 1).unwrap());
        Loaded::load(deps.as_ref(), &oracle, basket, Scope::All, now).unwrap()
    }

    #[test]
    fn each_leg_has_its_quote_and_the_debt_stands_last() {
        let loaded = load(&deps(START), START);
        let priced: Vec<bool> = loaded
            .quotes
            .iter()
            .map(|quote| quote.point.is_some())
            .collect();
        assert_eq!(priced, [true, false, true]);
        let quote = loaded.quotes[2];
        assert_eq!(
            (quote.held, quote.flow_cap),
            (Amount::new(11), Value::dollars(7))
        );
    }

    #[test]
    fn measurements_are_written_on_the_grid_and_only_there() {
        let now = START.plus(Seconds::new(HOUR.get() - 1));
        let mut within = deps(now);
        let stored = RISK.may_load(&within.storage, 1).unwrap();
        let measured = load(&within, now).save(&mut within.storage).unwrap();
        assert!(measured.is_empty());
        assert_eq!(RISK.may_load(&within.storage, 1).unwrap(), stored);

        let now = START.plus(HOUR);
        let mut crossed = deps(now);
        let loaded = load(&crossed, now);
        assert_eq!(loaded.risk.slow.measured_at, now);
        assert_eq!(loaded.save(&mut crossed.storage).unwrap().len(), 1);
        assert_eq!(
            RISK.may_load(&crossed.storage, 1).unwrap(),
            Some(loaded.risk)
        );
        let coarse = CORRELATION.may_load(&crossed.storage, 1).unwrap().unwrap();
        assert_eq!(coarse.coarse.measured_at, START);
    }

    #[test]
    fn legs_that_are_not_asked_for_have_no_quote_unless_a_measurement_is_due() {
        let oracle = Addr::unchecked("oracle");
        let held = Position::default().with(1, Amount::new(5));
        let quoted = |now| {
            let deps = deps(now);
            let basket = (1, basket());
            let scope = Scope::Held(&held);
            let loaded = Loaded::load(deps.as_ref(), &oracle, basket, scope, now).unwrap();
            let quotes = loaded.quotes.iter();
            quotes
                .map(|quote| !quote.held.is_zero())
                .collect::<Vec<_>>()
        };
        assert_eq!(quoted(START), [false, true, true]);
        assert_eq!(quoted(START.plus(HOUR)), [true; 3]);
    }

    #[test]
    fn a_guardians_measure_ends_by_itself() {
        let mut deps = deps(START);
        let until = START.plus(HOUR);
        let guards = Guards {
            legs: vec![(1, until)],
            ..Guards::default()
        };
        GUARDS.save(&mut deps.storage, 1, &guards).unwrap();
        let paused = |now| {
            load(&deps, now)
                .quotes
                .iter()
                .map(|quote| quote.paused)
                .collect::<Vec<_>>()
        };
        assert_eq!(paused(Seconds::new(until.get() - 1)), [false, true, false]);
        assert_eq!(paused(until), [false; 3]);
    }

    #[test]
    fn a_basket_that_is_not_there_is_named() {
        let oracle = Addr::unchecked("oracle");
        let missing = Loaded::load(
            deps(START).as_ref(),
            &oracle,
            (9, basket()),
            Scope::All,
            START,
        );
        assert!(matches!(
            missing.map_err(|why| *why),
            Err(ContractError::UnknownBasket(9))
        ));
    }
}

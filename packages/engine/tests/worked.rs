//! Worked examples from prices to liquidation: what `vectors/worked.py` computes with 60-digit decimals, the engine finds.

#![allow(clippy::unwrap_used, clippy::panic)] // Set-up outside test functions; a test may stop at anything unexpected.

use std::collections::BTreeMap;

use wicker_engine::accrual::lend;
use wicker_engine::basket::{
    Bands, Basket, DebtTerms, Levels, LiquidationTerms, LossSource, Member, Risk, Totals,
};
use wicker_engine::covariance::{measure, Clock, CorrelationState, LegPrior, RiskState, Sample};
use wicker_engine::health::{Book, Level, Market, Quote, Test};
use wicker_engine::liquidate::{liquidate, Case as Liquidated};
use wicker_engine::position::Position;
use wicker_engine::price::Readers;
use wicker_engine::ramp::MarginSide;
use wicker_math::{
    Amount, Decimals, Price, PricePoint, Ratio, Seconds, Shares, Status, Value, HOUR,
};

const VECTORS: &str = include_str!("vectors/worked.csv");
/// Hours since 1970 at which every record begins.
const START: u64 = 400_000;

/// A case's figures by name and numbers; no number is zero.
struct Figures(BTreeMap<(String, u64, u64), String>);

fn cases() -> BTreeMap<String, Figures> {
    let mut cases = BTreeMap::new();
    for line in VECTORS.lines() {
        let [case, name, i, j, value] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let number = |text: &str| text.parse().unwrap_or(0);
        let figures = cases
            .entry(case.to_string())
            .or_insert_with(|| Figures(BTreeMap::new()));
        figures
            .0
            .insert((name.into(), number(i), number(j)), value.into());
    }
    cases
}

impl Figures {
    fn text(&self, name: &str, i: usize, j: usize) -> &str {
        let key = (name.to_string(), i as u64, j as u64);
        self.0.get(&key).unwrap_or_else(|| panic!("no {key:?}"))
    }

    fn signed(&self, name: &str, i: usize, j: usize) -> i128 {
        self.text(name, i, j).parse().unwrap()
    }

    fn number(&self, name: &str, i: usize) -> u128 {
        self.text(name, i, 0).parse().unwrap()
    }

    fn ratio(&self, name: &str, i: usize) -> Ratio {
        Ratio::new(self.number(name, i))
    }

    /// How many there are of a name.
    fn count(&self, name: &str) -> usize {
        self.0.keys().filter(|key| key.0 == name).count()
    }

    fn risk(&self, leg: usize) -> Risk {
        let floor = self.ratio("floor", leg);
        Risk {
            floor,
            stressed: Ratio::new(2 * floor.raw()),
            jump: self.ratio("jump", leg),
            correlation: self.ratio("assumed", leg),
            weight: Seconds::hours(self.number("weight", 0) as u64),
        }
    }

    fn decimals(&self, leg: usize) -> Decimals {
        Decimals::new(self.number("decimals", leg) as u8).unwrap()
    }

    fn basket(&self) -> Basket {
        let debt = self.count("amount");
        let member = |leg: usize| Member {
            denom: format!("c{leg}"),
            decimals: self.decimals(leg),
            supply_cap: Amount::MAX,
            value_cap: Value::MAX,
            risk_cap: Ratio::ONE,
            risk: self.risk(leg),
            bands: Bands::OPEN,
            wind_down: false,
            demoted: false,
        };
        Basket {
            name: "worked".into(),
            debt: "debt".into(),
            decimals: self.decimals(debt),
            levels: Levels {
                initial: Ratio::percent(125),
                call: Ratio::percent(115),
                target: Ratio::percent(125),
                emergency: Ratio::ZERO,
            },
            liquidation: LiquidationTerms {
                bonus_min: self.ratio("bonus_bounds", 0),
                bonus_max: self.ratio("bonus_bounds", 1),
                fee: self.ratio("fee", 0),
            },
            terms: DebtTerms {
                stability_fee: Ratio::ZERO,
                borrow_fee: Ratio::ZERO,
                min_debt: Amount::new(1),
                ceiling: Amount::MAX,
                mint_cap: Amount::MAX,
            },
            // 4.5 · √24
            multiplier: Ratio::new(22_045_407_685_048_602_000),
            stress: self.ratio("delta", 0),
            concentration_max: self.ratio("cr_max", 0),
            risk_floor: Value::ZERO,
            loss_order: vec![LossSource::Reserve, LossSource::Backstop],
            debt_risk: self.risk(debt),
            members: (0..debt).map(member).collect(),
        }
    }

    /// Feeds every price, a leg without a new one keeping its last; ends with the records, the last prices and the time.
    fn measured(&self, basket: &Basket) -> (RiskState, CorrelationState, Vec<Sample>, Seconds) {
        let risks = basket.members.iter().map(|member| &member.risk);
        let priors: Vec<LegPrior> = risks
            .chain([&basket.debt_risk])
            .map(LegPrior::from)
            .collect();
        let start = Seconds::hours(START);
        let (mut risk, mut correlation) = (
            RiskState::new(&priors, start),
            CorrelationState::new(&priors, start),
        );
        let mut quotes: Vec<Option<Sample>> = vec![None; priors.len()];
        let times: Vec<u64> = self
            .0
            .keys()
            .filter(|key| key.0 == "price" && key.2 == 0)
            .map(|key| key.1)
            .collect();
        let mut now = start;
        for time in times {
            now = Seconds::hours(time);
            for (leg, quote) in quotes.iter_mut().enumerate() {
                if let Ok(units) = self.text("price", time as usize, leg).parse() {
                    *quote = Some(Sample {
                        price: Price::from_scientific(units, -6).unwrap(),
                        publish_time: now,
                    });
                }
            }
            let found = measure(
                &risk,
                &correlation,
                &Clock::default(),
                &priors,
                &quotes,
                now,
            );
            risk = found.risk.unwrap();
            correlation = found.correlation.unwrap_or(correlation);
        }
        (
            risk,
            correlation,
            quotes.into_iter().map(Option::unwrap).collect(),
            now,
        )
    }
}

/// Compares with a figure of the vectors: within `parts` in 1e12 of it and `units` of the last place.
struct Check<'a>(&'a str, &'a Figures);

impl Check<'_> {
    fn near(&self, name: &str, i: usize, j: usize, found: i128, parts: i128, units: i128) {
        let expected = self.1.signed(name, i, j);
        let room = expected.abs() / 1_000_000 * parts / 1_000_000 + units;
        assert!(
            (found - expected).abs() <= room,
            "{} {name} {i} {j}: {found} instead of {expected}",
            self.0
        );
    }
}

#[test]
fn prices_become_the_same_risk_margin_and_liquidation() {
    let cases = cases();
    assert_eq!(cases.len(), 10);
    for (name, figures) in &cases {
        let basket = figures.basket();
        let (risk, correlation, quotes, now) = figures.measured(&basket);
        compare_risk(&Check(name, figures), &risk, &correlation);
        compare_position(
            &Check(name, figures),
            &basket,
            (&risk, &correlation),
            &quotes,
            now,
        );
    }
}

/// Truncation is at most three units of 1e-18 a step.
fn compare_risk(check: &Check<'_>, risk: &RiskState, correlation: &CorrelationState) {
    let units = 3 * 90;
    let rho = correlation.correlations();
    for (i, leg) in risk.legs.iter().enumerate() {
        for j in 0..=i {
            check.near("slow", i, j, risk.slow.covariance(i, j).into(), 0, units);
            check.near(
                "coarse",
                i,
                j,
                correlation.coarse.covariance(i, j).into(),
                0,
                units,
            );
            if j < i {
                // A dollar's variance is 5e-7: 90 units are 2e-10 of it.
                check.near("rho", i, j, rho.rho(i, j), 0, 1_000_000_000);
            }
        }
        check.near("fast", i, 0, leg.fast.into(), 0, units);
        check.near("measured", i, 0, leg.measured.raw() as i128, 1_000, units);
        check.near("sigma", i, 0, leg.sigma.raw() as i128, 1_000, units);
        assert_eq!(u128::from(leg.samples), check.1.number("samples", i));
    }
}

fn compare_position(
    check: &Check<'_>,
    basket: &Basket,
    measured: (&RiskState, &CorrelationState),
    quotes: &[Sample],
    now: Seconds,
) {
    let figures = check.1;
    let quotes: Vec<Quote> = quotes
        .iter()
        .enumerate()
        .map(|(leg, sample)| Quote {
            point: Some(PricePoint {
                status: Status::OK,
                sources: 1,
                price: sample.price,
                publish_time: sample.publish_time,
                accepted_at: sample.publish_time,
                confidence: 0,
                anchor: sample.price,
                anchor_at: sample.publish_time,
                pending: None,
            }),
            held: Amount::new(figures.number("held", leg)),
            flow_cap: Value::new(figures.number("flow_cap", leg)),
            paused: false,
        })
        .collect();
    let correlations = measured.1.correlations();
    let market = Market {
        basket,
        side: &MarginSide::of(basket).unwrap(),
        risk: measured.0,
        correlation: &correlations,
        clock: &Clock::default(),
        readers: &Readers {
            max_age: HOUR,
            max_age_liquidation: Seconds::hours(24),
            max_confidence: Ratio::percent(2),
            delay: Seconds::new(600),
        },
        exposure_share: figures.ratio("phi", 0),
        quotes: &quotes,
        now,
    };
    let mut totals = Totals::new(basket.members.len(), Amount::MAX, now);
    let owed = Amount::new(figures.number("owed", 0));
    let lent = lend(&totals, basket, Shares::ZERO, owed).unwrap();
    totals = lent.totals;
    let mut position = Position {
        shares: lent.shares,
        collateral: Vec::new(),
    };
    for leg in 0..basket.members.len() {
        let held = Amount::new(figures.number("amount", leg));
        position = position.with(leg as u8, held);
        totals.collateral[leg] = held;
    }
    let book = Book::new(&market, 0..basket.members.len() as u8, Test::Maintenance).unwrap();
    let found = book.assess(&position, owed).unwrap();
    check.near("collateral", 0, 0, found.collateral.raw() as i128, 0, 10);
    check.near("equity", 0, 0, found.equity.raw(), 0, 20);
    check.near("k", 0, 0, found.margin.volatility.raw() as i128, 1_000, 0);
    check.near(
        "maintenance",
        0,
        0,
        found.margin.maintenance.raw() as i128,
        1_000,
        0,
    );
    for (leg, share) in book.weights(&position, owed).unwrap() {
        check.near("share", leg.into(), 0, share, 0, 1_000_000_000);
    }
    let level = match figures.text("level", 0, 0) {
        "healthy" => Level::Healthy,
        "restricted" => Level::Restricted,
        "called" => Level::Called,
        "liquidatable" => Level::Liquidatable,
        _ => Level::Insolvent,
    };
    assert_eq!(found.level(&basket.levels).unwrap(), level, "{}", check.0);
    let case = Liquidated {
        basket,
        totals: &totals,
        position: &position,
        book: &book,
    };
    let done = liquidate(&case, Amount::MAX, &[]);
    if level < Level::Liquidatable {
        assert!(done.is_err(), "{}", check.0);
        return;
    }
    let done = done.unwrap();
    // The engine's bisection ends at 2^-32 of the debt and seizes whole base units, which may leave one of each collateral more.
    // Of the hedge, a dollar repaid gains 0.05 of equity over its target, so that a dollar left counts for twenty.
    let price = |leg: usize| quotes[leg].point.unwrap().price.raw() as f64;
    let unit = |leg: usize| price(leg) / 10f64.powi(figures.number("decimals", leg) as i32);
    let debt = basket.members.len();
    let left: f64 = (0..debt).map(|leg| unit(leg) / unit(debt)).sum();
    let step = (owed.raw() >> 31) as i128 + 2 + (25.0 * left) as i128;
    check.near("bonus", 0, 0, done.bonus.raw() as i128, 0, 1_000_000_000);
    check.near("repaid", 0, 0, done.repaid.raw() as i128, 0, step);
    check.near("paid_fee", 0, 0, done.fee.raw() as i128, 0, step);
    check.near("bad_debt", 0, 0, done.loss.bad_debt.raw() as i128, 0, 2);
    let held = |leg: u8| position.held(leg).raw() as i128;
    for (leg, amount) in &done.seized {
        let room = held(*leg) / 1_000_000 * step / (owed.raw() / 1_000_000) as i128;
        check.near(
            "seized",
            (*leg).into(),
            0,
            amount.raw() as i128,
            0,
            2 * room + 2,
        );
    }
    assert_eq!(done.seized.len(), basket.members.len());
}

/// Every kind of end stands among the examples.
#[test]
fn the_examples_cover_every_kind_of_liquidation() {
    let cases = cases();
    for kind in ["ordinary", "thin", "insolvent"] {
        let found = cases
            .values()
            .any(|case| case.count("kind") == 1 && case.text("kind", 0, 0) == kind);
        assert!(found, "no {kind} one");
    }
    assert!(cases.values().any(|case| case.count("kind") == 0));
}

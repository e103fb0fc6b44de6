//! A basket is a class of assets: each member is measured against the bands of volatility, liquidity and correlation that governance
//! gave it. One that leaves its class is demoted: no deposits and no new debt against it until it is back inside by a margin, or
//! governance moves the bands. Open positions, exits and liquidations are not touched.
//!
//! The caller stores a bit for each member, applies them with [`Basket::set_demoted`] whenever it loads the basket, and calls [`review`]
//! after each measurement of correlation. Nothing here can fail.

use wicker_math::{sqrt_floor_wide, Ratio, Value, ONE};

use crate::basket::{is_set, Basket, Member};
use crate::health::Market;

/// A leg with fewer samples is too young to be judged: its variance is still what governance assumed.
pub const MIN_SAMPLES: u32 = 720;
/// A member returns when its volatility is inside its band by this share of the edge.
pub const VOLATILITY_MARGIN: u64 = 5;
/// A member returns when its market takes this many hundredths more than the least.
pub const LIQUIDITY_MARGIN: u64 = 10;
/// A member returns when its mean correlation is above the least by this, at 1e-18.
pub const CORRELATION_MARGIN: i128 = ONE as i128 / 20;

/// Hours of a year of 365 days.
const HOURS_A_YEAR: u128 = 8_760;

/// What a band is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Annual volatility.
    Volatility,
    /// Dollars an hour that the market takes.
    Liquidity,
    /// Mean correlation with the basket's other collaterals.
    Correlation,
}

/// Where a figure stands against its band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Inside by the margin, or without a band.
    Inside,
    /// Inside, but not by the margin.
    Edge,
    /// Outside.
    Outside,
    /// Too young or too old to be told.
    Unknown,
}

/// A member measured against its bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Annual volatility; `None` while it is young or old.
    pub volatility: Option<Ratio>,
    /// Dollars an hour; `None` is without limit.
    pub liquidity: Option<Value>,
    /// Mean correlation at 1e-18 with the others that are in their class and not wound down; `None` when there is none to measure.
    pub correlation: Option<i128>,
    /// Where the three stand, in this order.
    pub places: [Place; 3],
}

/// What a review comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The bits to store: members out of their class.
    pub demoted: u16,
    /// Members that left, and why.
    pub left: Vec<(u8, Criterion)>,
    /// Members that returned.
    pub returned: Vec<u8>,
}

/// Judges every member. All that are outside in volatility or liquidity leave at once. Else, of those outside in correlation, the one
/// furthest out leaves: the others are measured without it the next time. Else one that is inside by every margin returns. One change of
/// company at a time: members of one band cannot chase each other in and out on the same figures.
pub fn review(market: &Market<'_>, demoted: u16) -> Review {
    let standings = standings(market, demoted);
    let inside = standings
        .iter()
        .enumerate()
        .filter(|(leg, _)| !is_set(demoted, *leg));
    let mut left: Vec<(u8, Criterion)> = inside
        .clone()
        .filter_map(|(leg, standing)| alone(leg, standing))
        .collect();
    let mut returned = Vec::new();
    if left.is_empty() {
        let lonely = inside.filter(|(_, standing)| standing.places[2] == Place::Outside);
        let furthest = lonely.min_by_key(|(leg, standing)| {
            let least = market.basket.members.get(*leg).map_or(0, least);
            standing.correlation.unwrap_or(0).saturating_sub(least)
        });
        let furthest = furthest.and_then(|(leg, _)| u8::try_from(leg).ok());
        left.extend(furthest.map(|leg| (leg, Criterion::Correlation)));
    }
    if left.is_empty() {
        let outside = standings
            .iter()
            .enumerate()
            .filter(|(leg, _)| is_set(demoted, *leg));
        let mut back = outside.filter(|(_, standing)| standing.places == [Place::Inside; 3]);
        returned.extend(back.next().and_then(|(leg, _)| u8::try_from(leg).ok()));
    }
    let bit = |leg: u8| 1u16.checked_shl(leg.into()).unwrap_or(0);
    let known = bits(market.basket);
    let out = left
        .iter()
        .fold(demoted & known, |bits, (leg, _)| bits | bit(*leg));
    Review {
        demoted: returned.iter().fold(out, |bits, leg| bits & !bit(*leg)),
        left,
        returned,
    }
}

/// Each member against its bands, given who is out of the class.
pub fn standings(market: &Market<'_>, demoted: u16) -> Vec<Standing> {
    let members = market.basket.members.iter().enumerate();
    members
        .map(|(leg, member)| {
            let volatility = volatility(market, leg);
            let cap = market
                .quotes
                .get(leg)
                .map_or(Value::ZERO, |quote| quote.flow_cap);
            let liquidity = (!cap.is_zero()).then_some(cap);
            let company = company(market, demoted, leg);
            let correlation = correlation(market, leg, &company);
            let places = [
                volatility.map_or(Place::Unknown, |sigma| by_volatility(member, sigma)),
                liquidity.map_or(Place::Inside, |cap| by_liquidity(member, cap)),
                by_correlation(member, company.is_empty(), correlation),
            ];
            Standing {
                volatility,
                liquidity,
                correlation,
                places,
            }
        })
        .collect()
}

/// Why a member leaves whatever the others do.
fn alone(leg: usize, standing: &Standing) -> Option<(u8, Criterion)> {
    let [volatility, liquidity, _] = standing.places;
    let why = match (volatility, liquidity) {
        (Place::Outside, _) => Criterion::Volatility,
        (_, Place::Outside) => Criterion::Liquidity,
        _ => return None,
    };
    Some((u8::try_from(leg).ok()?, why))
}

/// The other members that are in their class and stay.
fn company(market: &Market<'_>, demoted: u16, leg: usize) -> Vec<usize> {
    let others = market.basket.members.iter().enumerate();
    others
        .filter(|(other, member)| *other != leg && !member.wind_down && !is_set(demoted, *other))
        .map(|(other, _)| other)
        .collect()
}

/// True when a leg's measurement is neither young nor old.
fn measured(market: &Market<'_>, leg: usize) -> bool {
    let samples = market.risk.legs.get(leg).map_or(0, |leg| leg.samples);
    samples >= MIN_SAMPLES
        && market
            .risk
            .slow
            .sampled(leg, market.clock.max_age, market.now)
}

/// `√(C·8760)`, rounded down.
fn volatility(market: &Market<'_>, leg: usize) -> Option<Ratio> {
    let variance = u128::try_from(market.risk.slow.variance(leg)).unwrap_or(0);
    measured(market, leg)
        .then(|| Ratio::new(sqrt_floor_wide(variance.saturating_mul(HOURS_A_YEAR), ONE)))
}

/// The mean of a leg's correlations with those of its company that are measured.
fn correlation(market: &Market<'_>, leg: usize, company: &[usize]) -> Option<i128> {
    if !measured(market, leg) {
        return None;
    }
    let others = company.iter().filter(|other| measured(market, **other));
    let sum: i128 = others
        .clone()
        .map(|other| market.correlation.rho(leg, *other))
        .sum();
    sum.checked_div(i128::try_from(others.count()).unwrap_or(0))
}

fn by_volatility(member: &Member, sigma: Ratio) -> Place {
    let (low, high) = member.bands.volatility;
    let share = |edge: Ratio, hundredths: u64| {
        edge.mul_div_floor(hundredths.into(), 100)
            .unwrap_or(Ratio::MAX)
    };
    if sigma < low || sigma > high {
        Place::Outside
    } else if sigma < share(low, 100 + VOLATILITY_MARGIN)
        || sigma > share(high, 100 - VOLATILITY_MARGIN)
    {
        Place::Edge
    } else {
        Place::Inside
    }
}

fn by_liquidity(member: &Member, cap: Value) -> Place {
    let least = member.bands.liquidity;
    let safe = least.mul_div_ceil(u128::from(100 + LIQUIDITY_MARGIN), 100);
    if cap < least {
        Place::Outside
    } else if cap < safe.unwrap_or(Value::MAX) {
        Place::Edge
    } else {
        Place::Inside
    }
}

/// The least mean correlation at 1e-18.
fn least(member: &Member) -> i128 {
    member.bands.correlation.into()
}

fn by_correlation(member: &Member, alone: bool, mean: Option<i128>) -> Place {
    // Nobody is less correlated than -1, and who is alone is the class.
    if alone || least(member) <= -(ONE as i128) {
        return Place::Inside;
    }
    match mean {
        None => Place::Unknown,
        Some(mean) if mean < least(member) => Place::Outside,
        Some(mean) if mean < least(member) + CORRELATION_MARGIN => Place::Edge,
        Some(_) => Place::Inside,
    }
}

/// The bits of the members there are.
fn bits(basket: &Basket) -> u16 {
    let legs = u32::try_from(basket.members.len()).unwrap_or(u32::MAX);
    1u16.checked_shl(legs)
        .map_or(u16::MAX, |bit| bit.wrapping_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wicker_math::{Price, Seconds};

    use super::*;
    use crate::basket::Bands;
    use crate::correlation::Correlations;
    use crate::testing::{Scene, NOW};

    const PERCENT: i64 = ONE as i64 / 100;

    /// Members of 60 % volatility a year, $1,000 an hour and these correlations, in a class of 30 to 80 %, $500 and 0.5.
    fn scene(members: usize, percent: &[i64]) -> Scene {
        let mut scene = Scene::new(&vec![1; members], 0);
        for member in &mut scene.basket.members {
            member.bands = Bands {
                volatility: (Ratio::percent(30), Ratio::percent(80)),
                liquidity: Value::dollars(500),
                correlation: 50 * PERCENT,
            };
        }
        for leg in 0..members {
            set_volatility(&mut scene, leg, 60);
            scene.quotes[leg].flow_cap = Value::dollars(1_000);
            scene.risk.legs[leg].samples = MIN_SAMPLES;
            scene.risk.slow.last[leg] = Some((Price::ONE, NOW));
        }
        scene.correlations = Correlations::new(percent.iter().map(|rho| rho * PERCENT).collect());
        scene
    }

    /// Annual volatility in hundredths: its square over 8,760 hours, at 1e-18.
    fn set_volatility(scene: &mut Scene, leg: usize, percent: u64) {
        let at = leg * (leg + 1) / 2 + leg;
        scene.risk.slow.lower[at] =
            i64::try_from(u128::from(percent * percent) * ONE / 10_000 / 8_760 + 1).unwrap();
    }

    fn review(scene: &Scene, demoted: u16) -> Review {
        scene.with_market(|market| super::review(market, demoted))
    }

    #[test]
    fn members_of_the_class_stay() {
        let scene = scene(3, &[70, 60, 55]);
        assert_eq!(review(&scene, 0), Review::default());
        let standing = scene.with_market(|market| standings(market, 0))[0];
        assert!(standing.volatility.unwrap().raw().abs_diff(ONE / 100 * 60) < ONE / 1_000_000_000);
        assert_eq!(standing.liquidity, Some(Value::dollars(1_000)));
        assert_eq!(standing.correlation, Some(i128::from(65 * PERCENT)));
    }

    #[test]
    fn one_that_leaves_is_demoted_and_returns_only_inside_the_margin() {
        let mut scene = scene(2, &[70]);
        set_volatility(&mut scene, 1, 81);
        let left = review(&scene, 0);
        assert_eq!(left.left, [(1, Criterion::Volatility)]);
        assert_eq!((left.demoted, left.returned.len()), (2, 0));
        scene.basket.set_demoted(left.demoted);
        assert!(scene.basket.members[0].open() && !scene.basket.members[1].open());
        // 80 · 0.95 = 76.
        set_volatility(&mut scene, 1, 77);
        assert_eq!(review(&scene, 2).demoted, 2);
        set_volatility(&mut scene, 1, 75);
        let back = review(&scene, 2);
        assert_eq!((back.demoted, back.returned), (0, vec![1]));
        // 30 · 1.05 = 31.5 at the other edge.
        set_volatility(&mut scene, 1, 29);
        assert_eq!(review(&scene, 0).demoted, 2);
        set_volatility(&mut scene, 1, 31);
        assert_eq!(review(&scene, 2).demoted, 2);
        set_volatility(&mut scene, 1, 32);
        assert_eq!(review(&scene, 2).demoted, 0);
    }

    #[test]
    fn a_market_that_thins_out_demotes_and_one_without_limit_does_not() {
        let mut scene = scene(2, &[70]);
        let dollars =
            |cap: u64| move |scene: &mut Scene| scene.quotes[0].flow_cap = Value::dollars(cap);
        dollars(499)(&mut scene);
        assert_eq!(review(&scene, 0).left, [(0, Criterion::Liquidity)]);
        dollars(549)(&mut scene);
        assert_eq!(review(&scene, 1).demoted, 1);
        dollars(550)(&mut scene);
        assert_eq!(review(&scene, 1).demoted, 0);
        dollars(0)(&mut scene);
        assert_eq!(review(&scene, 1).demoted, 0);
    }

    /// The third is uncorrelated. The means are 0.4, 0.4 and 0; without it the others' are 0.8.
    #[test]
    fn the_least_correlated_leaves_first_and_the_others_are_measured_without_it() {
        let mut scene = scene(3, &[80, 0, 0]);
        let first = review(&scene, 0);
        assert_eq!(first.left, [(2, Criterion::Correlation)]);
        assert_eq!(review(&scene, first.demoted).left, []);
        // Its mean is measured against those that stayed: 0.54 is not enough, 0.55 is.
        scene.correlations = Correlations::new([80, 54, 54].map(|rho| rho * PERCENT).to_vec());
        assert_eq!(review(&scene, 4).demoted, 4);
        scene.correlations = Correlations::new([80, 55, 55].map(|rho| rho * PERCENT).to_vec());
        assert_eq!(review(&scene, 4).demoted, 0);
    }

    #[test]
    fn young_and_old_measurements_judge_nobody() {
        let mut scene = scene(2, &[0]);
        set_volatility(&mut scene, 0, 500);
        scene.risk.legs[0].samples = MIN_SAMPLES - 1;
        assert_eq!(review(&scene, 0), Review::default());
        assert_eq!(review(&scene, 1).demoted, 1);
        scene.risk.legs[0].samples = MIN_SAMPLES;
        let day = Seconds::hours(24);
        scene.risk.slow.last[0] = Some((Price::ONE, Seconds::new(NOW.get() - day.get() - 1)));
        assert_eq!(review(&scene, 0), Review::default());
        scene.risk.slow.last[0] = Some((Price::ONE, Seconds::new(NOW.get() - day.get())));
        assert_eq!(review(&scene, 0).demoted, 1);
    }

    #[test]
    fn an_open_class_takes_everything_and_bits_beyond_the_members_are_dropped() {
        let mut scene = scene(2, &[-90]);
        for member in &mut scene.basket.members {
            member.bands = Bands::OPEN;
        }
        set_volatility(&mut scene, 0, 2_000);
        assert_eq!(review(&scene, 0), Review::default());
        assert_eq!(review(&scene, 0b1111_1111_1111_1100).demoted, 0);
        let full = super::tests::scene(16, &[90; 120]);
        assert_eq!(review(&full, 0).demoted, 0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// On the same figures reviews come to rest, and then every member in the class is inside and nobody outside could return.
        #[test]
        fn reviews_come_to_rest(
            members in 1usize..=16,
            loadings in proptest::collection::vec(-100i64..=100, 16),
            volatilities in proptest::collection::vec(20u64..100, 16),
            young in proptest::collection::vec(proptest::bool::weighted(0.1), 16),
            mut demoted: u16,
        ) {
            let pairs = (1..members).flat_map(|i| (0..i).map(move |j| (i, j)));
            let rho: Vec<i64> = pairs.map(|(i, j)| loadings[i] * loadings[j] / 100).collect();
            let mut scene = scene(members, &rho);
            for leg in 0..members {
                set_volatility(&mut scene, leg, volatilities[leg]);
                if young[leg] {
                    scene.risk.legs[leg].samples = 0;
                }
            }
            let mut reviews = 0;
            loop {
                let next = review(&scene, demoted);
                prop_assert!(next.left.iter().all(|(leg, _)| !young[usize::from(*leg)]));
                prop_assert!(next.returned.iter().all(|leg| !young[usize::from(*leg)]));
                if next.left.is_empty() && next.returned.is_empty() {
                    break;
                }
                prop_assert!(next.demoted != demoted);
                demoted = next.demoted;
                reviews += 1;
                prop_assert!(reviews < 1_000, "no rest");
            }
            let standings = scene.with_market(|market| standings(market, demoted));
            for (leg, standing) in standings.iter().enumerate() {
                if is_set(demoted, leg) {
                    prop_assert!(standing.places != [Place::Inside; 3]);
                } else {
                    prop_assert!(standing.places.iter().all(|place| *place != Place::Outside));
                }
            }
        }
    }
}

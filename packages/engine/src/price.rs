//! How a stored price is accepted and how it is read.
//!
//! Accepting: an observation that is fresh, newer and certain enough moves the price at once when it is a small step. A step above
//! `max_step`, or one that leads further than `window_limit` from the anchor, is only remembered as *pending*. It moves the price when
//! later observations, the last of them published at least `step_interval` (`window_interval` beyond the window's limit) after the
//! first, all lie at least as far on the same side; the price then moves as far as every one of them supports. So one wick moves nothing,
//! and a crash that goes on from observation to observation is followed one observation behind.
//!
//! The *anchor* is the mean of the prices that stood before the current one, each weighted by the time it stood, over `window`. A price that
//! stood for no time has no weight: pushing twice in one transaction cannot wash the anchor. A price that stood a whole window becomes it.
//!
//! Reading: [`strict`] for borrowing and withdrawing, [`lenient`] for liquidation.

use thiserror::Error;
use wicker_math::{
    mul_div_ceil, mul_div_floor, pow10, MathError, MathResult, Price, PricePoint, Ratio, Seconds,
    Status,
};

/// No source and no reader accepts a price published later than this after the block time.
pub const MAX_FUTURE: Seconds = Seconds::new(60);

/// What readers demand of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readers {
    /// The oldest price for borrowing and withdrawing.
    pub max_age: Seconds,
    /// The oldest price for liquidation.
    pub max_age_liquidation: Seconds,
    /// The widest confidence, as a share of the price, for borrowing and withdrawing.
    pub max_confidence: Ratio,
    /// How long a new price is paired with the anchor.
    pub delay: Seconds,
}

/// The price at which to borrow and withdraw: collateral counts at `low`, debt at `high`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictPrice {
    /// The lowest of price, anchor and pending.
    pub low: Price,
    /// The highest of price, anchor and pending.
    pub high: Price,
}

/// Why a reader refuses a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unusable {
    /// Published too long ago.
    #[error("price is {age} s old, more than {max}")]
    TooOld {
        /// Seconds since it was published.
        age: u64,
        /// The reader's limit.
        max: u64,
    },
    /// Published or accepted after the block time.
    #[error("price of time {time} lies in the future of {now}")]
    Future {
        /// When it was published or accepted.
        time: u64,
        /// The block time.
        now: u64,
    },
    /// The source failed, lost its quorum or warns of the price.
    #[error("price is degraded: its source failed, lost its quorum or warns of it")]
    Degraded,
    /// Frozen by the guardian or the owner.
    #[error("price is frozen")]
    Frozen,
    /// The confidence interval is too wide.
    #[error("confidence {share} of the price is more than {max}")]
    Uncertain {
        /// Confidence as a share of the price.
        share: Ratio,
        /// The reader's limit.
        max: Ratio,
    },
}

/// The range a borrower's health is judged on; errors when the price is too old, from the future, degraded, frozen or uncertain.
pub fn strict(
    point: &PricePoint,
    readers: &Readers,
    now: Seconds,
) -> Result<StrictPrice, Unusable> {
    age_within(point, readers.max_age, now)?;
    if point.status.has(Status::FROZEN) {
        return Err(Unusable::Frozen);
    }
    if point.status.has(Status::DEGRADED) {
        return Err(Unusable::Degraded);
    }
    let share = confidence_share(point.confidence, point.price);
    if share > readers.max_confidence {
        return Err(Unusable::Uncertain {
            share,
            max: readers.max_confidence,
        });
    }
    let anchor = (point.accepted_at.plus(readers.delay) > now).then_some(point.anchor);
    let pending = point.pending.map(|(price, _)| price);
    let others = anchor.into_iter().chain(pending);
    Ok(others.fold(
        StrictPrice {
            low: point.price,
            high: point.price,
        },
        |range, other| StrictPrice {
            low: range.low.min(other),
            high: range.high.max(other),
        },
    ))
}

/// The price at which liquidation is judged: the accepted one, whatever its status; errors when it is too old or from the future.
pub fn lenient(point: &PricePoint, readers: &Readers, now: Seconds) -> Result<Price, Unusable> {
    age_within(point, readers.max_age_liquidation, now)?;
    Ok(point.price)
}

fn age_within(point: &PricePoint, max: Seconds, now: Seconds) -> Result<(), Unusable> {
    if point.publish_time > now.plus(MAX_FUTURE) {
        return Err(Unusable::Future {
            time: point.publish_time.get(),
            now: now.get(),
        });
    }
    if point.accepted_at > now {
        return Err(Unusable::Future {
            time: point.accepted_at.get(),
            now: now.get(),
        });
    }
    let age = now.since(point.publish_time);
    if age > max {
        return Err(Unusable::TooOld {
            age: age.get(),
            max: max.get(),
        });
    }
    Ok(())
}

/// Confidence as a share of the price, rounded up; the largest ratio where it does not fit.
fn confidence_share(confidence: u128, price: Price) -> Ratio {
    mul_div_ceil(confidence, Ratio::ONE.raw(), price.raw()).map_or(Ratio::MAX, Ratio::new)
}

/// What a source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The price.
    pub price: Price,
    /// When it was published.
    pub publish_time: Seconds,
    /// Half the width of its interval at 1e-24 dollars, zero when none is given.
    pub confidence: u128,
    /// How many sources agreed on it.
    pub sources: u8,
    /// The source gives the price and warns of it: liquidation follows it, borrowing waits.
    pub doubtful: bool,
}

/// The limits an observation is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guards {
    /// The oldest observation.
    pub max_age: Seconds,
    /// How far in the future an observation may be published; at most [`MAX_FUTURE`].
    pub max_future: Seconds,
    /// The widest confidence as a share of the price.
    pub max_confidence: Ratio,
    /// The largest step from the price that needs no second observation.
    pub max_step: Ratio,
    /// The least time between the first and the last observation of a larger step.
    pub step_interval: Seconds,
    /// The time over which the anchor averages.
    pub window: Seconds,
    /// The largest departure from the anchor that needs no second observation.
    pub window_limit: Ratio,
    /// The least time between the first and the last observation of a larger departure.
    pub window_interval: Seconds,
}

/// Why an observation changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Rejected {
    /// Published too long ago.
    #[error("observation is {age} s old, more than {max}")]
    TooOld {
        /// Seconds since it was published.
        age: u64,
        /// The guard.
        max: u64,
    },
    /// Published too far in the future: the clock or the unit is wrong.
    #[error("observation of time {publish_time} lies more than {max} s after {now}")]
    Future {
        /// When it says it was published.
        publish_time: u64,
        /// The block time.
        now: u64,
        /// The guard.
        max: u64,
    },
    /// Not published after what is already known.
    #[error("observation of time {publish_time} is not newer than {last}")]
    NotNewer {
        /// When it was published.
        publish_time: u64,
        /// The latest known.
        last: u64,
    },
    /// The confidence interval is too wide.
    #[error("confidence {share} of the price is more than {max}")]
    Uncertain {
        /// Confidence as a share of the price.
        share: Ratio,
        /// The guard.
        max: Ratio,
    },
    /// A number left its range.
    #[error(transparent)]
    Math(#[from] MathError),
}

/// The point after an observation; errors name why nothing changed. The bits [`Status::PENDING`] and [`Status::LIMITED`] say that the
/// observation is held back, [`Status::DEGRADED`] is lifted unless the observation is doubtful, [`Status::FROZEN`] is left as it is.
/// A doubtful observation that is not newer brings no price and still degrades the point.
pub fn observe(
    point: &Option<PricePoint>,
    seen: Observation,
    guards: &Guards,
    now: Seconds,
) -> Result<PricePoint, Rejected> {
    plausible(&seen, guards, now)?;
    let Some(point) = point else {
        return Ok(first(seen, now));
    };
    let last = point
        .pending
        .map_or(point.publish_time, |(_, time)| time.max(point.publish_time));
    if seen.publish_time <= last {
        if seen.doubtful && !point.status.has(Status::DEGRADED) {
            return Ok(degrade(point));
        }
        return Err(Rejected::NotNewer {
            publish_time: seen.publish_time.get(),
            last: last.get(),
        });
    }
    let next = accept(point, seen, guards, now)?;
    Ok(if seen.doubtful { degrade(&next) } else { next })
}

fn accept(
    point: &PricePoint,
    seen: Observation,
    guards: &Guards,
    now: Seconds,
) -> Result<PricePoint, Rejected> {
    let anchor = anchor_at(point, guards.window, now)?;
    let Some((interval, status)) = held(seen.price, point.price, anchor, guards)? else {
        return Ok(moved(point, seen, anchor, now));
    };
    let Some((supported, since)) = supported(point, seen.price) else {
        return Ok(waiting(point, (seen.price, seen.publish_time), status));
    };
    if seen.publish_time < since.plus(interval) {
        return Ok(waiting(point, (supported, since), status));
    }
    if !beyond(seen.price, supported, guards.max_step)? {
        return Ok(moved(point, seen, anchor, now));
    }
    let confirmed = Observation {
        price: supported,
        publish_time: since,
        ..seen
    };
    Ok(waiting(
        &moved(point, confirmed, anchor, now),
        (seen.price, seen.publish_time),
        status,
    ))
}

/// The point with its source marked as failed or in doubt; nothing else changes.
pub fn degrade(point: &PricePoint) -> PricePoint {
    PricePoint {
        status: point.status.with(Status::DEGRADED),
        ..*point
    }
}

fn plausible(seen: &Observation, guards: &Guards, now: Seconds) -> Result<(), Rejected> {
    if seen.publish_time > now.plus(guards.max_future.min(MAX_FUTURE)) {
        let (publish_time, now, max) =
            (seen.publish_time.get(), now.get(), guards.max_future.get());
        return Err(Rejected::Future {
            publish_time,
            now,
            max,
        });
    }
    let age = now.since(seen.publish_time);
    if age > guards.max_age {
        return Err(Rejected::TooOld {
            age: age.get(),
            max: guards.max_age.get(),
        });
    }
    let share = confidence_share(seen.confidence, seen.price);
    if share > guards.max_confidence {
        return Err(Rejected::Uncertain {
            share,
            max: guards.max_confidence,
        });
    }
    Ok(())
}

fn first(seen: Observation, now: Seconds) -> PricePoint {
    let doubt = if seen.doubtful {
        Status::DEGRADED
    } else {
        Status::OK
    };
    PricePoint {
        status: doubt,
        sources: seen.sources,
        price: seen.price,
        publish_time: seen.publish_time,
        accepted_at: now,
        confidence: seen.confidence,
        anchor: seen.price,
        anchor_at: now,
        pending: None,
    }
}

/// The anchor with the current price weighted in by the time it has stood: `anchor + (price - anchor) * min(1, stood / window)`.
fn anchor_at(point: &PricePoint, window: Seconds, now: Seconds) -> MathResult<Price> {
    let stood = now.since(point.accepted_at);
    if stood >= window {
        return Ok(point.price);
    }
    let (from, to) = (point.anchor.raw(), point.price.raw());
    let step = mul_div_floor(from.abs_diff(to), stood.get().into(), window.get().into())?;
    let mixed = if to > from {
        from.saturating_add(step)
    } else {
        from.saturating_sub(step)
    };
    Price::new(mixed)
}

/// The interval and status bits that hold an observation back; `None` when it moves the price at once.
fn held(
    seen: Price,
    price: Price,
    anchor: Price,
    guards: &Guards,
) -> MathResult<Option<(Seconds, Status)>> {
    // Returning toward the anchor is never a departure from it.
    let away = (seen > price) == (seen > anchor);
    if away && beyond(seen, anchor, guards.window_limit)? {
        let interval = guards.window_interval.max(guards.step_interval);
        return Ok(Some((interval, Status::PENDING.with(Status::LIMITED))));
    }
    let step = beyond(seen, price, guards.max_step)?;
    Ok(step.then_some((guards.step_interval, Status::PENDING)))
}

/// True when `to` differs from `from` by more than `limit` of `from`; the share is rounded up.
pub fn beyond(to: Price, from: Price, limit: Ratio) -> MathResult<bool> {
    let (to, from) = (to.raw(), from.raw());
    let step = mul_div_ceil(to.abs_diff(from), Ratio::ONE.raw(), from)?;
    Ok(step > limit.raw())
}

/// How far the pending step and this observation both go, and since when; `None` unless they lie on the same side of the price.
fn supported(point: &PricePoint, seen: Price) -> Option<(Price, Seconds)> {
    let (pending, since) = point.pending?;
    match (pending > point.price, seen > point.price) {
        (true, true) => Some((pending.min(seen), since)),
        (false, false) => Some((pending.max(seen), since)),
        _ => None,
    }
}

fn moved(point: &PricePoint, seen: Observation, anchor: Price, now: Seconds) -> PricePoint {
    let held = Status::PENDING.with(Status::LIMITED).with(Status::DEGRADED);
    PricePoint {
        status: point.status.without(held),
        sources: seen.sources,
        price: seen.price,
        publish_time: seen.publish_time,
        accepted_at: now,
        confidence: seen.confidence,
        anchor,
        anchor_at: now,
        pending: None,
    }
}

fn waiting(point: &PricePoint, pending: (Price, Seconds), held: Status) -> PricePoint {
    let cleared = Status::PENDING.with(Status::LIMITED).with(Status::DEGRADED);
    PricePoint {
        status: point.status.without(cleared).with(held),
        pending: Some(pending),
        ..*point
    }
}

/// Why several reports make no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoConsensus {
    /// Too few fresh reports agree.
    #[error("{agreeing} of {fresh} fresh reports agree, quorum is {quorum} and more than half")]
    Quorum {
        /// Reports near the median.
        agreeing: usize,
        /// Reports young enough.
        fresh: usize,
        /// How many must agree.
        quorum: usize,
    },
    /// A number left its range.
    #[error(transparent)]
    Math(#[from] MathError),
}

/// One observation out of many: the median of those within `max_spread` of the median, which must be a quorum and more than half of
/// all given. Its publish time is the latest at which a quorum had reported. Give only fresh reports.
pub fn consensus(
    reports: &[Observation],
    max_spread: Ratio,
    quorum: usize,
) -> Result<Observation, NoConsensus> {
    let quorum = quorum.max(1);
    let mut sorted = reports.to_vec();
    sorted.sort_by_key(|report| report.price);
    let lack = |agreeing| NoConsensus::Quorum {
        agreeing,
        fresh: reports.len(),
        quorum,
    };
    let middle = sorted
        .get(sorted.len().saturating_sub(1) / 2)
        .ok_or(lack(0))?
        .price;
    let mut agreeing = Vec::with_capacity(sorted.len());
    for report in sorted {
        if !beyond(report.price, middle, max_spread)? {
            agreeing.push(report);
        }
    }
    let count = agreeing.len();
    if count < quorum || count.saturating_mul(2) <= reports.len() {
        return Err(lack(count));
    }
    let mut times: Vec<_> = agreeing.iter().map(|report| report.publish_time).collect();
    times.sort_by(|a, b| b.cmp(a));
    let (low, high) = (agreeing.get((count - 1) / 2), agreeing.get(count / 2));
    let (low, high, time) = match (low, high, times.get(quorum - 1)) {
        (Some(low), Some(high), Some(time)) => (low.price.raw(), high.price.raw(), *time),
        _ => return Err(lack(count)),
    };
    let stated = agreeing
        .iter()
        .map(|report| report.confidence)
        .max()
        .unwrap_or(0);
    let spread = agreeing
        .iter()
        .map(|report| report.price.raw().abs_diff(middle.raw()))
        .max()
        .unwrap_or(0);
    Ok(Observation {
        price: Price::new(low + (high - low) / 2)?,
        publish_time: time,
        confidence: stated.max(spread),
        sources: u8::try_from(count).unwrap_or(u8::MAX),
        doubtful: agreeing.iter().any(|report| report.doubtful),
    })
}

/// Why a text is no price.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadPrice {
    /// Not plain digits with at most one point: no sign, exponent, space or empty text.
    #[error("price of {0} characters is not a plain decimal such as 12.5")]
    Format(usize),
    /// More than 24 places.
    #[error("price has {0} decimal places, more than 24")]
    Places(usize),
    /// Outside the range of prices; zero too.
    #[error(transparent)]
    Range(#[from] MathError),
}

/// A price from plain decimal text such as `12.5`, exactly; errors on anything else and outside the range of prices.
pub fn parse(text: &str) -> Result<Price, BadPrice> {
    Ok(Price::new(parse_width(text)?)?)
}

/// Dollars at 1e-24 from plain decimal text, exactly, zero and less than the lowest price too: for confidences. Errors on anything else.
pub fn parse_width(text: &str) -> Result<u128, BadPrice> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > 40 || !digits(whole) || !digits(places) {
        return Err(BadPrice::Format(text.len()));
    }
    let missing = u32::try_from(places.len())
        .ok()
        .and_then(|given| Price::PLACES.checked_sub(given))
        .ok_or(BadPrice::Places(places.len()))?;
    let number: Option<u128> = format!("{whole}{places}").parse().ok();
    let raw = number.and_then(|number| number.checked_mul(pow10(missing).ok()?));
    Ok(raw.ok_or(MathError::Overflow("price"))?)
}

/// The plain decimal text of a price, exactly: what [`parse`] reads.
pub fn format(price: Price) -> String {
    format_width(price.raw())
}

/// The plain decimal text of dollars at 1e-24, exactly: what [`parse_width`] reads.
pub fn format_width(raw: u128) -> String {
    let one = Price::ONE.raw();
    let text = format!("{}.{:024}", raw / one, raw % one);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = Seconds::new(1_700_000_000);

    fn dollars(text: &str) -> Price {
        parse(text).unwrap()
    }

    fn seen(price: &str, time: Seconds) -> Observation {
        Observation {
            price: dollars(price),
            publish_time: time,
            confidence: 0,
            sources: 1,
            doubtful: false,
        }
    }

    fn guards() -> Guards {
        Guards {
            max_age: Seconds::new(300),
            max_future: Seconds::new(10),
            max_confidence: Ratio::percent(2),
            max_step: Ratio::percent(10),
            step_interval: Seconds::new(30),
            window: Seconds::new(3_600),
            window_limit: Ratio::percent(25),
            window_interval: Seconds::new(60),
        }
    }

    fn readers() -> Readers {
        Readers {
            max_age: Seconds::new(600),
            max_age_liquidation: Seconds::hours(24),
            max_confidence: Ratio::percent(1),
            delay: Seconds::new(300),
        }
    }

    fn at(seconds: u64) -> Seconds {
        NOW.plus(Seconds::new(seconds))
    }

    fn start(price: &str) -> Option<PricePoint> {
        Some(observe(&None, seen(price, NOW), &guards(), NOW).unwrap())
    }

    fn push(point: &mut Option<PricePoint>, price: &str, seconds: u64) {
        *point = Some(observe(point, seen(price, at(seconds)), &guards(), at(seconds)).unwrap());
    }

    #[test]
    fn prc_6_a_step_at_the_limit_moves_and_one_unit_more_waits() {
        let mut point = start("10");
        push(&mut point, "11", 60);
        assert_eq!(point.unwrap().price, dollars("11"));
        let mut point = start("10");
        push(&mut point, "11.000000000000000000000001", 60);
        let held = point.unwrap();
        assert_eq!(held.price, dollars("10"));
        assert!(held.status.has(Status::PENDING));
        assert_eq!(lenient(&held, &readers(), at(60)), Ok(dollars("10")));
    }

    #[test]
    fn prc_6_a_wick_moves_nothing_and_is_forgotten() {
        let mut point = start("66.10");
        push(&mut point, "58.44", 60);
        assert_eq!(point.unwrap().price, dollars("66.10"));
        push(&mut point, "66", 120);
        assert_eq!(point.unwrap().pending, None);
        assert_eq!(point.unwrap().status, Status::OK);
    }

    #[test]
    fn prc_6_the_second_observation_moves_the_price_at_the_interval_and_not_before() {
        let mut point = start("10");
        push(&mut point, "8", 60);
        push(&mut point, "7.9", 89);
        assert_eq!(point.unwrap().price, dollars("10"));
        push(&mut point, "7.9", 90);
        assert_eq!(point.unwrap().price, dollars("7.9"));
    }

    #[test]
    fn prc_6_a_collapse_observed_hourly_is_followed_one_observation_behind() {
        let mut point = start("80");
        for (hour, price) in ["50", "30", "12", "4", "1.5", "0.4", "0.1", "0.1"]
            .iter()
            .enumerate()
        {
            push(&mut point, price, 3_600 * (hour as u64 + 1));
        }
        assert_eq!(point.unwrap().price, dollars("0.1"));
        let mut point = start("80");
        push(&mut point, "50", 3_600);
        push(&mut point, "30", 7_200);
        assert_eq!(point.unwrap().price, dollars("50"));
        assert_eq!(point.unwrap().pending, Some((dollars("30"), at(7_200))));
    }

    #[test]
    fn prc_6_a_slow_walk_meets_the_limit_of_the_window() {
        let (mut point, mut walk) = (start("100"), vec![100.0f64]);
        for block in 1..=100usize {
            walk.push(walk[block - 1] * 1.09);
            let time = at(6 * block as u64);
            let next = seen(&format!("{:.6}", walk[block]), time);
            point = Some(observe(&point, next, &guards(), time).unwrap());
            let stood = point.unwrap();
            // Beyond the limit only what has been supported for a whole interval counts.
            let bar = walk[block.saturating_sub(10)].max(125.0) * 1.001;
            assert!(stood.price <= dollars(&format!("{bar:.6}")), "{stood:?}");
            let range = strict(&stood, &readers(), time).unwrap();
            assert!(range.low <= stood.anchor && range.low < stood.price || block < 2);
        }
        assert!(point.unwrap().status.has(Status::LIMITED));
    }

    #[test]
    fn prc_6_a_crash_of_forty_percent_in_an_hour_in_small_steps_is_followed() {
        let mut point = start("100");
        for step in 1..=12u64 {
            let price = format!("{:.6}", 100.0 * 0.6f64.powf(step as f64 / 12.0));
            push(&mut point, &price, 300 * step);
        }
        assert!(
            point.unwrap().price < dollars("64"),
            "{}",
            point.unwrap().price
        );
    }

    #[test]
    fn prc_3_equal_older_and_future_times_never_move_the_price() {
        let point = start("10");
        for time in [NOW, Seconds::new(NOW.get() - 1)] {
            let result = observe(&point, seen("10.1", time), &guards(), NOW);
            assert!(matches!(result, Err(Rejected::NotNewer { .. })));
        }
        for time in [at(11), Seconds::new(u64::MAX)] {
            assert!(matches!(
                observe(&point, seen("10.1", time), &guards(), NOW),
                Err(Rejected::Future { .. })
            ));
        }
        assert!(observe(&point, seen("10.1", at(10)), &guards(), NOW).is_ok());
        let old = seen("10", Seconds::new(0));
        assert!(matches!(
            observe(&point, old, &guards(), NOW),
            Err(Rejected::TooOld { .. })
        ));
        assert!(observe(&None, seen("1", NOW), &guards(), at(300)).is_ok());
        assert!(observe(&None, seen("1", NOW), &guards(), at(301)).is_err());
    }

    #[test]
    fn prc_4_milliseconds_and_nanoseconds_are_refused() {
        for factor in [1_000, 1_000_000_000] {
            let time = Seconds::new(NOW.get() * factor);
            assert!(matches!(
                observe(&None, seen("1", time), &guards(), NOW),
                Err(Rejected::Future { .. })
            ));
        }
    }

    #[test]
    fn prc_10_pushing_twice_does_not_wash_the_anchor() {
        let mut point = start("10");
        push(&mut point, "10.9", 4_000);
        push(&mut point, "11.8", 4_001);
        let range = strict(&point.unwrap(), &readers(), at(4_001)).unwrap();
        assert!(range.low < dollars("10.001"), "{}", range.low);
        assert_eq!(range.high, dollars("11.8"));
        let later = strict(&point.unwrap(), &readers(), at(4_301)).unwrap();
        assert_eq!(later.low, dollars("11.8"));
    }

    #[test]
    fn prc_10_a_pending_step_widens_the_range_for_borrowers_only() {
        let mut point = start("10");
        push(&mut point, "5", 400);
        let point = point.unwrap();
        assert_eq!(
            strict(&point, &readers(), at(400)).unwrap().low,
            dollars("5")
        );
        assert_eq!(lenient(&point, &readers(), at(400)), Ok(dollars("10")));
    }

    #[test]
    fn bor_5_a_price_is_read_to_its_last_second() {
        let point = start("10").unwrap();
        assert!(strict(&point, &readers(), at(600)).is_ok());
        assert_eq!(
            strict(&point, &readers(), at(601)),
            Err(Unusable::TooOld { age: 601, max: 600 })
        );
        assert!(lenient(&point, &readers(), at(86_400)).is_ok());
        assert!(lenient(&point, &readers(), at(86_401)).is_err());
        assert!(matches!(
            lenient(&point, &readers(), Seconds::new(5)),
            Err(Unusable::Future { .. })
        ));
    }

    #[test]
    fn prc_11_degraded_and_frozen_stop_borrowers_and_not_liquidators() {
        let point = degrade(&start("10").unwrap());
        assert_eq!(strict(&point, &readers(), NOW), Err(Unusable::Degraded));
        assert_eq!(lenient(&point, &readers(), NOW), Ok(dollars("10")));
        let frozen = PricePoint {
            status: Status::FROZEN,
            ..point
        };
        assert_eq!(strict(&frozen, &readers(), NOW), Err(Unusable::Frozen));
        let wide = PricePoint {
            status: Status::OK,
            confidence: dollars("0.1").raw() + 1,
            ..point
        };
        assert!(matches!(
            strict(&wide, &readers(), NOW),
            Err(Unusable::Uncertain { .. })
        ));
        let exact = PricePoint {
            confidence: dollars("0.1").raw(),
            ..wide
        };
        assert!(strict(&exact, &readers(), NOW).is_ok());
    }

    #[test]
    fn prc_11_a_doubtful_price_moves_for_liquidators_and_stops_borrowers_until_a_newer_clean_one() {
        let doubtful = |price: &str, seconds| Observation {
            doubtful: true,
            ..seen(price, at(seconds))
        };
        let observed = |point: &Option<PricePoint>, seen, seconds| {
            observe(point, seen, &guards(), at(seconds))
        };
        let first = observed(&None, doubtful("10", 0), 0).unwrap();
        assert_eq!(strict(&first, &readers(), NOW), Err(Unusable::Degraded));
        let moved = observed(&start("10"), doubtful("9.5", 60), 60).unwrap();
        assert_eq!(strict(&moved, &readers(), at(60)), Err(Unusable::Degraded));
        assert_eq!(lenient(&moved, &readers(), at(60)), Ok(dollars("9.5")));
        let held = observed(&start("10"), doubtful("5", 60), 60).unwrap();
        assert!(held.status.has(Status::PENDING.with(Status::DEGRADED)));
        // The same observation, doubted later: no new price, and no borrowing.
        let warned = observed(&start("10"), doubtful("3", 0), 60).unwrap();
        assert_eq!(warned, degrade(&start("10").unwrap()));
        for again in [doubtful("10", 0), seen("10", NOW)] {
            let result = observed(&Some(warned), again, 60);
            assert!(matches!(result, Err(Rejected::NotNewer { .. })));
        }
        let clean = observed(&Some(warned), seen("10", at(1)), 60).unwrap();
        assert_eq!(clean.status, Status::OK);
    }

    #[test]
    fn prc_5_the_median_answers_and_a_lone_writer_never_wins() {
        let of = |prices: &[&str]| {
            prices
                .iter()
                .map(|price| seen(price, NOW))
                .collect::<Vec<_>>()
        };
        let harbor = consensus(&of(&["10", "10", "0.02"]), Ratio::percent(5), 2).unwrap();
        assert_eq!((harbor.price, harbor.sources), (dollars("10"), 2));
        for quorum in [1, 2] {
            assert!(consensus(&of(&["10", "20"]), Ratio::percent(5), quorum).is_err());
        }
        assert!(consensus(&of(&["10", "20", "30"]), Ratio::percent(5), 2).is_err());
        assert!(consensus(&[], Ratio::percent(5), 0).is_err());
        assert_eq!(
            consensus(&of(&["10", "10.2"]), Ratio::percent(5), 2)
                .unwrap()
                .price,
            dollars("10.1")
        );
    }

    #[test]
    fn prc_2_only_plain_decimals_are_prices() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e5", "NaN", "inf", " 1", "0", "0.0", "1_0", "1.2.3",
            "٣",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"9".repeat(60)).is_err());
        assert!(parse("0.1234567890123456789012345").is_err());
        for text in [
            "0.000000000001",
            "1000000000",
            "66.1",
            "0.123456789012345678901234",
        ] {
            assert_eq!(format(dollars(text)), text);
        }
        assert!(parse("1000000000.1").is_err());
        for (text, raw) in [
            ("0", 0),
            ("0.000000000000000000000001", 1),
            ("100", 10u128.pow(26)),
        ] {
            assert_eq!(parse_width(text), Ok(raw));
            assert_eq!(format_width(raw), text);
        }
        assert!(parse_width("340282366920938.463463374607431768211455").is_ok());
        assert!(parse_width("340282366920938.463463374607431768211456").is_err());
        assert!(parse_width("-1").is_err());
    }
}

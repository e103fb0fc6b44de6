//! What is believed of one denom: observations in, a decision out, with the reason for each observation that is dropped.
//!
//! An observation is dropped when it is too old, lies in the future or comes twice from one input. The *median* of the rest is the middle
//! one, and of an even number the lower of the middle two: it is always a price that an input gave. What lies further than `max_deviation`
//! from it is an outlier and dropped. Of those that agree the price is the median, here of an even number the mean of the middle two, as
//! the oracle computes it of feeders. At least `inputs` and more than half of all that were fresh must lie within `max_deviation` of
//! this price too. Its time is the latest at which `inputs` of them had spoken.
//!
//! A price further than `max_step` from the one reported last waits until a later one confirms it: on the same side, at least
//! `step_interval` younger, and within `max_step` of the one seen just before it. What moves less than `min_change` is reported when
//! the last report is `heartbeat` old.

use thiserror::Error;
use wicker_engine::price::{beyond, consensus, Observation};
use wicker_math::{Price, Ratio, Seconds};

/// What observations of a denom are held to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How many inputs must agree.
    pub inputs: usize,
    /// The oldest observation.
    pub max_age: Seconds,
    /// How far in the future one may lie.
    pub max_future: Seconds,
    /// The largest distance from the median.
    pub max_deviation: Ratio,
    /// The largest step from the last report that needs no second look.
    pub max_step: Ratio,
    /// The least time between the first and the last look at a larger step.
    pub step_interval: Seconds,
    /// A smaller change waits for the heartbeat.
    pub min_change: Ratio,
    /// The longest time between two reports.
    pub heartbeat: Seconds,
}

/// A price and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Dollars for one whole token.
    pub price: Price,
    /// When it held.
    pub time: Seconds,
}

/// What an input says of the denom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The input.
    pub input: String,
    /// What it says.
    pub quote: Quote,
}

/// A large step that was seen and waits for a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// When it was first seen.
    pub since: Seconds,
    /// What was seen last.
    pub newest: Quote,
}

/// What is remembered of a denom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// The last report.
    pub last: Option<Quote>,
    /// A step that waits.
    pub waiting: Option<Waiting>,
}

/// An observation that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The input.
    pub input: String,
    /// Why.
    pub why: Doubt,
}

/// Why an observation does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Doubt {
    /// Too old.
    #[error("{age} s old, more than {max}")]
    Stale {
        /// Its age.
        age: u64,
        /// The limit.
        max: u64,
    },
    /// In the future.
    #[error("{ahead} s in the future, more than {max}")]
    Future {
        /// How far.
        ahead: u64,
        /// The limit.
        max: u64,
    },
    /// The input speaks twice.
    #[error("the input says it twice")]
    Twice,
    /// Far from the others.
    #[error("too far from the median {median}")]
    Outlier {
        /// The median of all that are fresh.
        median: Price,
    },
}

impl Doubt {
    /// One word for counting.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Stale { .. } => "stale",
            Self::Future { .. } => "future",
            Self::Twice => "twice",
            Self::Outlier { .. } => "outlier",
        }
    }
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Tell the oracle.
    Report(Quote, Cause),
    /// Tell it nothing.
    Hold(Hold),
}

/// Why a price is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// There was none before.
    First,
    /// It has changed.
    Change,
    /// A large step was seen twice.
    Step,
    /// The last report is old.
    Heartbeat,
}

impl Cause {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::First => "the first",
            Self::Change => "it has changed",
            Self::Step => "a large step was seen twice",
            Self::Heartbeat => "the last report is old",
        }
    }
}

/// Why nothing is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Hold {
    /// Too few inputs agree.
    #[error("{agreeing} of {fresh} fresh inputs agree, {needed} and more than half must")]
    Few {
        /// Inputs near the price.
        agreeing: usize,
        /// Inputs that are fresh.
        fresh: usize,
        /// How many must agree.
        needed: usize,
    },
    /// Not newer than the last report.
    #[error("of time {time}, not after the last report's {last}")]
    NotNewer {
        /// Its time.
        time: u64,
        /// The last report's.
        last: u64,
    },
    /// A large step that was not seen again yet.
    #[error("a step to {price} since {since} waits to be seen again")]
    Step {
        /// Where to.
        price: Price,
        /// When it was first seen.
        since: u64,
    },
    /// Nothing has changed and the last report is young.
    #[error("nothing new")]
    Quiet,
}

/// What came of a denom's observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What to do.
    pub decision: Decision,
    /// What the inputs agree on, where they do.
    pub agreed: Option<Quote>,
    /// What did not count, by input.
    pub dropped: Vec<Dropped>,
    /// The step that waits from now on.
    pub waiting: Option<Waiting>,
}

/// Judges what inputs say of a denom now. Their order does not matter.
pub fn judge(policy: &Policy, memory: &Memory, seen: &[Seen], now: Seconds) -> Judged {
    let mut dropped = Vec::new();
    let fresh = fresh(policy, seen, now, &mut dropped);
    let agreed = agree(policy, &fresh, &mut dropped);
    dropped.sort_by(|one, other| one.input.cmp(&other.input));
    let (decision, agreed, waiting) = match agreed {
        Err(hold) => (Decision::Hold(hold), None, memory.waiting),
        Ok(quote) => {
            let (decision, waiting) = decide(policy, memory, quote, now);
            (decision, Some(quote), waiting)
        }
    };
    Judged {
        decision,
        agreed,
        dropped,
        waiting,
    }
}

/// Those that are young enough, one an input. What lies a little ahead counts as of now.
fn fresh(policy: &Policy, seen: &[Seen], now: Seconds, dropped: &mut Vec<Dropped>) -> Vec<Seen> {
    let mut fresh = Vec::new();
    for one in seen {
        let time = one.quote.time;
        let (age, ahead) = (now.since(time), time.since(now));
        let twice = seen.iter().filter(|other| other.input == one.input).count() > 1;
        let why = if twice {
            Doubt::Twice
        } else if age > policy.max_age {
            Doubt::Stale {
                age: age.get(),
                max: policy.max_age.get(),
            }
        } else if ahead > policy.max_future {
            Doubt::Future {
                ahead: ahead.get(),
                max: policy.max_future.get(),
            }
        } else {
            let time = time.min(now);
            fresh.push(Seen {
                quote: Quote { time, ..one.quote },
                ..one.clone()
            });
            continue;
        };
        dropped.push(Dropped {
            input: one.input.clone(),
            why,
        });
    }
    fresh.sort_by_key(|one| one.quote.price);
    fresh
}

/// The price of those near the median, given by price.
fn agree(policy: &Policy, fresh: &[Seen], dropped: &mut Vec<Dropped>) -> Result<Quote, Hold> {
    let few = |agreeing| {
        Err(Hold::Few {
            agreeing,
            fresh: fresh.len(),
            needed: policy.inputs,
        })
    };
    let Some(median) = fresh.get(fresh.len().saturating_sub(1) / 2) else {
        return few(0);
    };
    let median = median.quote.price;
    let mut near = Vec::new();
    for one in fresh {
        if far(one.quote.price, median, policy.max_deviation) {
            dropped.push(Dropped {
                input: one.input.clone(),
                why: Doubt::Outlier { median },
            });
        } else {
            near.push(observation(one.quote));
        }
    }
    let Ok(price) = consensus(&near, policy.max_deviation, policy.inputs) else {
        return few(near.len());
    };
    // The middle of those left may lie elsewhere than the middle of all.
    let close = |one: &&Observation| !far(one.price, price.price, policy.max_deviation);
    let agreeing = near.iter().filter(close).count();
    if agreeing < policy.inputs || agreeing.saturating_mul(2) <= fresh.len() {
        return few(agreeing);
    }
    Ok(Quote {
        price: price.price,
        time: price.publish_time,
    })
}

fn observation(quote: Quote) -> Observation {
    Observation {
        price: quote.price,
        publish_time: quote.time,
        confidence: 0,
        sources: 1,
        doubtful: false,
    }
}

/// True when `to` differs from `from` by more than `limit` of `from`. A share that no number holds is more.
fn far(to: Price, from: Price, limit: Ratio) -> bool {
    beyond(to, from, limit).unwrap_or(true)
}

/// Whether an agreed price is reported, and the step that waits.
fn decide(
    policy: &Policy,
    memory: &Memory,
    quote: Quote,
    now: Seconds,
) -> (Decision, Option<Waiting>) {
    let Some(last) = memory.last else {
        return (Decision::Report(quote, Cause::First), None);
    };
    if quote.time <= last.time {
        let (time, last) = (quote.time.get(), last.time.get());
        return (
            Decision::Hold(Hold::NotNewer { time, last }),
            memory.waiting,
        );
    }
    if far(quote.price, last.price, policy.max_step) {
        return step(policy, memory.waiting, last, quote);
    }
    let decision = if far(quote.price, last.price, policy.min_change) {
        Decision::Report(quote, Cause::Change)
    } else if now.since(last.time) >= policy.heartbeat {
        Decision::Report(quote, Cause::Heartbeat)
    } else {
        Decision::Hold(Hold::Quiet)
    };
    (decision, None)
}

/// A large step: reported when it was seen before, and remembered otherwise.
fn step(
    policy: &Policy,
    waiting: Option<Waiting>,
    last: Quote,
    quote: Quote,
) -> (Decision, Option<Waiting>) {
    let up = |price: Price| price > last.price;
    let before = waiting.filter(|waiting| up(waiting.newest.price) == up(quote.price));
    let Some(before) = before else {
        let since = quote.time;
        return held(Waiting {
            since,
            newest: quote,
        });
    };
    // The same look again is not a second one.
    if quote.time <= before.newest.time {
        return held(before);
    }
    let again = !far(quote.price, before.newest.price, policy.max_step);
    if again && quote.time >= before.since.plus(policy.step_interval) {
        // It waits on until the report is made.
        let waiting = Waiting {
            newest: quote,
            ..before
        };
        return (Decision::Report(quote, Cause::Step), Some(waiting));
    }
    held(Waiting {
        newest: quote,
        ..before
    })
}

fn held(waiting: Waiting) -> (Decision, Option<Waiting>) {
    let hold = Hold::Step {
        price: waiting.newest.price,
        since: waiting.since.get(),
    };
    (Decision::Hold(hold), Some(waiting))
}

//! A user's collateral and debt over the baskets that are open to both, for the least total margin. Everything is placed, so that the
//! least margin is also the most equity to spare. Every figure that is shown is the engine's.

pub mod cone;
pub mod greedy;
pub mod ground;
pub mod users;

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::books::Study;
use crate::history::History;
use crate::measure::{tracks, Track};
use crate::parallel::each;
use crate::scenario::{clock, unix};
use crate::study::{StudyError, Watch};

use cone::{least, Found};
use greedy::{even, improved, starts};
use ground::{Ground, Position, Split};
use users::{User, Users};

/// By what share the balanced split may need more than the least margin.
const NEAR: f64 = 0.001;
/// Equity over margin beyond which no balance is looked for, and halvings that find it.
const MOST_EQUITY: f64 = 10.0;
const HALVINGS: usize = 20;

/// A finished allocation.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The hour whose measurements hold.
    pub at: String,
    /// Equity that new debt needs, in multiples of the maintenance margin.
    pub initial: f64,
    /// The users.
    pub users: Vec<UserReport>,
}

/// A user's choices.
#[derive(Debug, Clone, Serialize)]
pub struct UserReport {
    /// The name.
    pub user: String,
    /// Dollars of margin that no split goes under; `None` when every split leaves some position under its initial margin.
    pub bound: Option<f64>,
    /// What the solver said when it found neither a split nor that there is none.
    pub stuck: Option<String>,
    /// The ways to split.
    pub splits: Vec<Outcome>,
}

/// A way to split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The cone programme.
    Exact,
    /// Of the splits within a thousandth of the least margin, the one whose weakest position is the strongest.
    Balanced,
    /// Slices, moved until no move helps.
    Greedy,
    /// Everything evenly over the baskets that take it, debt by collateral.
    Even,
    /// All in the basket that has the most to spare; what it does not take stays with the user.
    OneBasket,
}

impl Rule {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Balanced => "balanced",
            Self::Greedy => "greedy",
            Self::Even => "even",
            Self::OneBasket => "one basket",
        }
    }
}

/// What came of a way to split, in dollars.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Which way.
    pub rule: Rule,
    /// Its positions.
    pub positions: Vec<Position>,
    /// Collateral that is not placed.
    pub outside: f64,
    /// The sum of maintenance margins.
    pub margin: f64,
    /// Equity over the margins, summed.
    pub spare: f64,
    /// The lowest equity over margin of a position that owes.
    pub lowest: f64,
    /// Every position has its initial margin.
    pub passes: bool,
}

/// Splits what every user holds and owes.
pub fn allocate(
    study: &Study,
    users: &Users,
    history: &History,
    watch: Watch<'_>,
) -> Result<Report, StudyError> {
    let hour = hour(users, history)?;
    let tracks = tracks(study, history, watch)?;
    let (done, of) = (AtomicUsize::new(0), users.users.len());
    let found = each(&users.users, |user| {
        let found = choices((study, &tracks), (users, user), hour);
        watch(done.fetch_add(1, Ordering::Relaxed) + 1, of);
        found
    })?;
    Ok(Report {
        at: clock(history.time(hour)),
        initial: users.initial,
        users: found,
    })
}

/// The last hour of prices, or the hour that is asked for.
fn hour(users: &Users, history: &History) -> Result<usize, StudyError> {
    let last = history.hours().saturating_sub(1);
    let (from, to) = (history.start, history.time(last));
    match users.at.as_ref().map(unix) {
        None => Ok(last),
        Some(at) if (from..=to).contains(&at) => Ok(history.hour_of(at)),
        Some(at) => Err(StudyError::Outside { at, from, to }),
    }
}

fn choices(
    measured: (&Study, &[Track]),
    (users, user): (&Users, &User),
    hour: usize,
) -> Result<UserReport, StudyError> {
    let ground = Ground::new(measured, (users, user), hour);
    let mut splits = Vec::new();
    let mut stuck = None;
    let bound = match least(&ground)? {
        Found::Best(split, bound) => {
            splits.push(outcome(&ground, Rule::Exact, &split)?);
            splits.push(outcome(
                &ground,
                Rule::Balanced,
                &balanced(&ground, &split, bound)?,
            )?);
            Some(bound)
        }
        Found::Nothing => None,
        Found::Stuck(why) => {
            stuck = Some(why);
            None
        }
    };
    splits.push(outcome(&ground, Rule::Greedy, &greedily(&ground)?)?);
    splits.push(outcome(&ground, Rule::Even, &even(&ground))?);
    splits.extend(one_basket(&ground)?);
    Ok(UserReport {
        user: user.name.clone(),
        bound,
        stuck,
        splits,
    })
}

/// The least margin often leaves open where a debt stands, and the programme then takes a split that leaves a position at its edge. This asks
/// every position for more equity while the sum of margins stays within a thousandth of the least.
pub fn balanced(ground: &Ground<'_>, exact: &Split, bound: f64) -> Result<Split, StudyError> {
    let (mut low, mut high) = (ground.initial, MOST_EQUITY);
    let mut best = exact.clone();
    for _ in 0..HALVINGS {
        let stricter = Ground {
            initial: (low + high) / 2.0,
            ..ground.clone()
        };
        match least(&stricter)? {
            Found::Best(split, needed) if needed <= bound * (1.0 + NEAR) => {
                (low, best) = (stricter.initial, split);
            }
            _ => high = stricter.initial,
        }
    }
    Ok(best)
}

/// The best that any start leads to.
pub fn greedily(ground: &Ground<'_>) -> Result<Split, StudyError> {
    let found = each(starts(ground)?, |start| improved(ground, &start))?;
    let best = found
        .into_iter()
        .min_by(|(_, one), (_, other)| one.total_cmp(other));
    Ok(best.map_or_else(|| ground.empty(), |(split, _)| ground.tidied(&split)))
}

/// What a split comes to.
pub fn outcome(ground: &Ground<'_>, rule: Rule, split: &Split) -> Result<Outcome, StudyError> {
    let positions = ground.judge(split)?;
    let sum = |of: fn(&Position) -> f64| positions.iter().map(of).sum::<f64>();
    let held: f64 = (0..ground.held).map(|good| ground.dollars(good)).sum();
    let placed = sum(|one| one.holds.values().sum());
    let owing = positions.iter().filter(|one| one.owes > 0.0);
    let lowest = owing
        .map(|one| one.equity / one.margin)
        .fold(f64::INFINITY, f64::min);
    // Sums of dollars in floats: under a millionth of a holding is rounding.
    let outside = Some(held - placed).filter(|left| *left > 1e-6 * held);
    Ok(Outcome {
        rule,
        outside: outside.unwrap_or(0.0),
        margin: sum(|one| one.margin),
        spare: sum(|one| one.equity - one.margin),
        lowest,
        passes: positions.iter().all(|one| one.passes(ground.initial)),
        positions,
    })
}

/// The basket that alone leaves the most to spare; none when more than one debt is owed.
fn one_basket(ground: &Ground<'_>) -> Result<Option<Outcome>, StudyError> {
    if ground.goods.len() > ground.held + 1 {
        return Ok(None);
    }
    let mut best: Option<Outcome> = None;
    for (at, place) in ground.places.iter().enumerate() {
        let mut split = ground.empty();
        if let Some(entries) = split.get_mut(at) {
            for (entry, dollars) in place.entries.iter().zip(entries) {
                *dollars = ground.dollars(entry.good);
            }
        }
        let found = outcome(ground, Rule::OneBasket, &split)?;
        let better = |best: &Outcome| (found.passes, found.spare) > (best.passes, best.spare);
        if best.as_ref().is_none_or(better) {
            best = Some(found);
        }
    }
    Ok(best)
}

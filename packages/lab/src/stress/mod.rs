//! Stress: incidents and drawn paths through the real contracts, in a market that liquidations push down, under four rules of how much
//! is liquidated. Debt at the start is equal, for the rules differ in nothing that opening a position asks for.

pub mod draw;
pub mod outcome;
pub mod plan;
pub mod random;
pub mod shards;
pub mod town;

use std::path::Path;

use serde::Serialize;

use crate::error::LabError;
use crate::parallel::each;
use crate::prices::{Prices, Wanted};
use crate::run::{play, Run};
use crate::scenario::{unix, Scenario};
use crate::study::{counted, StudyError, Watch};

use outcome::{liquidated, Outcome};
use plan::{Incident, Plan};
use random::Paths;
use town::{Rule, Size};

/// The share of half-close's extra fall that target and caps may cause in the cascade.
pub const FALL_GOAL: f64 = 0.4;

/// A finished stress test.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The incidents.
    pub incidents: Vec<IncidentReport>,
    /// The cascade by size.
    pub cascade: Vec<Sized>,
    /// The drawn paths.
    pub random: Option<Paths>,
    /// What was aimed at.
    pub goals: Vec<Goal>,
}

/// An incident under each rule.
#[derive(Debug, Clone, Serialize)]
pub struct IncidentReport {
    /// Its name.
    pub incident: String,
    /// What it is about.
    pub about: String,
    /// Where the drawn path's figures come from.
    pub source: String,
    /// Whether prices of a file were played.
    pub real: bool,
    /// By rule.
    pub outcomes: Vec<Outcome>,
}

/// The cascade at one size.
#[derive(Debug, Clone, Serialize)]
pub struct Sized {
    /// The size.
    #[serde(flatten)]
    pub size: Size,
    /// By rule.
    pub outcomes: Vec<Outcome>,
}

/// Something aimed at.
#[derive(Debug, Clone, Serialize)]
pub struct Goal {
    /// What.
    pub goal: String,
    /// The most there may be.
    pub most: f64,
    /// What there is.
    pub found: f64,
    /// Whether it is reached.
    pub met: bool,
}

/// What is played of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// A price file for the incidents that have one.
    pub prices: Option<&'a Path>,
    /// The seed of the drawn paths.
    pub seed: u64,
    /// How many are drawn.
    pub paths: u64,
}

/// Plays the incidents, the cascade and the drawn paths.
pub fn stress(plan: &Plan, asked: Asked<'_>, watch: Watch<'_>) -> Result<Report, StudyError> {
    let paths = asked.paths as usize;
    let sizes = plan.cascade.sizes();
    let whole = plan.incidents.len() + sizes.len() + paths;
    let step = counted(watch, whole);
    let incidents = each(&plan.incidents, |incident| {
        let real = real(incident, asked.prices)?;
        let outcomes = outcomes(plan, incident, real.as_ref(), plan.town.size())?;
        step();
        Ok::<_, StudyError>(IncidentReport {
            incident: incident.name.clone(),
            about: incident.about.clone(),
            source: incident.source.clone(),
            real: real.is_some(),
            outcomes,
        })
    })?;
    let shock = plan.incident(&plan.cascade.incident);
    let cascade = each(&sizes, |size| {
        let outcomes = shock.map(|shock| outcomes(plan, shock, None, *size));
        step();
        Ok::<_, StudyError>(Sized {
            size: *size,
            outcomes: outcomes.transpose()?.unwrap_or_default(),
        })
    })?;
    let random = match asked.paths {
        0 => None,
        _ => {
            let rows = random::rows(plan, asked.seed, 0..asked.paths, &step)?;
            Some(random::summary(asked.seed, rows))
        }
    };
    let goals = goals(plan, &incidents, &cascade, random.as_ref());
    Ok(Report {
        incidents,
        cascade,
        random,
        goals,
    })
}

/// The real prices of an incident; `None` when there is no file, or not every moving asset is in it from the start.
fn real(incident: &Incident, file: Option<&Path>) -> Result<Option<Prices>, StudyError> {
    let (Some(file), Some(at)) = (file, &incident.at) else {
        return Ok(None);
    };
    let opens = unix(at);
    let first = opens.saturating_sub(draw::WARMUP * 3_600);
    let moving = incident.moves.iter().map(|one| one.asset.clone());
    let wanted = Wanted {
        assets: moving.collect(),
        window: (first, opens.saturating_add(incident.hours * 3_600)),
        event: None,
    };
    match Prices::from_file(file, &wanted) {
        Ok(prices) => {
            let begins = prices.ticks.first().filter(|tick| tick.time == first);
            let told = begins.is_some_and(|tick| tick.prices.iter().all(Option::is_some));
            Ok(told.then_some(prices))
        }
        Err(LabError::Column { .. } | LabError::NoPrices { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// An incident under every rule, at one size.
pub fn outcomes(
    plan: &Plan,
    incident: &Incident,
    real: Option<&Prices>,
    size: Size,
) -> Result<Vec<Outcome>, StudyError> {
    let assets = town::assets(plan, &incident.baskets);
    let prices = draw::incident(&assets, incident, real);
    let opens = draw::opens(&prices);
    let moving = |name: &String| {
        let lied = incident.wicks.iter().map(|spell| &spell.asset);
        let moved = incident.moves.iter().map(|one| &one.asset);
        lied.chain(moved).any(|asset| asset == name)
    };
    let quiet: Vec<String> = plan
        .named(&incident.baskets)
        .filter(|basket| !basket.assets.iter().any(moving))
        .map(|basket| basket.name.clone())
        .collect();
    compare(&prices, &quiet, |rule| {
        let mut scenario = town::scenario(plan, &incident.name, &incident.baskets, (rule, size));
        town::trouble(&mut scenario, incident, opens);
        scenario
    })
}

/// Plays a path under every rule, and once in a market that sales do not move, for the rules liquidate nobody there whom another does not.
fn compare(
    prices: &Prices,
    quiet: &[String],
    scenario: impl Fn(Rule) -> Scenario,
) -> Result<Vec<Outcome>, StudyError> {
    let anyway = liquidated(&run(&town::still(&scenario(Rule::Target)), prices)?);
    let outcomes = Rule::ALL.into_iter().map(|rule| {
        let run = run(&scenario(rule), prices)?;
        Ok(Outcome::new(rule, &run, &anyway, quiet))
    });
    outcomes.collect()
}

fn run(scenario: &Scenario, prices: &Prices) -> Result<Run, LabError> {
    play(scenario, prices, &mut |_| {})
}

/// What the report aims at, and what it found.
fn goals(
    plan: &Plan,
    incidents: &[IncidentReport],
    cascade: &[Sized],
    random: Option<&Paths>,
) -> Vec<Goal> {
    let of = |outcomes: &[Outcome], rule| outcomes.iter().find(|one| one.rule == rule).cloned();
    let mut goals = Vec::new();
    let usual = cascade
        .iter()
        .filter(|one| one.size.scale == plan.town.scale);
    for one in usual {
        let (half, capped) = (
            of(&one.outcomes, Rule::Half),
            of(&one.outcomes, Rule::Capped),
        );
        let Some((half, capped)) = half.zip(capped) else {
            continue;
        };
        let name = format!("{}, caps at {}", plan.cascade.incident, one.size.caps);
        let share = capped.extra_fall / half.extra_fall.max(1e-12);
        let what = format!("{name}: extra fall with target and caps over that of half-close");
        goals.push(goal(what, FALL_GOAL, share));
        let what = format!("{name}: loss with target and caps, in dollars");
        goals.push(goal(what, 0.0, capped.loss()));
    }
    for incident in incidents {
        let venue = plan.incident(&incident.incident);
        let lies = venue.is_some_and(|one| !one.wicks.is_empty() && one.moves.is_empty());
        if let (true, Some(capped)) = (lies, of(&incident.outcomes, Rule::Capped)) {
            let what = format!("{}: positions liquidated", incident.incident);
            goals.push(goal(what, 0.0, capped.liquidated as f64));
        }
    }
    let sized = || cascade.iter().flat_map(|one| &one.outcomes);
    let played = || incidents.iter().flat_map(|one| &one.outcomes);
    let drawn = || random.iter().flat_map(|paths| &paths.rows);
    let all = || {
        played()
            .chain(sized())
            .chain(drawn().map(|row| &row.outcome))
    };
    let crossed: f64 = all().map(|one| one.crossed).sum();
    goals.push(goal(
        "losses a basket bore for another, in dollars".into(),
        0.0,
        crossed,
    ));
    let beside = all().map(|one| one.beside as f64).sum();
    goals.push(goal(
        "positions liquidated in baskets whose assets keep still".into(),
        0.0,
        beside,
    ));
    let broken = all().filter(|one| !one.holds).count() as f64;
    goals.push(goal(
        "runs in which an invariant broke or a coin was lost".into(),
        0.0,
        broken,
    ));
    goals
}

fn goal(goal: String, most: f64, found: f64) -> Goal {
    Goal {
        goal,
        most,
        found,
        met: found <= most,
    }
}

//! Stress, one claim a test. Each plays the real contracts; figures are worked out beside the test or compared with another run.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use wicker_lab::run::play;
use wicker_lab::stress::outcome::{liquidated, Outcome};
use wicker_lab::stress::plan::{Plan, PLAN};
use wicker_lab::stress::town::{self, Rule, Size};
use wicker_lab::stress::{draw, outcomes, random, stress, Asked, Goal};

/// The project's plan, its incidents cut after the hours in which they happen.
fn plan() -> Plan {
    let mut plan = Plan::parse(PLAN).unwrap();
    let incidents = plan.incidents.iter_mut();
    incidents.for_each(|one| one.hours = one.hours.min(6));
    plan.random.hours = 12;
    plan
}

fn of(outcomes: &[Outcome], rule: Rule) -> &Outcome {
    outcomes.iter().find(|one| one.rule == rule).unwrap()
}

fn cascade(scale: f64, caps: f64, burst: f64) -> Vec<Outcome> {
    let mut plan = plan();
    plan.town.burst = burst;
    let shock = plan.incident("cascade").unwrap();
    outcomes(&plan, shock, None, Size { scale, caps }).unwrap()
}

#[test]
fn every_rule_starts_from_the_same_debt_and_target_with_caps_falls_least() {
    let found = cascade(15.0, 1.0, 0.33);
    let half = of(&found, Rule::Half);
    let capped = of(&found, Rule::Capped);
    assert!(half.exposed > 1e8);
    for one in &found {
        assert_eq!((one.lent, one.exposed), (half.lent, half.exposed));
        assert!(one.holds, "{one:?}");
        assert!(one.extra_fall >= capped.extra_fall);
        assert_eq!((one.crossed, one.beside), (0.0, 0));
    }
    assert!(capped.extra_fall <= 0.4 * half.extra_fall, "{found:?}");
    assert_eq!(capped.loss(), 0.0);
}

/// With caps at the market's hour and buckets of an hour, a whole hour's flow is sold at once: the fall is at least 1 - exp(-0.1) = 9.5 %,
/// and the next five minutes refill a twelfth. With buckets of six minutes it is that of an even flow, of which `1/ln 2` half-lives stand:
/// 1 - exp(-0.1 · 0.5 / ln 2) = 7.0 %, and no more than six minutes' above.
#[test]
fn what_a_bucket_holds_falls_at_once() {
    let fall = |burst| of(&cascade(30.0, 1.0, burst), Rule::Capped).extra_fall;
    let (hour, minutes) = (fall(1.0), fall(0.1));
    assert!((0.095..0.12).contains(&hour), "{hour}");
    assert!((0.055..0.08).contains(&minutes), "{minutes}");
}

#[test]
fn one_venues_wick_liquidates_nobody_and_two_would() {
    let plan = plan();
    let incident = plan.incident("one venue's wick").unwrap();
    let found = outcomes(&plan, incident, None, plan.town.size()).unwrap();
    assert!(found
        .iter()
        .all(|one| one.liquidated == 0 && one.exposed > 0.0));
    // The same lie by a second feeder is a quorum, and does liquidate: the test above can fail.
    let assets = town::assets(&plan, &incident.baskets);
    let prices = draw::incident(&assets, incident, None);
    let rule = (Rule::Capped, plan.town.size());
    let mut scenario = town::scenario(&plan, "two lie", &incident.baskets, rule);
    town::trouble(&mut scenario, incident, draw::opens(&prices));
    let mut second = scenario.feeder.wicks.clone();
    second.iter_mut().for_each(|wick| wick.feeder = 2);
    scenario.feeder.wicks.extend(second);
    let run = play(&scenario, &prices, &mut |_| {}).unwrap();
    assert!(!liquidated(&run).is_empty());
}

#[test]
fn a_baskets_bad_debt_stays_in_it() {
    let plan = plan();
    let incident = plan.incident("USDe 0.65").unwrap();
    let found = outcomes(&plan, incident, None, plan.town.size()).unwrap();
    for one in &found {
        assert!(one.bad_debt > 0.0, "{one:?}");
        assert_eq!((one.crossed, one.beside), (0.0, 0), "{one:?}");
        assert!(one.holds);
    }
}

#[test]
fn the_same_seed_draws_the_same_paths_and_any_part_of_them_alone() {
    let plan = plan();
    let rows = |paths| random::rows(&plan, 11, paths, &|| {}).unwrap();
    let whole = rows(0..3);
    assert_eq!(whole.len(), 3 * Rule::ALL.len());
    assert_eq!(rows(2..3), whole[2 * Rule::ALL.len()..]);
    assert!(whole.iter().all(|row| row.outcome.holds));
    let other = random::rows(&plan, 12, 0..1, &|| {}).unwrap();
    assert_ne!(other[0], whole[0]);
}

#[test]
fn moves_go_through_their_knots() {
    let plan = plan();
    let incident = plan.incident("cascade").unwrap();
    let assets = town::assets(&plan, &incident.baskets);
    let prices = draw::incident(&assets, incident, None);
    let sol = prices.assets.iter().position(|name| name == "SOL").unwrap();
    let opens = draw::opens(&prices);
    let at = |hours: u64| {
        let mut ticks = prices.ticks.iter();
        let tick = ticks.find(|tick| tick.time == opens + hours * 3_600);
        tick.unwrap().price(sol).unwrap()
    };
    // The noise's deviation is 0.0018 a step with a memory of 50 steps: 0.9 % in the long run.
    assert!((at(0) / 100.0 - 1.0).abs() < 0.05, "{}", at(0));
    assert!((at(6) / 85.0 - 1.0).abs() < 0.05, "{}", at(6));
}

#[test]
fn a_plan_with_an_unknown_asset_basket_or_shock_is_refused_by_name() {
    for (from, to, words) in [
        (
            "assets = [\"BTC\", \"ETH\"]",
            "assets = [\"BTC\", \"XYZ\"]",
            "XYZ",
        ),
        ("baskets = [\"thin\", ", "baskets = [\"thick\", ", "thick"),
        ("incident = \"cascade\"", "incident = \"flood\"", "flood"),
        ("still = [\"GOLD\"]", "still = [\"TIN\"]", "TIN"),
        ("scale = 15", "scale = -1", "town.scale -1"),
        ("hours = [2, 12]", "hours = [2, 120]", "spell's hour 120"),
        ("half_life = 0.5", "half_life = nan", "half_life NaN"),
    ] {
        assert!(PLAN.contains(from), "{from}");
        let error = Plan::parse(&PLAN.replacen(from, to, 1)).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_report_without_drawn_paths_has_the_goals_of_the_incidents() {
    let mut plan = plan();
    plan.incidents
        .retain(|one| one.name == "cascade" || one.name == "one venue's wick");
    plan.cascade.scales = vec![15.0];
    plan.cascade.caps = vec![1.0];
    let asked = Asked {
        prices: None,
        seed: 1,
        paths: 0,
    };
    let report = stress(&plan, asked, &|_, _| {}).unwrap();
    assert!(report.random.is_none());
    assert!(
        report.goals.iter().all(|goal| goal.met),
        "{:?}",
        report.goals
    );
    let fall = |goal: &Goal| goal.goal.contains("extra fall");
    assert!(report.goals.iter().any(fall));
}

//! Allocation from outside, one claim a test. Prices and users are drawn by a seed.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use rand::Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha8Rng;
use wicker_lab::allocate::cone::{least, Found};
use wicker_lab::allocate::ground::{Ground, Split};
use wicker_lab::allocate::users::Users;
use wicker_lab::allocate::{allocate, greedily, outcome, Report, Rule};
use wicker_lab::books::Study;
use wicker_lab::history::{History, HOUR};
use wicker_lab::measure::{tracks, Track};
use wicker_lab::prices::{Prices, Tick};
use wicker_lab::study::StudyError;

const SEED: u64 = 1_952;
const START: u64 = 1_700_000_000 / HOUR * HOUR;

/// Two baskets with two assets in common, whose δ differ, one of whose assets has a jump floor; one that owes A; and one apart.
const STUDY: &str = r#"
book = []
[[asset]]
name = "A"
haircut = 0.1
[[asset]]
name = "B"
haircut = 0.15
jump = 0.12
[[asset]]
name = "C"
haircut = 0.2
[[basket]]
name = "calm"
collaterals = ["A", "B"]
debt = "USD"
stress = 0.1
[[basket]]
name = "wide"
collaterals = ["A", "B", "C"]
debt = "USD"
stress = 0.5
[[basket]]
name = "for A"
collaterals = ["B", "C"]
debt = "A"
[[basket]]
name = "apart"
collaterals = ["C"]
debt = "USD"
"#;

/// A and B follow one market, C its own.
fn history() -> History {
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    let mut prices = [100.0, 10.0, 1.0];
    let mut tick = |hour: usize| {
        let mut step = |size: f64| dice.random_range(-size..size);
        let market = step(0.01);
        let changes = [market + step(0.002), market + step(0.01), step(0.02)];
        for (price, change) in prices.iter_mut().zip(changes) {
            *price *= 1.0 + change;
        }
        Tick {
            time: START + hour as u64 * HOUR,
            prices: prices.map(Some).to_vec(),
        }
    };
    let ticks = (0..1_500).map(&mut tick).collect();
    let assets = ["A", "B", "C"].map(String::from).to_vec();
    History::new(&Prices { assets, ticks }).unwrap()
}

fn measured() -> (Study, Vec<Track>) {
    let study = Study::parse(STUDY).unwrap();
    let tracks = tracks(&study, &history(), &|_, _| {}).unwrap();
    (study, tracks)
}

fn user(study: &Study, text: &str) -> Users {
    Users::parse(&format!("[[user]]\nname = \"Ada\"\n{text}"), study).unwrap()
}

fn ground<'a>(measured: &'a (Study, Vec<Track>), users: &Users) -> Ground<'a> {
    let (study, tracks) = measured;
    Ground::new((study, tracks), (users, &users.users[0]), 1_499)
}

/// Every split of two goods and a debt over two baskets, in steps of a `steps`th of each.
fn grid(ground: &Ground<'_>, steps: usize) -> Vec<Split> {
    let share = |part: usize| part as f64 / steps as f64;
    let mut splits = Vec::new();
    for a in 0..=steps {
        for b in 0..=steps {
            for debt in 0..=steps {
                let first = [share(a), share(b), share(debt)];
                let mut split = ground.empty();
                for (good, first) in first.iter().enumerate() {
                    let dollars = ground.dollars(good);
                    let entry = |at: usize| ground.places[at].entry(good).unwrap();
                    split[0][entry(0)] = dollars * first;
                    split[1][entry(1)] = dollars * (1.0 - first);
                }
                splits.push(split);
            }
        }
    }
    splits
}

/// The least margin of the splits that pass, and its split.
fn by_force(ground: &Ground<'_>, splits: &[Split]) -> Option<f64> {
    let judged = splits.iter().map(|split| {
        let found = outcome(ground, Rule::Even, split).unwrap();
        // Equity is asked of a position that owes nothing as well, as the programme does.
        let all = found.positions.iter();
        let holds = all
            .clone()
            .all(|one| one.equity >= ground.initial * one.margin);
        holds.then_some(found.margin)
    });
    judged.flatten().min_by(f64::total_cmp)
}

#[test]
fn the_programme_is_never_worse_than_every_split_of_a_grid_and_its_bound_is_under_all() {
    let measured = measured();
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    let (mut tried, mut none) = (0, 0);
    for case in 0..30 {
        let mut draw = |range: std::ops::Range<f64>| dice.random_range(range);
        let (a, b) = (draw(100.0..1_000.0), draw(100.0..1_000.0));
        let debt = (a + b) * draw(0.2..0.9);
        let text = format!(
            "holds = {{ A = {a:.3}, B = {b:.3} }}\nowes = {{ USD = {debt:.3} }}\nbaskets = [\"calm\", \"wide\"]"
        );
        let users = user(&measured.0, &text);
        let ground = ground(&measured, &users);
        let forced = by_force(&ground, &grid(&ground, 20));
        match (least(&ground).unwrap(), forced) {
            (Found::Best(split, bound), forced) => {
                let found = outcome(&ground, Rule::Exact, &split).unwrap();
                assert!(found.passes, "case {case}: {found:?}");
                assert!(
                    found.margin <= bound * (1.0 + 1e-5),
                    "case {case}: {} over {bound}",
                    found.margin
                );
                if let Some(forced) = forced {
                    assert!(
                        found.margin <= forced * (1.0 + 1e-5),
                        "case {case}: {} over {forced}",
                        found.margin
                    );
                    assert!(bound <= forced * (1.0 + 1e-5), "case {case}");
                    // A twentieth of a good is never far from the best.
                    assert!(
                        forced <= found.margin * 1.02,
                        "case {case}: {forced} by force, {}",
                        found.margin
                    );
                    tried += 1;
                }
            }
            (Found::Nothing, forced) => {
                assert_eq!(forced, None, "case {case}");
                none += 1;
            }
            (Found::Stuck(why), _) => panic!("case {case}: {why}"),
        }
    }
    assert!(
        tried >= 15 && none >= 2,
        "{tried} with a split, {none} without"
    );
}

#[test]
fn greedy_is_between_the_bound_and_a_thousandth_over_it_on_drawn_users() {
    let measured = measured();
    let mut dice = ChaCha8Rng::seed_from_u64(SEED + 1);
    for case in 0..12 {
        let mut draw = |range: std::ops::Range<f64>| dice.random_range(range);
        let held = [(); 3].map(|()| draw(100.0..1_000.0));
        let whole: f64 = held.iter().sum();
        let owes = match case % 2 {
            0 => format!("USD = {:.3}", whole * draw(0.1..0.5)),
            _ => format!(
                "USD = {:.3}, A = {:.3}",
                whole * draw(0.1..0.25),
                whole * draw(0.1..0.25)
            ),
        };
        let [a, b, c] = held;
        let text = format!("holds = {{ A = {a:.3}, B = {b:.3}, C = {c:.3} }}\nowes = {{ {owes} }}");
        let users = user(&measured.0, &text);
        let ground = ground(&measured, &users);
        let Found::Best(split, bound) = least(&ground).unwrap() else {
            panic!("case {case}: there is a split");
        };
        let exact = outcome(&ground, Rule::Exact, &split).unwrap();
        let greedy = outcome(&ground, Rule::Greedy, &greedily(&ground).unwrap()).unwrap();
        assert!(exact.passes && greedy.passes, "case {case}");
        assert!(greedy.margin >= bound * (1.0 - 1e-6), "case {case}");
        assert!(
            greedy.margin <= bound * 1.001,
            "case {case}: {} over {bound}",
            greedy.margin
        );
        assert!(
            exact.margin <= bound * (1.0 + 1e-5),
            "case {case}: {} over {bound}",
            exact.margin
        );
    }
}

fn report(text: &str) -> Result<Report, StudyError> {
    let study = Study::parse(STUDY).unwrap();
    let users = Users::parse(text, &study)?;
    allocate(&study, &users, &history(), &|_, _| {})
}

const TWO: &str = r#"
[[user]]
name = "Ada"
holds = { A = 100, B = 300, C = 200 }
owes = { USD = 200 }
[[user]]
name = "Bo"
holds = { C = 200 }
owes = { USD = 190 }
"#;

#[test]
fn every_split_places_all_of_every_good_and_is_the_same_each_time() {
    let found = report(TWO).unwrap();
    let ada = &found.users[0];
    let rules: Vec<Rule> = ada.splits.iter().map(|split| split.rule).collect();
    assert_eq!(
        rules,
        [
            Rule::Exact,
            Rule::Balanced,
            Rule::Greedy,
            Rule::Even,
            Rule::OneBasket
        ]
    );
    for split in &ada.splits {
        for (name, dollars) in [("A", 100.0), ("B", 300.0), ("C", 200.0)] {
            let held = split.positions.iter().filter_map(|one| one.holds.get(name));
            assert!((held.sum::<f64>() - dollars).abs() < 1e-9, "{split:?}");
        }
        let owed: f64 = split.positions.iter().map(|one| one.owes).sum();
        assert!((owed - 200.0).abs() < 1e-9, "{split:?}");
    }
    let text = |report: &Report| serde_json::to_string(report).unwrap();
    assert_eq!(text(&found), text(&report(TWO).unwrap()));
}

#[test]
fn the_balanced_split_has_no_weaker_position_and_costs_at_most_a_thousandth_more() {
    let found = report(TWO).unwrap();
    let [exact, balanced, ..] = &found.users[0].splits[..] else {
        panic!("an exact and a balanced split");
    };
    assert!(balanced.passes && balanced.lowest >= exact.lowest * (1.0 - 1e-6));
    assert!(balanced.margin <= exact.margin * (1.0 + 0.001 + 1e-5));
    // Where a debt in dollars stands hardly changes the margin: there is something to balance.
    assert!(balanced.lowest > 1.5 * found.initial, "{}", balanced.lowest);
}

#[test]
fn a_debt_that_no_split_carries_is_said_to_be_so() {
    let found = report(TWO).unwrap();
    let bo = &found.users[1];
    assert_eq!((bo.bound, &bo.stuck), (None, &None));
    assert!(bo
        .splits
        .iter()
        .all(|split| split.rule != Rule::Exact && !split.passes));
}

#[test]
fn prices_after_the_moment_change_nothing() {
    let at = "at = 2023-12-20T00:00:00Z\n";
    let study = Study::parse(STUDY).unwrap();
    let users = Users::parse(&format!("{at}{TWO}"), &study).unwrap();
    let split = |history: &History| {
        let found = allocate(&study, &users, history, &|_, _| {}).unwrap();
        serde_json::to_string(&found).unwrap()
    };
    let whole = history();
    let cut = History::new(&Prices {
        assets: whole.assets.clone(),
        ticks: (0..=whole.hour_of(1_703_030_400))
            .map(|hour| Tick {
                time: whole.time(hour),
                prices: (0..3).map(|column| whole.price(hour, column)).collect(),
            })
            .collect(),
    })
    .unwrap();
    assert!(cut.hours() < whole.hours());
    assert_eq!(split(&whole), split(&cut));
}

#[test]
fn bad_users_are_refused_with_the_name_and_the_figure() {
    let refused = |text: &str| report(text).unwrap_err().to_string();
    let one = |body: &str| refused(&format!("[[user]]\nname = \"Ada\"\n{body}"));
    assert_eq!(
        one("holds = { D = 1 }\nowes = { USD = 1 }"),
        "user Ada: no open basket takes it: holds names D, which is not defined"
    );
    assert!(one("holds = { A = 5 }\nowes = { B = 1 }").contains("no open basket"));
    assert_eq!(
        one("holds = { A = -1 }\nowes = { USD = 1 }"),
        "user Ada: A -1 is outside 1 to 1000000000000"
    );
    assert!(one("holds = {}\nowes = { USD = 1 }").contains("holds 0 is outside 1 to 64"));
    assert!(one("holds = { A = nan }\nowes = { USD = 1 }").contains("A NaN is outside"));
    assert_eq!(
        one("holds = { A = 5 }\nowes = { USD = 1 }\nbaskets = [\"none\"]"),
        "user Ada names none, which is not defined"
    );
    assert_eq!(
        refused(&format!("at = 2030-01-01\n{TWO}")),
        format!(
            "no prices at 1893456000; they are from {START} to {}",
            START + 1_499 * HOUR
        )
    );
    assert!(refused(&format!("{TWO}{TWO}")).contains("user Ada is defined twice"));
}

//! Calibration from outside, one claim a test. Prices are drawn by a seed.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use rand::Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha8Rng;
use wicker_lab::books::{Margin, Study};
use wicker_lab::calibrate::search::Search;
use wicker_lab::calibrate::shards::{merge, write};
use wicker_lab::calibrate::unseen::Compared;
use wicker_lab::calibrate::{calibrate, Pair, Report};
use wicker_lab::history::{History, HOUR};
use wicker_lab::prices::{Prices, Tick};
use wicker_lab::shards::Shard;

const SEED: u64 = 1_900;
/// 2023-01-01.
const START: u64 = 1_672_531_200;
const DAYS: usize = 200;

const STUDY: &str = r#"
[[asset]]
name = "A"
haircut = 0.15
[[basket]]
name = "one"
collaterals = ["A"]
debt = "USD"
[[book]]
name = "A"
basket = "one"
weights = { A = 1 }
"#;

const SEARCH: &str = r#"
train_days = 60
unseen_days = 40
z = [3.5, 5.5]
floor_share = [0.5, 1.2]
fast_hours = [12, 96]
slow_hours = []
step_up = [0.03]
step_down = []
"#;

/// One asset whose calms end in falls of a few hours; from the hour `turn` on it is another path.
fn history(turn: usize) -> History {
    drawn(turn, DAYS)
}

fn drawn(turn: usize, days: usize) -> History {
    let path = |seed| ChaCha8Rng::seed_from_u64(seed);
    let (mut ours, mut theirs) = (path(SEED), path(SEED + 1));
    let mut price = 100.0;
    let mut tick = |hour: usize| {
        let draws = [ours.random_range(-1.0..1.0), theirs.random_range(-1.0..1.0)];
        let wild = hour % 480 < 60;
        let size = if wild { 0.05 } else { 0.006 };
        price *= 1.0 + size * draws[usize::from(hour >= turn)];
        Tick {
            time: START + hour as u64 * HOUR,
            prices: vec![Some(price)],
        }
    };
    let ticks = (0..days * 24).map(&mut tick).collect();
    let assets = vec!["A".into()];
    History::new(&Prices { assets, ticks }).unwrap()
}

fn report(turn: usize) -> Report {
    let (study, search) = (Study::parse(STUDY).unwrap(), Search::parse(SEARCH).unwrap());
    calibrate((&study, &search, &history(turn)), &|_, _| {}).unwrap()
}

#[test]
fn prices_after_a_training_window_change_nothing_that_it_chose() {
    let whole = report(usize::MAX);
    // 60 days train; unseen windows begin on day 60, 100 and 140.
    assert_eq!(whole.choices.len(), 3);
    for known in 1..3 {
        let turned = report((20 + 40 * known) * 24);
        assert_eq!(whole.choices[..known], turned.choices[..known]);
        // What comes after is another: the test can fail.
        assert_ne!(whole.front, turned.front);
        assert_ne!(whole.choices[known..], turned.choices[known..]);
    }
}

#[test]
fn a_choice_lends_no_less_and_misses_no_more_in_training_and_something_is_chosen() {
    let found = report(usize::MAX);
    let own = Margin::default();
    for choice in &found.choices {
        assert!(choice.trained.ltv >= choice.own.ltv, "{choice:?}");
        assert!((choice.margin == own) == (choice.relative == 1.0));
        assert!(choice.relative <= 1.0);
    }
    assert!(found.choices.iter().any(|choice| choice.margin != own));
}

#[test]
fn fixed_limits_and_haircuts_lend_what_the_chosen_figures_lend() {
    let found = report(usize::MAX);
    let book = &found.books[0];
    // Three unseen windows of forty days, every hour.
    assert_eq!(book.openings, 3 * 40 * 24);
    let rules = book.rules;
    for other in [rules.fixed, rules.steady, rules.haircuts] {
        assert!((other.ltv - rules.chosen.ltv).abs() < 1e-9, "{book:?}");
    }
}

#[test]
fn regimes_and_crashes_add_up_to_the_book() {
    let found = report(usize::MAX);
    let book = &found.books[0];
    let openings: usize = found.regimes.iter().map(|one| one.openings).sum();
    assert_eq!(openings, book.openings);
    type Of = fn(&Compared) -> Pair;
    let rules: [Of; 4] = [
        |rules| rules.chosen,
        |rules| rules.own,
        |rules| rules.fixed,
        |rules| rules.steady,
    ];
    for of in rules {
        let whole = of(&book.rules).shortfall_bp;
        let regimes = found.regimes.iter();
        let regimes = regimes.map(|one| one.openings as f64 * of(&one.rules).shortfall_bp);
        let crashes = found.crashes.iter().map(|one| of(&one.rules).shortfall_bp);
        assert!((regimes.sum::<f64>() / openings as f64 - whole).abs() < 1e-9);
        assert!((crashes.sum::<f64>() - whole).abs() < 1e-9);
    }
    // There is something to add up.
    assert!(book.rules.fixed.shortfall_bp > 0.0 && found.crashes.len() > 1);
}

#[test]
fn a_day_in_a_hundred_of_training_passes_the_value_at_risk() {
    let found = report(usize::MAX);
    let book = &found.books[0];
    // The first windows train for 60 days, under half a year: the study's own figure.
    assert_eq!(book.deviations, [2.6; 3]);
    let long = SEARCH.replace(
        "train_days = 60\nunseen_days = 40",
        "train_days = 190\nunseen_days = 60",
    );
    let (study, search) = (Study::parse(STUDY).unwrap(), Search::parse(&long).unwrap());
    let found = calibrate((&study, &search, &drawn(usize::MAX, 260)), &|_, _| {}).unwrap();
    assert_eq!(found.books[0].deviations.len(), 1);
    assert_ne!(found.books[0].deviations, [2.6]);
}

#[test]
fn the_same_prices_give_the_same_report_to_the_last_byte() {
    let text = |turn| serde_json::to_string(&report(turn)).unwrap();
    let one = text(usize::MAX);
    assert_eq!(one, text(usize::MAX));
    assert_ne!(one, text(100 * 24));
}

#[test]
fn the_front_is_what_nothing_beats() {
    let found = report(usize::MAX);
    assert_eq!(found.front.len(), found.tried);
    for point in &found.front {
        let beaten = found.front.iter().any(|other| {
            let (a, b) = (other.unseen, point.unseen);
            a != b && a.ltv >= b.ltv && a.shortfall_bp <= b.shortfall_bp
        });
        assert_eq!(point.best, !beaten, "{point:?}");
    }
    assert!(found.front.iter().any(|point| point.best));
    assert!(found.front.iter().any(|point| !point.best));
}

#[test]
fn figures_are_tried_with_each_other_and_the_own_first_and_once() {
    let search = Search::parse(SEARCH).unwrap();
    let own = Margin::default();
    assert_eq!(search.candidates(own).unwrap().len(), 1 + 8);
    let one = Search::parse(
        "z = [4.5, 5.0]\nfloor_share = [0.8]\nfast_hours = []\nslow_hours = []\nstep_down = []",
    );
    let tried = one.unwrap().candidates(own).unwrap();
    assert_eq!((tried.len(), tried[0], tried[1].z), (2, own, 5.0));
}

#[test]
fn bad_searches_are_refused_with_the_figure() {
    let refused = |text: &str| {
        let (study, search) = (Study::parse(STUDY).unwrap(), Search::parse(text));
        let found = search
            .and_then(|search| calibrate((&study, &search, &history(usize::MAX)), &|_, _| {}));
        found.unwrap_err().to_string()
    };
    assert_eq!(
        refused(&SEARCH.replace("step_down = []", "step_down = [90]")),
        "margin: step_down 90 is outside 0.000001 to 1"
    );
    assert!(refused("train_days = 3").contains("train_days 3 is outside 60"));
    assert!(refused("train_days = 600").contains("windows 0 is outside 1"));
    assert!(refused("unheard = 3").contains("unheard"));
    let many: Vec<String> = (0..120)
        .map(|at| format!("{}", 1.0 + 0.1 * f64::from(at)))
        .collect();
    let many = many.join(", ");
    assert!(refused(&format!(
        "train_days = 60\nunseen_days = 40\nz = [{many}]\nfloor_share = [{many}]\n\
         fast_hours = []\nslow_hours = []\nstep_down = []"
    ))
    .contains("combinations 14400"));
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a share of the sets of a study and a search on prices that turn.
fn share((study, search): (&str, &str), turn: usize, which: &str, file: PathBuf) -> PathBuf {
    let (study, search) = (Study::parse(study).unwrap(), Search::parse(search).unwrap());
    let which: Shard = which.parse().unwrap();
    let history = history(turn);
    write((&study, &search, &history), which, &file, &|_, _| {}).unwrap();
    file
}

fn merged(files: &[PathBuf]) -> Result<String, String> {
    let (study, search) = (Study::parse(STUDY).unwrap(), Search::parse(SEARCH).unwrap());
    let history = history(usize::MAX);
    let report = merge((&study, &search, &history), files).map_err(|why| why.to_string())?;
    Ok(serde_json::to_string(&report).unwrap())
}

#[test]
fn shards_in_any_order_and_number_make_the_report_of_one_run_to_the_last_byte() {
    let whole = serde_json::to_string(&report(usize::MAX)).unwrap();
    let folder = folder("calibration-order");
    // Nine sets: with twelve shares some are empty.
    for of in [1, 4, 12] {
        let shard = |index| {
            let (which, file) = (format!("{index}/{of}"), format!("{index}of{of}"));
            share((STUDY, SEARCH), usize::MAX, &which, folder.join(file))
        };
        let shards: Vec<PathBuf> = (1..=of).rev().map(shard).collect();
        assert_eq!(merged(&shards).unwrap(), whole, "{of} shards");
    }
    let left = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 1 + 4 + 12, "nothing half-written stays behind");
}

#[test]
fn shards_of_another_calibration_and_missing_ones_are_refused_with_the_reason() {
    let (folder, ours) = (folder("calibration-refused"), (STUDY, SEARCH));
    let file = |name: &str| folder.join(name);
    let first = share(ours, usize::MAX, "1/2", file("first"));
    let again = share(ours, usize::MAX, "1/2", file("again"));
    let thirds = share(ours, usize::MAX, "2/3", file("thirds"));
    let prices = share(ours, 2_000, "2/2", file("prices"));
    let study = STUDY.replace("haircut = 0.15", "haircut = 0.16");
    let study = share((&study, SEARCH), usize::MAX, "2/2", file("study"));
    let search = SEARCH.replace("3.5, 5.5", "3.5, 5.6");
    let search = share((STUDY, &search), usize::MAX, "2/2", file("search"));
    for (files, words) in [
        (&[&first, &again][..], "shard 1 is there twice"),
        (&[&first, &thirds], "the number of shards differs"),
        (&[&first, &prices], "the price history differs"),
        (&[&first, &study], "the study differs"),
        (&[&search], "what was given and"),
        (&[&first, &search], "the search differs"),
        (&[&first], "1 of 2 shards are missing, the first of them 2"),
        (&[&file("nowhere")], "nowhere"),
        (&[], "no shard to merge"),
    ] {
        let files: Vec<PathBuf> = files.iter().map(|file| (*file).clone()).collect();
        let said = merged(&files).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
    // A shard of one kind of sweep is none of another.
    let said = wicker_lab::stress::shards::merge(std::slice::from_ref(&first)).unwrap_err();
    let said = said.to_string();
    assert!(
        said.ends_with("is a shard of a calibration, not of a stress test"),
        "{said}"
    );
    let mut bytes = std::fs::read(&first).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&again, bytes).unwrap();
    let said = merged(&[again, first]).unwrap_err();
    assert!(said.contains("is damaged"), "{said}");
}

#[test]
fn windows_add_up_to_the_book() {
    let found = report(usize::MAX);
    let rules = found.books[0].rules;
    // One book, and three windows of as many openings each.
    let mean = |of: fn(&Compared) -> f64| {
        let windows = found.windows.iter();
        windows.map(|window| of(&window.rules)).sum::<f64>() / found.windows.len() as f64
    };
    assert_eq!(found.windows.len(), 3);
    for of in [
        (|rules| rules.chosen.shortfall_bp) as fn(&Compared) -> f64,
        |rules| rules.fixed.ltv,
        |rules| rules.haircuts.shortfall_bp,
    ] {
        assert!((mean(of) - of(&rules)).abs() < 1e-9);
    }
}

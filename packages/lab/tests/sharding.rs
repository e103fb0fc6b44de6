//! Drawn paths shared out and put together again, one claim a test.

// Helpers are test code too; clippy sees that only inside test functions.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use wicker_lab::shards::Shard;
use wicker_lab::stress::plan::{Plan, PLAN};
use wicker_lab::stress::random::{rows, summary};
use wicker_lab::stress::shards::{merge, write};

const PATHS: u64 = 4;

/// Two hours of one basket: what is drawn does not matter here, only that nothing of it is lost.
fn plan() -> Plan {
    let mut plan = Plan::parse(PLAN).unwrap();
    plan.random.hours = 2;
    plan.random.baskets = vec!["alts".into()];
    plan
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn shard(plan: &Plan, seed: u64, which: &str, file: PathBuf) -> PathBuf {
    let which: Shard = which.parse().unwrap();
    write(plan, (seed, PATHS), which, &file, &|_, _| {}).unwrap();
    file
}

#[test]
fn shards_in_any_order_and_number_make_the_answer_of_one_run_to_the_last_byte() {
    let (plan, folder) = (plan(), folder("order"));
    let whole = summary(3, rows(&plan, 3, 0..PATHS, &|| {}).unwrap());
    let whole = serde_json::to_string(&whole).unwrap();
    let file = |name: &str| folder.join(name);
    let one = shard(&plan, 3, "1/1", file("a.parquet"));
    let three = ["3/3", "1/3", "2/3"];
    let three = three.map(|which| shard(&plan, 3, which, file(&which.replace('/', "of"))));
    for files in [vec![one], three.to_vec()] {
        let merged = merge(&files).unwrap();
        assert_eq!(serde_json::to_string(&merged).unwrap(), whole);
    }
    let left = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(left, 4, "nothing half-written stays behind");
}

#[test]
fn shards_that_do_not_make_one_answer_are_refused_with_the_reason() {
    let (mine, folder) = (plan(), folder("refused"));
    let file = |name: &str| folder.join(name);
    let first = shard(&mine, 3, "1/2", file("first"));
    let again = shard(&mine, 3, "1/2", file("again"));
    let seed = shard(&mine, 4, "2/2", file("seed"));
    let thirds = shard(&mine, 3, "2/3", file("thirds"));
    let mut other = mine.clone();
    other.market.impact = 0.2;
    let plan = shard(&other, 3, "2/2", file("plan"));
    let text = file("text");
    std::fs::write(&text, "path,rule\n").unwrap();
    let refused = |files: &[&PathBuf]| {
        let files: Vec<PathBuf> = files.iter().map(|file| (*file).clone()).collect();
        merge(&files).unwrap_err().to_string()
    };
    for (files, words) in [
        (&[&first, &again][..], "shard 1 is there twice"),
        (&[&first, &seed], "the seed differs"),
        (&[&first, &thirds], "the number of shards differs"),
        (&[&first, &plan], "the plan differs"),
        (&[&first], "1 of 2 shards are missing, the first of them 2"),
        (&[&first, &text], "text"),
        (&[&file("nowhere")], "nowhere"),
        (&[], "no shard to merge"),
    ] {
        let said = refused(files);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_file_that_is_cut_or_changed_anywhere_is_refused_and_never_a_crash() {
    let (plan, folder) = (plan(), folder("damaged"));
    let good = shard(&plan, 3, "1/1", folder.join("good"));
    let bytes = std::fs::read(&good).unwrap();
    assert!(merge(&[good]).is_ok());
    let bad = folder.join("bad");
    let refused = |bytes: &[u8]| {
        std::fs::write(&bad, bytes).unwrap();
        merge(std::slice::from_ref(&bad)).is_err()
    };
    for cut in (0..bytes.len()).step_by(97) {
        assert!(refused(&bytes[..cut]), "cut at {cut}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x15;
        assert!(refused(&changed), "byte {at} changed");
    }
}

#[test]
fn more_shards_than_paths_leave_some_empty_and_lose_nothing() {
    let (plan, folder) = (plan(), folder("empty"));
    let shards = (1..=6).map(|index| {
        let file = folder.join(index.to_string());
        shard(&plan, 3, &format!("{index}/6"), file)
    });
    let merged = merge(&shards.collect::<Vec<_>>()).unwrap();
    assert_eq!(merged.paths, PATHS);
}

#[test]
fn a_shard_that_cannot_be_written_is_an_error_that_names_the_file() {
    let file = folder("nowhere").join("missing").join("x.parquet");
    let which: Shard = "1/1".parse().unwrap();
    let error = write(&plan(), (1, 0), which, &file, &|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("x.parquet"), "{error}");
}

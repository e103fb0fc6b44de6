//! The chain's clock, which a test may set forward.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use super::{
    files, node,
    place::{Net, Place},
    rpc,
};
use crate::run::{self, Failure};

/// Under this name the node's environment has the path of the file with the seconds.
pub const VARIABLE: &str = "WICKER_LOCALNET_CLOCK";
/// The farthest at once, and in all: the node reads 31 bits.
const MOST: u64 = 10 * 365 * 86_400;
const COMET: &str = "github.com/cometbft/cometbft";
const PATIENCE: Duration = Duration::from_secs(30);

/// What CometBFT's clock does, and what ours does instead; the file must have the first once.
const THEIRS: &str = "return Canonical(time.Now())";
const OURS: &str = "return Canonical(ahead())";

/// Sets the running chain's clock forward by some seconds; returns when a block has the new time.
pub fn forward(place: &Place, seconds: u64) -> Result<(), Failure> {
    if node::running(place)?.is_none() {
        return Err(node::not_running());
    }
    let total = offset(place) + seconds;
    if total > MOST {
        return Err(Failure::Missing(format!(
            "the clock would be {total} seconds ahead, more than {MOST}"
        )));
    }
    let net = Net::read(place)?;
    let before = rpc::status(&net.rpc)?;
    // A whole file or the one before: the node may read at any moment.
    let next = place.clock().with_extension("next");
    run::write(&next, &total.to_string())?;
    std::fs::rename(&next, place.clock()).map_err(|cause| run::file(&next, cause))?;
    let begun = Instant::now();
    // A block carries the time at which the one before was voted on.
    while rpc::status(&net.rpc)?.height < before.height + 3 {
        if begun.elapsed() > PATIENCE {
            return Err(Failure::Missing("the node makes no blocks".into()));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// By how many seconds the clock is ahead of the machine's.
fn offset(place: &Place) -> u64 {
    let text = std::fs::read_to_string(place.clock()).unwrap_or_default();
    text.trim().parse().unwrap_or_default()
}

/// A copy of CometBFT with our clock, and a module file that asks for it: what `go build -modfile` reads. Go lets nothing of its cache be
/// replaced file by file.
pub fn module(place: &Place) -> Result<PathBuf, Failure> {
    let (source, folder) = (place.source(), place.patched());
    let original = comet(&source)?;
    let copy = folder.join("cometbft");
    files::remove(&copy)?;
    files::copy(&original, &copy)?;
    let package = copy.join("types/time");
    let file = package.join("time.go");
    let text = run::read(&file)?;
    if text.matches(THEIRS).count() != 1 {
        return Err(Failure::Missing(format!(
            "{} does not have `{THEIRS}` once",
            original.join("types/time/time.go").display()
        )));
    }
    // Copies are as read-only as their originals.
    std::fs::remove_file(&file).map_err(|cause| run::file(&file, cause))?;
    run::write(&file, &text.replace(THEIRS, OURS))?;
    let clock = run::read(&source.join("clock/clock.go"))?;
    run::write(&package.join("ahead.go"), &clock)?;
    let module = run::read(&source.join("go.mod"))?;
    let replace = format!("replace {COMET} => {}\n", copy.display());
    run::write(&folder.join("go.mod"), &(module + "\n" + &replace))?;
    let sums = run::read(&source.join("go.sum"))?;
    run::write(&folder.join("go.sum"), &sums)?;
    Ok(folder.join("go.mod"))
}

/// Where Go keeps CometBFT's source.
fn comet(source: &Path) -> Result<PathBuf, Failure> {
    run::run(Command::new("go").current_dir(source).args([
        "mod",
        "download",
        "github.com/cometbft/cometbft",
    ]))?;
    let words = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}"];
    let folder = run::output(
        Command::new("go")
            .current_dir(source)
            .args(words)
            .arg(COMET),
    )?;
    Ok(PathBuf::from(folder))
}

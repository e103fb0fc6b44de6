//! A chain of one validator on this machine: wasmd with a token factory, made anew or found as it was left.
//!
//! Everything it writes is under `target/localnet`; what other programs need to reach it stands in `localnet.json` there.

mod clock;
mod files;
mod home;
mod node;
mod place;
mod program;
mod rpc;

use std::{
    io::{Read, Seek, SeekFrom, Write},
    time::Duration,
};

use crate::run::{self, Failure};

pub use place::{Net, Place};

/// Lines of the log that are shown.
const TAIL: usize = 40;

/// Brings the chain up, with the state it had when there is one.
pub fn up() -> Result<(), Failure> {
    let net = start()?;
    println!(
        "{} at {}, {}",
        net.chain_id,
        net.rpc,
        place().net().display()
    );
    Ok(())
}

/// Starts the chain where it is not running; the same as `up` for programs.
pub fn start() -> Result<Net, Failure> {
    let place = place();
    let program = program::ready(&place)?;
    if node::running(&place)?.is_some() {
        return Net::read(&place);
    }
    home::ready(&place, &program)?;
    node::start(&place, &program)
}

/// Stops the chain; its state stays.
pub fn down() -> Result<(), Failure> {
    if node::stop(&place())? {
        println!("stopped; `up` goes on from here, `reset` forgets it");
    } else {
        println!("nothing was running");
    }
    Ok(())
}

/// Stops the chain and forgets its state; the built program stays.
pub fn reset() -> Result<(), Failure> {
    let place = place();
    node::stop(&place)?;
    home::forget(&place)?;
    println!("forgotten; `up` makes a new chain");
    Ok(())
}

/// Says how the chain is; errors when it is not running.
pub fn status() -> Result<(), Failure> {
    let place = place();
    let Some(pid) = node::running(&place)? else {
        return Err(node::not_running());
    };
    let net = Net::read(&place)?;
    let status = rpc::status(&net.rpc)?;
    println!("chain     {}", net.chain_id);
    println!("height    {}, at {}", status.height, status.time);
    println!("rpc       {}", net.rpc);
    println!("process   {pid}");
    println!("accounts  {}", net.accounts.display());
    println!("described {}", place.net().display());
    Ok(())
}

/// The end of the node's log; with `follow`, what is written from then on too, until interrupted.
pub fn logs(follow: bool) -> Result<(), Failure> {
    let path = place().log();
    print!("{}", run::tail(&path, TAIL)?);
    if !follow {
        return Ok(());
    }
    let fail = |cause| run::file(&path, cause);
    let mut log = std::fs::File::open(&path).map_err(fail)?;
    log.seek(SeekFrom::End(0)).map_err(fail)?;
    loop {
        let mut text = Vec::new();
        log.read_to_end(&mut text).map_err(fail)?;
        std::io::stdout().write_all(&text).map_err(fail)?;
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Sets the chain's clock forward.
pub fn forward(seconds: u64) -> Result<(), Failure> {
    clock::forward(&place(), seconds)
}

/// The same, from the command line.
pub fn forward_text(seconds: &str) -> Result<(), Failure> {
    let seconds = seconds
        .parse()
        .map_err(|_| Failure::Missing(format!("`{seconds}` is not a number of seconds")))?;
    forward(seconds)?;
    status()
}

/// Go's tests of the node's program.
pub fn test() -> Result<(), Failure> {
    program::test(&place())
}

fn place() -> Place {
    Place::of(&run::root())
}

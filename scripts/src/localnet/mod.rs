//! A chain of one validator on this machine: wasmd with a token factory, made anew or found as it was left.
//!
//! Everything it writes is under `target/localnet`, or where [`place::VARIABLE`] says; what other programs need to reach it stands in
//! `localnet.json` there.

mod clock;
mod files;
mod home;
mod lock;
mod node;
mod place;
mod program;
mod rpc;

use std::{
    io::{Read, Seek, SeekFrom, Write},
    time::Duration,
};

use crate::run::{self, Failure};

use place::{Net, Place};

/// Lines of the log that are shown.
const TAIL: usize = 40;

const USAGE: &str = "\
Usage: cargo xtask localnet <what>

  up            start a chain on this machine, in the background, with the state it was left with
  down          stop it
  kill          end it as a failing machine would; `up` goes on
  reset         stop it and forget its state
  status        its height and where it listens; fails when it is not running
  logs [-f]     the end of its log; -f goes on
  forward SECS  set its clock forward
  test          the tests of its token factory

WICKER_LOCALNET=NAME is a chain of that name beside the usual one, WICKER_LOCALNET_GAS_PRICE=PRICE what it asks for a unit of gas.";

/// What the command line asks for.
pub fn task(words: &[&str]) -> Result<(), Failure> {
    let net = Localnet::of_environment();
    match words {
        ["up"] => net.up(),
        ["down"] => net.down(),
        ["kill"] => net.kill(),
        ["reset"] => net.reset(),
        ["status"] => net.status(),
        ["logs"] => net.logs(false),
        ["logs", "-f"] => net.logs(true),
        ["forward", seconds] => {
            let wrong = |_| Failure::Missing(format!("`{seconds}` is not a number of seconds"));
            net.forward(seconds.parse().map_err(wrong)?)
        }
        ["test"] => net.test(),
        _ => Err(Failure::Usage(USAGE)),
    }
}

/// A chain, running or not.
#[derive(Debug)]
pub struct Localnet {
    place: Place,
}

impl Localnet {
    /// The usual chain, or the one that the environment names.
    pub fn of_environment() -> Self {
        Self::named(&std::env::var(place::VARIABLE).unwrap_or_default())
    }

    /// The chain of this name; the usual one without a name. They share the built program and nothing else.
    pub fn named(name: &str) -> Self {
        Self {
            place: Place::of(&run::root(), name),
        }
    }

    /// The chain, started so that it takes transactions without a fee.
    pub fn without_fees(self) -> Self {
        Self {
            place: self.place.without_fees(),
        }
    }

    /// What makes other programs use this chain: a variable of the environment and its value.
    pub fn variable(&self) -> (&'static str, &str) {
        (place::VARIABLE, self.place.name())
    }

    /// Until it is dropped no other task starts, stops, forgets or sets forward this chain.
    fn hold(&self) -> Result<lock::Held, Failure> {
        lock::hold(&self.place.lock())
    }

    /// Brings the chain up, with the state it had when there is one, and says where it is.
    pub fn up(&self) -> Result<(), Failure> {
        let _held = self.hold()?;
        let net = self.start()?;
        let described = self.place.net();
        println!("{} at {}, {}", net.chain_id, net.rpc, described.display());
        Ok(())
    }

    fn start(&self) -> Result<Net, Failure> {
        let program = program::ready(&self.place)?;
        if node::running(&self.place)?.is_some() {
            return Net::read(&self.place);
        }
        home::ready(&self.place, &program)?;
        node::start(&self.place, &program)
    }

    /// Stops the chain; its state stays.
    pub fn down(&self) -> Result<(), Failure> {
        let _held = self.hold()?;
        if node::stop(&self.place)? {
            println!("stopped; `up` goes on from here, `reset` forgets it");
        } else {
            println!("nothing was running");
        }
        Ok(())
    }

    /// Ends the chain's process without a word to it, as a failing machine would; errors when it is not running.
    pub fn kill(&self) -> Result<(), Failure> {
        let _held = self.hold()?;
        if !node::kill(&self.place)? {
            return Err(node::not_running());
        }
        println!("killed; `up` goes on from the last block");
        Ok(())
    }

    /// Stops the chain and forgets its state; the built program stays.
    pub fn reset(&self) -> Result<(), Failure> {
        let _held = self.hold()?;
        node::stop(&self.place)?;
        home::forget(&self.place)?;
        println!("forgotten; `up` makes a new chain");
        Ok(())
    }

    /// Says how the chain is; errors when it is not running.
    pub fn status(&self) -> Result<(), Failure> {
        let Some(pid) = node::running(&self.place)? else {
            return Err(node::not_running());
        };
        let net = Net::read(&self.place)?;
        let status = rpc::status(&net.rpc)?;
        println!("chain     {}", net.chain_id);
        println!("height    {}, at {}", status.height, status.time);
        println!("rpc       {}", net.rpc);
        println!("process   {pid}");
        println!("accounts  {}", net.accounts.display());
        println!("described {}", self.place.net().display());
        Ok(())
    }

    /// The end of the node's log; with `follow`, what is written from then on too, until interrupted.
    pub fn logs(&self, follow: bool) -> Result<(), Failure> {
        let path = self.place.log();
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
    pub fn forward(&self, seconds: u64) -> Result<(), Failure> {
        let _held = self.hold()?;
        clock::forward(&self.place, seconds)?;
        self.status()
    }

    /// Go's tests of the node's program.
    pub fn test(&self) -> Result<(), Failure> {
        program::test(&self.place)
    }
}

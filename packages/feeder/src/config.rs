//! What a feeder is told: a TOML file, each plain line of which an environment variable may replace.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;

use cosmwasm_std::{Decimal256, Uint128};
use serde::Deserialize;
use wicker_client::settings::{self, FeeLadder, SettingsError};
use wicker_math::{Ratio, Seconds};

use crate::clock::ClockKind;
use crate::error::FeederError;
use crate::inputs::InputConfig;
use crate::judge::Policy;

/// What environment variables begin with: `WICKER_FEED_POLL` stands for `poll`.
pub const PREFIX: &str = "WICKER_FEED_";
/// The most denoms of one feeder: so many the oracle keeps of an address.
pub const MOST_DENOMS: usize = 64;

/// Keys of decimals.
const DECIMALS: [&str; 3] = ["max_deviation", "max_step", "min_change"];

/// How a feeder works. Shares are decimals, times are seconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Between two rounds.
    pub poll: u64,
    /// Whose time counts.
    pub clock: ClockKind,
    /// How many inputs must agree.
    pub inputs: usize,
    /// The oldest observation.
    pub max_age: u64,
    /// How far in the future an observation may lie.
    pub max_future: u64,
    /// The largest distance from the median.
    pub max_deviation: Decimal256,
    /// The largest step from the last report that needs no second look.
    pub max_step: Decimal256,
    /// The least time between the first and the last look at a larger step.
    pub step_interval: u64,
    /// A smaller change waits for the heartbeat.
    pub min_change: Decimal256,
    /// The longest time between two reports of a denom.
    pub heartbeat: u64,
    /// Where a denom differs from the lines above.
    pub denom: BTreeMap<String, Different>,
    /// Where prices come from.
    pub input: Vec<InputConfig>,
    /// Gas of a report.
    pub gas_base: u64,
    /// Gas of each price in it.
    pub gas_each: u64,
    /// Gas prices to try one after the other, as multiples of the deployment's.
    pub fee_ladder: FeeLadder,
    /// To rest when every step of the ladder has failed, and before a denom that was refused is tried again.
    pub rest: u64,
    /// Blocks a transaction is valid for.
    pub valid_blocks: u64,
    /// Base units of the fee's denom under which there is an alarm.
    pub min_balance: Uint128,
    /// Where metrics and the status page are served; without it they are not.
    pub listen: Option<SocketAddr>,
}

/// Where a denom differs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Different {
    pub inputs: Option<usize>,
    pub max_age: Option<u64>,
    pub max_future: Option<u64>,
    pub max_deviation: Option<Decimal256>,
    pub max_step: Option<Decimal256>,
    pub step_interval: Option<u64>,
    pub min_change: Option<Decimal256>,
    pub heartbeat: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            poll: 10,
            clock: ClockKind::Machine,
            inputs: 2,
            max_age: 60,
            max_future: 5,
            max_deviation: Decimal256::percent(2),
            max_step: Decimal256::percent(10),
            step_interval: 20,
            min_change: Decimal256::bps(10),
            heartbeat: 120,
            denom: BTreeMap::new(),
            input: Vec::new(),
            gas_base: 150_000,
            gas_each: 40_000,
            fee_ladder: FeeLadder::default(),
            rest: 60,
            valid_blocks: 20,
            min_balance: Uint128::zero(),
            listen: None,
        }
    }
}

impl Config {
    /// Reads a file, and over it the variables of `environment`.
    pub fn load(
        path: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, FeederError> {
        let table = settings::read(path, PREFIX, environment, &DECIMALS)?;
        let config: Self = table.try_into().map_err(SettingsError::from)?;
        config.check()
    }

    fn check(self) -> Result<Self, FeederError> {
        let wrong = |why: String| Err(FeederError::Config(why));
        let denoms = self.denoms();
        if denoms.is_empty() || denoms.len() > MOST_DENOMS {
            let count = denoms.len();
            return wrong(format!(
                "1 to {MOST_DENOMS} denoms need inputs, not {count}"
            ));
        }
        if let Some(stray) = self.denom.keys().find(|name| !denoms.contains(*name)) {
            return wrong(format!("denom {stray} has no input"));
        }
        let mut names = BTreeSet::new();
        for input in &self.input {
            if !names.insert(&input.name) {
                return wrong(format!("two inputs are called {}", input.name));
            }
            input.check()?;
        }
        for denom in &denoms {
            self.check_denom(denom)?;
        }
        if !self.fee_ladder.is_usable() {
            return wrong("fee_ladder is a list of multiples from 1 to 100".into());
        }
        if self.valid_blocks == 0 || self.valid_blocks > 10_000 {
            return wrong("valid_blocks is 1 to 10000".into());
        }
        if self.poll == 0 || self.gas_each > 10_000_000 || self.gas_base > 10_000_000 {
            return wrong("poll is at least 1; gas_base and gas_each are at most 10000000".into());
        }
        Ok(self)
    }

    fn check_denom(&self, denom: &str) -> Result<(), FeederError> {
        let wrong = |why: String| Err(FeederError::Config(format!("{denom}: {why}")));
        let policy = self.policy(denom);
        let given = self.input.iter().filter(|input| input.gives(denom)).count();
        if policy.inputs == 0 || policy.inputs > given {
            let needed = policy.inputs;
            return wrong(format!(
                "inputs is 1 to {given}, those it has, not {needed}"
            ));
        }
        let shares = [
            ("max_deviation", policy.max_deviation, Ratio::percent(50)),
            ("max_step", policy.max_step, Ratio::percent(50)),
            ("min_change", policy.min_change, Ratio::percent(50)),
        ];
        for (name, share, most) in shares {
            if share > most || (share.is_zero() && name != "min_change") {
                return wrong(format!("{name} is above 0 and at most {most}, not {share}"));
            }
        }
        if policy.max_future > Seconds::new(60) {
            return wrong("max_future is at most 60".into());
        }
        let times = [policy.max_age, policy.step_interval, policy.heartbeat];
        let day = Seconds::hours(24);
        if times.iter().any(|time| time.get() == 0 || *time > day) {
            return wrong("max_age, step_interval and heartbeat are 1 to 86400".into());
        }
        Ok(())
    }

    /// All denoms that an input gives.
    pub fn denoms(&self) -> BTreeSet<String> {
        let inputs = self.input.iter();
        inputs.flat_map(InputConfig::denoms).collect()
    }

    /// What a denom's observations are held to.
    pub fn policy(&self, denom: &str) -> Policy {
        let own = self.denom.get(denom).cloned().unwrap_or_default();
        let time = |own: Option<u64>, usual| Seconds::new(own.unwrap_or(usual));
        let share = |own: Option<Decimal256>, usual| ratio(own.unwrap_or(usual));
        Policy {
            inputs: own.inputs.unwrap_or(self.inputs),
            max_age: time(own.max_age, self.max_age),
            max_future: time(own.max_future, self.max_future),
            max_deviation: share(own.max_deviation, self.max_deviation),
            max_step: share(own.max_step, self.max_step),
            step_interval: time(own.step_interval, self.step_interval),
            min_change: share(own.min_change, self.min_change),
            heartbeat: time(own.heartbeat, self.heartbeat),
        }
    }

    /// The gas limit of so many messages with so many prices.
    pub const fn gas(&self, messages: u64, prices: u64) -> u64 {
        let base = self.gas_base.saturating_mul(messages);
        base.saturating_add(self.gas_each.saturating_mul(prices))
    }
}

/// A share; the largest where it does not fit, which no check lets through.
fn ratio(share: Decimal256) -> Ratio {
    Uint128::try_from(share.atomics()).map_or(Ratio::MAX, |raw| Ratio::new(raw.u128()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two inputs of `ua`, one of `ub`, and these lines in front.
    fn load(lines: &str, environment: &[(&str, &str)]) -> Result<Config, FeederError> {
        let inputs = r#"
[[input]]
name = "web"
kind = "http"
url = "http://127.0.0.1:1/"
every = 3
price = [{ denom = "ua", pointer = "/p" }, { denom = "ub", pointer = "/q", scale = -6 }]
[[input]]
name = "file"
kind = "csv"
file = "prices.csv"
speed = 60
columns = { ua = "A" }
"#;
        let text = format!("{lines}\n{inputs}");
        let name = format!("wicker-feed-{}-{}", std::process::id(), text.len());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let pairs = environment.iter();
        let pairs = pairs.map(|(key, value)| (key.to_string(), value.to_string()));
        let loaded = Config::load(Some(&path), pairs);
        std::fs::remove_file(&path).unwrap();
        loaded
    }

    #[test]
    fn a_denom_differs_where_it_says_so_and_a_variable_stands_above_the_file() {
        let lines =
            "min_change = \"0.01\"\nheartbeat = 300\n[denom.ub]\ninputs = 1\nmax_step = \"0.02\"\n";
        let variables = [
            ("WICKER_FEED_HEARTBEAT", "60"),
            ("WICKER_FEED_MAX_DEVIATION", "0.05"),
            ("OTHER", "1"),
        ];
        let config = load(lines, &variables).unwrap();
        let (ua, ub) = (config.policy("ua"), config.policy("ub"));
        assert_eq!((ua.inputs, ub.inputs), (2, 1));
        assert_eq!(
            (ua.max_step, ub.max_step),
            (Ratio::percent(10), Ratio::percent(2))
        );
        assert_eq!(
            (ua.heartbeat, ua.min_change),
            (Seconds::new(60), Ratio::percent(1))
        );
        assert_eq!(ub.max_deviation, Ratio::percent(5));
        assert_eq!(
            config.denoms().into_iter().collect::<Vec<_>>(),
            ["ua", "ub"]
        );
        assert_eq!(config.gas(2, 33), 1_620_000);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let one = "[denom.ub]\ninputs = 1\n";
        assert!(load(one, &[]).is_ok());
        for (lines, named) in [
            ("", "ub: inputs is 1 to 1"),
            ("inputs = 0\n", "inputs"),
            ("inputs = 1\nmax_step = \"0.6\"\n", "max_step"),
            ("inputs = 1\nmax_deviation = \"0\"\n", "max_deviation"),
            ("inputs = 1\nmax_deviation = \"-1\"\n", "max_deviation"),
            (
                "inputs = 1\nmin_change = \"999999999999999999999\"\n",
                "min_change",
            ),
            ("inputs = 1\nmax_future = 61\n", "max_future"),
            ("inputs = 1\nmax_age = 0\n", "max_age"),
            ("inputs = 1\nfee_ladder = [\"0.5\"]\n", "fee_ladder"),
            ("inputs = 1\nvalid_blocks = 0\n", "valid_blocks"),
            ("inputs = 1\npoll = 0\n", "poll"),
            ("inputs = 1\nclock = \"sun\"\n", "unknown variant `sun`"),
            ("inputs = 1\nmax_stepp = \"0.1\"\n", "max_stepp"),
            ("inputs = 1\n[denom.uc]\ninputs = 1\n", "uc has no input"),
            (
                "inputs = 1\n[denom.ua]\nmin_chance = \"0.1\"\n",
                "min_chance",
            ),
        ] {
            let error = load(lines, &[]).unwrap_err().to_string();
            assert!(error.contains(named), "{lines}: {error}");
        }
    }

    #[test]
    fn an_input_that_makes_no_sense_is_refused_by_name() {
        let web = "[[input]]\nname = \"more\"\nkind = \"http\"\nurl = \"http://127.0.0.1:1/\"\n";
        let price = "price = [{ denom = \"ub\", pointer = \"/p\" }]\n";
        assert!(load(&format!("{web}{price}"), &[]).is_ok());
        for (input, named) in [
            (web.to_string(), "price"),
            (format!("{web}price = []\n"), "no denom"),
            (format!("{web}{}", price.replace('/', "")), "JSON pointer"),
            (
                format!(
                    "{web}{}",
                    price.replace("ub", "ua\", pointer = \"/q\" }, { denom = \"ua")
                ),
                "twice",
            ),
            (format!("{web}{price}url2 = \"x\"\n"), "url2"),
            (format!("{web}{price}timeout = 0\n"), "timeout"),
            (
                format!("{}{price}", web.replace("more", "web")),
                "two inputs are called web",
            ),
            (
                format!("{}{price}", web.replace("\"http\"", "\"ftp\"")),
                "ftp",
            ),
        ] {
            let lines = format!("inputs = 1\n{input}");
            let error = load(&lines, &[]).unwrap_err().to_string();
            assert!(error.contains(named), "{input}: {error}");
        }
    }
}

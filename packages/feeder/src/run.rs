//! Round after round: hear, judge, report.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use serde_json::{json, Value};
use wicker_client::{Chain, ClientError, Gas, Signer};
use wicker_math::{Price, Seconds};
use wicker_status::Status;

use crate::clock::Clock;
use crate::config::Config;
use crate::error::FeederError;
use crate::hear::Ears;
use crate::inputs::Input;
use crate::judge::{self, judge, Decision, Judged, Memory, Policy, Quote};
use crate::learn::{learn, Standing};
use crate::meter::Meter;
use crate::push;
use crate::round::{Alarm, Round, Seen};

/// A feeder of one oracle.
#[derive(Debug)]
pub struct Feeder {
    chain: Chain,
    signer: Signer,
    config: Config,
    oracle: String,
    clock: Clock,
    ears: Ears,
    denoms: BTreeMap<String, Denom>,
    failures: usize,
    rests_until: Seconds,
    failure: Option<ClientError>,
    meter: Meter,
}

#[derive(Debug)]
struct Denom {
    policy: Policy,
    memory: Memory,
    standing: Standing,
    /// The oracle refused it: left alone until then.
    rests_until: Seconds,
    /// It is late from then on, while nothing is reported.
    since: Seconds,
}

impl Feeder {
    /// Sets its clock and opens the inputs; none is asked yet. `variable` gives what configuration takes from the environment.
    pub async fn new(
        (chain, signer): (Chain, Signer),
        config: Config,
        oracle: &str,
        status: &Status,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, FeederError> {
        let clock = Clock::new(config.clock, &chain).await?;
        let since = clock.now();
        let inputs = config.input.iter();
        let inputs = inputs.map(|input| input.open((config.poll, since), &variable));
        let inputs = inputs.collect::<Result<Vec<Input>, _>>()?;
        let names = config.denoms().into_iter();
        let denoms = names.map(|name| {
            let denom = Denom {
                policy: config.policy(&name),
                memory: Memory::default(),
                standing: Standing::Unknown,
                rests_until: Seconds::default(),
                since,
            };
            (name, denom)
        });
        let denoms: BTreeMap<String, Denom> = denoms.collect();
        let confirm = chain.config().limits.confirm;
        let round = Duration::from_secs(config.poll.saturating_mul(3)).saturating_add(confirm);
        let slowest = denoms.values().map(|denom| denom.policy.heartbeat.get());
        let report = slowest.max().unwrap_or_default().saturating_mul(2);
        let report = Duration::from_secs(report).saturating_add(round);
        Ok(Self {
            meter: Meter::new(status, round, report),
            ears: Ears::new(inputs, clock.clone()),
            clock,
            oracle: oracle.into(),
            failures: 0,
            rests_until: Seconds::default(),
            failure: None,
            chain,
            signer,
            config,
            denoms,
        })
    }

    /// Asks every input once, then one round.
    pub async fn once(&mut self, dry: bool) -> Round {
        self.ears.ask_all().await;
        self.round(dry).await
    }

    /// One round on what inputs have said. With `dry` nothing is sent.
    pub async fn round(&mut self, dry: bool) -> Round {
        self.failure = match self.clock.set().await {
            Ok(()) => self.learn().await.err(),
            Err(why) => Some(why),
        };
        let now = self.clock.now();
        let mut round = Round {
            now: now.get(),
            held_back: self.failure.as_ref().map(ToString::to_string),
            ..Round::default()
        };
        let due = self.judge(&mut round, now);
        if !dry && round.held_back.is_none() && !due.is_empty() {
            self.report(due, &mut round, now).await;
        }
        self.look_around(&mut round, now).await;
        self.show(&round, now);
        round
    }

    /// Why the last round could not do what it should.
    pub fn failure(self) -> Option<ClientError> {
        self.failure
    }

    /// Rounds until `stop` is done; a round that has begun is finished. Each is a line for `log`.
    pub async fn watch(&mut self, stop: impl Future<Output = ()>, mut log: impl FnMut(Value)) {
        tokio::pin!(stop);
        let listening = self.ears.listen();
        let mut ticks = tokio::time::interval(Duration::from_secs(self.config.poll));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut stop => break,
                _ = ticks.tick() => {}
            }
            let round = self.round(false).await;
            log(json!({ "level": round.level(), "round": round }));
        }
        drop(listening);
    }

    /// Asks the oracle about denoms of which it is not known how they stand.
    async fn learn(&mut self) -> Result<(), ClientError> {
        let whose = (self.oracle.as_str(), self.signer.address());
        for (name, denom) in &mut self.denoms {
            if denom.standing == Standing::Unknown {
                let (standing, last) = learn(&self.chain, whose, name).await?;
                denom.standing = standing;
                denom.memory.last = last.or(denom.memory.last);
            }
        }
        Ok(())
    }

    /// Judges every denom; what is due is returned.
    fn judge(&mut self, round: &mut Round, now: Seconds) -> Vec<(String, Quote)> {
        let heard = self.ears.heard();
        for (input, answer) in &heard {
            self.meter.answered(input, answer.took);
        }
        let mut due = Vec::new();
        for (name, denom) in &mut self.denoms {
            let (mut said, mut unread) = (Vec::new(), Vec::new());
            for (input, answer) in &heard {
                for (_, quote) in answer.said.iter().filter(|(of, _)| of == name) {
                    match quote {
                        Ok(quote) => said.push(judge::Seen {
                            input: input.clone(),
                            quote: *quote,
                        }),
                        Err(why) => {
                            self.meter.drop((input, name, why.label()));
                            unread.push((input.clone(), why.to_string()));
                        }
                    }
                }
            }
            let judged = judge(&denom.policy, &denom.memory, &said, now);
            denom.memory.waiting = judged.waiting;
            for one in &judged.dropped {
                self.meter.drop((&one.input, name, one.why.label()));
            }
            let seen = Seen::new(name, &judged, unread);
            round.alarms.extend(seen.alarms(&judged));
            round.alarms.extend(denom.alarm(name, now));
            round.denoms.push(seen);
            due.extend(denom.due(&judged, now).map(|quote| (name.clone(), quote)));
        }
        due
    }

    /// Tells the oracle, and notes what it says.
    async fn report(&mut self, due: Vec<(String, Quote)>, round: &mut Round, now: Seconds) {
        if now < self.rests_until {
            let until = self.rests_until.get();
            round.held_back = Some(format!("resting until {until} after failures"));
            return;
        }
        match self.send(&due).await {
            Ok((hash, refused)) => {
                self.failures = 0;
                self.meter.report("done");
                self.meter.reports.done(&hash);
                self.note(&due, &refused, now);
                (round.sent, round.refused) = (Some(hash), refused);
            }
            Err(why) => {
                self.meter.report("failed");
                self.meter.reports.failed(&why);
                self.fail(round, &why, now);
                self.failure = Some(why);
            }
        }
    }

    async fn send(
        &self,
        due: &[(String, Quote)],
    ) -> Result<(String, Vec<(String, String)>), ClientError> {
        let messages = push::messages(&self.oracle, due)?;
        let usual = &self.chain.config().gas.price;
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        // Not what a simulation says: one that is simulated as the first of a quorum may come to complete it, which costs more.
        let gas = Gas {
            limit: Some(self.config.gas(count(messages.len()), count(due.len()))),
            price: Some(self.config.fee_ladder.price(usual, self.failures)),
        };
        let done = self.chain.transact(&self.signer, &messages, &gas).await?;
        let refused = push::refused(&self.oracle, &done);
        Ok((done.hash, refused))
    }

    /// Remembers what was taken; what was refused rests, and is asked about again.
    fn note(&mut self, due: &[(String, Quote)], refused: &[(String, String)], now: Seconds) {
        for (name, quote) in due {
            let Some(denom) = self.denoms.get_mut(name) else {
                continue;
            };
            if refused.iter().any(|(one, _)| one == name) {
                self.meter.refuse(name);
                denom.rests_until = now.plus(Seconds::new(self.config.rest));
                denom.standing = Standing::Unknown;
            } else {
                denom.memory = Memory {
                    last: Some(*quote),
                    waiting: None,
                };
            }
        }
    }

    /// The next attempt pays more; after the last step of the ladder there is a rest. What the oracle knows is asked anew.
    fn fail(&mut self, round: &mut Round, why: &ClientError, now: Seconds) {
        self.failures = self.failures.saturating_add(1);
        round.alarms.push(Alarm::new("failing", &self.oracle, why));
        round.held_back = Some(why.to_string());
        if self.failures >= self.config.fee_ladder.steps() {
            self.failures = 0;
            self.rests_until = now.plus(Seconds::new(self.config.rest));
        }
        for denom in self.denoms.values_mut() {
            denom.standing = Standing::Unknown;
        }
    }

    /// Looks at the account.
    async fn look_around(&mut self, round: &mut Round, now: Seconds) {
        let address = self.signer.address();
        let fee = &self.chain.config().gas.price.denom;
        if let Ok(balance) = self.chain.balance(address, fee).await {
            self.meter.holds(balance.u128());
            if balance < self.config.min_balance {
                let least = self.config.min_balance;
                let why = format!("{balance}{fee}, less than {least}");
                round.alarms.push(Alarm::new("wallet", address, why));
            }
        }
        // Foreign denoms are asked about again: governance may have named this account since.
        for denom in self.denoms.values_mut() {
            if matches!(denom.standing, Standing::Foreign(_)) && now >= denom.rests_until {
                denom.standing = Standing::Unknown;
                denom.rests_until = now.plus(Seconds::new(self.config.rest));
            }
        }
    }

    fn show(&self, round: &Round, now: Seconds) {
        for (name, denom) in &self.denoms {
            if let Some(last) = denom.memory.last {
                // Only shown: what is reported never was a float.
                let dollars = last.price.raw() as f64 / Price::ONE.raw() as f64;
                let age = now.since(last.time).get();
                self.meter.last(name, dollars, age);
            }
        }
        let alarms = round.alarms.iter();
        self.meter
            .alarms(alarms.map(|alarm| (alarm.kind, alarm.about.as_str())));
        match &round.held_back {
            Some(why) => self.meter.rounds.failed(why),
            None => self.meter.rounds.done(round.words()),
        }
    }
}

impl Denom {
    /// What is to be reported of it now.
    fn due(&self, judged: &Judged, now: Seconds) -> Option<Quote> {
        match judged.decision {
            Decision::Report(quote, _)
                if self.standing == Standing::Ours && now >= self.rests_until =>
            {
                Some(quote)
            }
            _ => None,
        }
    }

    /// What of it needs a person: it is not ours, was refused, or is late.
    fn alarm(&self, name: &str, now: Seconds) -> Option<Alarm> {
        if let Standing::Foreign(why) = &self.standing {
            return Some(Alarm::new("foreign", name, why));
        }
        if now < self.rests_until {
            let why = format!(
                "the oracle refused it; left alone until {}",
                self.rests_until.get()
            );
            return Some(Alarm::new("refused", name, why));
        }
        let last = self.memory.last.map_or(self.since, |last| last.time);
        let (age, most) = (now.since(last).get(), self.policy.heartbeat.get());
        let late = age > most.saturating_mul(2);
        late.then(|| Alarm::new("late", name, format!("the last report is {age} s old")))
    }
}

//! The feeders: they report what traded, see a large step a second time, and fall silent where nothing trades.

use crate::error::LabError;
use crate::prices::Tick;
use crate::scenario::{unix, Silence};
use crate::stage::Stage;
use crate::story::Happening;

/// Seconds without a price that the story mentions.
const QUIET: u64 = 7_200;
/// Steps smaller than this, which wait only because they lead away from the anchor, are not worth a sentence.
const TOLD: f64 = 0.1;
/// How often a large step is shown again before the feeders leave it for their next report.
const SHOWINGS: u32 = 2;

/// What the feeders know.
pub struct Feed {
    /// The newest price of each asset that has not been reported.
    unsaid: Vec<Option<f64>>,
    /// The last price of each asset that was, and when.
    said: Vec<(u64, f64)>,
    /// Assets whose silence the story has mentioned.
    quiet: Vec<bool>,
    /// Assets that have traded in these prices; until then `before` of the scenario is reported.
    traded: Vec<bool>,
    /// When the next report is due.
    due: u64,
}

impl Feed {
    /// Feeders that have just reported these prices.
    pub fn new(prices: &[f64], now: u64) -> Self {
        Self {
            unsaid: vec![None; prices.len()],
            said: prices.iter().map(|price| (now, *price)).collect(),
            quiet: vec![false; prices.len()],
            traded: vec![false; prices.len()],
            due: now,
        }
    }

    /// Takes a tick in, and reports what is new when a report is due.
    pub fn tick(&mut self, stage: &mut Stage<'_>, tick: &Tick) -> Result<(), LabError> {
        self.listen(stage, tick);
        if stage.world.now() < self.due {
            return Ok(());
        }
        self.due = tick.time.saturating_add(stage.scenario.feeder.interval);
        self.mention(stage);
        let now = stage.world.now();
        let entries: Vec<(usize, String, f64)> = stage
            .scenario
            .assets
            .iter()
            .zip(&self.unsaid)
            .enumerate()
            .filter_map(|(at, (asset, price))| Some((at, asset.name.clone(), (*price)?)))
            .collect();
        if !entries.is_empty() {
            let steps = self.report(stage, &entries)?;
            self.confirm(stage, steps)?;
        }
        for (at, _, price) in entries {
            if let Some(said) = self.said.get_mut(at) {
                *said = (now, price);
            }
        }
        self.unsaid.fill(None);
        stage.world.refresh_debt()
    }

    fn listen(&mut self, stage: &mut Stage<'_>, tick: &Tick) {
        let silences = &stage.scenario.feeder.silences;
        stage.depth.rest(tick.time);
        let depth = &stage.depth;
        let slots = stage.undisturbed.iter_mut().zip(&mut self.unsaid);
        let slots = slots.zip(&mut self.traded).zip(&stage.scenario.assets);
        for (at, (((undisturbed, unsaid), traded), asset)) in slots.enumerate() {
            let before = asset.before.filter(|_| !*traded);
            *traded = *traded || tick.price(at).is_some();
            let Some(price) = tick.price(at).or(before) else {
                continue;
            };
            *undisturbed = price;
            let silenced = |silence: &Silence| {
                silence
                    .asset
                    .as_ref()
                    .is_none_or(|name| name == &asset.name)
                    && (unix(&silence.from)..unix(&silence.to)).contains(&tick.time)
            };
            if !silences.iter().any(silenced) {
                *unsaid = Some(price * depth.factor(at));
            }
        }
        stage.reprice();
    }

    /// Tells of assets that fall silent and of those that are back.
    fn mention(&mut self, stage: &mut Stage<'_>) {
        let now = stage.world.now();
        let mut news = Vec::new();
        let assets = stage.scenario.assets.iter().zip(&mut self.quiet);
        let known = self.unsaid.iter().zip(&self.said);
        for ((asset, quiet), (unsaid, (time, price))) in assets.zip(known) {
            let since = now.saturating_sub(*time);
            let asset = asset.name.clone();
            match unsaid {
                Some(to) if *quiet => {
                    *quiet = false;
                    news.push(Happening::Back {
                        asset,
                        hours: since as f64 / 3_600.0,
                        from: *price,
                        to: *to,
                    });
                }
                None if !*quiet && since > QUIET => {
                    *quiet = true;
                    news.push(Happening::Silent { asset });
                }
                _ => {}
            }
        }
        for happening in news {
            stage.tell(happening);
        }
    }

    /// Reports; returns the entries whose step waits for a second look.
    fn report(
        &self,
        stage: &mut Stage<'_>,
        entries: &[(usize, String, f64)],
    ) -> Result<Vec<(usize, String, f64)>, LabError> {
        let prices: Vec<(String, f64)> = entries
            .iter()
            .map(|(_, name, price)| (name.clone(), *price))
            .collect();
        let now = stage.world.now();
        let wicks = &stage.scenario.feeder.wicks;
        let said = |feeder: usize, asset: &str, price: f64| {
            let mut wicks = wicks.iter();
            price
                * wicks
                    .find_map(|wick| wick.of(feeder, asset, now))
                    .unwrap_or(1.0)
        };
        let outcomes = stage.world.report(&prices, &said)?;
        let waits = |name: &String| {
            let outcome = outcomes.get(name).map(String::as_str);
            matches!(outcome, Some("pending" | "limited"))
        };
        let waiting = entries.iter().filter(|(_, name, _)| waits(name));
        Ok(waiting.cloned().collect())
    }

    /// Shows large steps again after a while, and tells what became of them.
    fn confirm(
        &self,
        stage: &mut Stage<'_>,
        steps: Vec<(usize, String, f64)>,
    ) -> Result<(), LabError> {
        let mut waiting = steps.clone();
        for _ in 0..SHOWINGS {
            if waiting.is_empty() {
                break;
            }
            let later = stage
                .world
                .now()
                .saturating_add(stage.scenario.feeder.confirm);
            stage.world.wait_until(later);
            waiting = self.report(stage, &waiting)?;
        }
        for (at, asset, to) in steps {
            let confirmed = !waiting.iter().any(|(other, _, _)| *other == at);
            let from = self.said.get(at).map_or(to, |(_, price)| *price);
            if confirmed && (to / from - 1.0).abs() < TOLD {
                continue;
            }
            stage.tell(Happening::Step {
                asset,
                from,
                to,
                confirmed,
            });
        }
        Ok(())
    }
}

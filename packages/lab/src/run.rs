//! A scenario played over prices: the loop, what is recorded for drawing, and the accounts at the end.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::{Audit, CoinCount};
use crate::depth::Depth;
use crate::error::LabError;
use crate::feed::Feed;
use crate::keeper::{act, look, recalibrate, standings};
use crate::people::{blank, everyone, open_all};
use crate::prices::{Prices, Tick};
use crate::scenario::{clock, Scenario};
use crate::setup::CENTS;
use crate::stage::{in_dollars, BasketResult, Beat, Stage};
use crate::story::{BasketLine, Entry, Happening};
use crate::view::BookView;
use crate::world::{World, DOLLAR};

/// About how many points a plot has, and lines of status a story.
const POINTS: usize = 600;
const STATUSES: u64 = 24;
/// Seconds between two counts of every coin.
const COUNT: u64 = 86_400;
const HOUR: u64 = 3_600;

/// A finished run.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// The scenario's name.
    pub scenario: String,
    /// What it is about.
    pub about: String,
    /// The seed of a drawn path.
    pub seed: Option<u64>,
    /// The first tick, in seconds since 1970.
    pub from: u64,
    /// The last tick.
    pub to: u64,
    /// Ticks played.
    pub steps: usize,
    /// Messages sent to the contracts.
    pub messages: u64,
    /// Of each kind of event, how many the contracts wrote.
    pub events: BTreeMap<String, u64>,
    /// What happened.
    pub story: Vec<Entry>,
    /// What became of each basket.
    pub baskets: Vec<BasketResult>,
    /// What the keeper earned, in dollars.
    pub keeper_profit: f64,
    /// The invariants.
    pub audit: Audit,
    /// Where every coin is.
    pub coins: Vec<CoinCount>,
    /// True when every invariant held and every coin was found.
    pub holds: bool,
    /// What can be drawn, a basket each.
    #[serde(skip)]
    pub series: Vec<Series>,
}

/// A basket over time.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Its name.
    pub basket: String,
    /// Its collaterals.
    pub assets: Vec<String>,
    /// Its borrowers.
    pub users: Vec<String>,
    /// By time.
    pub points: Vec<Point>,
}

/// A basket at one moment.
#[derive(Debug, Clone)]
pub struct Point {
    /// Seconds since 1970.
    pub time: u64,
    /// By asset, in dollars.
    pub prices: Vec<f64>,
    /// By user, equity over maintenance margin.
    pub ratios: Vec<Option<f64>>,
    /// All positions as one.
    pub book: BookView,
}

/// Plays a scenario over prices.
pub fn play(
    scenario: &Scenario,
    prices: &Prices,
    watch: &mut dyn FnMut(Beat<'_>),
) -> Result<Run, LabError> {
    let Some(first) = prices.ticks.first() else {
        return Err(nothing(scenario));
    };
    warmed_up(scenario, prices)?;
    let start = first_prices(scenario, prices)?;
    let mut stage = Stage {
        scenario,
        world: World::start(scenario, &start, first.time)?,
        undisturbed: start.clone(),
        depth: depth(scenario, first.time),
        market: start,
        people: everyone(scenario),
        results: blank(scenario),
        story: Vec::new(),
        watch,
    };
    stage.world.users = stage.people.iter().map(|who| who.account.clone()).collect();
    let capital = crate::setup::units(scenario.keeper.capital, 1.0, CENTS);
    let keeper = stage.world.keeper.clone();
    stage.world.give(&keeper, capital, DOLLAR)?;
    let mut player = Player::new(&stage, prices);
    for (at, tick) in prices.ticks.iter().enumerate() {
        player.step(&mut stage, at, tick)?;
    }
    player.end(stage, prices)
}

fn depth(scenario: &Scenario, now: u64) -> Depth {
    let flows = scenario.assets.iter().map(|asset| asset.depth());
    Depth::new(scenario.market, flows.collect(), now)
}

fn nothing(scenario: &Scenario) -> LabError {
    let wanted = scenario.wanted();
    LabError::NoPrices {
        wanted: wanted.assets.join(", "),
        from: wanted.window.0,
        to: wanted.window.1,
    }
}

/// Errors when the prices end before anyone may borrow.
fn warmed_up(scenario: &Scenario, prices: &Prices) -> Result<(), LabError> {
    let time = |tick: Option<&Tick>| tick.map_or(0, |tick| tick.time);
    let (first, last) = (time(prices.ticks.first()), time(prices.ticks.last()));
    let hours = scenario.window.warmup_hours;
    let opens = first.saturating_add(hours.saturating_mul(HOUR));
    if opens <= last {
        return Ok(());
    }
    Err(LabError::Warmup {
        hours,
        opens: clock(opens),
        last: clock(last),
    })
}

/// Each asset's price at the first tick, or what the scenario says it was before.
fn first_prices(scenario: &Scenario, prices: &Prices) -> Result<Vec<f64>, LabError> {
    let first = prices.ticks.first();
    let assets = scenario.assets.iter().enumerate();
    let price = assets.map(|(at, asset)| {
        let found = first.and_then(|tick| tick.price(at)).or(asset.before);
        let missing = "a price at the first tick; `before` may say it";
        found.ok_or_else(|| LabError::unknown(&format!("asset {}", asset.name), missing))
    });
    price.collect()
}

/// What a run keeps beside the stage.
struct Player {
    feed: Feed,
    audit: Audit,
    coins: Vec<CoinCount>,
    series: Vec<Series>,
    opens_at: u64,
    opened: bool,
    measured: u64,
    next_act: u64,
    next_count: u64,
    next_status: u64,
    status_every: u64,
    stride: usize,
    steps: usize,
}

impl Player {
    fn new(stage: &Stage<'_>, prices: &Prices) -> Self {
        let start = stage.world.now();
        let end = prices.ticks.last().map_or(start, |tick| tick.time);
        let warmup = stage.scenario.window.warmup_hours.saturating_mul(HOUR);
        let opens_at = start.saturating_add(warmup);
        let span = end.saturating_sub(opens_at);
        let hours = (span / STATUSES).div_ceil(6 * HOUR).max(1);
        let series = stage.scenario.baskets.iter().enumerate();
        let series = series.map(|(at, basket)| Series {
            basket: basket.name.clone(),
            assets: basket
                .members
                .iter()
                .map(|member| member.asset.clone())
                .collect(),
            users: stage
                .people
                .iter()
                .filter(|who| who.basket == at)
                .map(|who| who.name.clone())
                .collect(),
            points: Vec::new(),
        });
        Self {
            feed: Feed::new(&stage.market, start),
            audit: Audit::default(),
            coins: Vec::new(),
            series: series.collect(),
            opens_at,
            opened: false,
            measured: start / HOUR,
            next_act: 0,
            next_count: opens_at,
            next_status: opens_at,
            status_every: hours.saturating_mul(6 * HOUR),
            stride: prices.ticks.len().div_ceil(POINTS).max(1),
            steps: prices.ticks.len(),
        }
    }

    fn step(&mut self, stage: &mut Stage<'_>, at: usize, tick: &Tick) -> Result<(), LabError> {
        stage.world.wait_until(tick.time);
        let before = stage.story.len();
        self.feed.tick(stage, tick)?;
        if tick.time / HOUR > self.measured {
            self.measured = tick.time / HOUR;
            recalibrate(stage)?;
        }
        let shaken = stage.story.len() > before;
        if !self.opened && tick.time >= self.opens_at {
            self.opened = true;
            open_all(stage)?;
        }
        if self.opened {
            self.status(stage, tick)?;
            if shaken || at.is_multiple_of(self.stride) {
                self.sample(stage)?;
            }
            let before = stage.story.len();
            self.keep(stage, tick)?;
            let mut news = stage.story.iter().skip(before);
            if news.any(|entry| matches!(entry.happening, Happening::Liquidated { .. })) {
                self.sample(stage)?;
            }
        }
        self.audit.step(&stage.world)?;
        if self.opened && tick.time >= self.next_count {
            self.next_count = tick.time.saturating_add(COUNT);
            self.audit.count(&stage.world)?;
            self.audit.compare(&stage.world)?;
        }
        (stage.watch)(Beat::Step(at.saturating_add(1), self.steps));
        Ok(())
    }

    /// The keeper's turn, after its delay; a delay of more than a few minutes means fewer turns instead.
    fn keep(&mut self, stage: &mut Stage<'_>, tick: &Tick) -> Result<(), LabError> {
        let delay = stage.scenario.keeper.delay;
        let outages = &stage.scenario.keeper.outages;
        if tick.time < self.next_act || outages.iter().any(|outage| outage.at(tick.time)) {
            return look(stage);
        }
        if delay > HOUR / 12 {
            self.next_act = tick.time.saturating_add(delay);
        } else {
            let now = stage.world.now();
            stage.world.wait_until(now.saturating_add(delay));
        }
        act(stage)
    }

    fn status(&mut self, stage: &mut Stage<'_>, tick: &Tick) -> Result<(), LabError> {
        if tick.time < self.next_status {
            return Ok(());
        }
        self.next_status = tick.time.saturating_add(self.status_every);
        let assets = stage.scenario.assets.iter().zip(&stage.market);
        let prices = assets
            .map(|(asset, price)| (asset.name.clone(), *price))
            .collect();
        let owners = stage.by_position();
        let mut baskets = Vec::new();
        for at in 0..stage.scenario.baskets.len() {
            let view = stage.view(at)?;
            let ratios = standings(&view);
            let ratios = ratios
                .iter()
                .filter_map(|(id, standing)| Some((*id, standing.ratio?)));
            let lowest = ratios.reduce(|one, other| if other.1 < one.1 { other } else { one });
            let lowest = lowest.and_then(|(id, ratio)| {
                let who = stage.people.get(*owners.get(&id)?)?;
                Some((who.name.clone(), ratio))
            });
            baskets.push(BasketLine {
                basket: stage.basket_name(at),
                debt: in_dollars(view.totals.debt_ceil().map_or(0, |debt| debt.raw())),
                lowest,
                deficit: in_dollars(view.totals.deficit.raw()),
            });
        }
        stage.tell(Happening::Status { prices, baskets });
        Ok(())
    }

    fn sample(&mut self, stage: &Stage<'_>) -> Result<(), LabError> {
        for at in 0..stage.scenario.baskets.len() {
            let view = stage.view(at)?;
            let ratios: BTreeMap<u64, Option<f64>> = standings(&view)
                .into_iter()
                .map(|(id, standing)| (id, standing.ratio))
                .collect();
            let people = stage.people.iter().filter(|who| who.basket == at);
            let Some(series) = self.series.get_mut(at) else {
                continue;
            };
            let prices = series.assets.iter();
            let prices = prices.map(|name| stage.quote(name).map_or(0.0, |(price, _)| price));
            let point = Point {
                time: stage.world.now(),
                prices: prices.collect(),
                ratios: people
                    .map(|who| ratios.get(&who.position?).copied().flatten())
                    .collect(),
                book: view.book(),
            };
            series.points.push(point);
        }
        Ok(())
    }

    fn end(mut self, mut stage: Stage<'_>, prices: &Prices) -> Result<Run, LabError> {
        self.coins = self.audit.count(&stage.world)?;
        self.audit.compare(&stage.world)?;
        for at in 0..stage.scenario.baskets.len() {
            let view = stage.view(at)?;
            let short = standings(&view).into_iter();
            let short = short.map(|(_, standing)| (standing.debt - standing.collateral).max(0.0));
            let underwater = short.sum();
            let (book, totals) = (view.book(), view.totals);
            stage.result(at, |result| {
                result.collateral = book.collateral;
                result.debt = in_dollars(totals.debt_ceil().map_or(0, |debt| debt.raw()));
                result.reserve = in_dollars(totals.reserve.raw());
                result.backstop = in_dollars(totals.backstop.raw());
                result.deficit = in_dollars(totals.deficit.raw());
                result.underwater = underwater;
            });
        }
        let ends = |tick: Option<&Tick>| tick.map_or(0, |tick| tick.time);
        Ok(Run {
            scenario: stage.scenario.name.clone(),
            about: stage.scenario.about.clone(),
            seed: None,
            from: ends(prices.ticks.first()),
            to: ends(prices.ticks.last()),
            steps: self.steps,
            messages: stage.world.messages,
            events: stage.world.events.clone(),
            keeper_profit: profit(&stage),
            story: stage.story,
            baskets: stage.results,
            holds: self.audit.holds(),
            audit: self.audit,
            coins: self.coins,
            series: self.series,
        })
    }
}

/// The keeper's dollars and debt tokens above what it started with; it holds no collateral between steps.
fn profit(stage: &Stage<'_>) -> f64 {
    let (world, keeper) = (&stage.world, &stage.world.keeper);
    let held = world
        .balance(keeper, DOLLAR)
        .saturating_add(world.balance(keeper, &world.debt));
    in_dollars(held) - stage.scenario.keeper.capital
}

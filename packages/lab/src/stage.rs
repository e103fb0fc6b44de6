//! What a run has in its hands: the world, the people, the market's prices, and what has happened so far.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::depth::Depth;
use crate::error::LabError;
use crate::people::Borrower;
use crate::scenario::Scenario;
use crate::setup::{worth, CENTS};
use crate::story::{Entry, Happening};
use crate::view::View;
use crate::world::World;

/// What a run tells whoever watches it.
pub enum Beat<'a> {
    /// So many steps of so many are done.
    Step(usize, usize),
    /// Something happened.
    Story(&'a Entry),
}

/// A run under way.
pub struct Stage<'a> {
    /// What is played.
    pub scenario: &'a Scenario,
    /// The contracts and the people.
    pub world: World,
    /// The price at which each asset last traded.
    pub market: Vec<f64>,
    /// What each asset would trade at without the sales of collateral.
    pub undisturbed: Vec<f64>,
    /// How far those sales have pushed prices down.
    pub depth: Depth,
    /// The borrowers.
    pub people: Vec<Borrower>,
    /// What became of each basket.
    pub results: Vec<BasketResult>,
    /// What has happened.
    pub story: Vec<Entry>,
    /// Who watches.
    pub watch: &'a mut dyn FnMut(Beat<'_>),
}

/// What became of a basket. Dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BasketResult {
    /// Its name.
    pub basket: String,
    /// Positions opened.
    pub positions: u64,
    /// Debt at the start.
    pub lent: f64,
    /// Margin calls.
    pub calls: u64,
    /// Liquidations.
    pub liquidations: u64,
    /// Positions that were liquidated at least once.
    pub liquidated: u64,
    /// Debt repaid by the keeper.
    pub repaid: f64,
    /// Collateral the keeper received.
    pub seized: f64,
    /// Debt that nobody repaid.
    pub bad_debt: f64,
    /// The part of it that became a deficit, whether or not fees have worked it off.
    pub to_deficit: f64,
    /// The lowest margin ratio of any position at any step.
    pub lowest: Option<f64>,
    /// Collateral at the end.
    pub collateral: f64,
    /// Debt at the end.
    pub debt: f64,
    /// Reserve at the end.
    pub reserve: f64,
    /// What the backstop was filled with at the start.
    pub funded: f64,
    /// The most by which the mean price of its collaterals stood below the undisturbed one, as a share.
    pub extra_fall: f64,
    /// Backstop at the end.
    pub backstop: f64,
    /// Deficit at the end.
    pub deficit: f64,
    /// What positions owe above what they hold at the end: losses that nobody has liquidated yet.
    pub underwater: f64,
}

impl Stage<'_> {
    /// Puts into the story what happened now.
    pub fn tell(&mut self, happening: Happening) {
        let time = self.world.now();
        let entry = Entry { time, happening };
        (self.watch)(Beat::Story(&entry));
        self.story.push(entry);
    }

    /// A basket's name; empty for one that is not there.
    pub fn basket_name(&self, at: usize) -> String {
        let basket = self.scenario.baskets.get(at);
        basket.map_or(String::new(), |basket| basket.name.clone())
    }

    /// The contract's id of a basket of the scenario.
    pub fn basket_id(at: usize) -> u32 {
        u32::try_from(at.saturating_add(1)).unwrap_or(u32::MAX)
    }

    /// A basket as it stands.
    pub fn view(&self, at: usize) -> Result<View, LabError> {
        View::load(&self.world, Self::basket_id(at))
    }

    /// An asset's market price and decimal places.
    pub fn quote(&self, name: &str) -> Option<(f64, u8)> {
        let mut assets = self.scenario.assets.iter().zip(&self.market);
        let (asset, price) = assets.find(|(asset, _)| asset.name == name)?;
        Some((*price, asset.decimals))
    }

    /// Moves market prices to what is left of the sales, and notes how deep they stand.
    pub fn reprice(&mut self) {
        let prices = self.market.iter_mut().zip(&self.undisturbed).enumerate();
        for (at, (price, undisturbed)) in prices {
            *price = undisturbed * self.depth.factor(at);
        }
        let assets = &self.scenario.assets;
        let factor = |name: &String| {
            let at = assets.iter().position(|asset| &asset.name == name);
            at.map_or(1.0, |at| self.depth.factor(at))
        };
        for (basket, result) in self.scenario.baskets.iter().zip(&mut self.results) {
            let factors = basket.members.iter().map(|member| factor(&member.asset));
            let mean = factors.sum::<f64>() / basket.members.len().max(1) as f64;
            result.extra_fall = result.extra_fall.max(1.0 - mean);
        }
    }

    /// Dollars for which so many base units of an asset are sold now, where others are sold `ahead` of them.
    pub fn proceeds(&self, ahead: &Depth, name: &str, units: u128) -> f64 {
        let Some((at, dollars)) = self.undisturbed_value(name, units) else {
            return 0.0;
        };
        dollars * ahead.paid(at, dollars)
    }

    /// An asset's place, and what so many base units of it are worth at the undisturbed price.
    pub fn undisturbed_value(&self, name: &str, units: u128) -> Option<(usize, f64)> {
        let mut assets = self.scenario.assets.iter();
        let at = assets.position(|asset| asset.name == name)?;
        let decimals = self.scenario.assets.get(at)?.decimals;
        Some((at, worth(units, *self.undisturbed.get(at)?, decimals)))
    }

    /// What so many base units of an asset are worth at the market.
    pub fn value(&self, name: &str, units: u128) -> f64 {
        self.quote(name)
            .map_or(0.0, |(price, decimals)| worth(units, price, decimals))
    }

    /// Borrowers by their position.
    pub fn by_position(&self) -> BTreeMap<u64, usize> {
        let people = self.people.iter().enumerate();
        people
            .filter_map(|(at, borrower)| Some((borrower.position?, at)))
            .collect()
    }

    /// A basket's result, to be changed.
    pub fn result(&mut self, basket: usize, change: impl FnOnce(&mut BasketResult)) {
        if let Some(result) = self.results.get_mut(basket) {
            change(result);
        }
    }
}

/// Debt tokens in dollars.
pub fn in_dollars(units: u128) -> f64 {
    worth(units, 1.0, CENTS)
}

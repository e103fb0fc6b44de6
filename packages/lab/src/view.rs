//! A basket as a keeper sees it: the contract's own records and the oracle's points, judged by the engine. It sends no message and
//! asks no query, so a whole basket costs little; what the contract itself answers is compared with it in the audit.

use cosmwasm_std::{Addr, Deps};
use wicker_cdp::error::Result;
use wicker_cdp::market::{Loaded, Scope};
use wicker_cdp::state::{self, Account};
use wicker_engine::accrual::accrue;
use wicker_engine::basket::Totals;
use wicker_engine::health::{Assessment, Book, HealthError, Level, Test};
use wicker_engine::margin::Explanation;
use wicker_engine::position::Position;
use wicker_math::{Amount, Seconds};

use crate::error::LabError;
use crate::world::{refused, World};

/// A unit of the engine's whole numbers.
const UNIT: f64 = 1e18;

/// A basket and its positions now.
pub struct View {
    loaded: Loaded,
    /// What the positions add up to, with interest up to now.
    pub totals: Totals,
    /// The positions, by id.
    pub positions: Vec<(u64, Account)>,
}

/// A position's figures for reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Where it stands.
    pub level: Level,
    /// Dollars of collateral.
    pub collateral: f64,
    /// Dollars of debt.
    pub debt: f64,
    /// Equity over maintenance margin; `None` without debt.
    pub ratio: Option<f64>,
}

/// The book of a basket: all positions as one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BookView {
    /// Dollars of collateral.
    pub collateral: f64,
    /// Dollars of debt.
    pub debt: f64,
    /// Dollars of margin: base, correlation, concentration, jump, fees.
    pub parts: [f64; 5],
    /// Each collateral's share of the risk, by leg; zero for one without a usable price.
    pub weights: Vec<f64>,
}

impl View {
    /// Reads a basket. Errors when the contract's records cannot be read.
    pub fn load(world: &World, basket: u32) -> Result<Self, LabError> {
        Self::read(world, basket)
            .map_err(|error| refused(&format!("reading basket {basket}"), error.to_string()))
    }

    fn read(world: &World, basket: u32) -> Result<Self> {
        let storage = world.chain.contract_storage(&world.cdp);
        let deps = Deps {
            storage: &*storage,
            api: world.chain.api(),
            querier: world.chain.wrap(),
        };
        Self::of(deps, &world.oracle, basket, Seconds::new(world.now()))
    }

    /// Reads a basket of the contract whose records these are.
    pub fn of(deps: Deps<'_>, oracle: &Addr, basket: u32, now: Seconds) -> Result<Self> {
        let storage = deps.storage;
        let settings = state::basket(storage, basket)?;
        let totals = accrue(&state::totals(storage, basket)?, &settings, now)?;
        let loaded = Loaded::load(deps, oracle, (basket, settings), Scope::All, now)?;
        let ids = state::of_basket(storage, basket, None, usize::MAX)?;
        let positions = ids.into_iter();
        let positions = positions.map(|id| Ok((id, state::account(storage, id)?)));
        Ok(Self {
            totals,
            positions: positions.collect::<Result<_>>()?,
            loaded,
        })
    }

    /// What a position owes now, in base units.
    pub fn debt(&self, position: &Position) -> Amount {
        let debt = self.totals.index.debt_ceil(position.shares);
        debt.unwrap_or(Amount::MAX)
    }

    /// Where a position stands at the maintenance test; `None` when the debt has no price.
    pub fn standing(&self, position: &Position) -> Option<Standing> {
        let (assessment, level) = self.assess(position).ok()?;
        Some(Standing {
            level,
            collateral: assessment.collateral.raw() as f64 / UNIT,
            debt: assessment.debt.raw() as f64 / UNIT,
            ratio: assessment.ratio().map(|ratio| ratio as f64 / UNIT),
        })
    }

    /// Positions under their maintenance margin, by id.
    pub fn liquidatable(&self) -> Vec<u64> {
        let under = self.positions.iter().filter(|(_, account)| {
            let standing = self.standing(&account.position);
            standing.is_some_and(|standing| standing.ratio.is_some_and(|ratio| ratio < 1.0))
        });
        under.map(|(id, _)| *id).collect()
    }

    /// The basket's name.
    pub fn name(&self) -> &str {
        &self.loaded.basket.name
    }

    fn assess(&self, position: &Position) -> Result<(Assessment, Level), HealthError> {
        let market = self.loaded.open();
        let legs = position.collateral.iter().map(|(leg, _)| *leg);
        let book = Book::new(&market, legs, Test::Maintenance)?;
        let assessment = book.assess(position, self.debt(position))?;
        let level = assessment.level(&self.loaded.basket.levels)?;
        Ok((assessment, level))
    }

    /// The book's margin and weights; all zero when the debt has no price.
    pub fn book(&self) -> BookView {
        self.whole().unwrap_or_default()
    }

    fn whole(&self) -> Result<BookView, HealthError> {
        let market = self.loaded.market();
        let held = self.totals.collateral.iter().enumerate();
        let whole = held.fold(Position::default(), |whole, (leg, amount)| {
            whole.with(u8::try_from(leg).unwrap_or(u8::MAX), *amount)
        });
        let debt = self.totals.debt_ceil()?;
        let legs = whole.collateral.iter().map(|(leg, _)| *leg);
        let book = Book::new(&market, legs, Test::Maintenance)?;
        let assessment = book.assess(&whole, debt)?;
        let mut weights = vec![0.0; self.totals.collateral.len()];
        for (leg, weight) in book.weights(&whole, debt)? {
            if let Some(slot) = weights.get_mut(usize::from(leg)) {
                *slot = weight as f64 / UNIT;
            }
        }
        Ok(BookView {
            collateral: assessment.collateral.raw() as f64 / UNIT,
            debt: assessment.debt.raw() as f64 / UNIT,
            parts: parts(&book.explain(&whole, debt)?),
            weights,
        })
    }
}

fn parts(explanation: &Explanation) -> [f64; 5] {
    [
        explanation.base,
        explanation.correlation,
        explanation.concentration,
        explanation.jump,
        explanation.fees,
    ]
    .map(|part| part.raw() as f64 / UNIT)
}

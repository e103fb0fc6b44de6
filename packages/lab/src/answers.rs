//! What the contract answers about a basket, taken together so that it can be compared with the records.

use wicker_msgs::cdp::{
    BasketResponse, LiquidatableResponse, PositionResponse, PositionsResponse, QueryMsg, MAX_PAGE,
};

use crate::error::LabError;
use crate::world::{refused, World};

/// What the contract says of a basket.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The basket.
    pub basket: BasketResponse,
    /// Its positions, page after page.
    pub positions: Vec<PositionResponse>,
    /// Positions under their maintenance margin, by id.
    pub liquidatable: Vec<u64>,
}

/// The question for a page of a basket's positions behind `start_after`.
pub fn positions(basket: u32, start_after: Option<u64>) -> QueryMsg {
    QueryMsg::Positions {
        owner: None,
        basket: Some(basket),
        start_after,
        limit: Some(MAX_PAGE),
    }
}

/// The question for a basket's positions under their maintenance margin, behind `start_after`.
pub fn liquidatable(basket: u32, start_after: Option<u64>) -> QueryMsg {
    QueryMsg::Liquidatable {
        basket,
        start_after,
        limit: Some(MAX_PAGE),
    }
}

impl Answers {
    /// Asks the contract of the lab's chain.
    pub fn of(world: &World, basket: u32) -> Result<Self, LabError> {
        let mut answers = Self {
            basket: ask(world, &QueryMsg::Basket { basket })?,
            positions: Vec::new(),
            liquidatable: Vec::new(),
        };
        let mut after = None;
        loop {
            let page: PositionsResponse = ask(world, &positions(basket, after))?;
            let Some(last) = page.positions.last() else {
                break;
            };
            after = Some(last.position);
            answers.positions.extend(page.positions);
        }
        after = None;
        loop {
            let page: LiquidatableResponse = ask(world, &liquidatable(basket, after))?;
            let found = page.positions.iter().map(|entry| entry.position);
            answers.liquidatable.extend(found);
            after = page.next;
            if after.is_none() {
                return Ok(answers);
            }
        }
    }
}

fn ask<T: serde::de::DeserializeOwned>(world: &World, question: &QueryMsg) -> Result<T, LabError> {
    world.ask(question).map_err(|why| refused("a query", why))
}

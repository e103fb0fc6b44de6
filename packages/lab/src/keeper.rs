//! The keeper: it looks at every position, calls those under their call level, liquidates what pays, and sells what it receives.

use cosmwasm_std::{Addr, Coin, Uint128};
use cw_multi_test::AppResponse;
use wicker_engine::health::Level;
use wicker_msgs::cdp::{ExecuteMsg, LiquidationItem, PreviewLiquidateResponse, QueryMsg, MAX_LIST};
use wicker_msgs::events::{Liquidated, Skipped};

use crate::depth::Depth;
use crate::error::LabError;
use crate::people::{answer, buy_debt, sell};
use crate::setup::{units, CENTS};
use crate::stage::{in_dollars, Stage};
use crate::story::Happening;
use crate::trouble::Offer;
use crate::view::{Standing, View};
use crate::world::{amount_of, money, refused};

/// How often within a step the keeper tries again, with the proceeds of what it has sold.
const ROUNDS: u32 = 4;
/// How many sizes of one liquidation it tries, each half of the one before, where its sale moves the market.
const SIZES: u32 = 6;
/// Seconds after which a liquidation message is void.
const PATIENCE: u64 = 60;

/// One round through every basket: measure, call, liquidate, then those who were called answer.
pub fn act(stage: &mut Stage<'_>) -> Result<(), LabError> {
    for basket in 0..stage.scenario.baskets.len() {
        let view = stage.view(basket)?;
        let standings = standings(&view);
        note_lowest(stage, basket, &standings);
        let called = call(stage, basket, &standings)?;
        if due(&standings).next().is_some() {
            for _ in 0..ROUNDS {
                stage.world.next_block();
                if !liquidate(stage, basket)? {
                    break;
                }
            }
        }
        for at in called {
            stage.world.next_block();
            answer(stage, at)?;
        }
    }
    Ok(())
}

/// Notes how low margin ratios are where the keeper does not act.
pub fn look(stage: &mut Stage<'_>) -> Result<(), LabError> {
    for basket in 0..stage.scenario.baskets.len() {
        let standings = standings(&stage.view(basket)?);
        note_lowest(stage, basket, &standings);
    }
    Ok(())
}

/// Sends each basket's measurement, if its grid boundary has passed.
pub fn recalibrate(stage: &mut Stage<'_>) -> Result<(), LabError> {
    let keeper = stage.world.keeper.clone();
    for at in 0..stage.scenario.baskets.len() {
        let basket = Stage::basket_id(at);
        let message = ExecuteMsg::Recalibrate { basket };
        let done = stage.world.act(&keeper, &message, &[]);
        done.map_err(|why| refused("measuring", why))?;
    }
    Ok(())
}

/// Where every indebted position stands.
pub fn standings(view: &View) -> Vec<(u64, Standing)> {
    let positions = view.positions.iter();
    positions
        .filter(|(_, account)| !account.position.shares.is_zero())
        .filter_map(|(id, account)| Some((*id, view.standing(&account.position)?)))
        .collect()
}

fn due(standings: &[(u64, Standing)]) -> impl Iterator<Item = &(u64, Standing)> {
    let under = |standing: &Standing| standing.level >= Level::Liquidatable;
    standings
        .iter()
        .filter(move |(_, standing)| under(standing))
}

fn note_lowest(stage: &mut Stage<'_>, basket: usize, standings: &[(u64, Standing)]) {
    let ratios = standings.iter().filter_map(|(_, standing)| standing.ratio);
    let lowest = ratios.reduce(f64::min);
    stage.result(basket, |result| {
        result.lowest = match (result.lowest, lowest) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    });
}

/// Calls those who have fallen under their call level; returns who was called.
fn call(
    stage: &mut Stage<'_>,
    basket: usize,
    standings: &[(u64, Standing)],
) -> Result<Vec<usize>, LabError> {
    let owners = stage.by_position();
    let (mut fallen, mut called) = (Vec::new(), Vec::new());
    for (id, standing) in standings {
        let Some(at) = owners.get(id).copied() else {
            continue;
        };
        let under = standing.level >= Level::Called;
        if let Some(borrower) = stage.people.get_mut(at) {
            if under && !borrower.called {
                fallen.push(*id);
                called.push(at);
                let (user, position) = (borrower.name.clone(), *id);
                let happening = Happening::Called {
                    user,
                    basket: stage.basket_name(basket),
                    position,
                    margin_ratio: standing.ratio.unwrap_or(0.0),
                };
                stage.tell(happening);
            }
        }
        if let Some(borrower) = stage.people.get_mut(at) {
            // A call stands until the position is healthy again, so that one at the level is not called anew at every tick.
            borrower.called = borrower.called && standing.level > Level::Healthy || under;
        }
    }
    let keeper = stage.world.keeper.clone();
    for page in fallen.chunks(MAX_LIST) {
        let message = ExecuteMsg::Call {
            positions: page.to_vec(),
        };
        let done = stage.world.act(&keeper, &message, &[]);
        done.map_err(|why| refused("calling", why))?;
    }
    let calls = u64::try_from(fallen.len()).unwrap_or(u64::MAX);
    stage.result(basket, |result| {
        result.calls = result.calls.saturating_add(calls)
    });
    Ok(called)
}

/// A liquidation worth sending.
struct Plan {
    position: u64,
    payment: u128,
    /// The most it offers, where that is not all.
    offer: Option<u128>,
    before: f64,
    seized: Vec<Coin>,
}

/// Liquidates what pays; true when something was done and trying again may do more.
fn liquidate(stage: &mut Stage<'_>, basket: usize) -> Result<bool, LabError> {
    let view = stage.view(basket)?;
    let plans = plan(stage, &standings(&view));
    let keeper = stage.world.keeper.clone();
    let mut done = false;
    for page in plans.chunks(MAX_LIST) {
        let wanted = page.iter().map(|plan| plan.payment);
        let wanted = wanted.fold(0u128, u128::saturating_add);
        let brought = fund(stage, &keeper, wanted)?;
        if brought == 0 {
            for plan in page {
                pass(stage, plan.position, "no debt tokens are to be had".into());
            }
            break;
        }
        let coins = [money(brought, &stage.world.debt)];
        let message = message(page, brought < wanted, stage.world.now());
        match stage.world.act(&keeper, &message, &coins) {
            Ok(response) => done |= settle(stage, basket, &keeper, page, &response)?,
            Err(why) => {
                for plan in page {
                    pass(stage, plan.position, why.clone());
                }
            }
        }
    }
    Ok(done)
}

fn fund(stage: &mut Stage<'_>, keeper: &Addr, wanted: u128) -> Result<u128, LabError> {
    let debt = stage.world.debt.clone();
    let held = stage.world.balance(keeper, &debt);
    buy_debt(stage, keeper, wanted.saturating_sub(held))?;
    Ok(stage.world.balance(keeper, &debt).min(wanted))
}

/// A single liquidation demands exactly what the preview promised; a list demands nothing, since its entries share the flow caps.
fn message(page: &[Plan], short: bool, now: u64) -> ExecuteMsg {
    let deadline = Some(now.saturating_add(PATIENCE));
    match page {
        [one] => ExecuteMsg::Liquidate {
            position: one.position,
            max_repay: one.offer.map(Uint128::new),
            min_received: if short {
                Vec::new()
            } else {
                one.seized.clone()
            },
            deadline,
            recipient: None,
        },
        many => ExecuteMsg::LiquidateMany {
            items: many
                .iter()
                .map(|plan| LiquidationItem {
                    position: plan.position,
                    max_repay: Some(Uint128::new(plan.payment)),
                })
                .collect(),
            min_received: Vec::new(),
            deadline,
            recipient: None,
        },
    }
}

/// Previews what is due and keeps what earns when it is sold after what is planned before it.
fn plan(stage: &mut Stage<'_>, standings: &[(u64, Standing)]) -> Vec<Plan> {
    let mut plans = Vec::new();
    let now = stage.world.now();
    stage.depth.rest(now);
    let mut ahead = stage.depth.clone();
    for (position, standing) in due(standings) {
        match sized(stage, &ahead, *position, standing) {
            Ok(plan) => {
                for coin in &plan.seized {
                    let sold = stage.undisturbed_value(&coin.denom, amount_of(coin.amount));
                    if let Some((at, dollars)) = sold {
                        ahead.sell(at, dollars);
                    }
                }
                plans.push(plan);
            }
            Err(why) => pass(stage, *position, why),
        }
    }
    plans
}

/// The largest liquidation that does not lose money: all that is offered, or a half, a quarter and so on of what the contract takes of
/// it. Errors with what the contract says, or with what the whole would lose.
fn sized(
    stage: &Stage<'_>,
    ahead: &Depth,
    position: u64,
    standing: &Standing,
) -> Result<Plan, String> {
    let mut offer = match stage.scenario.keeper.offer {
        // What owes more than it holds is closed as a whole or not at all.
        Offer::Half if standing.collateral >= standing.debt => {
            Some(units(standing.debt / 2.0, 1.0, CENTS))
        }
        _ => None,
    };
    let mut lost = None;
    for _ in 0..SIZES {
        let question = QueryMsg::PreviewLiquidate {
            position,
            max_repay: offer.map(Uint128::new),
        };
        let asked = stage.world.ask::<PreviewLiquidateResponse>(&question);
        let preview = match (asked, lost) {
            (Ok(preview), _) => preview,
            // A part of it may be too small, or not allowed, where the whole is only too dear.
            (Err(_), Some(_)) => break,
            (Err(why), None) => return Err(why),
        };
        let worth: f64 = preview
            .seized
            .iter()
            .map(|coin| stage.proceeds(ahead, &coin.denom, amount_of(coin.amount)))
            .sum();
        let cost = in_dollars(preview.payment.u128());
        let proceeds = worth * (1.0 - stage.scenario.keeper.slippage);
        if proceeds >= cost {
            return Ok(Plan {
                position,
                payment: preview.payment.u128(),
                offer,
                before: standing.ratio.unwrap_or(0.0),
                seized: preview.seized,
            });
        }
        lost.get_or_insert(cost - proceeds);
        if !stage.depth.moves() {
            break;
        }
        offer = Some(preview.payment.u128() / 2);
    }
    let loss = crate::story::dollars(lost.unwrap_or(0.0));
    Err(format!("it would lose {loss}"))
}

/// Tells why a position is left alone, once for the same reason.
fn pass(stage: &mut Stage<'_>, position: u64, why: String) {
    let owners = stage.by_position();
    let who = owners.get(&position).and_then(|at| stage.people.get(*at));
    let user = who.map_or(String::new(), |who| who.name.clone());
    let kind = |why: &str| {
        why.split(|c: char| c.is_ascii_digit())
            .next()
            .map(str::to_string)
    };
    let same = |entry: &crate::story::Entry| match &entry.happening {
        Happening::Passed {
            position: other,
            why: said,
            ..
        } => *other == position && kind(said) == kind(&why),
        _ => false,
    };
    let told = stage.story.iter().rev().take(200).any(same);
    if !told {
        stage.tell(Happening::Passed {
            user,
            position,
            why,
        });
    }
}

/// Sells what was received and tells what was done; true when anything was.
fn settle(
    stage: &mut Stage<'_>,
    basket: usize,
    keeper: &Addr,
    page: &[Plan],
    response: &AppResponse,
) -> Result<bool, LabError> {
    let mut done = false;
    for event in &response.events {
        if let Some(Ok(skipped)) = Skipped::read(event) {
            pass(stage, skipped.position, skipped.reason);
        }
        if let Some(read) = Liquidated::read(event) {
            let event = read.map_err(|error| refused("reading an event", error.to_string()))?;
            let before = page.iter().find(|plan| plan.position == event.position);
            record(
                stage,
                basket,
                before.map_or(0.0, |plan| plan.before),
                &event,
            )?;
            done = true;
        }
    }
    let members = stage.scenario.baskets.get(basket);
    let members: Vec<String> = members.map_or(Vec::new(), |basket| {
        let names = basket.members.iter();
        names.map(|member| member.asset.clone()).collect()
    });
    let discount = stage.scenario.keeper.slippage;
    for name in members {
        let held = stage.world.balance(keeper, &name);
        sell(stage, keeper, &money(held, &name), discount)?;
    }
    Ok(done)
}

fn record(
    stage: &mut Stage<'_>,
    basket: usize,
    before: f64,
    event: &Liquidated,
) -> Result<(), LabError> {
    let seized: Vec<(String, f64)> = event
        .seized
        .iter()
        .map(|coin| {
            let dollars = stage.value(&coin.denom, amount_of(coin.amount));
            (coin.denom.clone(), dollars)
        })
        .collect();
    let view = stage.view(basket)?;
    let mut held = view.positions.iter();
    let account = held.find(|(id, _)| *id == event.position);
    let after = account.and_then(|(_, account)| view.standing(&account.position)?.ratio);
    let owners = stage.by_position();
    let mut first = false;
    let mut user = String::new();
    if let Some(at) = owners.get(&event.position) {
        if let Some(borrower) = stage.people.get_mut(*at) {
            first = !borrower.liquidated;
            borrower.liquidated = true;
            user = borrower.name.clone();
        }
    }
    let total: f64 = seized.iter().map(|(_, dollars)| dollars).sum();
    let amount = |units: Uint128| in_dollars(units.u128());
    let (repaid, bad_debt, deficit) = (
        amount(event.repaid),
        amount(event.bad_debt),
        amount(event.deficit),
    );
    let mut new_deficit = false;
    stage.result(basket, |result| {
        result.liquidations = result.liquidations.saturating_add(1);
        result.liquidated = result.liquidated.saturating_add(u64::from(first));
        result.repaid += repaid;
        result.seized += total;
        result.bad_debt += bad_debt;
        new_deficit = result.to_deficit == 0.0 && deficit > 0.0;
        result.to_deficit += deficit;
    });
    let name = stage.basket_name(basket);
    stage.tell(Happening::Liquidated {
        user,
        basket: name,
        position: event.position,
        repaid,
        fee: amount(event.fee),
        bonus: event.bonus.to_string().parse().unwrap_or(0.0),
        seized,
        debt: amount(event.debt),
        before,
        after,
        bad_debt,
        deficit,
    });
    if new_deficit {
        ring_fence(stage, basket, deficit)?;
    }
    Ok(())
}

/// Tells of a basket's first deficit, and tries what it means: nobody borrows there, everybody elsewhere.
fn ring_fence(stage: &mut Stage<'_>, basket: usize, dollars: f64) -> Result<(), LabError> {
    let mut others = Vec::new();
    for at in 0..stage.scenario.baskets.len() {
        if at != basket && stage.view(at)?.totals.deficit.is_zero() {
            others.push(stage.basket_name(at));
        }
    }
    let borrowing = try_borrowing(stage, basket);
    let name = stage.basket_name(basket);
    stage.tell(Happening::Deficit {
        basket: name,
        dollars,
        borrowing,
        others,
    });
    Ok(())
}

/// Someone puts up fresh collateral and asks what it would be to borrow a little against it.
fn try_borrowing(stage: &Stage<'_>, basket: usize) -> String {
    let members = stage.scenario.baskets.get(basket);
    let Some(basket_at) = members else {
        return "unknown".into();
    };
    let funds = basket_at.members.iter().filter_map(|member| {
        let (price, decimals) = stage.quote(&member.asset)?;
        let amount = crate::setup::units(100_000.0, price, decimals);
        Some(money(amount, &member.asset))
    });
    let question = QueryMsg::PreviewAdjust {
        position: None,
        basket: Some(Stage::basket_id(basket)),
        funds: funds.collect(),
        withdraw: Vec::new(),
        borrow: Some(Uint128::new(1_000_000_000)),
    };
    let answer = stage
        .world
        .ask::<wicker_msgs::cdp::PreviewAdjustResponse>(&question);
    match answer {
        Ok(_) => "possible".into(),
        Err(why) => why,
    }
}

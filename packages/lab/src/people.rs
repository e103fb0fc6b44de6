//! The borrowers: they open their positions, sell what they borrowed, and answer margin calls or do not. The market buys and sells
//! everything at the price of the moment, against dollars.

use cosmwasm_std::{Addr, Coin, Uint128};
use wicker_msgs::cdp::{AmountResponse, ExecuteMsg, PositionsResponse, QueryMsg};

use crate::error::LabError;
use crate::scenario::{OnCall, User};
use crate::setup::{units, CENTS};
use crate::stage::{in_dollars, BasketResult, Stage};
use crate::story::Happening;
use crate::world::{address, money, refused, DOLLAR};

/// The share of debt that is repaid, or of collateral that is added, upon a margin call.
const ANSWER: f64 = 0.2;

/// A borrower.
#[derive(Debug, Clone, PartialEq)]
pub struct Borrower {
    /// The name the story uses.
    pub name: String,
    /// The account.
    pub account: Addr,
    /// Which user of the scenario.
    pub user: usize,
    /// Which basket of the scenario.
    pub basket: usize,
    /// The position, once it is open.
    pub position: Option<u64>,
    /// Under its call level, and told so.
    pub called: bool,
    /// Has answered a margin call.
    pub answered: bool,
    /// Was liquidated.
    pub liquidated: bool,
}

/// Everyone of a scenario, numbered where a user stands for several.
pub fn everyone(scenario: &crate::scenario::Scenario) -> Vec<Borrower> {
    let mut people = Vec::new();
    for (at, user) in scenario.users.iter().enumerate() {
        let mut baskets = scenario.baskets.iter();
        let basket = baskets.position(|basket| basket.name == user.basket);
        for number in 1..=user.count {
            let name = match user.count {
                1 => user.name.clone(),
                _ => format!("{} {number}", user.name),
            };
            people.push(Borrower {
                account: address(&format!("user {name}")),
                name,
                user: at,
                basket: basket.unwrap_or(0),
                position: None,
                called: false,
                answered: false,
                liquidated: false,
            });
        }
    }
    people
}

/// Everyone opens a position; then the owner fills the backstops with debt tokens bought at the market.
pub fn open_all(stage: &mut Stage<'_>) -> Result<(), LabError> {
    for at in 0..stage.people.len() {
        open(stage, at)?;
    }
    for at in 0..stage.scenario.baskets.len() {
        fund_backstop(stage, at)?;
    }
    Ok(())
}

fn open(stage: &mut Stage<'_>, at: usize) -> Result<(), LabError> {
    let scenario = stage.scenario;
    let Some(who) = stage.people.get(at).cloned() else {
        return Ok(());
    };
    let Some(user) = scenario.users.get(who.user) else {
        return Ok(());
    };
    let mut coins = Vec::new();
    for (name, dollars) in &user.collateral {
        let Some((price, decimals)) = stage.quote(name) else {
            continue;
        };
        let amount = units(*dollars, price, decimals);
        stage.world.give(&who.account, amount, name)?;
        coins.push(money(amount, name));
    }
    let deposit = adjust(None, Some(Stage::basket_id(who.basket)), None);
    if let Err(why) = stage.world.act(&who.account, &deposit, &coins) {
        stage.tell(refusal(&who.name, "deposit", why));
        return Ok(());
    }
    let position = position_of(stage, &who)?;
    if let Some(borrower) = stage.people.get_mut(at) {
        borrower.position = Some(position);
    }
    borrow(stage, &who, user, position)?;
    opened(stage, &who, position)
}

fn adjust(position: Option<u64>, basket: Option<u32>, borrow: Option<Uint128>) -> ExecuteMsg {
    ExecuteMsg::Adjust {
        position,
        basket,
        withdraw: Vec::new(),
        borrow,
        recipient: None,
    }
}

fn refusal(user: &str, verb: &str, why: String) -> Happening {
    Happening::Refused {
        user: user.into(),
        verb: verb.into(),
        why,
    }
}

fn position_of(stage: &Stage<'_>, who: &Borrower) -> Result<u64, LabError> {
    let question = QueryMsg::Positions {
        owner: Some(who.account.to_string()),
        basket: None,
        start_after: None,
        limit: None,
    };
    let answer = stage.world.ask::<PositionsResponse>(&question);
    let answer = answer.map_err(|why| refused("asking for positions", why))?;
    let last = answer.positions.last();
    last.map(|entry| entry.position)
        .ok_or_else(|| refused("asking for positions", format!("{} has none", who.name)))
}

/// Borrows what the scenario says and sells it at the market.
fn borrow(
    stage: &mut Stage<'_>,
    who: &Borrower,
    user: &User,
    position: u64,
) -> Result<(), LabError> {
    let wanted = match user.of_max {
        Some(share) => {
            let most = stage.world.ask(&QueryMsg::MaxBorrow { position });
            let most: AmountResponse = match most {
                Ok(most) => most,
                Err(why) => {
                    stage.tell(refusal(&who.name, "borrow", why));
                    return Ok(());
                }
            };
            (most.amount.u128() as f64 * share) as u128
        }
        None => {
            let worth: f64 = user.collateral.values().sum();
            units(worth * user.ltv.unwrap_or(0.0), 1.0, CENTS)
        }
    };
    if wanted == 0 {
        return Ok(());
    }
    let message = ExecuteMsg::Borrow {
        position,
        amount: Uint128::new(wanted),
        recipient: None,
    };
    if let Err(why) = stage.world.act(&who.account, &message, &[]) {
        let verb = format!("borrow {}", crate::story::dollars(in_dollars(wanted)));
        stage.tell(refusal(&who.name, &verb, why));
        return Ok(());
    }
    sell_debt(stage, &who.account, wanted)
}

fn opened(stage: &mut Stage<'_>, who: &Borrower, position: u64) -> Result<(), LabError> {
    let view = stage.view(who.basket)?;
    let mut held = view.positions.iter();
    let Some((_, account)) = held.find(|(id, _)| *id == position) else {
        return Ok(());
    };
    let Some(standing) = view.standing(&account.position) else {
        return Ok(());
    };
    let basket = stage.basket_name(who.basket);
    stage.result(who.basket, |result| {
        result.positions = result.positions.saturating_add(1);
        result.lent += standing.debt;
    });
    stage.tell(Happening::Opened {
        user: who.name.clone(),
        basket,
        position,
        collateral: standing.collateral,
        debt: standing.debt,
        margin_ratio: standing.ratio,
    });
    Ok(())
}

fn fund_backstop(stage: &mut Stage<'_>, at: usize) -> Result<(), LabError> {
    let Some(basket) = stage.scenario.baskets.get(at) else {
        return Ok(());
    };
    let owner = stage.world.owner.clone();
    let wanted = units(basket.backstop, 1.0, CENTS);
    stage.world.give(&owner, wanted, DOLLAR)?;
    let amount = buy_debt(stage, &owner, wanted)?;
    if amount == 0 {
        return Ok(());
    }
    let message = ExecuteMsg::FundBackstop {
        basket: Stage::basket_id(at),
    };
    let coins = [money(amount, &stage.world.debt)];
    let done = stage.world.act(&owner, &message, &coins);
    done.map_err(|why| refused("funding a backstop", why))?;
    stage.result(at, |result| result.funded = in_dollars(amount));
    Ok(())
}

/// Sells debt tokens to the market for as many dollars.
pub fn sell_debt(stage: &mut Stage<'_>, seller: &Addr, amount: u128) -> Result<(), LabError> {
    let (market, debt) = (stage.world.market.clone(), stage.world.debt.clone());
    stage.world.send(seller, &market, amount, &debt)?;
    stage.world.give(seller, amount, DOLLAR)
}

/// Buys debt tokens at a dollar each: as many as are wanted, the market has and the buyer can pay; returns how many.
pub fn buy_debt(stage: &mut Stage<'_>, buyer: &Addr, wanted: u128) -> Result<u128, LabError> {
    let (market, debt) = (stage.world.market.clone(), stage.world.debt.clone());
    let offered = stage.world.balance(&market, &debt);
    let affordable = stage.world.balance(buyer, DOLLAR);
    let amount = wanted.min(offered).min(affordable);
    stage.world.send(buyer, &market, amount, DOLLAR)?;
    stage.world.send(&market, buyer, amount, &debt)?;
    Ok(amount)
}

/// Sells an asset to the market, which moves by it, below its price by a share; returns the dollars.
pub fn sell(
    stage: &mut Stage<'_>,
    seller: &Addr,
    coin: &Coin,
    discount: f64,
) -> Result<f64, LabError> {
    let amount = crate::world::amount_of(coin.amount);
    let now = stage.world.now();
    stage.depth.rest(now);
    let dollars = stage.proceeds(&stage.depth, &coin.denom, amount) * (1.0 - discount);
    if let Some((at, sold)) = stage.undisturbed_value(&coin.denom, amount) {
        stage.depth.sell(at, sold);
        stage.reprice();
    }
    let market = stage.world.market.clone();
    stage.world.send(seller, &market, amount, &coin.denom)?;
    let paid = units(dollars, 1.0, CENTS);
    stage.world.give(seller, paid, DOLLAR)?;
    Ok(in_dollars(paid))
}

/// What a called borrower does, once.
pub fn answer(stage: &mut Stage<'_>, at: usize) -> Result<(), LabError> {
    let Some(who) = stage.people.get(at).cloned() else {
        return Ok(());
    };
    let on_call = stage.scenario.users.get(who.user).map(|user| user.on_call);
    let (Some(position), false) = (who.position, who.answered) else {
        return Ok(());
    };
    let done = match on_call {
        Some(OnCall::Repay) => repay(stage, &who, position)?,
        Some(OnCall::TopUp) => top_up(stage, &who, position)?,
        _ => return Ok(()),
    };
    let Some((verb, dollars)) = done else {
        return Ok(());
    };
    if let Some(borrower) = stage.people.get_mut(at) {
        borrower.answered = true;
    }
    let view = stage.view(who.basket)?;
    let mut held = view.positions.iter();
    let account = held.find(|(id, _)| *id == position);
    let standing = account.and_then(|(_, account)| view.standing(&account.position));
    stage.tell(Happening::Answered {
        user: who.name,
        verb: verb.into(),
        dollars,
        margin_ratio: standing.and_then(|standing| standing.ratio),
    });
    Ok(())
}

type Done = Option<(&'static str, f64)>;

fn repay(stage: &mut Stage<'_>, who: &Borrower, position: u64) -> Result<Done, LabError> {
    let view = stage.view(who.basket)?;
    let mut held = view.positions.iter();
    let Some((_, account)) = held.find(|(id, _)| *id == position) else {
        return Ok(None);
    };
    let owed = view.debt(&account.position).raw();
    let amount = buy_debt(stage, &who.account, (owed as f64 * ANSWER) as u128)?;
    if amount == 0 {
        return Ok(None);
    }
    let coins = [money(amount, &stage.world.debt)];
    let message = ExecuteMsg::Repay { position };
    Ok(match stage.world.act(&who.account, &message, &coins) {
        Ok(_) => Some(("repays", in_dollars(amount))),
        Err(why) => {
            stage.tell(refusal(&who.name, "repay", why));
            None
        }
    })
}

/// Buys a fifth of every collateral with dollars and adds it.
fn top_up(stage: &mut Stage<'_>, who: &Borrower, position: u64) -> Result<Done, LabError> {
    let view = stage.view(who.basket)?;
    let mut held = view.positions.iter();
    let Some((_, account)) = held.find(|(id, _)| *id == position) else {
        return Ok(None);
    };
    let members = stage.scenario.baskets.get(who.basket);
    let members: Vec<String> = members.map_or(Vec::new(), |basket| {
        let names = basket.members.iter();
        names.map(|member| member.asset.clone()).collect()
    });
    let (mut coins, mut dollars) = (Vec::new(), 0.0);
    for (leg, amount) in &account.position.collateral {
        let Some(name) = members.get(usize::from(*leg)) else {
            continue;
        };
        let amount = (amount.raw() as f64 * ANSWER) as u128;
        let cost = stage.value(name, amount);
        let pay = units(cost, 1.0, CENTS);
        if amount == 0 || pay > stage.world.balance(&who.account, DOLLAR) {
            continue;
        }
        let market = stage.world.market.clone();
        stage.world.send(&who.account, &market, pay, DOLLAR)?;
        stage.world.give(&who.account, amount, name)?;
        coins.push(money(amount, name));
        dollars += cost;
    }
    if coins.is_empty() {
        return Ok(None);
    }
    let message = adjust(Some(position), None, None);
    Ok(match stage.world.act(&who.account, &message, &coins) {
        Ok(_) => Some(("adds", dollars)),
        Err(why) => {
            stage.tell(refusal(&who.name, "add collateral", why));
            None
        }
    })
}

/// The results of each basket before anything has happened.
pub fn blank(scenario: &crate::scenario::Scenario) -> Vec<BasketResult> {
    let names = scenario.baskets.iter();
    names
        .map(|basket| BasketResult {
            basket: basket.name.clone(),
            ..BasketResult::default()
        })
        .collect()
}

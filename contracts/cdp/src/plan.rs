//! What a sender asks of a position, worked out to the end without writing anything: messages carry it out, previews only show it.

use cosmwasm_std::{Addr, Coin, Deps, MessageInfo, Storage, Uint128};
use wicker_engine::accrual::accrue;
use wicker_engine::adjust::{adjust, AdjustError, Adjusted, Adjustment};
use wicker_engine::basket::{Basket, Totals};
use wicker_engine::covariance::Clock;
use wicker_engine::health::{maintenance, require_initial};
use wicker_engine::limits::require_book;
use wicker_engine::position::Position;
use wicker_math::{Amount, Seconds};
use wicker_msgs::cdp::Withdrawal;

use crate::convert::amount;
use crate::error::{ContractError, Result};
use crate::execute::sent;
use crate::market::{leg_of, Loaded, Scope};
use crate::ownership::unauthorized;
use crate::state::{self, Account, Asset, Config};

/// What is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The position; `None` opens one.
    pub position: Option<u64>,
    /// The basket of a new position.
    pub basket: Option<u32>,
    /// The coins brought.
    pub funds: &'a [Coin],
    /// Collateral to take out.
    pub withdraw: &'a [Withdrawal],
    /// Debt to mint.
    pub borrow: Option<Uint128>,
    /// Take everything out; the coins must pay the whole debt.
    pub close: bool,
    /// The message, where the one coin it brings must be the debt's.
    pub payment: Option<&'a MessageInfo>,
}

/// What it comes to.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The position; `None` is a new one.
    pub id: Option<u64>,
    /// The account afterwards.
    pub account: Account,
    /// The basket's settings.
    pub basket: Basket,
    /// What is brought and asked for, by leg.
    pub adjustment: Adjustment,
    /// What the rules make of it.
    pub adjusted: Adjusted,
    /// The basket's market, where it was needed or was due to be measured.
    pub market: Option<Loaded>,
}

/// Works `request` out for `sender`; `None` asks for the position's owner, whoever that is.
pub fn plan(
    deps: Deps<'_>,
    config: &Config,
    sender: Option<&Addr>,
    request: &Request<'_>,
    now: Seconds,
) -> Result<Plan> {
    let account = account(deps.storage, sender, request)?;
    let basket = state::basket(deps.storage, account.basket)?;
    if let Some(payment) = request.payment {
        sent(payment, &basket.debt)?;
    }
    let stored = state::totals(deps.storage, account.basket)?;
    let totals = accrue(&stored, &basket, now)?;
    let stranger = sender.filter(|sender| **sender != account.owner);
    let adjustment = adjustment(&basket, &totals, &account.position, request)?;
    if let Some(stranger) = stranger {
        let takes = !adjustment.withdraw.is_empty() || !adjustment.borrow.is_zero();
        if takes || request.close {
            return Err(unauthorized(stranger, "the position's owner"));
        }
        only_what_it_holds(&basket, &account.position, &adjustment)?;
    }
    let adjusted = adjust(&basket, &totals, &account.position, &adjustment, now)?;
    let case = Case {
        deps,
        config,
        account: &account,
        basket: &basket,
        now,
    };
    let market = if adjusted.needs_margin {
        Some(case.judged(&adjustment, &adjusted)?)
    } else if stranger.is_some() && !adjustment.deposit.is_empty() && !adjusted.debt.is_zero() {
        case.not_harmed(&adjustment, &adjusted, &totals)?
    } else if Clock::default().crossed(stored.accrued_at, now) {
        // Whoever pays a debt or adds collateral measures, but is not held back should measuring fail.
        case.load(Scope::All).ok()
    } else {
        None
    };
    Ok(Plan {
        id: request.position,
        account: Account {
            position: adjusted.position.clone(),
            ..account
        },
        basket,
        adjustment,
        adjusted,
        market,
    })
}

fn account(storage: &dyn Storage, sender: Option<&Addr>, request: &Request<'_>) -> Result<Account> {
    match (request.position, request.basket) {
        (Some(id), None) => state::account(storage, id),
        (None, Some(basket)) => Ok(Account {
            owner: sender.cloned().unwrap_or_else(|| Addr::unchecked("")),
            basket,
            position: Position::default(),
        }),
        _ => Err(ContractError::PositionOrBasket.into()),
    }
}

/// The request by leg: a coin of the debt repays, every other one is a deposit.
fn adjustment(
    basket: &Basket,
    totals: &Totals,
    position: &Position,
    request: &Request<'_>,
) -> Result<Adjustment> {
    let mut asked = Adjustment::default();
    for coin in request.funds {
        let amount = amount(coin)?;
        if amount.is_zero() {
            return Err(AdjustError::Zero.into());
        }
        if coin.denom != basket.debt {
            asked.deposit.push((leg_of(basket, &coin.denom)?, amount));
        } else if asked.repay.is_zero() {
            asked.repay = amount;
        } else {
            return Err(ContractError::Duplicate(coin.denom.clone()).into());
        }
    }
    for entry in request.withdraw {
        let amount = entry.amount.map(|amount| Amount::new(amount.u128()));
        asked.withdraw.push((leg_of(basket, &entry.denom)?, amount));
    }
    if let Some(borrow) = request.borrow {
        if borrow.is_zero() {
            return Err(AdjustError::Zero.into());
        }
        asked.borrow = Amount::new(borrow.u128());
    }
    if request.close {
        let owed = totals.index.debt_ceil(position.shares)?;
        if asked.repay < owed {
            return Err(ContractError::StillOwes(owed.saturating_sub(asked.repay).raw()).into());
        }
        let held = position.collateral.iter();
        asked.withdraw = held.map(|(leg, _)| (*leg, None)).collect();
    }
    Ok(asked)
}

fn only_what_it_holds(basket: &Basket, position: &Position, adjustment: &Adjustment) -> Result<()> {
    for (leg, _) in &adjustment.deposit {
        if position.held(*leg).is_zero() {
            let denom = crate::market::denom(basket, usize::from(*leg));
            return Err(ContractError::NotHeld(denom.unwrap_or_default().into()).into());
        }
    }
    Ok(())
}

/// A position about to change.
struct Case<'a> {
    deps: Deps<'a>,
    config: &'a Config,
    /// The account before.
    account: &'a Account,
    basket: &'a Basket,
    now: Seconds,
}

impl Case<'_> {
    fn load(&self, scope: Scope<'_>) -> Result<Loaded> {
        let basket = (self.account.basket, self.basket.clone());
        Loaded::load(self.deps, &self.config.oracle, basket, scope, self.now)
    }

    /// Everything that new risk must pass.
    fn judged(&self, adjustment: &Adjustment, adjusted: &Adjusted) -> Result<Loaded> {
        let borrows = !adjustment.borrow.is_zero();
        let scope = match borrows {
            true => Scope::All,
            false => Scope::Held(&adjusted.position),
        };
        let mut loaded = self.load(scope)?;
        loaded.not_paused()?;
        if borrows {
            loaded.within_ceilings(adjusted)?;
        }
        loaded.bring(&adjustment.deposit)?;
        let market = loaded.market();
        require_initial(&market, &adjusted.position, adjusted.debt)?;
        if borrows {
            require_book(&market, &adjusted.totals, &adjusted.position)?;
        }
        Ok(loaded)
    }

    /// A stranger's deposit must not leave a position with less equity over its margin. Where that cannot be told it is accepted.
    fn not_harmed(
        &self,
        adjustment: &Adjustment,
        adjusted: &Adjusted,
        totals: &Totals,
    ) -> Result<Option<Loaded>> {
        let Ok(mut loaded) = self.load(Scope::Held(&adjusted.position)) else {
            return Ok(None);
        };
        let room = |loaded: &Loaded, position: &Position, debt| {
            let held = maintenance(&loaded.market(), position, debt).ok()?;
            let margin = i128::try_from(held.margin.maintenance.raw()).ok()?;
            held.equity.raw().checked_sub(margin)
        };
        let before = &self.account.position;
        let before = room(&loaded, before, totals.index.debt_ceil(before.shares)?);
        loaded.bring(&adjustment.deposit)?;
        let after = room(&loaded, &adjusted.position, adjusted.debt);
        if let (Some(before), Some(after)) = (before, after) {
            let first = adjustment.deposit.first();
            let denom = first.and_then(|(leg, _)| loaded.denom(usize::from(*leg)));
            if after < before {
                return Err(ContractError::Harmful(denom.unwrap_or_default().into()).into());
            }
        }
        Ok(Some(loaded))
    }
}

/// Errors when more of a debt token would be in circulation than governance allows.
pub fn require_denom_ceiling(denom: &str, asset: &Asset, supply: Amount) -> Result<()> {
    match asset.ceiling {
        Some(ceiling) if supply > ceiling => Err(ContractError::DenomCeiling {
            denom: denom.into(),
            supply: supply.raw(),
            ceiling: ceiling.raw(),
        }
        .into()),
        _ => Ok(()),
    }
}

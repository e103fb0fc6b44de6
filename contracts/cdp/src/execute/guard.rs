//! What the guardian stops. Every measure ends by itself, and none touches repaying, depositing or liquidating.

use cosmwasm_std::{DepsMut, Env, MessageInfo, Response};
use wicker_math::{Amount, Seconds};
use wicker_msgs::cdp::GuardMsg;
use wicker_msgs::events::Guarded;

use super::{no_coins, now};
use crate::error::{ContractError, Result};
use crate::market::leg_of;
use crate::ownership::{require_guardian, require_owner};
use crate::state::{self, Guards, CONFIG, GUARDS};

/// The longest a measure lasts.
pub const LONGEST: Seconds = Seconds::hours(30 * 24);

/// Stops something until a time; the owner also lifts what was stopped.
pub fn guard(deps: DepsMut, env: &Env, info: &MessageInfo, msg: GuardMsg) -> Result<Response> {
    no_coins(info)?;
    let config = CONFIG.load(deps.storage)?;
    require_guardian(&config, &info.sender)?;
    let clock = Clock { now: now(env) };
    let (id, action, until) = match &msg {
        GuardMsg::PauseBorrow { basket, until } => (*basket, "pause_borrow", *until),
        GuardMsg::PauseMember { basket, until, .. } => (*basket, "pause_member", *until),
        GuardMsg::LowerCeiling { basket, until, .. } => (*basket, "lower_ceiling", *until),
        GuardMsg::Lift { basket } => (*basket, "lift", 0),
    };
    let basket = state::basket(deps.storage, id)?;
    let mut guards = GUARDS.may_load(deps.storage, id)?.unwrap_or_default();
    let end = Seconds::new(until);
    match msg {
        GuardMsg::PauseBorrow { .. } => {
            clock.extends(guards.borrow_until, end)?;
            guards.borrow_until = end;
        }
        GuardMsg::PauseMember { denom, .. } => {
            let leg = leg_of(&basket, &denom)?;
            let stopped = guards.legs.iter().find(|(stopped, _)| *stopped == leg);
            clock.extends(stopped.map_or(Seconds::default(), |(_, until)| *until), end)?;
            guards.legs.retain(|(stopped, _)| *stopped != leg);
            guards.legs.push((leg, end));
        }
        GuardMsg::LowerCeiling { ceiling, .. } => {
            let ceiling = Amount::new(ceiling.u128());
            let in_force = guards.ceiling.filter(|(_, until)| *until > clock.now);
            let (most, since) = in_force.unwrap_or((basket.terms.ceiling, Seconds::default()));
            clock.extends(since, end)?;
            if ceiling > most {
                return Err(wicker_engine::adjust::AdjustError::Ceiling {
                    debt: ceiling.raw(),
                    ceiling: most.raw(),
                }
                .into());
            }
            guards.ceiling = Some((ceiling, end));
        }
        GuardMsg::Lift { .. } => {
            require_owner(&config, &info.sender)?;
            guards = Guards::default();
        }
    }
    GUARDS.save(deps.storage, id, &guards)?;
    Ok(Response::new().add_event(Guarded {
        basket: id,
        action: action.into(),
        until,
    }))
}

struct Clock {
    now: Seconds,
}

impl Clock {
    /// Errors unless a measure ends later than now, not before the one in force and within [`LONGEST`].
    fn extends(&self, in_force: Seconds, end: Seconds) -> Result<()> {
        let latest = self.now.plus(LONGEST);
        if end > self.now && end >= in_force && end <= latest {
            return Ok(());
        }
        Err(ContractError::Loosens {
            latest: latest.get(),
        }
        .into())
    }
}

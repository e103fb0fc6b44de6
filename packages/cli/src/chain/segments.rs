//! A segmentation beside a deployment's baskets: what joins, what leaves, and why.

use std::collections::BTreeSet;

use serde::Serialize;
use wicker_lab::segment::proposal::{Reason, Segment, Segments};
use wicker_msgs::cdp::{BasketResponse, ExecuteMsg, GovernMsg};

use super::govern::Told;
use super::show::table;
use super::trouble::Trouble;

/// What becomes of a collateral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is in its basket already.
    Stays,
    /// It opens a basket, alone or with others.
    Opens,
    /// It joins a basket, after the delay.
    Joins,
    /// A basket that winds it down takes it again, after the delay.
    Returns,
    /// A basket winds it down: no deposits of it and no debt against it; nobody is liquidated for it.
    Leaves,
}

/// A collateral and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Placed {
    /// The basket's number, where it is open.
    pub basket: Option<u32>,
    /// Its name.
    pub name: String,
    /// The denom.
    pub denom: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Base units that positions of the basket hold.
    pub held: u128,
    /// Why.
    pub reason: String,
}

/// What makes a deployment's baskets those of a segmentation, and what becomes of every collateral that it names. A segment is the basket
/// that lends the same denom and has most of its members, the older of two; none is two segments'. A collateral of which the segmentation
/// says nothing stays where it is, and what stays keeps its settings.
pub fn moves(
    segments: &Segments,
    live: &[BasketResponse],
) -> Result<(Vec<Told>, Vec<Placed>), Trouble> {
    let (mut told, mut placed) = (Vec::new(), Vec::new());
    let matched = matched(segments, live);
    for (segment, basket) in segments.baskets.iter().zip(&matched) {
        match basket {
            Some(basket) => grow(segment, basket, &mut told, &mut placed)?,
            None => {
                let create = GovernMsg::CreateBasket(Box::new(segment.settings.clone()));
                told.push(Told::cdp(&ExecuteMsg::Govern(create))?);
                let opens = segment.reasons.iter();
                placed.extend(opens.map(|reason| Placed {
                    basket: None,
                    name: segment.settings.name.clone(),
                    denom: reason.denom.clone(),
                    fate: Fate::Opens,
                    held: 0,
                    reason: reason.reason.clone(),
                }));
            }
        }
    }
    for basket in live {
        let mut own = segments.baskets.iter().zip(&matched);
        let own = own.find(|(_, found)| found.is_some_and(|found| found.basket == basket.basket));
        shrink(
            segments,
            own.map(|(segment, _)| segment),
            basket,
            &mut told,
            &mut placed,
        )?;
    }
    Ok((told, placed))
}

/// The basket that each segment is, where it is one.
fn matched<'a>(segments: &Segments, live: &'a [BasketResponse]) -> Vec<Option<&'a BasketResponse>> {
    let mut pairs = Vec::new();
    for (at, segment) in segments.baskets.iter().enumerate() {
        let wanted: BTreeSet<&str> = denoms(segment).collect();
        let same = live
            .iter()
            .filter(|basket| basket.settings.debt == segment.settings.debt);
        for basket in same {
            let members = basket.settings.members.iter();
            let shared = members.filter(|member| wanted.contains(member.denom.as_str()));
            pairs.push((shared.count(), basket, at));
        }
    }
    pairs.retain(|(shared, ..)| *shared > 0);
    pairs.sort_by_key(|(shared, basket, at)| (std::cmp::Reverse(*shared), basket.basket, *at));
    let (mut taken, mut found) = (BTreeSet::new(), vec![None; segments.baskets.len()]);
    for (_, basket, at) in pairs {
        if let Some(place) = found.get_mut(at).filter(|place| place.is_none()) {
            if taken.insert(basket.basket) {
                *place = Some(basket);
            }
        }
    }
    found
}

fn denoms(segment: &Segment) -> impl Iterator<Item = &str> {
    segment.reasons.iter().map(|reason| reason.denom.as_str())
}

/// What an open basket lacks of its segment.
fn grow(
    segment: &Segment,
    basket: &BasketResponse,
    told: &mut Vec<Told>,
    placed: &mut Vec<Placed>,
) -> Result<(), Trouble> {
    for reason in &segment.reasons {
        let here = basket.settings.members.iter();
        let here = here.clone().any(|member| member.denom == reason.denom);
        let fate = match (here, stopped(basket, &reason.denom)) {
            (true, false) => Fate::Stays,
            (true, true) => Fate::Returns,
            (false, _) => Fate::Joins,
        };
        let mut wanted = segment.settings.members.iter();
        let wanted = wanted.find(|member| member.denom == reason.denom);
        let message = match (fate, wanted) {
            (Fate::Joins, Some(member)) => Some(GovernMsg::AddMember {
                basket: basket.basket,
                member: Box::new(member.clone()),
            }),
            (Fate::Returns, _) => Some(wind_down(basket, &reason.denom, false)),
            _ => None,
        };
        told.extend(govern(message)?);
        placed.push(entry(basket, &reason.denom, fate, reason.reason.clone()));
    }
    Ok(())
}

/// What a basket has that belongs elsewhere, or nowhere.
fn shrink(
    segments: &Segments,
    own: Option<&Segment>,
    basket: &BasketResponse,
    told: &mut Vec<Told>,
    placed: &mut Vec<Placed>,
) -> Result<(), Trouble> {
    for member in &basket.settings.members {
        let denom = member.denom.as_str();
        if own.is_some_and(|own| denoms(own).any(|one| one == denom)) || stopped(basket, denom) {
            continue;
        }
        let Some(reason) = elsewhere(segments, denom) else {
            continue;
        };
        told.extend(govern(Some(wind_down(basket, denom, true)))?);
        placed.push(entry(basket, denom, Fate::Leaves, reason));
    }
    Ok(())
}

/// Where a denom belongs that a basket has and should not have; `None` when the segmentation does not know it.
fn elsewhere(segments: &Segments, denom: &str) -> Option<String> {
    let of = |reasons: &[Reason]| {
        let mut reasons = reasons.iter();
        reasons.find(|one| one.denom == denom).cloned()
    };
    let mut baskets = segments.baskets.iter();
    let placed = baskets.find_map(|segment| {
        let found = of(&segment.reasons)?;
        Some(format!(
            "belongs in {}, {}",
            segment.settings.name, found.reason
        ))
    });
    placed.or_else(|| of(&segments.left_out).map(|found| format!("in none: {}", found.reason)))
}

fn stopped(basket: &BasketResponse, denom: &str) -> bool {
    let mut assets = basket.assets.iter();
    assets.any(|asset| asset.denom == denom && asset.wind_down)
}

fn wind_down(basket: &BasketResponse, denom: &str, stop: bool) -> GovernMsg {
    GovernMsg::WindDown {
        basket: basket.basket,
        denom: denom.into(),
        stop,
    }
}

fn govern(message: Option<GovernMsg>) -> Result<Option<Told>, Trouble> {
    message
        .map(|message| Told::cdp(&ExecuteMsg::Govern(message)))
        .transpose()
}

fn entry(basket: &BasketResponse, denom: &str, fate: Fate, reason: String) -> Placed {
    let mut assets = basket.assets.iter();
    let held = assets.find(|asset| asset.denom == denom);
    Placed {
        basket: Some(basket.basket),
        name: basket.settings.name.clone(),
        denom: denom.into(),
        fate,
        held: held.map_or(0, |asset| asset.total.u128()),
        reason,
    }
}

/// What becomes of every collateral, as a table.
pub fn shown(placed: &[Placed]) -> String {
    let mut table = table(&["basket", "collateral", "", "held", "why"]);
    for one in placed {
        let basket = match one.basket {
            Some(number) => format!("{number} {}", one.name),
            None => format!("new: {}", one.name),
        };
        let fate = match one.fate {
            Fate::Stays => "stays",
            Fate::Opens => "opens it",
            Fate::Joins => "joins",
            Fate::Returns => "returns",
            Fate::Leaves => "is wound down",
        };
        table.add_row([
            basket,
            one.denom.clone(),
            fate.into(),
            one.held.to_string(),
            one.reason.clone(),
        ]);
    }
    table.to_string()
}

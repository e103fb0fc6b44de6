//! Questions.

use cosmwasm_std::{Deps, Order};
use cw_storage_plus::Bound;
use wicker_engine::price::{format, format_width};
use wicker_math::{PricePoint, Status};
use wicker_msgs::oracle::*;

use crate::{
    error::OracleError,
    reports::Book,
    state::{self, Listing, CONFIG, FREEZES, HIGHEST, LISTINGS},
};

pub fn config(deps: Deps) -> Result<ConfigResponse, OracleError> {
    let config = CONFIG.load(deps.storage)?;
    Ok(ConfigResponse {
        owner: config.owner.into(),
        proposed_owner: config.proposed.map(Into::into),
        guardian: config.guardian.map(Into::into),
    })
}

pub fn source(deps: Deps, denom: String) -> Result<SourceResponse, OracleError> {
    match LISTINGS.may_load(deps.storage, &denom)? {
        Some(listing) => listed(deps, denom, listing),
        None => Err(OracleError::NoSource(denom)),
    }
}

pub fn sources(
    deps: Deps,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<SourcesResponse, OracleError> {
    let page = page(deps, start_after, limit)?;
    let sources = page
        .into_iter()
        .map(|(denom, listing)| listed(deps, denom, listing));
    Ok(SourcesResponse {
        sources: sources.collect::<Result<_, _>>()?,
    })
}

pub fn price(deps: Deps, denom: String) -> Result<PriceResponse, OracleError> {
    match state::point(deps.storage, &denom)? {
        Some(point) => priced(deps, denom, &point),
        None => Err(OracleError::NoPrice(denom)),
    }
}

pub fn prices(
    deps: Deps,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<PricesResponse, OracleError> {
    let page = page(deps, start_after, limit)?;
    let full = page.len() == size(limit);
    let next = page.last().map(|(denom, _)| denom.clone()).filter(|_| full);
    let mut prices = Vec::with_capacity(page.len());
    for (denom, _) in page {
        if let Some(point) = state::point(deps.storage, &denom)? {
            prices.push(priced(deps, denom, &point)?);
        }
    }
    Ok(PricesResponse { prices, next })
}

pub fn reports(deps: Deps, denom: String) -> Result<ReportsResponse, OracleError> {
    let mut reports = Vec::new();
    if let Some(Listing {
        id,
        source: Source::Relayed { mut feeders, .. },
        ..
    }) = LISTINGS.may_load(deps.storage, &denom)?
    {
        feeders.sort();
        for feeder in feeders {
            if let Some(report) = Book::default().last(deps.storage, &feeder, id)? {
                reports.push(ReportResponse {
                    feeder,
                    price: format(report.price),
                    publish_time: report.publish_time.get(),
                });
            }
        }
    }
    Ok(ReportsResponse { reports })
}

fn size(limit: Option<u32>) -> usize {
    limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE) as usize
}

fn page(
    deps: Deps,
    start_after: Option<String>,
    limit: Option<u32>,
) -> Result<Vec<(String, Listing)>, OracleError> {
    let start = start_after.as_deref().map(Bound::exclusive);
    let range = LISTINGS.range(deps.storage, start, None, Order::Ascending);
    Ok(range.take(size(limit)).collect::<Result<_, _>>()?)
}

fn listed(deps: Deps, denom: String, listing: Listing) -> Result<SourceResponse, OracleError> {
    Ok(SourceResponse {
        highest_rate: HIGHEST.may_load(deps.storage, &denom)?,
        denom,
        source: listing.source,
        guards: listing.guards,
        reference: listing.reference,
    })
}

fn priced(deps: Deps, denom: String, point: &PricePoint) -> Result<PriceResponse, OracleError> {
    let frozen_until = FREEZES.may_load(deps.storage, &denom)?;
    Ok(PriceResponse {
        denom,
        price: format(point.price),
        publish_time: point.publish_time.get(),
        accepted_at: point.accepted_at.get(),
        confidence: format_width(point.confidence),
        sources: point.sources,
        status: PriceStatus {
            pending: point.status.has(Status::PENDING),
            limited: point.status.has(Status::LIMITED),
            degraded: point.status.has(Status::DEGRADED),
            frozen: point.status.has(Status::FROZEN),
        },
        anchor: format(point.anchor),
        pending: point.pending.map(|(price, since)| PendingPrice {
            price: format(price),
            since: since.get(),
        }),
        frozen_until,
    })
}

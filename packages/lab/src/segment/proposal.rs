//! A segmentation in the contract's words: for each basket the settings that would open it, and for each member why it is there. It is a
//! file between `wicker lab segment`, which knows prices, and `wicker propose`, which knows a deployment.

use std::path::Path;
use std::str::FromStr;

use cosmwasm_std::SignedDecimal256;
use serde::{Deserialize, Serialize};
use wicker_msgs::cdp::{BasketSettings, MemberSettings};

use crate::setup::decimal;
use crate::study::{text, StudyError};

use super::plan::Plan;
use super::{Proposed, Reasoned, Report};

/// A volatility that is without limit as a band's edge.
const UNLIMITED: f64 = 100.0;

/// A segmentation in the contract's words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    /// The day of it.
    pub at: String,
    /// Its baskets.
    pub baskets: Vec<Segment>,
    /// Assets that belong in none.
    pub left_out: Vec<Reason>,
}

/// A basket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// What would open it.
    pub settings: BasketSettings,
    /// Why, for each of its members.
    pub reasons: Vec<Reason>,
}

/// Why an asset is where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Its denom on the chain.
    pub denom: String,
    /// Its name in the history.
    pub asset: String,
    /// Its slow annual volatility.
    pub volatility: f64,
    /// Its mean correlation with the others of its basket.
    pub correlation: Option<f64>,
    /// Why.
    pub reason: String,
}

/// Reads the terms of a proposal: settings as of `create_basket`, whose members are all that may be proposed.
pub fn terms(path: &Path) -> Result<BasketSettings, StudyError> {
    Ok(serde_json::from_str(&text(path)?)?)
}

impl Segments {
    /// Reads a file.
    pub fn from_file(path: &Path) -> Result<Self, StudyError> {
        Ok(serde_json::from_str(&text(path)?)?)
    }

    /// What a segmentation proposes of the assets that the plan has a denom of. Every basket has the settings of `terms`, and every
    /// member those that `terms` has for its denom, within the bands of its class. Errors when `terms` has none.
    pub fn of(report: &Report, plan: &Plan, terms: &BasketSettings) -> Result<Self, StudyError> {
        let source = Source { plan, terms };
        let segments = report.baskets.iter().map(|basket| source.segment(basket));
        let segments: Vec<Segment> = segments.collect::<Result<_, _>>()?;
        let left_out = report.left_out.iter();
        Ok(Self {
            at: report.at.clone(),
            baskets: segments
                .into_iter()
                .filter(|segment| !segment.reasons.is_empty())
                .collect(),
            left_out: left_out.filter_map(|one| source.reason(one)).collect(),
        })
    }
}

/// What a proposal is made from.
struct Source<'a> {
    plan: &'a Plan,
    terms: &'a BasketSettings,
}

impl Source<'_> {
    fn segment(&self, basket: &Proposed) -> Result<Segment, StudyError> {
        let reasons = basket.members.iter();
        let reasons: Vec<Reason> = reasons.filter_map(|one| self.reason(one)).collect();
        let members = reasons.iter().map(|reason| self.member(basket, reason));
        let settings = BasketSettings {
            name: format!("{} {}", self.terms.name, basket.basket),
            members: members.collect::<Result<_, _>>()?,
            ..self.terms.clone()
        };
        Ok(Segment { settings, reasons })
    }

    fn reason(&self, placed: &Reasoned) -> Option<Reason> {
        let candidates = self.plan.assets.iter();
        let mut found = candidates.filter(|one| one.name == placed.asset);
        Some(Reason {
            denom: found.next()?.denom.clone()?,
            asset: placed.asset.clone(),
            volatility: placed.volatility,
            correlation: placed.correlation,
            reason: placed.reason.clone(),
        })
    }

    /// A member's settings: those of the terms, in the bands of its class, with the correlation that was measured.
    fn member(&self, basket: &Proposed, reason: &Reason) -> Result<MemberSettings, StudyError> {
        let mut members = self.terms.members.iter();
        let member = members.find(|member| member.denom == reason.denom);
        let mut member = member.cloned().ok_or_else(|| StudyError::Unknown {
            what: format!("asset {}", reason.asset),
            name: reason.denom.clone(),
        })?;
        let (from, to) = basket.volatility;
        let edge = |value: f64| decimal("a band of volatility", value);
        member.bands.volatility = (edge(from)?, edge(to.unwrap_or(UNLIMITED))?);
        member.bands.correlation = match basket.correlation {
            Some(least) => signed(least)?,
            None => SignedDecimal256::percent(-100),
        };
        if let Some(correlation) = reason.correlation {
            let measured = signed(correlation.max(0.0))?;
            member.risk.correlation = measured.abs_diff(SignedDecimal256::zero());
        }
        Ok(member)
    }
}

/// A correlation to four places, as measured figures are good for.
fn signed(correlation: f64) -> Result<SignedDecimal256, StudyError> {
    let read = SignedDecimal256::from_str(&format!("{correlation:.4}"));
    read.map_err(|_| StudyError::Figure {
        what: "a correlation".into(),
        value: correlation,
        min: -1.0,
        max: 1.0,
    })
}

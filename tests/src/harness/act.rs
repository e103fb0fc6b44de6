//! What a message is about, as far as a judge must know.

use std::collections::BTreeSet;

use super::op::Amt;
use super::world::BASKETS;

/// What a message is about.
#[derive(Debug, Clone, Default)]
pub struct Act {
    /// Baskets that may change.
    pub baskets: BTreeSet<u32>,
    /// Positions that may change.
    pub positions: BTreeSet<u64>,
    /// True when a position may be opened.
    pub opens: bool,
    /// Who sends; `None` is the owner or the guardian.
    pub who: Option<u8>,
    /// True when the position was another's before.
    pub strange: bool,
    /// Who receives.
    pub to: Option<u8>,
    /// True for decisions of governance.
    pub governs: bool,
    /// True for the guardian's measures.
    pub guards: bool,
    /// True for ending the guardian's measures as the owner.
    pub lifts: bool,
    /// The change that is applied.
    pub applies: Option<u64>,
    /// True for skimming.
    pub skims: bool,
    /// True for claiming.
    pub claims: bool,
    /// True for paying into a basket: a deficit or a backstop.
    pub pays: bool,
    /// True for what an owner does with a position.
    pub adjusts: bool,
    /// True for closing: everything is paid back and taken out.
    pub closes: bool,
    /// Coins sent along.
    pub brings: Vec<(String, u128)>,
    /// Collateral asked for; `None` is all.
    pub takes: Vec<(String, Option<u128>)>,
    /// Debt asked for.
    pub borrows: u128,
    /// Positions to be liquidated.
    pub liquidates: Vec<u64>,
    /// How far beyond the largest allowed amount, where that was asked for and is not zero.
    pub edge: Option<i8>,
}

impl Act {
    /// About a position of a basket.
    pub fn adjust(id: Option<u64>, basket: u32, who: u8, to: u8) -> Self {
        Self {
            baskets: [basket].into(),
            positions: id.into_iter().collect(),
            opens: id.is_none(),
            who: Some(who),
            to: Some(to),
            adjusts: true,
            ..Self::default()
        }
    }

    /// About a basket alone.
    pub fn on_basket(basket: u32, who: u8) -> Self {
        Self {
            baskets: [basket].into(),
            ..Self::nothing(who)
        }
    }

    /// Changes nothing that positions see.
    pub fn nothing(who: u8) -> Self {
        Self {
            who: Some(who),
            ..Self::default()
        }
    }

    /// Governance; a user is refused.
    pub fn governs(who: Option<u8>) -> Self {
        Self {
            who,
            governs: true,
            baskets: (1..=BASKETS).collect(),
            ..Self::default()
        }
    }

    /// The guardian; a user is refused.
    pub fn guards(who: Option<u8>) -> Self {
        Self {
            who,
            guards: true,
            ..Self::default()
        }
    }

    /// Remembers that the largest amount was asked for.
    pub fn edge(&mut self, amount: Amt, found: u128) {
        if let Amt::Most(more) = amount {
            let most = found.saturating_add_signed(-i128::from(more));
            self.edge = Some(more).filter(|_| most > 0 && found > 0);
        }
    }

    /// The one position it is about.
    pub fn position(&self) -> Option<u64> {
        self.positions.first().copied()
    }

    /// What it brings of a denom.
    pub fn brought(&self, denom: &str) -> u128 {
        let brings = self.brings.iter().filter(|(one, _)| one == denom);
        brings.map(|(_, units)| units).sum()
    }

    /// True when somebody may owe more, or hold less, by it.
    pub fn risky(&self) -> bool {
        self.borrows > 0 || !self.takes.is_empty() || self.closes
    }

    /// True when it only brings coins to a position.
    pub fn only_brings(&self) -> bool {
        self.adjusts && !self.risky() && !self.brings.is_empty()
    }
}

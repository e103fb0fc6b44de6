//! What the cdp contract tells the chain it has done. Each event reads back into the struct it was written from.

use std::str::FromStr;

use cosmwasm_std::{Decimal256, Event, SignedDecimal256, StdError, StdResult, Uint128};

use crate::coins::Coins;

/// What a chain puts in front of a contract's event types.
pub const CHAIN_PREFIX: &str = "wasm-";

macro_rules! event {
    ($(#[$about:meta])* $name:ident = $type:literal { $($(#[$field_about:meta])* $field:ident: $kind:ty),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[$field_about])* pub $field: $kind,)+
        }

        impl $name {
            /// The event's type, as the contract writes it.
            pub const TYPE: &'static str = $type;

            /// Reads an event back; `None` when it is another one, an error when an attribute is missing or unreadable.
            pub fn read(event: &Event) -> Option<StdResult<Self>> {
                let name = event.ty.strip_prefix(CHAIN_PREFIX).unwrap_or(&event.ty);
                (name == Self::TYPE).then(|| Ok(Self { $($field: attribute(event, stringify!($field))?,)+ }))
            }
        }

        impl From<$name> for Event {
            fn from(event: $name) -> Self {
                Event::new($name::TYPE)$(.add_attribute(stringify!($field), event.$field.to_string()))+
            }
        }
    };
}

fn attribute<T: FromStr>(event: &Event, key: &str) -> StdResult<T> {
    let found = event
        .attributes
        .iter()
        .find(|attribute| attribute.key == key);
    let text = found.map(|attribute| attribute.value.as_str());
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| StdError::msg(format!("{}: attribute {key} is {text:?}", event.ty)))
}

event! {
    /// A position took in, paid back, gave out or borrowed.
    Adjusted = "wicker_adjusted" {
        /// The position.
        position: u64,
        /// Its basket.
        basket: u32,
        /// Whose it is.
        owner: String,
        /// Who sent the message.
        sender: String,
        /// Collateral brought.
        deposited: Coins,
        /// Debt paid back, in base units.
        repaid: Uint128,
        /// Collateral taken out.
        withdrawn: Coins,
        /// Debt minted, in base units.
        borrowed: Uint128,
        /// One-off fee, in base units of debt.
        fee: Uint128,
        /// What the position owes now, in base units.
        debt: Uint128,
    }
}

event! {
    /// A basket's risk was measured.
    Measured = "wicker_measured" {
        /// The basket.
        basket: u32,
        /// Denoms whose return was clipped, separated by commas.
        clipped: String,
    }
}

event! {
    /// A basket's assets have begun to move together far more, or far less, than over the last months.
    CorrelationGap = "wicker_correlation_gap" {
        /// The basket.
        basket: u32,
        /// Mean correlation of the last day.
        fast: SignedDecimal256,
        /// Mean correlation of the last months.
        slow: SignedDecimal256,
    }
}

event! {
    /// Collaterals left their class, or returned to it.
    Reviewed = "wicker_reviewed" {
        /// The basket.
        basket: u32,
        /// Those that left, as `denom:reason` separated by commas; the reason is volatility, liquidity or correlation.
        demoted: String,
        /// Those that returned, separated by commas.
        returned: String,
    }
}

event! {
    /// A position is under its call level.
    Called = "wicker_called" {
        /// The position.
        position: u64,
        /// Its basket.
        basket: u32,
        /// Whose it is.
        owner: String,
        /// Equity over maintenance margin.
        margin_ratio: SignedDecimal256,
    }
}

event! {
    /// A position was liquidated.
    Liquidated = "wicker_liquidated" {
        /// The position.
        position: u64,
        /// Its basket.
        basket: u32,
        /// Whose it is.
        owner: String,
        /// Who paid.
        liquidator: String,
        /// What the debt fell by, in base units.
        repaid: Uint128,
        /// What the basket's reserve earned.
        fee: Uint128,
        /// The bonus.
        bonus: Decimal256,
        /// What the liquidator received.
        seized: Coins,
        /// What the position still owes.
        debt: Uint128,
        /// Debt that nobody repays.
        bad_debt: Uint128,
        /// The part of it that is the basket's deficit.
        deficit: Uint128,
    }
}

event! {
    /// An entry of a list that could not be done.
    Skipped = "wicker_skipped" {
        /// The position.
        position: u64,
        /// Why.
        reason: String,
    }
}

event! {
    /// Somebody paid a basket's deficit or filled its backstop.
    Funded = "wicker_funded" {
        /// The basket.
        basket: u32,
        /// Who paid.
        sender: String,
        /// What the deficit fell by, in base units.
        covered: Uint128,
        /// What the backstop rose by, in base units.
        backstop: Uint128,
    }
}

event! {
    /// A payee took what waited for it.
    Claimed = "wicker_claimed" {
        /// Whose it was.
        owner: String,
        /// The coins.
        coins: Coins,
    }
}

event! {
    /// Governance did something, or queued it.
    Governed = "wicker_governed" {
        /// What, in the words of the message.
        action: String,
        /// The queued change; zero when it took effect at once.
        change: u64,
        /// When it can be applied, in seconds since 1970.
        ready_at: u64,
    }
}

event! {
    /// The guardian stopped something, or the owner lifted it.
    Guarded = "wicker_guarded" {
        /// The basket.
        basket: u32,
        /// What, in the words of the message.
        action: String,
        /// When it ends, in seconds since 1970.
        until: u64,
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::coin;

    use super::*;

    #[test]
    fn an_event_reads_back_what_it_was_written_from() {
        let mut seized = Coins::default();
        seized.add(coin(5, "btc")).unwrap();
        seized.add(coin(7, "eth")).unwrap();
        let event = Liquidated {
            position: 9,
            basket: 2,
            owner: "ann".into(),
            liquidator: "bob".into(),
            repaid: Uint128::new(100),
            fee: Uint128::zero(),
            bonus: Decimal256::percent(5),
            seized,
            debt: Uint128::new(1),
            bad_debt: Uint128::zero(),
            deficit: Uint128::zero(),
        };
        let mut written = Event::from(event.clone());
        assert_eq!(Liquidated::read(&written).unwrap().unwrap(), event);
        written.ty = format!("{CHAIN_PREFIX}{}", written.ty);
        assert_eq!(Liquidated::read(&written).unwrap().unwrap(), event);
        assert!(Called::read(&written).is_none());
        written.attributes.remove(3);
        assert!(Liquidated::read(&written).unwrap().is_err());
    }

    #[test]
    fn a_negative_ratio_and_no_coins_survive() {
        let called = Called {
            position: 1,
            basket: 1,
            owner: "ann".into(),
            margin_ratio: SignedDecimal256::percent(-25),
        };
        let read = Called::read(&Event::from(called.clone()));
        assert_eq!(read.unwrap().unwrap(), called);
        let claimed = Claimed {
            owner: "ann".into(),
            coins: Coins::default(),
        };
        let read = Claimed::read(&Event::from(claimed.clone()));
        assert_eq!(read.unwrap().unwrap(), claimed);
    }
}

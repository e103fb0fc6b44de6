//! What can happen, as data: a sequence prints as JSON, is shortened, and is replayed from it.

// The fields say what they are; the steps are described.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

/// An amount, worked out when its turn comes, so that it still means something when steps before it are left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Amt {
    /// Base units.
    Units(u128),
    /// Whole dollars' worth.
    Usd(u64),
    /// The most that the verb allows now, and so many units more.
    Most(i8),
    /// Thousandths of the most that the verb allows now.
    Part(u16),
}

/// One step. `who` and `to` are users by number, `slot` names a position by the step that opened it, `coin` is a number in
/// [`super::world::COINS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Time passes; prices move by so many parts of 10,000; feeds whose bit is set in `silent` say nothing.
    Tick {
        /// Seconds.
        seconds: u64,
        /// Coin and the new price over the old, at 1e-4.
        moves: Vec<(u8, u32)>,
        /// Coins without a report, a bit each.
        silent: u32,
    },
    /// Opens a position by depositing.
    Open {
        slot: u16,
        who: u8,
        basket: u32,
        coin: u8,
        amount: Amt,
    },
    /// Deposits.
    Deposit {
        slot: u16,
        who: u8,
        coin: u8,
        amount: Amt,
    },
    /// Withdraws; `None` is all.
    Withdraw {
        slot: u16,
        who: u8,
        coin: u8,
        amount: Option<Amt>,
        to: u8,
    },
    /// Borrows.
    Borrow {
        slot: u16,
        who: u8,
        amount: Amt,
        to: u8,
    },
    /// Repays.
    Repay { slot: u16, who: u8, amount: Amt },
    /// Closes, bringing this much of the debt.
    Close {
        slot: u16,
        who: u8,
        amount: Amt,
        to: u8,
    },
    /// A mix; without a position it opens one in the basket.
    Adjust {
        slot: u16,
        open: Option<u32>,
        who: u8,
        bring: Vec<(u8, Amt)>,
        take: Vec<(u8, Option<Amt>)>,
        borrow: Option<Amt>,
        to: u8,
    },
    /// Measures.
    Recalibrate { who: u8, basket: u32 },
    /// Calls margin.
    Call { who: u8, slots: Vec<u16> },
    /// Liquidates one, offering this much.
    Liquidate {
        slot: u16,
        who: u8,
        amount: Amt,
        to: u8,
    },
    /// Liquidates several with one coin of the first one's debt.
    LiquidateMany {
        slots: Vec<u16>,
        who: u8,
        amount: Amt,
        /// The most for each, in thousandths of its debt.
        most: Option<u16>,
        to: u8,
    },
    /// Covers a deficit.
    Cover { who: u8, basket: u32, amount: Amt },
    /// Funds a backstop.
    Fund { who: u8, basket: u32, amount: Amt },
    /// Takes what waits.
    Claim { who: u8, to: u8 },
    /// The owner decides; a user who tries is refused.
    Govern { who: Option<u8>, what: Gov },
    /// Applies the n-th waiting change.
    Apply { who: u8, nth: u8 },
    /// The guardian stops something; a user who tries is refused.
    Guard { who: Option<u8>, what: Stop },
    /// A bank send; without a receiver, to the contract.
    Send {
        who: u8,
        coin: u8,
        amount: Amt,
        to: Option<u8>,
    },
    /// A user's account refuses coins, or takes them again.
    Refuse { who: u8, on: bool },
    /// Migrates to the same version.
    Migrate,
    /// Asks everything about a position.
    Ask { slot: u16 },
    /// Turns the pages of every list.
    Pages { limit: u32 },
}

/// What governance decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Gov {
    /// Parameters by name, moved to so many parts of 10,000 of what is in force.
    Change(Vec<(Scope, String, u32)>),
    /// Stops or reopens a collateral.
    WindDown { basket: u32, coin: u8, stop: bool },
    /// Adds a collateral.
    AddMember { basket: u32, coin: u8 },
    /// Mints fees.
    WithdrawReserve { basket: u32, amount: Amt },
    /// Takes from a backstop.
    WithdrawBackstop { basket: u32, amount: Amt },
    /// Takes what nobody is credited with.
    Skim { coin: u8 },
    /// Withdraws the n-th waiting change.
    Cancel { nth: u8 },
}

/// What a parameter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Scope {
    /// The protocol.
    Protocol,
    /// A coin.
    Asset(u8),
    /// A basket.
    Basket(u32),
    /// A coin in a basket.
    Member(u32, u8),
}

/// What the guardian stops, and for how many seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Stop {
    /// Borrowing.
    Borrow { basket: u32, seconds: u64 },
    /// A collateral.
    Member { basket: u32, coin: u8, seconds: u64 },
    /// Thousandths of the debt in force.
    Ceiling {
        basket: u32,
        part: u16,
        seconds: u64,
    },
    /// Ends it all, which only the owner may; `guardian` tries in its place.
    Lift { basket: u32, guardian: bool },
}

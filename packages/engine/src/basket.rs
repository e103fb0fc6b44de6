//! The nouns of a basket: what governance set, and what its positions add up to.

use serde::{Deserialize, Serialize};
use wicker_math::{Amount, Decimals, Index, MathError, MathResult, Ratio, Seconds, Shares, Value};

/// The most collaterals a basket has: margin costs n² and a position's record grows with n.
pub const MAX_COLLATERALS: usize = 16;

/// What governance decides about a basket. Legs 0 to n - 1 are the collaterals in order, leg n is the debt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basket {
    /// What people call it.
    pub name: String,
    /// The debt asset's denom.
    pub debt: String,
    /// The debt token's decimal places.
    pub decimals: Decimals,
    /// How much margin is asked and when.
    pub levels: Levels,
    /// The price of liquidation.
    pub liquidation: LiquidationTerms,
    /// The price and the limits of debt.
    pub terms: DebtTerms,
    /// κ: margin in standard deviations over the horizon.
    #[serde(with = "wicker_math::short")]
    pub multiplier: Ratio,
    /// δ: weight of the stressed correlation.
    #[serde(with = "wicker_math::short")]
    pub stress: Ratio,
    /// Largest concentration factor.
    #[serde(with = "wicker_math::short")]
    pub concentration_max: Ratio,
    /// Margin of the whole book under which shares of risk are not limited.
    #[serde(with = "wicker_math::short")]
    pub risk_floor: Value,
    /// Who bears a loss after the position's collateral, in order.
    pub loss_order: Vec<LossSource>,
    /// The debt asset's risk.
    pub debt_risk: Risk,
    /// The collaterals.
    pub members: Vec<Member>,
}

/// Multiples of the maintenance margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// New risk needs this much equity.
    #[serde(with = "wicker_math::short")]
    pub initial: Ratio,
    /// Under this a margin call is due.
    #[serde(with = "wicker_math::short")]
    pub call: Ratio,
    /// A liquidation aims here.
    #[serde(with = "wicker_math::short")]
    pub target: Ratio,
    /// Under this, flow caps no longer hold a liquidation back.
    #[serde(with = "wicker_math::short")]
    pub emergency: Ratio,
}

/// What a liquidation costs the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiquidationTerms {
    /// Bonus at the maintenance margin.
    #[serde(with = "wicker_math::short")]
    pub bonus_min: Ratio,
    /// Largest bonus.
    #[serde(with = "wicker_math::short")]
    pub bonus_max: Ratio,
    /// Share of the repaid debt that goes to the basket's reserve.
    #[serde(with = "wicker_math::short")]
    pub fee: Ratio,
}

impl LiquidationTerms {
    /// `c` of the margin formula: the most a liquidation takes over the debt it repays.
    pub fn cost(&self) -> MathResult<Ratio> {
        self.bonus_max.plus(self.fee)
    }
}

/// Fees and limits of debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DebtTerms {
    /// Annual stability fee, nominal, compounded each second.
    #[serde(with = "wicker_math::short")]
    pub stability_fee: Ratio,
    /// Share of a loan added to it once.
    #[serde(with = "wicker_math::short")]
    pub borrow_fee: Ratio,
    /// Smallest debt of a position.
    #[serde(with = "wicker_math::short")]
    pub min_debt: Amount,
    /// Largest debt of the basket.
    #[serde(with = "wicker_math::short")]
    pub ceiling: Amount,
    /// Most that may be borrowed within an hour.
    #[serde(with = "wicker_math::short")]
    pub mint_cap: Amount,
}

/// Who bears a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LossSource {
    /// Fees the basket has earned and not minted.
    Reserve,
    /// Coins set aside for the basket's losses.
    Backstop,
}

/// How an asset's risk is measured in a basket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    /// Lowest σ per √hour.
    #[serde(with = "wicker_math::short")]
    pub floor: Ratio,
    /// σ per √hour while the measurement is young or old.
    #[serde(with = "wicker_math::short")]
    pub stressed: Ratio,
    /// J: share of the value that volatility cannot see.
    #[serde(with = "wicker_math::short")]
    pub jump: Ratio,
    /// Correlation with the others assumed at the start.
    #[serde(with = "wicker_math::short")]
    pub correlation: Ratio,
    /// Time of data the assumptions weigh at the start.
    pub weight: Seconds,
}

/// The class of a basket's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bands {
    /// Lowest and highest annual volatility.
    pub volatility: (Ratio, Ratio),
    /// Least dollars an hour that the market takes.
    #[serde(with = "wicker_math::short")]
    pub liquidity: Value,
    /// Least mean correlation with the basket's other collaterals, at 1e-18.
    pub correlation: i64,
}

impl Bands {
    /// A class that every asset belongs to.
    pub const OPEN: Self = Self {
        volatility: (Ratio::ZERO, Ratio::MAX),
        liquidity: Value::ZERO,
        correlation: i64::MIN,
    };
}

/// A collateral of a basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its denom.
    pub denom: String,
    /// Its token's decimal places.
    pub decimals: Decimals,
    /// Most that the basket takes.
    #[serde(with = "wicker_math::short")]
    pub supply_cap: Amount,
    /// Most it may be worth for new debt to be taken against it.
    #[serde(with = "wicker_math::short")]
    pub value_cap: Value,
    /// Largest share of the basket's risk.
    #[serde(with = "wicker_math::short")]
    pub risk_cap: Ratio,
    /// How its risk is measured.
    pub risk: Risk,
    /// The class it must stay in.
    pub bands: Bands,
    /// Governance winds it down: no deposits, no new debt against it.
    pub wind_down: bool,
    /// It has left its class: no deposits, no new debt against it.
    pub demoted: bool,
}

impl Basket {
    /// The debt's leg, behind those of the collaterals.
    pub fn debt_leg(&self) -> u8 {
        u8::try_from(self.members.len()).unwrap_or(u8::MAX)
    }

    /// Marks the members whose bit is set, that of leg 0 being the lowest, as out of their class, and no others.
    pub fn set_demoted(&mut self, demoted: u16) {
        for (leg, member) in self.members.iter_mut().enumerate() {
            member.demoted = is_set(demoted, leg);
        }
    }

    /// The members out of their class, a bit each, that of leg 0 the lowest.
    pub fn demoted(&self) -> u16 {
        let members = self.members.iter().rev();
        members.fold(0, |bits, member| bits << 1 | u16::from(member.demoted))
    }
}

/// True when the bit of a leg is set.
pub(crate) fn is_set(bits: u16, leg: usize) -> bool {
    u32::try_from(leg).is_ok_and(|leg| bits.checked_shr(leg).unwrap_or(0) & 1 == 1)
}

impl Member {
    /// True while the basket takes more of it.
    pub const fn open(&self) -> bool {
        !self.wind_down && !self.demoted
    }
}

/// What a basket's positions add up to. With `T` the debt of all shares at the index,
/// `minted - burned = T - reserve + deficit` holds exactly after every step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// What a unit of the first debt owes now.
    pub index: Index,
    /// When the index last grew.
    pub accrued_at: Seconds,
    /// All positions' shares.
    pub shares: Shares,
    /// Fees earned and not minted.
    pub reserve: Amount,
    /// Debt coins set aside for losses.
    pub backstop: Amount,
    /// Loss that nobody has borne; above zero there is no new debt.
    pub deficit: Amount,
    /// Of each collateral, what all positions hold.
    pub collateral: Vec<Amount>,
    /// What may still be borrowed within the hour.
    pub mint: Bucket,
}

impl Totals {
    /// A basket without positions, whose clock starts now.
    pub fn new(collaterals: usize, mint_cap: Amount, now: Seconds) -> Self {
        Self {
            index: Index::ONE,
            accrued_at: now,
            shares: Shares::ZERO,
            reserve: Amount::ZERO,
            backstop: Amount::ZERO,
            deficit: Amount::ZERO,
            collateral: vec![Amount::ZERO; collaterals],
            mint: Bucket::full(mint_cap.raw(), now),
        }
    }

    /// What all positions owe, rounded up.
    pub fn debt_ceil(&self) -> MathResult<Amount> {
        self.index.debt_ceil(self.shares)
    }
}

/// A token bucket: it fills with time up to its size, and what is taken must be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// What it held when last looked at.
    pub level: u128,
    /// When that was.
    pub at: Seconds,
}

impl Bucket {
    /// A bucket filled to its size.
    pub const fn full(size: u128, now: Seconds) -> Self {
        Self {
            level: size,
            at: now,
        }
    }

    /// What it holds now, filling `rate` an hour up to `size`, rounded down.
    pub fn level(&self, rate: u128, size: u128, now: Seconds) -> u128 {
        let elapsed = u128::from(now.since(self.at).get());
        let hour = u128::from(wicker_math::HOUR.get());
        let filled = wicker_math::mul_div_floor(rate, elapsed, hour).unwrap_or(u128::MAX);
        self.level.saturating_add(filled).min(size)
    }

    /// The bucket after `amount` is taken; errors when it holds less.
    pub fn take(&self, rate: u128, size: u128, now: Seconds, amount: u128) -> MathResult<Self> {
        let held = self.level(rate, size, now);
        let level = held
            .checked_sub(amount)
            .ok_or(MathError::Underflow("bucket", held, amount))?;
        Ok(Self { level, at: now })
    }

    /// The bucket after `amount` is taken, empty when it holds less.
    pub fn drain(&self, rate: u128, size: u128, now: Seconds, amount: u128) -> Self {
        Self {
            level: self.level(rate, size, now).saturating_sub(amount),
            at: now,
        }
    }
}

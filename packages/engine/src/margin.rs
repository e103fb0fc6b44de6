//! The margin of a portfolio: `MM = max(K, max J·|x|) + c·D` with `K = κ·√((1-δ)·Q + δ·max(L, S))`. SPEC.md derives each symbol.
//!
//! Dollars are normalised by powers of two before they are multiplied, so that everything up to the root fits 128 bits: a wide
//! product costs several times a narrow one on chain, and a portfolio of sixteen assets has hundreds of them.

use wicker_math::{
    full_product, mul_div_ceil, sqrt_ceil_wide, MathError, MathResult, Ratio, SignedValue, Value,
    ONE,
};

use crate::correlation::Correlations;

/// Bits kept of the largest value, and of the largest product of value and σ.
const BITS: u32 = 58;

/// The settings that hold for every leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarginParams {
    /// κ = z·√h.
    pub kappa: Ratio,
    /// δ: weight of the stressed correlation.
    pub delta: Ratio,
    /// Largest concentration factor.
    pub cr_max: Ratio,
    /// φ: share of the protocol's exposure expected to be sold together.
    pub phi: Ratio,
    /// c: liquidation bonus plus fee.
    pub cost: Ratio,
}

/// A leg of a portfolio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// Its place in the basket's correlations.
    pub index: usize,
    /// x: dollars, collateral positive, debt negative.
    pub value: SignedValue,
    /// σ per √hour.
    pub sigma: Ratio,
    /// X: dollars of the whole protocol in this asset.
    pub exposure: Value,
    /// T: dollars the market takes within the horizon; `None` is without limit.
    pub depth: Option<Value>,
    /// J: share of the value that volatility cannot see.
    pub jump: Ratio,
}

/// The maintenance margin and what it is made of, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// K, rounded up.
    pub volatility: Value,
    /// The largest jump floor, rounded up.
    pub jump: Value,
    /// What a liquidation costs, rounded up.
    pub fees: Value,
    /// The larger of volatility and jump, plus fees.
    pub maintenance: Value,
}

/// The maintenance margin as a sum: why it is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Volatilities as if independent.
    pub base: SignedValue,
    /// What correlation adds or takes.
    pub correlation: SignedValue,
    /// What size against the market adds.
    pub concentration: SignedValue,
    /// What the jump floor adds.
    pub jump: SignedValue,
    /// Liquidation bonus and fee.
    pub fees: SignedValue,
    /// The exact sum.
    pub maintenance: Value,
}

/// The maintenance margin of a portfolio. Errors only when a figure exceeds its type.
pub fn margin(
    legs: &[Leg],
    correlations: &Correlations,
    params: &MarginParams,
) -> MathResult<Margin> {
    let volatility = Forms::new(legs, correlations, params, true)?.margin(params)?;
    let (mut jump, mut debt) = (Value::ZERO, Value::ZERO);
    for leg in legs {
        jump = jump.max(leg.value.magnitude().times_ceil(leg.jump)?);
        if leg.value.raw() < 0 {
            debt = debt.plus(leg.value.magnitude())?;
        }
    }
    let fees = debt.times_ceil(params.cost)?;
    Ok(Margin {
        volatility,
        jump,
        fees,
        maintenance: volatility.max(jump).plus(fees)?,
    })
}

/// The parts of the same margin, adding up exactly.
pub fn explain(
    legs: &[Leg],
    correlations: &Correlations,
    params: &MarginParams,
) -> MathResult<Explanation> {
    let whole = margin(legs, correlations, params)?;
    let small = Forms::new(legs, correlations, params, false)?;
    let base = small.independent(params)?;
    let correlated = small.margin(params)?;
    let floored = whole.volatility.max(whole.jump);
    Ok(Explanation {
        base: base.signed()?,
        correlation: SignedValue::difference(correlated, base)?,
        concentration: SignedValue::difference(whole.volatility, correlated)?,
        jump: SignedValue::difference(floored, whole.volatility)?,
        fees: whole.fees.signed()?,
        maintenance: whole.maintenance,
    })
}

/// ω: each leg's share of K at 1e-18, in the legs' order. They sum to one exactly, or are all zero when K is.
pub fn weights(
    legs: &[Leg],
    correlations: &Correlations,
    params: &MarginParams,
) -> MathResult<Vec<i128>> {
    Forms::new(legs, correlations, params, true)?.weights(params)
}

/// Concentration factor of a leg: `min(CR_max, √max(1, max(|x|, φX)/T))`, rounded up.
pub fn concentration(leg: &Leg, params: &MarginParams) -> MathResult<Ratio> {
    let Some(depth) = leg.depth else {
        return Ok(Ratio::ONE);
    };
    let size = leg
        .value
        .magnitude()
        .max(leg.exposure.times_ceil(params.phi)?);
    if size <= depth {
        return Ok(Ratio::ONE);
    }
    // A market that takes nothing has the largest factor there is.
    let Ok(times) = mul_div_ceil(size.raw(), ONE, depth.raw()) else {
        return Ok(params.cr_max);
    };
    Ok(Ratio::new(sqrt_ceil_wide(times, ONE)).min(params.cr_max))
}

/// The quadratic forms of the normalised `y = CR·σ·x`.
struct Forms {
    /// y in units of `2^shift · 1e-36` dollars, each under 2^58.
    y: Vec<i64>,
    /// ρy.
    rho_y: Vec<i64>,
    shift: u32,
    /// Q, not below zero.
    q: u128,
    /// Σy, whose square is L.
    sum: i128,
    /// S.
    s: u128,
}

impl Forms {
    fn new(
        legs: &[Leg],
        correlations: &Correlations,
        params: &MarginParams,
        concentrated: bool,
    ) -> MathResult<Self> {
        let largest = legs.iter().map(|leg| leg.value.raw().unsigned_abs()).max();
        let value_shift = excess(largest.unwrap_or(0));
        let mut products = Vec::with_capacity(legs.len());
        for leg in legs {
            let mut sigma = leg.sigma;
            if concentrated {
                let factor = concentration(leg, params)?;
                if factor > Ratio::ONE {
                    sigma = sigma.mul_div_ceil(factor.raw(), ONE)?;
                }
            }
            let sigma = i128::try_from(sigma.raw()).map_err(|_| MathError::Overflow("sigma"))?;
            let product = (leg.value.raw() >> value_shift).checked_mul(sigma);
            products.push(product.ok_or(MathError::Overflow("sigma times value"))?);
        }
        let largest = products.iter().map(|y| y.unsigned_abs()).max();
        let product_shift = excess(largest.unwrap_or(0));
        let normalised = products.iter().map(|y| (*y >> product_shift) as i64);
        let y: Vec<i64> = normalised.collect();
        let rho_y = correlations.times(legs.iter().map(|leg| leg.index), &y);
        // With |y| < 2^58 and at most 17 legs: |ρy| < 2^63, |Q| < 2^126, |Σy| < 2^63.
        let (mut q, mut sum, mut s) = (0i128, 0i128, 0u128);
        for (y, rho_y) in y.iter().zip(&rho_y) {
            q = q.wrapping_add(full_product(*y, *rho_y));
            sum = sum.wrapping_add((*y).into());
            s = s.wrapping_add(full_product(*y, *y) as u128);
        }
        Ok(Self {
            y,
            rho_y,
            shift: value_shift.saturating_add(product_shift),
            q: u128::try_from(q).unwrap_or(0),
            sum,
            s,
        })
    }

    /// L and S: the larger is the stressed form.
    fn stressed(&self) -> (u128, bool) {
        let l = self
            .sum
            .unsigned_abs()
            .saturating_mul(self.sum.unsigned_abs());
        (l.max(self.s), l >= self.s)
    }

    /// `(1-δ)·Q + δ·max(L, S)`, rounded up.
    fn mixed(&self, params: &MarginParams) -> MathResult<u128> {
        let delta = params.delta.min(Ratio::ONE).raw();
        let (stressed, _) = self.stressed();
        let own = mul_div_ceil(self.q, ONE.saturating_sub(delta), ONE)?;
        let other = mul_div_ceil(stressed, delta, ONE)?;
        own.checked_add(other).ok_or(MathError::Overflow("margin"))
    }

    fn margin(&self, params: &MarginParams) -> MathResult<Value> {
        self.dollars(self.mixed(params)?, params)
    }

    fn independent(&self, params: &MarginParams) -> MathResult<Value> {
        self.dollars(self.s, params)
    }

    /// κ times the root of a form, in dollars, rounded up.
    fn dollars(&self, form: u128, params: &MarginParams) -> MathResult<Value> {
        let root = sqrt_ceil_wide(form, 1);
        let normal = mul_div_ceil(root, params.kappa.raw(), ONE)?;
        let unit = 1u128
            .checked_shl(self.shift)
            .filter(|unit| *unit > 0)
            .ok_or(MathError::Overflow("margin"))?;
        mul_div_ceil(normal, unit, ONE).map(Value::new)
    }

    fn weights(&self, params: &MarginParams) -> MathResult<Vec<i128>> {
        let whole = self.mixed(params)?;
        if whole == 0 {
            return Ok(vec![0; self.y.len()]);
        }
        let delta = params.delta.min(Ratio::ONE).raw();
        let delta = i128::try_from(delta).map_err(|_| MathError::Overflow("delta"))?;
        let one = i128::try_from(ONE).map_err(|_| MathError::Overflow("one"))?;
        let (_, long) = self.stressed();
        let mut shares = Vec::with_capacity(self.y.len());
        for (y, rho_y) in self.y.iter().zip(&self.rho_y) {
            let (y, rho_y) = (i128::from(*y), i128::from(*rho_y));
            let stressed = if long { self.sum } else { y };
            let step = stressed.saturating_sub(rho_y).saturating_mul(delta) / one;
            let slope = rho_y.saturating_add(step);
            let part = y.saturating_mul(slope);
            let share = mul_div_ceil(part.unsigned_abs(), ONE, whole)?;
            let share = i128::try_from(share).map_err(|_| MathError::Overflow("weight"))?;
            shares.push(if part < 0 { -share } else { share });
        }
        let rest = one.saturating_sub(shares.iter().sum::<i128>());
        if let Some(largest) = shares.iter_mut().max_by_key(|share| share.unsigned_abs()) {
            *largest = largest.saturating_add(rest);
        }
        Ok(shares)
    }
}

/// Bits above the ones that are kept.
fn excess(magnitude: u128) -> u32 {
    (u128::BITS - magnitude.leading_zeros()).saturating_sub(BITS)
}

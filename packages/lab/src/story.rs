//! What happened, typed, with a sentence for each.

use std::fmt;

use serde::Serialize;

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Seconds since 1970.
    pub time: u64,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

/// What may happen. Dollars and prices are in dollars, ratios are pure numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// How things stand.
    Status {
        /// Prices by asset.
        prices: Vec<(String, f64)>,
        /// The baskets.
        baskets: Vec<BasketLine>,
    },
    /// A position was opened.
    Opened {
        /// Whose.
        user: String,
        /// Where.
        basket: String,
        /// The position's id.
        position: u64,
        /// Dollars of collateral.
        collateral: f64,
        /// Dollars of debt.
        debt: f64,
        /// Equity over maintenance margin.
        margin_ratio: Option<f64>,
    },
    /// A contract refused.
    Refused {
        /// Whose message.
        user: String,
        /// What was tried.
        verb: String,
        /// What the contract said.
        why: String,
    },
    /// A large step of a price, which moves it only when it is seen again.
    Step {
        /// The asset.
        asset: String,
        /// The price before.
        from: f64,
        /// The price seen.
        to: f64,
        /// Whether it was seen again and moved the price.
        confirmed: bool,
    },
    /// No price for two hours.
    Silent {
        /// The asset.
        asset: String,
    },
    /// A price again.
    Back {
        /// The asset.
        asset: String,
        /// Hours without one.
        hours: f64,
        /// The price before.
        from: f64,
        /// The price now.
        to: f64,
    },
    /// A margin call.
    Called {
        /// Whose position.
        user: String,
        /// Its basket.
        basket: String,
        /// The position.
        position: u64,
        /// Equity over maintenance margin.
        margin_ratio: f64,
    },
    /// What a user did about a call.
    Answered {
        /// Who.
        user: String,
        /// `repays` or `adds`.
        verb: String,
        /// Dollars.
        dollars: f64,
        /// Equity over maintenance margin afterwards.
        margin_ratio: Option<f64>,
    },
    /// A liquidation.
    Liquidated {
        /// Whose position.
        user: String,
        /// Its basket.
        basket: String,
        /// The position.
        position: u64,
        /// Dollars of debt repaid.
        repaid: f64,
        /// Dollars of fee for the reserve.
        fee: f64,
        /// The bonus.
        bonus: f64,
        /// What the keeper received: asset and dollars.
        seized: Vec<(String, f64)>,
        /// Dollars still owed.
        debt: f64,
        /// Equity over maintenance margin before.
        before: f64,
        /// The same afterwards; `None` when nothing is owed.
        after: Option<f64>,
        /// Dollars that nobody repays.
        bad_debt: f64,
        /// The part of it that became the basket's deficit.
        deficit: f64,
    },
    /// The keeper could not or would not liquidate.
    Passed {
        /// Whose position.
        user: String,
        /// The position.
        position: u64,
        /// Why.
        why: String,
    },
    /// A basket's first deficit.
    Deficit {
        /// The basket.
        basket: String,
        /// Dollars.
        dollars: f64,
        /// What a user who wants to borrow in this basket hears.
        borrowing: String,
        /// Baskets that lend as before.
        others: Vec<String>,
    },
}

/// A basket in a status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BasketLine {
    /// Its name.
    pub basket: String,
    /// Dollars owed.
    pub debt: f64,
    /// Whose margin ratio is the lowest, and what it is.
    pub lowest: Option<(String, f64)>,
    /// Dollars of deficit.
    pub deficit: f64,
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { prices, baskets } => status(f, prices, baskets),
            Self::Opened {
                user,
                basket,
                position,
                collateral,
                debt,
                margin_ratio,
            } => write!(
                f,
                "{user} opens position {position} in {basket}: {} of collateral, owes {}, margin ratio {}",
                dollars(*collateral),
                dollars(*debt),
                ratio(*margin_ratio)
            ),
            Self::Refused { user, verb, why } => write!(f, "{user} may not {verb}: {why}"),
            Self::Step {
                asset,
                from,
                to,
                confirmed,
            } => write!(
                f,
                "{asset} steps by {} to {}: {}",
                change(*from, *to),
                price(*to),
                match confirmed {
                    true => "seen again, the price moves",
                    false => "not confirmed yet, the price waits",
                }
            ),
            Self::Silent { asset } => write!(f, "{asset} has had no price for two hours"),
            Self::Back {
                asset,
                hours,
                from,
                to,
            } => write!(
                f,
                "{asset} is back after {hours:.0} h, {} at {}",
                change(*from, *to),
                price(*to)
            ),
            Self::Called {
                user,
                basket,
                position,
                margin_ratio,
            } => write!(
                f,
                "MARGIN CALL {user}, position {position} in {basket}: margin ratio {margin_ratio:.3}"
            ),
            Self::Answered {
                user,
                verb,
                dollars: amount,
                margin_ratio,
            } => write!(
                f,
                "{user} {verb} {}, margin ratio {}",
                dollars(*amount),
                ratio(*margin_ratio)
            ),
            Self::Liquidated { .. } => self.liquidated(f),
            Self::Passed {
                user,
                position,
                why,
            } => write!(f, "the keeper leaves {user}'s position {position}: {why}"),
            Self::Deficit {
                basket,
                dollars: amount,
                borrowing,
                others,
            } => write!(
                f,
                "DEFICIT of {} in {basket}, and in no other basket. Borrowing there: {borrowing}. {}",
                dollars(*amount),
                match others.is_empty() {
                    true => "There is no other basket".to_string(),
                    false => format!("Still lending: {}", others.join(", ")),
                }
            ),
        }
    }
}

impl Happening {
    fn liquidated(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Liquidated {
            user,
            basket,
            position,
            repaid,
            bonus,
            seized,
            debt,
            before,
            after,
            bad_debt,
            deficit,
            ..
        } = self
        else {
            return Ok(());
        };
        let total: f64 = seized.iter().map(|(_, dollars)| dollars).sum();
        let names: Vec<&str> = seized.iter().map(|(name, _)| name.as_str()).collect();
        write!(
            f,
            "LIQUIDATION {user}, position {position} in {basket} at {before:.3}: repays {}, takes {} of {} (bonus {:.1} %)",
            dollars(*repaid),
            dollars(total),
            names.join(", "),
            bonus * 100.0
        )?;
        if *bad_debt > 0.0 {
            return write!(
                f,
                "; bad debt {}, of which deficit {}",
                dollars(*bad_debt),
                dollars(*deficit)
            );
        }
        match after {
            Some(after) => write!(f, "; owes {}, margin ratio {after:.3}", dollars(*debt)),
            None => write!(f, "; nothing is owed any more"),
        }
    }
}

fn status(
    f: &mut fmt::Formatter<'_>,
    prices: &[(String, f64)],
    baskets: &[BasketLine],
) -> fmt::Result {
    let prices: Vec<String> = prices
        .iter()
        .map(|(name, at)| format!("{name} {}", price(*at)))
        .collect();
    write!(f, "{}", prices.join("  "))?;
    for line in baskets {
        write!(f, " | {} owes {}", line.basket, dollars(line.debt))?;
        if let Some((user, lowest)) = &line.lowest {
            write!(f, ", lowest margin ratio {lowest:.2} ({user})")?;
        }
        if line.deficit > 0.0 {
            write!(f, ", deficit {}", dollars(line.deficit))?;
        }
    }
    Ok(())
}

fn change(from: f64, to: f64) -> String {
    format!("{:+.1} %", (to / from - 1.0) * 100.0)
}

fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("none".into(), |ratio| format!("{ratio:.3}"))
}

/// Dollars to the dollar, with separators: `$1,234,567`.
pub fn dollars(amount: f64) -> String {
    let whole = format!("{:.0}", amount.abs());
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let sign = if amount < 0.0 && whole != "0" {
        "-"
    } else {
        ""
    };
    format!("{sign}${text}")
}

/// A price to about five significant digits.
pub fn price(price: f64) -> String {
    if price >= 1_000.0 {
        return dollars(price);
    }
    let places = if price >= 1.0 {
        3
    } else {
        (4.0 - price.max(1e-12).log10().floor()).max(0.0) as usize
    };
    format!("${price:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_and_prices_read_well() {
        assert_eq!(dollars(1_234_567.4), "$1,234,567");
        assert_eq!(dollars(-12.6), "-$13");
        assert_eq!(dollars(-0.2), "$0");
        assert_eq!(price(60_123.4), "$60,123");
        assert_eq!(price(12.34567), "$12.346");
        assert_eq!(price(0.00005), "$0.000050000");
    }
}

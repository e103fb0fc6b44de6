//! Coins as the bank wants them: sorted, each denom once, none of zero.

use core::fmt;
use std::str::FromStr;

use cosmwasm_std::{Coin, StdError, StdResult, Uint256};

/// A few coins. In a contract a sorted list is a fifth of the code of cosmwasm-std's tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coins(Vec<Coin>);

impl Coins {
    /// Adds a coin to what is there of its denom. Errors beyond 256 bits.
    pub fn add(&mut self, coin: Coin) -> StdResult<()> {
        if coin.amount.is_zero() {
            return Ok(());
        }
        match self.place(&coin.denom) {
            Ok(at) => {
                for there in self.0.iter_mut().skip(at).take(1) {
                    there.amount = there.amount.checked_add(coin.amount)?;
                }
            }
            Err(at) => self.0.insert(at, coin),
        }
        Ok(())
    }

    /// What is there of a denom.
    pub fn amount_of(&self, denom: &str) -> Uint256 {
        let found = self.place(denom).ok().and_then(|at| self.0.get(at));
        found.map_or(Uint256::zero(), |coin| coin.amount)
    }

    /// The coins, by denom.
    pub fn iter(&self) -> core::slice::Iter<'_, Coin> {
        self.0.iter()
    }

    /// True without any coin.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The coins, by denom.
    pub fn into_vec(self) -> Vec<Coin> {
        self.0
    }

    fn place(&self, denom: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|coin| coin.denom.as_str().cmp(denom))
    }
}

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, coin) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{coin}")?;
        }
        Ok(())
    }
}

impl FromStr for Coins {
    type Err = StdError;

    fn from_str(text: &str) -> Result<Self, StdError> {
        let coins = cosmwasm_std::Coins::from_str(text)?;
        Ok(Self(coins.into_vec()))
    }
}

impl IntoIterator for Coins {
    type Item = Coin;
    type IntoIter = std::vec::IntoIter<Coin>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::coin;

    use super::*;

    fn added(coins: &[(u128, &str)]) -> Coins {
        let mut all = Coins::default();
        for (amount, denom) in coins {
            all.add(coin(*amount, *denom)).unwrap();
        }
        all
    }

    #[test]
    fn coins_are_sorted_added_up_and_never_of_zero() {
        let coins = added(&[(5, "eth"), (0, "atom"), (7, "btc"), (2, "eth"), (1, "sol")]);
        assert_eq!(coins.to_string(), "7btc,7eth,1sol");
        assert_eq!(coins.amount_of("eth"), Uint256::from(7u8));
        assert_eq!(coins.amount_of("atom"), Uint256::zero());
        let known = [coin(7, "btc"), coin(7, "eth"), coin(1, "sol")];
        assert_eq!(coins.into_vec(), known);
    }

    #[test]
    fn they_read_as_the_ones_of_cosmwasm_std() {
        for text in ["", "7btc", "7btc,12ibc/ABC,1sol"] {
            let coins: Coins = text.parse().unwrap();
            assert_eq!(coins.to_string(), text);
            assert_eq!(
                coins.to_string(),
                cosmwasm_std::Coins::from_str(text).unwrap().to_string()
            );
        }
        assert!("7btc,7btc".parse::<Coins>().is_err());
    }

    #[test]
    fn beyond_256_bits_nothing_is_added() {
        let mut coins = Coins::default();
        coins.add(Coin::new(Uint256::MAX, "btc")).unwrap();
        assert!(coins.add(coin(1, "btc")).is_err());
        assert_eq!(coins.amount_of("btc"), Uint256::MAX);
    }
}

//! Moving to another version of this code: never from another contract, never back.

use cosmwasm_std::Storage;

use crate::error::{ContractError, Result};

/// The contract's name under cw2.
pub const NAME: &str = "wicker-cdp";
/// This code's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Records name and version of a new contract.
pub fn record(storage: &mut dyn Storage) -> Result<()> {
    Ok(cw2::set_contract_version(storage, NAME, VERSION)?)
}

/// Records this code's version over the stored one; errors when the stored contract is another or newer. The same version again is
/// accepted: a chain may store a rebuilt code.
pub fn migrate(storage: &mut dyn Storage) -> Result<String> {
    let stored = cw2::get_contract_version(storage)?;
    if stored.contract != NAME {
        return Err(ContractError::WrongContract(stored.contract).into());
    }
    if numbers(&stored.version) > numbers(VERSION) || numbers(&stored.version).is_none() {
        return Err(ContractError::Downgrade {
            from: stored.version,
            to: VERSION.into(),
        }
        .into());
    }
    record(storage)?;
    Ok(stored.version)
}

/// Major, minor and patch; `None` when they are not three whole numbers.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split('.');
    let mut number = || parts.next()?.parse().ok();
    let numbers = [number()?, number()?, number()?];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    fn from(name: &str, version: &str) -> Result<String> {
        let mut storage = MockStorage::new();
        cw2::set_contract_version(&mut storage, name, version).unwrap();
        let result = migrate(&mut storage);
        let left = cw2::get_contract_version(&storage).unwrap();
        let expected = if result.is_ok() {
            (NAME, VERSION)
        } else {
            (name, version)
        };
        assert_eq!((left.contract.as_str(), left.version.as_str()), expected);
        result
    }

    #[test]
    fn mig_1_a_cdp_of_an_older_version_and_the_same_one_migrates() {
        assert_eq!(from(NAME, "0.0.9").unwrap(), "0.0.9");
        assert_eq!(from(NAME, VERSION).unwrap(), VERSION);
    }

    #[test]
    fn mig_1_a_cdp_of_a_newer_version_or_an_unreadable_one_is_refused() {
        for version in [
            "0.1.1",
            "0.10.0",
            "1.0.0",
            "0.1",
            "0.1.0-rc",
            "",
            "0.1.99999999999999999999",
        ] {
            let result = from(NAME, version).map_err(|why| *why);
            assert!(
                matches!(result, Err(ContractError::Downgrade { .. })),
                "{version}"
            );
        }
    }

    #[test]
    fn mig_1_another_contract_is_no_cdp() {
        let result = from("wicker-oracle", "0.0.1").map_err(|why| *why);
        assert!(
            matches!(result, Err(ContractError::WrongContract(name)) if name == "wicker-oracle")
        );
        assert!(migrate(&mut MockStorage::new()).is_err());
    }
}

//! Moving to another version of this code: never from another contract, never back.

use cosmwasm_std::Storage;

use crate::error::OracleError;

/// The contract's name under cw2.
pub const NAME: &str = "wicker-oracle";
/// This code's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Records name and version of a new contract.
pub fn record(storage: &mut dyn Storage) -> Result<(), OracleError> {
    Ok(cw2::set_contract_version(storage, NAME, VERSION)?)
}

/// Records this code's version over the stored one and returns the stored one; errors when the stored contract is another or newer. The
/// same version again is accepted: a chain may store a rebuilt code.
pub fn migrate(storage: &mut dyn Storage) -> Result<String, OracleError> {
    let stored = cw2::get_contract_version(storage)?;
    if stored.contract != NAME {
        return Err(OracleError::WrongContract(stored.contract));
    }
    let from = numbers(&stored.version);
    if from.is_none() || from > numbers(VERSION) {
        return Err(OracleError::Downgrade {
            from: stored.version,
            to: VERSION.into(),
        });
    }
    record(storage)?;
    Ok(stored.version)
}

/// Major, minor and patch; `None` when they are not three whole numbers.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let parts: Option<Vec<u64>> = version.split('.').map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use cosmwasm_std::testing::MockStorage;

    use super::*;

    /// Migrates from that name and version; on an error the stored ones must stand.
    fn from(name: &str, version: &str) -> Result<String, OracleError> {
        let mut storage = MockStorage::new();
        cw2::set_contract_version(&mut storage, name, version).unwrap();
        let result = migrate(&mut storage);
        let left = cw2::get_contract_version(&storage).unwrap();
        let expected = match &result {
            Ok(_) => (NAME, VERSION),
            Err(_) => (name, version),
        };
        assert_eq!((left.contract.as_str(), left.version.as_str()), expected);
        result
    }

    #[test]
    fn mig_1_an_older_version_and_the_same_one_migrate() {
        assert_eq!(from(NAME, "0.0.9").unwrap(), "0.0.9");
        assert_eq!(from(NAME, VERSION).unwrap(), VERSION);
    }

    #[test]
    fn mig_1_a_newer_version_or_an_unreadable_one_is_refused() {
        let newer = ["0.1.1", "0.10.0", "1.0.0", "0.1.99999999999999999999"];
        let broken = ["0.1", "0.1.0-rc", "0.1.0.0", "", "v0.1.0"];
        for version in newer.iter().chain(&broken) {
            let result = from(NAME, version);
            assert!(
                matches!(result, Err(OracleError::Downgrade { .. })),
                "{version}"
            );
        }
    }

    #[test]
    fn mig_1_another_contract_is_refused() {
        let result = from("wicker-cdp", "0.0.1");
        assert!(matches!(result, Err(OracleError::WrongContract(name)) if name == "wicker-cdp"));
        assert!(migrate(&mut MockStorage::new()).is_err());
    }
}

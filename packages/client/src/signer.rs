//! A key that signs transactions.

use std::fmt;

use cosmrs::bip32::{DerivationPath, XPrv};
use cosmrs::crypto::secp256k1::SigningKey;
use cosmrs::crypto::PublicKey;

use crate::error::ClientError;

/// The derivation path of most CosmWasm chains.
pub const PATH: &str = "m/44'/118'/0'/0/0";

/// A key and its address.
pub struct Signer {
    key: SigningKey,
    address: String,
}

impl Signer {
    /// The key of a mnemonic at [`PATH`], for a chain whose addresses begin with `prefix`.
    pub fn from_mnemonic(words: &str, prefix: &str) -> Result<Self, ClientError> {
        Self::from_mnemonic_at(words, PATH, prefix)
    }

    /// The key of a mnemonic at another path.
    pub fn from_mnemonic_at(words: &str, path: &str, prefix: &str) -> Result<Self, ClientError> {
        Self::from_secret(&secret(words, path)?, prefix)
    }

    /// The key of a secret of 32 bytes.
    pub fn from_secret(secret: &[u8; 32], prefix: &str) -> Result<Self, ClientError> {
        let key = SigningKey::from_slice(secret).map_err(unusable)?;
        let address = key.public_key().account_id(prefix).map_err(unusable)?;
        Ok(Self {
            key,
            address: address.to_string(),
        })
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }

    pub(crate) fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }
}

/// The secret of a mnemonic at a derivation path.
pub fn secret(words: &str, path: &str) -> Result<[u8; 32], ClientError> {
    let words =
        bip39::Mnemonic::parse_normalized(&words.split_whitespace().collect::<Vec<_>>().join(" "));
    // The library's errors name words by their place, never the words.
    let seed = words.map_err(unusable)?.to_seed_normalized("");
    let path: DerivationPath = path.parse().map_err(unusable)?;
    let key = XPrv::derive_from_path(seed, &path).map_err(unusable)?;
    Ok(key.private_key().to_bytes().into())
}

fn unusable(why: impl fmt::Display) -> ClientError {
    ClientError::Key(why.to_string())
}

// The key never shows.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test mnemonic of BIP-39 with all zero entropy, and its addresses by two other wallets' documentation.
    const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

    #[test]
    fn the_address_of_a_mnemonic_is_what_other_wallets_say() {
        let signer = Signer::from_mnemonic(WORDS, "cosmos").unwrap();
        assert_eq!(
            signer.address(),
            "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"
        );
        assert_eq!(
            format!("{signer:?}"),
            "Signer(cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4)"
        );
    }

    #[test]
    fn blanks_and_line_ends_around_words_do_no_harm_and_wrong_words_are_not_repeated() {
        let spaced = format!("\n {}\t\n", WORDS.replace(' ', "  "));
        assert!(Signer::from_mnemonic(&spaced, "wasm").is_ok());
        let error = Signer::from_mnemonic(&WORDS.replace("about", "secretword"), "wasm");
        let text = error.unwrap_err().to_string();
        assert!(!text.contains("secretword"), "{text}");
        assert!(Signer::from_mnemonic("", "wasm").is_err());
    }
}

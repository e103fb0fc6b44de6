//! Where a key comes from: a file with a mnemonic, plain or encrypted with a passphrase, or the environment. Never an argument, which
//! other users of the machine can read and shells remember.

use std::path::{Path, PathBuf};

use age::secrecy::{ExposeSecret, SecretString};
use clap::{Args, Subcommand};
use wicker_client::{Signer, PATH};

use super::trouble::Trouble;
use crate::output::print;

/// The mnemonic itself.
const WORDS: &str = "WICKER_MNEMONIC";
/// A file with the passphrase of an encrypted key, for services without a terminal.
const PASSPHRASE: &str = "WICKER_PASSPHRASE_FILE";
/// How an encrypted file begins.
const ENCRYPTED: [&[u8]; 2] = [b"age-encryption.org/", b"-----BEGIN AGE"];

/// Whose key signs.
#[derive(Debug, Clone, Args)]
pub struct KeyArgs {
    /// A file with a mnemonic, plain or encrypted (`wicker key encrypt`). Without it WICKER_MNEMONIC holds the mnemonic.
    #[arg(long, env = "WICKER_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// The derivation path.
    #[arg(long, default_value = PATH, value_name = "PATH")]
    pub hd_path: String,
}

/// What can be done with key files.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Encrypts a mnemonic file with a passphrase. The result is an age file: `age -d` reads it too.
    Encrypt {
        /// The mnemonic, plain.
        from: PathBuf,
        /// The encrypted file; must not exist.
        to: PathBuf,
    },
    /// Shows the address of a key.
    Address {
        #[command(flatten)]
        /// The key.
        key: KeyArgs,
        /// What the chain's addresses begin with.
        #[arg(long, default_value = "wasm")]
        prefix: String,
    },
}

/// Runs a command about key files.
pub fn run(command: KeyCommand) -> Result<(), Trouble> {
    match command {
        KeyCommand::Address { key, prefix } => print(key.signer(&prefix)?.address())?,
        KeyCommand::Encrypt { from, to } => {
            let words = std::fs::read_to_string(&from).map_err(|why| Trouble::file(&from, why))?;
            // A typing error shows now and not when the plain file is gone.
            Signer::from_mnemonic(&words, "wasm")?;
            let text = encrypt(&words, new_passphrase()?)?;
            write_new(&to, &text)?;
            print(&format!(
                "{} is written; try it with `wicker key address --key-file`, then delete {}",
                to.display(),
                from.display()
            ))?;
        }
    }
    Ok(())
}

impl KeyArgs {
    /// The key, for a chain whose addresses begin with `prefix`.
    pub fn signer(&self, prefix: &str) -> Result<Signer, Trouble> {
        let words = self.words()?;
        let signer = Signer::from_mnemonic_at(words.expose_secret(), &self.hd_path, prefix);
        Ok(signer?)
    }

    fn words(&self) -> Result<SecretString, Trouble> {
        if let Some(path) = &self.key_file {
            private(path)?;
            let bytes = std::fs::read(path).map_err(|why| Trouble::file(path, why))?;
            if ENCRYPTED.iter().any(|start| bytes.starts_with(start)) {
                return decrypt(path, &bytes, passphrase(path)?);
            }
            let words = String::from_utf8(bytes).map_err(|_| Trouble::file(path, "no text"))?;
            return Ok(words.into());
        }
        let words = std::env::var(WORDS).map_err(|_| {
            Trouble::Input(format!(
                "no key\n  next: name a file with --key-file or WICKER_KEY_FILE, or put the mnemonic into {WORDS}"
            ))
        })?;
        Ok(words.into())
    }
}

fn encrypt(words: &str, passphrase: SecretString) -> Result<String, Trouble> {
    let recipient = age::scrypt::Recipient::new(passphrase);
    age::encrypt_and_armor(&recipient, words.trim().as_bytes())
        .map_err(|why| Trouble::Input(format!("encrypting: {why}")))
}

fn decrypt(path: &Path, bytes: &[u8], passphrase: SecretString) -> Result<SecretString, Trouble> {
    let identity = age::scrypt::Identity::new(passphrase);
    let words = age::decrypt(&identity, bytes).map_err(|why| Trouble::file(path, why))?;
    let words = String::from_utf8(words).map_err(|_| Trouble::file(path, "no text inside"))?;
    Ok(words.into())
}

fn passphrase(path: &Path) -> Result<SecretString, Trouble> {
    if let Some(file) = std::env::var_os(PASSPHRASE) {
        let file = PathBuf::from(file);
        private(&file)?;
        let text = std::fs::read_to_string(&file).map_err(|why| Trouble::file(&file, why))?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_string().into());
    }
    ask(&format!("Passphrase of {}: ", path.display()))
}

fn new_passphrase() -> Result<SecretString, Trouble> {
    if std::env::var_os(PASSPHRASE).is_some() {
        return passphrase(Path::new("the new file"));
    }
    let (one, other) = (ask("Passphrase: ")?, ask("The same again: ")?);
    match one.expose_secret() == other.expose_secret() {
        true if one.expose_secret().is_empty() => Err(Trouble::Input("no passphrase".into())),
        true => Ok(one),
        false => Err(Trouble::Input("the two differ; nothing was written".into())),
    }
}

fn ask(prompt: &str) -> Result<SecretString, Trouble> {
    let typed = rpassword::prompt_password(prompt);
    let typed = typed.map_err(|why| {
        Trouble::Input(format!(
            "no passphrase can be asked for here ({why})\n  next: name a file that holds it with {PASSPHRASE}"
        ))
    })?;
    Ok(typed.into())
}

/// Refuses a file of secrets that others may read.
#[cfg(unix)]
fn private(path: &Path) -> Result<(), Trouble> {
    use std::os::unix::fs::PermissionsExt;
    let found = std::fs::metadata(path).map_err(|why| Trouble::file(path, why))?;
    match found.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err(Trouble::file(
            path,
            format!("others may read it\n  next: chmod 600 {}", path.display()),
        )),
    }
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), Trouble> {
    Ok(())
}

/// Writes a file that must not exist and that nobody else may read.
fn write_new(path: &Path, text: &str) -> Result<(), Trouble> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|why| Trouble::file(path, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encrypted_key_opens_with_its_passphrase_only() {
        let path = Path::new("key.age");
        let text = encrypt("some words\n", SecretString::from("right".to_string())).unwrap();
        assert!(!text.contains("some words"));
        assert!(ENCRYPTED
            .iter()
            .any(|start| text.as_bytes().starts_with(start)));
        let open = |passphrase: &str| decrypt(path, text.as_bytes(), passphrase.to_string().into());
        assert_eq!(open("right").unwrap().expose_secret(), "some words");
        assert!(open("wrong").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("wicker-key-{}", std::process::id()));
        std::fs::write(&path, "words").unwrap();
        for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(private(&path).is_ok(), good, "{mode:o}");
        }
        std::fs::remove_file(&path).unwrap();
    }
}

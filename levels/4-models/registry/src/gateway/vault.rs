//! What closes the secrets of the gateway.

use std::path::Path;
use std::sync::Arc;

use argon2::Argon2;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use strata_config::Secret;

use crate::sealed::Seal;
use crate::webhooks::Settings;

/// The variable of MLflow's server for its passphrase.
const PASSPHRASE: &str = "MLFLOW_CRYPTO_KEK_PASSPHRASE";
/// The passphrase is one store's: what is derived of it here is for nothing else.
const SALT: &[u8] = b"strata registry gateway secrets";

/// The seal, and whether it is of a passphrase.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    seal: Arc<Seal>,
    pub(super) has_passphrase: bool,
}

impl Vault {
    /// Closed by the passphrase of the environment, or else by the key that the secrets of webhooks have. MLflow's
    /// passphrase by default, which everybody knows, closes nothing here.
    pub(crate) fn open(variable: impl Fn(&str) -> Option<String>, kept: &Arc<Seal>) -> Result<Self, String> {
        match variable(PASSPHRASE).filter(|passphrase| !passphrase.is_empty()) {
            None => Ok(Self { seal: Arc::clone(kept), has_passphrase: false }),
            Some(passphrase) => {
                Ok(Self { seal: Arc::new(Seal::with(&derived(&Secret::new(passphrase))?)?), has_passphrase: true })
            }
        }
    }

    /// That of the store in this folder, by the variables of this process.
    pub(crate) fn of_folder(folder: &Path) -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok();
        let key = Settings::from_variables(variable).key;
        Self::open(variable, &Arc::new(Seal::open(key.as_ref(), folder)?))
    }

    pub(crate) fn close(&self, secret: &str) -> String {
        self.seal.close(secret)
    }

    /// None if it was closed with another passphrase or key.
    pub(crate) fn reveal(&self, closed: &str) -> Option<Secret> {
        self.seal.reveal(closed)
    }
}

fn derived(passphrase: &Secret) -> Result<Secret, String> {
    let mut key = [0; 32];
    let derived = Argon2::default().hash_password_into(passphrase.expose().as_bytes(), SALT, &mut key);
    derived.map_err(|error| format!("{PASSPHRASE}: {error}"))?;
    Ok(Secret::new(URL_SAFE.encode(key)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{PASSPHRASE, Vault};
    use crate::sealed::Seal;

    #[test]
    fn a_passphrase_closes_what_only_it_opens() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Arc::new(Seal::open(None, folder.path()).unwrap());
        let open = |passphrase: Option<&str>| {
            let passphrase = passphrase.map(str::to_owned);
            Vault::open(move |name| passphrase.clone().filter(|_| name == PASSPHRASE), &kept).unwrap()
        };
        let (none, one) = (open(None), open(Some("correct horse battery staple")));
        assert_eq!((none.has_passphrase, one.has_passphrase), (false, true));
        let closed = one.close("hush");
        assert_eq!(open(Some("correct horse battery staple")).reveal(&closed).unwrap().expose(), "hush");
        for other in [none, open(Some("")), open(Some("another"))] {
            assert!(other.reveal(&closed).is_none());
        }
    }
}

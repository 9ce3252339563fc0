//! Secrets of the gateway as they lie in MLflow's database (`mlflow/utils/crypto.py`, 3.18.0): each is closed by a key of its
//! own, and that by a key that is derived of the server's passphrase. AES-256-GCM; PBKDF2-HMAC-SHA256, 600,000 rounds.

use std::collections::HashMap;
use std::num::NonZeroU32;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};
use strata_config::Secret;

/// The variable of MLflow's server for its passphrase.
pub(super) const PASSPHRASE: &str = "MLFLOW_CRYPTO_KEK_PASSPHRASE";
/// And for the number of it, which changes when it does.
const VERSION: &str = "MLFLOW_CRYPTO_KEK_VERSION";
/// What a server without one takes, which everybody knows.
const EVERYBODYS: &str = "mlflow-default-kek-passphrase-for-development-only";
const SALT: &[u8] = b"mlflow-secrets-kek-v1-2025";
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("not zero");
const KEY: usize = 32;

/// Opens and closes them.
#[derive(Debug)]
pub(super) struct Envelopes {
    passphrase: Secret,
    /// The number of the passphrase, with which is closed.
    version: u32,
    /// By the number of the passphrase.
    keys: HashMap<u32, LessSafeKey>,
}

/// A secret as it lies in a row.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) value: Vec<u8>,
    pub(super) wrapped: Vec<u8>,
    pub(super) version: i64,
}

impl Envelopes {
    /// With the passphrase that a server with these variables has.
    pub(super) fn of_mlflow(variable: impl Fn(&str) -> Option<String>) -> Self {
        let passphrase = variable(PASSPHRASE).filter(|passphrase| !passphrase.is_empty());
        let version = variable(VERSION).and_then(|version| version.trim().parse().ok()).unwrap_or(1);
        Self { passphrase: Secret::new(passphrase.as_deref().unwrap_or(EVERYBODYS)), version, keys: HashMap::new() }
    }

    /// With a passphrase of one's own; none without: what everybody opens is not closed.
    pub(super) fn of_ones_own(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let has_one = variable(PASSPHRASE).is_some_and(|passphrase| !passphrase.is_empty());
        has_one.then(|| Self::of_mlflow(variable))
    }

    /// What is in it; none if it was closed with another passphrase, or is another's.
    pub(super) fn open(
        &mut self,
        version: i64,
        id: &str,
        name: &str,
        value: Vec<u8>,
        wrapped: Vec<u8>,
    ) -> Option<Secret> {
        let own = open(self.key(version.try_into().ok()?)?, b"", wrapped)?;
        let text = open(&key(&own)?, &bound(id, name), value)?;
        String::from_utf8(text).ok().map(Secret::new)
    }

    /// Closes a secret of this id and name.
    pub(super) fn close(&mut self, id: &str, name: &str, secret: &Secret) -> Option<Closed> {
        let version = self.version;
        let mut own = [0; KEY];
        SystemRandom::new().fill(&mut own).ok()?;
        let value = close(&key(&own)?, &bound(id, name), secret.expose().as_bytes())?;
        let wrapped = close(self.key(version)?, b"", &own)?;
        Some(Closed { value, wrapped, version: version.into() })
    }

    fn key(&mut self, version: u32) -> Option<&LessSafeKey> {
        if !self.keys.contains_key(&version) {
            let salt = [SALT, &version.to_be_bytes()].concat();
            let mut derived = [0; KEY];
            pbkdf2::derive(PBKDF2_HMAC_SHA256, ROUNDS, &salt, self.passphrase.expose().as_bytes(), &mut derived);
            self.keys.insert(version, key(&derived)?);
        }
        self.keys.get(&version)
    }
}

fn key(bytes: &[u8]) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, bytes).ok().map(LessSafeKey::new)
}

/// What a secret is bound to: it opens under its own name only.
fn bound(id: &str, name: &str) -> Vec<u8> {
    format!("{id}|{name}").into_bytes()
}

/// A nonce, and what it closed.
fn close(key: &LessSafeKey, bound: &[u8], open: &[u8]) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).ok()?;
    let mut closed = open.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut closed).ok()?;
    Some([&nonce[..], &closed].concat())
}

fn open(key: &LessSafeKey, bound: &[u8], mut closed: Vec<u8>) -> Option<Vec<u8>> {
    let (nonce, rest) = closed.split_first_chunk_mut::<NONCE_LEN>()?;
    let opened = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(bound), rest).ok()?;
    Some(opened.to_vec())
}

#[cfg(test)]
mod tests {
    use strata_config::Secret;

    use super::{Envelopes, PASSPHRASE, VERSION};

    fn with(passphrase: &'static str, version: &'static str) -> Envelopes {
        let variable = |name: &str| match name {
            PASSPHRASE => Some(passphrase.to_owned()),
            VERSION => Some(version.to_owned()),
            _ => None,
        };
        Envelopes::of_mlflow(variable)
    }

    #[test]
    fn it_opens_what_mlflow_closed() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let (value, wrapped) = (
            bytes("444c3b10c0866c59edf86b79a9bf3ee2c4a729acddb3798314bda36cfede3df978e9146534c9f9c809d4b9c8a711c1"),
            bytes(
                "bc58bfda1f11e9f7c7403d8e949c7c72d03df75b37559deda6355e38d34ef4f820fce99ce28b952fb02ea1a855272b31dac461096e102b042289b164",
            ),
        );
        let mut mine = with("a passphrase of ours", "2");
        let secret = mine.open(2, "s-1", "key of ä", value.clone(), wrapped.clone()).unwrap();
        assert_eq!(secret.expose(), r#"{"api_key": "sk-1"}"#);
        assert!(mine.open(2, "s-2", "key of ä", value.clone(), wrapped.clone()).is_none(), "it is bound to its id");
        assert!(mine.open(1, "s-1", "key of ä", value.clone(), wrapped.clone()).is_none());
        assert!(with("another", "2").open(2, "s-1", "key of ä", value, wrapped).is_none());
        assert!(mine.open(2, "s-1", "key of ä", vec![1], vec![]).is_none(), "garbage is told as such");
    }

    #[test]
    fn it_opens_what_it_closed() {
        let mut mine = with("a passphrase of ours", "2");
        let closed = mine.close("s-1", "key", &Secret::new("hush")).unwrap();
        assert_eq!(mine.open(closed.version, "s-1", "key", closed.value, closed.wrapped).unwrap().expose(), "hush");
        assert!(Envelopes::of_ones_own(|_| None).is_none());
    }
}

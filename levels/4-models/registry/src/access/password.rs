//! Passwords: kept as Argon2id hashes, and not computed anew for each request.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use sha2::{Digest, Sha256};
use strata_config::Secret;

use crate::Error;

/// MLflow's rule.
const SHORTEST: usize = 12;
/// How many known passwords are kept in mind; then all are forgotten.
const KEPT: usize = 10_000;

/// The hash of a new password.
pub(crate) fn hash(password: &Secret) -> Result<String, Error> {
    if password.expose().chars().count() < SHORTEST {
        return Err(Error::invalid(format!("Password must be at least {SHORTEST} characters.")));
    }
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>());
    let salt = salt.map_err(|error| Error::internal(format!("a password could not be salted: {error}")))?;
    let hash = Argon2::default().hash_password(password.expose().as_bytes(), &salt);
    Ok(hash.map_err(|error| Error::internal(format!("a password could not be hashed: {error}")))?.to_string())
}

/// Passwords that were right. A client sends its password with every request, and a right one costs 20 ms to check.
///
/// What is kept is a digest of the password with the hash that it fits, under a key that is never written anywhere. A
/// changed password has another hash, so nothing needs to be forgotten.
#[derive(Debug)]
pub(crate) struct Known {
    key: [u8; 32],
    digests: Mutex<HashSet<[u8; 32]>>,
}

impl Known {
    pub(crate) fn new() -> Self {
        Self { key: rand::random(), digests: Mutex::default() }
    }

    /// Whether the password is the one of this hash. It may take a while: not for a thread that others wait for, unless
    /// it [is known](Self::is_known).
    pub(crate) fn verify(&self, password: &Secret, hash: &str) -> bool {
        if self.is_known(password, hash) {
            return true;
        }
        let right = PasswordHash::new(hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.expose().as_bytes(), &hash).is_ok());
        if right {
            let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
            if digests.len() >= KEPT {
                digests.clear();
            }
            digests.insert(self.digest(password, hash));
        }
        right
    }

    /// Whether it was right before.
    pub(crate) fn is_known(&self, password: &Secret, hash: &str) -> bool {
        let digest = self.digest(password, hash);
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).contains(&digest)
    }

    fn digest(&self, password: &Secret, hash: &str) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix(self.key);
        digest.update((hash.len() as u64).to_le_bytes());
        digest.update(hash);
        digest.update(password.expose());
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use strata_config::Secret;

    use super::{Known, hash};

    #[test]
    fn a_password_fits_its_hash_only() {
        let right = Secret::new("correct horse battery");
        let (one, other) = (hash(&right).unwrap(), hash(&right).unwrap());
        assert!(one.starts_with("$argon2id$") && one != other, "{one}");
        let known = Known::new();
        assert!(!known.is_known(&right, &one));
        assert!(known.verify(&right, &one) && known.is_known(&right, &one));
        assert!(!known.is_known(&right, &other), "it was right for another hash");
        assert!(!known.verify(&Secret::new("correct horse batterz"), &one));
        assert!(!known.verify(&right, "no hash"));
        assert!(hash(&Secret::new("short")).is_err());
    }
}

//! Secrets as they lie in the database: encrypted, in the form of MLflow's own column (Fernet), so that a store can move
//! in and out with them.

use std::path::Path;

use fernet::Fernet;
use strata_config::Secret;

/// The name of the file of the key that is made when none is given.
pub(crate) const FILE: &str = "webhook-secrets.key";

/// What was closed was closed with another key.
#[derive(Debug)]
pub(crate) struct OtherKey;

/// Encrypts and decrypts. Its key is never in the database that it protects.
#[derive(Clone)]
pub(crate) struct Seal(Fernet);

impl Seal {
    /// With the key that is given, or with the one of the folder, where it is made once.
    pub(crate) fn open(key: Option<&Secret>, folder: &Path) -> Result<Self, String> {
        let key = match key {
            Some(key) => key.expose().trim().to_owned(),
            None => kept(folder).map_err(|error| format!("{}: {error}", folder.join(FILE).display()))?,
        };
        Self::with(&Secret::new(key))
    }

    /// With this key.
    pub(crate) fn with(key: &Secret) -> Result<Self, String> {
        let bad = "the key for the secrets of webhooks is not 32 bytes in URL-safe base64";
        Ok(Self(Fernet::new(key.expose()).ok_or(bad)?))
    }

    pub(crate) fn close(&self, secret: &str) -> String {
        self.0.encrypt(secret.as_bytes())
    }

    /// None if it was closed with another key.
    pub(crate) fn reveal(&self, closed: &str) -> Option<Secret> {
        let bytes = self.0.decrypt(closed).ok()?;
        String::from_utf8(bytes).ok().map(Secret::new)
    }

    /// The same of a webhook, which may have none.
    pub(crate) fn reveal_if_any(&self, closed: Option<&str>) -> Result<Option<Secret>, OtherKey> {
        closed.map(|closed| self.reveal(closed).ok_or(OtherKey)).transpose()
    }
}

fn kept(folder: &Path) -> std::io::Result<String> {
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::OpenOptionsExt;

    let path = folder.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(key) => return Ok(key.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let key = Fernet::generate_key();
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => {
            file.write_all(key.as_bytes())?;
            file.sync_all()?;
            Ok(key)
        }
        // Somebody made it meanwhile.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(std::fs::read_to_string(&path)?.trim().to_owned()),
        Err(error) => Err(error),
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(****)")
    }
}

#[cfg(test)]
mod tests {
    use strata_config::Secret;

    use super::Seal;

    /// Closed by Python's `cryptography`, as MLflow does.
    #[test]
    fn it_opens_what_mlflow_closed() {
        let folder = tempfile::tempdir().unwrap();
        let key = Secret::new("hL3AGnoe-gXNI1-sV_MhQT6PnnSRXGsDcEFgxJeuNYk=");
        let seal = Seal::open(Some(&key), folder.path()).unwrap();
        assert_eq!(
            seal.reveal(
                "gAAAAABrCGqlzOJD0DwoTTRn97MDW_2Ojh4Z750W5j3Urs8VmEVUvJ5kcrIOXDntRx9xK4RGW2HhljsARkTzlY2LrBY5FI72aA=="
            )
            .unwrap()
            .expose(),
            "my_secret"
        );
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "no key was made");
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let closed = Seal::open(None, folder.path()).unwrap().close("my_secret");
        assert!(!closed.contains("my_secret"));
        assert_eq!(Seal::open(None, folder.path()).unwrap().reveal(&closed).unwrap().expose(), "my_secret");
        let mode = std::fs::metadata(folder.path().join(super::FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let other = tempfile::tempdir().unwrap();
        assert!(Seal::open(None, other.path()).unwrap().reveal(&closed).is_none());
        assert!(Seal::open(Some(&Secret::new("short")), other.path()).is_err());
    }
}

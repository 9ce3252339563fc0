//! The key that opens the endpoint, kept in a file that AWS's tools read as it is.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rand::RngExt;
use strata_config::Secret;

use crate::Error;

const ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";

/// An access key and its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Names the key; no secret.
    pub id: String,
    /// Signs requests.
    pub secret: Secret,
}

impl Credentials {
    /// Those in the file, which is made with new ones, for its owner alone, when it is missing.
    /// `AWS_SHARED_CREDENTIALS_FILE` may name it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let mode = fs::metadata(path).map_err(|source| file(path, source))?.permissions().mode() & 0o777;
                if mode & 0o077 != 0 {
                    return Err(Error::Exposed { path: path.to_owned(), mode });
                }
                Self::parse(&text).ok_or_else(|| Error::NoCredentials { path: path.to_owned() })
            }
            Err(source) if source.kind() == ErrorKind::NotFound => {
                let made = Self::random();
                made.write(path).map_err(|source| file(path, source))?;
                Ok(made)
            }
            Err(source) => Err(file(path, source)),
        }
    }

    fn random() -> Self {
        // The thread's generator is cryptographic and seeded by the system.
        let text = |alphabet: &[u8], length| -> String {
            let mut rng = rand::rng();
            (0..length).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])).collect()
        };
        let id = format!("STRATA{}", text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 14));
        // 62^40 is more than 2^238.
        let secret = text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 40);
        Self { id, secret: Secret::new(secret) }
    }

    fn parse(text: &str) -> Option<Self> {
        let value = |key: &str| {
            let mut settings = text.lines().filter_map(|line| line.split_once('='));
            let (_, value) = settings.find(|(name, _)| name.trim() == key)?;
            Some(value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        Some(Self { id: value(ID)?, secret: Secret::new(value(SECRET)?) })
    }

    /// Whole or not at all, and never readable by others in between.
    fn write(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let draft = path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        let text = format!("[default]\n{ID} = {}\n{SECRET} = {}\n", self.id, self.secret.expose());
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    }
}

fn file(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_made_once_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config/s3-credentials");
        let made = Credentials::open(&path).unwrap();
        assert_eq!(Credentials::open(&path).unwrap(), made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
        let other = Credentials::open(&folder.path().join("other")).unwrap();
        assert!(other.secret != made.secret && other.id != made.id);
        assert_eq!((made.id.len(), made.secret.expose().len()), (20, 40));
        assert!(!format!("{made:?}").contains(made.secret.expose()));
    }

    /// Fault 21: what should be shut was open to everyone.
    #[test]
    fn those_that_others_can_read_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3-credentials");
        Credentials::open(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = Credentials::open(&path).unwrap_err().to_string();
        assert!(error.contains("644") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_broken_file_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s3-credentials");
        Credentials::open(&path).unwrap();
        fs::write(&path, "[default]\n").unwrap();
        assert!(matches!(Credentials::open(&path), Err(Error::NoCredentials { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "[default]\n");
    }
}

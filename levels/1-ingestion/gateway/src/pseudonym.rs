//! Pseudonyms: keyed HMAC-SHA-256 of what the sender calls a patient.
//!
//! The same name gives the same pseudonym for as long as the key is the same, in the form that the lake's ids have. Who
//! has not the key can neither tell the name nor try names out. The key is no setting: it lies in a file of its own,
//! outside the data folder, so that a copy of the lake is not a copy of the key.

use std::fs;
use std::path::Path;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::Error;

/// The shortest key, in bytes: as long as the hash.
const SHORTEST: usize = 32;
/// Of the hash, in bytes: 160 bits are enough for no two patients ever to be one.
const KEPT: usize = 20;

/// Makes pseudonyms.
#[derive(Clone)]
pub(crate) struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// With the key in this file.
    pub(crate) fn load(path: &Path, data_folder: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Secret { path: path.to_owned(), source };
        let wrong = |wrong| Err(Error::Key { path: path.to_owned(), wrong });
        let real = path.canonicalize().map_err(unreadable)?;
        if data_folder.canonicalize().is_ok_and(|folder| real.starts_with(folder)) {
            return wrong("lies in the data folder, so that whoever copies the data has the key: move it elsewhere");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&real).map_err(unreadable)?.permissions().mode();
            if mode & 0o077 != 0 {
                return wrong("can be read by others than its owner: `chmod 600` it");
            }
        }
        let key = fs::read(&real).map_err(unreadable)?;
        if key.len() < SHORTEST {
            return wrong("is shorter than 32 bytes: make one with `head -c 32 /dev/urandom`");
        }
        Ok(Self::new(&key))
    }

    pub(crate) fn new(key: &[u8]) -> Self {
        // Another name for the same library function says it of every length: HMAC takes any key.
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of every length"))
    }

    /// The pseudonym of a name.
    pub(crate) fn of(&self, name: &str) -> String {
        let mut mac = self.0.clone();
        // So that the key, if it serves another purpose one day, never gives the same bytes for it.
        mac.update(b"strata patient_id\0");
        mac.update(name.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..KEPT])
    }
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use strata_types::PatientId;

    /// Fault 20: whatever the sender calls patients, the lake has one form of id.
    #[test]
    fn a_pseudonym_is_stable_keyed_and_an_id() {
        let ours = Pseudonyms::new(&[7; 32]);
        assert_eq!(ours.of("MRN 12345"), ours.clone().of("MRN 12345"));
        assert_ne!(ours.of("MRN 12345"), Pseudonyms::new(&[8; 32]).of("MRN 12345"));
        assert_ne!(ours.of("MRN 12345"), ours.of("MRN 12346"));
    }

    /// As `openssl dgst -sha256 -mac HMAC` computes it.
    #[test]
    fn it_is_hmac_sha_256() {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        mac.update(b"strata patient_id\0p1");
        let whole = hex::encode(mac.finalize().into_bytes());
        assert!(whole.starts_with(&Pseudonyms::new(&[7; 32]).of("p1")));
    }

    /// Fault 44: a key that others can read, or that lies with the data, is no key.
    #[cfg(unix)]
    #[test]
    fn a_key_that_is_not_kept_well_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (lake, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let put = |folder: &Path, bytes: &[u8], mode| {
            let path = folder.join("key");
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            Pseudonyms::load(&path, lake.path()).map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(put(elsewhere.path(), &[1; 32], 0o600), Ok(()));
        assert!(put(elsewhere.path(), &[1; 32], 0o640).unwrap_err().contains("chmod 600"));
        assert!(put(elsewhere.path(), &[1; 31], 0o600).unwrap_err().contains("shorter"));
        assert!(put(lake.path(), &[1; 32], 0o600).unwrap_err().contains("data folder"));
    }

    proptest! {
        #[test]
        fn every_name_gives_an_id(name in ".*") {
            prop_assert!(Pseudonyms::new(&[7; 32]).of(&name).parse::<PatientId>().is_ok());
        }
    }
}

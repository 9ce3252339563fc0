//! Where a key lies: the one place where names from outside become paths.
//!
//! A key is a relative path of plain names, so it leads nowhere but down. That no symbolic link leads out
//! on the way is the store's to check, because links are facts of the disk.

use std::path::PathBuf;

/// Names that begin so are the endpoint's own.
pub(crate) const RESERVED: &str = ".strata";
/// The file that stands for a key which ends in `/`, as Hadoop makes for an empty folder.
pub(crate) const FOLDER: &str = ".strata-folder";
/// The longest name of a file that common file systems hold, in bytes.
const LONGEST_NAME: usize = 255;

/// A key that can be a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

/// Why a key cannot be a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("a key that is empty, begins with `/` or has `//`, `.` or `..` in it")]
    NotPlain,
    #[error("a key with a control character")]
    Control,
    #[error("a part of the key is longer than {LONGEST_NAME} bytes")]
    TooLong,
    #[error("a key whose parts begin with `{RESERVED}` is reserved, and so is one that ends in `#` and a number")]
    Reserved,
}

impl Key {
    pub(crate) fn new(key: &str) -> Result<Self, Unfit> {
        let names = key.strip_suffix('/').unwrap_or(key);
        for name in names.split('/') {
            if matches!(name, "" | "." | "..") {
                return Err(Unfit::NotPlain);
            }
            check(name)?;
        }
        Ok(Self(key.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it ends in `/`: it may have no bytes then.
    pub(crate) fn is_folder(&self) -> bool {
        self.0.ends_with('/')
    }

    /// Its path below the bucket's folder: plain names only.
    pub(crate) fn path(&self) -> PathBuf {
        let mut path: PathBuf = self.0.split('/').filter(|name| !name.is_empty()).collect();
        if self.is_folder() {
            path.push(FOLDER);
        }
        path
    }
}

/// Whether a name on disk is an object's or on the way to one.
pub(crate) fn is_visible(name: &str) -> bool {
    check(name).is_ok()
}

fn check(name: &str) -> Result<(), Unfit> {
    if name.len() > LONGEST_NAME {
        return Err(Unfit::TooLong);
    }
    // XML cannot say them, and NUL ends a path.
    if name.chars().any(char::is_control) {
        return Err(Unfit::Control);
    }
    // The second is how the library of Strata's own writers names what is not yet whole.
    let half_written = name.rsplit_once('#').is_some_and(|(_, rest)| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if name.starts_with(RESERVED) || half_written { Err(Unfit::Reserved) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_lead_elsewhere_are_refused() {
        let cases = [
            ("", Unfit::NotPlain),
            ("/", Unfit::NotPlain),
            ("/etc/passwd", Unfit::NotPlain),
            ("..", Unfit::NotPlain),
            ("a/../../b", Unfit::NotPlain),
            ("a/..", Unfit::NotPlain),
            ("./a", Unfit::NotPlain),
            ("a//b", Unfit::NotPlain),
            ("a\0b", Unfit::Control),
            ("a\nb", Unfit::Control),
            (".strata/uploads/x", Unfit::Reserved),
            ("a/.strata-folder", Unfit::Reserved),
            ("a/b.parquet#1", Unfit::Reserved),
        ];
        for (key, expected) in cases {
            assert_eq!(Key::new(key), Err(expected), "{key:?}");
        }
        assert_eq!(Key::new(&"x".repeat(256)), Err(Unfit::TooLong));
    }

    #[test]
    fn keys_of_the_lake_are_paths() {
        let key = "patient-vitals/date=2026-01-01/hour=00/live-03-00000000000000000042.ndjson.zst";
        assert_eq!(Key::new(key).unwrap().path(), Path::new(key));
        assert_eq!(Key::new("a/b/").unwrap().path(), Path::new("a/b/.strata-folder"));
        // What looks encoded is a plain name: the protocol was decoded before.
        assert_eq!(Key::new("%2e%2e/%2F..x").unwrap().path(), Path::new("%2e%2e/%2F..x"));
        assert_eq!(Key::new("a\\..\\b").unwrap().path().components().count(), 1);
    }

    proptest! {
        #[test]
        fn no_key_leads_out(key in "[a./\\\\%2eF~\\x00#1]{0,12}") {
            if let Ok(key) = Key::new(&key) {
                prop_assert!(key.path().components().all(|part| matches!(part, Component::Normal(_))));
                prop_assert!(key.path().components().next().is_some());
            }
        }
    }
}

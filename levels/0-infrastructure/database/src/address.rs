//! What a URL says: which database, where, and how that can be told without its password.

use std::path::PathBuf;

use strata_config::Secret;

use crate::Error;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A URL, understood.
pub(crate) struct Address {
    pub(crate) dialect: Dialect,
    /// For the library.
    pub(crate) url: Secret,
    /// For people.
    pub(crate) location: String,
    /// Of SQLite.
    pub(crate) file: Option<PathBuf>,
}

/// How a SQLite file is opened; a server makes no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is made where it is missing.
    Own,
    /// It must be there, and is not written.
    Look,
}

impl Address {
    pub(crate) fn new(url: &Secret, mode: Mode) -> Result<Self, Error> {
        let mode = match mode {
            Mode::Own => "rwc",
            Mode::Look => "ro",
        };
        let text = url.expose();
        let (scheme, rest) = text.split_once(':').unwrap_or(("(no scheme)", ""));
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" {
                    let cause = "a database in memory would be another one for each connection: give a file".into();
                    return Err(Error::Open { location: text.to_owned(), cause });
                }
                // What means something in a URL is encoded: a path is only a path.
                let encoded = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
                Ok(Self {
                    dialect: Dialect::Sqlite,
                    url: Secret::new(format!("sqlite://{encoded}?mode={mode}")),
                    location: path.to_owned(),
                    file: Some(path.into()),
                })
            }
            "postgres" | "postgresql" => {
                let place = rest.split('?').next().unwrap_or_default().trim_start_matches('/');
                let location = place.rsplit_once('@').map_or(place, |(_, place)| place);
                Ok(Self {
                    dialect: Dialect::Postgres,
                    url: url.clone(),
                    location: format!("postgres://{location}"),
                    file: None,
                })
            }
            other => Err(Error::Scheme { scheme: other.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<Address, Error> {
        Address::new(&Secret::new(url), Mode::Own)
    }

    #[test]
    fn a_password_is_never_told() {
        for url in ["postgres://me:hunter2@there:5432/db", "postgresql://there:5432/db?user=me&password=hunter2"] {
            assert_eq!(address(url).unwrap().location, "postgres://there:5432/db");
        }
        for url in ["mysql://me:hunter2@there/db", "hunter2"] {
            let Err(error) = address(url) else { panic!("{url}") };
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_path_is_only_a_path() {
        let address = address("sqlite:///data/100%?mode=ro#x.db").unwrap();
        assert_eq!(address.file.unwrap(), PathBuf::from("/data/100%?mode=ro#x.db"));
        assert_eq!(address.url.expose(), "sqlite:///data/100%25%3Fmode=ro%23x.db?mode=rwc");
        assert!(super::Address::new(&Secret::new("sqlite::memory:"), Mode::Own).is_err());
    }
}

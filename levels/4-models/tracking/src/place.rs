//! Where artifacts lie in the store that a server proxies.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Error;

/// The proxied store.
pub(crate) const STORE: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// What stands in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A folder of the proxied store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place(String);

impl Place {
    /// `mlflow-artifacts:/PATH`, with or without a host.
    pub(crate) fn of(uri: &str) -> Result<Self, Error> {
        let elsewhere = || Error::NotProxied(uri.to_owned());
        let rest = uri.strip_prefix("mlflow-artifacts:").ok_or_else(elsewhere)?;
        let path = match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').ok_or_else(elsewhere)?.1,
            None => rest,
        };
        Ok(Self(path.trim_matches('/').to_owned()))
    }

    /// Below it.
    pub(crate) fn join(&self, path: &str) -> Self {
        Self(format!("{}/{path}", self.0))
    }

    /// As a path of the store.
    pub(crate) fn path(&self) -> &str {
        &self.0
    }

    /// What is asked to have it.
    pub(crate) fn address(&self) -> String {
        let parts: Vec<_> = self.0.split('/').map(|part| utf8_percent_encode(part, PLAIN).to_string()).collect();
        format!("{STORE}/{}", parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_proxied_has_a_place() {
        let check = |uri: &str, path: Option<&str>| {
            assert_eq!(Place::of(uri).ok().map(|place| place.0), path.map(str::to_owned), "{uri}");
        };
        check("mlflow-artifacts:/1/r/artifacts", Some("1/r/artifacts"));
        check("mlflow-artifacts://host:5000/1/r/artifacts/", Some("1/r/artifacts"));
        check("s3://bucket/1/r", None);
        check("mlflow-artifacts://host", None);
        let place = Place::of("mlflow-artifacts:/1/r").unwrap().join("a b/ü%.html");
        assert_eq!(place.address(), "/api/2.0/mlflow-artifacts/artifacts/1/r/a%20b/%C3%BC%25.html");
    }
}

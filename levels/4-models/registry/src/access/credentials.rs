//! Who a request says it is from: what the client sends for `MLFLOW_TRACKING_USERNAME` and `_PASSWORD`, or for
//! `MLFLOW_TRACKING_TOKEN`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use strata_config::Secret;

/// The header `Authorization`, read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Credentials {
    Password { user: String, password: Secret },
    Token(Secret),
}

impl Credentials {
    /// None if it is of no form that is known here.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return (!rest.is_empty()).then(|| Self::Token(Secret::new(rest)));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Self::Password { user: user.to_owned(), password: Secret::new(password) })
    }
}

#[cfg(test)]
mod tests {
    use strata_config::Secret;

    use super::Credentials::{self, Password, Token};

    #[test]
    fn a_header_has_two_forms() {
        let password =
            |user: &str, password: &str| Some(Password { user: user.to_owned(), password: Secret::new(password) });
        for (header, expected) in [
            ("Basic YWRhOmh1c2g=", password("ada", "hush")),
            ("basic YWRhOmE6Yg==", password("ada", "a:b")),
            ("Basic YWRhOg==", password("ada", "")),
            ("Bearer  t0ken", Some(Token(Secret::new("t0ken")))),
            ("Basic", None),
            ("Basic !!", None),
            ("Basic YWRh", None),
            ("Bearer ", None),
            ("Digest x", None),
            ("", None),
        ] {
            assert_eq!(Credentials::parse(header), expected, "{header}");
        }
    }
}

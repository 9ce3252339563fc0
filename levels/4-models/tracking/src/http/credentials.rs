//! Who asks, as MLflow's own client is told it.

use std::env::VarError;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use strata_config::Secret;

/// A user with a password, or whoever has a token, or nobody.
#[derive(Clone, Debug, Default)]
pub struct Credentials(Option<Secret>);

impl Credentials {
    /// By MLflow's variables, `std::env::var` for the process's own. A user with a password comes before a token.
    pub fn from_variables(variable: impl Fn(&str) -> Result<String, VarError>) -> Self {
        let given = |name: &str| variable(name).ok().filter(|value| !value.is_empty());
        match (given("MLFLOW_TRACKING_USERNAME"), given("MLFLOW_TRACKING_PASSWORD")) {
            (Some(name), Some(password)) => Self::basic(&name, &password),
            _ => given("MLFLOW_TRACKING_TOKEN").map(|token| Self::token(&token)).unwrap_or_default(),
        }
    }

    /// A user.
    pub fn basic(name: &str, password: &str) -> Self {
        Self(Some(Secret::new(format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}"))))))
    }

    /// Whoever has this token.
    pub fn token(token: &str) -> Self {
        Self(Some(Secret::new(format!("Bearer {token}"))))
    }

    /// What a request says of it.
    pub(super) fn header(&self) -> Option<&str> {
        self.0.as_ref().map(Secret::expose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_with_a_password_comes_before_a_token() {
        let check = |variables: &[(&str, &str)], header: Option<&str>| {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
            };
            assert_eq!(Credentials::from_variables(variable).header(), header);
        };
        let [user, password] = [("MLFLOW_TRACKING_USERNAME", "ada"), ("MLFLOW_TRACKING_PASSWORD", "love")];
        let token = ("MLFLOW_TRACKING_TOKEN", "abc");
        check(&[], None);
        check(&[user, password, token], Some("Basic YWRhOmxvdmU="));
        check(&[user, token], Some("Bearer abc"));
        check(&[user, ("MLFLOW_TRACKING_PASSWORD", "")], None);
        assert!(!format!("{:?}", Credentials::token("abc")).contains("abc"));
    }
}

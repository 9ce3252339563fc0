//! A setting that must not be seen: it prints `****` wherever it is printed.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A password, a token, or a URL that holds one. It is read from configuration and never written there: it is
/// not `Serialize`. Only [`expose`](Self::expose) shows it, so that `grep` finds everyone who looks.
///
/// ```
/// use strata_config::Secret;
/// let token = Secret::new("hunter2");
/// assert_eq!(format!("{token} {token:?}"), "**** ****");
/// assert_eq!(token.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides it.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Shows it to whoever needs it to get in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "writeOnly": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault 44: secrets in committed reports.
    #[test]
    fn a_secret_inside_something_else_is_not_printed_either() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only printed")]
        struct Server {
            host: String,
            password: Secret,
        }
        let server: Server = serde_json::from_str(r#"{"host": "there", "password": "hunter2"}"#).unwrap();
        let printed = format!("{server:#?}");
        assert!(printed.contains("there") && printed.contains("****") && !printed.contains("hunter2"), "{printed}");
    }
}

//! Where the next page of a search starts, in a token that says which search it is of.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::Error;

/// What must not change from page to page.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) experiment_ids: Value,
    pub(crate) filter: Option<String>,
    pub(crate) order_by: Value,
}

impl Asking {
    pub(crate) fn token(&self, offset: i64) -> String {
        STANDARD.encode(
            json!({
                "experiment_ids": self.experiment_ids, "filter_string": self.filter,
                "order_by": self.order_by, "offset": offset,
            })
            .to_string(),
        )
    }

    /// The place in the token, if it is of this search.
    pub(crate) fn offset(&self, token: &str) -> Result<i64, Error> {
        let invalid = || Error::invalid(format!("Invalid page token: {token}."));
        let bytes = STANDARD.decode(token).map_err(|_| invalid())?;
        let page: Value = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
        let own = [
            ("Experiment IDs", "experiment IDs", &self.experiment_ids, "experiment_ids"),
            ("Filter string", "filter string", &json!(self.filter), "filter_string"),
            ("Order by", "order by", &self.order_by, "order_by"),
        ];
        for (what, small, expected, key) in own {
            if page[key] != *expected {
                return Err(Error::invalid(format!(
                    "{what} in the page token do not match the requested {small}. Expected: {expected}. Found: {}",
                    page[key]
                )));
            }
        }
        page["offset"].as_i64().filter(|offset| *offset >= 0).ok_or_else(invalid)
    }
}

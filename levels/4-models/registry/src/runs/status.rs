//! What a run may be at.

use serde_json::Value;

use crate::{Asked, Error};

/// By their numbers in MLflow's protocol, from 1.
const STATUSES: [&str; 5] = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

/// The status that a request names, if it names one.
pub(super) fn of(asked: &Asked) -> Result<Option<&'static str>, Error> {
    let Some(value) = asked.get("status") else { return Ok(None) };
    let found = match value {
        Value::String(name) => STATUSES.iter().find(|status| *status == name),
        value => value.as_u64().and_then(|number| STATUSES.get((number as usize).checked_sub(1)?)),
    };
    found
        .copied()
        .map(Some)
        .ok_or_else(|| Error::invalid(format!("Invalid value {value} for parameter 'status' supplied.")))
}

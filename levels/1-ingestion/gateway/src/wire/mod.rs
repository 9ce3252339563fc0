//! What goes over the wire, in one place; converted by hand from and to the inner types.

use serde::Serialize;
use strata_http::ErrorBody;
use utoipa::ToSchema;

/// What became of the records.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Outcome {
    /// Records that are durable now (or would be, when only validated).
    pub(crate) accepted: u64,
    /// Records that were sent before; they are there already.
    pub(crate) duplicates: u64,
    /// Records that were refused.
    pub(crate) rejected_count: u64,
    /// Why, one by one; the first 1,000.
    pub(crate) rejected: Vec<Rejected>,
    /// Fields of accepted records that did not enter.
    pub(crate) dropped_fields: DroppedFields,
}

/// A record that was refused.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Rejected {
    /// Which element of the array, or which entry of the Bundle, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<u64>,
    /// Which line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u64>,
    /// Its id, where it had one that could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_id: Option<String>,
    /// What is wrong with it.
    pub(crate) reason: String,
    /// The rule that it broke.
    #[schema(example = "missing_field")]
    pub(crate) rule: &'static str,
    /// What to do about it.
    pub(crate) hint: String,
}

/// Fields that did not enter, by the reason.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(crate) struct DroppedFields {
    /// Free text, in which anything may stand.
    pub(crate) free_text: u64,
    /// Fields that the schema does not know, where patients are pseudonymised.
    pub(crate) unknown: u64,
}

/// The request could not be read or written to its end. What is counted was done: it can be sent again as a whole.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Stopped {
    /// Why.
    #[serde(flatten)]
    pub(crate) error: ErrorBody,
    /// How far it came.
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

//! The one form of an error.

use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused, or failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// A stable code, for programs.
    #[schema(example = "unknown_patient")]
    pub(crate) error: &'static str,
    /// What was wrong and where. Of what was sent it repeats the patient's id at most.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: String,
}

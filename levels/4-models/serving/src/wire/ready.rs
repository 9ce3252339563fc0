//! Whether predictions can be answered now.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether predictions can be answered now, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Whether every check passed.
    pub(crate) ready: bool,
    /// What stands in the way.
    pub(crate) reasons: Vec<String>,
    /// Each check; only when asked for with `?verbose`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checks: Option<Vec<Check>>,
}

/// One of the things that predictions need.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Check {
    /// What is checked.
    pub(crate) name: &'static str,
    /// Whether it passed.
    pub(crate) ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

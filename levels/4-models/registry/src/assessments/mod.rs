//! Assessments: what people, judges and code thought of a trace, and what they expected of it.

pub(crate) mod assessment;
pub(crate) mod http;
pub(crate) mod store;

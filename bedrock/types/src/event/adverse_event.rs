//! An adverse event.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unknown_source;
use crate::{PatientId, Timestamp};

/// CTCAE grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the grades are numbers")]
pub enum Severity {
    #[serde(rename = "grade_1")]
    Grade1 = 1,
    #[serde(rename = "grade_2")]
    Grade2,
    #[serde(rename = "grade_3")]
    Grade3,
    #[serde(rename = "grade_4")]
    Grade4,
    #[serde(rename = "grade_5")]
    Grade5,
}

/// An adverse event: when it set in, and when somebody reported it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields' names say what they hold")]
pub struct AdverseEvent {
    pub patient_id: PatientId,
    /// The onset.
    pub event_timestamp: Timestamp,
    pub event_type: String,
    pub severity: Severity,
    pub reported_by: String,
    pub report_timestamp: Timestamp,
    /// When it was over; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_timestamp: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_arm: Option<String>,
    #[serde(default = "unknown_source")]
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

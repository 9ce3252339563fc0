//! Who a patient is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unknown_source;
use crate::{PatientId, Timestamp};

/// Administrative sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "FHIR's codes")]
pub enum Sex {
    Male,
    Female,
    Other,
    Unknown,
}

/// What is known of a patient; the newest record counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields' names say what they hold")]
pub struct Patient {
    pub patient_id: PatientId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_year: Option<i32>,
    /// Years at admission; 90 and older are one group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_arm: Option<String>,
    /// The kind of ward: `MICU`, `SICU`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub care_unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted_at: Option<Timestamp>,
    /// Admission to the unit that the record is of, where that is later: an ICU, a ward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_admitted_at: Option<Timestamp>,
    /// cm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<f64>,
    /// kg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Whether a clinician chose NEWS2's oxygen saturation scale 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spo2_scale_2: Option<bool>,
    /// ICD-10 codes or the site's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub comorbidities: Vec<String>,
    #[serde(default = "unknown_source")]
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

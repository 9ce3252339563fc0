//! A dose or an infusion.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unknown_source;
use crate::{PatientId, Timestamp};

/// One administration: a single dose, or an infusion from `timestamp` to `end_timestamp`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields' names say what they hold")]
pub struct Medication {
    pub patient_id: PatientId,
    pub timestamp: Timestamp,
    pub drug_name: String,
    pub dosage: f64,
    pub unit: String,
    pub route: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<String>,
    /// The rate of an infusion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// The rate's unit: `ug/kg/min` where none is given, for vasopressin `U/h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_timestamp: Option<Timestamp>,
    /// As FHIR's `MedicationAdministration.status`; `not-done` and `entered-in-error` are no dose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rxnorm: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atc: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administered_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_arm: Option<String>,
    #[serde(default = "unknown_source")]
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

//! A reading of vital signs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::unknown_source;
use crate::{PatientId, Timestamp};

/// Level of consciousness on the ACVPU scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Consciousness {
    /// Alert.
    A,
    /// New confusion.
    C,
    /// Responds to voice.
    V,
    /// Responds to pain.
    P,
    /// Unresponsive.
    U,
}

/// A reading of vital signs: at least one of them is present.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the fields are the variables of the table, by the same names")]
pub struct Vitals {
    pub patient_id: PatientId,
    pub timestamp: Timestamp,
    /// The monitor or system that measured.
    #[serde(default = "unknown_source")]
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heart_rate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respiratory_rate: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spo2: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blood_pressure_systolic: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blood_pressure_diastolic: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_arterial_pressure: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etco2: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fio2: Option<f64>,
    /// Glasgow coma scale, 3 to 15.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gcs: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consciousness: Option<Consciousness>,
    /// `Cel` (the default) or `[degF]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_unit: Option<String>,
    /// Whether the patient breathes supplemental oxygen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_oxygen: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_site: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_arm: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

impl Vitals {
    /// An empty reading, to be filled in.
    pub fn at(patient_id: PatientId, timestamp: Timestamp, source: &str) -> Self {
        Self {
            patient_id,
            timestamp,
            source: source.into(),
            heart_rate: None,
            respiratory_rate: None,
            spo2: None,
            temperature: None,
            blood_pressure_systolic: None,
            blood_pressure_diastolic: None,
            mean_arterial_pressure: None,
            etco2: None,
            fio2: None,
            gcs: None,
            consciousness: None,
            temperature_unit: None,
            on_oxygen: None,
            trial_site: None,
            trial_arm: None,
            event_id: None,
        }
    }

    /// The measured numbers, each with the name of its field.
    pub fn readings(&self) -> [(&'static str, Option<f64>); 10] {
        [
            ("heart_rate", self.heart_rate),
            ("respiratory_rate", self.respiratory_rate),
            ("spo2", self.spo2),
            ("temperature", self.temperature),
            ("blood_pressure_systolic", self.blood_pressure_systolic),
            ("blood_pressure_diastolic", self.blood_pressure_diastolic),
            ("mean_arterial_pressure", self.mean_arterial_pressure),
            ("etco2", self.etco2),
            ("fio2", self.fio2),
            ("gcs", self.gcs),
        ]
    }

    /// As [`readings`](Self::readings), to be changed.
    pub fn readings_mut(&mut self) -> [(&'static str, &mut Option<f64>); 10] {
        [
            ("heart_rate", &mut self.heart_rate),
            ("respiratory_rate", &mut self.respiratory_rate),
            ("spo2", &mut self.spo2),
            ("temperature", &mut self.temperature),
            ("blood_pressure_systolic", &mut self.blood_pressure_systolic),
            ("blood_pressure_diastolic", &mut self.blood_pressure_diastolic),
            ("mean_arterial_pressure", &mut self.mean_arterial_pressure),
            ("etco2", &mut self.etco2),
            ("fio2", &mut self.fio2),
            ("gcs", &mut self.gcs),
        ]
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.consciousness.is_none() && self.readings().iter().all(|(_, value)| value.is_none())
    }
}

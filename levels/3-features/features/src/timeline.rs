//! What is known of one patient: the silver rows, typed, each part in order of time.
//!
//! A timeline belongs to one patient by construction, so no window can reach into another's rows.

use strata_types::Timestamp;
use strata_types::drug::{Drug, Effect};

use crate::sign;

mod order;

/// All that is known of one patient.
///
/// Every part is sorted by time, then by when it became known, then by what it says; [`sort`](Self::sort) does that, so that
/// the same rows are the same timeline, from whichever files or stores they were read. Where several rows share a time,
/// the last one with a value is the most recent value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// What does not change during the stay.
    pub patient: PatientFacts,
    /// Readings of vital signs.
    pub vitals: Vec<Vitals>,
    /// Laboratory results.
    pub labs: Vec<Lab>,
    /// Doses and infusions.
    pub medications: Vec<Dose>,
    /// Adverse events.
    pub adverse_events: Vec<AdverseEvent>,
}

impl Timeline {
    /// Puts every part into its order, which depends on the rows alone and not on the order in which they came.
    pub fn sort(&mut self) {
        self.vitals.sort_by(Vitals::order);
        self.labs.sort_by(Lab::order);
        self.medications.sort_by(Dose::order);
        self.adverse_events.sort_by(AdverseEvent::order);
    }

    /// Whether [`compute`](crate::compute()) can trust the order of time.
    pub(crate) fn is_sorted(&self) -> bool {
        self.vitals.is_sorted_by_key(|row| row.time)
            && self.labs.is_sorted_by_key(|row| row.time)
            && self.medications.is_sorted_by_key(|row| row.time)
            && self.adverse_events.is_sorted_by_key(|row| row.onset)
    }
}

/// What does not change during the stay.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PatientFacts {
    /// Age in years.
    pub age_years: Option<f64>,
    /// Male, female, or unknown.
    pub sex_male: Option<bool>,
    /// When the patient came to the hospital.
    pub admitted_at: Option<Timestamp>,
    /// Whether a clinician asked for NEWS2's `SpO2` scale 2 (hypercapnic respiratory failure).
    pub spo2_scale_2: bool,
    /// Weight in kg.
    pub weight_kg: Option<f64>,
}

/// A row of silver vitals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vitals {
    /// When it was measured.
    pub time: Timestamp,
    /// When it was known here.
    pub available_at: Timestamp,
    /// The values in the order of [`sign::SIGNS`]; NaN is missing.
    pub signs: [f64; sign::COUNT],
    /// Share of the six core signs that are present and valid, 0 to 1; NaN is missing.
    pub quality: f64,
    /// From ACVPU: anything but alert. `None` when it was not charted.
    pub consciousness_altered: Option<bool>,
    /// Whether the patient breathes supplemental oxygen. `None` when it was not charted.
    pub on_oxygen: Option<bool>,
}

impl Vitals {
    /// An empty reading, known as soon as measured, to be filled in.
    pub const fn at(time: Timestamp) -> Self {
        Self {
            time,
            available_at: time,
            signs: [f64::NAN; sign::COUNT],
            quality: f64::NAN,
            consciousness_altered: None,
            on_oxygen: None,
        }
    }
}

/// A row of silver labs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lab {
    /// When the specimen was taken.
    pub time: Timestamp,
    /// When the result was known here.
    pub available_at: Timestamp,
    /// Which test: an index into [`strata_types::VARIABLES`].
    pub variable: u8,
    /// The result in the canonical unit; NaN is missing.
    pub value: f64,
    /// The result's own reference range in the canonical unit; without one the table's holds.
    pub reference: Option<(f64, f64)>,
}

/// A row of silver medications: a dose that was given. What was not given is no row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dose {
    /// When it was given, or began.
    pub time: Timestamp,
    /// When it was known here.
    pub available_at: Timestamp,
    /// When the infusion ended or will end, where that is known.
    pub end: Option<Timestamp>,
    /// The drug, where the table has it.
    pub drug: Option<&'static Drug>,
    /// The medication's class, where it is known.
    pub class: Option<Class>,
    /// What it is to the features.
    pub effect: Effect,
    /// The rate of an infusion: ug/kg/min, of vasopressin U/h. A rate of 0 ends an infusion.
    pub rate: Option<f64>,
}

/// A medication class: ATC level 3 (`C01C`), or a site's own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Class([u8; 8]);

impl Class {
    /// The class of an ATC code: its first four characters. `None` for an empty code.
    pub fn of_atc(atc: &str) -> Option<Self> {
        Self::of_site(strata_types::drug::class_of_atc(atc))
    }

    /// A site's own class; the first eight bytes count. `None` for an empty code.
    pub fn of_site(code: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        for (byte, from) in bytes.iter_mut().zip(code.bytes()) {
            *byte = from;
        }
        (!code.is_empty()).then_some(Self(bytes))
    }

    /// As it is stored.
    pub const fn bytes(self) -> [u8; 8] {
        self.0
    }

    /// What [`bytes`](Self::bytes) gave.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

/// A row of silver adverse events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdverseEvent {
    /// When it began.
    pub onset: Timestamp,
    /// When it was reported.
    pub reported_at: Timestamp,
    /// When it was over, where that is known.
    pub resolved_at: Option<Timestamp>,
    /// Its CTCAE grade, 1 to 5.
    pub grade: u8,
}

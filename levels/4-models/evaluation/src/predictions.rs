//! Predictions beside their outcomes, and who the patients are.

use std::ops::Range;

/// One row per (patient, time) of a test set, in time order within a patient.
///
/// The rows of one patient stand together, and the four slices have the same length.
#[derive(Clone, Copy, Debug)]
pub struct Predictions<'a> {
    /// The patient of each row, as an index into the subjects.
    pub patients: &'a [u32],
    /// When, in hours since an epoch of the caller's choice.
    pub hours: &'a [f64],
    /// What happened.
    pub labels: &'a [bool],
    /// What the model said. A probability that is NaN ranks below every other and never raises an alert.
    pub probabilities: &'a [f32],
}

impl Predictions<'_> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// The rows of each patient in turn.
    pub fn by_patient(&self) -> impl Iterator<Item = Range<usize>> {
        self.patients.chunk_by(|a, b| a == b).scan(0, |start, rows| {
            let range = *start..*start + rows.len();
            *start = range.end;
            Some(range)
        })
    }

    /// Rows that do not line up would give a plausible but wrong report, so they are refused loudly.
    pub(crate) fn assert_aligned(&self) {
        let rows = self.rows();
        assert!(
            self.patients.len() == rows && self.hours.len() == rows && self.probabilities.len() == rows,
            "patients, hours, labels and probabilities must have one entry per row"
        );
    }
}

/// What is known about a patient, for the subgroups.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// As recorded, for example `female`.
    pub sex: Option<String>,
    /// In years; compared by band.
    pub age_years: Option<f32>,
    /// The ward or unit.
    pub unit: Option<String>,
    /// The hospital or trial site.
    pub site: Option<String>,
}

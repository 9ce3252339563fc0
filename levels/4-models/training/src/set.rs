//! What is learnt from.

use strata_evaluation::{Predictions, Subject};
use strata_features::FEATURE_COUNT;

use crate::{Error, Part, split};

/// One row per (patient, time), the rows of a patient together and in time order.
#[derive(Debug, Clone, Default)]
pub struct TrainingSet {
    /// The features of each row, in the order of [`strata_features::FEATURES`]; NaN is null.
    pub features: Vec<f32>,
    /// What happened.
    pub labels: Vec<bool>,
    /// The patient of each row, as an index into `subjects` and `patient_ids`.
    pub patient_of_row: Vec<u32>,
    /// When, in hours since an epoch of the caller's choice.
    pub hours: Vec<f64>,
    /// Who the patients are.
    pub subjects: Vec<Subject>,
    /// Their ids; they alone decide about the split.
    pub patient_ids: Vec<String>,
    /// Whether the set is `PhysioNet` 2019's, so that its utility is defined.
    pub has_utility: bool,
}

impl TrainingSet {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    pub(crate) fn row(&self, row: u32) -> &[f32] {
        &self.features[row as usize * FEATURE_COUNT..][..FEATURE_COUNT]
    }

    /// Refuses a set that would train or judge something else than it seems.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let rows = self.rows();
        let no = |what: String| Err(Error::Set(what));
        if self.features.len() != rows * FEATURE_COUNT {
            return no(format!("{} values are not {rows} rows of {FEATURE_COUNT} features", self.features.len()));
        }
        if self.patient_of_row.len() != rows || self.hours.len() != rows || u32::try_from(rows).is_err() {
            return no(format!("labels, patients and hours of {rows} rows differ in number"));
        }
        let patients = self.patient_ids.len();
        if self.subjects.len() != patients {
            return no(format!("{} subjects for {patients} patients", self.subjects.len()));
        }
        let mut seen = vec![false; patients];
        for run in self.patient_of_row.chunk_by(|a, b| a == b) {
            match seen.get_mut(run[0] as usize) {
                Some(seen) if !*seen => *seen = true,
                Some(_) => return no(format!("the rows of patient {} do not stand together", run[0])),
                None => return no(format!("a row is of patient {}, there are {patients}", run[0])),
            }
        }
        let same = |row: usize| self.patient_of_row[row - 1] == self.patient_of_row[row];
        match (1..rows).find(|&row| same(row) && self.hours[row] < self.hours[row - 1]) {
            Some(row) => no(format!("row {row} is earlier than the one before of the same patient")),
            None => Ok(()),
        }
    }
}

/// The rows of each part, in the order of the set.
#[derive(Debug)]
pub(crate) struct Parts([Vec<u32>; 4]);

impl Parts {
    pub(crate) fn new(set: &TrainingSet, seed: u64) -> Result<Self, Error> {
        let of_patient: Vec<Part> = set.patient_ids.iter().map(|id| split(id, seed)).collect();
        let mut rows: [Vec<u32>; 4] = Default::default();
        for (row, &patient) in set.patient_of_row.iter().enumerate() {
            rows[of_patient[patient as usize] as usize].push(row as u32);
        }
        let parts = Self(rows);
        for part in Part::ALL {
            let rows = parts.rows(part);
            let events = rows.iter().filter(|&&row| set.labels[row as usize]).count();
            if events == 0 || events == rows.len() {
                return Err(Error::OneSided { part, events, rows: rows.len() });
            }
        }
        Ok(parts)
    }

    pub(crate) fn rows(&self, part: Part) -> &[u32] {
        &self.0[part as usize]
    }

    /// Where probabilities are calibrated and thresholds chosen: all that is neither learnt from nor judged on. The
    /// calibration part alone holds too few events: the slope fitted on it misses by more than the gate allows.
    pub(crate) fn validation(&self) -> Vec<u32> {
        [self.rows(Part::EarlyStopping), self.rows(Part::Calibration)].concat()
    }
}

/// The outcomes of some rows, ready for `strata-evaluation`.
#[derive(Debug)]
pub(crate) struct Outcomes {
    patients: Vec<u32>,
    hours: Vec<f64>,
    pub(crate) labels: Vec<bool>,
}

impl Outcomes {
    pub(crate) fn new(set: &TrainingSet, rows: &[u32]) -> Self {
        Self {
            patients: rows.iter().map(|&row| set.patient_of_row[row as usize]).collect(),
            hours: rows.iter().map(|&row| set.hours[row as usize]).collect(),
            labels: rows.iter().map(|&row| set.labels[row as usize]).collect(),
        }
    }

    pub(crate) fn beside<'a>(&'a self, probabilities: &'a [f32]) -> Predictions<'a> {
        Predictions { patients: &self.patients, hours: &self.hours, labels: &self.labels, probabilities }
    }
}

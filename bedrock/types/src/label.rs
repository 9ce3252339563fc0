//! What a model is asked to foresee.

use serde::{Deserialize, Serialize};

/// `adverse_event_within(h)`: an adverse event of at least this grade with onset in (t, t+h].
///
/// Times from an onset until its resolution have no label: the outcome is already there, and
/// counting those hours inflates AUROC. Nor have the last `horizon_hours` of the record, whose
/// outcome is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelRule {
    /// The horizon h, in hours.
    pub horizon_hours: f64,
    /// The least CTCAE grade that counts, 1 to 5.
    pub min_grade: u8,
}

impl Default for LabelRule {
    fn default() -> Self {
        Self { horizon_hours: 24.0, min_grade: 3 }
    }
}

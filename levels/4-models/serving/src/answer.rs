//! The answer to "what is this patient's risk, as of t": pure, and about nobody.
//!
//! **Nothing is cached, on purpose** (fault 37). Stacks of this kind keyed a cache by the features and kept the
//! whole reply in it, so that two patients with equal features got each other's. Here an [`Answer`] holds no identity:
//! the handler joins it with the patient it asked about, once, and forgets it. A cache would save microseconds of
//! arithmetic and cost freshness besides: the record may have changed since the last question.

use strata_features::Vector;
use strata_model::{Explanation, RiskLevel};
use strata_types::Timestamp;

use crate::record::{AsOf, Store};
use crate::served::Loaded;

/// What the model says, why, and from what.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) probability: f32,
    pub(crate) risk_level: RiskLevel,
    pub(crate) explanation: Explanation,
    /// The features as they were served.
    pub(crate) vector: Vector,
    /// How many of the model's features were not computable.
    pub(crate) missing: usize,
    /// The time of the newest event that was seen.
    pub(crate) feature_time: Option<Timestamp>,
    /// Which store the features come from.
    pub(crate) store: Store,
}

impl Loaded {
    /// Predicts from a patient's features.
    pub(crate) fn answer(&self, features: &AsOf) -> Answer {
        let &AsOf { vector, newest, store } = features;
        let row = self.row(&vector);
        let probability = self.model.predict_one(&row);
        Answer {
            probability,
            risk_level: self.model.risk_level(probability),
            explanation: self.model.explain(&row),
            vector,
            missing: row.iter().filter(|value| value.is_nan()).count(),
            feature_time: newest,
            store,
        }
    }
}

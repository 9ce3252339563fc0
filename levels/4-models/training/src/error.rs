//! Why a model could not be trained.

use crate::Part;

/// What stands in the way of a model.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The columns of the training set do not line up.
    #[error("training set does not line up: {0}")]
    Set(String),
    /// A part without events or without event-free rows teaches and proves nothing.
    #[error(
        "the {part} part has {events} rows with an event out of {rows}; collect more patients or choose another seed"
    )]
    OneSided {
        /// Which part.
        part: Part,
        /// Rows with an event.
        events: usize,
        /// All its rows.
        rows: usize,
    },
    /// A setting is out of its range.
    #[error("setting {name} is {value}, it must be {range}")]
    Setting {
        /// Which setting.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What it may be.
        range: &'static str,
    },
    /// The calibration found no rising map from what the model says to what happened.
    #[error("{0} ranks the calibration patients no better than chance, so it cannot be calibrated; look at its data")]
    Uncalibrated(String),
    /// A stored model that does not say how it was trained, and so not who must not judge it.
    #[error("model {0} does not say how it was trained: only models that Strata trained can be evaluated")]
    Untold(String),
    /// The finished model does not fit together.
    #[error(transparent)]
    Model(#[from] strata_model::Error),
}

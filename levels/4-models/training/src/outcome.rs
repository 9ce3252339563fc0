//! What a training gives.

use strata_evaluation::Evaluation;
use strata_model::Model;

/// Where a training stands; sent after each round of each model.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The set is split.
    Split {
        /// Rows of the training, early-stopping, calibration and test parts.
        rows: [usize; 4],
    },
    /// A round is over.
    Epoch {
        /// Of which model.
        model: &'static str,
        /// What it brought.
        epoch: Epoch,
    },
    /// A model is finished and judged.
    Evaluated {
        /// Which one.
        model: String,
        /// On the test part.
        auroc: Option<f64>,
    },
}

/// One round over the training part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epoch {
    /// From 0.
    pub number: usize,
    /// Mean weighted loss of its steps.
    pub train_loss: f64,
    /// On the early-stopping part, after it.
    pub validation_auroc: f64,
    /// How long it took.
    pub seconds: f64,
}

/// What a training leaves.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The network and the logistic regression, in this order.
    pub models: Vec<Candidate>,
    /// NEWS2, SIRS and qSOFA on the same test rows.
    pub baselines: Vec<Baseline>,
    /// How long everything took.
    pub seconds: f64,
}

/// A model that may become champion.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Whole: preprocessing, weights, calibration, thresholds.
    pub model: Model,
    /// On the test part, compared with the baselines.
    pub evaluation: Evaluation,
    /// Round by round.
    pub history: Vec<Epoch>,
    /// The round whose weights the model has.
    pub chosen_epoch: usize,
    /// How long its training took.
    pub seconds: f64,
}

/// A bedside score that every model has to beat.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// `NEWS2`, `SIRS` or `qSOFA`.
    pub name: &'static str,
    /// On the test part, after Platt scaling on the calibration part.
    pub evaluation: Evaluation,
}

//! The measures, one family to a file: pure functions on slices of outcomes and scores.
//!
//! A measure that is undefined for its input (no rows, one class, values that are no probabilities) is `None`.

mod auroc;
pub use auroc::{auroc, roc_curve};
pub(crate) use auroc::{auroc_of, roc_of};

mod auprc;
pub use auprc::{auprc, precision_recall_curve};
pub(crate) use auprc::{auprc_of, precision_recall_of};

mod brier;
pub use brier::{brier, null_brier, prevalence};

mod ece;
pub(crate) use ece::ece_of;
pub use ece::{ECE_BINS, ece};

mod calibration_line;
pub use calibration_line::{CalibrationLine, calibration_line};

mod deciles;
pub(crate) use deciles::deciles_of;
pub use deciles::{Decile, deciles};

mod histogram;
pub use histogram::{RiskBin, risk_histogram};

mod confusion;
pub use confusion::Confusion;

mod alert_rate;
pub use alert_rate::threshold_at_alert_rate;
pub(crate) use alert_rate::threshold_of;

mod net_benefit;
pub(crate) use net_benefit::net_benefit_of;
pub use net_benefit::{net_benefit, net_benefit_of_treating_all};

mod logistic;
pub(crate) use logistic::{fit, fit_intercept, sigmoid};

/// Whether every value is a probability; the measures of calibration mean nothing otherwise.
pub(crate) fn are_probabilities(values: &[f32]) -> bool {
    values.iter().all(|value| (0.0..=1.0).contains(value))
}

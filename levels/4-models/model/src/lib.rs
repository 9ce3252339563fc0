//! A model that predicts and explains: preprocessing, network, calibration, ONNX and `MLflow`'s layout.
//!
//! One [`Model`] holds everything between a row of raw features and a calibrated probability. Its only stored form is
//! one ONNX file ([`Model::to_onnx`], [`Model::from_onnx`]), so Rust, Python and any ONNX runtime serve the same
//! numbers, and nothing (a scaler, an imputer, a calibrator) can be left behind.
//! The maths does no IO; only [`mlflow`] touches the disk.

mod calibration;
mod check;
mod dense;
mod error;
mod explain;
#[cfg(test)]
mod fixture;
pub mod mlflow;
mod model;
mod onnx;
mod preprocessing;
mod risk;

pub use calibration::Calibration;
pub use dense::Dense;
pub use error::Error;
pub use explain::{Contribution, Explanation};
pub use model::Model;
pub use onnx::version_of;
pub use preprocessing::Preprocessing;
pub use risk::{RiskLevel, Thresholds};

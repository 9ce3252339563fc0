//! What goes over the wire, in one place; converted by hand from and to the inner types.

mod predict;
mod scoring;

pub(crate) use predict::{Factor, ModelName, PredictRequest, PredictResponse};
pub(crate) use scoring::{Predictions, ScoringError, ScoringRequest};

//! Rows that a caller brings along, in `MLflow`'s forms; pure.
//!
//! The same wire format as `MLflow`'s server, but stricter where leniency would score something else than was meant
//! (fault 45): columns are found by name and never by position, so a bare matrix is refused, and so is a row
//! that is shorter or longer than its header. Missing columns are an error and extra ones are dropped, as there.
//!
//! Such rows are about nobody: they are scored and counted, but not remembered, because nothing could ever be joined
//! to them.

mod cell;
mod csv;
mod frame;
mod json;
mod nan;

pub(crate) use cell::Cell;

use strata_model::Model;

/// The probabilities of the rows of a JSON body.
pub(crate) fn score_json(model: &Model, body: &[u8]) -> Result<Vec<f32>, String> {
    Ok(model.predict(&json::frame(body)?.rows_of(model)?))
}

/// The probabilities of the rows of a CSV body.
pub(crate) fn score_csv(model: &Model, body: &[u8]) -> Result<Vec<f32>, String> {
    Ok(model.predict(&csv::frame(body)?.rows_of(model)?))
}

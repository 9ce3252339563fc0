//! Filters and orders of searches, as MLflow's client writes them: ``metrics.auroc > 0.8 AND tags.`care unit` = 'icu'``.
//!
//! Pure, and about the form alone: no name is judged here. What it means is for who searches.

mod clause;
pub use clause::{Clause, Operand, parse};

mod identifier;
pub use identifier::split;

mod order;
pub use order::order;

mod token;

pub mod fuzzing;

/// What is no filter, or no order, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

#[cfg(test)]
mod tests;

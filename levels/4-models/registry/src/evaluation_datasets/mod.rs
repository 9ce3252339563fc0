//! Evaluation datasets: inputs with what is expected of an answer, in one experiment or in many.

mod dataset;
mod experiments;
pub(crate) mod http;
mod record;
mod records;
mod schema;
mod search;
mod store;
pub(crate) mod tables;

pub(crate) use experiments::of as experiments_of;
pub(crate) use record::input_hash;

//! Runs: how one model came to be.

pub(crate) mod http;
pub(crate) mod tables;

mod batch;
mod change;
pub(crate) mod inputs;
pub(crate) use inputs::Input;

mod load;
pub(crate) use load::whole;

mod packed;

mod pair;
pub(crate) use pair::Pair;

mod run;
pub(crate) use run::{ACTIVE, COLUMNS, DELETED, Run, active, get, numbers};

pub(crate) mod search;
mod status;

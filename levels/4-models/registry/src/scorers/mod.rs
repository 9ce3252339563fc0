//! Scorers: what judges the answers of an application, kept in versions, and how many of its traces are to be judged as
//! they come.
//!
//! They are kept and handed out. None is run here: they are Python.

pub(crate) mod http;
mod online;
mod scorer;
mod serialized;
mod store;
pub(crate) mod tables;

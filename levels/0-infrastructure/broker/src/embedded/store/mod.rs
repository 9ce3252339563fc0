//! The log of one partition on disk: pure files, no tasks, no network.

pub(crate) mod batch;
mod index;
pub(crate) mod log;
pub(crate) mod producers;
mod segment;
mod snapshot;

pub(crate) use batch::Batch;
pub(crate) use log::{Appended, Log, LogSettings};

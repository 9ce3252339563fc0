//! Sends a source's records to an event log at a chosen rate.
//!
//! A [`Production`] reads its source on a thread of its own and sends what it gives by the log's one client: idempotent,
//! acknowledged by all replicas, keyed by the patient, in batches. Between the two lies a short channel, so that memory does
//! not grow with the source, nor with a log that is slow. Its [`Pace`] is kept by a pure clock of places, not by sleeping
//! after each record: a million records a second and one a second go the same way.

mod pace;
pub use pace::Pace;

mod production;
pub use production::{Production, Settings};

mod meter;
pub use meter::{Counts, Meter};

mod report;
pub use report::{Ended, Refusal, Report};

mod error;
pub use error::Error;

mod reading;
mod topics;

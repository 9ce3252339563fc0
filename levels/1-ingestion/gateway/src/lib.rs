//! Takes in events over HTTP: validates, pseudonymises, appends.
//!
//! A body is unpacked, cut into records and judged a batch at a time, so memory does not grow with what is sent. Each
//! record is held to the one schema (`strata_types::Event`), stamped with the time of its arrival, and appended to the
//! [log](EventLog); the answer counts what was accepted and names each record that was not, with the rule, the reason and
//! what to do. What was accepted is durable when the answer is sent.
//!
//! Values outside their ranges pass: silver quarantines them beside the rows that stay (fault 20: the doors do not have
//! ranges of their own). What a sender sends again is recognised for a while ([`seen`]); for good, silver counts each
//! key once.
//!
//! **Invariant**: bad input is never answered with a 500, and no identifier of a patient is logged, counted or audited.

mod config;
pub use config::Config;

mod log;
pub use log::{EventLog, Record, Unavailable};

mod convert;
pub use convert::{Convert, Converted};

mod gateway;
pub use gateway::{Gateway, Parts, build};

mod stats;
pub use stats::Stats;

mod pseudonym;

mod tokens;
pub use tokens::{Minted, Scope, mint};

mod error;
pub use error::Error;

mod openapi;
pub use openapi::openapi;

#[doc(hidden)]
pub mod fuzzing;

mod body;
mod http;
mod intake;
mod metrics;
mod room;
mod seen;
mod wire;

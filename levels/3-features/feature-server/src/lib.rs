//! Vectors as of now over HTTP, in the shape of Feast's `get-online-features`.
//!
//! A caller says who and which features; the vector is computed from the patient's recent timeline by the function that
//! training used. Missing stays missing: a value that cannot be computed is `null` with the status `NULL_VALUE`, one that is
//! older than its time to live is `null` with `OUTSIDE_MAX_AGE`, and of a patient whom nobody has heard of every value is
//! `null` with `NOT_FOUND`. None is ever 0 for want of a measurement (fault 35).
//!
//! Who may ask: as with serving, there is neither TLS nor a token yet, so it listens on the loopback only, answers only to
//! the loopback's names, and grants no other origin anything.

mod config;
pub use config::Config;

mod max_age;
pub use max_age::{InvalidMaxAge, MaxAges};

mod server;
pub use server::{FeatureServer, Parts, Ready, build};

mod error;
pub use error::Error;

mod openapi;
pub use openapi::openapi;

mod answer;
mod freshness;
mod http;
mod metrics;
mod names;
mod wire;
pub use wire::{StatesPage, StoredState};

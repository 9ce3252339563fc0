//! Named, immutable objects: put once, list, read, in a directory or in S3.
//!
//! The port is [`object_store::ObjectStore`], whose implementations for directories and S3 are the
//! library's; this crate adds what Strata asks of every one of them: an object is visible whole or
//! not at all, and is never overwritten. [`Objects::open`] chooses by a URL, and one suite of tests holds both
//! to the same contract.

mod objects;
pub use objects::{Objects, Put};

mod open;
pub use open::S3;

mod error;
pub use error::Error;

#[cfg(test)]
mod suite;

#[cfg(test)]
mod tests;

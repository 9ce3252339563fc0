//! The artifacts of runs and models behind MLflow's proxied store, in a directory or in S3.
//!
//! What is put is seen whole or not at all, streams both ways in bounded memory, and no path leads out of the root. The
//! same suite of tests holds a directory and S3 to the same answers; what only S3 can (parts that clients send to it
//! themselves, and addresses that it signs) a directory refuses, as MLflow's own server does, and clients then go on through
//! the proxy.

mod artifacts;
pub use artifacts::Artifacts;

mod path;
pub use path::{ArtifactPath, InvalidPath};

mod store;
pub use store::{Entry, Found};

mod error;
pub use error::Error;

mod http;
pub use http::{answer, router};

mod owned;
pub use owned::owned;

mod location;

mod disposition;

mod media_type;

#[cfg(test)]
mod suite;

#[cfg(test)]
mod tests;

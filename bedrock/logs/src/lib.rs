//! What the services say: a file of JSON lines for each, bounded, redacted, and read again.
//!
//! [`start`] gives a layer for `tracing` that writes each event as a [`Line`] to `logs/<service>.ndjson`. A full file
//! becomes `<service>.<n>.ndjson`, where a greater number is newer, and the oldest beyond the [`Rotation`] go. A number
//! is given once and a numbered file never changes, so whoever reads can always say where they are.
//!
//! Logging must not hurt what is logged: the caller hands its line to a bounded queue and goes on. What finds the queue
//! full, or a disk that takes nothing, is dropped and counted, and the count is a line of its own when there is room
//! again. A process that is killed leaves at most one torn line, which the next one ends and readers skip.
//! Lines are not synced one by one: a crash of the whole machine may take the last seconds.
//!
//! [`Reader`] merges the files by time, and follows them.
//!
//! **Invariant**: no file is named by data. A service has a file if it was named at the start; whatever else happens
//! stands in `strata.ndjson`.

mod line;
pub use line::Line;

mod layer;
pub use layer::{FileLayer, with_tasks};

mod redact;

mod writer;
pub use writer::{Guard, Settings, start};

mod file;
pub use file::Rotation;

mod folder;
pub use folder::folder;

mod read;
pub use read::{Follow, Lines, Reader};

mod error;
pub use error::Error;

/// The service of everything that belongs to no other.
pub const STRATA: &str = "strata";

//! The port: what every source gives, whatever its files look like.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use strata_types::{PatientId, Timestamp, Topic};

/// One record on its way to bronze.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Where it belongs.
    pub topic: Topic,
    /// Who it is about: the key that chooses the partition.
    pub patient_id: &'a PatientId,
    /// When it reached the hospital, where the source knows; else the time of the import.
    pub arrived_at: Option<Timestamp>,
    /// One JSON object without a line break.
    pub line: &'a [u8],
}

/// Takes records in the order in which the source gives them.
pub trait Sink {
    /// Takes one record; an error ends the import.
    fn accept(&mut self, record: Record<'_>) -> io::Result<()>;

    /// Says how much of the work is done, in the unit of [`Source::work`].
    fn progress(&mut self, done: u64);
}

/// When the records of a source were known in the hospital.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// When they happened: a historical set that was charted as it happened.
    AtEvent,
    /// When they arrived.
    AtArrival,
}

/// Something that events come from. Opening checks that the input is there and what it is;
/// reading gives every record, in an order that depends on the input alone.
pub trait Source: Send {
    /// The log that its records form: `<source>-<sha256 of the input, 12 hex digits>`.
    fn log(&self) -> String;

    /// When its records were known.
    fn availability(&self) -> Availability;

    /// The size of the work, for a progress bar; `None` when unknown.
    fn work(&self) -> Option<u64>;

    /// Gives every record to the sink. What was given before an error stays given.
    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error>;
}

/// What an import read, what became of it, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Patients given.
    pub patients: u64,
    /// Input rows (or readings) read.
    pub rows: u64,
    /// Records given, by topic, in the order of [`Topic::ALL`]; topics without records are absent.
    pub records: Vec<(String, u64)>,
    /// Present values that were mapped to a variable, by input column.
    pub mapped: Vec<(String, u64)>,
    /// Present values that were not mapped, by input column, with the reason.
    pub unmapped: Vec<(String, u64, String)>,
    /// Further facts worth a line: injected dirt, the best possible AUROC, ...
    pub notes: Vec<(String, String)>,
}

/// Why a source cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is not there, or not of the promised kind.
    #[error("{path}: {reason}")]
    Input {
        /// Which input.
        path: PathBuf,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// The input is damaged at a place.
    #[error("{file}:{line}: {reason}")]
    Damaged {
        /// Which file (inside the archive, where it is one).
        file: String,
        /// Which line, from 1.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// The sink could not take a record.
    #[error("cannot write to bronze: {0}")]
    Sink(#[source] io::Error),
}

impl Error {
    /// An input that cannot be read, and why.
    pub(crate) fn input(path: &Path, reason: impl Into<String>) -> Self {
        Self::Input { path: path.into(), reason: reason.into() }
    }

    /// A place that cannot be read, and why.
    pub(crate) fn damaged(file: &str, line: u64, reason: impl Into<String>) -> Self {
        Self::Damaged { file: file.into(), line, reason: reason.into() }
    }
}

//! A folder of readings as NDJSON to a folder of Parquet, outside of any lake: silver by date, what was refused, and what
//! could not be read.
//!
//! Two passes, each on all cores. The first parses lines, files shared out piece by piece, and packs each reading into 64
//! bytes that lie with the others of its bucket of patients ([`reading`], [`store`]); past its memory, what is packed goes to
//! a file. The second takes bucket after bucket: sorts, lets one reading a key win, validates, derives and writes ([`settle`]).
//! So memory is bounded whatever the input, and the output does not depend on how many threads made it.
//!
//! The contract (fields, ranges, formulas, layout) is that of the peer benchmark: it is what other engines are compared by,
//! and in two places simpler than the lake's (a percentage is never taken for a fraction, and a reading may be empty).

mod intake;
mod names;
mod reading;
mod store;

mod judge;
mod settle;

mod columns;
mod garbage;
mod output;

mod floor;
pub use floor::folder_floor;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde::Serialize;

use crate::OnInvalid;
use intake::Intake;
use names::Ranked;
use store::{Packer, Parts, Store};

/// Where packed readings and everything else lie until all of it is whole.
const UNFINISHED: &str = ".unfinished";

/// What to refine, and how.
#[derive(Clone, Debug)]
pub struct FolderJob {
    /// A folder of NDJSON, plain or compressed, or one such file.
    pub from: PathBuf,
    /// Where the output goes: a folder that is missing or empty.
    pub to: PathBuf,
    /// What becomes of a reading with an impossible value.
    pub on_invalid: OnInvalid,
    /// How many threads work.
    pub threads: usize,
    /// Bytes of packed readings that are held in memory, about; what is more waits in a file.
    pub memory_bytes: u64,
}

/// What became of the lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FolderCounts {
    /// Lines; blank ones do not count. The sum of those below.
    pub read: u64,
    /// Lines that are no reading: no JSON object, without a patient or a time, or with a field of the wrong kind.
    pub malformed: u64,
    /// Readings that another of their key outdid.
    pub duplicates: u64,
    /// Readings that were refused whole.
    pub rejected: u64,
    /// Readings in silver.
    pub written: u64,
    /// Impossible values of those in silver, which are null there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulled: Option<u64>,
}

/// How far a job is, in no unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderProgress {
    /// What is being done.
    pub doing: &'static str,
    /// How much of it is done.
    pub done: u64,
    /// How much there is.
    pub total: u64,
}

/// Why a folder could not be refined.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// There is nothing to refine.
    #[error("no NDJSON in `{0}`: files end in .json, .jsonl or .ndjson, and may be compressed (.gz, .zst)")]
    NoInput(PathBuf),
    /// The output would mix with what is there.
    #[error("`{0}` is not empty: choose a folder that is missing or empty")]
    NotEmpty(PathBuf),
    /// The input cannot be read.
    #[error("cannot read `{path}`: {cause}")]
    Read {
        /// Which file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write `{path}`: {cause}")]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// A Parquet file cannot be written.
    #[error(transparent)]
    Parquet(#[from] strata_lakehouse::Error),
    /// Columns do not fit together, which is a fault of this program.
    #[error("rows do not fit their columns: {0}; report this")]
    Shape(#[from] arrow::error::ArrowError),
}

/// Refines a folder. Blocks until it is done; nothing of the output is in its place before all of it is whole.
pub fn refine_folder(job: &FolderJob, progress: &(dyn Fn(FolderProgress) + Sync)) -> Result<FolderCounts, FolderError> {
    let intake = Intake::open(&job.from)?;
    let draft = output::begin(&job.to)?;
    let threads = job.threads.max(1);
    let parts = Parts::of(intake.expected_bytes(), job.memory_bytes, threads);
    let store = Store::new(&draft, parts, job.memory_bytes);

    let packed = on_threads(threads, |number| {
        let mut packer = Packer::new(number, &store, &draft);
        let mut lines = Vec::new();
        while let Some(begin) = intake.next(number, &mut lines)? {
            packer.pack(&lines[begin..])?;
            progress(FolderProgress { doing: "reading", done: intake.done(), total: intake.total() });
        }
        packer.finish()
    })?;
    let mut counts = FolderCounts::default();
    let (mut patients, mut sources) = (Vec::new(), Vec::new());
    for worker in packed {
        counts.read += worker.read;
        counts.malformed += worker.malformed;
        patients.push(worker.patients);
        sources.push(worker.sources);
    }
    let (patients, sources) = (Ranked::of(patients), Ranked::of(sources));

    let next = AtomicUsize::new(0);
    let done = AtomicU64::new(0);
    let total = parts.count as u64;
    let settled = on_threads(threads, |number| {
        let mut settling = settle::Settling::new(job.on_invalid, &patients, &sources, &draft, number)?;
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= parts.count {
                return settling.finish();
            }
            settling.settle(part, &store.take(part)?)?;
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(FolderProgress { doing: "writing", done, total });
        }
    })?;
    for worker in &settled {
        counts.duplicates += worker.duplicates;
        counts.rejected += worker.rejected;
        counts.written += worker.written;
        if let Some(nulled) = worker.nulled {
            *counts.nulled.get_or_insert_default() += nulled;
        }
    }
    drop(store);
    output::finish(&draft, &job.to)?;
    Ok(counts)
}

/// Runs the same work on several threads; gives what each gave, in their order, or the first error.
fn on_threads<T: Send>(
    threads: usize,
    work: impl Fn(usize) -> Result<T, FolderError> + Sync,
) -> Result<Vec<T>, FolderError> {
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        let ended = running.into_iter().map(|thread| match thread.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.collect()
    })
}

/// An error of writing to a path.
fn cannot_write(path: &Path) -> impl FnOnce(std::io::Error) -> FolderError {
    let path = path.to_owned();
    move |cause| FolderError::Write { path, cause }
}

/// An error of reading from a path.
fn cannot_read(path: &Path) -> impl FnOnce(std::io::Error) -> FolderError {
    let path = path.to_owned();
    move |cause| FolderError::Read { path, cause }
}

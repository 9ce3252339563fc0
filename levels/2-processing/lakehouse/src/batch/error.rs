//! Why a job was not done.

use super::Failure;

/// Why a job was not done. Nothing of it counts then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// That names no engine.
    #[error("`{0}` is no engine: give `embedded`, or `ballista://HOST:PORT` of a cluster's scheduler")]
    Address(String),
    /// Nobody answers there.
    #[error("no scheduler answers at {url} ({cause}): is `strata cluster scheduler` running there?")]
    Unreachable {
        /// Where.
        url: String,
        /// What came instead of an answer.
        #[source]
        cause: Failure,
    },
    /// A scheduler without executors.
    #[error(
        "the scheduler at {url} had no executor for {seconds} s: start one with `strata cluster executor --scheduler {url}`"
    )]
    NoExecutors {
        /// Which scheduler.
        url: String,
        /// How long it was waited.
        seconds: u64,
    },
    /// The job itself gave up. Elsewhere it would do the same.
    #[error("job `{job}`: {cause}")]
    Failed {
        /// Which job.
        job: String,
        /// Why.
        #[source]
        cause: Failure,
    },
    /// The cluster lost it again and again.
    #[error("the cluster at {url} gave up on job `{job}` after {attempts} attempts: {cause}")]
    Lost {
        /// Which cluster.
        url: String,
        /// Which job.
        job: String,
        /// How often it was tried.
        attempts: usize,
        /// What happened the last time.
        #[source]
        cause: Failure,
    },
}

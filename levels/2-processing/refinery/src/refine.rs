//! The rim: which bronze is new, what stands, and the commits that join them.
//!
//! Work comes in waves of bounded size, whole patient buckets after each other, so memory does not
//! grow with the input. A wave's commit carries how far it read; what was refused is committed
//! before it, and is the same again if the process dies between the two.

mod intake;
pub use intake::app as mark_name;

mod wave;

mod part;

mod job;
pub use job::{BronzeReach, RefineTasks};

mod compaction;
mod quarantine;
mod standing;
mod step;

mod follower;
pub use follower::{Follower, Pass};

mod replay;
pub use replay::{Place, Refused, Replayed};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use strata_lakehouse::Lakehouse;
use strata_lakehouse::batch::Engine;
use strata_landing::Bronze;
use strata_types::{Timestamp, Topic};

use crate::Error;
use crate::finding::{Finding, Scope};

use standing::Standing;

/// How many objects or files are fetched at once.
const READERS: usize = 8;

/// What becomes of a row with an impossible value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInvalid {
    /// The value becomes null and goes to quarantine; the rest of the row stands.
    #[default]
    Cell,
    /// The row goes to quarantine whole.
    Row,
}

impl OnInvalid {
    /// Refuses a row for what was found of its values, if rows are.
    pub(crate) fn refusal(self, findings: &[Finding]) -> Option<Finding> {
        let refuses = self == Self::Row && findings.iter().any(|finding| finding.scope == Scope::Cell);
        refuses.then(|| Finding::row("invalid_value", "rows with an invalid value are refused here".into()))
    }
}

/// How to refine.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What becomes of a row with an impossible value.
    pub on_invalid: OnInvalid,
    /// Whether rows of patients without a record wait in quarantine until it comes.
    pub require_enrolment: bool,
    /// Raw bytes of bronze in one wave.
    pub wave_bytes: u64,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The topic at hand.
    pub topic: Topic,
    /// Raw bytes of the topic's new bronze that are refined.
    pub done: u64,
    /// Raw bytes of the topic's new bronze.
    pub total: u64,
}

/// What a run did to one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refined {
    /// The topic.
    pub topic: String,
    /// New records read from bronze.
    pub records: u64,
    /// Rows written to silver.
    pub written: u64,
    /// Records that cannot be read.
    pub unreadable: u64,
    /// Records that did not reach silver: duplicates, superseded, or refused whole.
    pub not_written: u64,
}

impl Refined {
    fn of(topic: Topic) -> Self {
        Self { topic: topic.name().into(), ..Self::default() }
    }

    /// Adds what else was done to the same topic.
    fn add(&mut self, others: &[Self]) {
        for other in others.iter().filter(|other| other.topic == self.topic) {
            self.records += other.records;
            self.written += other.written;
            self.unreadable += other.unreadable;
            self.not_written += other.not_written;
        }
    }
}

/// Refines what is new in bronze.
#[derive(Clone, Debug)]
pub struct Refinery {
    bronze: Bronze,
    lakehouse: Lakehouse,
    settings: Settings,
}

impl Refinery {
    /// A refinery between bronze and the tables. It is the tables' only writer.
    pub fn new(bronze: Bronze, lakehouse: Lakehouse, settings: Settings) -> Self {
        Self { bronze, lakehouse, settings }
    }

    /// Refines all new bronze, and leaves few files.
    pub async fn run(
        &self,
        now: Timestamp,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<Refined>, Error> {
        self.run_by(&Engine::Embedded, now, progress).await
    }

    /// The same by another engine: what comes of it is the same.
    pub fn run_by<'a>(
        &'a self,
        engine: &'a Engine,
        now: Timestamp,
        progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> BoxFuture<'a, Result<Vec<Refined>, Error>> {
        self.refine_by(engine, now, progress).boxed()
    }

    async fn refine_by(
        &self,
        engine: &Engine,
        now: Timestamp,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<Refined>, Error> {
        let mut standing = Standing::open(&self.lakehouse).await?;
        let bundles = intake::all_new(self, &mut standing).await?;
        let refined = standing.refine_all(self, engine, bundles, now, progress).await?;
        standing.settle(now).await?;
        Ok(refined)
    }

    /// Refines what comes from now on, again and again, with the tables kept open. What is new already is refined by the
    /// first pass.
    pub fn follow(&self) -> Follower {
        Follower::new(self.clone())
    }

    /// Refines again, by today's rules, what quarantine has refused whole.
    pub fn replay<'a>(&'a self, filter: &'a Refused, now: Timestamp) -> BoxFuture<'a, Result<Replayed, Error>> {
        replay::replay(self, filter, now).boxed()
    }
}

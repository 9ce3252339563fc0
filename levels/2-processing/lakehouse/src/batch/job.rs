//! What a job is, and the names by which executors know jobs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use bytes::Bytes;

/// What a job is given of a partition, or gives for it.
pub type Partition = Vec<RecordBatch>;

/// Why a job could not do a partition.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Work that is done partition by partition, here or elsewhere.
///
/// What it gives depends on its parameters and its partition alone, wherever and however often it is run. It must do no harm
/// by running twice: it may write files that nobody counts yet, under names of their own.
#[async_trait]
pub trait Job: fmt::Debug + Send + Sync {
    /// The name by which executors know it.
    fn name(&self) -> &'static str;

    /// Does one partition. The parameters are the same for all partitions. Neither holds a secret: they cross the network,
    /// and what a process needs to reach the lake is its own configuration's.
    async fn run(&self, parameters: &[u8], partition: Partition) -> Result<Partition, Failure>;
}

/// The jobs that a process can do.
#[derive(Clone, Default)]
pub struct Jobs(Arc<BTreeMap<&'static str, Arc<dyn Job>>>);

impl Jobs {
    /// These jobs. Each has a name of its own.
    pub fn new(jobs: impl IntoIterator<Item = Arc<dyn Job>>) -> Self {
        Self(Arc::new(jobs.into_iter().map(|job| (job.name(), job)).collect()))
    }

    /// The job of this name.
    pub fn find(&self, name: &str) -> Option<Arc<dyn Job>> {
        self.0.get(name).cloned()
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.keys().copied()
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// A job, its parameters, and what is to be done.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) job: Arc<dyn Job>,
    pub(super) parameters: Bytes,
    pub(super) partitions: Vec<Partition>,
}

//! Batch jobs: heavy work in partitions, each done whole by whoever has a core free.
//!
//! A [`Job`] takes the batches of one partition and gives batches, usually small ones that tell of files it wrote. The driver
//! hands the partitions to an [`Engine`], which does them here or on the executors of a cluster, and then decides what counts,
//! in one commit. So a partition may be done twice, or be lost half-way: what was not committed is no part of any table, and
//! [`tidy`](crate::Table::tidy) takes it away.
//!
//! A partition crosses the network as the [`node`] that does it, over a scan of its batches in memory. That is a plan like
//! any other to the cluster, which restricts the scan to one partition per task, and so needs to know nothing of jobs.

mod job;
pub use job::{Failure, Job, Jobs, Partition};

mod engine;
pub use engine::{Address, Engine};

mod error;
pub use error::Error;

mod reach;
pub use reach::Reach;

mod told;
pub use told::{hear, tell};

mod parcel;

mod node;

mod codec;

mod driver;
pub(crate) use codec::Codec;
pub use driver::Cluster;

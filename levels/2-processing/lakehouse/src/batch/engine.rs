//! Where partitions are done.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::job::Work;
use super::{Cluster, Error, Job, Partition};

/// Who does the partitions of a job.
#[derive(Clone, Debug, Default)]
pub enum Engine {
    /// This process, one partition after another. A job uses all cores for each, so that memory is that of one.
    #[default]
    Embedded,
    /// The executors of a cluster.
    Cluster(Cluster),
}

impl Engine {
    /// How many partitions it does at once: fewer leave somebody idle.
    pub async fn width(&self) -> Result<usize, Error> {
        match self {
            Self::Embedded => Ok(1),
            Self::Cluster(cluster) => cluster.width().await,
        }
    }

    /// Does all partitions, and gives what each gave, in their order. `done` hears how many are done.
    pub fn run<'a>(
        &'a self,
        job: Arc<dyn Job>,
        parameters: Bytes,
        partitions: Vec<Partition>,
        done: &'a mut (dyn FnMut(usize) + Send),
    ) -> BoxFuture<'a, Result<Vec<Partition>, Error>> {
        self.run_all(job, parameters, partitions, done).boxed()
    }

    async fn run_all(
        &self,
        job: Arc<dyn Job>,
        parameters: Bytes,
        partitions: Vec<Partition>,
        done: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Vec<Partition>, Error> {
        match self {
            Self::Embedded => {
                let mut given = Vec::with_capacity(partitions.len());
                for partition in partitions {
                    let failed = |cause| Error::Failed { job: job.name().into(), cause };
                    given.push(job.run(&parameters, partition).await.map_err(failed)?);
                    done(given.len());
                }
                Ok(given)
            }
            Self::Cluster(cluster) => cluster.run(Work { job, parameters, partitions }, done).await,
        }
    }
}

/// An engine as people name it, before it is known how a cluster is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `embedded`.
    Embedded,
    /// `ballista://HOST:PORT`.
    Cluster(String),
}

impl FromStr for Address {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.is_empty() || text == "embedded" {
            return Ok(Self::Embedded);
        }
        let wrong = || Error::Address(text.to_owned());
        let place = text.strip_prefix("ballista://").ok_or_else(wrong)?.trim_end_matches('/');
        let (host, port) = place.rsplit_once(':').ok_or_else(wrong)?;
        let is_host = !host.is_empty() && !host.contains(['/', '@', '?', '#']);
        if is_host && port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Ok(Self::Cluster(place.to_owned()));
        }
        Err(wrong())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Cluster(place) => write!(f, "ballista://{place}"),
        }
    }
}

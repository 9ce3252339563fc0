//! A job on a cluster, seen from who asked for it: sent, watched, taken back, and sent again where something was lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use ballista_core::config::{
    BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, BALLISTA_JOB_NAME,
    BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK,
};
use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result as PlanResult;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::FutureExt;
use futures::TryStreamExt;
use futures::future::BoxFuture;
use tokio::time::Instant;
use tonic::transport::Endpoint;

use super::job::Work;
use super::node::{GAVE_UP, GAVE_UP_END, JobNode};
use super::{Codec, Error, Failure, Jobs, Partition, parcel};
use crate::cluster::{Roster, Tls, bounded, endpoint};

/// How often a job is sent anew with what is missing of it. A cluster does a lost executor's tasks again by itself; it is sent
/// anew when results were lost with the executor that had them, or the scheduler was.
const ATTEMPTS: usize = 3;

/// How long somebody who was never there is waited for.
const FIRST_PATIENCE: Duration = Duration::from_secs(5);

/// Between two questions whether the cluster is still there.
const LOOK: Duration = Duration::from_secs(1);

/// A cluster, by its scheduler.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// `HOST:PORT`.
    place: String,
    tls: Option<Tls>,
    /// How long a job waits for an executor, or for a scheduler that has gone.
    patience: Duration,
}

impl Cluster {
    /// The cluster whose scheduler is at `HOST:PORT`. Nobody is asked yet.
    pub fn new(place: &str, tls: Option<Tls>, patience: Duration) -> Self {
        Self { place: place.to_owned(), tls, patience }
    }

    /// Its scheduler, as people name it.
    pub fn url(&self) -> String {
        format!("ballista://{}", self.place)
    }

    /// Who is in it now.
    pub fn roster(&self) -> BoxFuture<'_, Result<Roster, Error>> {
        self.ask().boxed()
    }

    async fn ask(&self) -> Result<Roster, Error> {
        let channel = endpoint(&self.place, self.tls.as_ref()).map(|endpoint| endpoint.connect_lazy());
        let asked = async { Roster::ask(&channel?).await };
        asked.await.map_err(|cause| Error::Unreachable { url: self.url(), cause })
    }

    /// Tasks at once, as soon as there are executors.
    pub(super) async fn width(&self) -> Result<usize, Error> {
        Ok(self.wait(FIRST_PATIENCE.min(self.patience)).await?.slots() as usize)
    }

    pub(super) async fn run(&self, work: Work, done: &mut (dyn FnMut(usize) + Send)) -> Result<Vec<Partition>, Error> {
        let numbers = 0..work.partitions.len() as u32;
        let mut given: BTreeMap<u32, Partition> = BTreeMap::new();
        let mut attempts = 0;
        loop {
            let missing: Vec<u32> = numbers.clone().filter(|number| !given.contains_key(number)).collect();
            if missing.is_empty() {
                return Ok(given.into_values().collect());
            }
            attempts += 1;
            self.wait(if attempts == 1 { FIRST_PATIENCE.min(self.patience) } else { self.patience }).await?;
            let mut rows = Vec::new();
            let ended = tokio::select! {
                ended = self.attempt(&work, &missing, &mut rows) => ended,
                error = self.watch() => return Err(error),
            };
            let unread =
                |cause: arrow::error::ArrowError| Error::Failed { job: work.job.name().into(), cause: cause.into() };
            given.extend(parcel::unpack(&rows).map_err(unread)?);
            done(given.len());
            let Err(cause) = ended else { continue };
            if let Some(why) = why_it_gave_up(&cause.to_string()) {
                return Err(Error::Failed { job: work.job.name().into(), cause: why.into() });
            }
            if attempts == ATTEMPTS {
                return Err(Error::Lost {
                    url: self.url(),
                    job: work.job.name().into(),
                    attempts,
                    cause: cause.into(),
                });
            }
        }
    }

    async fn attempt(&self, work: &Work, numbers: &[u32], rows: &mut Vec<RecordBatch>) -> PlanResult<()> {
        let session = self.session(work.job.name());
        let settings = session.ballista_config();
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", self.place);
        let id = uuid::Uuid::now_v7().to_string();
        let (plan, codec) = (plan(work, numbers)?, Codec::default());
        let mut stream = execute_physical_plan::<PhysicalPlanNode>(url, &settings, plan, &codec, id, session).await?;
        while let Some(batch) = stream.try_next().await? {
            rows.push(batch);
        }
        Ok(())
    }

    fn session(&self, job: &str) -> SessionConfig {
        let tls = self.tls.clone();
        SessionConfig::new_with_ballista()
            .set_str(BALLISTA_JOB_NAME, job)
            // Each partition goes to whoever is free next, and is lost alone.
            .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1)
            .set_usize(BALLISTA_CLIENT_GRPC_HTTP2_KEEPALIVE_INTERVAL_SECONDS, 10)
            .with_ballista_use_tls(tls.is_some())
            .with_ballista_override_create_grpc_client_endpoint(Arc::new(
                move |endpoint: Endpoint| -> Result<Endpoint, Failure> { Ok(bounded(endpoint, tls.as_ref())?) },
            ))
    }

    /// Returns who is there when the cluster can do something.
    async fn wait(&self, for_scheduler: Duration) -> Result<Roster, Error> {
        let begun = Instant::now();
        loop {
            match self.roster().await {
                Ok(roster) if !roster.executors.is_empty() => return Ok(roster),
                Ok(_) if begun.elapsed() >= self.patience => return Err(self.no_executors()),
                Err(error) if begun.elapsed() >= for_scheduler => return Err(error),
                _ => tokio::time::sleep(LOOK.min(self.patience)).await,
            }
        }
    }

    /// Returns when the cluster has not been able to do anything for long.
    async fn watch(&self) -> Error {
        let mut able = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            let unable = match self.roster().await {
                Ok(roster) if !roster.executors.is_empty() => {
                    able = Instant::now();
                    continue;
                }
                Ok(_) => self.no_executors(),
                Err(error) => error,
            };
            if able.elapsed() >= self.patience {
                return unable;
            }
        }
    }

    fn no_executors(&self) -> Error {
        Error::NoExecutors { url: self.url(), seconds: self.patience.as_secs() }
    }
}

/// The node over a scan of the partitions of these numbers.
fn plan(work: &Work, numbers: &[u32]) -> PlanResult<Arc<dyn ExecutionPlan>> {
    let packed = numbers.iter().map(|number| parcel::pack(*number, &work.partitions[*number as usize]));
    let packed = packed.collect::<Result<Vec<_>, _>>()?;
    let scan = MemorySourceConfig::try_new(&packed, parcel::schema(), None)?;
    let input = DataSourceExec::from_data_source(scan);
    Ok(Arc::new(JobNode::new(work.job.name().to_owned(), work.parameters.clone(), Jobs::default(), input)))
}

/// What the job itself said when it gave up, out of what became of it on its way through the cluster.
fn why_it_gave_up(error: &str) -> Option<String> {
    let (_, said) = error.split_once(GAVE_UP)?;
    let (said, _) = said.split_once(GAVE_UP_END)?;
    Some(said.replace("\\\"", "\"").replace("\\'", "'").replace("\\n", "\n").replace("\\\\", "\\"))
}

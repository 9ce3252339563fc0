//! Tasks of refining as a job: objects of bronze in, files of silver out, with what there is to say about them. What of it
//! counts is the driver's to commit.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use strata_lakehouse::batch::{Engine, Failure, Job, Partition, Reach, hear, tell};
use strata_lakehouse::{DataFile, Lakehouse};
use strata_landing::Bronze;
use strata_types::{PatientId, Timestamp, Topic};

use super::part::{Ground, Part};
use super::wave::{Bundle, Policy, Wave};
use super::{OnInvalid, READERS, Refinery};
use crate::silver::{AdverseEventRow, LabRow, LabelRow, MedicationRow, PatientRow, SilverRow, VitalsRow};
use crate::{Error, QUARANTINE};

/// How a process that refines for others comes to the bronze that they name.
#[derive(Clone)]
pub struct BronzeReach(Arc<Open>);

/// Bronze by its location.
type Open = dyn Fn(&str) -> Result<Bronze, Failure> + Send + Sync;

impl BronzeReach {
    /// Reaches bronze by its location, as [`Bronze::location`] gives it.
    pub fn new(open: impl Fn(&str) -> Result<Bronze, Failure> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }
}

/// The bronze that is at hand, whatever its location.
impl From<Bronze> for BronzeReach {
    fn from(bronze: Bronze) -> Self {
        Self::new(move |_| Ok(bronze.clone()))
    }
}

impl fmt::Debug for BronzeReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BronzeReach").finish_non_exhaustive()
    }
}

/// Refines objects of bronze against what stands.
#[derive(Clone, Debug)]
pub struct RefineTasks {
    lake: Reach,
    bronze: BronzeReach,
}

/// What all tasks of a round share.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Parameters {
    topic: String,
    bronze: String,
    lake: String,
    refuses_rows: bool,
    enrolled: Option<Vec<PatientId>>,
    now: i64,
}

/// Objects, and the files that may hold rivals of their rows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Task {
    bundles: Vec<Bundle>,
    silver: Vec<DataFile>,
    quarantine: Vec<DataFile>,
}

impl Parameters {
    pub(super) fn of<R: SilverRow>(refinery: &Refinery, policy: &Policy, now: Timestamp) -> Self {
        Self {
            topic: R::TOPIC.name().into(),
            bronze: refinery.bronze.location(),
            lake: refinery.lakehouse.location(),
            refuses_rows: policy.on_invalid == OnInvalid::Row,
            enrolled: policy.enrolled.as_ref().map(|enrolled| enrolled.iter().cloned().collect()),
            now: now.0,
        }
    }

    fn policy(&self) -> Policy {
        let enrolled = self.enrolled.as_ref().map(|enrolled| Arc::new(enrolled.iter().cloned().collect()));
        Policy { on_invalid: if self.refuses_rows { OnInvalid::Row } else { OnInvalid::Cell }, enrolled }
    }
}

impl Task {
    pub(super) fn of(bundles: &[Bundle], ground: &Ground) -> Self {
        let (silver, quarantine) = (ground.silver.1.clone(), ground.quarantine.1.clone());
        Self { bundles: bundles.to_vec(), silver, quarantine }
    }
}

const NAME: &str = "refine";

impl RefineTasks {
    /// Between bronze and lakes that are reached so.
    pub fn new(lake: impl Into<Reach>, bronze: impl Into<BronzeReach>) -> Self {
        Self { lake: lake.into(), bronze: bronze.into() }
    }

    /// Refines all tasks of a round.
    pub(super) async fn all(
        self,
        engine: &Engine,
        parameters: &Parameters,
        tasks: Vec<Task>,
    ) -> Result<Vec<Part>, Error> {
        let failed = |cause: Failure| strata_lakehouse::batch::Error::Failed { job: NAME.into(), cause };
        let parameters = serde_json::to_vec(parameters).map_err(|cause| failed(cause.into()))?;
        let partitions: Result<_, Failure> = tasks.into_iter().map(|task| tell([task])).collect();
        let partitions = partitions.map_err(failed)?;
        let mut parts = Vec::new();
        for partition in engine.run(Arc::new(self), parameters.into(), partitions, &mut |_| {}).await? {
            parts.extend(hear::<Part>(&partition).map_err(failed)?);
        }
        Ok(parts)
    }
}

#[async_trait]
impl Job for RefineTasks {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, parameters: &[u8], partition: Partition) -> Result<Partition, Failure> {
        let parameters: Parameters = serde_json::from_slice(parameters)?;
        let (lake, bronze) = (self.lake.lake(&parameters.lake)?, (self.bronze.0)(&parameters.bronze)?);
        let mut parts = Vec::new();
        for task in hear::<Task>(&partition)? {
            parts.push(match parameters.topic.parse()? {
                Topic::Patients => refine::<PatientRow>(&lake, &bronze, task, &parameters).await?,
                Topic::Vitals => refine::<VitalsRow>(&lake, &bronze, task, &parameters).await?,
                Topic::Labs => refine::<LabRow>(&lake, &bronze, task, &parameters).await?,
                Topic::Medications => refine::<MedicationRow>(&lake, &bronze, task, &parameters).await?,
                Topic::AdverseEvents => refine::<AdverseEventRow>(&lake, &bronze, task, &parameters).await?,
                Topic::Labels => refine::<LabelRow>(&lake, &bronze, task, &parameters).await?,
            });
        }
        tell(parts)
    }
}

async fn refine<R: SilverRow>(
    lake: &Lakehouse,
    bronze: &Bronze,
    task: Task,
    parameters: &Parameters,
) -> Result<Part, Failure> {
    let silver = (lake.shelf(R::SPEC)?, task.silver);
    let ground = Ground { silver, quarantine: (lake.shelf(&QUARANTINE)?, task.quarantine) };
    Ok(part::<R>(bronze, task.bundles, parameters.policy(), &ground, Timestamp(parameters.now)).await?)
}

/// Refines objects that are read together.
pub(super) async fn part<R: SilverRow>(
    bronze: &Bronze,
    bundles: Vec<Bundle>,
    policy: Policy,
    ground: &Ground,
    now: Timestamp,
) -> Result<Part, Error> {
    let reads = bundles.into_iter().map(|bundle| {
        let bronze = bronze.clone();
        async move { bundle.read(&bronze).await }
    });
    let lines = stream::iter(reads.collect::<Vec<_>>()).buffered(READERS).try_collect().await?;
    let wave: Wave<R> = tokio::task::spawn_blocking(move || Wave::refine(lines, &policy)).await??;
    Part::of(wave, ground, now).await
}

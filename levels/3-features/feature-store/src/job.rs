//! The features of a stretch of patients, as a job: pieces of silver's files in, files of vectors out. Which of them count is
//! the driver's to say.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use strata_features::{Profile, ToldProfile};
use strata_lakehouse::batch::{Engine, Failure, Job, Partition, Reach, hear, tell};
use strata_lakehouse::{Lakehouse, NewFile};
use strata_types::{LabelRule, Timestamp};
use tokio::sync::mpsc;

use crate::group::{Input, Labelling, compute_group};
use crate::sources::{Sources, Stretch};
use crate::table::FEATURES_TABLE;
use crate::{Error, Materialised};

/// Computes the features of stretches of patients.
#[derive(Clone, Debug)]
pub struct ComputeFeatures {
    reach: Reach,
}

/// What all stretches of a run share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Parameters {
    lake: String,
    rule: LabelRule,
    grid_hours: f64,
    now: i64,
}

/// What was made of a stretch.
#[derive(Debug)]
pub(crate) struct Computed {
    /// Stored, and not counted yet.
    pub(crate) files: Vec<NewFile>,
    pub(crate) counted: Materialised,
    pub(crate) profiles: Vec<Profile>,
}

/// As it crosses.
type Told = (Vec<NewFile>, Materialised, Vec<ToldProfile>);

impl Parameters {
    pub(crate) fn of(lakehouse: &Lakehouse, labelling: Labelling, now: Timestamp) -> Self {
        let Labelling { rule, grid_hours } = labelling;
        Self { lake: lakehouse.location(), rule, grid_hours, now: now.0 }
    }
}

const NAME: &str = "features";

/// Files that wait to be stored, and that are being stored, while others are computed.
const FILES_AHEAD: usize = 2;

impl ComputeFeatures {
    /// Of lakes that are reached so.
    pub fn new(reach: impl Into<Reach>) -> Self {
        Self { reach: reach.into() }
    }

    /// Computes all stretches.
    pub(crate) async fn all(
        self,
        engine: &Engine,
        parameters: &Parameters,
        stretches: Vec<Stretch>,
        done: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Vec<Computed>, Error> {
        let failed = |cause: Failure| strata_lakehouse::batch::Error::Failed { job: NAME.into(), cause };
        let parameters = serde_json::to_vec(parameters).map_err(|cause| failed(cause.into()))?;
        let partitions: Result<_, Failure> = stretches.into_iter().map(|stretch| tell([stretch])).collect();
        let given = engine.run(Arc::new(self), parameters.into(), partitions.map_err(failed)?, done).await?;
        let mut computed = Vec::new();
        for partition in given {
            for (files, counted, profiles) in hear::<Told>(&partition).map_err(failed)? {
                let profiles = profiles.into_iter().map(Profile::hear).collect();
                computed.push(Computed { files, counted, profiles });
            }
        }
        Ok(computed)
    }
}

#[async_trait]
impl Job for ComputeFeatures {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, parameters: &[u8], partition: Partition) -> Result<Partition, Failure> {
        let parameters: Parameters = serde_json::from_slice(parameters)?;
        let lakehouse = self.reach.lake(&parameters.lake)?;
        let mut told = Vec::new();
        for stretch in hear::<Stretch>(&partition)? {
            told.push(compute(&lakehouse, stretch, &parameters).await?);
        }
        tell(told)
    }
}

async fn compute(lakehouse: &Lakehouse, stretch: Stretch, parameters: &Parameters) -> Result<Told, Failure> {
    let sources = Sources::reopen(lakehouse, &stretch).await?;
    let pieces = sources.fetch(|group| stretch.span.meets(group)).await?;
    let input = Input { span: stretch.span, pieces };
    let labelling = Labelling { rule: parameters.rule, grid_hours: parameters.grid_hours };
    let now = Timestamp(parameters.now);
    let (give, given) = mpsc::channel(FILES_AHEAD);
    let compute =
        move || compute_group(input, labelling, now, &mut |date, encoded| give.blocking_send((date, encoded)).is_ok());
    let computing = tokio::task::spawn_blocking(compute);
    let shelf = lakehouse.shelf(&FEATURES_TABLE)?;
    let given = stream::unfold(given, |mut given| async { given.recv().await.map(|file| (file, given)) });
    let put = given.map(|(date, encoded)| {
        let shelf = &shelf;
        async move { shelf.put(Some(&date), u16::MAX, encoded).await }
    });
    // When one cannot be stored, nobody receives any more, and the computing ends.
    let files = put.buffered(FILES_AHEAD).try_collect().await?;
    let computed = computing.await??;
    Ok((files, computed.counted, computed.profiles.iter().map(Profile::tell).collect()))
}

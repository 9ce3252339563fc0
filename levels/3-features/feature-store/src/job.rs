//! The features of a group of patient buckets, as a job: silver's files in, files of vectors out. Which of them count is the
//! driver's to say.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use strata_lakehouse::batch::{Engine, Failure, Job, Partition, Reach, hear, tell};
use strata_lakehouse::{DataFile, Lakehouse, NewFile, Table};
use strata_refinery::LABELS;
use strata_types::{LabelRule, PARTITIONS, Timestamp};

use crate::store::{Input, compute_group};
use crate::table::FEATURES_TABLE;
use crate::timelines::PARTS;
use crate::{Error, Labelling, Materialised};

/// How many files are fetched at once.
const READERS: usize = 8;

/// Computes the features of groups of patient buckets.
#[derive(Clone, Debug)]
pub struct ComputeFeatures {
    reach: Reach,
}

/// What all groups of a run share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Parameters {
    lake: String,
    horizon_hours: f64,
    min_grade: u8,
    grid_hours: f64,
    now: i64,
}

/// Buckets, and the files of silver that may hold patients of them, by table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    buckets: u16,
    sources: Vec<(String, Vec<DataFile>)>,
}

/// What was made of a group.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Computed {
    pub(crate) files: Vec<NewFile>,
    pub(crate) counted: Materialised,
}

/// All buckets in so many groups.
pub(crate) fn groups(sources: &[Table], groups: u8) -> Vec<Group> {
    let at = |index: u8| u64::from(index) * u64::from(PARTITIONS) / u64::from(groups);
    let group = |group: u8| {
        let buckets = (at(group)..at(group + 1)).fold(0_u16, |bits, bucket| bits | 1 << bucket);
        let sources = sources.iter().map(|table| {
            let files = table.files().iter().filter(|file| file.buckets & buckets != 0).cloned();
            (table.spec().name.to_owned(), files.collect())
        });
        Group { buckets, sources: sources.collect() }
    };
    (0..groups).map(group).collect()
}

impl Parameters {
    pub(crate) fn of(lakehouse: &Lakehouse, labelling: Labelling, now: Timestamp) -> Self {
        let Labelling { rule: LabelRule { horizon_hours, min_grade }, grid_hours } = labelling;
        Self { lake: lakehouse.location(), horizon_hours, min_grade, grid_hours, now: now.0 }
    }

    fn labelling(&self) -> Labelling {
        let rule = LabelRule { horizon_hours: self.horizon_hours, min_grade: self.min_grade };
        Labelling { rule, grid_hours: self.grid_hours }
    }
}

impl ComputeFeatures {
    /// Of lakes that are reached so.
    pub fn new(reach: impl Into<Reach>) -> Self {
        Self { reach: reach.into() }
    }

    pub(crate) async fn all(
        self,
        engine: &Engine,
        parameters: &Parameters,
        groups: Vec<Group>,
        done: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Vec<Computed>, Error> {
        let failed = |cause: Failure| strata_lakehouse::batch::Error::Failed { job: NAME.into(), cause };
        let parameters = serde_json::to_vec(parameters).map_err(|cause| failed(cause.into()))?;
        let groups = groups.into_iter().map(|group| tell([group])).collect::<Result<_, _>>().map_err(failed)?;
        let mut computed = Vec::new();
        for given in engine.run(Arc::new(self), parameters.into(), groups, done).await? {
            computed.extend(hear::<Computed>(&given).map_err(failed)?);
        }
        Ok(computed)
    }

    async fn group(&self, lakehouse: &Lakehouse, group: Group, parameters: &Parameters) -> Result<Computed, Failure> {
        let input = input(lakehouse, group.sources, group.buckets).await?;
        let (labelling, now) = (parameters.labelling(), Timestamp(parameters.now));
        let (encoded, counted) = tokio::task::spawn_blocking(move || compute_group(input, labelling, now)).await??;
        let shelf = lakehouse.shelf(&FEATURES_TABLE)?;
        let mut files = Vec::new();
        for (date, encoded) in encoded {
            files.push(shelf.put(Some(&date), group.buckets, encoded).await?);
        }
        Ok(Computed { files, counted })
    }
}

const NAME: &str = "features";

#[async_trait]
impl Job for ComputeFeatures {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, parameters: &[u8], partition: Partition) -> Result<Partition, Failure> {
        let parameters: Parameters = serde_json::from_slice(parameters)?;
        let lakehouse = self.reach.lake(&parameters.lake)?;
        let mut computed = Vec::new();
        for group in hear::<Group>(&partition)? {
            computed.push(self.group(&lakehouse, group, &parameters).await?);
        }
        tell(computed)
    }
}

/// Fetches the files of a group.
async fn input(lakehouse: &Lakehouse, sources: Vec<(String, Vec<DataFile>)>, buckets: u16) -> Result<Input, Failure> {
    let mut input = Input { buckets, parts: Vec::new(), labels: Vec::new() };
    for (name, files) in sources {
        let part = PARTS.iter().find(|part| part.spec.name == name);
        let shelf = lakehouse.shelf(part.map_or(&LABELS, |part| part.spec))?;
        let fetches: Vec<_> = files.iter().map(|file| shelf.fetch(file)).collect();
        let fetched: Vec<Bytes> = stream::iter(fetches).buffered(READERS).try_collect().await?;
        match part {
            Some(part) => input.parts.extend(fetched.into_iter().map(|bytes| (*part, bytes))),
            None => input.labels = fetched,
        }
    }
    Ok(input)
}

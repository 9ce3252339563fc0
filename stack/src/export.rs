//! Silver in the form that others read: a MEDS data set.
//!
//! Patients come in groups of whole buckets, so that memory does not grow with silver. Values are silver's own: canonical,
//! valid, and each key once.

mod rows;
mod subjects;

pub(crate) use subjects::SUBJECTS;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use strata_lakehouse::{DataFile, Table};
use strata_sources::meds;
use strata_training::Part;
use strata_types::{PARTITIONS, Timestamp};

use crate::Stack;
use crate::folder::Writer;
use rows::{KINDS, Kind};

/// Rows of silver that are held at once, about; what bounds memory.
const ROWS_AT_ONCE: u64 = 1_000_000;

/// How many files are fetched at once.
const READERS: usize = 4;

/// A group's patients and their histories.
type Subjects = BTreeMap<String, meds::Subject>;

/// Whether an export says which patients are for training, and which are held out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitting {
    /// It does not.
    None,
    /// Those of training are; those of early stopping and calibration are for tuning; those of the test are held out.
    AsTrained,
}

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Patients.
    pub subjects: u64,
    /// Those of them who were given their number now.
    pub numbered: u64,
    /// Vital signs and laboratory results.
    pub measurements: u64,
    /// Doses and infusions.
    pub doses: u64,
    /// Adverse events.
    pub adverse_events: u64,
    /// Rows of the data set.
    pub rows: u64,
    /// Distinct codes.
    pub codes: u64,
    /// Files of data.
    pub files: u64,
    /// Patients for training, for tuning and held out, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<[u64; 3]>,
}

impl Stack {
    /// Writes silver as MEDS 0.4 into a folder that is not there yet. `progress` is told rows read, and rows in all.
    pub async fn export_meds(
        &self,
        folder: &Path,
        splitting: Splitting,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<Exported> {
        let now = Timestamp(self.clock().now_micros());
        let name = folder.file_name().map_or_else(|| "strata".into(), |name| name.to_string_lossy().into_owned());
        let dataset = meds::Dataset { name, version: now.date(), license: None, created_at: now };
        let mut export = meds::Export::create(folder, dataset)?;
        let _lock = self.folder.lock(Writer::Subjects, "strata export")?;
        // First what is exported, then who is numbered: silver may grow in between.
        let tables = self.tables_to_export().await?;
        let (numbers, numbered) = subjects::number(self.processing.lakehouse(), now).await?;
        let numbers = Arc::new(numbers);
        let seed = (splitting == Splitting::AsTrained).then_some(self.config().training.seed);
        let groups = groups(&tables);
        let total = groups.iter().flat_map(|group| files(&tables, *group)).map(|(_, file)| file.rows).sum();
        let (mut read, mut exported) = (0, Exported { numbered, split: seed.map(|_| [0; 3]), ..Exported::default() });
        for group in groups {
            let mut subjects = Subjects::new();
            let fetches = files(&tables, group).map(|((kind, table), file)| async move {
                let bytes = table.fetch(file).await?;
                Ok::<_, anyhow::Error>((*kind, file.rows, bytes))
            });
            let mut fetched = stream::iter(fetches).buffered(READERS);
            while let Some((kind, rows, bytes)) = fetched.try_next().await? {
                subjects = tokio::task::spawn_blocking(move || take(kind, bytes, group, subjects)).await??;
                read += rows;
                progress(read, total);
            }
            drop(fetched);
            let numbers = Arc::clone(&numbers);
            let write = move || {
                for (patient, mut subject) in subjects {
                    subject.subject_id = *numbers.get(&patient).context("a patient of silver has no number")?;
                    subject.split = seed.map(|seed| part(&patient, seed));
                    exported.count(&subject);
                    export.subject(&subject)?;
                }
                Ok::<_, anyhow::Error>((export, exported))
            };
            (export, exported) = tokio::task::spawn_blocking(write).await??;
        }
        let meds::Exported { subjects, rows, codes, files } = tokio::task::spawn_blocking(|| export.finish()).await??;
        Ok(Exported { subjects, rows, codes, files, ..exported })
    }

    async fn tables_to_export(&self) -> Result<Vec<(Kind, Table)>> {
        let mut tables = Vec::new();
        for kind in KINDS {
            tables.extend(self.processing.lakehouse().existing(kind.spec).await?.map(|table| (kind, table)));
        }
        if tables.iter().all(|(_, table)| table.rows() == 0) {
            bail!("silver is empty: `strata refine` fills it");
        }
        Ok(tables)
    }
}

impl Exported {
    fn count(&mut self, subject: &meds::Subject) {
        self.measurements += subject.measurements.len() as u64;
        self.doses += subject.doses.len() as u64;
        self.adverse_events += subject.adverse_events.len() as u64;
        if let (Some([train, tuning, held_out]), Some(part)) = (&mut self.split, subject.split) {
            *match part {
                meds::Split::Train => train,
                meds::Split::Tuning => tuning,
                meds::Split::HeldOut => held_out,
            } += 1;
        }
    }
}

/// The buckets in groups, a bit each: as few groups as memory allows, for a file may hold patients of every bucket.
fn groups(tables: &[(Kind, Table)]) -> Vec<u16> {
    let rows: u64 = tables.iter().map(|(_, table)| table.rows()).sum();
    let count = rows.div_ceil(ROWS_AT_ONCE).clamp(1, u64::from(PARTITIONS));
    let first = |group: u64| group * u64::from(PARTITIONS) / count;
    let buckets = |group| (first(group)..first(group + 1)).fold(0, |bits, bucket| bits | 1_u16 << bucket);
    (0..count).map(buckets).collect()
}

/// The files that may hold patients of a group.
fn files(tables: &[(Kind, Table)], group: u16) -> impl Iterator<Item = (&(Kind, Table), &DataFile)> {
    let all = tables.iter().flat_map(|of| of.1.files().iter().map(move |file| (of, file)));
    all.filter(move |(_, file)| file.buckets & group != 0)
}

/// Gives a file's rows to the patients of the group.
fn take(kind: Kind, bytes: Bytes, group: u16, mut subjects: Subjects) -> Result<Subjects> {
    let unreadable = || format!("table `{}` cannot be exported", kind.spec.name);
    for batch in strata_lakehouse::decode(bytes, &kind.columns()).with_context(unreadable)? {
        kind.take(&batch, group, &mut subjects).with_context(unreadable)?;
    }
    Ok(subjects)
}

/// The part of training's split, in the standard's words.
fn part(patient: &str, seed: u64) -> meds::Split {
    match strata_training::split(patient, seed) {
        Part::Train => meds::Split::Train,
        Part::EarlyStopping | Part::Calibration => meds::Split::Tuning,
        Part::Test => meds::Split::HeldOut,
    }
}

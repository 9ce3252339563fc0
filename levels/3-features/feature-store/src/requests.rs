//! Vectors for any list of patients and times: a training set of one's own.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use futures::FutureExt;
use futures::future::BoxFuture;
use rayon::prelude::*;
use strata_features::{FEATURE_COUNT, Timeline, Vector, compute, compute_many};
use strata_types::{PatientId, Timestamp};

use crate::gathered::Gathered;
use crate::parts::PARTS;
use crate::sources::Sources;
use crate::table::{feature_columns, feature_fields};
use crate::{Error, FeatureStore};

/// Requests that are answered at once: with their vectors, half a gigabyte.
const AT_ONCE: usize = 500_000;

/// Vectors computed at once for them, about, by what silver has of the patients; what bounds memory.
const VECTORS_AT_ONCE: u64 = 1_000_000;

/// Patients who are looked at before their vectors are put where they belong.
const PATIENTS_AT_ONCE: usize = 1_024;

/// Rows of an answer that are given at once.
const ROWS: usize = 16_384;

/// A list of patients and times: `patient_id` (text) and `time` (a time, or RFC 3339), and any other columns.
pub trait Requests: Iterator<Item = Result<RecordBatch, strata_lakehouse::Error>> {}

impl<T: Iterator<Item = Result<RecordBatch, strata_lakehouse::Error>>> Requests for T {}

/// Silver as of one moment, from which requests are answered.
#[derive(Debug)]
pub struct Training {
    sources: Sources,
    answered: usize,
}

impl FeatureStore {
    /// Training sets from silver as it is now.
    pub fn training(&self) -> BoxFuture<'_, Result<Training, Error>> {
        self.open().boxed()
    }

    async fn open(&self) -> Result<Training, Error> {
        Ok(Training { sources: Sources::open(&self.lakehouse, PARTS.into_iter()).await?, answered: 0 })
    }
}

impl Training {
    /// The columns of the answer to requests with these columns: theirs, then the features.
    pub fn schema(requests: &SchemaRef) -> SchemaRef {
        let asked = requests.fields().iter().map(|field| field.as_ref().clone());
        Arc::new(Schema::new(asked.chain(feature_fields()).collect::<Vec<_>>()))
    }

    /// One row for each requested row, in the order asked, with all of its columns and the features as of its `time`.
    /// Duplicates stay; a patient who is unknown gets nulls, never a missing row.
    ///
    /// Silver is read once for every half a million requests, and the answer is given piece by piece.
    pub async fn answer(
        &mut self,
        mut requests: impl Requests,
        give: &mut (dyn FnMut(&RecordBatch) -> Result<(), Error> + Send),
    ) -> Result<u64, Error> {
        loop {
            let mut asked = Vec::new();
            while asked.iter().map(RecordBatch::num_rows).sum::<usize>() < AT_ONCE
                && let Some(batch) = requests.next().transpose()?
            {
                asked.push(batch);
            }
            let Some(first) = asked.first() else { return Ok(self.answered as u64) };
            let shape = |cause| Error::Shape { table: "requests", cause };
            let asked = concat_batches(&first.schema(), &asked).map_err(shape)?;
            let vectors = self.vectors(parse(&asked, self.answered)?).await?;
            let schema = Self::schema(&asked.schema());
            for (index, vectors) in vectors.chunks(ROWS).enumerate() {
                let mut columns = asked.slice(index * ROWS, vectors.len()).columns().to_vec();
                columns.extend(feature_columns(&vectors.iter().collect::<Vec<_>>()));
                debug_assert_eq!(columns.len(), asked.num_columns() + FEATURE_COUNT);
                give(&RecordBatch::try_new(Arc::clone(&schema), columns).map_err(shape)?)?;
            }
            self.answered += asked.num_rows();
        }
    }

    async fn vectors(&self, asked: Vec<(PatientId, Timestamp)>) -> Result<Vec<Vector>, Error> {
        let mut wanted: HashMap<String, Vec<(Timestamp, usize)>> = HashMap::new();
        for (row, (patient, time)) in asked.iter().enumerate() {
            if let Some(times) = wanted.get_mut(patient.as_str()) {
                times.push((*time, row));
            } else {
                wanted.insert(patient.as_str().to_owned(), vec![(*time, row)]);
            }
        }
        let mut patients: Vec<&str> = wanted.keys().map(String::as_str).collect();
        patients.sort_unstable();
        let patients: Vec<String> = patients.into_iter().map(str::to_owned).collect();
        // What nobody knows is the same at any time.
        let unknown = compute(&Timeline::default(), Timestamp(0));
        let mut vectors = vec![unknown; asked.len()];
        let wanted = Arc::new(wanted);
        for span in self.sources.stretches(VECTORS_AT_ONCE, 1) {
            let here = |group: &strata_lakehouse::Group| {
                let (first, last) = group.patients.unwrap_or(("", "\u{10ffff}"));
                let next = patients.partition_point(|patient| patient.as_str() < first.max(span.from()));
                patients.get(next).is_some_and(|patient| patient.as_str() <= last && span.holds(patient))
            };
            let pieces = self.sources.fetch(here).await?;
            if pieces.is_empty() {
                continue;
            }
            let wanted = Arc::clone(&wanted);
            let compute = move || -> Result<Vec<Vector>, Error> {
                let gathered = Gathered::of(pieces, |patient| span.holds(patient) && wanted.contains_key(patient))?;
                let patients: Vec<usize> = (0..gathered.len()).collect();
                for some in patients.chunks(PATIENTS_AT_ONCE) {
                    let found = some.par_iter().map(|patient| {
                        let asked = wanted.get(gathered.id(*patient)).map(Vec::as_slice).unwrap_or_default();
                        let times: Vec<Timestamp> = asked.iter().map(|(time, _)| *time).collect();
                        (asked, compute_many(&gathered.timeline(*patient), &times))
                    });
                    for (asked, found) in found.collect::<Vec<_>>() {
                        for ((_, row), vector) in asked.iter().zip(found) {
                            vectors[*row] = vector;
                        }
                    }
                }
                Ok(vectors)
            };
            vectors = tokio::task::spawn_blocking(compute).await??;
        }
        Ok(vectors)
    }
}

/// The patients and times of requests, of which `before` came before these.
fn parse(requests: &RecordBatch, before: usize) -> Result<Vec<(PatientId, Timestamp)>, Error> {
    let column = |name: &str| {
        let missing = || Error::Request { row: 0, reason: format!("there is no column `{name}`") };
        requests.column_by_name(name).ok_or_else(missing)
    };
    let (patients, times) = (column("patient_id")?, column("time")?);
    let shape = |cause| Error::Shape { table: "requests", cause };
    let patients = cast(patients, &DataType::Utf8).map_err(shape)?;
    let patients = patients.as_string::<i32>();
    let is_time = matches!(times.data_type(), DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64);
    let kind = if is_time { DataType::Timestamp(TimeUnit::Microsecond, None) } else { DataType::Utf8 };
    let times = cast(times, &kind).map_err(shape)?;
    let row = |row: usize| {
        let refuse = |reason: String| Error::Request { row: before + row + 1, reason };
        let patient = if patients.is_valid(row) { patients.value(row) } else { "" };
        let patient: PatientId = patient.parse().map_err(|error| refuse(format!("`{patient}`: {error}")))?;
        let time = if times.is_null(row) {
            return Err(refuse("the time is missing".into()));
        } else if is_time {
            Timestamp(times.as_primitive::<TimestampMicrosecondType>().value(row))
        } else {
            let text = times.as_string::<i32>().value(row);
            text.parse().map_err(|error: strata_types::InvalidTimestamp| refuse(error.to_string()))?
        };
        Ok((patient, time))
    };
    (0..requests.num_rows()).map(row).collect()
}

//! Vectors for any list of patients and times: a training set of one's own.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Field, Schema};
use rayon::prelude::*;
use strata_features::{FEATURE_COUNT, Timeline, Vector, compute};
use strata_types::{PatientId, Timestamp};

use crate::table::{feature_columns, feature_fields};
use crate::{Error, FeatureStore};

impl FeatureStore {
    /// One row for each requested row, in the order asked, with all of its columns and the features
    /// as of its `time`. Duplicates stay; a patient who is unknown gets nulls, never a missing row.
    ///
    /// The requests have the text columns `patient_id` and `time` (RFC 3339), and any others.
    pub async fn at(&self, requests: &RecordBatch) -> Result<RecordBatch, Error> {
        let wanted = parse(requests)?;
        let mut timelines: HashMap<PatientId, Timeline> = HashMap::new();
        for (patient, _) in &wanted {
            if !timelines.contains_key(patient) {
                let timeline = self.timeline(patient).await?.unwrap_or_default();
                timelines.insert(patient.clone(), timeline);
            }
        }
        let vectors = tokio::task::spawn_blocking(move || -> Vec<Vector> {
            wanted.par_iter().map(|(patient, time)| compute(&timelines[patient], *time)).collect()
        });
        let vectors = vectors.await?;
        let fields: Vec<Field> =
            requests.schema().fields().iter().map(|field| field.as_ref().clone()).chain(feature_fields()).collect();
        let mut columns = requests.columns().to_vec();
        columns.extend(feature_columns(&vectors.iter()));
        debug_assert_eq!(columns.len(), requests.num_columns() + FEATURE_COUNT);
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|cause| Error::Shape { table: "requests", cause })
    }
}

fn parse(requests: &RecordBatch) -> Result<Vec<(PatientId, Timestamp)>, Error> {
    let text = |name: &str| {
        let column = requests.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        column.ok_or_else(|| Error::Request { row: 0, reason: format!("there is no text column `{name}`") })
    };
    let (patients, times) = (text("patient_id")?, text("time")?);
    let row = |row: usize| {
        let refuse = |reason: String| Error::Request { row: row + 1, reason };
        let patient = if patients.is_valid(row) { patients.value(row) } else { "" };
        let patient: PatientId = patient.parse().map_err(|error| refuse(format!("`{patient}`: {error}")))?;
        let time = if times.is_valid(row) { times.value(row) } else { "" };
        Ok((patient, time.parse().map_err(|error: strata_types::InvalidTimestamp| refuse(error.to_string()))?))
    };
    (0..requests.num_rows()).map(row).collect()
}

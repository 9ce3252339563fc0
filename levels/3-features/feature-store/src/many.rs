//! The timelines of some patients, read together.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use futures::FutureExt;
use futures::future::BoxFuture;
use strata_features::Timeline;
use strata_lakehouse::Sought;
use strata_types::PatientId;

use crate::parts::{PARTS, Part, Patient};
use crate::{Error, FeatureStore};

impl FeatureStore {
    /// The timelines of these patients as silver has them now; none of a patient who is not in silver.
    pub fn timelines<'a>(
        &'a self,
        patients: &'a [PatientId],
    ) -> BoxFuture<'a, Result<HashMap<PatientId, Timeline>, Error>> {
        self.read_timelines(patients).boxed()
    }

    async fn read_timelines(&self, patients: &[PatientId]) -> Result<HashMap<PatientId, Timeline>, Error> {
        let sought = Arc::new(Sought::patients(patients.iter().map(PatientId::as_str)));
        let buckets = patients.iter().fold(0, |bits: u16, patient| bits | 1 << patient.partition());
        let mut found: HashMap<PatientId, Patient> = HashMap::new();
        for part in &PARTS {
            let Some(table) = self.lakehouse.existing(part.spec).await? else { continue };
            for file in table.files().iter().filter(|file| file.buckets & buckets != 0) {
                for batch in table.find(file, &sought, part.columns).await? {
                    let shape = |cause| Error::Shape { table: part.spec.name, cause };
                    take(part, &batch, &mut found).map_err(shape)?;
                }
            }
        }
        let sorted = found.into_iter().map(|(id, mut patient)| {
            patient.timeline.sort();
            (id, patient.timeline)
        });
        Ok(sorted.collect())
    }
}

/// Puts the rows of a batch where they belong, each run of one patient at once.
fn take(
    part: &Part,
    batch: &RecordBatch,
    found: &mut HashMap<PatientId, Patient>,
) -> Result<(), arrow::error::ArrowError> {
    let rows = (part.open)(batch)?;
    let ids = batch.column_by_name("patient_id").and_then(|ids| ids.as_string_opt::<i32>());
    let ids = ids.ok_or_else(|| arrow::error::ArrowError::SchemaError("patient_id is no text".into()))?;
    let mut from = 0;
    while from < ids.len() {
        let until = (from..ids.len()).find(|row| ids.value(*row) != ids.value(from)).unwrap_or(ids.len());
        if let Ok(patient) = ids.value(from).parse::<PatientId>() {
            rows.put(from..until, found.entry(patient).or_default());
        }
        from = until;
    }
    Ok(())
}

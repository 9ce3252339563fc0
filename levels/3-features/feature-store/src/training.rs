//! The labelled rows of the table, as training wants them: one dense block of floats.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float32Type;
use futures::{StreamExt, TryStreamExt, stream};
use strata_features::{FEATURE_COUNT, FEATURES};
use strata_lakehouse::decode;
use strata_refinery::PATIENTS;
use strata_types::Timestamp;

use crate::columns::{Flags, Floats, Times, Words};
use crate::table::FEATURES_TABLE;
use crate::{Error, FeatureStore};

/// Rows with a label, grouped by patient, in order of time.
#[derive(Clone, Debug, Default)]
pub struct LabelledRows {
    /// Row-major, rows x features; NaN is null.
    pub features: Vec<f32>,
    /// The label of each row.
    pub labels: Vec<bool>,
    /// The time of each row.
    pub times: Vec<Timestamp>,
    /// The patient of each row: an index into `patients`.
    pub patient_of_row: Vec<u32>,
    /// The patients, in order of their ids.
    pub patients: Vec<PatientFact>,
    /// The version of the table that they were read from.
    pub version: u64,
    /// Whether a historical set brought its labels, as `PhysioNet` 2019 does.
    pub given_labels: bool,
}

/// What subgroups are made by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatientFact {
    /// The pseudonym.
    pub id: String,
    /// `male`, `female`, ...
    pub sex: Option<String>,
    /// Years.
    pub age: Option<f64>,
    /// The kind of ward.
    pub care_unit: Option<String>,
    /// The site.
    pub site: Option<String>,
}

impl FeatureStore {
    /// Reads every labelled row of the table of features.
    pub async fn labelled_rows(&self) -> Result<LabelledRows, Error> {
        let table = self.lakehouse.existing(&FEATURES_TABLE).await?.ok_or(Error::NoFeatures)?;
        let fetched = stream::iter(table.files()).map(|file| table.fetch(file)).buffered(8);
        let fetched: Vec<_> = fetched.try_collect().await?;
        let version = table.version();
        let facts = self.patient_facts().await?;
        let given_labels =
            self.lakehouse.existing(&strata_refinery::LABELS).await?.is_some_and(|table| table.rows() > 0);
        let gather = tokio::task::spawn_blocking(move || {
            let shape = |cause| Error::Shape { table: FEATURES_TABLE.name, cause };
            // Rows are counted first, so that the one large block is allocated once.
            let mut index: Vec<(String, i64, bool, u32, u32)> = Vec::new();
            for (file, bytes) in fetched.iter().enumerate() {
                let mut row_of_file = 0;
                for batch in decode(bytes.clone(), &["patient_id", "time", "label"]).map_err(|c| shape(c.into()))? {
                    for (patient, time, label) in keys(&batch).map_err(shape)? {
                        if let Some(label) = label {
                            index.push((patient, time, label, file as u32, row_of_file));
                        }
                        row_of_file += 1;
                    }
                }
            }
            index.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
            let mut place_of = vec![HashMap::new(); fetched.len()];
            for (place, (_, _, _, file, row)) in index.iter().enumerate() {
                place_of[*file as usize].insert(*row, place);
            }
            let mut features = vec![f32::NAN; index.len() * FEATURE_COUNT];
            for (bytes, places) in fetched.into_iter().zip(place_of) {
                let mut row_of_file = 0;
                for batch in decode(bytes, &[]).map_err(|cause| shape(cause.into()))? {
                    scatter(&batch, row_of_file, &places, &mut features).map_err(shape)?;
                    row_of_file += batch.num_rows() as u32;
                }
            }
            let mut rows = LabelledRows { features, version, given_labels, ..LabelledRows::default() };
            for (patient, time, label, _, _) in index {
                if rows.patients.last().is_none_or(|last| last.id != patient) {
                    let fact = facts.get(&patient).cloned();
                    rows.patients.push(PatientFact { id: patient, ..fact.unwrap_or_default() });
                }
                rows.patient_of_row.push(rows.patients.len() as u32 - 1);
                rows.times.push(Timestamp(time));
                rows.labels.push(label);
            }
            Ok(rows)
        });
        gather.await?
    }

    async fn patient_facts(&self) -> Result<HashMap<String, PatientFact>, Error> {
        let shape = |cause| Error::Shape { table: PATIENTS.name, cause };
        let mut facts = HashMap::new();
        let Some(table) = self.lakehouse.existing(&PATIENTS).await? else { return Ok(facts) };
        for file in table.files() {
            for batch in table.read(file, &["patient_id", "age", "sex", "care_unit", "trial_site"]).await? {
                let text = |name: &str| Words::of(&batch, name, str::to_owned).map_err(shape);
                let (id, sex, unit, site) =
                    (text("patient_id")?, text("sex")?, text("care_unit")?, text("trial_site")?);
                let age = Floats::of(&batch, "age").map_err(shape)?;
                for row in 0..batch.num_rows() {
                    let id = id.get(row).cloned().unwrap_or_default();
                    let fact = PatientFact {
                        id: id.clone(),
                        sex: sex.get(row).cloned(),
                        age: age.get(row),
                        care_unit: unit.get(row).cloned(),
                        site: site.get(row).cloned(),
                    };
                    facts.insert(id, fact);
                }
            }
        }
        Ok(facts)
    }
}

type Key = (String, i64, Option<bool>);

fn keys(batch: &RecordBatch) -> Result<Vec<Key>, arrow::error::ArrowError> {
    let id = Words::of(batch, "patient_id", str::to_owned)?;
    let (time, label) = (Times::of(batch, "time")?, Flags::of(batch, "label")?);
    let key = |row| (id.get(row).cloned().unwrap_or_default(), time.get(row).unwrap_or_default().0, label.get(row));
    Ok((0..batch.num_rows()).map(key).collect())
}

/// Puts the features of a batch's rows where `places` says.
fn scatter(
    batch: &RecordBatch,
    first: u32,
    places: &HashMap<u32, usize>,
    features: &mut [f32],
) -> Result<(), arrow::error::ArrowError> {
    for (index, feature) in FEATURES.iter().enumerate() {
        let array = batch.column_by_name(feature.name);
        let array = array.and_then(|array| array.as_primitive_opt::<Float32Type>());
        let array =
            array.ok_or_else(|| arrow::error::ArrowError::SchemaError(format!("no column `{}`", feature.name)))?;
        for row in 0..batch.num_rows() {
            if let Some(place) = places.get(&(first + row as u32)).filter(|_| array.is_valid(row)) {
                features[place * FEATURE_COUNT + index] = array.value(row);
            }
        }
    }
    Ok(())
}

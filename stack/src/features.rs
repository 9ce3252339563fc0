//! Level 3: from silver to features.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use strata_config::{Features as Config, Labels};
use strata_feature_store::{FeatureStore, Labelling, Materialised, Progress, Training};
use strata_lakehouse::batch::Engine;
use strata_lakehouse::{Format, Lakehouse, List, Sheet};
use strata_runtime::Clock;
use strata_types::{LabelRule, Timestamp};

use crate::Processing;

/// The feature store.
#[derive(Debug)]
pub struct Features {
    store: FeatureStore,
    lakehouse: Lakehouse,
    clock: Arc<dyn Clock>,
}

/// What the table of features holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FeatureCounts {
    /// Patients.
    pub patients: u64,
    /// Rows: patients and hours.
    pub hours: u64,
    /// Rows with a label.
    pub labelled: u64,
    /// Rows whose label is true.
    pub positive: u64,
    /// Patients with a row whose label is true.
    pub positive_patients: u64,
}

pub(crate) fn build(config: &Config, labels: &Labels, processing: &Processing, clock: &Arc<dyn Clock>) -> Features {
    let lakehouse = processing.lakehouse().clone();
    let rule = LabelRule { horizon_hours: labels.horizon_hours, min_grade: labels.min_grade };
    let labelling = Labelling { rule, grid_hours: f64::from(config.grid_hours) };
    Features { store: FeatureStore::new(lakehouse.clone(), labelling), lakehouse, clock: Arc::clone(clock) }
}

impl From<Materialised> for FeatureCounts {
    fn from(written: Materialised) -> Self {
        Self {
            patients: written.patients,
            hours: written.rows,
            labelled: written.labelled,
            positive: written.positive,
            positive_patients: written.positive_patients,
        }
    }
}

impl Features {
    /// Writes the table of features, unless it is as new as silver.
    pub async fn materialise(
        &self,
        engine: &Engine,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Materialised> {
        Ok(self.store.materialise(Timestamp(self.clock.now_micros()), engine, progress).await?)
    }

    /// Writes the features of the patients and times that a file lists: its columns, then the features, in its order.
    pub async fn at(&self, requests: &Path, format: Format, out: impl Write + Send) -> Result<u64> {
        let requests = List::open(requests)?;
        let mut sheet = Sheet::new(format, Training::schema(requests.schema()), out)?;
        let mut training = self.store.training().await?;
        let answered = training.answer(requests, &mut |rows| Ok(sheet.write(rows)?)).await?;
        sheet.finish()?;
        Ok(answered)
    }

    /// What the table of features holds.
    pub async fn counts(&self) -> Result<FeatureCounts> {
        let sql = "SELECT count(*) AS hours, count(DISTINCT patient_id) AS patients, count(label) AS labelled, \
                   count(*) FILTER (WHERE label) AS positive, \
                   count(DISTINCT CASE WHEN label THEN patient_id END) AS positive_patients FROM features";
        let rows = self.lakehouse.query(sql).await?;
        let count = |column| rows.number(column).unwrap_or(0) as u64;
        Ok(FeatureCounts {
            hours: count(0),
            patients: count(1),
            labelled: count(2),
            positive: count(3),
            positive_patients: count(4),
        })
    }

    /// A patient and a time for whom a prediction is worth looking at: the first positive row of the grid.
    pub async fn example(&self) -> Result<Option<(String, Timestamp)>> {
        let sql = "SELECT patient_id, time FROM features WHERE label IS NOT NULL ORDER BY label DESC, patient_id, time LIMIT 1";
        let rows = self.lakehouse.query(sql).await?;
        let Some(batch) = rows.batches.iter().find(|batch| batch.num_rows() > 0) else { return Ok(None) };
        let patient =
            ArrayFormatter::try_new(batch.column(0).as_ref(), &FormatOptions::default())?.value(0).to_string();
        let time = batch.column(1).as_primitive::<TimestampMicrosecondType>().value(0);
        Ok(Some((patient, Timestamp(time))))
    }

    pub(crate) fn store(&self) -> &FeatureStore {
        &self.store
    }
}

//! The timelines of some patients, read together.

use std::collections::HashMap;
use std::sync::Arc;

use strata_features::Timeline;
use strata_lakehouse::Sought;
use strata_types::PatientId;

use crate::timelines::PARTS;
use crate::{Error, FeatureStore};

impl FeatureStore {
    /// The timelines of these patients as silver has them now; none of a patient who is not in silver.
    pub async fn timelines(&self, patients: &[PatientId]) -> Result<HashMap<PatientId, Timeline>, Error> {
        let sought = Arc::new(Sought::patients(patients.iter().map(PatientId::as_str)));
        let buckets = patients.iter().fold(0, |bits: u16, patient| bits | 1 << patient.partition());
        let ids: HashMap<&str, &PatientId> = patients.iter().map(|patient| (patient.as_str(), patient)).collect();
        let mut timelines: HashMap<PatientId, Timeline> = HashMap::new();
        for part in &PARTS {
            let Some(table) = self.lakehouse.existing(part.spec).await? else { continue };
            for file in table.files().iter().filter(|file| file.buckets & buckets != 0) {
                for batch in table.find(file, &sought, part.columns).await? {
                    let mut give = |id: &str, item: crate::timelines::Item| {
                        let Some(patient) = ids.get(id) else { return };
                        item.put(timelines.entry((*patient).clone()).or_default());
                    };
                    (part.take)(&batch, &mut give).map_err(|cause| Error::Shape { table: part.spec.name, cause })?;
                }
            }
        }
        timelines.values_mut().for_each(Timeline::sort);
        Ok(timelines)
    }
}

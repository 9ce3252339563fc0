//! Recent timelines in a key-value store, and vectors from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use strata_features::{Timeline, Vector, compute};
use strata_key_value::{Entry, KeyValue};
use strata_types::{PatientId, Timestamp};

use crate::{Change, Damaged, Limits, Marks, Recent, Taken};

/// Below it lies each patient's recent timeline.
const PATIENTS: &[u8] = b"strata/online/patient/";
/// Below it lie the patients who wait to be read anew from silver.
const WAITING: &[u8] = b"strata/online/waiting/";
/// How far the store has read.
const MARKS: &[u8] = b"strata/online/marks";
/// Entries of the key-value store are ordered by whoever writes: there is one.
const VERSION: i64 = 0;
/// What has expired by any clock.
const LONG_AGO: i64 = 0;
/// Patients that are read and written at once.
const AT_ONCE: usize = 1_000;

/// Why the store cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store below cannot.
    #[error(transparent)]
    KeyValue(#[from] strata_key_value::Error),
    /// What it holds is not what was written.
    #[error(transparent)]
    Damaged(#[from] Damaged),
}

/// The patients' recent timelines. Clones are the same store. It has one writer, and any readers.
#[derive(Clone, Debug)]
pub struct OnlineStore {
    store: Arc<dyn KeyValue>,
    limits: Limits,
    require_enrolment: bool,
}

/// What the store has of a patient.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The rows that still matter.
    pub timeline: Timeline,
    /// From when on vectors are those of the whole record; as of earlier only silver knows. `None`: as of any time.
    pub since: Option<Timestamp>,
    /// Whether a record has come that only silver can judge, and the patient has not been read anew yet.
    pub waits: bool,
}

impl Seen {
    /// What stored bytes say; `None` of a patient who is unknown.
    pub fn read(bytes: &[u8], require_enrolment: bool) -> Result<Option<Self>, Damaged> {
        let (recent, timeline) = Recent::read_timeline(bytes)?;
        let is_known = recent.is_enrolled() || (!require_enrolment && has_rows(&timeline));
        Ok(is_known.then(|| Self { timeline, since: recent.since(), waits: recent.waits() }))
    }

    /// The vector as of `t`; `None` where the store has let go of what it would take.
    pub fn vector(&self, t: Timestamp) -> Option<Vector> {
        self.since.is_none_or(|since| since <= t).then(|| compute(&self.timeline, t))
    }
}

/// What silver says of the whole record of a patient who waits. It must have everything that the store had read when they
/// began to wait; what the store has read since stands its ground.
#[derive(Clone, Debug)]
pub struct Repair {
    /// Whose record it is.
    pub patient: PatientId,
    /// The rows of silver.
    pub silver: Vec<Change>,
    /// Whether the patient has to be read anew once more, for what came late since.
    pub waits_on: bool,
}

/// What became of a batch of records.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// Patients of whom something came that only silver can judge.
    pub late: Vec<PatientId>,
}

impl OnlineStore {
    /// The timelines in this store. Where enrolment is required, who has no record of their own is unknown.
    pub fn new(store: Arc<dyn KeyValue>, limits: Limits, require_enrolment: bool) -> Self {
        Self { store, limits, require_enrolment }
    }

    /// What there is of a patient; `None` of one who is unknown.
    pub async fn seen(&self, patient: &PatientId) -> Result<Option<Seen>, Error> {
        let found = self.store.get(&key(patient)).await?;
        found.map(|bytes| self.read(&bytes)).transpose().map(Option::flatten)
    }

    /// What there is of each of these patients, in their order.
    pub async fn seen_many(&self, patients: &[PatientId]) -> Result<Vec<Option<Seen>>, Error> {
        let keys: Vec<Bytes> = patients.iter().map(|patient| key(patient).into()).collect();
        let found = self.store.get_many(&keys).await?.into_iter();
        found.map(|found| found.map(|bytes| self.read(&bytes)).transpose().map(Option::flatten)).collect()
    }

    /// A patient's stored bytes.
    pub async fn stored(&self, patient: &PatientId) -> Result<Option<Bytes>, Error> {
        Ok(self.store.get(&key(patient)).await?)
    }

    fn read(&self, bytes: &[u8]) -> Result<Option<Seen>, Error> {
        Ok(Seen::read(bytes, self.require_enrolment)?)
    }

    /// Patients after this one, in the order of their ids, with their stored bytes; at most so many, and fewer only at the
    /// end.
    pub async fn page(&self, after: Option<&PatientId>, limit: usize) -> Result<Vec<(PatientId, Bytes)>, Error> {
        let after = after.map(key);
        let found = self.store.scan(PATIENTS, after.as_deref(), limit).await?;
        found.into_iter().map(|(key, bytes)| Ok((patient_of(&key, PATIENTS)?, bytes))).collect()
    }

    /// How far the store has read; `None` when it was never filled, or in another form.
    pub async fn marks(&self) -> Result<Option<Marks>, Error> {
        match self.store.get(MARKS).await? {
            Some(bytes) => Ok(Marks::read(&bytes)?),
            None => Ok(None),
        }
    }

    /// Says how far it has read, of what has been put before.
    pub async fn mark(&self, marks: &Marks) -> Result<(), Error> {
        Ok(self.store.put_many(vec![Entry::new(MARKS, VERSION, marks.bytes())]).await?)
    }

    /// Lets records have their say, and marks how far the log was read with that: both or neither are there after a crash.
    pub async fn apply(&self, changes: BTreeMap<PatientId, Vec<Change>>, marks: &Marks) -> Result<Applied, Error> {
        let mut applied = Applied::default();
        let mut entries = Vec::with_capacity(changes.len() + 1);
        let (patients, changes): (Vec<PatientId>, Vec<_>) = changes.into_iter().unzip();
        let keys: Vec<Bytes> = patients.iter().map(|patient| key(patient).into()).collect();
        let found = self.store.get_many(&keys).await?;
        for ((patient, changes), (key, found)) in patients.into_iter().zip(changes).zip(keys.into_iter().zip(found)) {
            let mut recent = recent(found.as_deref());
            let (enrolled, waited) = (recent.is_enrolled(), recent.waits());
            let (mut changed, mut late) = (false, false);
            for change in changes {
                let taken = recent.apply(change);
                changed |= taken == Taken::Stands;
                late |= taken == Taken::Late;
            }
            // What waited for a patient's record in quarantine comes back, and is in silver alone.
            if self.require_enrolment && !enrolled && recent.is_enrolled() {
                recent.wait();
                late = true;
            }
            if late {
                if !waited {
                    entries.push(Entry::new([WAITING, patient.as_str().as_bytes()].concat(), VERSION, Bytes::new()));
                }
                applied.late.push(patient);
            }
            if changed || recent.waits() != waited {
                recent.settle(self.limits);
                entries.push(Entry::new(key, VERSION, recent.bytes()));
            }
        }
        entries.push(Entry::new(MARKS, VERSION, marks.bytes()));
        self.store.put_many(entries).await?;
        Ok(applied)
    }

    /// Puts timelines that were made from silver in the place of whatever there was of these patients.
    pub async fn fill(&self, timelines: Vec<(PatientId, Recent)>) -> Result<(), Error> {
        for some in timelines.chunks(AT_ONCE) {
            let entry = |(patient, recent): &(PatientId, Recent)| Entry::new(key(patient), VERSION, recent.bytes());
            self.store.put_many(some.iter().map(entry).collect()).await?;
        }
        Ok(())
    }

    /// Takes in what silver says of the whole records of patients who [wait](Self::waiting).
    pub async fn repair(&self, repairs: Vec<Repair>) -> Result<(), Error> {
        let keys: Vec<Bytes> = repairs.iter().map(|repair| key(&repair.patient).into()).collect();
        let found = self.store.get_many(&keys).await?;
        let mut entries = Vec::with_capacity(2 * repairs.len());
        for (Repair { patient, silver, waits_on }, (key, found)) in repairs.into_iter().zip(keys.into_iter().zip(found))
        {
            let mut recent = recent(found.as_deref()).repaired(silver);
            recent.settle(self.limits);
            if waits_on {
                recent.wait();
            } else {
                entries.push(gone([WAITING, patient.as_str().as_bytes()].concat()));
            }
            entries.push(Entry::new(key, VERSION, recent.bytes()));
        }
        Ok(self.store.put_many(entries).await?)
    }

    /// Patients who wait to be read anew from silver; at most so many.
    pub async fn waiting(&self, limit: usize) -> Result<Vec<PatientId>, Error> {
        let found = self.store.scan(WAITING, None, limit).await?;
        found.into_iter().map(|(key, _)| patient_of(&key, WAITING)).collect()
    }

    /// Takes everything away, first of all how far the store has read.
    pub async fn clear(&self) -> Result<(), Error> {
        self.store.delete(MARKS).await?;
        for prefix in [PATIENTS, WAITING] {
            loop {
                let page = self.store.scan(prefix, None, AT_ONCE).await?;
                if page.is_empty() {
                    break;
                }
                self.store.put_many(page.into_iter().map(|(key, _)| gone(key)).collect()).await?;
            }
        }
        Ok(())
    }

    /// The limits that timelines are settled by.
    pub fn limits(&self) -> Limits {
        self.limits
    }
}

/// What was stored; what is damaged is read anew from silver.
fn recent(stored: Option<&[u8]>) -> Recent {
    let Some(stored) = stored else { return Recent::default() };
    Recent::read(stored).unwrap_or_else(|Damaged| {
        let mut recent = Recent::default();
        recent.wait();
        recent
    })
}

/// An entry that takes away what there is.
fn gone(key: impl Into<Bytes>) -> Entry {
    Entry::new(key, VERSION, Bytes::new()).until(LONG_AGO)
}

fn has_rows(timeline: &Timeline) -> bool {
    !(timeline.vitals.is_empty()
        && timeline.labs.is_empty()
        && timeline.medications.is_empty()
        && timeline.adverse_events.is_empty())
}

fn patient_of(key: &[u8], below: &[u8]) -> Result<PatientId, Error> {
    let id = std::str::from_utf8(key.get(below.len()..).unwrap_or_default()).map_err(|_| Damaged)?;
    Ok(id.parse().map_err(|_| Damaged)?)
}

fn key(patient: &PatientId) -> Vec<u8> {
    [PATIENTS, patient.as_str().as_bytes()].concat()
}

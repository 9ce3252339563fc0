//! Patients of whom something came that only silver can judge: who they are, and reading them anew.
//!
//! Silver is read beside the log, so that who follows it is not kept waiting. That is safe, because what the store reads
//! meanwhile has its rank and stands its ground, and whoever has something come late meanwhile waits on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use strata_online_store::{Change, Marks, OnlineStore, Repair};
use strata_types::{PatientId, Topic};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;

use crate::waiting::Waiting;
use crate::{Error, Silver};

/// How often is looked at silver while somebody waits for it.
const LOOK: Duration = Duration::from_secs(1);
/// Reading anew takes this part of the time at most: silver is read whole for it, and others need the cores too.
const PART: u32 = 5;
/// Rows of silver that are held at once, about.
const ROWS: usize = 400_000;
/// Patients who are read at once, at the fewest and at the most.
const PATIENTS: (usize, usize) = (50, 2_000);

/// How far silver has read the live log.
type Reach = BTreeMap<(Topic, u8), u64>;

/// Whole records of patients.
type Records = Vec<(PatientId, Vec<Change>)>;

/// Who waits, and what is being read of silver for them.
pub(crate) struct Repairs {
    silver: Silver,
    waiting: BTreeMap<PatientId, Waiting>,
    reading: Option<Reading>,
    next_look: Instant,
    /// Patients whose rows fit into memory together, as they were last.
    at_once: usize,
}

/// Whole records that are being read.
struct Reading {
    began: Instant,
    reach: Reach,
    found: JoinHandle<Result<Records, Error>>,
}

impl Repairs {
    /// Of those who waited before, when the store had read so far.
    pub(crate) fn new(silver: Silver, patients: Vec<PatientId>, marks: &Marks) -> Self {
        let since = Waiting::since(&Arc::new(marks.clone()));
        let waiting = patients.into_iter().map(|patient| (patient, since.clone())).collect();
        Self { silver, waiting, reading: None, next_look: Instant::now() + LOOK, at_once: PATIENTS.0 }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Something of these patients came late, when the store had read so far.
    pub(crate) fn late(&mut self, patients: Vec<PatientId>, marks: &Marks) {
        if patients.is_empty() {
            return;
        }
        let now = Waiting::since(&Arc::new(marks.clone()));
        for patient in patients {
            self.waiting.entry(patient).or_insert_with(|| now.clone()).again(&now);
        }
    }

    /// Whether it is time to look at silver; it is not, while something is being read.
    pub(crate) fn is_due(&self) -> bool {
        self.reading.is_none() && Instant::now() >= self.next_look
    }

    /// Begins to read those for whom silver has everything that the store had read when they began to wait.
    pub(crate) async fn begin(&mut self) -> Result<(), Error> {
        self.next_look = Instant::now() + LOOK;
        if !self.waiting.values().any(Waiting::is_due) {
            return Ok(());
        }
        let reach = self.silver.marks().await?;
        let ripe = self.waiting.iter().filter(|(_, waiting)| waiting.is_due() && has(&reach, &waiting.marks));
        let ripe: Vec<PatientId> = ripe.map(|(patient, _)| patient.clone()).take(self.at_once).collect();
        if ripe.is_empty() {
            return Ok(());
        }
        let (silver, runtime) = (self.silver.clone(), Handle::current());
        let found = spawn_blocking(move || runtime.block_on(silver.of(&ripe)));
        self.reading = Some(Reading { began: Instant::now(), reach, found });
        Ok(())
    }

    /// Takes in what was read, if it has been; gives how many patients that were.
    pub(crate) async fn finish(&mut self, store: &OnlineStore, marks: &Marks) -> Result<u64, Error> {
        let Some(Reading { began, reach, found }) = self.reading.take_if(|reading| reading.found.is_finished()) else {
            return Ok(0);
        };
        let found = found.await??;
        let (patients, rows) = (found.len(), found.iter().map(|(_, changes)| changes.len()).sum::<usize>());
        self.at_once = (ROWS * patients / rows.max(1)).clamp(PATIENTS.0, PATIENTS.1);
        let now = Arc::new(marks.clone());
        let repair = |(patient, silver)| {
            let waits_on = self.waiting.get(&patient).is_some_and(|waiting| !has(&reach, &waiting.late));
            Repair { patient, silver, waits_on }
        };
        let repairs: Vec<Repair> = found.into_iter().map(repair).collect();
        let judged: Vec<_> = repairs.iter().map(|repair| (repair.patient.clone(), repair.waits_on)).collect();
        store.repair(repairs).await?;
        for (patient, waits_on) in judged {
            if waits_on && let Some(known) = self.waiting.get_mut(&patient) {
                known.on(&now);
            } else {
                self.waiting.remove(&patient);
            }
        }
        self.next_look = Instant::now() + LOOK.max(began.elapsed() * PART);
        Ok(patients as u64)
    }
}

/// Whether silver, which has read so far, has all that the store had read.
fn has(reach: &Reach, marks: &Marks) -> bool {
    marks.live.iter().all(|(place, mark)| reach.get(place).is_some_and(|next| *next >= mark.next))
}

//! A patient's recent timeline: what each record changes, and what can be let go. Pure.

use std::cmp::Ordering;
use std::sync::Arc;

use strata_features::{AdverseEvent, Dose, Lab, PatientFacts, Timeline, Vitals};
use strata_types::{MINUTE, Timestamp};

use crate::change::{Change, Rank, What};
use crate::part::{Entry, Kind, Part, Taken, compare};

/// How far before the patient's newest event it is settled: who asks as of a moment ago is answered too.
const SLACK: i64 = 10 * MINUTE;

/// What a store is told of its patients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How late a record may come, after the newest event of its patient, and still find its key here, in microseconds.
    pub lateness: i64,
}

/// A patient's recent timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    /// The names that keys have beside time and variable; the first is nobody's.
    pub(crate) names: Vec<Arc<str>>,
    pub(crate) patient: Option<(Rank, Option<PatientFacts>)>,
    pub(crate) vitals: Part<Vitals>,
    pub(crate) labs: Part<Lab>,
    pub(crate) medications: Part<Dose>,
    pub(crate) adverse_events: Part<AdverseEvent>,
    /// As of when it is settled, and the limits that held then.
    pub(crate) settled: Option<(Timestamp, i64)>,
    /// From when on its vectors are those of the whole record.
    pub(crate) since: Option<Timestamp>,
    /// Whether a record has come that only silver can judge.
    pub(crate) waits: bool,
}

impl Recent {
    /// Lets a record have its say, and gives whether anything is another thing now. What comes too late for its key to be
    /// here has none: the patient [waits](Self::waits) for silver, which has the key.
    pub fn apply(&mut self, change: Change) -> Taken {
        let Change { time, name, rank, what } = change;
        let horizon = match &what {
            What::Patient(_) => None,
            What::Vitals(_) => self.horizon::<Vitals>(),
            What::Lab(..) => self.horizon::<Lab>(),
            What::Dose(_) => self.horizon::<Dose>(),
            What::AdverseEvent(_) => self.horizon::<AdverseEvent>(),
        };
        if horizon.is_some_and(|horizon| time <= horizon) {
            self.waits = true;
            return Taken::Late;
        }
        let name = if matches!(what, What::Patient(_)) { 0 } else { self.name(name) };
        let rank = Some(rank);
        let taken = match what {
            What::Patient(facts) => self.apply_patient(rank, facts),
            What::Vitals(row) => self.vitals.apply(Entry { time, code: 0, name, rank, row }),
            What::Lab(code, row) => self.labs.apply(Entry { time, code, name, rank, row }),
            What::Dose(row) => self.medications.apply(Entry { time, code: 0, name, rank, row }),
            What::AdverseEvent(row) => self.adverse_events.apply(Entry { time, code: 0, name, rank, row }),
        };
        self.waits |= taken == Taken::Late;
        taken
    }

    fn apply_patient(&mut self, rank: Option<Rank>, facts: Option<PatientFacts>) -> Taken {
        let standing = self.patient.as_ref();
        match compare(rank.as_ref(), standing.map(|(rank, _)| rank)) {
            None if standing.is_some_and(|(_, known)| *known != facts) => return Taken::Late,
            Some(Ordering::Greater) => {}
            _ if standing.is_some() => return Taken::Falls,
            _ => {}
        }
        self.patient = rank.map(|rank| (rank, facts));
        Taken::Stands
    }

    /// Lets go what no vector from now on can see. One that waits for silver lets nothing go.
    pub fn settle(&mut self, limits: Limits) {
        if self.waits {
            return;
        }
        let (newest, ingested) = (self.newest(), self.ingested());
        if let Some(ingested) = ingested {
            self.forget_ties(ingested);
        }
        // An event that is ahead of its own arrival settles nothing before its time.
        let Some(newest) = newest.map(|newest| ingested.map_or(newest, |ingested| newest.min(ingested))) else {
            return;
        };
        let t = self.settled.map_or(newest - SLACK, |(before, _)| before.max(newest - SLACK));
        self.settled = Some((t, limits.lateness));
        let horizons = (self.horizon::<Vitals>(), self.horizon::<AdverseEvent>());
        let (Some(day), Some(days)) = horizons else { return };
        let known = [
            self.vitals.settle(t, day),
            self.labs.settle(t, day),
            self.medications.settle(t, day),
            self.adverse_events.settle(t, days),
        ];
        self.since = known.into_iter().flatten().chain(self.since).chain([t]).max();
    }

    /// Takes in what it knew before beside what silver says of the whole record, and no longer waits. Of what was known,
    /// what still has a rank counts; the rest is in silver.
    #[must_use]
    pub fn repaired(self, silver: impl IntoIterator<Item = Change>) -> Self {
        let mut whole = Self::default();
        silver.into_iter().for_each(|change| _ = whole.apply(change));
        for change in self.into_changes() {
            whole.apply(change);
        }
        // Nothing was let go of it yet, so all keys are there; a tie that nobody remembers is between what silver has taken
        // in and what it has beaten.
        whole.waits = false;
        whole
    }

    fn into_changes(self) -> Vec<Change> {
        fn each<R>(
            part: Part<R>,
            changes: &mut Vec<Change>,
            name: &dyn Fn(u32) -> Arc<str>,
            what: fn(u8, Option<R>) -> What,
        ) {
            for entry in part.0 {
                let Some(rank) = entry.rank else { continue };
                let what = what(entry.code, entry.row);
                changes.push(Change { time: entry.time, name: name(entry.name), rank, what });
            }
        }
        let names = self.names;
        let name = |number: u32| names.get(number as usize).cloned().unwrap_or_else(|| "".into());
        let mut changes = Vec::new();
        if let Some((rank, facts)) = self.patient {
            changes.push(Change { time: Timestamp(0), name: "".into(), rank, what: What::Patient(facts) });
        }
        each(self.vitals, &mut changes, &name, |_, row| What::Vitals(row));
        each(self.labs, &mut changes, &name, What::Lab);
        each(self.medications, &mut changes, &name, |_, row| What::Dose(row));
        each(self.adverse_events, &mut changes, &name, |_, row| What::AdverseEvent(row));
        changes
    }

    /// The timeline, for [`strata_features::compute`].
    pub fn timeline(&self) -> Timeline {
        fn rows<R: Kind>(part: &Part<R>) -> Vec<R> {
            part.0.iter().filter_map(|entry| entry.row.clone()).collect()
        }
        let mut timeline = Timeline {
            patient: self.patient.as_ref().and_then(|(_, facts)| *facts).unwrap_or_default(),
            vitals: rows(&self.vitals),
            labs: rows(&self.labs),
            medications: rows(&self.medications),
            adverse_events: rows(&self.adverse_events),
        };
        timeline.sort();
        timeline
    }

    /// Whether the patient has a record of their own.
    pub fn is_enrolled(&self) -> bool {
        self.patient.as_ref().is_some_and(|(_, facts)| facts.is_some())
    }

    /// Whether anything stands of the patient: one of whom everything was refused is unknown.
    pub fn is_known(&self) -> bool {
        self.is_enrolled() || self.newest().is_some()
    }

    /// From when on its vectors are those of the whole record; `None` while nothing was let go.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Whether it has to be read anew from silver.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Has it read anew from silver.
    pub fn wait(&mut self) {
        self.waits = true;
    }

    /// When the newest of what stands became known.
    pub fn known(&self) -> Option<Timestamp> {
        let events = self.adverse_events.known().max(self.medications.known());
        self.vitals.known().max(self.labs.known()).max(events)
    }

    /// The time of the newest row.
    fn newest(&self) -> Option<Timestamp> {
        let events = self.adverse_events.newest().max(self.medications.newest());
        self.vitals.newest().max(self.labs.newest()).max(events)
    }

    fn ingested(&self) -> Option<Timestamp> {
        let events = self.adverse_events.ingested().max(self.medications.ingested());
        self.vitals.ingested().max(self.labs.ingested()).max(events)
    }

    fn forget_ties(&mut self, newest: Timestamp) {
        self.vitals.forget_ties(newest);
        self.labs.forget_ties(newest);
        self.medications.forget_ties(newest);
        self.adverse_events.forget_ties(newest);
    }

    /// What is after it has its key here.
    fn horizon<R: Kind>(&self) -> Option<Timestamp> {
        self.settled.map(|(t, lateness)| t - R::WINDOW.max(lateness))
    }

    /// The number of a name.
    fn name(&mut self, name: Arc<str>) -> u32 {
        if self.names.is_empty() {
            self.names.push("".into());
        }
        let known = self.names.iter().skip(1).position(|known| *known == name);
        let number = known.map_or(self.names.len(), |at| at + 1);
        if number == self.names.len() {
            self.names.push(name);
        }
        number as u32
    }
}

//! Records that land and are refined on one side, and are followed on the other.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use strata_feature_store::{FeatureStore, Labelling};
use strata_features::{FEATURES, Timeline, compute};
use strata_key_value::Embedded;
use strata_lakehouse::Lakehouse;
use strata_landing::{Availability, Bronze, LIVE, open};
use strata_objects::Objects;
use strata_online_feed::{Silver, live_changes};
use strata_online_store::{Limits, Marks, OnlineStore, Repair};
use strata_refinery::{LiveRecord, Refinery, Settings};
use strata_runtime::clock::System;
use strata_types::{HOUR, LabelRule, PatientId, Timestamp, Topic};

pub(crate) const START: i64 = 1_767_225_600_000_000; // 2026-01-01T00:00:00Z

/// A record and when it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) topic: Topic,
    pub(crate) patient: PatientId,
    pub(crate) logged: Timestamp,
    pub(crate) line: String,
}

/// Both sides below one folder.
pub(crate) struct World<'a> {
    root: &'a Path,
    pub(crate) settings: Settings,
}

impl<'a> World<'a> {
    pub(crate) fn new(root: &'a Path, settings: Settings) -> Self {
        Self { root, settings }
    }

    fn bronze(&self) -> Bronze {
        Bronze::new(Objects::directory(self.root).unwrap())
    }

    fn lakehouse(&self) -> Lakehouse {
        Lakehouse::open(&self.root.join("tables"), Vec::new()).unwrap()
    }

    pub(crate) fn silver(&self) -> Silver {
        Silver::new(self.lakehouse(), self.bronze())
    }

    pub(crate) fn offline(&self) -> FeatureStore {
        FeatureStore::new(self.lakehouse(), Labelling { rule: LabelRule::default(), grid_hours: 1.0 })
    }

    /// A store with nothing in it.
    pub(crate) fn online(&self, name: &str) -> OnlineStore {
        let below = Embedded::open(&self.root.join(name), Arc::new(System)).unwrap();
        OnlineStore::new(Arc::new(below), Limits { lateness: 24 * HOUR }, self.settings.require_enrolment)
    }

    /// Lands arrivals as a log, and refines them.
    pub(crate) async fn refine(&self, log: &str, arrivals: Vec<Arrival>) {
        let objects = Objects::directory(self.root).unwrap();
        let (mut writer, flusher) = open(objects, log, Availability::AtArrival, Timestamp(0), 300).await.unwrap();
        let writing = tokio::task::spawn_blocking(move || {
            for arrival in arrivals {
                writer.append(arrival.topic, &arrival.patient, Some(arrival.logged), arrival.line.as_bytes()).unwrap();
            }
            writer.finish().unwrap()
        });
        let (written, landed) = tokio::join!(writing, flusher.run());
        written.unwrap();
        landed.unwrap();
        let refinery = Refinery::new(self.bronze(), self.lakehouse(), self.settings);
        refinery.run(Timestamp(START), &mut |_| {}).await.unwrap();
    }

    /// Follows the same records, in batches of so many.
    pub(crate) async fn follow(&self, store: &OnlineStore, arrivals: &[Arrival], batch: usize) {
        for arrivals in arrivals.chunks(batch.max(1)) {
            let mut records: HashMap<Topic, Vec<LiveRecord>> = HashMap::new();
            for arrival in arrivals {
                let line = arrival.line.clone().into_bytes();
                let record = LiveRecord { partition: 0, offset: 0, logged: arrival.logged, line };
                records.entry(arrival.topic).or_default().push(record);
            }
            let mut changes = BTreeMap::new();
            for (topic, records) in records {
                live_changes(topic, &records, self.settings.on_invalid, &mut changes).unwrap();
            }
            store.apply(changes, &Marks::default()).await.unwrap();
        }
    }

    /// Reads those anew who wait for silver, which has everything.
    pub(crate) async fn repair(&self, store: &OnlineStore) {
        let waiting = store.waiting(usize::MAX).await.unwrap();
        let found = self.silver().of(&waiting).await.unwrap().into_iter();
        let repair = |(patient, silver)| Repair { patient, silver, waits_on: false };
        store.repair(found.map(repair).collect()).await.unwrap();
        assert!(store.waiting(1).await.unwrap().is_empty());
    }

    /// The features in which a store differs from silver, by patient; nothing when it does not.
    pub(crate) async fn differences(&self, store: &OnlineStore, patients: &[PatientId]) -> Vec<String> {
        let mut found = Vec::new();
        for patient in patients {
            let offline: Option<Timeline> = self.offline().timeline(patient).await.unwrap();
            let seen = store.seen(patient).await.unwrap();
            let (Some(offline), Some(seen)) = (&offline, &seen) else {
                if offline.is_some() != seen.is_some() {
                    found.push(format!("{patient}: offline {}, online {}", offline.is_some(), seen.is_some()));
                }
                continue;
            };
            let from = seen.since.unwrap_or(Timestamp(START));
            for hours in [0, 1, 5, 12, 24, 30, 72, 200] {
                let t = from + hours * HOUR;
                let (ours, theirs) = (seen.vector(t).unwrap(), compute(offline, t));
                let differing =
                    ours.iter().zip(&theirs).zip(&FEATURES).filter(|((a, b), _)| a.to_bits() != b.to_bits());
                found.extend(differing.map(|((a, b), feature)| format!("{patient} at {t}: {} {a} {b}", feature.name)));
            }
        }
        found
    }
}

/// The name of the live log.
pub(crate) const LOG: &str = LIVE;

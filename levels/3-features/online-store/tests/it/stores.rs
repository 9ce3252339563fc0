//! The store over a folder and over Redis: the same suite.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_config::Secret;
use strata_features::sign::HR;
use strata_features::{PatientFacts, Vitals};
use strata_key_value::KeyValue;
use strata_online_store::{Change, Limits, Mark, Marks, OnlineStore, Rank, Repair, Tie, What};
use strata_runtime::clock::System;
use strata_testkit::RedisServer;
use strata_types::{HOUR, MINUTE, PatientId, Timestamp, Topic};

use crate::history::{DAY, NOON};

fn reading(time: i64, late: i64, rate: f64) -> Change {
    let (time, ingested_at) = (Timestamp(time), Timestamp(time + late));
    let mut row = Vitals { available_at: ingested_at, ..Vitals::at(time) };
    row.signs[HR] = rate;
    let tie = Some(Tie { event_id: "e".into(), record_hash: rate as i64 });
    Change { time, name: "bed".into(), rank: Rank { ingested_at, tie }, what: What::Vitals(Some(row)) }
}

fn patient(number: usize) -> PatientId {
    format!("p{number:04}").parse().unwrap()
}

fn store(below: &Arc<dyn KeyValue>, require_enrolment: bool) -> OnlineStore {
    OnlineStore::new(Arc::clone(below), Limits { lateness: 24 * HOUR }, require_enrolment)
}

fn marks(next: u64) -> Marks {
    let mark = Mark { next, logged: Some(Timestamp(NOON)) };
    Marks { live: [((Topic::Vitals, 3), mark)].into(), silver: 7 }
}

async fn suite(below: Arc<dyn KeyValue>) {
    let store = store(&below, false);
    assert_eq!(store.marks().await.unwrap(), None, "it was never filled");
    assert!(store.seen(&patient(1)).await.unwrap().is_none());

    // Many patients, in several batches; each comes back, and how far was read with it.
    for batch in 0..3_i64 {
        let change = |number: usize| (patient(number), vec![reading(NOON + batch * MINUTE, 0, 60.0 + batch as f64)]);
        let applied = store.apply((0..1_500).map(change).collect(), &marks(batch as u64)).await.unwrap();
        assert!(applied.late.is_empty());
        assert_eq!(store.marks().await.unwrap(), Some(marks(batch as u64)));
    }
    let seen = store.seen(&patient(1_499)).await.unwrap().unwrap();
    assert_eq!(seen.vector(Timestamp(NOON + HOUR)).unwrap()[0], 62.0);
    let asked = [patient(7), patient(9_999), patient(7)];
    let many = store.seen_many(&asked).await.unwrap();
    assert_eq!(many.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);

    // Fault 19: listings are not paged: after 1,000 objects data is silently ignored.
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.page(after.as_ref(), 400).await.unwrap();
        after = page.last().map(|(patient, _)| patient.clone());
        let full = page.len() == 400;
        all.extend(page.into_iter().map(|(patient, _)| patient));
        if !full {
            break;
        }
    }
    assert_eq!(all, (0..1_500).map(patient).collect::<Vec<_>>());

    // What comes very late waits for silver, also over a restart, and is repaired by it.
    let late = reading(NOON - 5 * DAY, 5 * DAY, 99.0);
    let applied = store.apply(BTreeMap::from([(patient(3), vec![late.clone()])]), &marks(9)).await.unwrap();
    assert_eq!(applied.late, [patient(3)]);
    assert_eq!(store.waiting(10).await.unwrap(), [patient(3)]);
    assert!(store.seen(&patient(3)).await.unwrap().unwrap().waits);
    let silver = (0..3)
        .map(|batch| reading(NOON + batch * MINUTE, 0, 60.0 + batch as f64))
        .chain([late.clone()])
        .collect::<Vec<_>>();
    // Many at once; who has something come late meanwhile waits on.
    let other = store.apply(BTreeMap::from([(patient(4), vec![late.clone()])]), &marks(10)).await.unwrap();
    assert_eq!(other.late, [patient(4)]);
    let repair = |number, waits_on| Repair { patient: patient(number), silver: silver.clone(), waits_on };
    store.repair(vec![repair(3, false), repair(4, true)]).await.unwrap();
    assert_eq!(store.waiting(10).await.unwrap(), [patient(4)]);
    assert!(store.seen(&patient(4)).await.unwrap().unwrap().waits);
    store.repair(vec![repair(4, false)]).await.unwrap();
    assert_eq!(store.waiting(10).await.unwrap(), []);
    let seen = store.seen(&patient(3)).await.unwrap().unwrap();
    assert_eq!(seen.vector(Timestamp(NOON + HOUR)).unwrap()[0], 62.0);
    assert!(seen.vector(seen.since.unwrap() - 1).is_none(), "as of earlier only silver knows");

    store.clear().await.unwrap();
    assert_eq!(store.marks().await.unwrap(), None);
    assert!(store.page(None, 10).await.unwrap().is_empty() && store.seen(&patient(3)).await.unwrap().is_none());
}

#[tokio::test]
async fn the_suite_passes_over_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let below = strata_key_value::Embedded::open(folder.path(), Arc::new(System)).unwrap();
    suite(Arc::new(below)).await;
}

#[tokio::test]
async fn the_suite_passes_over_redis() {
    let Some(server) = RedisServer::start() else { return };
    suite(Arc::new(strata_key_value::Redis::open(&Secret::new(server.url())).await.unwrap())).await;
}

/// Where enrolment is required, a patient is unknown until their record comes; what waited until then is in silver.
#[tokio::test]
async fn who_is_not_enrolled_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let below: Arc<dyn KeyValue> = Arc::new(strata_key_value::Embedded::open(folder.path(), Arc::new(System)).unwrap());
    let (open, strict) = (store(&below, false), store(&below, true));
    strict.apply(BTreeMap::from([(patient(1), vec![reading(NOON, 0, 70.0)])]), &marks(1)).await.unwrap();
    assert!(strict.seen(&patient(1)).await.unwrap().is_none());
    assert!(open.seen(&patient(1)).await.unwrap().is_some());
    let rank = Rank { ingested_at: Timestamp(NOON), tie: None };
    let record =
        Change { time: Timestamp(0), name: "".into(), rank, what: What::Patient(Some(PatientFacts::default())) };
    let applied = strict.apply(BTreeMap::from([(patient(1), vec![record])]), &marks(2)).await.unwrap();
    assert_eq!(applied.late, [patient(1)]);
    assert!(strict.seen(&patient(1)).await.unwrap().is_some());
}

/// Two stores that read each other's bytes hold the same state.
#[tokio::test]
async fn a_store_is_opened_again_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn KeyValue> {
        Arc::new(strata_key_value::Embedded::open(folder.path(), Arc::new(System)).unwrap())
    };
    let below = open();
    store(&below, false).apply(BTreeMap::from([(patient(1), vec![reading(NOON, 0, 70.0)])]), &marks(4)).await.unwrap();
    let before = store(&below, false).page(None, 10).await.unwrap();
    drop(below);
    let below = open();
    assert_eq!(store(&below, false).page(None, 10).await.unwrap(), before);
    assert_eq!(store(&below, false).marks().await.unwrap(), Some(marks(4)));
}

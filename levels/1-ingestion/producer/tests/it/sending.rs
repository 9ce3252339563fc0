//! What arrives, where, and how fast.

use std::collections::HashMap;

use strata_broker::client::Admin;
use strata_broker::embedded::Settings as BrokerSettings;
use strata_producer::{Ended, Error, Pace, Settings};
use strata_sources::synthetic::{self, Hospital};
use strata_types::{PARTITIONS, Topic, partition_of};

use crate::world::{Give, Log, Made, numbered};

/// Fault 15: one synchronous send a message, and no key. Fault 18: what was generated never held a duplicate.
#[tokio::test(flavor = "multi_thread")]
async fn a_hospital_arrives_whole_and_each_patient_in_order() {
    let log = Log::start(BrokerSettings::default()).await;
    let settings = synthetic::Settings { patients: 20, days: 1.0, ..synthetic::Settings::default() };
    let report = log.take(Hospital::new(settings).unwrap(), Settings::default()).await.unwrap();
    let summary = report.summary.unwrap();
    let given: u64 = summary.records.iter().map(|(_, count)| count).sum();
    assert_eq!((report.ended, report.refusals), (Ended::Source, vec![]));
    assert_eq!((report.counts.sent, report.counts.acknowledged, report.counts.failed), (given, given, 0));
    assert_eq!(log.records(), given);
    assert!(report.counts.latency_p50_ms <= report.counts.latency_p99_ms && report.counts.latency_p50_ms > Some(0.0));
    let admin = Admin::new(&log.options).unwrap();
    for topic in Topic::EVENTS {
        assert_eq!(admin.partitions(topic.name()).await.unwrap(), Some(i32::from(PARTITIONS)), "{topic}");
    }
    let vitals = summary.records.iter().find(|(topic, _)| topic == Topic::Vitals.name()).unwrap().1;
    let mut times: HashMap<&str, u64> = HashMap::new();
    let sent = log.read(Topic::Vitals, vitals as usize).await;
    for record in &sent {
        assert_eq!(record.partition, i32::from(partition_of(record.key.as_bytes())));
        *times.entry(&record.line).or_default() += 1;
    }
    assert!(times.values().any(|times| *times > 1), "duplicates are sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patients_records_keep_their_order_and_labels_stay_out() {
    let log = Log::start(BrokerSettings::default()).await;
    let mut number = 0;
    let source = Made(move |give: Give<'_>| {
        for patient in (0..5_000).map(|number| format!("p{}", number % 7)) {
            number += 1;
            give(Topic::Labs, &patient, None, &format!("{number:05}"))?;
            give(Topic::Labels, &patient, None, "{}")?;
        }
        Ok(())
    });
    let report = log.take(source, Settings::default()).await.unwrap();
    assert_eq!((report.counts.sent, report.counts.left_out, report.counts.bytes), (5_000, 5_000, 25_000));
    let mut last: HashMap<String, String> = HashMap::new();
    for record in log.read(Topic::Labs, 5_000).await {
        let before = last.insert(record.key, record.line.clone());
        assert!(before < Some(record.line));
    }
    assert!(log.broker.topics().iter().all(|topic| topic != Topic::Labels.name()));
}

/// Fault 15: the promised rate. Faster than it, it cannot be; that it is reached, the schedule's own tests say.
#[tokio::test(flavor = "multi_thread")]
async fn a_pace_is_kept() {
    let log = Log::start(BrokerSettings::default()).await;
    for (pace, seconds) in [(Pace::PerSecond(2_000.0), 0.24), (Pace::TimesLife(2.0), 0.249)] {
        let settings = Settings { pace, ..Settings::default() };
        let report = log.take(numbered(501), settings).await.unwrap();
        assert_eq!(report.counts.acknowledged, 501);
        assert!(report.counts.seconds >= seconds, "{pace:?}: {:?}", report.counts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn life_that_is_not_known_cannot_be_followed() {
    let log = Log::start(BrokerSettings::default()).await;
    let source = Made(|give: Give<'_>| give(Topic::Labs, "p1", None, "{}"));
    let settings = Settings { pace: Pace::TimesLife(60.0), ..Settings::default() };
    assert!(matches!(log.take(source, settings).await, Err(Error::NoArrival)));
}

//! From a real broker to bronze: whatever interrupts the way, each record is there once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use strata_broker::client::{Options, Producer, ProducerSettings};
use strata_broker::embedded::{Broker, Settings, TopicConfig};
use strata_landing::{Bronze, Landing, LiveSettings};
use strata_objects::Objects;
use strata_runtime::{Scope, clock};
use strata_types::Topic;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

struct Log {
    broker: Broker,
    options: Options,
    _scope: Scope,
}

async fn log(folder: &Path) -> Log {
    let broker = Broker::open(folder, Settings::default(), Arc::new(clock::System)).unwrap();
    for topic in Topic::ALL {
        broker.create_topic(topic.name(), None, TopicConfig::default()).await.unwrap();
    }
    let scope = Scope::root("log");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = broker.serve(&scope, listener).unwrap();
    Log { broker, options: Options::new(address.to_string()), _scope: scope }
}

impl Log {
    async fn fill(&self, numbers: std::ops::Range<u64>) {
        let producer = Producer::new(&self.options, &ProducerSettings::default()).unwrap();
        for number in numbers {
            let topic = if number % 3 == 0 { Topic::Labs } else { Topic::Vitals };
            let key = format!("p{}", number % 40);
            producer.post(topic.name(), Some(key.as_bytes()), format!("{{\"n\":{number}}}").as_bytes()).await.unwrap();
        }
        assert_eq!(producer.flush().await.failed, 0);
    }

    fn landing(&self, root: &Path, age: Duration) -> Landing {
        let settings = LiveSettings { object_bytes: 4_000, open_bytes: 1 << 20, age };
        Landing::new(Objects::directory(root).unwrap(), self.options.clone(), settings)
    }
}

/// The numbers in bronze, and how many lines hold them; each partition's objects follow on each other.
async fn numbers(root: &Path) -> (BTreeSet<u64>, usize) {
    let bronze = Bronze::new(Objects::directory(root).unwrap());
    let (mut numbers, mut lines) = (BTreeSet::new(), 0);
    for topic in [Topic::Vitals, Topic::Labs] {
        let mut end = (u8::MAX, 0);
        for manifest in bronze.since(topic, &|_, _| 0).await.unwrap() {
            let expected = if end.0 == manifest.partition { end.1 } else { 0 };
            assert_eq!(manifest.first_offset, expected);
            end = (manifest.partition, manifest.end_offset());
            for line in bronze.read(&manifest).await.unwrap().iter() {
                let line: serde_json::Value = serde_json::from_slice(line).unwrap();
                numbers.insert(line["n"].as_u64().unwrap());
                lines += 1;
            }
        }
    }
    (numbers, lines)
}

/// Lands until bronze holds so many records, then stops in order.
async fn land_until(landing: &Landing, records: u64) {
    let (ends, mut seen) = watch::channel(std::collections::BTreeMap::new());
    let stop = CancellationToken::new();
    let landed = |topic, partition, end| {
        ends.send_modify(|ends| {
            ends.insert((topic, partition), end);
        });
    };
    let run = landing.run(&stop, &landed);
    let enough = async {
        seen.wait_for(|ends| ends.values().sum::<u64>() >= records).await.unwrap();
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(run, enough);
    ran.unwrap();
}

/// Fault 14: flushing one topic committed the offsets of all, and what the others held was lost in a crash.
#[tokio::test(flavor = "multi_thread")]
async fn each_record_lands_once_however_often_it_is_interrupted() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path()).await;
    log.fill(0..3_000).await;
    // Left in the middle of whatever it does, as by kill -9: nothing is finished, nothing is told.
    for part in 1..8_u64 {
        let landing = log.landing(root.path(), Duration::from_millis(1));
        let stop = CancellationToken::new();
        let run = landing.run(&stop, &|_, _, _| {});
        let _ = tokio::time::timeout(Duration::from_millis(part * 60), run).await;
    }
    log.fill(3_000..5_000).await;
    land_until(&log.landing(root.path(), Duration::from_millis(20)), 5_000).await;
    let (numbers, lines) = numbers(root.path()).await;
    assert_eq!((numbers.len(), lines), (5_000, 5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_commits_what_was_read_and_says_what_may_go() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path()).await;
    log.fill(0..500).await;
    let landing = log.landing(root.path(), Duration::from_millis(1));
    land_until(&landing, 500).await;
    assert_eq!(numbers(root.path()).await.1, 500);
    // A second one goes on where the first stopped, and has nothing to do.
    land_until(&landing, 500).await;
    assert_eq!(numbers(root.path()).await.1, 500);
    assert_eq!(log.broker.stats().partitions.iter().map(|partition| partition.end).sum::<i64>(), 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_log_is_refused() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = log(folder.path()).await;
    first.fill(0..200).await;
    land_until(&first.landing(root.path(), Duration::from_millis(1)), 200).await;
    let other = tempfile::tempdir().unwrap();
    let other = log(other.path()).await;
    let error = other.landing(root.path(), Duration::from_secs(1)).run(&CancellationToken::new(), &|_, _, _| {}).await;
    assert!(matches!(error, Err(strata_landing::Error::Log(_))), "{error:?}");
}

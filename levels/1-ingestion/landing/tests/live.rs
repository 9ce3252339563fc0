//! From a real broker to bronze: whatever interrupts the way, each record is there once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use strata_broker::client::{Options, Producer, ProducerSettings};
use strata_broker::embedded::{Broker, Settings, TopicConfig};
use strata_landing::{Beginning, Bronze, Landing, LiveSettings, Stats};
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
    log_with(folder, Settings::default()).await
}

async fn log_with(folder: &Path, settings: Settings) -> Log {
    let broker = Broker::open(folder, settings, Arc::new(clock::System)).unwrap();
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

    fn ends(&self) -> Vec<(Topic, u8, u64)> {
        let partitions = self.broker.stats().partitions.into_iter();
        partitions.map(|one| (one.topic.parse().unwrap(), one.partition as u8, one.end as u64)).collect()
    }

    fn landing(&self, root: &Path, age: Duration) -> Landing {
        self.landing_from(root, age, Beginning::Whole)
    }

    fn landing_from(&self, root: &Path, age: Duration, beginning: Beginning) -> Landing {
        let settings = LiveSettings { object_bytes: 4_000, open_bytes: 1 << 20, age, beginning };
        Landing::new(Objects::directory(root).unwrap(), self.options.clone(), settings)
    }
}

/// The numbers in bronze, and how many lines hold them; each partition's objects follow on each other from 0 on.
async fn numbers(root: &Path) -> (BTreeSet<u64>, usize) {
    numbers_from(root, &|_, _| 0).await
}

async fn numbers_from(root: &Path, begins: &dyn Fn(Topic, u8) -> u64) -> (BTreeSet<u64>, usize) {
    let bronze = Bronze::new(Objects::directory(root).unwrap());
    let (mut numbers, mut lines) = (BTreeSet::new(), 0);
    for topic in [Topic::Vitals, Topic::Labs] {
        let mut end = (u8::MAX, 0);
        for manifest in bronze.since(topic, &|_, _| 0).await.unwrap() {
            let begin = begins(topic, manifest.partition);
            let expected = if end.0 == manifest.partition { end.1 } else { begin };
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
    let landed = |round: &[(Topic, u8, u64)]| {
        let round = round.iter().map(|&(topic, partition, end)| ((topic, partition), end));
        ends.send_modify(|ends| ends.extend(round));
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
        let run = landing.run(&stop, &|_| {});
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
    let error = other.landing(root.path(), Duration::from_secs(1)).run(&CancellationToken::new(), &|_| {}).await;
    assert!(matches!(error, Err(strata_landing::Error::Log(_))), "{error:?}");
}

/// Waits until a landing's numbers say so.
async fn until(landing: &strata_landing::Meter, is_so: impl Fn(&Stats) -> bool) -> Stats {
    loop {
        let stats = landing.stats();
        if is_so(&stats) {
            return stats;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A store that is cut off, here a folder in whose place there is a file, is waited for: nothing is lost, nothing doubled, and
/// memory does not grow meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_waited_for() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path()).await;
    log.fill(0..1_000).await;
    let landing = log.landing(root.path(), Duration::from_millis(1));
    let (meter, stop) = (landing.meter(), CancellationToken::new());
    let (raw, aside) = (root.path().join("raw"), root.path().join("aside"));
    let outage = async {
        until(&meter, |stats| stats.records == 1_000).await;
        std::fs::rename(&raw, &aside).unwrap();
        std::fs::write(&raw, "").unwrap();
        log.fill(1_000..1_500).await;
        let cut_off = until(&meter, |stats| stats.trouble.is_some()).await;
        assert!(cut_off.trouble.unwrap().contains("cannot write"));
        log.fill(1_500..3_000).await;
        let still = meter.stats();
        assert_eq!(meter.lag(log.ends()), 2_000);
        assert_eq!((still.open_bytes, still.records), (cut_off.open_bytes, cut_off.records), "nothing more is taken");
        std::fs::remove_file(&raw).unwrap();
        std::fs::rename(&aside, &raw).unwrap();
        let back = until(&meter, |stats| stats.records == 3_000 && stats.open_bytes == 0).await;
        assert_eq!((back.trouble, meter.lag(log.ends())), (None, 0));
        stop.cancel();
    };
    let (ran, ()) = tokio::join!(landing.run(&stop, &|_| {}), outage);
    ran.unwrap();
    let (numbers, lines) = numbers(root.path()).await;
    assert_eq!((numbers.len(), lines), (3_000, 3_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_is_not_waited_for() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path()).await;
    let objects = Objects::directory(root.path()).unwrap();
    let name = "raw/lab-results/date=2026-01-01/hour=00/live-00-00000000000000000000.ndjson.zst.manifest.json";
    objects.put_new(name, "torn".into()).await.unwrap();
    let landing = log.landing(root.path(), Duration::from_secs(1));
    let ran = landing.run(&CancellationToken::new(), &|_| {}).await;
    assert!(matches!(ran, Err(strata_landing::Error::Damaged { .. })), "{ran:?}");
}

/// A log that others keep has forgotten its first records before Strata came: bronze begins where the log does, goes on from
/// there after a restart, and misses nothing after it. Of the log that is Strata's own, the same is an error.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_has_forgotten_its_beginning() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let forgetful = Settings {
        segment_bytes: 1_000,
        retention_bytes: Some(0),
        retention_interval: Duration::from_hours(1),
        ..Settings::default()
    };
    let log = log_with(folder.path(), forgetful).await;
    for part in 0..40 {
        log.fill(part * 100..(part + 1) * 100).await;
    }
    log.broker.retain().await;
    let begins: std::collections::BTreeMap<_, _> =
        log.broker.stats().partitions.into_iter().map(|one| ((one.topic, one.partition), one.start as u64)).collect();
    let begin = |topic: Topic, partition: u8| begins[&(topic.name().to_owned(), i32::from(partition))];
    let there: u64 = log.broker.stats().partitions.iter().map(|one| (one.end - one.start) as u64).sum();
    assert!(there < 4_000 && begins.values().any(|begin| *begin > 0));

    let whole = log.landing(root.path(), Duration::from_secs(1));
    let ran = whole.run(&CancellationToken::new(), &|_| {}).await;
    assert!(matches!(ran, Err(strata_landing::Error::Log(_))), "{ran:?}");
    for records in [there, there + 500] {
        let landing = log.landing_from(root.path(), Duration::from_millis(1), Beginning::Earliest);
        let (meter, stop) = (landing.meter(), CancellationToken::new());
        let enough = async {
            let new = if records == there { there } else { 500 };
            until(&meter, |stats| stats.records == new).await;
            assert_eq!(meter.lag(log.ends()), 0);
            stop.cancel();
        };
        let (ran, ()) = tokio::join!(landing.run(&stop, &|_| {}), enough);
        ran.unwrap();
        assert_eq!(numbers_from(root.path(), &begin).await.1 as u64, records);
        if records == there {
            log.fill(4_000..4_500).await;
        }
    }
}

/// It runs as a task of a scope, which may be any thread's.
#[tokio::test(flavor = "multi_thread")]
async fn it_runs_in_a_scope() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = log(folder.path()).await;
    let (scope, landing) = (Scope::root("landing"), log.landing(root.path(), Duration::from_secs(1)));
    let stop = scope.token();
    scope.spawn_service("land", async move { landing.run(&stop, &|_| {}).await });
    scope.close(Duration::from_secs(20)).await.unwrap();
    assert!(scope.failure().is_none(), "{:?}", scope.failure());
}

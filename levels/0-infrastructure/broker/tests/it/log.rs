//! What is written is read, by whoever, whenever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use strata_broker::client::{Admin, Consumer, ConsumerSettings, Error, NewTopic, Producer, ProducerSettings, Start};
use strata_broker::embedded::{self, Broker, Settings, TopicConfig, TopicError};
use strata_runtime::clock;

use crate::world::{SOON, Served};

/// Java's murmur2 of three keys, from the tests of Kafka's own `Utils`.
const MURMUR2: [(&str, i32); 3] =
    [("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536)];

#[tokio::test(flavor = "multi_thread")]
async fn a_record_lies_where_its_key_says_with_the_logs_time_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), Settings::default()).await;
    let producer = served.producer();
    let mut written = Vec::new();
    for (key, hash) in MURMUR2 {
        let delivery = producer.send("vitals", Some(key.as_bytes()), key.as_bytes()).await.unwrap();
        written.push((key, hash, delivery.await.unwrap()));
    }
    let rows = served.read("vitals", 16, 3).await;
    for (key, hash, at) in written {
        assert_eq!(at.partition, (hash & i32::MAX) % 16, "{key}");
        let row = rows.iter().find(|row| row.key == key.as_bytes()).unwrap();
        assert_eq!((row.partition, row.offset, row.payload.as_slice()), (at.partition, at.offset, key.as_bytes()));
        assert!(row.time_ms > 1_577_836_800_000, "the log's time: {}", row.time_ms);
    }
    served.broker.check().await.unwrap();
    served.stop().await;

    let served = Served::start(folder.path(), Settings::default()).await;
    assert_eq!(served.read("vitals", 16, 3).await, rows);
    served.stop().await;
}

/// Fault 15: one synchronous send per message.
#[tokio::test(flavor = "multi_thread")]
async fn many_records_travel_together_and_each_is_acknowledged() {
    const RECORDS: u64 = 50_000;
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), Settings::default()).await;
    let producer = served.producer();
    for number in 0..RECORDS {
        let key = format!("P{:05}", number % 1000);
        producer.post("vitals", Some(key.as_bytes()), number.to_string().as_bytes()).await.unwrap();
    }
    let tally = producer.flush().await;
    assert_eq!((tally.delivered, tally.failed, tally.on_their_way), (RECORDS, 0, 0));
    let stats = served.broker.stats();
    assert_eq!(stats.records_in, RECORDS);
    assert!(stats.requests < RECORDS / 20, "{} requests for {RECORDS} records", stats.requests);
    assert_eq!(stats.partitions.iter().map(|partition| partition.end).sum::<i64>(), RECORDS as i64);

    // A patient's records lie in one partition, in the order in which they were sent.
    let mut patients = BTreeMap::<Vec<u8>, (i32, Vec<u64>)>::new();
    for row in served.read("vitals", 16, RECORDS as usize).await {
        let number = String::from_utf8(row.payload).unwrap().parse().unwrap();
        let (partition, numbers) = patients.entry(row.key).or_insert((row.partition, Vec::new()));
        assert_eq!(*partition, row.partition);
        numbers.push(number);
    }
    assert_eq!(patients.len(), 1000);
    assert!(patients.values().all(|(_, numbers)| numbers.is_sorted() && numbers.len() as u64 == RECORDS / 1000));
    served.stop().await;
}

/// Fault 10: two managers at once corrupt each other.
#[tokio::test]
async fn a_folder_has_one_broker() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Broker::open(folder.path(), Settings::default(), Arc::new(clock::System));
    let first = open().unwrap();
    assert!(matches!(open(), Err(embedded::Error::InUse(_))));
    first.close().await.unwrap();
    open().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_asked_about_and_kept_from_clients_while_held() {
    let folder = tempfile::tempdir().unwrap();
    let held = BTreeSet::from(["vitals".to_owned()]);
    let served = Served::start(folder.path(), Settings { held, auto_create: false, ..Settings::default() }).await;
    let admin = Admin::new(&served.options()).unwrap();
    let topic = |name: &str, partitions| NewTopic {
        name: name.to_owned(),
        partitions,
        replication: -1,
        config: vec![("retention.ms".to_owned(), "60000".to_owned())],
    };
    admin.ensure_topics(&[topic("vitals", 4), topic("labs", 2)]).await.unwrap();
    admin.ensure_topics(&[topic("vitals", 4)]).await.unwrap();
    assert_eq!(admin.partitions("vitals").await.unwrap(), Some(4));
    assert_eq!(admin.partitions("nothing").await.unwrap(), None);
    let unknown = NewTopic { config: vec![("retention.hours".to_owned(), "1".to_owned())], ..topic("other", 1) };
    assert!(admin.ensure_topics(&[unknown]).await.is_err());

    let client: rdkafka::admin::AdminClient<_> =
        rdkafka::ClientConfig::new().set("bootstrap.servers", &served.options().bootstrap).create().unwrap();
    let deleted = client.delete_topics(&["vitals", "labs"], &rdkafka::admin::AdminOptions::new()).await.unwrap();
    let refused = deleted[0].as_ref().unwrap_err();
    assert_eq!(refused.1, rdkafka::types::RDKafkaErrorCode::PolicyViolation);
    deleted[1].as_ref().unwrap();
    assert_eq!(served.broker.topics(), ["vitals"]);
    assert!(matches!(served.broker.delete_topic("labs").await, Err(TopicError::Unknown(_))));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_waits_for_who_holds_the_topic_and_a_reader_is_told_what_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        held: BTreeSet::from(["vitals".to_owned()]),
        segment_bytes: 16 << 10,
        retention_bytes: Some(0),
        retention_interval: Duration::from_hours(1),
        ..Settings::default()
    };
    let served = Served::start(folder.path(), settings).await;
    for topic in ["vitals", "free"] {
        served.broker.create_topic(topic, Some(1), TopicConfig::default()).await.unwrap();
        let plain = ProducerSettings { compression: "none".to_owned(), ..ProducerSettings::default() };
        let producer = Producer::new(&served.options(), &plain).unwrap();
        for _ in 0..8 {
            // Each is a batch of its own, and nearly fills a segment.
            producer.send(topic, None, &[b'x'; 12_000]).await.unwrap().await.unwrap();
        }
    }
    let admin = Admin::new(&served.options()).unwrap();
    served.broker.retain().await;
    assert_eq!(admin.watermarks("vitals", 0).await.unwrap().start, 0, "nobody has let go of it");
    let free = admin.watermarks("free", 0).await.unwrap();
    assert!(free.start > 0 && free.start < free.end, "{free:?}");

    served.broker.release("vitals", 0, 3).unwrap();
    served.broker.retain().await;
    let left = admin.watermarks("vitals", 0).await.unwrap();
    assert!(left.start > 0 && left.start <= 3, "{left:?}");
    assert_eq!(left.end, 8);

    let settings = ConsumerSettings::default();
    let late = Consumer::assign(&served.options(), &settings, &[("vitals", 0, Start::At(0))]).unwrap();
    assert!(matches!(late.take(1, SOON, |_| ()).await, Err(Error::OffsetGone(_))));
    let next = Consumer::assign(&served.options(), &settings, &[("vitals", 0, Start::At(left.start))]).unwrap();
    let mut offsets = Vec::new();
    while offsets.len() < 8 - left.start as usize {
        next.take(100, SOON, |record| offsets.push(record.offset)).await.unwrap();
    }
    assert_eq!(offsets, (left.start..8).collect::<Vec<_>>());
    served.stop().await;
}

//! A broker that serves on a port of its own, and what tests ask of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use strata_broker::client::{Consumer, ConsumerSettings, Options, Producer, ProducerSettings, Start};
use strata_broker::embedded::{Broker, Settings};
use strata_runtime::{Scope, clock};
use tokio::net::TcpListener;

pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A broker that serves.
pub(crate) struct Served {
    pub(crate) broker: Broker,
    pub(crate) port: u16,
    scope: Scope,
}

impl Served {
    pub(crate) async fn start(folder: &Path, settings: Settings) -> Self {
        let broker = Broker::open(folder, settings, Arc::new(clock::System)).unwrap();
        let scope = Scope::root("test");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = broker.serve(&scope, listener).unwrap().port();
        Self { broker, port, scope }
    }

    /// Ends it in order: opened again, nothing has to be read.
    pub(crate) async fn stop(self) {
        self.scope.close(Duration::from_secs(5)).await.unwrap();
        assert!(self.scope.failure().is_none(), "{:?}", self.scope.failure());
        self.broker.close().await.unwrap();
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(format!("127.0.0.1:{}", self.port))
    }

    pub(crate) fn producer(&self) -> Producer {
        Producer::new(&self.options(), &ProducerSettings::default()).unwrap()
    }

    /// Reads all partitions of a topic from their beginnings until so many records have come.
    pub(crate) async fn read(&self, topic: &str, partitions: i32, count: usize) -> Vec<Row> {
        read(&self.options(), topic, partitions, count).await
    }
}

/// A record, kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) time_ms: i64,
    pub(crate) key: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

pub(crate) async fn read(options: &Options, topic: &str, partitions: i32, count: usize) -> Vec<Row> {
    let starts: Vec<_> = (0..partitions).map(|partition| (topic, partition, Start::Earliest)).collect();
    let consumer = Consumer::assign(options, &ConsumerSettings::default(), &starts).unwrap();
    let mut rows = Vec::new();
    while rows.len() < count {
        let taken = consumer.take(100_000, SOON, |record| {
            rows.push(Row {
                partition: record.partition,
                offset: record.offset,
                time_ms: record.time_ms,
                key: record.key.unwrap_or_default().to_vec(),
                payload: record.payload.unwrap_or_default().to_vec(),
            });
        });
        assert!(taken.await.unwrap() > 0, "{} of {count} records came", rows.len());
    }
    rows.sort();
    rows
}

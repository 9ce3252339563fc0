//! A broker of its own for each test, sources that are made, and what lies in the log.

use std::sync::Arc;
use std::time::Duration;

use strata_broker::client::{Consumer, ConsumerSettings, Options, Start};
use strata_broker::embedded::{Broker, Settings as BrokerSettings};
use strata_producer::{Error, Production, Report, Settings};
use strata_runtime::{Scope, clock};
use strata_sources::{Availability, Record, Sink, Source, Summary};
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const SOON: Duration = Duration::from_secs(30);

/// A broker that serves.
pub(crate) struct Log {
    pub(crate) broker: Broker,
    pub(crate) options: Options,
    pub(crate) scope: Scope,
    _folder: tempfile::TempDir,
}

impl Log {
    pub(crate) async fn start(settings: BrokerSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let broker = Broker::open(folder.path(), settings, Arc::new(clock::System)).unwrap();
        let scope = Scope::root("log");
        let address = broker.serve(&scope, TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
        Self { broker, options: Options::new(address.to_string()), scope, _folder: folder }
    }

    pub(crate) async fn take(&self, source: impl Source + 'static, settings: Settings) -> Result<Report, Error> {
        let production = Production::new(Box::new(source), self.options.clone(), settings).unwrap();
        production.run(&CancellationToken::new()).await
    }

    /// How many records there are, by all partitions' ends.
    pub(crate) fn records(&self) -> u64 {
        self.broker.stats().partitions.iter().map(|partition| partition.end as u64).sum()
    }

    /// So many records of a topic, in the order of partition and offset.
    pub(crate) async fn read(&self, topic: Topic, count: usize) -> Vec<Sent> {
        let starts: Vec<_> =
            (0..i32::from(PARTITIONS)).map(|partition| (topic.name(), partition, Start::Earliest)).collect();
        let consumer = Consumer::assign(&self.options, &ConsumerSettings::default(), &starts).unwrap();
        let mut sent = Vec::new();
        while sent.len() < count {
            let taken = consumer.take(100_000, SOON, |record| {
                let text = |bytes: Option<&[u8]>| String::from_utf8(bytes.unwrap_or_default().to_vec()).unwrap();
                sent.push(Sent {
                    partition: record.partition,
                    offset: record.offset,
                    key: text(record.key),
                    line: text(record.payload),
                });
            });
            assert!(taken.await.unwrap() > 0, "{} of {count} records came", sent.len());
        }
        sent.sort();
        sent
    }
}

/// A record in the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sent {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: String,
    pub(crate) line: String,
}

/// Takes one record: topic, patient, arrival, line.
pub(crate) type Give<'a> = &'a mut dyn FnMut(Topic, &str, Option<Timestamp>, &str) -> std::io::Result<()>;

/// A source that gives what a function gives.
pub(crate) struct Made<F>(pub(crate) F);

impl<
    F: FnMut(&mut dyn FnMut(Topic, &str, Option<Timestamp>, &str) -> std::io::Result<()>) -> std::io::Result<()> + Send,
> Source for Made<F>
{
    fn log(&self) -> String {
        "made".into()
    }

    fn availability(&self) -> Availability {
        Availability::AtArrival
    }

    fn work(&self) -> Option<u64> {
        None
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, strata_sources::Error> {
        let mut give = |topic: Topic, patient: &str, arrived_at: Option<Timestamp>, line: &str| {
            let patient_id: PatientId = patient.parse().unwrap();
            sink.accept(Record { topic, patient_id: &patient_id, arrived_at, line: line.as_bytes() })
        };
        (self.0)(&mut give).map_err(strata_sources::Error::Sink)?;
        Ok(Summary::default())
    }
}

/// Vitals of forty patients, numbered; without an end, or with so many.
pub(crate) fn numbered(count: u64) -> impl Source {
    Made(move |give: Give<'_>| {
        (0..count).try_for_each(|number| {
            // A reading each millisecond.
            let arrived = Timestamp(1_700_000_000_000_000 + number as i64 * 1_000);
            give(Topic::Vitals, &format!("p{}", number % 40), Some(arrived), &format!("{{\"n\":{number}}}"))
        })
    })
}

//! Writing to the log: many records on their way, each with its outcome.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, NoCustomPartitioner, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext};
use tokio::sync::oneshot;

use super::flow::Flow;
use super::latency::Latencies;
use super::{Error, Options, context};

/// Reasons of failures that are told apart.
const REASONS: usize = 100;
/// One in so many records is timed: asking for the time twice costs as much as sending it to the client.
const TIMED: u64 = 16;

/// How records are gathered and how many may be on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerSettings {
    /// How long a record waits for others to go with it, if fewer than a full batch are there.
    pub linger: Duration,
    /// Bytes of a batch, before compression.
    pub batch_bytes: usize,
    /// Records that may be on their way; who sends more waits.
    pub queue_records: usize,
    /// Bytes that may be on their way; who sends more waits.
    pub queue_bytes: usize,
    /// `none`, `lz4`, `zstd`, `gzip` or `snappy`.
    pub compression: String,
    /// After so long without an acknowledgement a record counts as failed.
    pub patience: Duration,
}

impl Default for ProducerSettings {
    fn default() -> Self {
        Self {
            linger: Duration::from_millis(5),
            batch_bytes: 1_000_000,
            queue_records: 100_000,
            queue_bytes: 64 << 20,
            compression: "lz4".to_owned(),
            patience: Duration::from_mins(2),
        }
    }
}

/// Writes to the log. Clones share one queue. Records of a key stay in order; none is written twice.
#[derive(Clone)]
pub struct Producer(Arc<Inner>);

struct Inner {
    client: ThreadedProducer<Deliveries>,
    flow: Arc<Flow>,
    outcomes: Arc<Outcomes>,
}

/// What is kept of outcomes beside their number.
#[derive(Debug, Default)]
struct Outcomes {
    sent: AtomicU64,
    latencies: Latencies,
    failures: Mutex<Vec<(Error, u64)>>,
}

/// Where a record is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The partition.
    pub partition: i32,
    /// The record's offset in it.
    pub offset: i64,
}

/// What has become of all records so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Acknowledged by the log.
    pub delivered: u64,
    /// Given up.
    pub failed: u64,
    /// On their way.
    pub on_their_way: usize,
}

/// The outcome of one record, some time. It need not be waited for: [`Producer::tally`] counts it too.
#[derive(Debug)]
#[must_use = "a record is not in the log before its delivery says so; what is not looked at, `tally` counts"]
pub struct Delivery(oneshot::Receiver<Result<Written, Error>>);

impl Future for Delivery {
    type Output = Result<Written, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let gone = || Err(Error::Fatal("the producer was dropped before the record was acknowledged".to_owned()));
        Pin::new(&mut self.0).poll(cx).map(|outcome| outcome.unwrap_or_else(|_| gone()))
    }
}

impl Producer {
    /// Makes a producer. It connects by itself, and again when it has to.
    pub fn new(options: &Options, settings: &ProducerSettings) -> Result<Self, Error> {
        let flow = Arc::new(Flow::new(settings.queue_records));
        let outcomes = Arc::new(Outcomes::default());
        let deliveries = Deliveries { flow: Arc::clone(&flow), outcomes: Arc::clone(&outcomes) };
        let client = config(options, settings).create_with_context(deliveries);
        let client = client.map_err(|error| Error::options(&error))?;
        Ok(Self(Arc::new(Inner { client, flow, outcomes })))
    }

    /// Sends a record, once there is room for it. Its outcome comes later, so that many can be on their way.
    ///
    /// The key says which partition: the same one that Java's client chooses. Without a key any will do.
    pub async fn send(&self, topic: &str, key: Option<&[u8]>, payload: &[u8]) -> Result<Delivery, Error> {
        let (outcome, delivery) = oneshot::channel();
        self.enqueue(topic, key, payload, Some(outcome)).await?;
        Ok(Delivery(delivery))
    }

    /// Sends a record whose outcome is only counted, in [`Producer::tally`].
    pub async fn post(&self, topic: &str, key: Option<&[u8]>, payload: &[u8]) -> Result<(), Error> {
        self.enqueue(topic, key, payload, None).await
    }

    /// Waits until nothing is on its way any more; gives what became of everything so far.
    pub async fn flush(&self) -> Tally {
        let flow = &self.0.flow;
        loop {
            let drained = flow.drained.notified();
            tokio::pin!(drained);
            drained.as_mut().enable();
            if flow.on_their_way.load(Ordering::SeqCst) == 0 {
                return self.tally();
            }
            drained.await;
        }
    }

    /// What has become of all records so far.
    pub fn tally(&self) -> Tally {
        let flow = &self.0.flow;
        Tally {
            delivered: flow.delivered.load(Ordering::SeqCst),
            failed: flow.failed.load(Ordering::SeqCst),
            on_their_way: flow.on_their_way.load(Ordering::SeqCst),
        }
    }

    /// Why records were given up, and how many for each reason: the first hundred reasons.
    pub fn failures(&self) -> Vec<(Error, u64)> {
        self.0.outcomes.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time from being sent to being acknowledged within which this share of the records was done, to a fifth, by the
    /// first and every sixteenth after it; `None` before the first.
    pub fn latency(&self, share: f64) -> Option<Duration> {
        self.0.outcomes.latencies.quantile(share)
    }

    async fn enqueue(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        payload: &[u8],
        outcome: Option<oneshot::Sender<Result<Written, Error>>>,
    ) -> Result<(), Error> {
        let flow = &self.0.flow;
        let place = flow.enter().await;
        let number = self.0.outcomes.sent.fetch_add(1, Ordering::Relaxed);
        let sent = number.is_multiple_of(TIMED).then(Instant::now);
        let awaited = Box::new(Awaited { outcome, sent });
        let mut record = BaseRecord::with_opaque_to(topic, awaited).payload(payload);
        if let Some(key) = key {
            record = record.key(key);
        }
        loop {
            match self.0.client.send(record) {
                Ok(()) => {
                    place.keep();
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    // Its bytes are more than may be on their way: something has to arrive first.
                    flow.wait_for_an_arrival().await;
                }
                Err((error, _)) => {
                    if let Some((code, cause)) = self.0.client.client().fatal_error() {
                        return Err(Error::Fatal(format!("{code}: {cause}")));
                    }
                    return Err(Error::undelivered(topic, &error));
                }
            }
        }
    }
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("tally", &self.tally()).finish_non_exhaustive()
    }
}

fn config(options: &Options, settings: &ProducerSettings) -> ClientConfig {
    let mut config = options.config();
    let kilobytes = (settings.queue_bytes / 1024).max(1);
    config
        .set("linger.ms", settings.linger.as_millis().to_string())
        .set("batch.size", settings.batch_bytes.to_string())
        .set("batch.num.messages", "100000")
        // Ours is the bound on records, and it is lower than this one.
        .set("queue.buffering.max.messages", (settings.queue_records + 1).to_string())
        .set("queue.buffering.max.kbytes", kilobytes.to_string())
        .set("compression.type", &settings.compression)
        .set("message.timeout.ms", settings.patience.as_millis().to_string())
        .set("partitioner", "murmur2_random")
        .set("enable.idempotence", "true")
        .set("acks", "all");
    config
}

/// A record whose outcome is awaited.
struct Awaited {
    outcome: Option<oneshot::Sender<Result<Written, Error>>>,
    /// When, of those that are timed.
    sent: Option<Instant>,
}

/// Hears what becomes of records, on librdkafka's thread.
struct Deliveries {
    flow: Arc<Flow>,
    outcomes: Arc<Outcomes>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        context::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        context::trouble(&error, reason);
    }
}

impl ProducerContext<NoCustomPartitioner> for Deliveries {
    type DeliveryOpaque = Box<Awaited>;

    fn delivery(&self, result: &DeliveryResult<'_>, awaited: Box<Awaited>) {
        let told = match result {
            Ok(record) => Ok(Written { partition: record.partition(), offset: record.offset() }),
            Err((error, record)) => Err(Error::undelivered(record.topic(), error)),
        };
        let counter = match &told {
            Ok(_) => {
                if let Some(sent) = awaited.sent {
                    self.outcomes.latencies.count(sent.elapsed());
                }
                &self.flow.delivered
            }
            Err(error) => {
                self.outcomes.failed(error);
                &self.flow.failed
            }
        };
        counter.fetch_add(1, Ordering::SeqCst);
        if let Some(outcome) = awaited.outcome {
            // Whoever does not want to know has dropped its end.
            let _ = outcome.send(told);
        }
        self.flow.leave();
    }
}

impl Outcomes {
    fn failed(&self, error: &Error) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = failures.iter_mut().find(|(known, _)| known == error) {
            *count += 1;
        } else if failures.len() < REASONS {
            failures.push((error.clone(), 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_promises_are_librdkafkas_properties() {
        let mut options = Options::new("a:9092");
        options.properties.insert("acks".to_owned(), strata_config::Secret::new("1"));
        let native = config(&options, &ProducerSettings::default()).create_native_config().unwrap();
        let get = |name: &str| native.get(name).unwrap().trim_end_matches('\0').to_owned();
        assert_eq!(get("acks"), "-1");
        assert_eq!(get("enable.idempotence"), "true");
        assert_eq!(get("partitioner"), "murmur2_random");
        assert_eq!(get("compression.codec"), "lz4");
        assert_eq!(get("message.timeout.ms"), "120000");
    }

    #[test]
    fn an_option_that_librdkafka_does_not_know_is_named() {
        let mut options = Options::new("a:9092");
        options.properties.insert("no.such.thing".to_owned(), strata_config::Secret::new("1"));
        let error = Producer::new(&options, &ProducerSettings::default()).unwrap_err();
        assert!(error.to_string().contains("no.such.thing"), "{error}");
    }
}

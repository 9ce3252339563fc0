//! Reading the log: from offsets that the caller knows, or as a member of a group.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};
use tokio::time::{Instant, timeout_at};

use super::{Error, Options, context};

/// How much is read ahead, and how soon a silent member is missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerSettings {
    /// Bytes that are read ahead at most.
    pub prefetch_bytes: usize,
    /// Bytes that are read at once at most.
    pub fetch_bytes: usize,
    /// Fewer bytes are waited for, as long as below.
    pub least_bytes: usize,
    /// How long the log waits for something to come before it answers.
    pub wait: Duration,
    /// After so long without a sign a member of a group is given up.
    pub session: Duration,
}

impl Default for ConsumerSettings {
    fn default() -> Self {
        Self {
            prefetch_bytes: 32 << 20,
            fetch_bytes: 8 << 20,
            least_bytes: 1,
            wait: Duration::from_millis(500),
            session: Duration::from_secs(10),
        }
    }
}

impl ConsumerSettings {
    /// For who works in rounds: asks ten times a second instead of whenever a record has come, which costs both sides less.
    pub fn in_rounds() -> Self {
        Self { least_bytes: 1 << 20, wait: Duration::from_millis(100), ..Self::default() }
    }
}

/// Where to begin in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At an offset. If the log does not have it, that is an error and not a leap.
    At(i64),
    /// At the first record that is there.
    Earliest,
    /// At the next record that comes.
    Latest,
    /// Where the group has committed; at the first record if it never has.
    Committed,
}

impl Start {
    fn offset(self) -> Offset {
        match self {
            Self::At(offset) => Offset::Offset(offset),
            Self::Earliest => Offset::Beginning,
            Self::Latest => Offset::End,
            Self::Committed => Offset::Stored,
        }
    }
}

/// Hears what a member of a group is given and what is taken from it. Called while the member reads; must not block long.
pub trait Owner: Send + Sync + 'static {
    /// A partition is this member's from now on: where does it begin?
    fn start(&self, topic: &str, partition: i32) -> Start;

    /// Partitions are another's from now on. What was read of them and not finished is read again there.
    fn revoked(&self, partitions: &[(String, i32)]);
}

/// A record as it lies in the log; lent, so that reading costs no copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The log's time, or the sender's where that counts; milliseconds since the epoch.
    pub time_ms: i64,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The payload; `None` says that the key is no more.
    pub payload: Option<&'a [u8]>,
}

/// Reads the log.
pub struct Consumer {
    client: Arc<StreamConsumer<Rebalances>>,
}

impl Consumer {
    /// Reads partitions from where the caller says; belongs to no group and commits nothing.
    pub fn assign(
        options: &Options,
        settings: &ConsumerSettings,
        starts: &[(&str, i32, Start)],
    ) -> Result<Self, Error> {
        let mut config = config(options, settings);
        // A client of librdkafka that assigns needs a group's name all the same, and uses it for nothing.
        config.set("group.id", "strata-assigned").set("auto.offset.reset", "error");
        let client = create(&config, None)?;
        let mut list = TopicPartitionList::new();
        for (topic, partition, start) in starts {
            let what = || format!("{topic}/{partition} cannot be read from {start:?}");
            let added = list.add_partition_offset(topic, *partition, start.offset());
            added.map_err(|error| Error::request(what(), &error))?;
        }
        client.assign(&list).map_err(|error| Error::options(&error))?;
        Ok(Self { client })
    }

    /// Reads topics as a member of a group, which shares them. `owner` says where to begin in each partition.
    pub fn subscribe(
        options: &Options,
        settings: &ConsumerSettings,
        group: &str,
        topics: &[&str],
        owner: Arc<dyn Owner>,
    ) -> Result<Self, Error> {
        let mut config = config(options, settings);
        let session = settings.session.as_millis();
        config
            .set("group.id", group)
            .set("auto.offset.reset", "earliest")
            .set("partition.assignment.strategy", "range")
            .set("session.timeout.ms", session.to_string())
            .set("heartbeat.interval.ms", (session / 4).clamp(1, 3000).to_string());
        let client = create(&config, Some(owner))?;
        client.subscribe(topics).map_err(|error| Error::options(&error))?;
        Ok(Self { client })
    }

    /// Hands over up to `most` records as soon as there are any, or none after `wait`. Gives how many.
    ///
    /// Trouble that passes (a broker that is away) is waited out; an error is what does not pass.
    pub async fn take(&self, most: usize, wait: Duration, mut each: impl FnMut(Record<'_>)) -> Result<usize, Error> {
        let deadline = Instant::now() + wait;
        let mut stream = self.client.stream();
        let mut taken = 0;
        while taken < most {
            let next = if taken == 0 {
                match timeout_at(deadline, stream.next()).await {
                    Ok(next) => next,
                    Err(_) => break,
                }
            } else {
                match stream.next().now_or_never() {
                    Some(next) => next,
                    None => break,
                }
            };
            match next {
                Some(Ok(message)) => {
                    each(record(&message));
                    taken += 1;
                }
                Some(Err(error)) => lasting(&error)?,
                None => break,
            }
        }
        Ok(taken)
    }

    /// Commits where a group is: the next offset to read, for each partition that is named and no other.
    pub async fn commit(&self, offsets: &[(&str, i32, i64)]) -> Result<(), Error> {
        let mut list = TopicPartitionList::new();
        for (topic, partition, offset) in offsets {
            let added = list.add_partition_offset(topic, *partition, Offset::Offset(*offset));
            added.map_err(|error| Error::request(format!("{topic}/{partition} cannot be committed"), &error))?;
        }
        let client = Arc::clone(&self.client);
        let committed = tokio::task::spawn_blocking(move || client.commit(&list, CommitMode::Sync)).await;
        let what = "offsets could not be committed";
        committed.map_err(|error| Error::request(what, &error))?.map_err(|error| Error::request(what, &error))
    }

    /// What this consumer reads now.
    pub fn assignment(&self) -> Vec<(String, i32)> {
        self.client.assignment().map(|list| names(&list)).unwrap_or_default()
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("assignment", &self.assignment()).finish_non_exhaustive()
    }
}

fn create(config: &ClientConfig, owner: Option<Arc<dyn Owner>>) -> Result<Arc<StreamConsumer<Rebalances>>, Error> {
    config.create_with_context(Rebalances { owner }).map(Arc::new).map_err(|error| Error::options(&error))
}

fn config(options: &Options, settings: &ConsumerSettings) -> ClientConfig {
    let mut config = options.config();
    config
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "false")
        .set("allow.auto.create.topics", "false")
        .set("fetch.min.bytes", settings.least_bytes.to_string())
        .set("fetch.wait.max.ms", settings.wait.as_millis().to_string())
        .set("fetch.max.bytes", settings.fetch_bytes.to_string())
        .set("receive.message.max.bytes", (settings.fetch_bytes + (64 << 20)).to_string())
        .set("queued.max.messages.kbytes", (settings.prefetch_bytes / 1024).max(1).to_string())
        // So many records ahead are never waited for one by one.
        .set("queued.min.messages", "1000000");
    config
}

fn record<'a>(message: &'a BorrowedMessage<'_>) -> Record<'a> {
    Record {
        topic: message.topic(),
        partition: message.partition(),
        offset: message.offset(),
        time_ms: message.timestamp().to_millis().unwrap_or(-1),
        key: message.key(),
        payload: message.payload(),
    }
}

/// An error that does not pass by itself.
fn lasting(error: &KafkaError) -> Result<(), Error> {
    match error {
        KafkaError::MessageConsumptionFatal(_) => Err(Error::Fatal(error.to_string())),
        KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
            Err(Error::OffsetGone(error.to_string()))
        }
        KafkaError::MessageConsumption(
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::SaslAuthenticationFailed,
        ) => Err(Error::request("the log does not let this client read", error)),
        _ => {
            tracing::info!(%error, "reading is held up");
            Ok(())
        }
    }
}

fn names(list: &TopicPartitionList) -> Vec<(String, i32)> {
    list.elements().iter().map(|element| (element.topic().to_owned(), element.partition())).collect()
}

/// Hears what a group decides.
struct Rebalances {
    owner: Option<Arc<dyn Owner>>,
}

impl ClientContext for Rebalances {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        context::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        context::trouble(&error, reason);
    }
}

impl ConsumerContext for Rebalances {
    fn rebalance(&self, client: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let Some(owner) = &self.owner else { return };
        let partitions = names(list);
        let done = if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            let starts = partitions
                .iter()
                .map(|(topic, partition)| ((topic.clone(), *partition), owner.start(topic, *partition).offset()));
            let starts: BTreeMap<_, _> = starts.collect();
            let list = TopicPartitionList::from_topic_map(&starts.into_iter().collect());
            list.and_then(|list| client.assign(&list))
        } else {
            owner.revoked(&partitions);
            client.unassign()
        };
        if let Err(error) = done {
            tracing::error!(%error, "a group's decision could not be followed");
        }
    }
}

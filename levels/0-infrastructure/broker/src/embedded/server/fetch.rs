//! Fetch: what is durable from an offset on, or wait for it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::select_all;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::{FetchRequest, FetchResponse, TopicName};
use tokio::time::{Instant, timeout_at};

use super::super::partition::Partition;
use super::connection::{Answer, Connection, Ended, Pending};
use super::dispatch::Asked;

/// Longest wait that a client may ask for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who waits for more than there is has it looked for so often while they wait, and not whenever something comes: each look
/// reads what there is.
const LOOKS: u32 = 4;

/// A partition that is asked for.
struct Wanted {
    topic: TopicName,
    index: i32,
    offset: i64,
    most: usize,
    /// `None`: there is no such partition.
    partition: Option<Arc<Partition>>,
}

/// A partition's part of the answer.
struct Found {
    error: i16,
    start: i64,
    end: i64,
    records: Bytes,
}

impl Connection {
    pub(super) async fn fetch(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: FetchRequest = asked.read()?;
        let patience = Duration::from_millis(request.max_wait_ms.max(0) as u64).min(PATIENCE);
        let deadline = Instant::now() + patience;
        let most = (request.max_bytes.max(0) as usize).min(self.broker.settings.fetch_bytes);
        let least = (request.min_bytes.max(0) as usize).min(most);
        let wanted: Arc<Vec<_>> = Arc::new(request.topics.into_iter().flat_map(|topic| self.wanted(&topic)).collect());
        let mut watches: Vec<_> = wanted.iter().filter_map(|wanted| Some(wanted.partition.as_ref()?.watch())).collect();
        loop {
            // Seen before the logs are read: what comes after is not missed.
            for watch in &mut watches {
                drop(watch.borrow_and_update());
            }
            let mut next_look = None;
            let ready = wanted.iter().any(Wanted::has_something);
            let late = Instant::now() >= deadline;
            if ready || late || least == 0 {
                let granted = self.admission.fetch(if ready { most } else { 0 }).await;
                let reading = Arc::clone(&wanted);
                let read = tokio::task::spawn_blocking(move || read_all(&reading, most));
                let (found, bytes, refused) = read.await.map_err(std::io::Error::other)?;
                if bytes >= least || refused || late {
                    self.broker.traffic.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
                    let frame = asked.frame(&response(&wanted, found))?;
                    let answer = Answer { frame: Some(frame), granted: Some(granted) };
                    return Ok(std::future::ready(Ok(answer)).boxed());
                }
                next_look = Some(deadline.min(Instant::now() + patience / LOOKS));
            }
            if let Some(next_look) = next_look {
                tokio::time::sleep_until(next_look).await;
            } else if watches.is_empty() {
                tokio::time::sleep_until(deadline).await;
            } else {
                // Something came, or the time is up: look again.
                let changes = watches.iter_mut().map(|watch| watch.changed().boxed());
                let _ = timeout_at(deadline, select_all(changes)).await;
            }
        }
    }

    fn wanted(&self, topic: &kafka_protocol::messages::fetch_request::FetchTopic) -> Vec<Wanted> {
        let each = topic.partitions.iter().map(|partition| Wanted {
            topic: topic.topic.clone(),
            index: partition.partition,
            offset: partition.fetch_offset,
            most: partition.partition_max_bytes.max(0) as usize,
            partition: self.broker.partition(&topic.topic, partition.partition),
        });
        each.collect()
    }
}

impl Wanted {
    /// Whether there is something to say at once: records, or that the offset is none.
    fn has_something(&self) -> bool {
        self.partition.as_ref().is_none_or(|partition| {
            partition.end() > self.offset || self.offset < partition.start() || self.offset > partition.next_offset()
        })
    }

    fn read(&self, most: usize) -> Found {
        let nothing = |error: Option<ResponseError>, start, end| Found {
            error: error.map_or(0, |error| error.code()),
            start,
            end,
            records: Bytes::new(),
        };
        let Some(partition) = &self.partition else {
            return nothing(Some(ResponseError::UnknownTopicOrPartition), -1, -1);
        };
        let (start, end) = (partition.start(), partition.end());
        // Between the end and what is on its way to the disk there is nothing yet, but there will be.
        if self.offset < start || self.offset > end.max(partition.next_offset()) {
            return nothing(Some(ResponseError::OffsetOutOfRange), start, end);
        }
        match partition.read(self.offset, self.most.min(most)) {
            Ok(records) => Found { error: 0, start, end, records },
            Err(error) => {
                tracing::error!(topic = %self.topic.as_str(), partition = self.index, %error, "a log could not be read");
                nothing(Some(ResponseError::KafkaStorageError), start, end)
            }
        }
    }
}

/// Reads the partitions in the order asked for, until the answer is full; the first that has something gives a batch at least.
/// Gives how many bytes that are, and whether a partition has to be answered at once because there is something wrong.
fn read_all(wanted: &[Wanted], most: usize) -> (Vec<Found>, usize, bool) {
    let (mut bytes, mut refused) = (0, false);
    let mut found = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let full = bytes > 0 && bytes >= most;
        let mut part = if full {
            let (start, end) = wanted.partition.as_ref().map_or((-1, -1), |p| (p.start(), p.end()));
            Found { error: 0, start, end, records: Bytes::new() }
        } else {
            wanted.read(most.saturating_sub(bytes))
        };
        if bytes > 0 && bytes + part.records.len() > most {
            // One batch, larger than what is left.
            part.records = Bytes::new();
        }
        bytes += part.records.len();
        refused |= part.error != 0;
        found.push(part);
    }
    (found, bytes, refused)
}

fn response(wanted: &[Wanted], found: Vec<Found>) -> FetchResponse {
    let mut topics: Vec<FetchableTopicResponse> = Vec::new();
    for (wanted, found) in wanted.iter().zip(found) {
        let partition = PartitionData::default()
            .with_partition_index(wanted.index)
            .with_error_code(found.error)
            .with_high_watermark(found.end)
            .with_last_stable_offset(found.end)
            .with_log_start_offset(found.start)
            .with_aborted_transactions(None)
            .with_records(Some(found.records));
        match topics.last_mut().filter(|topic| topic.topic == wanted.topic) {
            Some(topic) => topic.partitions.push(partition),
            None => topics.push(
                FetchableTopicResponse::default().with_topic(wanted.topic.clone()).with_partitions(vec![partition]),
            ),
        }
    }
    FetchResponse::default().with_responses(topics)
}

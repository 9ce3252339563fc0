//! Produce: append, and answer when it is durable.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::FutureExt;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::produce_response::{PartitionProduceResponse, TopicProduceResponse};
use kafka_protocol::messages::{ProduceRequest, ProduceResponse};
use kafka_protocol::protocol::StrBytes;

use super::super::broker::Inner;
use super::super::partition::{Partition, Unwritten};
use super::super::store::batch::Malformed;
use super::super::store::log::AppendError;
use super::super::store::producers::Refused;
use super::super::store::{Appended, Batch};
use super::admission::Granted;
use super::connection::{Answer, Connection, Ended, Pending};
use super::dispatch::Asked;

/// What became of a partition's batch.
struct Outcome {
    topic: usize,
    index: i32,
    result: Result<(Arc<Partition>, Appended), Failure>,
}

/// Why a batch is not taken, in Kafka's words and ours.
struct Failure {
    error: ResponseError,
    why: String,
}

impl Connection {
    pub(super) async fn produce(&self, mut asked: Asked, granted: Granted) -> Result<Pending, Ended> {
        let request: ProduceRequest = asked.read()?;
        let acks = request.acks;
        let names: Vec<_> = request.topic_data.iter().map(|topic| topic.name.clone()).collect();
        let broker = Arc::clone(&self.broker);
        let outcomes =
            tokio::task::spawn_blocking(move || append_all(&broker, request)).await.map_err(std::io::Error::other)?;
        for (partition, _) in outcomes.iter().filter_map(|outcome| outcome.result.as_ref().ok()) {
            self.broker.flusher.submit(partition);
        }
        // It is in the page cache: what it took in memory is free for the next.
        drop(granted);
        if acks == 0 {
            return Ok(std::future::ready(Ok(Answer { frame: None, granted: None })).boxed());
        }
        let pending = async move {
            let mut topics: Vec<_> =
                names.into_iter().map(|name| TopicProduceResponse::default().with_name(name)).collect();
            for outcome in outcomes {
                let answer = PartitionProduceResponse::default().with_index(outcome.index);
                let answer = match written(outcome.result, acks).await {
                    Ok((partition, appended)) => answer
                        .with_base_offset(appended.base_offset)
                        .with_log_append_time_ms(appended.log_time.unwrap_or(-1))
                        .with_log_start_offset(partition.start()),
                    Err(failure) => refusal(answer, &failure, asked.head.version),
                };
                topics[outcome.topic].partition_responses.push(answer);
            }
            let frame = asked.frame(&ProduceResponse::default().with_responses(topics))?;
            Ok(Answer { frame: Some(frame), granted: None })
        };
        Ok(pending.boxed())
    }
}

async fn written(
    result: Result<(Arc<Partition>, Appended), Failure>,
    acks: i16,
) -> Result<(Arc<Partition>, Appended), Failure> {
    let (partition, appended) = result?;
    if acks < 0 {
        partition.durable_to(appended.next_offset).await.map_err(|error| failure(&error))?;
    }
    Ok((partition, appended))
}

fn append_all(broker: &Inner, request: ProduceRequest) -> Vec<Outcome> {
    let transactional = request.transactional_id.is_some();
    let mut outcomes = Vec::new();
    for (topic, data) in request.topic_data.into_iter().enumerate() {
        for partition in data.partition_data {
            let index = partition.index;
            let result = if transactional {
                Err(malformed(Malformed::Transactional))
            } else {
                append(broker, &data.name, index, partition.records)
            };
            if result.is_err() {
                broker.traffic.refused.fetch_add(1, Ordering::Relaxed);
            }
            outcomes.push(Outcome { topic, index, result });
        }
    }
    outcomes
}

fn append(
    broker: &Inner,
    topic: &str,
    index: i32,
    records: Option<Bytes>,
) -> Result<(Arc<Partition>, Appended), Failure> {
    let unknown =
        || Failure { error: ResponseError::UnknownTopicOrPartition, why: format!("there is no {topic}/{index}") };
    let partition = broker.partition(topic, index).ok_or_else(unknown)?;
    let records = records.ok_or_else(|| malformed(Malformed::Short))?;
    if records.len() > broker.settings.batch_bytes {
        let why = format!("a batch of {} bytes; at most {} are taken", records.len(), broker.settings.batch_bytes);
        return Err(Failure { error: ResponseError::MessageTooLarge, why });
    }
    let mut batch = Batch::received(&records).map_err(malformed)?;
    let before = partition.next_offset();
    let appended = partition.append(&mut batch, broker.now_ms()).map_err(|error| failure(&error))?;
    if appended.base_offset >= before {
        broker.traffic.records_in.fetch_add(batch.header.count as u64, Ordering::Relaxed);
        broker.traffic.bytes_in.fetch_add(batch.header.size as u64, Ordering::Relaxed);
    }
    Ok((partition, appended))
}

fn malformed(why: Malformed) -> Failure {
    let error = match why {
        Malformed::Format(_) => ResponseError::UnsupportedForMessageFormat,
        Malformed::Checksum | Malformed::Short => ResponseError::CorruptMessage,
        Malformed::Transactional => ResponseError::InvalidTxnState,
        Malformed::Header | Malformed::Several => ResponseError::InvalidRecord,
    };
    Failure { error, why: why.to_string() }
}

fn failure(why: &Unwritten) -> Failure {
    let error = match why {
        Unwritten::Append(AppendError::Refused(Refused::Fenced(_))) => ResponseError::InvalidProducerEpoch,
        Unwritten::Append(AppendError::Refused(Refused::OutOfOrder { .. })) => ResponseError::OutOfOrderSequenceNumber,
        Unwritten::Append(AppendError::Refused(Refused::Unknown)) => ResponseError::UnknownProducerId,
        Unwritten::Append(AppendError::Io(_)) | Unwritten::Failed(_) => ResponseError::KafkaStorageError,
    };
    Failure { error, why: why.to_string() }
}

fn refusal(answer: PartitionProduceResponse, failure: &Failure, version: i16) -> PartitionProduceResponse {
    let answer = answer.with_error_code(failure.error.code()).with_base_offset(-1).with_log_append_time_ms(-1);
    let answer = answer.with_log_start_offset(-1);
    if version < 8 {
        return answer;
    }
    answer.with_error_message(Some(StrBytes::from_string(failure.why.clone())))
}

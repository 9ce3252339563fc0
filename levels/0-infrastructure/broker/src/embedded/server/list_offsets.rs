//! Where a partition begins and ends, and where it is at a time.

use std::sync::Arc;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::list_offsets_response::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse};

use super::super::partition::Partition;
use super::LEADER_EPOCH;
use super::connection::{Connection, Ended, Pending};
use super::dispatch::Asked;

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const NEWEST: i64 = -3;

impl Connection {
    pub(super) async fn list_offsets(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: ListOffsetsRequest = asked.read()?;
        let broker = Arc::clone(&self.broker);
        // Looking for a time reads the log.
        let topics = tokio::task::spawn_blocking(move || {
            let topics = request.topics.into_iter().map(|topic| {
                let partitions = topic.partitions.iter().map(|asked| {
                    let partition = broker.partition(&topic.name, asked.partition_index);
                    let answer = ListOffsetsPartitionResponse::default().with_partition_index(asked.partition_index);
                    match partition.map(|partition| find(&partition, asked.timestamp)) {
                        Some(Ok((offset, time))) => {
                            answer.with_offset(offset).with_timestamp(time).with_leader_epoch(LEADER_EPOCH)
                        }
                        Some(Err(_)) => answer.with_error_code(ResponseError::KafkaStorageError.code()),
                        None => answer.with_error_code(ResponseError::UnknownTopicOrPartition.code()),
                    }
                });
                let partitions = partitions.collect();
                ListOffsetsTopicResponse::default().with_name(topic.name).with_partitions(partitions)
            });
            topics.collect()
        });
        let topics = topics.await.map_err(std::io::Error::other)?;
        asked.ready(&ListOffsetsResponse::default().with_topics(topics))
    }
}

/// An offset and the time of its record; -1 where there is none.
fn find(partition: &Partition, time: i64) -> std::io::Result<(i64, i64)> {
    match time {
        LATEST => Ok((partition.end(), -1)),
        EARLIEST => Ok((partition.start(), -1)),
        NEWEST => match partition.last_time() {
            Some(newest) => Ok(partition.find_time(newest)?.unwrap_or((-1, -1))),
            None => Ok((-1, -1)),
        },
        time => Ok(partition.find_time(time)?.unwrap_or((-1, -1))),
    }
}

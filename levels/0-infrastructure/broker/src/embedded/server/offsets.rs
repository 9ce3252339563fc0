//! Committing offsets and asking for them.

use std::collections::BTreeMap;

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse};
use kafka_protocol::protocol::StrBytes;
use tokio::time::Instant;

use super::super::groups::Identity;
use super::super::offsets::Committed;
use super::connection::{Connection, Ended, Pending};
use super::dispatch::Asked;
use super::members::code;

/// Bytes that a client may store with an offset.
const METADATA: usize = 4096;
const NO_LEADER_EPOCH: i32 = -1;

impl Connection {
    pub(super) async fn offset_commit(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: OffsetCommitRequest = asked.read()?;
        let instance = request.group_instance_id.as_deref();
        let generation = request.generation_id_or_member_epoch;
        let who = Identity { member: &request.member_id, instance, generation };
        let allowed = self.broker.groups.may_commit(&request.group_id, who, Instant::now());
        let mut error = allowed.map_or_else(|refusal| code(refusal).code(), |()| 0);
        let mut commits = Vec::new();
        let mut topics = Vec::new();
        for topic in &request.topics {
            let mut partitions = Vec::new();
            for asked in &topic.partitions {
                let metadata = asked.committed_metadata.as_ref().map(ToString::to_string).unwrap_or_default();
                let own = if self.broker.partition(&topic.name, asked.partition_index).is_none() {
                    ResponseError::UnknownTopicOrPartition.code()
                } else if metadata.len() > METADATA {
                    ResponseError::OffsetMetadataTooLarge.code()
                } else {
                    0
                };
                if own == 0 {
                    commits.push(Committed {
                        topic: topic.name.to_string(),
                        partition: asked.partition_index,
                        offset: asked.committed_offset,
                        metadata,
                    });
                }
                partitions.push(
                    OffsetCommitResponsePartition::default()
                        .with_partition_index(asked.partition_index)
                        .with_error_code(own),
                );
            }
            topics.push(OffsetCommitResponseTopic::default().with_name(topic.name.clone()).with_partitions(partitions));
        }
        if error == 0 && !commits.is_empty() {
            let broker = &self.broker;
            let committed = broker.offsets.commit(&request.group_id, commits, broker.now_ms(), &broker.flusher).await;
            if let Err(cause) = committed {
                tracing::error!(group = %request.group_id.as_str(), error = %cause, "offsets could not be committed");
                error = ResponseError::KafkaStorageError.code();
            }
        }
        if error != 0 {
            for partition in topics.iter_mut().flat_map(|topic| &mut topic.partitions) {
                partition.error_code = error;
            }
        }
        asked.ready(&OffsetCommitResponse::default().with_topics(topics))
    }

    pub(super) fn offset_fetch(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: OffsetFetchRequest = asked.read()?;
        if asked.head.version <= 7 {
            let wanted = request.topics.map(|topics| {
                topics.into_iter().map(|topic| (topic.name.to_string(), topic.partition_indexes)).collect::<Vec<_>>()
            });
            let topics = self.committed(&request.group_id, wanted).into_iter().map(|(name, partitions)| {
                let partitions = partitions.into_iter().map(|committed| {
                    let answer = OffsetFetchResponsePartition::default().with_partition_index(committed.partition);
                    let answer = answer.with_committed_offset(committed.offset);
                    let answer = answer.with_metadata(Some(StrBytes::from_string(committed.metadata)));
                    answer.with_committed_leader_epoch(NO_LEADER_EPOCH)
                });
                let topic = OffsetFetchResponseTopic::default().with_name(StrBytes::from_string(name).into());
                topic.with_partitions(partitions.collect())
            });
            let topics = topics.collect();
            return asked.ready(&OffsetFetchResponse::default().with_topics(topics));
        }
        let groups = request.groups.into_iter().map(|group| {
            let wanted = group.topics.map(|topics| {
                topics.into_iter().map(|topic| (topic.name.to_string(), topic.partition_indexes)).collect::<Vec<_>>()
            });
            let topics = self.committed(&group.group_id, wanted).into_iter().map(|(name, partitions)| {
                let partitions = partitions.into_iter().map(|committed| {
                    let answer = OffsetFetchResponsePartitions::default().with_partition_index(committed.partition);
                    let answer = answer.with_committed_offset(committed.offset);
                    let answer = answer.with_metadata(Some(StrBytes::from_string(committed.metadata)));
                    answer.with_committed_leader_epoch(NO_LEADER_EPOCH)
                });
                let topic = OffsetFetchResponseTopics::default().with_name(StrBytes::from_string(name).into());
                topic.with_partitions(partitions.collect())
            });
            let topics = topics.collect();
            OffsetFetchResponseGroup::default().with_group_id(group.group_id.clone()).with_topics(topics)
        });
        let groups = groups.collect();
        asked.ready(&OffsetFetchResponse::default().with_groups(groups))
    }

    /// Where a group is in the partitions asked for, -1 where it never was; or in all that it has committed.
    fn committed(&self, group: &str, wanted: Option<Vec<(String, Vec<i32>)>>) -> BTreeMap<String, Vec<Committed>> {
        let mut topics = BTreeMap::<_, Vec<_>>::new();
        match wanted {
            None => {
                for committed in self.broker.offsets.all_of(group) {
                    topics.entry(committed.topic.clone()).or_default().push(committed);
                }
            }
            Some(wanted) => {
                for (topic, partitions) in wanted {
                    let nowhere =
                        |partition| Committed { topic: topic.clone(), partition, offset: -1, metadata: String::new() };
                    let found = partitions.into_iter().map(|partition| {
                        self.broker.offsets.of(group, &topic, partition).unwrap_or_else(|| nowhere(partition))
                    });
                    let found: Vec<_> = found.collect();
                    topics.entry(topic).or_default().extend(found);
                }
            }
        }
        topics
    }
}

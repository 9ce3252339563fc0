//! What topics there are and where their partitions are: here.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::StrBytes;

use super::super::error::TopicError;
use super::super::topic::{Topic, TopicConfig};
use super::connection::{Connection, Ended, Pending};
use super::dispatch::Asked;
use super::{LEADER_EPOCH, NODE};

impl Connection {
    pub(super) async fn metadata(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: MetadataRequest = asked.read()?;
        // Before version 4 there is no such field, and asking was wishing. Version 0 has no null: an empty list is everything.
        let may_create =
            self.broker.settings.auto_create && (asked.head.version < 4 || request.allow_auto_topic_creation);
        let named = request.topics.filter(|topics| !(asked.head.version == 0 && topics.is_empty()));
        let topics = match named {
            None => self.broker.topics().iter().map(|(name, topic)| described(name, topic)).collect(),
            Some(asked_for) => {
                let mut topics = Vec::new();
                for topic in asked_for {
                    topics.push(match topic.name {
                        Some(name) => self.topic_by_name(name, may_create).await,
                        None => self.topic_by_id(topic.topic_id),
                    });
                }
                topics
            }
        };
        let broker = MetadataResponseBroker::default().with_node_id(NODE.into());
        let broker = broker.with_host(self.advertised_host()).with_port(i32::from(self.local.port()));
        let response = MetadataResponse::default()
            .with_brokers(vec![broker])
            .with_cluster_id(Some(StrBytes::from_string(self.broker.cluster.to_string())))
            .with_controller_id(NODE.into())
            .with_topics(topics);
        asked.ready(&response)
    }

    /// Where clients are told to connect to.
    pub(super) fn advertised_host(&self) -> StrBytes {
        let host = self.broker.settings.advertised_host.clone();
        StrBytes::from_string(host.unwrap_or_else(|| self.local.ip().to_string()))
    }

    async fn topic_by_name(&self, name: TopicName, may_create: bool) -> MetadataResponseTopic {
        if let Some(topic) = self.broker.topic(&name) {
            return described(&name, &topic);
        }
        let error = if may_create {
            match self.broker.create_topic(&name, None, TopicConfig::default()).await {
                Ok(topic) => return described(&name, &topic),
                // Another client was quicker.
                Err(TopicError::Exists(_)) => ResponseError::LeaderNotAvailable,
                Err(error) => super::topics::code(&error),
            }
        } else if Topic::is_name(&name) {
            ResponseError::UnknownTopicOrPartition
        } else {
            ResponseError::InvalidTopicException
        };
        MetadataResponseTopic::default().with_name(Some(name)).with_error_code(error.code())
    }

    fn topic_by_id(&self, id: uuid::Uuid) -> MetadataResponseTopic {
        let topics = self.broker.topics();
        let found = topics.iter().find(|(_, topic)| topic.id == id).map(|(name, topic)| described(name, topic));
        let unknown = MetadataResponseTopic::default().with_topic_id(id);
        found.unwrap_or_else(|| unknown.with_error_code(ResponseError::UnknownTopicId.code()))
    }
}

fn described(name: &str, topic: &Topic) -> MetadataResponseTopic {
    let partition = |number: i32| {
        MetadataResponsePartition::default()
            .with_partition_index(number)
            .with_leader_id(NODE.into())
            .with_leader_epoch(LEADER_EPOCH)
            .with_replica_nodes(vec![NODE.into()])
            .with_isr_nodes(vec![NODE.into()])
    };
    MetadataResponseTopic::default()
        .with_name(Some(StrBytes::from_string(name.to_owned()).into()))
        .with_topic_id(topic.id)
        .with_partitions((0..topic.partitions.len() as i32).map(partition).collect())
}

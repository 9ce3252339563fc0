//! Making, deleting and describing topics.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{CreatableTopicConfigs, CreatableTopicResult};
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kafka_protocol::messages::{
    BrokerId, CreatePartitionsRequest, CreatePartitionsResponse, CreateTopicsRequest, CreateTopicsResponse,
    DeleteTopicsRequest, DeleteTopicsResponse, DescribeConfigsRequest, DescribeConfigsResponse, TopicName,
};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::super::error::TopicError;
use super::super::topic::TopicConfig;
use super::NODE;
use super::connection::{Connection, Ended, Pending};
use super::dispatch::Asked;

/// Kinds of things that have settings, by Kafka's numbers.
const TOPIC: i8 = 2;
const BROKER: i8 = 4;

/// Where a setting comes from, by Kafka's numbers.
const OF_THE_TOPIC: i8 = 1;
const DEFAULT: i8 = 5;

impl Connection {
    pub(super) async fn create_topics(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: CreateTopicsRequest = asked.read()?;
        let mut results = Vec::new();
        for topic in request.topics {
            let name = topic.name.clone();
            let result = CreatableTopicResult::default().with_name(name);
            results.push(match self.create(&topic, request.validate_only).await {
                Ok((id, partitions, config)) => {
                    let settings = config.effective(&self.broker.settings).into_iter();
                    let configs = settings.map(|(name, value, own)| {
                        CreatableTopicConfigs::default()
                            .with_name(StrBytes::from_static_str(name))
                            .with_value(Some(StrBytes::from_string(value)))
                            .with_config_source(if own { OF_THE_TOPIC } else { DEFAULT })
                    });
                    let result = result.with_num_partitions(partitions).with_replication_factor(1);
                    let result = result.with_configs(Some(configs.collect()));
                    if asked.head.version >= 7 { result.with_topic_id(id) } else { result }
                }
                Err((error, why)) => {
                    let result =
                        result.with_error_code(error.code()).with_error_message(Some(StrBytes::from_string(why)));
                    result.with_num_partitions(-1).with_replication_factor(-1)
                }
            });
        }
        if asked.head.version < 5 {
            // What those versions have no room for.
            for result in &mut results {
                (result.num_partitions, result.replication_factor) = (-1, -1);
                result.configs = Some(Vec::new());
            }
        }
        asked.ready(&CreateTopicsResponse::default().with_topics(results))
    }

    async fn create(
        &self,
        topic: &CreatableTopic,
        only_validate: bool,
    ) -> Result<(Uuid, i32, TopicConfig), (ResponseError, String)> {
        let ours = |error: TopicError| (code(&error), error.to_string());
        let one_copy = topic.assignments.iter().all(|assignment| assignment.broker_ids == [BrokerId(NODE)]);
        if !one_copy || !matches!(topic.replication_factor, -1 | 1) {
            return Err((
                ResponseError::InvalidReplicationFactor,
                "there is one broker: replication factor 1".to_owned(),
            ));
        }
        let partitions = match (topic.assignments.len(), topic.num_partitions) {
            (0, -1) => self.broker.settings.partitions,
            (0, number) => number,
            (assigned, _) => assigned as i32,
        };
        let value = |value: &Option<StrBytes>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        let pairs: Vec<_> =
            topic.configs.iter().map(|config| (config.name.to_string(), value(&config.value))).collect();
        let config = TopicConfig::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let config = config.map_err(|error| (ResponseError::InvalidConfig, error.to_string()))?;
        if only_validate {
            self.broker.may_create(&topic.name, partitions).map_err(ours)?;
            return Ok((Uuid::nil(), partitions, config));
        }
        let made = self.broker.create_topic(&topic.name, Some(partitions), config).await.map_err(ours)?;
        Ok((made.id, partitions, made.config.clone()))
    }

    pub(super) async fn delete_topics(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: DeleteTopicsRequest = asked.read()?;
        let by_name = request.topic_names.into_iter().map(|name| (Some(name), Uuid::nil()));
        let either = request.topics.into_iter().map(|topic| (topic.name, topic.topic_id));
        let mut results = Vec::new();
        for (name, id) in by_name.chain(either) {
            let found = name.or_else(|| self.name_of(id));
            let result = DeletableTopicResult::default().with_name(found.clone());
            let deleted = match &found {
                None => Err((ResponseError::UnknownTopicId, format!("there is no topic {id}"))),
                Some(name) if self.broker.settings.held.contains(name.as_str()) => {
                    let error = TopicError::Held(name.to_string());
                    Err((code(&error), error.to_string()))
                }
                Some(name) => self.broker.delete_topic(name).await.map_err(|error| (code(&error), error.to_string())),
            };
            let result = match deleted {
                Ok(()) => result,
                Err((error, why)) if asked.head.version >= 5 => {
                    result.with_error_code(error.code()).with_error_message(Some(StrBytes::from_string(why)))
                }
                Err((error, _)) => result.with_error_code(error.code()),
            };
            results.push(if asked.head.version >= 6 { result.with_topic_id(id) } else { result });
        }
        asked.ready(&DeleteTopicsResponse::default().with_responses(results))
    }

    fn name_of(&self, id: Uuid) -> Option<TopicName> {
        let topics = self.broker.topics();
        topics.iter().find(|(_, topic)| topic.id == id).map(|(name, _)| StrBytes::from_string(name.clone()).into())
    }

    /// Refused: a patient's events would no longer be in one partition.
    pub(super) fn create_partitions(mut asked: Asked) -> Result<Pending, Ended> {
        let request: CreatePartitionsRequest = asked.read()?;
        let why =
            "a topic's partitions are fixed at its creation: keys would move, and with them the order of their records";
        let results = request.topics.into_iter().map(|topic| {
            CreatePartitionsTopicResult::default()
                .with_name(topic.name)
                .with_error_code(ResponseError::InvalidPartitions.code())
                .with_error_message(Some(StrBytes::from_static_str(why)))
        });
        let results = results.collect();
        asked.ready(&CreatePartitionsResponse::default().with_results(results))
    }

    pub(super) fn describe_configs(&self, mut asked: Asked) -> Result<Pending, Ended> {
        let request: DescribeConfigsRequest = asked.read()?;
        let results = request.resources.into_iter().map(|resource| {
            let settings = &self.broker.settings;
            let described = match resource.resource_type {
                TOPIC => self.broker.topic(&resource.resource_name).map(|topic| topic.config.effective(settings)),
                BROKER => Some(self.own_settings()),
                _ => None,
            };
            let result = DescribeConfigsResult::default().with_resource_type(resource.resource_type);
            let result = result.with_resource_name(resource.resource_name);
            let Some(described) = described else {
                let unknown = if resource.resource_type == TOPIC {
                    ResponseError::UnknownTopicOrPartition
                } else {
                    ResponseError::InvalidRequest
                };
                return result.with_error_code(unknown.code());
            };
            let keys = resource.configuration_keys;
            let wanted = |name: &str| keys.as_ref().is_none_or(|keys| keys.iter().any(|key| key.as_str() == name));
            let configs = described.into_iter().filter(|(name, _, _)| wanted(name)).map(|(name, value, own)| {
                DescribeConfigsResourceResult::default()
                    .with_name(StrBytes::from_static_str(name))
                    .with_value(Some(StrBytes::from_string(value)))
                    .with_read_only(true)
                    .with_config_source(if own { OF_THE_TOPIC } else { DEFAULT })
            });
            result.with_configs(configs.collect())
        });
        let results = results.collect();
        asked.ready(&DescribeConfigsResponse::default().with_results(results))
    }

    fn own_settings(&self) -> Vec<(&'static str, String, bool)> {
        let settings = &self.broker.settings;
        let mut own = TopicConfig::default().effective(settings);
        own.push(("auto.create.topics.enable", settings.auto_create.to_string(), false));
        own.push(("default.replication.factor", "1".to_owned(), false));
        own.push(("message.max.bytes", settings.batch_bytes.to_string(), false));
        own.push(("num.partitions", settings.partitions.to_string(), false));
        own
    }
}

/// Kafka's code for what is wrong with a topic.
pub(super) fn code(error: &TopicError) -> ResponseError {
    match error {
        TopicError::Name(_) => ResponseError::InvalidTopicException,
        TopicError::Exists(_) => ResponseError::TopicAlreadyExists,
        TopicError::Unknown(_) => ResponseError::UnknownTopicOrPartition,
        TopicError::Partitions => ResponseError::InvalidPartitions,
        TopicError::Held(_) | TopicError::Behind { .. } => ResponseError::PolicyViolation,
        TopicError::Files(_) => ResponseError::KafkaStorageError,
    }
}

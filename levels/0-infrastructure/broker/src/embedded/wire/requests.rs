//! Every request that is spoken, field by field in Kafka's order.

use kafka_protocol::messages::create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
use kafka_protocol::messages::create_topics_request::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig,
};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ApiVersionsRequest, CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, DescribeConfigsRequest,
    DescribeGroupsRequest, FetchRequest, FindCoordinatorRequest, HeartbeatRequest, InitProducerIdRequest,
    JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest,
    OffsetFetchRequest, ProduceRequest, SyncGroupRequest,
};

use super::reader::{Garbled, Reader};

/// Can be read from a frame.
pub(crate) trait Readable: Default {
    /// Reads it in a version that is spoken.
    fn read(r: &mut Reader, version: i16) -> Result<Self, Garbled> {
        let mut request = Self::default();
        request.fill(r, version)?;
        r.tags()?;
        Ok(request)
    }

    /// Its fields, without the tagged ones at its end.
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled>;
}

impl Readable for ApiVersionsRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        if version >= 3 {
            self.client_software_name = r.string()?;
            self.client_software_version = r.string()?;
        }
        Ok(())
    }
}

impl Readable for MetadataRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.topics = r.nullable_list(|r| {
            let mut topic = MetadataRequestTopic::default();
            if version >= 10 {
                topic.topic_id = r.uuid()?;
                topic.name = r.nullable_string()?.map(Into::into);
            } else {
                topic.name = Some(r.string()?.into());
            }
            Ok(topic)
        })?;
        if version >= 4 {
            self.allow_auto_topic_creation = r.bool()?;
        }
        if (8..=10).contains(&version) {
            self.include_cluster_authorized_operations = r.bool()?;
        }
        if version >= 8 {
            self.include_topic_authorized_operations = r.bool()?;
        }
        Ok(())
    }
}

impl Readable for ProduceRequest {
    fn fill(&mut self, r: &mut Reader, _version: i16) -> Result<(), Garbled> {
        self.transactional_id = r.nullable_string()?.map(Into::into);
        self.acks = r.i16()?;
        self.timeout_ms = r.i32()?;
        self.topic_data = r.list(|r| {
            let mut topic = TopicProduceData::default();
            topic.name = r.string()?.into();
            topic.partition_data = r.list(|r| {
                let mut partition = PartitionProduceData::default();
                partition.index = r.i32()?;
                partition.records = r.nullable_bytes()?;
                Ok(partition)
            })?;
            Ok(topic)
        })?;
        Ok(())
    }
}

impl Readable for FetchRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.replica_id = r.i32()?.into();
        self.max_wait_ms = r.i32()?;
        self.min_bytes = r.i32()?;
        self.max_bytes = r.i32()?;
        self.isolation_level = r.i8()?;
        if version >= 7 {
            self.session_id = r.i32()?;
            self.session_epoch = r.i32()?;
        }
        self.topics = r.list(|r| {
            let mut topic = FetchTopic::default();
            topic.topic = r.string()?.into();
            topic.partitions = r.list(|r| {
                let mut partition = FetchPartition::default();
                partition.partition = r.i32()?;
                if version >= 9 {
                    partition.current_leader_epoch = r.i32()?;
                }
                partition.fetch_offset = r.i64()?;
                if version >= 12 {
                    partition.last_fetched_epoch = r.i32()?;
                }
                if version >= 5 {
                    partition.log_start_offset = r.i64()?;
                }
                partition.partition_max_bytes = r.i32()?;
                Ok(partition)
            })?;
            Ok(topic)
        })?;
        if version >= 7 {
            self.forgotten_topics_data = r.list(|r| {
                let mut topic = ForgottenTopic::default();
                topic.topic = r.string()?.into();
                topic.partitions = r.plain_list(Reader::i32)?;
                Ok(topic)
            })?;
        }
        if version >= 11 {
            self.rack_id = r.string()?;
        }
        Ok(())
    }
}

impl Readable for ListOffsetsRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.replica_id = r.i32()?.into();
        if version >= 2 {
            self.isolation_level = r.i8()?;
        }
        self.topics = r.list(|r| {
            let mut topic = ListOffsetsTopic::default();
            topic.name = r.string()?.into();
            topic.partitions = r.list(|r| {
                let mut partition = ListOffsetsPartition::default();
                partition.partition_index = r.i32()?;
                if version >= 4 {
                    partition.current_leader_epoch = r.i32()?;
                }
                partition.timestamp = r.i64()?;
                Ok(partition)
            })?;
            Ok(topic)
        })?;
        Ok(())
    }
}

impl Readable for CreateTopicsRequest {
    fn fill(&mut self, r: &mut Reader, _version: i16) -> Result<(), Garbled> {
        self.topics = r.list(|r| {
            let mut topic = CreatableTopic::default();
            topic.name = r.string()?.into();
            topic.num_partitions = r.i32()?;
            topic.replication_factor = r.i16()?;
            topic.assignments = r.list(|r| {
                let mut assignment = CreatableReplicaAssignment::default();
                assignment.partition_index = r.i32()?;
                assignment.broker_ids = r.plain_list(|r| Ok(r.i32()?.into()))?;
                Ok(assignment)
            })?;
            topic.configs = r.list(|r| {
                let mut config = CreatableTopicConfig::default();
                config.name = r.string()?;
                config.value = r.nullable_string()?;
                Ok(config)
            })?;
            Ok(topic)
        })?;
        self.timeout_ms = r.i32()?;
        self.validate_only = r.bool()?;
        Ok(())
    }
}

impl Readable for DeleteTopicsRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        if version >= 6 {
            self.topics = r.list(|r| {
                let mut topic = DeleteTopicState::default();
                topic.name = r.nullable_string()?.map(Into::into);
                topic.topic_id = r.uuid()?;
                Ok(topic)
            })?;
        } else {
            self.topic_names = r.plain_list(|r| Ok(r.string()?.into()))?;
        }
        self.timeout_ms = r.i32()?;
        Ok(())
    }
}

impl Readable for CreatePartitionsRequest {
    fn fill(&mut self, r: &mut Reader, _version: i16) -> Result<(), Garbled> {
        self.topics = r.list(|r| {
            let mut topic = CreatePartitionsTopic::default();
            topic.name = r.string()?.into();
            topic.count = r.i32()?;
            topic.assignments = r.nullable_list(|r| {
                let mut assignment = CreatePartitionsAssignment::default();
                assignment.broker_ids = r.plain_list(|r| Ok(r.i32()?.into()))?;
                Ok(assignment)
            })?;
            Ok(topic)
        })?;
        self.timeout_ms = r.i32()?;
        self.validate_only = r.bool()?;
        Ok(())
    }
}

impl Readable for DescribeConfigsRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.resources = r.list(|r| {
            let mut resource = DescribeConfigsResource::default();
            resource.resource_type = r.i8()?;
            resource.resource_name = r.string()?;
            resource.configuration_keys = r.nullable_plain_list(Reader::string)?;
            Ok(resource)
        })?;
        self.include_synonyms = r.bool()?;
        if version >= 3 {
            self.include_documentation = r.bool()?;
        }
        Ok(())
    }
}

impl Readable for FindCoordinatorRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        if version <= 3 {
            self.key = r.string()?;
        }
        if version >= 1 {
            self.key_type = r.i8()?;
        }
        if version >= 4 {
            self.coordinator_keys = r.plain_list(Reader::string)?;
        }
        Ok(())
    }
}

impl Readable for JoinGroupRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.group_id = r.string()?.into();
        self.session_timeout_ms = r.i32()?;
        if version >= 1 {
            self.rebalance_timeout_ms = r.i32()?;
        }
        self.member_id = r.string()?;
        if version >= 5 {
            self.group_instance_id = r.nullable_string()?;
        }
        self.protocol_type = r.string()?;
        self.protocols = r.list(|r| {
            let mut protocol = JoinGroupRequestProtocol::default();
            protocol.name = r.string()?;
            protocol.metadata = r.bytes()?;
            Ok(protocol)
        })?;
        if version >= 8 {
            self.reason = r.nullable_string()?;
        }
        Ok(())
    }
}

impl Readable for SyncGroupRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.group_id = r.string()?.into();
        self.generation_id = r.i32()?;
        self.member_id = r.string()?;
        if version >= 3 {
            self.group_instance_id = r.nullable_string()?;
        }
        if version >= 5 {
            self.protocol_type = r.nullable_string()?;
            self.protocol_name = r.nullable_string()?;
        }
        self.assignments = r.list(|r| {
            let mut assignment = SyncGroupRequestAssignment::default();
            assignment.member_id = r.string()?;
            assignment.assignment = r.bytes()?;
            Ok(assignment)
        })?;
        Ok(())
    }
}

impl Readable for HeartbeatRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.group_id = r.string()?.into();
        self.generation_id = r.i32()?;
        self.member_id = r.string()?;
        if version >= 3 {
            self.group_instance_id = r.nullable_string()?;
        }
        Ok(())
    }
}

impl Readable for LeaveGroupRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.group_id = r.string()?.into();
        if version <= 2 {
            self.member_id = r.string()?;
        } else {
            self.members = r.list(|r| {
                let mut member = MemberIdentity::default();
                member.member_id = r.string()?;
                member.group_instance_id = r.nullable_string()?;
                if version >= 5 {
                    member.reason = r.nullable_string()?;
                }
                Ok(member)
            })?;
        }
        Ok(())
    }
}

impl Readable for OffsetCommitRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.group_id = r.string()?.into();
        self.generation_id_or_member_epoch = r.i32()?;
        self.member_id = r.string()?;
        if version >= 7 {
            self.group_instance_id = r.nullable_string()?;
        }
        if (2..=4).contains(&version) {
            self.retention_time_ms = r.i64()?;
        }
        self.topics = r.list(|r| {
            let mut topic = OffsetCommitRequestTopic::default();
            topic.name = r.string()?.into();
            topic.partitions = r.list(|r| {
                let mut partition = OffsetCommitRequestPartition::default();
                partition.partition_index = r.i32()?;
                partition.committed_offset = r.i64()?;
                if version >= 6 {
                    partition.committed_leader_epoch = r.i32()?;
                }
                partition.committed_metadata = r.nullable_string()?;
                Ok(partition)
            })?;
            Ok(topic)
        })?;
        Ok(())
    }
}

impl Readable for OffsetFetchRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        if version <= 7 {
            self.group_id = r.string()?.into();
            self.topics = r.nullable_list(|r| {
                let mut topic = OffsetFetchRequestTopic::default();
                topic.name = r.string()?.into();
                topic.partition_indexes = r.plain_list(Reader::i32)?;
                Ok(topic)
            })?;
        } else {
            self.groups = r.list(|r| {
                let mut group = OffsetFetchRequestGroup::default();
                group.group_id = r.string()?.into();
                if version >= 9 {
                    group.member_id = r.nullable_string()?;
                    group.member_epoch = r.i32()?;
                }
                group.topics = r.nullable_list(|r| {
                    let mut topic = OffsetFetchRequestTopics::default();
                    topic.name = r.string()?.into();
                    topic.partition_indexes = r.plain_list(Reader::i32)?;
                    Ok(topic)
                })?;
                Ok(group)
            })?;
        }
        if version >= 7 {
            self.require_stable = r.bool()?;
        }
        Ok(())
    }
}

impl Readable for ListGroupsRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        if version >= 4 {
            self.states_filter = r.plain_list(Reader::string)?;
        }
        Ok(())
    }
}

impl Readable for DescribeGroupsRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.groups = r.plain_list(|r| Ok(r.string()?.into()))?;
        if version >= 3 {
            self.include_authorized_operations = r.bool()?;
        }
        Ok(())
    }
}

impl Readable for InitProducerIdRequest {
    fn fill(&mut self, r: &mut Reader, version: i16) -> Result<(), Garbled> {
        self.transactional_id = r.nullable_string()?.map(Into::into);
        self.transaction_timeout_ms = r.i32()?;
        if version >= 3 {
            self.producer_id = r.i64()?.into();
            self.producer_epoch = r.i16()?;
        }
        Ok(())
    }
}

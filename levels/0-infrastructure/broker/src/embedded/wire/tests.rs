//! The two readings of a request are equal, whatever it is and in whatever version; and no frame makes this one fall.

use bytes::Buf;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::*;
use kafka_protocol::protocol::{Decodable, Message, StrBytes};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn text(text: &'static str) -> StrBytes {
    StrBytes::from_static_str(text)
}

/// Sets every field that a version has, and compares the two readings of it.
fn check<T>(key: ApiKey, fields: &[&dyn Fn(&mut T)])
where
    T: Readable + Message + Encodable + Decodable + Clone + PartialEq + std::fmt::Debug,
{
    let (_, versions) = SPOKEN.iter().find(|(spoken, _)| *spoken == key).expect("it is spoken");
    for version in versions.clone() {
        assert!(T::VERSIONS.min <= version && version <= T::VERSIONS.max);
        let mut request = T::default();
        for field in fields {
            let mut with = request.clone();
            field(&mut with);
            // A version that lacks the field refuses it, or gives it up on the way.
            let mut bytes = BytesMut::new();
            if with.encode(&mut bytes, version).is_ok() {
                request = with;
            }
        }
        let mut bytes = BytesMut::new();
        request.encode(&mut bytes, version).unwrap();
        let bytes = bytes.freeze();
        let theirs = T::decode(&mut bytes.clone(), version).unwrap();
        let mut reader = Reader::new(bytes.clone(), key.request_header_version(version) >= 2);
        let ours = T::read(&mut reader, version).unwrap();
        assert_eq!(ours, theirs, "{key:?} {version}");
        assert_eq!(reader.i8(), Err(Garbled::Short), "{key:?} {version}: something is left");
        for end in 0..bytes.len() {
            let cut = T::read(&mut Reader::new(bytes.slice(..end), reader.flexible), version);
            assert!(cut.is_err(), "{key:?} {version} cut at {end}");
        }
    }
}

#[test]
fn both_readings_of_data_requests_are_equal() {
    use fetch_request::{FetchPartition, FetchTopic, ForgottenTopic};
    use list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
    use metadata_request::MetadataRequestTopic;
    use produce_request::{PartitionProduceData, TopicProduceData};
    let partition = PartitionProduceData::default().with_index(7).with_records(Some(Bytes::from_static(b"records")));
    let topic = TopicProduceData::default()
        .with_name(text("vitals").into())
        .with_partition_data(vec![partition.clone(), partition]);
    check::<ProduceRequest>(
        ApiKey::Produce,
        &[&|r| r.transactional_id = Some(text("t").into()), &|r| r.acks = -1, &|r| r.timeout_ms = 30_000, &|r| {
            r.topic_data = vec![topic.clone(); 2];
        }],
    );
    let partition = FetchPartition::default().with_partition(3).with_fetch_offset(1 << 40).with_partition_max_bytes(9);
    let topic = FetchTopic::default().with_topic(text("vitals").into()).with_partitions(vec![partition; 3]);
    let forgotten = ForgottenTopic::default().with_topic(text("labs").into()).with_partitions(vec![1, 2]);
    check::<FetchRequest>(
        ApiKey::Fetch,
        &[
            &|r| r.max_wait_ms = 500,
            &|r| r.max_bytes = 1 << 20,
            &|r| r.session_id = 5,
            &|r| r.topics = vec![topic.clone(), topic.clone()],
            &|r| r.topics[0].partitions[1].current_leader_epoch = 4,
            &|r| r.topics[0].partitions[1].last_fetched_epoch = 4,
            &|r| r.topics[0].partitions[1].log_start_offset = 4,
            &|r| r.forgotten_topics_data = vec![forgotten.clone()],
            &|r| r.rack_id = text("rack"),
        ],
    );
    let partition = ListOffsetsPartition::default().with_partition_index(3).with_timestamp(-2);
    let topic = ListOffsetsTopic::default().with_name(text("vitals").into()).with_partitions(vec![partition; 2]);
    check::<ListOffsetsRequest>(
        ApiKey::ListOffsets,
        &[&|r| r.isolation_level = 1, &|r| r.topics = vec![topic.clone()], &|r| {
            r.topics[0].partitions[0].current_leader_epoch = 1;
        }],
    );
    let topic = MetadataRequestTopic::default().with_name(Some(text("vitals").into()));
    check::<MetadataRequest>(
        ApiKey::Metadata,
        &[
            &|r| r.topics = Some(vec![topic.clone(); 2]),
            &|r| r.topics.as_mut().unwrap()[0].topic_id = Uuid::from_u128(9),
            &|r| r.topics = None,
            &|r| r.allow_auto_topic_creation = false,
            &|r| r.include_topic_authorized_operations = true,
            &|r| r.include_cluster_authorized_operations = true,
        ],
    );
    check::<InitProducerIdRequest>(
        ApiKey::InitProducerId,
        &[&|r| r.transactional_id = Some(text("t").into()), &|r| r.producer_id = 4.into(), &|r| r.producer_epoch = 3],
    );
    check::<ApiVersionsRequest>(ApiKey::ApiVersions, &[&|r| r.client_software_name = text("a")]);
}

#[test]
fn both_readings_of_requests_about_topics_are_equal() {
    use create_partitions_request::{CreatePartitionsAssignment, CreatePartitionsTopic};
    use create_topics_request::CreatableReplicaAssignment;
    use delete_topics_request::DeleteTopicState;
    use describe_configs_request::DescribeConfigsResource;
    let config = CreatableTopicConfig::default().with_name(text("retention.ms")).with_value(Some(text("1")));
    let assignment = CreatableReplicaAssignment::default().with_partition_index(1).with_broker_ids(vec![0.into()]);
    let topic = CreatableTopic::default().with_name(text("a").into()).with_configs(vec![config]);
    let topic = topic.with_assignments(vec![assignment]).with_num_partitions(4);
    check::<CreateTopicsRequest>(
        ApiKey::CreateTopics,
        &[&|r| r.topics = vec![topic.clone(); 2], &|r| r.validate_only = true],
    );
    let topic = DeleteTopicState::default().with_name(Some(text("a").into())).with_topic_id(Uuid::from_u128(7));
    check::<DeleteTopicsRequest>(
        ApiKey::DeleteTopics,
        &[&|r| r.topics = vec![topic.clone()], &|r| r.topic_names = vec![text("a").into()], &|r| r.timeout_ms = 3],
    );
    let assignment = CreatePartitionsAssignment::default().with_broker_ids(vec![0.into()]);
    let topic = CreatePartitionsTopic::default().with_name(text("a").into()).with_assignments(Some(vec![assignment]));
    check::<CreatePartitionsRequest>(ApiKey::CreatePartitions, &[&|r| r.topics = vec![topic.clone()]]);
    let resource = DescribeConfigsResource::default().with_resource_type(2).with_resource_name(text("a"));
    let resource = resource.with_configuration_keys(Some(vec![text("b")]));
    check::<DescribeConfigsRequest>(
        ApiKey::DescribeConfigs,
        &[&|r| r.resources = vec![resource.clone(); 2], &|r| r.include_documentation = true],
    );
}

#[test]
fn both_readings_of_requests_of_groups_are_equal() {
    use join_group_request::JoinGroupRequestProtocol;
    use leave_group_request::MemberIdentity;
    use offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
    use offset_fetch_request::{OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics};
    use sync_group_request::SyncGroupRequestAssignment;
    check::<FindCoordinatorRequest>(
        ApiKey::FindCoordinator,
        &[&|r| r.key = text("g"), &|r| r.key_type = 1, &|r| r.coordinator_keys = vec![text("g"), text("h")]],
    );
    let protocol = JoinGroupRequestProtocol::default().with_name(text("range")).with_metadata(Bytes::from_static(b"m"));
    check::<JoinGroupRequest>(
        ApiKey::JoinGroup,
        &[
            &|r| r.group_id = text("g").into(),
            &|r| r.protocol_type = text("consumer"),
            &|r| r.protocols = vec![protocol.clone(); 2],
            &|r| r.rebalance_timeout_ms = 5,
            &|r| r.group_instance_id = Some(text("i")),
            &|r| r.reason = Some(text("why")),
        ],
    );
    let part =
        SyncGroupRequestAssignment::default().with_member_id(text("m")).with_assignment(Bytes::from_static(b"a"));
    check::<SyncGroupRequest>(
        ApiKey::SyncGroup,
        &[&|r| r.assignments = vec![part.clone(); 2], &|r| r.group_instance_id = Some(text("i")), &|r| {
            r.protocol_name = Some(text("range"));
        }],
    );
    check::<HeartbeatRequest>(
        ApiKey::Heartbeat,
        &[&|r| r.generation_id = 4, &|r| r.group_instance_id = Some(text("i"))],
    );
    let member = MemberIdentity::default().with_member_id(text("m")).with_group_instance_id(Some(text("i")));
    check::<LeaveGroupRequest>(
        ApiKey::LeaveGroup,
        &[&|r| r.member_id = text("m"), &|r| r.members = vec![member.clone(); 2], &|r| {
            r.members.iter_mut().for_each(|member| member.reason = Some(text("why")));
        }],
    );
    let partition = OffsetCommitRequestPartition::default().with_partition_index(1).with_committed_offset(99);
    let topic = OffsetCommitRequestTopic::default().with_name(text("a").into()).with_partitions(vec![partition; 2]);
    check::<OffsetCommitRequest>(
        ApiKey::OffsetCommit,
        &[
            &|r| r.group_instance_id = Some(text("i")),
            &|r| r.retention_time_ms = 5,
            &|r| r.topics = vec![topic.clone(); 2],
            &|r| r.topics[0].partitions[0].committed_leader_epoch = 5,
            &|r| r.topics[0].partitions[0].committed_metadata = Some(text("m")),
        ],
    );
    let topic = OffsetFetchRequestTopic::default().with_name(text("a").into()).with_partition_indexes(vec![1, 2]);
    let in_group = OffsetFetchRequestTopics::default().with_name(text("a").into()).with_partition_indexes(vec![1, 2]);
    let group = OffsetFetchRequestGroup::default().with_group_id(text("g").into()).with_topics(Some(vec![in_group]));
    check::<OffsetFetchRequest>(
        ApiKey::OffsetFetch,
        &[
            &|r| r.group_id = text("g").into(),
            &|r| r.topics = Some(vec![topic.clone()]),
            &|r| r.groups = vec![group.clone(), group.clone()],
            &|r| r.groups.iter_mut().for_each(|group| group.member_id = Some(text("m"))),
            &|r| r.groups.iter_mut().skip(1).for_each(|group| group.topics = None),
            &|r| r.require_stable = true,
        ],
    );
    check::<ListGroupsRequest>(ApiKey::ListGroups, &[&|r| r.states_filter = vec![text("Stable")]]);
    check::<DescribeGroupsRequest>(
        ApiKey::DescribeGroups,
        &[&|r| r.groups = vec![text("g").into()], &|r| r.include_authorized_operations = true],
    );
}

#[test]
fn a_head_is_read_and_what_claims_to_be_huge_is_refused() {
    let mut frame = BytesMut::new();
    frame.put_slice(&[0, 3, 0, 9, 0, 0, 0, 42, 0, 2, b'm', b'e', 0]);
    // An array of 4 billion topics.
    frame.put_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]);
    let (head, mut reader) = Head::read(frame.freeze()).unwrap();
    assert_eq!(head, Head { api: 3, version: 9, correlation: 42, client: "me".to_owned() });
    assert_eq!(MetadataRequest::read(&mut reader, 9).unwrap_err(), Garbled::Length);
}

#[test]
fn an_answer_is_as_long_as_its_frame_says() {
    for (key, versions) in SPOKEN.iter().filter(|(key, _)| *key == ApiKey::Metadata) {
        for version in versions.clone() {
            let mut frame = answer(*key, version, 7, &MetadataResponse::default()).unwrap();
            assert_eq!(frame.get_i32() as usize, frame.len());
            assert_eq!(frame.get_i32(), 7);
        }
    }
}

proptest! {
    #[test]
    fn no_frame_makes_it_fall(bytes in prop::collection::vec(any::<u8>(), 0..200), flexible in any::<bool>(), version in 0..13_i16) {
        let reader = || Reader::new(Bytes::from(bytes.clone()), flexible);
        let _ = Head::read(Bytes::from(bytes.clone()));
        let _ = ProduceRequest::read(&mut reader(), version);
        let _ = FetchRequest::read(&mut reader(), version);
        let _ = MetadataRequest::read(&mut reader(), version);
        let _ = CreateTopicsRequest::read(&mut reader(), version);
        let _ = OffsetFetchRequest::read(&mut reader(), version);
        let _ = JoinGroupRequest::read(&mut reader(), version);
    }
}

//! Which requests are spoken, and in which versions.
//!
//! The greatest are those before Kafka names topics by their id (fetch 13, produce 13) and before brokers take over a group's
//! assignment. Clients agree on the greatest version that both speak.

use std::ops::RangeInclusive;

use kafka_protocol::messages::ApiKey;

/// All of them.
pub(crate) const SPOKEN: &[(ApiKey, RangeInclusive<i16>)] = &[
    (ApiKey::Produce, 3..=12),
    (ApiKey::Fetch, 4..=12),
    (ApiKey::ListOffsets, 1..=7),
    (ApiKey::Metadata, 0..=12),
    (ApiKey::OffsetCommit, 2..=9),
    (ApiKey::OffsetFetch, 1..=9),
    (ApiKey::FindCoordinator, 0..=4),
    (ApiKey::JoinGroup, 0..=9),
    (ApiKey::Heartbeat, 0..=4),
    (ApiKey::LeaveGroup, 0..=5),
    (ApiKey::SyncGroup, 0..=5),
    (ApiKey::DescribeGroups, 0..=5),
    (ApiKey::ListGroups, 0..=4),
    (ApiKey::ApiVersions, 0..=4),
    (ApiKey::CreateTopics, 2..=7),
    (ApiKey::DeleteTopics, 1..=6),
    (ApiKey::InitProducerId, 0..=4),
    (ApiKey::DescribeConfigs, 1..=4),
    (ApiKey::CreatePartitions, 0..=3),
];

/// Whether a request in a version is spoken.
pub(crate) fn is_spoken(key: ApiKey, version: i16) -> bool {
    SPOKEN.iter().any(|(spoken, versions)| *spoken == key && versions.contains(&version))
}

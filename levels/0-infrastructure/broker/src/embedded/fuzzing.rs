//! A way in for the fuzzer (`cargo xtask fuzz wire`): what a frame's bytes go through, without a connection.

use std::fmt::Debug;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest,
    DescribeConfigsRequest, DescribeGroupsRequest, FetchRequest, FindCoordinatorRequest, HeartbeatRequest,
    InitProducerIdRequest, JoinGroupRequest, LeaveGroupRequest, ListGroupsRequest, ListOffsetsRequest, MetadataRequest,
    OffsetCommitRequest, OffsetFetchRequest, ProduceRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::Encodable;

use super::store::batch::{Batch, Header};
use super::wire::{Head, Readable, Reader, is_spoken};

/// Where a batch has the checksum of all that follows.
const CHECKSUM: Range<usize> = 17..21;

/// Reads a frame as a connection does, and panics where what was read is not what Kafka's own layout says again.
pub fn frame(bytes: &[u8]) {
    let Ok((Head { api, version, .. }, reader)) = Head::read(Bytes::copy_from_slice(bytes)) else { return };
    let Ok(key) = ApiKey::try_from(api) else { return };
    if !is_spoken(key, version) {
        return;
    }
    match key {
        ApiKey::Produce => {
            let request = twice::<ProduceRequest>(reader, version);
            let topics = request.into_iter().flat_map(|request| request.topic_data);
            let partitions = topics.flat_map(|topic| topic.partition_data);
            partitions.filter_map(|partition| partition.records).for_each(|records| batch(&records));
        }
        ApiKey::Fetch => drop(twice::<FetchRequest>(reader, version)),
        ApiKey::ListOffsets => drop(twice::<ListOffsetsRequest>(reader, version)),
        ApiKey::Metadata => drop(twice::<MetadataRequest>(reader, version)),
        ApiKey::OffsetCommit => drop(twice::<OffsetCommitRequest>(reader, version)),
        ApiKey::OffsetFetch => drop(twice::<OffsetFetchRequest>(reader, version)),
        ApiKey::FindCoordinator => drop(twice::<FindCoordinatorRequest>(reader, version)),
        ApiKey::JoinGroup => drop(twice::<JoinGroupRequest>(reader, version)),
        ApiKey::Heartbeat => drop(twice::<HeartbeatRequest>(reader, version)),
        ApiKey::LeaveGroup => drop(twice::<LeaveGroupRequest>(reader, version)),
        ApiKey::SyncGroup => drop(twice::<SyncGroupRequest>(reader, version)),
        ApiKey::DescribeGroups => drop(twice::<DescribeGroupsRequest>(reader, version)),
        ApiKey::ListGroups => drop(twice::<ListGroupsRequest>(reader, version)),
        ApiKey::ApiVersions => drop(twice::<ApiVersionsRequest>(reader, version)),
        ApiKey::CreateTopics => drop(twice::<CreateTopicsRequest>(reader, version)),
        ApiKey::DeleteTopics => drop(twice::<DeleteTopicsRequest>(reader, version)),
        ApiKey::InitProducerId => drop(twice::<InitProducerIdRequest>(reader, version)),
        ApiKey::DescribeConfigs => drop(twice::<DescribeConfigsRequest>(reader, version)),
        ApiKey::CreatePartitions => drop(twice::<CreatePartitionsRequest>(reader, version)),
        other => panic!("{other:?} is spoken, and not fuzzed"),
    }
}

/// Reads a request; laid out by the library and read again, it is the same.
fn twice<T: Readable + Encodable + PartialEq + Debug>(mut reader: Reader, version: i16) -> Option<T> {
    let request = T::read(&mut reader, version).ok()?;
    let mut laid_out = BytesMut::new();
    request.encode(&mut laid_out, version).expect("what was read in a version can be said in it");
    let again = T::read(&mut Reader::new(laid_out.freeze(), reader.flexible), version);
    assert_eq!(again.as_ref(), Ok(&request), "the two readings differ");
    Some(request)
}

/// Takes a batch into the log. Its checksum is made right first: nobody guesses one.
fn batch(records: &[u8]) {
    let mut sent = records.to_vec();
    if let Some((head, summed)) = sent.split_at_mut_checked(CHECKSUM.end) {
        head[CHECKSUM].copy_from_slice(&crc32c::crc32c(summed).to_be_bytes());
    }
    let Ok(mut batch) = Batch::received(&sent.into()) else { return };
    for log_time_ms in [None, Some(1_772_366_400_000)] {
        batch.place(42, log_time_ms);
        let (head, records) = batch.parts();
        let written = [head, records].concat();
        assert_eq!(Header::verify(&written), Ok(batch.header), "what is written can be read");
    }
}

#[cfg(test)]
mod tests {
    /// What the fuzzer starts from, and what it found once, holds.
    #[test]
    fn the_seeds_hold() {
        for seed in strata_testkit::fuzz_seeds("wire") {
            super::frame(&seed);
        }
    }
}

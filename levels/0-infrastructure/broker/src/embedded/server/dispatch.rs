//! Which request is answered by whom.

use bytes::Bytes;
use futures::FutureExt;
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiKey, ApiVersionsRequest, ApiVersionsResponse};

use super::super::wire::{Head, Readable, Reader, SPOKEN, answer, is_spoken};
use super::admission::Granted;
use super::connection::{Answer, Connection, Ended, Pending};

/// A request that was read, and how it is answered.
pub(super) struct Asked {
    pub(super) head: Head,
    key: ApiKey,
    reader: Reader,
}

impl Asked {
    pub(super) fn read<T: Readable>(&mut self) -> Result<T, Ended> {
        Ok(T::read(&mut self.reader, self.head.version)?)
    }

    /// An answer that is ready.
    pub(super) fn ready(&self, body: &impl kafka_protocol::protocol::Encodable) -> Result<Pending, Ended> {
        let frame = self.frame(body)?;
        Ok(std::future::ready(Ok(Answer { frame: Some(frame), granted: None })).boxed())
    }

    pub(super) fn frame(&self, body: &impl kafka_protocol::protocol::Encodable) -> Result<Bytes, Ended> {
        Ok(answer(self.key, self.head.version, self.head.correlation, body)?)
    }
}

impl Connection {
    /// Takes a request. What has to be done in its order is done when this returns.
    pub(super) async fn dispatch(&self, frame: Bytes, granted: Granted) -> Result<Pending, Ended> {
        let (head, reader) = Head::read(frame)?;
        let (api, version) = (head.api, head.version);
        let not_spoken = || Ended::NotSpoken { api, version };
        let key = ApiKey::try_from(api).map_err(|()| not_spoken())?;
        let mut asked = Asked { head, key, reader };
        if !is_spoken(key, version) {
            // A client that asks too much is told what it may ask; it cannot know before.
            return if key == ApiKey::ApiVersions { Self::versions_for_a_stranger(&asked) } else { Err(not_spoken()) };
        }
        if key == ApiKey::Produce {
            return self.produce(asked, granted).await;
        }
        // Other requests are small, or hold nothing of their frame for long.
        drop(granted);
        match key {
            ApiKey::ApiVersions => {
                let _: ApiVersionsRequest = asked.read()?;
                asked.ready(&versions())
            }
            ApiKey::Metadata => self.metadata(asked).await,
            ApiKey::Fetch => self.fetch(asked).await,
            ApiKey::ListOffsets => self.list_offsets(asked).await,
            ApiKey::CreateTopics => self.create_topics(asked).await,
            ApiKey::DeleteTopics => self.delete_topics(asked).await,
            ApiKey::CreatePartitions => Self::create_partitions(asked),
            ApiKey::DescribeConfigs => self.describe_configs(asked),
            ApiKey::FindCoordinator => self.find_coordinator(asked),
            ApiKey::JoinGroup => self.join_group(asked).await,
            ApiKey::SyncGroup => self.sync_group(asked).await,
            ApiKey::Heartbeat => self.heartbeat(asked),
            ApiKey::LeaveGroup => self.leave_group(asked),
            ApiKey::OffsetCommit => self.offset_commit(asked).await,
            ApiKey::OffsetFetch => self.offset_fetch(asked),
            ApiKey::ListGroups => self.list_groups(asked),
            ApiKey::DescribeGroups => self.describe_groups(asked),
            ApiKey::InitProducerId => self.init_producer_id(asked).await,
            _ => Err(not_spoken()),
        }
    }

    fn versions_for_a_stranger(asked: &Asked) -> Result<Pending, Ended> {
        let body = versions().with_error_code(ResponseError::UnsupportedVersion.code());
        let frame = answer(ApiKey::ApiVersions, 0, asked.head.correlation, &body)?;
        Ok(std::future::ready(Ok(Answer { frame: Some(frame), granted: None })).boxed())
    }
}

fn versions() -> ApiVersionsResponse {
    let spoken = SPOKEN.iter().map(|(key, versions)| {
        let version = ApiVersion::default().with_api_key(*key as i16);
        version.with_min_version(*versions.start()).with_max_version(*versions.end())
    });
    ApiVersionsResponse::default().with_api_keys(spoken.collect())
}

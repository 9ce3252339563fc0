//! Kafka's frames: requests read with care, answers laid out.
//!
//! Answers are laid out by `kafka-protocol`. Requests come from strangers and are read here: that crate reserves memory for
//! as many elements as a frame claims to have, so that a few bytes could end the process. What is read are its types, so
//! that a test holds both readings equal for every request in every version.

mod reader;
pub(crate) use reader::{Garbled, Reader};

mod requests;
pub(crate) use requests::Readable;

mod versions;
pub(crate) use versions::{SPOKEN, is_spoken};

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::ApiKey;
use kafka_protocol::protocol::Encodable;

/// What every request begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) api: i16,
    pub(crate) version: i16,
    pub(crate) correlation: i32,
    pub(crate) client: String,
}

impl Head {
    /// Reads it; what is left is the request.
    pub(crate) fn read(frame: Bytes) -> Result<(Self, Reader), Garbled> {
        let mut reader = Reader::new(frame, false);
        let (api, version, correlation) = (reader.i16()?, reader.i16()?, reader.i32()?);
        let client = reader.nullable_string()?.map(|client| client.to_string()).unwrap_or_default();
        // Of a version that is not spoken nothing more is known than this.
        let flexible = |key: ApiKey| is_spoken(key, version) && key.request_header_version(version) >= 2;
        let flexible = ApiKey::try_from(api).is_ok_and(flexible);
        reader.flexible = flexible;
        if flexible {
            reader.tags()?;
        }
        Ok((Self { api, version, correlation, client }, reader))
    }
}

/// An answer in its frame.
pub(crate) fn answer(key: ApiKey, version: i16, correlation: i32, body: &impl Encodable) -> Result<Bytes, Unspeakable> {
    let size = body.compute_size(version).map_err(|error| Unspeakable(error.to_string()))?;
    let flexible = key.response_header_version(version) >= 1;
    let header = 4 + usize::from(flexible);
    let mut frame = BytesMut::with_capacity(4 + header + size);
    frame.put_i32(i32::try_from(header + size).map_err(|error| Unspeakable(error.to_string()))?);
    frame.put_i32(correlation);
    if flexible {
        frame.put_u8(0);
    }
    body.encode(&mut frame, version).map_err(|error| Unspeakable(error.to_string()))?;
    Ok(frame.freeze())
}

/// An answer that cannot be laid out in the version asked for: a bug here.
#[derive(Debug, thiserror::Error)]
#[error("an answer cannot be laid out: {0}")]
pub(crate) struct Unspeakable(String);

#[cfg(test)]
mod tests;

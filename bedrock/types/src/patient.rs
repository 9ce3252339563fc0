//! Who an event is about, and in which partition all of that patient's events lie.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Partitions of every log, and buckets of every table.
pub const PARTITIONS: u8 = 16;

/// A pseudonym: 1 to 64 letters, digits, `_` or `-`. Direct identifiers never enter the lake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientId(Arc<str>);

impl PatientId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition that holds all of this patient's events.
    pub fn partition(&self) -> u8 {
        partition_of(self.0.as_bytes())
    }
}

/// A text that cannot be a patient id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a patient id is 1 to 64 letters, digits, `_` or `-`")]
pub struct InvalidPatientId;

impl FromStr for PatientId {
    type Err = InvalidPatientId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidPatientId)
        }
    }
}

impl fmt::Display for PatientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PatientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PatientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for PatientId {
    fn schema_name() -> Cow<'static, str> {
        "PatientId".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"})
    }
}

/// The partition of a message key, as the default partitioner of Apache Kafka's Java client
/// computes it (librdkafka: `partitioner=murmur2_random`), so that foreign producers agree with us.
pub fn partition_of(key: &[u8]) -> u8 {
    (hash_of(key) % u32::from(PARTITIONS)) as u8
}

/// The 31 bits of which [`partition_of`] is the remainder, for those who share out further.
pub fn hash_of(key: &[u8]) -> u32 {
    murmur2(key) & 0x7fff_ffff
}

/// `MurmurHash2` (Austin Appleby), 32 bits, with the seed of `org.apache.kafka.common.utils.Utils`.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ data.len() as u32;
    let mut chunks = data.chunks_exact(4);
    for chunk in &mut chunks {
        let mut k = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = chunks.remainder();
    for (index, byte) in rest.iter().enumerate() {
        hash ^= u32::from(*byte) << (8 * index);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn murmur2_agrees_with_kafka() {
        let cases: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (text, hash) in cases {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
    }

    /// Fault 20: the paths into the lake disagreed on the form of a patient's id.
    #[test]
    fn ids_have_one_form() {
        for text in ["p000001", "A-b_9"] {
            assert_eq!(text.parse::<PatientId>().unwrap().as_str(), text);
        }
        for text in ["", "a b", "Jürgen", "a/b", &"x".repeat(65)] {
            assert!(text.parse::<PatientId>().is_err(), "{text}");
        }
    }
}

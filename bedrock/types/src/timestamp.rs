//! Points in time: UTC microseconds, written as RFC 3339.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Microseconds in a minute.
pub const MINUTE: i64 = 60 * 1_000_000;
/// Microseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
///
/// Serialised as RFC 3339 with the offset `Z`; any offset is accepted when read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The whole hours since the epoch, rounded down.
    pub const fn hour_index(self) -> i64 {
        self.0.div_euclid(HOUR)
    }

    /// The day it lies in, `YYYY-MM-DD` (UTC).
    pub fn date(self) -> String {
        let time = self.to_chrono();
        format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day())
    }

    /// The hour of the day it lies in, `00` to `23` (UTC).
    pub fn hour_of_day(self) -> String {
        format!("{:02}", self.to_chrono().hour())
    }

    /// Hours from `earlier` to this time; negative when `earlier` is later.
    pub fn hours_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / HOUR as f64
    }

    fn to_chrono(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

/// Moves a time by microseconds.
impl Add<i64> for Timestamp {
    type Output = Self;
    fn add(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}

/// Moves a time back by microseconds.
impl Sub<i64> for Timestamp {
    type Output = Self;
    fn sub(self, micros: i64) -> Self {
        Self(self.0.saturating_sub(micros))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_chrono().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// A text that is no RFC 3339 time between the years 1 and 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 time, such as 2026-03-01T12:00:00Z")]
pub struct InvalidTimestamp(String);

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match DateTime::parse_from_rfc3339(text) {
            Ok(time) if (1..=9999).contains(&time.year()) => Ok(Self(time.timestamp_micros())),
            _ => Err(InvalidTimestamp(text.chars().take(40).collect())),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_offset_and_writes_utc() {
        let time: Timestamp = "2026-03-01T13:00:00.5+01:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-03-01T12:00:00.500Z");
        assert_eq!((time.date().as_str(), time.hour_of_day().as_str()), ("2026-03-01", "12"));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "yesterday", "2026-03-01", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}

//! What stands beside each bronze object: where its records belong and when they were logged.

use serde::{Deserialize, Serialize};
use strata_types::{Timestamp, Topic};

/// When the records of a log count as known (`available_at` in silver).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// When they happened: a historical set, charted as it happened.
    AtEvent,
    /// When they were logged.
    AtArrival,
}

/// The commit of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The object's name, relative to the bronze root.
    pub object: String,
    /// The topic's name.
    pub topic: String,
    /// The log: `live`, or an import of its own.
    pub log: String,
    /// The log's partition, which is also the tables' bucket.
    pub partition: u8,
    /// The offset of the first record.
    pub first_offset: u64,
    /// How many records there are.
    pub count: u64,
    /// Bytes of the records, uncompressed.
    pub raw_bytes: u64,
    /// SHA-256 of the object, in hex.
    pub sha256: String,
    /// When the records count as known.
    pub availability: Availability,
    /// When each record was logged, run by run: (microseconds since the run before, records).
    log_times: Vec<(i64, u64)>,
}

impl Manifest {
    /// The offset after the last record.
    pub fn end_offset(&self) -> u64 {
        self.first_offset + self.count
    }

    /// The log's own time of each record, in order.
    pub fn log_times(&self) -> impl Iterator<Item = Timestamp> + '_ {
        let mut time = 0;
        self.log_times.iter().flat_map(move |&(step, run)| {
            time += step;
            std::iter::repeat_n(Timestamp(time), run as usize)
        })
    }
}

/// An object in the making: what its name and manifest will say.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) topic: Topic,
    pub(crate) partition: u8,
    pub(crate) first_offset: u64,
    pub(crate) lines: Vec<u8>,
    count: u64,
    first_logged: Timestamp,
    last_logged: Timestamp,
    log_times: Vec<(i64, u64)>,
}

impl Draft {
    pub(crate) fn new(topic: Topic, partition: u8, first_offset: u64) -> Self {
        Self {
            topic,
            partition,
            first_offset,
            lines: Vec::new(),
            count: 0,
            first_logged: Timestamp(0),
            last_logged: Timestamp(0),
            log_times: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, line: &[u8], logged: Timestamp) {
        if self.count == 0 {
            self.first_logged = logged;
        }
        match self.log_times.last_mut() {
            Some((_, run)) if logged == self.last_logged => *run += 1,
            _ => self.log_times.push((logged.0 - self.last_logged.0, 1)),
        }
        self.last_logged = logged;
        self.count += 1;
        self.lines.extend_from_slice(line);
        self.lines.push(b'\n');
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The object's name: its folder is the hour of the first record's log time.
    pub(crate) fn object_name(&self, log: &str) -> String {
        object_name(self.topic, log, self.partition, self.first_offset, self.first_logged)
    }

    pub(crate) fn manifest(self, log: &str, sha256: String, availability: Availability) -> Manifest {
        Manifest {
            object: self.object_name(log),
            topic: self.topic.name().into(),
            log: log.into(),
            partition: self.partition,
            first_offset: self.first_offset,
            count: self.count,
            raw_bytes: self.lines.len() as u64,
            sha256,
            availability,
            log_times: self.log_times,
        }
    }
}

/// The name of the object whose first record stands at `offset` and was logged at `logged`.
pub(crate) fn object_name(topic: Topic, log: &str, partition: u8, offset: u64, logged: Timestamp) -> String {
    let (date, hour) = (logged.date(), logged.hour_of_day());
    format!("raw/{topic}/date={date}/hour={hour}/{log}-{partition:02}-{offset:020}.ndjson.zst")
}

/// The manifest's name for an object's name.
pub(crate) fn manifest_name(object: &str) -> String {
    format!("{object}.manifest.json")
}

/// What a manifest's name tells: (log, partition, first offset).
pub(crate) fn parse_name(name: &str) -> Option<(&str, u8, u64)> {
    let file = name.rsplit('/').next()?.strip_suffix(".ndjson.zst.manifest.json")?;
    let (rest, offset) = file.rsplit_once('-')?;
    let (log, partition) = rest.rsplit_once('-')?;
    Some((log, partition.parse().ok()?, offset.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn log_times_survive(times in prop::collection::vec(0_i64..5_000, 1..200), first in 0_u64..1_000_000) {
            let mut draft = Draft::new(Topic::Labs, 3, first);
            for time in &times {
                draft.push(b"{}", Timestamp(*time));
            }
            let object = draft.object_name("live-2");
            let manifest = draft.manifest("live-2", String::new(), Availability::AtEvent);
            prop_assert_eq!(manifest.log_times().map(|time| time.0).collect::<Vec<_>>(), times);
            let name = manifest_name(&object);
            prop_assert_eq!(parse_name(&name), Some(("live-2", 3, first)));
        }
    }
}

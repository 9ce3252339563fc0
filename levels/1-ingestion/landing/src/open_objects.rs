//! The objects that are being filled, one for each partition, and committed on one beat: whoever goes on from bronze has one
//! round to take up, and not a partition now and another in a moment.

use std::collections::BTreeMap;

use strata_broker::client::Record;
use strata_types::{Timestamp, Topic};
use tokio::time::Instant;

use crate::line::line;
use crate::manifest::Draft;
use crate::{Beginning, Error, LiveSettings};

/// Objects that are being filled.
#[derive(Debug)]
pub(crate) struct OpenObjects {
    settings: LiveSettings,
    drafts: BTreeMap<(Topic, u8), Draft>,
    /// The next offset of each partition; none where any will do.
    next: BTreeMap<(Topic, u8), u64>,
    bytes: usize,
    /// The first record of them was read at this time, or a little later.
    since: Option<Instant>,
}

impl OpenObjects {
    /// None yet; what comes has to go on where bronze ends.
    pub(crate) fn new(settings: LiveSettings, next: BTreeMap<(Topic, u8), u64>) -> Self {
        Self { settings, drafts: BTreeMap::new(), next, bytes: 0, since: None }
    }

    /// Bytes of all of them.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether each partition was taken up to this offset.
    pub(crate) fn has_reached(&self, ends: &BTreeMap<(Topic, u8), u64>) -> bool {
        ends.iter().all(|(partition, end)| self.next.get(partition).is_some_and(|next| next >= end))
    }

    pub(crate) fn take(&mut self, record: Record<'_>) -> Result<(), Error> {
        let Ok(topic) = record.topic.parse::<Topic>() else { return Ok(()) };
        let (partition, offset) = (record.partition as u8, record.offset as u64);
        let next = self.next.entry((topic, partition)).or_insert(match self.settings.beginning {
            Beginning::Whole => 0,
            Beginning::Earliest => offset,
        });
        if offset != *next {
            return Err(Error::Gap { topic, partition, landed: *next, found: offset });
        }
        *next += 1;
        self.since.get_or_insert_with(Instant::now);
        let draft = self.drafts.entry((topic, partition)).or_insert_with(|| Draft::new(topic, partition, offset));
        let before = draft.lines.len();
        draft.push(&line(record.payload.unwrap_or(b"null")), Timestamp(record.time_ms * 1_000));
        self.bytes += draft.lines.len() - before;
        Ok(())
    }

    /// Takes out what is to be committed now: at most one of each partition, so that a partition's objects become visible
    /// in the order of their offsets.
    pub(crate) fn ripe(&mut self, all: bool) -> Vec<Draft> {
        let settings = &self.settings;
        let is_due = self.since.is_some_and(|since| since.elapsed() >= settings.age);
        if all || is_due || self.bytes >= settings.open_bytes {
            (self.bytes, self.since) = (0, None);
            return std::mem::take(&mut self.drafts).into_values().collect();
        }
        let full = self.drafts.extract_if(.., |_, draft| draft.lines.len() >= settings.object_bytes);
        let full: Vec<Draft> = full.map(|(_, draft)| draft).collect();
        self.bytes -= full.iter().map(|draft| draft.lines.len()).sum::<usize>();
        full
    }
}

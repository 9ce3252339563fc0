//! What was refused, tried again by today's rules.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use strata_lakehouse::batch::Engine;
use strata_types::{Timestamp, Topic};

use super::Refinery;
use super::intake::again;
use super::standing::Standing;
use crate::Error;
use crate::finding::Entry;

/// Which refused records to try again; what is not given does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Of this topic.
    pub topic: Option<Topic>,
    /// Refused by this rule.
    pub rule: Option<String>,
    /// At this place.
    pub place: Option<Place>,
}

/// Where a record stands on a topic's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The log.
    pub log: String,
    /// The log's partition.
    pub partition: u8,
    /// The record's offset.
    pub offset: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// Records that were tried.
    pub tried: u64,
    /// Those of them that stand in silver now. The others are still refused, or a later record has their key.
    pub in_silver: u64,
}

impl Refused {
    fn has(&self, entry: &Entry) -> bool {
        let is_place = |place: &Place| entry.place() == (place.log.clone(), place.partition, place.offset);
        (entry.refuses_row() || entry.key.is_none())
            && self.rule.as_ref().is_none_or(|rule| *rule == entry.rule)
            && self.place.as_ref().is_none_or(is_place)
    }
}

pub(super) async fn replay(refinery: &Refinery, refused: &Refused, now: Timestamp) -> Result<Replayed, Error> {
    let mut standing = Standing::open(&refinery.lakehouse).await?;
    let mut replayed = Replayed::default();
    let mut bundles = HashMap::new();
    for topic in Topic::ALL.into_iter().filter(|topic| refused.topic.is_none_or(|only| only == *topic)) {
        let filter = refused.clone();
        let found = standing.quarantine.search(topic, None, move |entry| filter.has(entry)).await?;
        let records: BTreeSet<_> = found.iter().map(|(_, entry)| entry.place()).collect();
        replayed.tried += records.len() as u64;
        bundles.insert(topic, again(refinery, topic, found.into_iter().map(|(_, entry)| entry)).await?);
    }
    // These records alone: who else waits for a patient waits for the next run.
    standing.know_enrolled(refinery).await?;
    let refined = standing.refine_all(refinery, &Engine::Embedded, bundles, now, &mut |_| {}).await?;
    replayed.in_silver = refined.iter().map(|refined| refined.written).sum();
    Ok(replayed)
}

//! What has become of a request's records so far.

use axum::http::StatusCode;

use crate::intake::{Dropped, Rejection};
use crate::wire::{DroppedFields, Outcome, Rejected};
use strata_types::Topic;

/// So many refusals are told one by one; the rest is counted.
const TOLD: usize = 1000;
/// A reason that quotes what was sent is cut here, in characters.
const LONGEST: usize = 300;

/// How records are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Places {
    /// By index, from 0.
    Indices,
    /// By line, from 1.
    Lines,
}

/// The counts, in bounded memory.
#[derive(Debug)]
pub(super) struct Account {
    places: Places,
    pub(super) accepted: u64,
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
    /// Given to the log, which has not answered yet.
    pub(super) in_doubt: u64,
    told: Vec<Rejected>,
    dropped: Dropped,
}

impl Account {
    pub(super) fn new(places: Places) -> Self {
        let dropped = Dropped::default();
        Self { places, accepted: 0, duplicates: 0, rejected: 0, in_doubt: 0, told: Vec::new(), dropped }
    }

    pub(super) fn reject(&mut self, topic: Topic, rejection: Rejection) {
        self.rejected += 1;
        if self.told.len() < TOLD {
            let Rejection { place, event_id, rule, reason } = rejection;
            let (index, line) = match self.places {
                Places::Indices => (Some(place), None),
                Places::Lines => (None, Some(place)),
            };
            let cut = |text: String| text.chars().take(LONGEST).collect();
            let (event_id, reason) = (event_id.map(cut), cut(reason));
            self.told.push(Rejected { index, line, event_id, reason, rule: rule.name(), hint: rule.hint(topic) });
        }
    }

    pub(super) fn drop_fields(&mut self, dropped: Dropped) {
        self.dropped += dropped;
    }

    /// Whether anything was given to the log, or refused.
    pub(super) fn is_touched(&self) -> bool {
        self.accepted + self.duplicates + self.rejected + self.in_doubt > 0
    }

    /// 422 when everything was refused; else 200, however much was.
    pub(super) fn status(&self) -> StatusCode {
        let all_refused = self.rejected > 0 && self.accepted + self.duplicates == 0;
        if all_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    pub(super) fn outcome(&mut self) -> Outcome {
        Outcome {
            accepted: self.accepted,
            duplicates: self.duplicates,
            rejected_count: self.rejected,
            rejected: std::mem::take(&mut self.told),
            dropped_fields: DroppedFields { free_text: self.dropped.free_text, unknown: self.dropped.unknown },
        }
    }
}

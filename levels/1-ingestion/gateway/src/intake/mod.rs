//! What becomes of a record: judged by the one schema, cleaned of what must not enter, stamped. Pure, without IO.

mod clean;
mod fields;
mod known;
mod rejection;

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::IgnoredAny;
use strata_types::event::Unreadable;
use strata_types::{Event, Timestamp, Topic};
use uuid::Uuid;

pub(crate) use clean::Dropped;
use fields::Fields;
use known::Known;
pub(crate) use rejection::{Rejection, Rule};

use crate::Record;
use crate::body::{Batch, Piece};
use crate::pseudonym::Pseudonyms;
use crate::seen::{Identity, Seen};

/// The namespace of the ids that records without one are given: `UUIDv5` of their bytes, as they enter.
const RECORDS: Uuid = Uuid::from_u128(0x7f0a_6a52_3c1d_5b8e_9a41_2f6d_0c5e_8b17);

/// Judges records.
#[derive(Debug)]
pub(crate) struct Intake {
    pseudonyms: Option<Pseudonyms>,
    known: Known,
    seen: Arc<Seen>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Ready for the log.
    pub(crate) records: Vec<Record>,
    /// Each record's own, to be remembered when the log has it.
    pub(crate) identities: Vec<Identity>,
    /// Topics of those that were seen before.
    pub(crate) duplicates: Vec<Topic>,
    /// Why the others may not enter.
    pub(crate) rejected: Vec<(Topic, Rejection)>,
    /// Fields that did not enter.
    pub(crate) dropped: Dropped,
}

/// One record that may enter; its line is a piece of a buffer.
struct Entering {
    event: Event,
    line: std::ops::Range<usize>,
    identity: Identity,
}

impl Intake {
    pub(crate) fn new(pseudonyms: Option<Pseudonyms>, seen: Arc<Seen>) -> Self {
        Self { pseudonyms, known: Known::new(), seen }
    }

    /// Judges every record of a batch that arrived at this time.
    pub(crate) fn judge(&self, batch: &Batch, now: Timestamp) -> Judged {
        let mut judged = Judged::default();
        let (mut buffer, mut entering) = (Vec::with_capacity(batch.bytes.len() * 5 / 4), Vec::new());
        let stamp = now.to_string();
        for piece in &batch.pieces {
            let begin = buffer.len();
            match self.enter(batch, piece, &stamp, &mut buffer, &mut judged.dropped) {
                Ok(record) => entering.push((piece.topic, record)),
                Err(rejection) => {
                    buffer.truncate(begin);
                    judged.rejected.push((piece.topic, rejection));
                }
            }
        }
        let buffer = Bytes::from(buffer);
        let identities: Vec<_> = entering.iter().map(|(_, record)| record.identity).collect();
        for ((topic, record), known) in entering.into_iter().zip(self.seen.known(&identities)) {
            if known {
                judged.duplicates.push(topic);
                continue;
            }
            judged.identities.push(record.identity);
            let (patient_id, line) = (record.event.patient_id().clone(), buffer.slice(record.line));
            judged.records.push(Record { topic, patient_id, line, ingested_at: now });
        }
        judged
    }

    /// Writes the line of a record that may enter to the buffer.
    fn enter(
        &self,
        batch: &Batch,
        piece: &Piece,
        stamp: &str,
        buffer: &mut Vec<u8>,
        dropped: &mut Dropped,
    ) -> Result<Entering, Rejection> {
        let (topic, place) = (piece.topic, piece.place);
        let reject = |rule, reason: String, event_id| Rejection { place, event_id, rule, reason };
        let Some(range) = piece.range.clone() else {
            return Err(reject(Rule::TooLarge, "the record is too long".into(), None));
        };
        let sent = &batch.bytes[range];
        let malformed = |reason: String| reject(Rule::Malformed, reason, None);
        std::str::from_utf8(sent).map_err(|error| malformed(format!("not UTF-8: {error}")))?;
        serde_json::from_slice::<IgnoredAny>(sent).map_err(|error| malformed(format!("not JSON: {error}")))?;
        let fields = Fields::of(sent).ok_or_else(|| malformed("not a JSON object".into()))?;

        let begin = buffer.len();
        let year = stamp.get(..4).and_then(|year| year.parse().ok()).unwrap_or(i32::MAX);
        let mut drops = Dropped::default();
        clean::write(&fields, topic, &self.known, self.pseudonyms.as_ref(), year, buffer, &mut drops);
        let event = Event::parse(topic, &buffer[begin..]).map_err(|error| {
            let rule = match error {
                Unreadable::Malformed(_) => Rule::Malformed,
                Unreadable::Field(_) => Rule::MissingField,
            };
            reject(rule, without_place(&error.to_string()), fields.text("event_id"))
        })?;
        let given = event_id(&event).map(str::to_owned);
        if given.as_deref() == Some("") {
            return Err(reject(Rule::MissingField, "event_id is empty".into(), None));
        }
        let content = &buffer[begin..];
        let id = given.clone().unwrap_or_else(|| Uuid::new_v5(&RECORDS, content).to_string());
        let identity = self.seen.identity(topic, &id, content);
        // What is written so far is an object with a patient in it, so a comma may follow.
        buffer.pop();
        if given.is_none() {
            append(buffer, "event_id", &id);
        }
        append(buffer, "ingested_at", stamp);
        buffer.push(b'}');
        *dropped += drops;
        Ok(Entering { event, line: begin..buffer.len(), identity })
    }
}

/// Adds a field whose value needs no escapes.
fn append(buffer: &mut Vec<u8>, name: &str, value: &str) {
    buffer.extend_from_slice(format!(",\"{name}\":\"{value}\"").as_bytes());
}

fn event_id(event: &Event) -> Option<&str> {
    match event {
        Event::Vitals(event) => event.event_id.as_deref(),
        Event::Medication(event) => event.event_id.as_deref(),
        Event::LabResult(event) => event.event_id.as_deref(),
        Event::AdverseEvent(event) => event.event_id.as_deref(),
        Event::Patient(event) => event.event_id.as_deref(),
        Event::Label(_) => None,
    }
}

/// The parser counts columns of the cleaned line, which the sender never saw.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}

impl std::ops::AddAssign for Dropped {
    fn add_assign(&mut self, other: Self) {
        self.free_text += other.free_text;
        self.unknown += other.unknown;
    }
}

/// What a topic is called when it is another: the nearest name, for whoever mistyped.
pub(crate) fn nearest_topic(name: &str) -> Topic {
    let likeness = |topic: Topic| {
        let to = |known: &str| strsim::jaro_winkler(name, known);
        to(topic.name()).max(to(topic.table()))
    };
    let nearest = EVENTS.into_iter().max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)));
    nearest.unwrap_or(Topic::Vitals)
}

/// The topics that take events; labels come with historical sets only.
pub(crate) const EVENTS: [Topic; 5] =
    [Topic::Vitals, Topic::Medications, Topic::Labs, Topic::AdverseEvents, Topic::Patients];

/// The names of the topics that take events, for people.
pub(crate) fn topic_names() -> String {
    let mut names = String::new();
    for topic in EVENTS {
        let comma = if names.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(names, "{comma}{topic}");
    }
    names
}

#[cfg(test)]
mod tests;

//! Step 1: a line of bronze to a typed event, or the reason why not.

mod fast;

use std::sync::Arc;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use strata_landing::{Availability, Manifest};
use strata_types::event::Unreadable;
use strata_types::{Event, Timestamp, Topic};
use uuid::Uuid;

use crate::Origin;
use crate::finding::{Finding, Scope};

/// The namespace of the ids that Strata gives to records without one.
const RECORDS: Uuid = Uuid::from_u128(0x7f1d_3a52_91c4_4c0e_9b6f_2d58_a7c3_10e4);

/// The id of a record without one: the `UUIDv5` of its bytes. Of most records of an import, so it uses the processor's own SHA-1.
pub(crate) fn own_id(line: &[u8]) -> Uuid {
    let digest = Sha1::new_with_prefix(RECORDS.as_bytes()).chain_update(line).finalize();
    let first = digest.first_chunk().copied().unwrap_or_default();
    uuid::Builder::from_sha1_bytes(first).into_uuid()
}

/// How a line begins that stands for bytes that are no line: landing keeps them so.
const NO_LINE: &[u8] = b"\"base64:";

/// Where a line stands on its log.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) log: Arc<str>,
    pub(crate) partition: u8,
    pub(crate) offset: u64,
    pub(crate) logged: Timestamp,
    pub(crate) availability: Availability,
}

impl Place {
    /// The place of each line of an object.
    pub(crate) fn each(manifest: &Manifest) -> impl Iterator<Item = Self> + '_ {
        let log: Arc<str> = manifest.log.as_str().into();
        manifest.log_times().zip(manifest.first_offset..).map(move |(logged, offset)| Self {
            log: Arc::clone(&log),
            partition: manifest.partition,
            offset,
            logged,
            availability: manifest.availability,
        })
    }
}

/// Reads a line; what cannot be read is a finding, with the origin that it would have had.
pub(crate) fn parse(topic: Topic, line: &[u8], place: Place) -> (Origin, Result<Event, Finding>) {
    let parsed = fast::event(topic, line).map_or_else(|| Event::parse(topic, line), Ok);
    let given_id = match &parsed {
        Ok(Event::Vitals(event)) => event.event_id.clone(),
        Ok(Event::Medication(event)) => event.event_id.clone(),
        Ok(Event::LabResult(event)) => event.event_id.clone(),
        Ok(Event::AdverseEvent(event)) => event.event_id.clone(),
        Ok(Event::Patient(event)) => event.event_id.clone(),
        Ok(Event::Label(_)) | Err(_) => None,
    };
    let known = match (&parsed, place.availability) {
        (Ok(Event::AdverseEvent(event)), Availability::AtEvent) => Some(event.report_timestamp),
        (Ok(event), Availability::AtEvent) => event.timestamp(),
        _ => None,
    };
    let digest = Sha256::digest(line);
    let first_eight = digest.first_chunk::<8>().copied().unwrap_or_default();
    let origin = Origin {
        log: place.log,
        partition: place.partition,
        offset: place.offset,
        ingested_at: place.logged,
        available_at: known.unwrap_or(place.logged),
        event_id: given_id.unwrap_or_else(|| own_id(line).to_string()),
        record_hash: i64::from_be_bytes(first_eight),
    };
    (origin, parsed.map_err(|error| unreadable(line, &error)))
}

fn unreadable(line: &[u8], error: &Unreadable) -> Finding {
    let (rule, reason) = if line.starts_with(NO_LINE) {
        let reason = "it is not one line of UTF-8 text, so its bytes are kept in base64: send one JSON object a record";
        ("not_utf8_json_line", reason.to_owned())
    } else {
        (error.rule(), error.to_string())
    };
    Finding { rule, scope: Scope::Record, variable: None, raw_value: None, raw_unit: None, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault 17: what could not be read went nowhere. It says why, also when its bytes are no text.
    #[test]
    fn what_is_no_text_says_so() {
        let place = Place {
            log: "live".into(),
            partition: 0,
            offset: 0,
            logged: Timestamp(0),
            availability: Availability::AtArrival,
        };
        let rule = |line: &[u8]| parse(Topic::Labs, line, place.clone()).1.unwrap_err().rule;
        assert_eq!(rule(b"\"base64:/w==\""), "not_utf8_json_line");
        assert_eq!(rule(b"\"base32:/w==\""), "missing_field");
        assert_eq!(rule(b"{"), "malformed");
    }

    #[test]
    fn an_own_id_is_a_uuid_of_version_5() {
        for line in [&b""[..], b"x", &[b'y'; 300]] {
            assert_eq!(own_id(line), Uuid::new_v5(&RECORDS, line));
        }
    }
}

//! Writes a record as it may enter.
//!
//! - `ingested_at` is ours: what the sender says there is forgotten.
//! - `patient_id` becomes a pseudonym, where a key says that senders send names.
//! - Then fields that the schema does not know do not enter either: they are where names, addresses and telephone numbers
//!   come from. A sender of pseudonyms is trusted to know what it sends beside them; those stay in bronze, unread.
//! - Free text never enters: nobody can say what stands in it. How many fields were left out is told to the sender.
//! - Ages of 90 and more are one group (45 CFR 164.514(b)(2)(i)(C)).

use strata_types::Topic;

use super::fields::{Field, Fields};
use super::known::Known;
use crate::pseudonym::Pseudonyms;

/// The oldest age that is told.
const OLDEST: i32 = 90;

/// Fields that did not enter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// Free text.
    pub(crate) free_text: u64,
    /// Unknown to the schema.
    pub(crate) unknown: u64,
}

/// Writes the object, in one line. `year` is that of its arrival.
pub(super) fn write(
    fields: &Fields<'_>,
    topic: Topic,
    known: &Known,
    pseudonyms: Option<&Pseudonyms>,
    year: i32,
    out: &mut Vec<u8>,
    dropped: &mut Dropped,
) {
    out.push(b'{');
    let mut first = true;
    for field in &fields.0 {
        let name = field.name.as_ref();
        // Nothing is given: it is given one below, and a field must not stand twice.
        let absent_id = name == "event_id" && field.value == b"null";
        if name == "ingested_at" || absent_id {
            continue;
        }
        if Known::is_free_text(topic, name) {
            dropped.free_text += 1;
            continue;
        }
        if pseudonyms.is_some() && !known.has(topic, name) {
            dropped.unknown += 1;
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        serde_json::to_writer(&mut *out, name).expect("writing to memory cannot fail");
        out.push(b':');
        match replaced(field, topic, pseudonyms, year) {
            Some(value) => out.extend_from_slice(value.as_bytes()),
            // Well-formed JSON has line breaks between its tokens only.
            None => out.extend(field.value.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte })),
        }
    }
    out.push(b'}');
}

/// What stands instead of a value.
fn replaced(field: &Field<'_>, topic: Topic, pseudonyms: Option<&Pseudonyms>, year: i32) -> Option<String> {
    match (field.name.as_ref(), topic) {
        ("patient_id", _) => {
            let name: String = serde_json::from_slice(field.value).ok()?;
            // An empty name is nobody's: the schema refuses it as it stands.
            pseudonyms.filter(|_| !name.trim().is_empty()).map(|pseudonyms| format!("\"{}\"", pseudonyms.of(&name)))
        }
        ("age", Topic::Patients) => {
            let age: f64 = serde_json::from_slice(field.value).ok()?;
            (age > f64::from(OLDEST)).then(|| OLDEST.to_string())
        }
        ("birth_year", Topic::Patients) => {
            let born: i32 = serde_json::from_slice(field.value).ok()?;
            let earliest = year.saturating_sub(OLDEST);
            (born < earliest).then(|| earliest.to_string())
        }
        _ => None,
    }
}

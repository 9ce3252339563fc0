//! What was acknowledged: the promises that are counted in the end. Held in memory, where no crash of the stack reaches.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where a record stands on the live log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) topic: String,
    pub(crate) partition: u8,
    pub(crate) offset: u64,
}

/// An event that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) topic: String,
    /// How often it was sent: the log may have it more than once only if it was sent more than once.
    pub(crate) sent: usize,
}

/// A record that the log acknowledged at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Logged {
    /// The line that bronze has to hold there.
    pub(crate) line: Vec<u8>,
    /// Whether it is an event; what is none has to be in quarantine.
    pub(crate) is_event: bool,
}

/// Everything that was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// By id.
    pub(crate) accepted: HashMap<String, Accepted>,
    pub(crate) logged: HashMap<Place, Logged>,
    /// Places that were acknowledged for two records.
    pub(crate) twice: Vec<Place>,
    /// Why records are in doubt: their client gave up.
    pub(crate) doubts: Vec<String>,
}

impl Ledger {
    /// An event was accepted, and had been sent so often.
    pub(crate) fn accepted(&mut self, topic: &str, id: String, sent: usize) {
        self.accepted.insert(id, Accepted { topic: topic.to_owned(), sent });
    }

    /// A record was acknowledged at a place.
    pub(crate) fn logged(&mut self, place: Place, id: Option<String>, payload: Option<&[u8]>) {
        let logged = Logged { line: line(payload.unwrap_or(b"null")), is_event: id.is_some() };
        if let Some(id) = id {
            self.accepted(&place.topic, id, 1);
        }
        if self.logged.insert(place.clone(), logged).is_some() {
            self.twice.push(place);
        }
    }

    pub(crate) fn doubted(&mut self, reason: String) {
        self.doubts.push(reason);
    }

    /// What another sender was promised too.
    pub(crate) fn join(&mut self, other: Self) {
        self.accepted.extend(other.accepted);
        self.logged.extend(other.logged);
        self.twice.extend(other.twice);
        self.doubts.extend(other.doubts);
    }
}

/// A payload as the line that bronze keeps of it: what is no line is a string in base64.
fn line(payload: &[u8]) -> Vec<u8> {
    if std::str::from_utf8(payload).is_ok() && !payload.contains(&b'\n') {
        return payload.to_vec();
    }
    format!("\"base64:{}\"", STANDARD.encode(payload)).into_bytes()
}

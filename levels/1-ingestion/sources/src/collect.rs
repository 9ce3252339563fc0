//! A sink that keeps what it is given, for the tests.

use std::io;

use strata_types::{Timestamp, Topic};

use crate::{Record, Sink};

/// A record that was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) topic: Topic,
    pub(crate) patient_id: String,
    pub(crate) arrived_at: Option<Timestamp>,
    pub(crate) line: Vec<u8>,
}

impl Given {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.line.clone()).unwrap()
    }
}

/// Keeps all records, and the progress said last.
#[derive(Debug, Default)]
pub(crate) struct Collect {
    pub(crate) given: Vec<Given>,
    pub(crate) done: u64,
}

impl Sink for Collect {
    fn accept(&mut self, record: Record<'_>) -> io::Result<()> {
        self.given.push(Given {
            topic: record.topic,
            patient_id: record.patient_id.to_string(),
            arrived_at: record.arrived_at,
            line: record.line.to_vec(),
        });
        Ok(())
    }

    fn progress(&mut self, done: u64) {
        assert!(done >= self.done, "progress never goes back");
        self.done = done;
    }
}

//! How far the store has read: kept beside what it has read, so that both are as of the same moment.

use std::collections::BTreeMap;

use strata_types::{Timestamp, Topic};

use crate::form::{Damaged, Reader, Writer, fingerprint};

/// How far a partition of the live log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The next offset.
    pub next: u64,
    /// The log time of the last record that was read, where one was.
    pub logged: Option<Timestamp>,
}

/// How far the store has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Of the live log.
    pub live: BTreeMap<(Topic, u8), Mark>,
    /// What silver was like, beside what came by the live log, when the store was filled from it: a number that its owner
    /// compares.
    pub silver: u64,
}

impl Marks {
    /// As it lies in the store.
    pub fn bytes(&self) -> Vec<u8> {
        let mut to = Writer::default();
        to.bytes(&fingerprint().to_le_bytes());
        to.number(self.silver);
        to.number(self.live.len() as u64);
        for ((topic, partition), mark) in &self.live {
            to.text(topic.name());
            to.byte(*partition);
            to.number(mark.next);
            to.signed(mark.logged.map_or(i64::MIN, |logged| logged.0));
        }
        to.0
    }

    /// What [`bytes`](Self::bytes) gave; `None` where the store was written in another form and has to be filled anew.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, Damaged> {
        let mut from = Reader(bytes);
        if u64::from_le_bytes(from.array()?) != fingerprint() {
            return Ok(None);
        }
        let mut marks = Self { silver: from.number()?, ..Self::default() };
        for _ in 0..from.number()? {
            let topic = from.text()?.parse().map_err(|_| Damaged)?;
            let partition = from.byte()?;
            let (next, logged) = (from.number()?, from.signed()?);
            let logged = (logged != i64::MIN).then_some(Timestamp(logged));
            marks.live.insert((topic, partition), Mark { next, logged });
        }
        Ok(Some(marks))
    }
}

//! Records that are judged and appended together.

use std::ops::Range;

use strata_types::Topic;

/// A batch with more bytes than this is full.
pub(crate) const FULL_BYTES: usize = 512 * 1024;
/// A batch with more records than this is full.
const FULL_PIECES: usize = 4096;

/// Records, one after another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) pieces: Vec<Piece>,
}

/// One record, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it belongs.
    pub(crate) topic: Topic,
    /// Its line from 1, or its index from 0.
    pub(crate) place: u64,
    /// Its bytes in the batch; `None` for one that was too long to be kept.
    pub(crate) range: Option<Range<usize>>,
}

impl Batch {
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL_BYTES || self.pieces.len() >= FULL_PIECES
    }

    /// Adds a record that came in two parts, the first of which was kept.
    pub(crate) fn push(&mut self, topic: Topic, place: u64, first: &[u8], rest: &[u8]) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(first);
        self.bytes.extend_from_slice(rest);
        self.pieces.push(Piece { topic, place, range: Some(begin..self.bytes.len()) });
    }

    /// Adds one that was too long.
    pub(crate) fn push_too_long(&mut self, topic: Topic, place: u64) {
        self.pieces.push(Piece { topic, place, range: None });
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.pieces.clear();
    }
}

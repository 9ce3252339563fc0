//! Where in a segment to begin reading: one entry per 64 KiB of log.

/// Bytes of log between two entries.
const SPACING: u64 = 64 << 10;

/// A batch that begins here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Offset of its first record.
    pub(crate) offset: i64,
    /// Where it begins in the segment.
    pub(crate) position: u64,
    /// The newest time of all batches before it in the segment (ms since the epoch).
    pub(crate) time_before: i64,
}

/// The sparse index of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    max_time: i64,
}

impl Default for Index {
    fn default() -> Self {
        Self { entries: Vec::new(), max_time: i64::MIN }
    }
}

impl Index {
    pub(crate) fn restored(entries: Vec<Entry>, max_time: i64) -> Self {
        Self { entries, max_time }
    }

    /// Notes a batch that begins at a position.
    pub(crate) fn note(&mut self, offset: i64, position: u64, time: i64) {
        if self.entries.last().is_none_or(|last| position >= last.position + SPACING) {
            self.entries.push(Entry { offset, position, time_before: self.max_time });
        }
        self.max_time = self.max_time.max(time);
    }

    /// Where to begin looking for the batch that holds an offset.
    pub(crate) fn position_of(&self, offset: i64) -> u64 {
        let after = self.entries.partition_point(|entry| entry.offset <= offset);
        after.checked_sub(1).map_or(0, |at| self.entries[at].position)
    }

    /// Where to begin looking for the first batch that is not older than a time.
    pub(crate) fn position_of_time(&self, time: i64) -> u64 {
        let after = self.entries.partition_point(|entry| entry.time_before < time);
        after.checked_sub(1).map_or(0, |at| self.entries[at].position)
    }

    /// The newest time in the segment; the least possible one while it is empty.
    pub(crate) fn max_time(&self) -> i64 {
        self.max_time
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_begins_at_or_before_what_is_sought() {
        let mut index = Index::default();
        for number in 0..1000_i64 {
            index.note(number * 10, number as u64 * 1000, number);
        }
        assert!(index.entries().len() < 20);
        for number in 0..1000_i64 {
            assert!(index.position_of(number * 10 + 9) <= number as u64 * 1000);
            assert!(index.position_of_time(number) <= number as u64 * 1000);
            assert!(index.position_of(number * 10) + SPACING + 1000 > number as u64 * 1000);
        }
        assert_eq!(index.max_time(), 999);
    }
}

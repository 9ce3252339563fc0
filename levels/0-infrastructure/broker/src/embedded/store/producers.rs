//! Who has written what to a partition: so that a batch that is sent again is not written again.
//!
//! An idempotent producer numbers its records per partition and keeps up to five batches on their way. The last five
//! batches of each producer are remembered; one that comes again is answered with the offset that it has already. A gap in
//! the numbers is refused, because an earlier batch is missing. The rules are those of Kafka's KIP-98, but for one:
//! a producer that nothing is known of has to begin at 0, as the log would have known it.

use std::collections::{BTreeMap, VecDeque};

use super::batch::Header;

/// Batches remembered per producer: as many as a client may have on their way.
const REMEMBERED: usize = 5;
/// Producers remembered per partition; beyond that the one that has been silent longest is forgotten.
const MOST: usize = 10_000;

/// The producers of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Producers(BTreeMap<i64, Producer>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Producer {
    epoch: i16,
    /// The oldest first.
    batches: VecDeque<Written>,
    /// Milliseconds since the epoch, of the log.
    last_time: i64,
}

/// A batch that lies in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) first_sequence: i32,
    pub(crate) last_sequence: i32,
    pub(crate) base_offset: i64,
    pub(crate) last_delta: i32,
    pub(crate) time: i64,
}

/// What is to be done with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is new.
    Append,
    /// It lies in the log already.
    Duplicate(Written),
}

/// Why a batch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// A later incarnation of the producer has written.
    #[error("a newer producer with this id has written (its epoch is {0}): this one has to stop")]
    Fenced(i16),
    /// A batch before this one is missing.
    #[error("the batch is numbered {got} where {expected} is next: an earlier one is missing")]
    OutOfOrder {
        /// The number that would have followed.
        expected: i32,
        /// The number that came.
        got: i32,
    },
    /// Nothing of the producer is in the log, and the batch is not its first.
    #[error("nothing of this producer is known here and its batch is not its first")]
    Unknown,
}

impl Producers {
    /// Judges a batch before it is appended.
    pub(crate) fn judge(&self, header: &Header) -> Result<Verdict, Refused> {
        if header.producer < 0 {
            return Ok(Verdict::Append);
        }
        let Some(known) = self.0.get(&header.producer) else {
            return if header.sequence == 0 { Ok(Verdict::Append) } else { Err(Refused::Unknown) };
        };
        if header.epoch < known.epoch {
            return Err(Refused::Fenced(known.epoch));
        }
        let expected = if header.epoch > known.epoch { 0 } else { known.next_sequence() };
        if header.epoch == known.epoch {
            let same = |written: &&Written| {
                written.first_sequence == header.sequence && written.last_sequence == header.last_sequence()
            };
            if let Some(written) = known.batches.iter().find(same) {
                return Ok(Verdict::Duplicate(*written));
            }
        }
        if header.sequence == expected {
            Ok(Verdict::Append)
        } else {
            Err(Refused::OutOfOrder { expected, got: header.sequence })
        }
    }

    /// Remembers a batch that was appended.
    pub(crate) fn appended(&mut self, header: &Header) {
        if header.producer < 0 {
            return;
        }
        let written = Written {
            first_sequence: header.sequence,
            last_sequence: header.last_sequence(),
            base_offset: header.base_offset,
            last_delta: header.last_delta,
            time: header.max_time,
        };
        self.remember(header.producer, header.epoch, written);
        if self.0.len() > MOST {
            let silent = self.0.iter().min_by_key(|(_, producer)| producer.last_time).map(|(id, _)| *id);
            silent.map(|id| self.0.remove(&id));
        }
    }

    /// Takes up a batch, the oldest first. One that is no newer than what is remembered adds nothing.
    pub(crate) fn remember(&mut self, id: i64, epoch: i16, written: Written) {
        let producer = self.0.entry(id).or_insert(Producer { epoch, batches: VecDeque::new(), last_time: 0 });
        if producer.batches.back().is_some_and(|last| last.base_offset >= written.base_offset) {
            return;
        }
        if producer.epoch != epoch {
            producer.batches.clear();
            producer.epoch = epoch;
        }
        if producer.batches.len() == REMEMBERED {
            producer.batches.pop_front();
        }
        producer.batches.push_back(written);
        producer.last_time = written.time;
    }

    /// Everything remembered, per producer the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (i64, i16, Written)> + '_ {
        let each = |(id, producer): (&i64, &Producer)| {
            let (id, epoch) = (*id, producer.epoch);
            producer.batches.clone().into_iter().map(move |written| (id, epoch, written))
        };
        self.0.iter().flat_map(each)
    }
}

impl Producer {
    fn next_sequence(&self) -> i32 {
        self.batches.back().map_or(0, |last| last.last_sequence.checked_add(1).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::{Batch, made_up};
    use super::*;

    fn header(producer: i64, epoch: i16, sequence: i32, base_offset: i64) -> Header {
        let mut batch = Batch::received(&made_up::batch(10, b"x", producer, epoch, sequence)).unwrap();
        batch.place(base_offset, None);
        batch.header
    }

    #[test]
    fn what_came_before_is_a_duplicate_and_a_gap_is_refused() {
        let mut producers = Producers::default();
        assert_eq!(producers.judge(&header(1, 0, 10, 0)), Err(Refused::Unknown));
        for number in 0..7 {
            let next = header(1, 0, number * 10, i64::from(number) * 100);
            assert_eq!(producers.judge(&next), Ok(Verdict::Append));
            producers.appended(&next);
        }
        let Ok(Verdict::Duplicate(old)) = producers.judge(&header(1, 0, 40, 0)) else { panic!("a duplicate") };
        assert_eq!(old.base_offset, 400);
        assert_eq!(producers.judge(&header(1, 0, 80, 0)), Err(Refused::OutOfOrder { expected: 70, got: 80 }));
        // Too old to be remembered: it cannot be told from a mistake.
        assert!(producers.judge(&header(1, 0, 10, 0)).is_err());
        assert_eq!(producers.judge(&header(2, 0, 0, 0)), Ok(Verdict::Append));
    }

    #[test]
    fn a_new_epoch_begins_again_and_fences_the_old() {
        let mut producers = Producers::default();
        producers.appended(&header(1, 0, 0, 0));
        assert_eq!(producers.judge(&header(1, 1, 10, 0)), Err(Refused::OutOfOrder { expected: 0, got: 10 }));
        assert_eq!(producers.judge(&header(1, 1, 0, 0)), Ok(Verdict::Append));
        producers.appended(&header(1, 1, 0, 10));
        assert_eq!(producers.judge(&header(1, 0, 10, 0)), Err(Refused::Fenced(1)));
    }

    #[test]
    fn the_silent_are_forgotten_before_memory_grows() {
        let mut producers = Producers::default();
        for id in 0..=MOST as i64 {
            producers.appended(&header(id, 0, 0, id));
        }
        assert_eq!(producers.0.len(), MOST);
    }
}

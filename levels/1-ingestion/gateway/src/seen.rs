//! What was sent before: a sender that got no answer sends again.
//!
//! A record is the same when topic, `event_id` and content are: a correction under the same id is another record, and
//! passes. It is remembered once the log has it, never before, or a sender would be told that something is there which
//! then is not; so two that arrive at the same moment may both pass. The memory is bounded, lives as long as the process,
//! and is only a courtesy: silver counts each key once, whatever passes here.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, PoisonError};

use strata_types::Topic;

/// How many of the newest are remembered at least; twice that at most, in 18 MB.
const REMEMBERED: usize = 256 * 1024;

/// 128 bits that nobody outside can choose, because their key is drawn at the start.
pub(crate) type Identity = u128;

#[derive(Debug, Default)]
pub(crate) struct Seen {
    keys: [RandomState; 2],
    sets: Mutex<Sets>,
}

#[derive(Debug, Default)]
struct Sets {
    newest: HashSet<Identity>,
    older: HashSet<Identity>,
}

impl Seen {
    /// What makes a record this one and no other.
    pub(crate) fn identity(&self, topic: Topic, event_id: &str, content: &[u8]) -> Identity {
        let [high, low] = self.keys.each_ref().map(|key| u128::from(key.hash_one((topic, event_id, content))));
        (high << 64) | low
    }

    /// Which of these were seen before, or stand twice among them.
    pub(crate) fn known(&self, identities: &[Identity]) -> Vec<bool> {
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut among = HashSet::with_capacity(identities.len());
        let known = |identity| sets.newest.contains(identity) || sets.older.contains(identity);
        identities.iter().map(|identity| known(identity) || !among.insert(*identity)).collect()
    }

    /// Remembers what the log has.
    pub(crate) fn remember(&self, identities: impl IntoIterator<Item = Identity>) {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        for identity in identities {
            if sets.newest.len() == REMEMBERED {
                // In the memory of those that are forgotten: both sets grow once, and nothing is given back to be asked
                // for again.
                let Sets { newest, older } = &mut *sets;
                mem::swap(newest, older);
                newest.clear();
            }
            sets.newest.insert(identity);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_in_bounded_memory() {
        let seen = Seen::default();
        let many: Vec<Identity> = (0..3 * REMEMBERED as u128).collect();
        seen.remember(many.iter().copied());
        let known = seen.known(&many);
        assert!(known[2 * REMEMBERED..].iter().all(|known| *known));
        assert!(!known[..REMEMBERED].iter().any(|known| *known));
    }

    #[test]
    fn twice_at_once_is_seen_and_a_correction_is_none() {
        let seen = Seen::default();
        let id = |event_id, content: &str| seen.identity(Topic::Vitals, event_id, content.as_bytes());
        let (first, correction) = (id("e1", "{\"heart_rate\":80}"), id("e1", "{\"heart_rate\":81}"));
        assert_eq!(seen.known(&[first, first, correction]), [false, true, false]);
        assert_eq!(seen.known(&[first]), [false], "only what the log has is remembered");
        seen.remember([first]);
        assert_eq!(seen.known(&[first, correction]), [true, false]);
    }
}

//! The chain itself: pure, from bytes to bytes.
//!
//! A line is `{"seq":...,"prev":"<hash before>","hash":"<hash>"}`, and `<hash>` is SHA-256 over the 32 bytes of the hash
//! before and the line's bytes up to `,"hash"`. So every byte of a line is either hashed or the hash: there is no
//! second way to write the same record.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strata_types::Timestamp;

use crate::{Entry, Record};

const BEFORE_HASH: &[u8] = b",\"hash\":\"";
const AFTER_HASH: &[u8] = b"\"}";
/// Of a SHA-256 in hexadecimal.
const DIGITS: usize = 64;

/// SHA-256.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// From 64 digits in lower case; nothing else is one, so that a hash has one form.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut hash = [0; 32];
        if text.len() != DIGITS {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(text.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
        }
        Some(Self(hash))
    }

    fn over(self, body: &[u8]) -> Self {
        Self(Sha256::new().chain_update(self.0).chain_update(body).finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A place in the chain: what the next record follows. The default stands before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The number of the record.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// What is wrong with a record at its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Its bytes are not those that were hashed.
    #[error("record {0} was edited: its hash is not that of its bytes")]
    Edited(u64),
    /// Records before it are gone.
    #[error("records {first} to {last} are missing")]
    Missing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// It belongs elsewhere.
    #[error("record {found} stands where record {expected} belongs: records were reordered or put in twice")]
    OutOfPlace {
        /// What belongs here.
        expected: u64,
        /// What is here.
        found: u64,
    },
    /// It is whole and in its place, but follows another record than the one before it.
    #[error("record {0} does not follow from the record before it: that one, or a whole stretch, was replaced")]
    Unlinked(u64),
    /// The file ends inside a record.
    #[error("record {expected} is torn: {bytes} bytes without an end; the next command that writes sets them aside")]
    Torn {
        /// Which record.
        expected: u64,
        /// How much of it is there.
        bytes: u64,
    },
    /// The newest records are gone.
    #[error("the end was cut: the newest record is {last}, but record {newest} was written")]
    Cut {
        /// The last record that is there.
        last: u64,
        /// The newest one that the head knows.
        newest: u64,
    },
    /// The file that says which record is the newest is gone or not as it was written.
    #[error("the head is missing or was edited, so nobody can tell whether records are missing at the end")]
    Head,
    /// Another record stands where the head saw its own.
    #[error("record {0} is not the one that the head knows: it, or a whole stretch before it, was replaced")]
    NotTheHeads(u64),
    /// A file that is named like a file of records but begins with another one.
    #[error("the file is named for record {named}, but record {expected} belongs at its beginning")]
    Name {
        /// The record in its name.
        named: u64,
        /// The record that follows here.
        expected: u64,
    },
}

/// The part of a line that `serde` writes: all but the hash.
#[derive(Serialize)]
struct Body<'a> {
    seq: u64,
    at: Timestamp,
    who: &'a crate::Agent,
    what: &'a str,
    action: crate::Action,
    on: &'a [crate::Entity],
    outcome: crate::Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    counts: &'a std::collections::BTreeMap<String, u64>,
    prev: String,
}

/// Appends the line of the next record, with its line break, and gives its place.
pub(crate) fn forge(after: Link, at: Timestamp, entry: &Entry, line: &mut Vec<u8>) -> Link {
    let Entry { who, what, action, on, outcome, detail, counts } = entry;
    let (seq, prev) = (after.seq + 1, after.hash.to_string());
    let body =
        Body { seq, at, who, what, action: *action, on, outcome: *outcome, detail: detail.as_deref(), counts, prev };
    let mut body = serde_json::to_vec(&body).expect("texts and numbers are JSON");
    body.pop();
    let hash = after.hash.over(&body);
    line.extend_from_slice(&body);
    line.extend_from_slice(BEFORE_HASH);
    line.extend_from_slice(hash.to_string().as_bytes());
    line.extend_from_slice(AFTER_HASH);
    line.push(b'\n');
    Link { seq, hash }
}

/// Checks that a line, without its line break, is the next record, and gives its place.
pub(crate) fn follow(after: Link, line: &[u8]) -> Result<Link, Flaw> {
    let expected = after.seq + 1;
    let edited = Flaw::Edited(expected);
    let (body, hash) = split(line).ok_or_else(|| edited.clone())?;
    let place: Place = serde_json::from_slice(line).map_err(|_| edited.clone())?;
    if after.hash.over(body) == hash && place.seq == expected && place.prev == after.hash.to_string() {
        return Ok(Link { seq: expected, hash });
    }
    // Is it whole by itself, and only in another place than its own?
    let whole = Hash::from_hex(place.prev.as_bytes()).is_some_and(|prev| prev.over(body) == hash);
    Err(match place.seq {
        _ if !whole => edited,
        found if found > expected => Flaw::Missing { first: expected, last: found - 1 },
        found if found < expected => Flaw::OutOfPlace { expected, found },
        _ => Flaw::Unlinked(expected),
    })
}

/// Reads a line without looking at the chain.
pub(crate) fn record(line: &[u8]) -> Option<Record> {
    serde_json::from_slice(line).ok()
}

/// What a record says of its place.
#[derive(Deserialize)]
struct Place {
    seq: u64,
    prev: String,
}

fn split(line: &[u8]) -> Option<(&[u8], Hash)> {
    let rest = line.strip_suffix(AFTER_HASH)?;
    let (body, digits) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
    Some((body.strip_suffix(BEFORE_HASH)?, Hash::from_hex(digits)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, Agent, AgentKind};
    use proptest::prelude::*;

    fn lines(number: u64) -> Vec<Vec<u8>> {
        let mut after = Link::default();
        let forge_one = |seq: u64| {
            let entry = Entry::new(Agent::new(AgentKind::Person, "ada"), "import", Action::Create).count("n", seq);
            let mut line = Vec::new();
            after = forge(after, Timestamp(seq as i64), &entry, &mut line);
            line.pop();
            line
        };
        (1..=number).map(forge_one).collect()
    }

    fn check(lines: &[Vec<u8>]) -> Result<Link, Flaw> {
        lines.iter().try_fold(Link::default(), |after, line| follow(after, line))
    }

    #[test]
    fn a_whole_chain_is_followed_and_read() {
        let lines = lines(5);
        let last = check(&lines).unwrap();
        assert_eq!(last.seq, 5);
        let record = record(&lines[4]).unwrap();
        assert_eq!((record.seq, record.hash), (5, last.hash.to_string()));
    }

    #[test]
    fn what_was_done_to_the_chain_is_named() {
        let whole = lines(5);
        let mut removed = whole.clone();
        removed.drain(2..4);
        assert_eq!(check(&removed), Err(Flaw::Missing { first: 3, last: 4 }));
        let mut swapped = whole.clone();
        swapped.swap(1, 2);
        assert_eq!(check(&swapped), Err(Flaw::Missing { first: 2, last: 2 }));
        let mut twice = whole.clone();
        twice.insert(3, whole[2].clone());
        assert_eq!(check(&twice), Err(Flaw::OutOfPlace { expected: 4, found: 3 }));
        // Somebody who knows the format makes another second record: it is whole, but the third does not follow.
        let mut replaced = whole.clone();
        let first = follow(Link::default(), &whole[0]).unwrap();
        let entry = Entry::new(Agent::new(AgentKind::Person, "eve"), "import", Action::Create);
        replaced[1].clear();
        forge(first, Timestamp(2), &entry, &mut replaced[1]);
        replaced[1].pop();
        assert_eq!(check(&replaced), Err(Flaw::Unlinked(3)));
    }

    proptest! {
        #[test]
        fn every_edit_of_a_byte_is_seen(record in 0_usize..3, at in any::<prop::sample::Index>(), bits in 1_u8..) {
            let mut lines = lines(3);
            let at = at.index(lines[record].len());
            lines[record][at] ^= bits;
            prop_assert_eq!(check(&lines), Err(Flaw::Edited(record as u64 + 1)));
        }

        #[test]
        fn no_bytes_make_it_panic(line in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(follow(Link::default(), &line).is_err());
        }
    }
}

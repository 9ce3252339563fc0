//! What a segment is known to hold, beside it: `<base offset>.index`.
//!
//! Written only after the segment's bytes were synced, so that opening a log need not read what is covered here: the
//! sparse index and the producers as of a length. It carries its own checksum; one that is absent or damaged costs
//! time, because the segment is read instead, and nothing else.

use std::fs;
use std::io;
use std::path::Path;

use super::index::{Entry, Index};
use super::producers::{Producers, Written};

const MAGIC: &[u8; 8] = b"STRIDX01";

/// A segment as of a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    /// Bytes of the segment that are covered, all of them synced.
    pub(crate) length: u64,
    /// The offset after the last covered record.
    pub(crate) next_offset: i64,
    pub(crate) index: Index,
    pub(crate) producers: Producers,
}

impl Snapshot {
    /// Writes it whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut bytes = MAGIC.to_vec();
        let mut put = |value: i64| bytes.extend_from_slice(&value.to_be_bytes());
        put(self.length as i64);
        put(self.next_offset);
        put(self.index.max_time());
        put(self.index.entries().len() as i64);
        for entry in self.index.entries() {
            put(entry.offset);
            put(entry.position as i64);
            put(entry.time_before);
        }
        for (id, epoch, written) in self.producers.all() {
            put(id);
            put(i64::from(epoch));
            put(i64::from(written.first_sequence));
            put(i64::from(written.last_sequence));
            put(written.base_offset);
            put(i64::from(written.last_delta));
            put(written.time);
        }
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        let temporary = path.with_extension("index.new");
        fs::write(&temporary, bytes)?;
        fs::rename(temporary, path)
    }

    /// Reads it; `None` if there is none or it is damaged.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let bytes = fs::read(path).ok()?;
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if crc32c::crc32c(body) != u32::from_be_bytes(*crc) {
            return None;
        }
        let (numbers, []) = body.strip_prefix(MAGIC)?.as_chunks::<8>() else { return None };
        let mut numbers = numbers.iter().map(|number| i64::from_be_bytes(*number));
        let mut next = || numbers.next();
        let (length, next_offset, max_time) = (u64::try_from(next()?).ok()?, next()?, next()?);
        let count = next()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            entries.push(Entry { offset: next()?, position: u64::try_from(next()?).ok()?, time_before: next()? });
        }
        let mut producers = Producers::default();
        while let Some(id) = next() {
            let epoch = i16::try_from(next()?).ok()?;
            let written = Written {
                first_sequence: i32::try_from(next()?).ok()?,
                last_sequence: i32::try_from(next()?).ok()?,
                base_offset: next()?,
                last_delta: i32::try_from(next()?).ok()?,
                time: next()?,
            };
            producers.remember(id, epoch, written);
        }
        Some(Self { length, next_offset, index: Index::restored(entries, max_time), producers })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_was_and_damage_makes_it_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("00.index");
        let mut index = Index::default();
        index.note(100, 0, 5);
        index.note(200, 1 << 20, 9);
        let mut producers = Producers::default();
        for number in 0..9 {
            let first_sequence = number * 10;
            let written = Written {
                first_sequence,
                last_sequence: first_sequence + 9,
                base_offset: i64::from(number),
                last_delta: 9,
                time: 1,
            };
            producers.remember(i64::from(number % 2), 3, written);
        }
        let snapshot = Snapshot { length: 1 << 21, next_offset: 300, index, producers };
        snapshot.write(&path).unwrap();
        assert_eq!(Snapshot::read(&path), Some(snapshot));
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert_eq!(Snapshot::read(&path), None);
        fs::write(&path, &bytes[..7]).unwrap();
        assert_eq!(Snapshot::read(&path), None);
    }
}

//! Who wins: of all changes in a batch and what is stored, one outcome for each key.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::Record;
use crate::Entry;

/// What is to become of a key.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// It is put, unless something newer is there.
    Put(Entry),
    /// It is taken away.
    Delete(Bytes),
}

/// For each key that changes, its new entry, or `None` where it is taken away. `stored` reads what is there.
pub(super) fn resolve<S: AsRef<[u8]>, E>(
    changes: impl IntoIterator<Item = Change>,
    now: i64,
    stored: impl Fn(&[u8]) -> Result<Option<S>, E>,
) -> Result<BTreeMap<Bytes, Option<Entry>>, E> {
    let mut winners = BTreeMap::<Bytes, Option<Entry>>::new();
    for change in changes {
        let entry = match change {
            Change::Put(entry) => entry,
            Change::Delete(key) => {
                winners.insert(key, None);
                continue;
            }
        };
        let version_there = match winners.get(&entry.key) {
            Some(winner) => {
                winner.as_ref().filter(|winner| Record::of(winner).is_live(now)).map(|winner| winner.version)
            }
            None => stored(&entry.key)?.and_then(|bytes| {
                let record = Record::read(bytes.as_ref())?;
                record.is_live(now).then_some(record.version)
            }),
        };
        if version_there.is_none_or(|there| there <= entry.version) {
            winners.insert(entry.key.clone(), Some(entry));
        }
    }
    Ok(winners)
}

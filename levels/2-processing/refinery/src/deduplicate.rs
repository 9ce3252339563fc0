//! Step 3: one record a key: the greatest rank wins, whatever the order in which they came.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;

use crate::origin::Rank;

/// A record that may win its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) key: String,
    pub(crate) rank: Rank,
    pub(crate) place: Place,
}

/// Where a candidate lies. The order breaks ties: what stands already stays, so that a replay of the
/// same bytes changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A row of silver: file, batch row.
    Silver(usize, usize),
    /// A row that quarantine holds whole.
    Quarantine,
    /// A row that has just been refined: its number among those that may stand; `None` when it is refused.
    New(Option<usize>),
}

/// The winner of each key, sorted by key.
pub(crate) fn winners(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_unstable_by(|a, b| {
        (a.key.cmp(&b.key)).then_with(|| b.rank.cmp(&a.rank)).then_with(|| a.place.cmp(&b.place))
    });
    candidates.dedup_by(|later, first| later.key == first.key);
    candidates
}

/// Separates the parts of a key: no patient id, and no time, contains it, and it sorts before every
/// character that they may contain, so that keys sort as (patient, time, ...).
pub(crate) const SEPARATOR: char = '\u{1}';

/// The key of each row of a batch: its key columns, joined. Times are padded, so keys sort by time.
pub(crate) fn keys(batch: &RecordBatch, columns: &[&str]) -> Result<Vec<String>, ArrowError> {
    let mut keys: Vec<String> = (0..batch.num_rows()).map(|_| String::with_capacity(64)).collect();
    for (index, name) in columns.iter().enumerate() {
        let array = batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))?;
        for (row, key) in keys.iter_mut().enumerate() {
            if index > 0 {
                key.push(SEPARATOR);
            }
            if array.is_null(row) {
                continue;
            }
            if matches!(array.data_type(), DataType::Timestamp(_, _)) {
                use std::fmt::Write;
                let time = array.as_primitive::<TimestampMicrosecondType>().value(row);
                let _ = write!(key, "{time:020}");
            } else {
                key.push_str(array.as_string::<i32>().value(row));
            }
        }
    }
    Ok(keys)
}

/// The rank of each row of a batch.
pub(crate) fn ranks(batch: &RecordBatch) -> Result<Vec<Rank>, ArrowError> {
    let column =
        |name: &str| batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")));
    let ingested_at = column("ingested_at")?.as_primitive::<TimestampMicrosecondType>();
    let event_id = column("event_id")?.as_string::<i32>();
    let record_hash = column("record_hash")?.as_primitive::<Int64Type>();
    let rank = |row| Rank {
        ingested_at: ingested_at.value(row),
        event_id: event_id.value(row).to_owned(),
        record_hash: record_hash.value(row),
    };
    Ok((0..batch.num_rows()).map(rank).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(key: u8, ingested_at: i64, hash: i64, index: usize) -> Candidate {
        let rank = Rank { ingested_at, event_id: format!("e{hash}"), record_hash: hash };
        Candidate { key: format!("k{key}"), rank, place: Place::New(Some(index)) }
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(
            records in prop::collection::vec((0_u8..5, 0_i64..4, 0_i64..4), 1..40),
            turn in 0_usize..40,
        ) {
            let all: Vec<_> = records.iter().enumerate().map(|(i, (k, t, h))| candidate(*k, *t, *h, i)).collect();
            let mut turned = all.clone();
            turned.rotate_left(turn % all.len());
            let (a, b) = (winners(all), winners(turned));
            prop_assert_eq!(
                a.iter().map(|c| (&c.key, &c.rank)).collect::<Vec<_>>(),
                b.iter().map(|c| (&c.key, &c.rank)).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn what_stands_stays_on_a_tie() {
        let mut standing = candidate(1, 5, 5, 0);
        standing.place = Place::Silver(0, 0);
        let again = candidate(1, 5, 5, 9);
        assert_eq!(winners(vec![again, standing.clone()]), [standing]);
    }
}

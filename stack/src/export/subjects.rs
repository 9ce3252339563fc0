//! The numbers under which patients are exported: given once, kept, and never derived from the id, so that a number tells
//! nothing to whoever has not this table.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use strata_lakehouse::{Change, Lakehouse, Packing, TableSpec, encode};
use strata_types::Timestamp;

use super::KINDS;

/// The table of the numbers. It goes with bronze and not with silver: silver can be refined again, and then its patients must
/// keep their numbers.
pub(crate) static SUBJECTS: TableSpec = TableSpec {
    name: "subjects",
    schema: || {
        let field = |name, kind| Field::new(name, kind, true);
        Arc::new(Schema::new(vec![field("patient_id", DataType::Utf8), field("subject_id", DataType::Int64)]))
    },
    key: &["patient_id"],
    by_date: false,
    packing: Packing::Small,
};

/// The number of every patient of silver, and how many of them are new: the next numbers, in the order of their ids, in one
/// commit. The caller holds the lock.
pub(super) async fn number(lakehouse: &Lakehouse, now: Timestamp) -> Result<(HashMap<String, i64>, u64)> {
    let mut table = lakehouse.table(&SUBJECTS).await?;
    let mut numbers = HashMap::new();
    for file in table.files() {
        for batch in table.read(file, &[]).await? {
            let (ids, given) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
            numbers.extend((0..batch.num_rows()).map(|row| (ids.value(row).to_owned(), given.value(row))));
        }
    }
    let next = numbers.values().max().map_or(1, |last| last + 1);
    let mut new: Vec<String> = patients(lakehouse).await?;
    new.retain(|patient| !numbers.contains_key(patient));
    if new.is_empty() {
        return Ok((numbers, 0));
    }
    let given: Vec<i64> = (next..).take(new.len()).collect();
    let columns: Vec<ArrayRef> =
        vec![Arc::new(StringArray::from_iter_values(&new)), Arc::new(Int64Array::from(given.clone()))];
    let rows = RecordBatch::try_new((SUBJECTS.schema)(), columns)?;
    let now_ms = now.0 / 1_000;
    let added = vec![table.put(None, u16::MAX, encode(&SUBJECTS, &[rows], now_ms)?).await?];
    table.commit(Change { added, now_ms, ..Change::default() }).await?;
    let count = new.len() as u64;
    numbers.extend(new.into_iter().zip(given));
    Ok((numbers, count))
}

/// Every patient of whom silver has anything, sorted.
async fn patients(lakehouse: &Lakehouse) -> Result<Vec<String>> {
    let known = lakehouse.names().await?;
    let tables = KINDS.iter().map(|kind| kind.spec.name).filter(|name| known.iter().any(|known| known == name));
    let each: Vec<String> = tables.map(|name| format!("SELECT patient_id FROM {name}")).collect();
    let rows = lakehouse.query(&each.join(" UNION ")).await?;
    let mut patients = Vec::new();
    for batch in &rows.batches {
        let ids = cast(batch.column(0), &DataType::Utf8)?;
        patients.extend(ids.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    patients.sort_unstable();
    Ok(patients)
}

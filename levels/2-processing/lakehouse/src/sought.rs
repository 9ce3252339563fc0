//! Rows that are looked for: of a file, only the parts that may hold one are fetched.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeInclusive};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use futures::TryStreamExt;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::Result;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use crate::parquet_file::{StoredFile, projection};
use crate::{DataFile, TableSpec};

/// Patients, and the times at which a row of theirs is looked for; no times means any.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    patients: BTreeMap<String, Vec<i64>>,
}

impl Sought {
    /// Rows of these patients at these times; of one without a time, whatever time it has.
    pub fn at<'a>(rows: impl IntoIterator<Item = (&'a str, Option<i64>)>) -> Self {
        let mut sought = Self::default();
        for (id, time) in rows {
            if !sought.patients.contains_key(id) {
                sought.patients.insert(id.to_owned(), Vec::new());
            }
            if let Some(times) = sought.patients.get_mut(id) {
                times.extend(time);
            }
        }
        sought.patients.values_mut().for_each(|times| times.sort_unstable());
        sought
    }

    /// All rows of these patients.
    pub fn patients<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self { patients: ids.into_iter().map(|id| (id.to_owned(), Vec::new())).collect() }
    }

    /// Whether a file may hold one, by its range of times. What has no time lies in no file whose rows all have one.
    pub fn may_be_in(&self, file: &DataFile) -> bool {
        let Some(range) = &file.times else { return !self.patients.is_empty() };
        self.patients.values().any(|times| meets(times, range))
    }

    fn may_be_in_group(&self, patients: Option<(&str, &str)>, times: Option<&RangeInclusive<i64>>) -> bool {
        let (low, high) = patients
            .map_or((Bound::Unbounded, Bound::Unbounded), |(low, high)| (Bound::Included(low), Bound::Included(high)));
        let mut here = self.patients.range::<str, _>((low, high));
        here.any(|(_, sought)| sought.is_empty() || times.is_none_or(|range| meets(sought, range)))
    }

    /// Which rows of a batch are looked for, by its column of patients and the named one of times. Rows of one patient are
    /// looked up at once where they follow on each other.
    pub fn find(&self, batch: &RecordBatch, time: Option<&str>) -> std::result::Result<BooleanArray, ArrowError> {
        let ids = batch.column_by_name("patient_id").and_then(|ids| ids.as_string_opt::<i32>());
        let ids = ids.ok_or_else(|| ArrowError::SchemaError("patient_id is not a string".into()))?;
        let times = time.and_then(|time| batch.column_by_name(time)?.as_primitive_opt::<TimestampMicrosecondType>());
        let mut here: Option<(&str, Option<&Vec<i64>>)> = None;
        let found = (0..batch.num_rows()).map(|row| {
            if ids.is_null(row) {
                return Some(false);
            }
            let id = ids.value(row);
            let sought = match here {
                Some((last, sought)) if last == id => sought,
                _ => self.patients.get(id),
            };
            here = Some((id, sought));
            let time = times.filter(|times| times.is_valid(row)).map(|times| times.value(row));
            Some(sought.is_some_and(|sought| holds(sought, time)))
        });
        Ok(found.collect())
    }
}

/// Whether a row of this time is looked for, of a patient of whom the sorted times are.
fn holds(times: &[i64], time: Option<i64>) -> bool {
    times.is_empty() || time.is_some_and(|time| times.binary_search(&time).is_ok())
}

/// Whether one of the sorted times lies in the range.
fn meets(times: &[i64], range: &RangeInclusive<i64>) -> bool {
    let first = times.partition_point(|time| time < range.start());
    times.get(first).is_some_and(|time| time <= range.end())
}

/// The rows of a stored file that are looked for: row groups that cannot hold one are skipped unread.
pub(crate) async fn find(
    file: StoredFile,
    spec: &TableSpec,
    sought: &Arc<Sought>,
    columns: &[&str],
) -> Result<Vec<RecordBatch>> {
    let builder = ParquetRecordBatchStreamBuilder::new(file).await?;
    let schema = builder.parquet_schema();
    let place = |name: &str| schema.columns().iter().position(|column| column.name() == name);
    let Some(patient) = place("patient_id") else { return Ok(Vec::new()) };
    let time = spec.time().filter(|time| place(time).is_some());
    let time_place = time.and_then(place);
    let groups = builder.metadata().row_groups().iter().enumerate();
    let groups: Vec<usize> = groups
        .filter(|(_, group)| {
            let times = time_place.and_then(|time| time_range(group, time));
            sought.may_be_in_group(patient_range(group, patient), times.as_ref())
        })
        .map(|(index, _)| index)
        .collect();
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let looked_at: Vec<&str> = std::iter::once("patient_id").chain(time).collect();
    let wanted = Arc::clone(sought);
    let is_sought =
        ArrowPredicateFn::new(projection(schema, &looked_at), move |batch: RecordBatch| wanted.find(&batch, time));
    let mask = projection(schema, columns);
    let filter = RowFilter::new(vec![Box::new(is_sought)]);
    builder.with_row_groups(groups).with_row_filter(filter).with_projection(mask).build()?.try_collect().await
}

pub(crate) fn patient_range(group: &RowGroupMetaData, column: usize) -> Option<(&str, &str)> {
    let Some(Statistics::ByteArray(range)) = group.column(column).statistics() else { return None };
    let text = |bytes| std::str::from_utf8(bytes).ok();
    Some((text(range.min_opt()?.data())?, text(range.max_opt()?.data())?))
}

pub(crate) fn time_range(group: &RowGroupMetaData, column: usize) -> Option<RangeInclusive<i64>> {
    let Some(Statistics::Int64(range)) = group.column(column).statistics() else { return None };
    Some(*range.min_opt()?..=*range.max_opt()?)
}

//! What a commit says of a file: Delta's per-file statistics, by which engines skip files unread.
//!
//! The range of times is given in milliseconds, as Delta has it; it is rounded outwards, so that it covers every row
//! whatever a reader takes the rest of the digits to be.

use std::ops::RangeInclusive;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::TableSpec;

/// Counted while a file is written.
#[derive(Debug)]
pub(crate) struct Stats {
    time: Option<&'static str>,
    rows: usize,
    patients: Option<(String, String)>,
    no_patient: usize,
    times: Option<(i64, i64)>,
    no_time: usize,
}

impl Stats {
    pub(crate) fn new(spec: &TableSpec) -> Self {
        Self { time: spec.time(), rows: 0, patients: None, no_patient: 0, times: None, no_time: 0 }
    }

    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows();
        if let Some(ids) = batch.column_by_name("patient_id").and_then(|ids| ids.as_string_opt::<i32>()) {
            self.no_patient += ids.null_count();
            let ids = || ids.iter().flatten();
            if let (Some(low), Some(high)) = (ids().min(), ids().max()) {
                self.patients = Some(match self.patients.take() {
                    Some((least, most)) => (least.min(low.to_owned()), most.max(high.to_owned())),
                    None => (low.to_owned(), high.to_owned()),
                });
            }
        }
        let times = self.time.and_then(|name| batch.column_by_name(name));
        if let Some(times) = times.and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>()) {
            self.no_time += times.null_count();
            if let (Some(low), Some(high)) = (arrow::compute::min(times), arrow::compute::max(times)) {
                let (least, most) = self.times.unwrap_or((low, high));
                self.times = Some((least.min(low), most.max(high)));
            }
        }
    }

    /// Rows so far.
    pub(crate) fn rows(&self) -> u64 {
        self.rows as u64
    }

    /// The times of all rows, outwards to the millisecond, in microseconds; `None` where a row has none.
    pub(crate) fn times(&self) -> Option<RangeInclusive<i64>> {
        let (low, high) = self.times.filter(|_| self.no_time == 0)?;
        let (low, high) = (low.div_euclid(1_000), high.div_euclid(1_000) + i64::from(high.rem_euclid(1_000) > 0));
        (text(low).is_some() && text(high).is_some()).then_some(low * 1_000..=high * 1_000)
    }

    /// As the log has it.
    pub(crate) fn to_json(&self) -> String {
        let (mut least, mut most, mut nulls) = (Map::new(), Map::new(), Map::new());
        if let Some((low, high)) = &self.patients {
            least.insert("patient_id".into(), json!(low));
            most.insert("patient_id".into(), json!(high));
            nulls.insert("patient_id".into(), json!(self.no_patient));
        }
        if let (Some(name), Some(times)) = (self.time, self.times()) {
            least.insert(name.into(), json!(text(times.start() / 1_000)));
            most.insert(name.into(), json!(text(times.end() / 1_000)));
            nulls.insert(name.into(), json!(0));
        }
        json!({"numRecords": self.rows, "minValues": least, "maxValues": most, "nullCount": nulls}).to_string()
    }
}

/// The times that the log's statistics of a file give, in microseconds.
pub(crate) fn times_of(stats: &str, column: &str) -> Option<RangeInclusive<i64>> {
    let stats: Value = serde_json::from_str(stats).ok()?;
    let time = |side: &str| {
        let time = DateTime::parse_from_rfc3339(stats.get(side)?.get(column)?.as_str()?).ok()?;
        Some(time.timestamp_micros())
    };
    Some(time("minValues")?..=time("maxValues")?)
}

/// A time of four digits a year, which is what every engine reads.
fn text(milliseconds: i64) -> Option<String> {
    let time = DateTime::<Utc>::from_timestamp_millis(milliseconds)?;
    (0..=9_999).contains(&time.year()).then(|| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

//! What was wrong with a record, and the table that keeps it.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};
use strata_lakehouse::{Packing, TableSpec};
use strata_types::Timestamp;

use crate::column::{Column, schema};
use crate::origin::Rank;

/// How much of a record was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One value: the rest of the row stands in silver.
    Cell,
    /// The whole row: it is readable, but nothing of it stands in silver.
    Row,
    /// The whole record: it cannot be read.
    Record,
}

impl Scope {
    const fn name(self) -> &'static str {
        match self {
            Self::Cell => "cell",
            Self::Row => "row",
            Self::Record => "record",
        }
    }
}

/// One line of quarantine.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: &'static str,
    /// How much is refused.
    pub scope: Scope,
    /// The variable or field, where one is at fault.
    pub variable: Option<String>,
    /// The value as it came.
    pub raw_value: Option<String>,
    /// Its unit as it came.
    pub raw_unit: Option<String>,
    /// What is wrong, for people.
    pub reason: String,
}

impl Finding {
    /// A finding about one value.
    pub(crate) fn cell(rule: &'static str, variable: &str, value: f64, unit: &str, reason: String) -> Self {
        Self {
            rule,
            scope: Scope::Cell,
            variable: Some(variable.into()),
            raw_value: Some(value.to_string()),
            raw_unit: Some(unit.into()),
            reason,
        }
    }

    /// A finding about the whole row.
    pub(crate) fn row(rule: &'static str, reason: String) -> Self {
        Self { rule, scope: Scope::Row, variable: None, raw_value: None, raw_unit: None, reason }
    }
}

/// A finding with the record that it is about, as quarantine keeps it, and as whoever refined it tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) topic: String,
    pub(crate) log: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    /// The record's key in silver; `None` for a record that cannot be read.
    pub(crate) key: Option<String>,
    pub(crate) patient_id: Option<String>,
    #[serde(with = "microseconds")]
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) rank: Rank,
    pub(crate) scope: String,
    pub(crate) rule: String,
    pub(crate) variable: Option<String>,
    pub(crate) raw_value: Option<String>,
    pub(crate) raw_unit: Option<String>,
    pub(crate) reason: String,
    /// The record itself, when no silver row keeps it.
    pub(crate) raw: Option<String>,
}

/// A time as the number that it is: as text, not every one comes back.
mod microseconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use strata_types::Timestamp;

    #[expect(clippy::ref_option, reason = "it is serde's to say")]
    pub(super) fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.0).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<i64>::deserialize(deserializer)?.map(Timestamp))
    }
}

pub(crate) static COLUMNS: [Column<Entry>; 17] = [
    Column::text("topic", |entry| Some(&entry.topic)),
    Column::text("log", |entry| Some(&entry.log)),
    Column::int("partition", |entry| Some(entry.partition)),
    Column::long("offset", |entry| Some(entry.offset)),
    Column::text("key", |entry| entry.key.as_deref()),
    Column::text("patient_id", |entry| entry.patient_id.as_deref()),
    Column::time("timestamp", |entry| entry.timestamp),
    Column::time("ingested_at", |entry| Some(Timestamp(entry.rank.ingested_at))),
    Column::text("event_id", |entry| Some(&entry.rank.event_id)),
    Column::long("record_hash", |entry| Some(entry.rank.record_hash)),
    Column::text("scope", |entry| Some(&entry.scope)),
    Column::text("rule", |entry| Some(&entry.rule)),
    Column::text("variable", |entry| entry.variable.as_deref()),
    Column::text("raw_value", |entry| entry.raw_value.as_deref()),
    Column::text("raw_unit", |entry| entry.raw_unit.as_deref()),
    Column::text("reason", |entry| Some(&entry.reason)),
    Column::text("raw", |entry| entry.raw.as_deref()),
];

/// The table of everything that was refused, by the date of the event (of the record, where it has none).
pub static QUARANTINE: TableSpec = TableSpec {
    name: "quarantine",
    schema: || schema(&COLUMNS),
    key: &["patient_id", "timestamp", "topic", "log", "partition", "offset", "variable", "rule"],
    by_date: true,
    packing: Packing::Small,
};

/// Where a record stands on its topic's log.
pub(crate) type LogPlace = (String, u8, u64);

impl Entry {
    pub(crate) fn new(finding: Finding) -> Self {
        Self {
            topic: String::new(),
            log: String::new(),
            partition: 0,
            offset: 0,
            key: None,
            patient_id: None,
            timestamp: None,
            rank: Rank { ingested_at: 0, event_id: String::new(), record_hash: 0 },
            scope: finding.scope.name().into(),
            rule: finding.rule.into(),
            variable: finding.variable,
            raw_value: finding.raw_value,
            raw_unit: finding.raw_unit,
            reason: finding.reason,
            raw: None,
        }
    }

    /// Where its record stands.
    pub(crate) fn place(&self) -> LogPlace {
        (self.log.clone(), self.partition as u8, self.offset as u64)
    }

    pub(crate) fn refuses_row(&self) -> bool {
        self.scope == Scope::Row.name()
    }

    /// The date that its file is under.
    pub(crate) fn date(&self) -> String {
        self.timestamp.unwrap_or(Timestamp(self.rank.ingested_at)).date()
    }

    /// Orders quarantine the same way whatever way its entries came.
    pub(crate) fn order(&self) -> impl Ord + '_ {
        (
            &self.patient_id,
            self.timestamp,
            &self.topic,
            &self.log,
            self.partition,
            self.offset,
            &self.variable,
            &self.rule,
        )
    }

    /// The entries of a batch of the quarantine table.
    pub(crate) fn from_batch(batch: &RecordBatch) -> Result<Vec<Self>, ArrowError> {
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
        };
        let text = |name: &str| Ok::<_, ArrowError>(column(name)?.as_string::<i32>());
        let time = |name: &str| Ok::<_, ArrowError>(column(name)?.as_primitive::<TimestampMicrosecondType>());
        let (topic, log, key) = (text("topic")?, text("log")?, text("key")?);
        let (patient, scope, rule) = (text("patient_id")?, text("scope")?, text("rule")?);
        let (event_id, variable, reason) = (text("event_id")?, text("variable")?, text("reason")?);
        let (raw_value, raw_unit, raw) = (text("raw_value")?, text("raw_unit")?, text("raw")?);
        let partition = column("partition")?.as_primitive::<Int32Type>();
        let offset = column("offset")?.as_primitive::<Int64Type>();
        let hash = column("record_hash")?.as_primitive::<Int64Type>();
        let (timestamp, ingested_at) = (time("timestamp")?, time("ingested_at")?);
        let optional =
            |array: &arrow::array::StringArray, row| array.is_valid(row).then(|| array.value(row).to_owned());
        let entry = |row| Self {
            topic: topic.value(row).into(),
            log: log.value(row).into(),
            partition: partition.value(row),
            offset: offset.value(row),
            key: optional(key, row),
            patient_id: optional(patient, row),
            timestamp: timestamp.is_valid(row).then(|| Timestamp(timestamp.value(row))),
            rank: Rank {
                ingested_at: ingested_at.value(row),
                event_id: event_id.value(row).into(),
                record_hash: hash.value(row),
            },
            scope: scope.value(row).into(),
            rule: rule.value(row).into(),
            variable: optional(variable, row),
            raw_value: optional(raw_value, row),
            raw_unit: optional(raw_unit, row),
            reason: reason.value(row).into(),
            raw: optional(raw, row),
        };
        Ok((0..batch.num_rows()).map(entry).collect())
    }
}

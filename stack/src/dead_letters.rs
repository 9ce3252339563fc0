//! The dead letters: records that silver refused whole, why, and their bytes as they came.
//!
//! They lie in no queue of their own: quarantine says which they are, and bronze has kept them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use serde::{Serialize, Serializer};
use strata_refinery::{Place, QUARANTINE, Refused, Replayed};
use strata_types::{Timestamp, Topic};

use crate::Stack;

/// Where a record stands: `topic/log/partition/offset`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterPlace {
    /// The topic.
    pub topic: Topic,
    /// The log.
    pub log: String,
    /// The log's partition.
    pub partition: u8,
    /// The record's offset.
    pub offset: u64,
}

/// Which dead letters are meant; what is not given does not matter.
#[derive(Clone, Debug, Default)]
pub struct LetterFilter {
    /// Of this topic.
    pub topic: Option<Topic>,
    /// Refused by this rule.
    pub rule: Option<String>,
    /// Taken in at this time, or later.
    pub since: Option<Timestamp>,
}

/// What one rule says of one record.
#[derive(Clone, Debug, Serialize)]
pub struct DeadLetter {
    /// Where the record stands.
    pub place: LetterPlace,
    /// When it was taken in.
    pub ingested_at: Timestamp,
    /// Whether it could not be read (`record`), or was read and refused (`row`).
    pub scope: String,
    /// The rule.
    pub rule: String,
    /// What is wrong, for people.
    pub reason: String,
    /// The patient, where the record says it readably.
    pub patient_id: Option<String>,
    /// The time of the event, likewise.
    pub timestamp: Option<Timestamp>,
    /// Its id: the sender's, or one made of its bytes.
    pub event_id: String,
}

/// How often a rule refused records of a topic.
#[derive(Clone, Debug, Serialize)]
pub struct LetterCount {
    /// The topic.
    pub topic: String,
    /// The rule.
    pub rule: String,
    /// How often.
    pub count: u64,
}

/// The dead letters that were asked for.
#[derive(Clone, Debug, Serialize)]
pub struct DeadLetters {
    /// How many there are of each rule, the most frequent first.
    pub rules: Vec<LetterCount>,
    /// The newest of them, the newest first.
    pub letters: Vec<DeadLetter>,
}

/// One record with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Why it was refused; more than one rule may say so. Empty if it is no dead letter (any more).
    pub findings: Vec<DeadLetter>,
    /// The object of bronze that keeps it.
    pub object: String,
    /// Its bytes as they came.
    pub bytes: Vec<u8>,
}

impl Stack {
    /// The dead letters that a filter lets through, at most so many of them; the counts are of all.
    pub async fn dead_letters(&self, filter: &LetterFilter, most: usize) -> Result<DeadLetters> {
        if !self.processing.has_table(QUARANTINE.name).await? {
            return Ok(DeadLetters { rules: Vec::new(), letters: Vec::new() });
        }
        let refused = filter.sql();
        let counts = format!(
            "SELECT topic, rule, count(*) FROM quarantine WHERE {refused} GROUP BY topic, rule ORDER BY 3 DESC, 1, 2"
        );
        let mut rules = Vec::new();
        for batch in &self.processing.query(&counts).await?.batches {
            let (topics, names, counts) = (texts(batch, 0)?, texts(batch, 1)?, numbers(batch, 2)?);
            rules.extend((0..batch.num_rows()).map(|row| LetterCount {
                topic: topics.value(row).to_owned(),
                rule: names.value(row).to_owned(),
                count: counts.value(row) as u64,
            }));
        }
        let order = format!("ORDER BY ingested_at DESC, topic, log, \"partition\", \"offset\" LIMIT {most}");
        Ok(DeadLetters { rules, letters: self.letters(&refused, &order).await? })
    }

    /// A record, whether or not it is refused.
    pub async fn letter(&self, place: &LetterPlace) -> Result<Letter> {
        let LetterPlace { topic, log, partition, offset } = place;
        let refused = LetterFilter { topic: Some(*topic), ..LetterFilter::default() }.sql();
        let here =
            format!("{refused} AND log = {} AND \"partition\" = {partition} AND \"offset\" = {offset}", quoted(log));
        let is_there = self.processing.has_table(QUARANTINE.name).await?;
        let findings = if is_there { self.letters(&here, "ORDER BY rule").await? } else { Vec::new() };
        let bronze = self.processing.bronze();
        let manifests = bronze.holding(*topic, &BTreeSet::from([(log.clone(), *partition, *offset)])).await?;
        let holds = manifests.into_iter().find(|m| (m.first_offset..m.end_offset()).contains(offset));
        let Some(manifest) = holds else { bail!("bronze has no record at `{place}`: `strata dlq list` names places") };
        let lines = bronze.read(&manifest).await?;
        let line = lines.iter().nth((offset - manifest.first_offset) as usize);
        let line = line.with_context(|| format!("`{}` ends before offset {offset}", manifest.object))?;
        Ok(Letter { findings, bytes: strata_landing::as_it_came(line).into_owned(), object: manifest.object })
    }

    /// Refines dead letters again by today's rules: those that any of these means. The caller holds the lock of silver.
    pub async fn replay(&self, letters: &[Refused]) -> Result<Replayed> {
        let mut replayed = Replayed::default();
        for refused in letters {
            let Replayed { tried, in_silver } = self.processing.replay(refused).await?;
            replayed.tried += tried;
            replayed.in_silver += in_silver;
        }
        // What came back by another way than the live log, the online store reads from silver.
        self.folder.note_import()?;
        Ok(replayed)
    }

    async fn letters(&self, which: &str, order: &str) -> Result<Vec<DeadLetter>> {
        let sql = format!(
            "SELECT topic, log, \"partition\", \"offset\", CAST(ingested_at AS BIGINT) AS taken_in, scope, rule, reason, patient_id, \
             CAST(\"timestamp\" AS BIGINT) AS happened_at, event_id FROM quarantine WHERE {which} {order}"
        );
        let mut letters = Vec::new();
        for batch in &self.processing.query(&sql).await?.batches {
            let (topic, log, partition) = (texts(batch, 0)?, texts(batch, 1)?, numbers(batch, 2)?);
            let (offset, ingested_at, scope) = (numbers(batch, 3)?, numbers(batch, 4)?, texts(batch, 5)?);
            let (rule, reason, patient) = (texts(batch, 6)?, texts(batch, 7)?, texts(batch, 8)?);
            let (timestamp, event_id) = (numbers(batch, 9)?, texts(batch, 10)?);
            for row in 0..batch.num_rows() {
                letters.push(DeadLetter {
                    place: LetterPlace {
                        topic: topic.value(row).parse()?,
                        log: log.value(row).to_owned(),
                        partition: partition.value(row) as u8,
                        offset: offset.value(row) as u64,
                    },
                    ingested_at: Timestamp(ingested_at.value(row)),
                    scope: scope.value(row).to_owned(),
                    rule: rule.value(row).to_owned(),
                    reason: reason.value(row).to_owned(),
                    patient_id: patient.is_valid(row).then(|| patient.value(row).to_owned()),
                    timestamp: timestamp.is_valid(row).then(|| Timestamp(timestamp.value(row))),
                    event_id: event_id.value(row).to_owned(),
                });
            }
        }
        Ok(letters)
    }
}

impl From<LetterPlace> for Refused {
    fn from(LetterPlace { topic, log, partition, offset }: LetterPlace) -> Self {
        Self { topic: Some(topic), rule: None, place: Some(Place { log, partition, offset }) }
    }
}

impl LetterFilter {
    fn sql(&self) -> String {
        let topic = self.topic.map(|topic| format!("topic = '{topic}'"));
        let rule = self.rule.as_deref().map(|rule| format!("rule = {}", quoted(rule)));
        let since = self.since.map(|since| format!("CAST(ingested_at AS BIGINT) >= {}", since.0));
        let refused = "scope IN ('row', 'record')".to_owned();
        [Some(refused), topic, rule, since].into_iter().flatten().collect::<Vec<_>>().join(" AND ")
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A column as text or as whole numbers, whatever form the query engine chose for it.
fn texts(batch: &RecordBatch, column: usize) -> Result<StringArray> {
    Ok(as_type(batch, column, &DataType::Utf8)?.as_string::<i32>().clone())
}

fn numbers(batch: &RecordBatch, column: usize) -> Result<Int64Array> {
    Ok(as_type(batch, column, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

fn as_type(batch: &RecordBatch, column: usize, kind: &DataType) -> Result<ArrayRef> {
    Ok(cast(batch.column(column), kind)?)
}

impl fmt::Display for LetterPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, log, partition, offset } = self;
        write!(f, "{topic}/{log}/{partition}/{offset}")
    }
}

impl FromStr for LetterPlace {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || format!("`{text}` is no place of a record: write it as in patient-vitals/live/3/4711");
        let parts: Vec<&str> = text.split('/').collect();
        let [topic, log, partition, offset] = parts[..] else { bail!(wrong()) };
        Ok(Self {
            topic: topic.parse().with_context(wrong)?,
            log: log.to_owned(),
            partition: partition.parse().with_context(wrong)?,
            offset: offset.parse().with_context(wrong)?,
        })
    }
}

impl Serialize for LetterPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

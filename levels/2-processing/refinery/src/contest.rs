//! New rows against what stands: who wins each key, who falls, and quarantine in step with it. Pure.
//!
//! What stands is not rewritten here: of it, only the rivals of the new rows are known, the rows of the same patients and
//! times. Where none of them falls, the new rows are a file of their own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch, UInt64Array};
use arrow::compute::{filter_record_batch, take_record_batch};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::error::ArrowError;
use strata_lakehouse::Sought;

use crate::column::batch;
use crate::deduplicate::{Candidate, Place, keys, ranks, winners};
use crate::finding::{Entry, Finding, LogPlace, Scope};
use crate::silver::SilverRow;

/// A refined record: its row, and what was wrong with it.
#[derive(Debug)]
pub(crate) struct NewRow<R> {
    pub(crate) row: R,
    pub(crate) findings: Vec<Finding>,
    /// The line, kept when the row is refused.
    pub(crate) raw: Option<String>,
}

impl<R> NewRow<R> {
    fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.scope == Scope::Row)
    }
}

/// The new rows of one date: of each key, the one that wins among them.
#[derive(Debug)]
pub(crate) struct Fresh<R> {
    /// Those that are not refused, sorted by key.
    batch: RecordBatch,
    /// What there is to say about them, and about those that are refused.
    entries: Vec<Entry>,
    sought: Arc<Sought>,
    row: PhantomData<fn() -> R>,
}

/// What stands and may have a key of the new rows; each with the number of its file.
#[derive(Debug, Default)]
pub(crate) struct Rivals {
    /// Rows of silver, their keys and ranks.
    pub(crate) silver: Vec<(usize, RecordBatch)>,
    /// Entries of quarantine.
    pub(crate) quarantine: Vec<(usize, Vec<Entry>)>,
}

/// How a contest ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The new rows that stand in silver, sorted by key.
    pub(crate) rows: RecordBatch,
    /// What there is to say about the new rows.
    pub(crate) entries: Vec<Entry>,
    /// The keys that fall out of each file of silver.
    pub(crate) beaten: BTreeMap<usize, HashSet<String>>,
    /// The entries that fall out of each file of quarantine.
    pub(crate) fallen: BTreeMap<usize, Vec<Entry>>,
}

impl<R: SilverRow> Fresh<R> {
    /// Of the rows only what wins is kept, as columns.
    pub(crate) fn new(rows: &[&NewRow<R>]) -> Result<Self, ArrowError> {
        let mut order: Vec<u32> = (0..rows.len() as u32).collect();
        let row = |index: &u32| &rows[*index as usize].row;
        order.sort_unstable_by(|a, b| {
            let by_key = row(a).key().cmp(&row(b).key());
            by_key.then_with(|| row(b).origin().order().cmp(&row(a).origin().order())).then(a.cmp(b))
        });
        order.dedup_by(|later, first| row(later).key() == row(first).key());
        let sought = Sought::at(order.iter().map(|index| {
            let key = row(index).key();
            (key.patient, key.time.map(|time| time.0))
        }));
        let entries = order.iter().flat_map(|index| entries_of(rows[*index as usize])).collect();
        let stand = order.iter().map(|index| rows[*index as usize]).filter(|new| !new.is_refused());
        let stand: Vec<&R> = stand.map(|new| &new.row).collect();
        Ok(Self { batch: batch(&R::columns(), &stand)?, entries, sought: Arc::new(sought), row: PhantomData })
    }

    /// Where rivals may stand.
    pub(crate) fn sought(&self) -> Arc<Sought> {
        Arc::clone(&self.sought)
    }

    /// Holds the contest. Entries of records that are refined again (`leaving`) have no part in it.
    pub(crate) fn contest(self, rivals: &Rivals, leaving: &HashSet<LogPlace>) -> Result<Outcome, ArrowError> {
        let mut outcome =
            Outcome { rows: self.batch, entries: self.entries, beaten: BTreeMap::new(), fallen: BTreeMap::new() };
        let mut silver = Vec::new();
        for (number, (_, rows)) in rivals.silver.iter().enumerate() {
            let ranked = keys(rows, R::SPEC.key)?.into_iter().zip(ranks(rows)?).enumerate();
            silver.extend(ranked.map(|(row, (key, rank))| Candidate { key, rank, place: Place::Silver(number, row) }));
        }
        let takes_part =
            |entry: &Entry| entry.key.is_some() && entry.topic == R::TOPIC.name() && !leaving.contains(&entry.place());
        let entries = rivals.quarantine.iter().flat_map(|(file, entries)| entries.iter().map(|entry| (*file, entry)));
        let mut entries: Vec<(usize, &Entry)> = entries.filter(|(_, entry)| takes_part(entry)).collect();
        let theirs = silver.iter().map(|rival| rival.key.as_str());
        let theirs: HashSet<String> = theirs.chain(entries.iter().filter_map(key_of)).map(str::to_owned).collect();
        if theirs.is_empty() {
            return Ok(outcome);
        }

        // What has no rival wins.
        let near: Vec<usize> = near::<R>(&outcome.rows, rivals)?;
        let mut wins = vec![true; outcome.rows.num_rows()];
        let contested = take_record_batch(&outcome.rows, &near.iter().map(|row| *row as u64).collect::<UInt64Array>())?;
        let ranked = near.iter().zip(keys(&contested, R::SPEC.key)?.into_iter().zip(ranks(&contested)?));
        let ranked = ranked.filter(|(_, (key, _))| theirs.contains(key));
        let mut candidates: Vec<_> =
            ranked.map(|(row, (key, rank))| Candidate { key, rank, place: Place::New(Some(*row)) }).collect();
        for candidate in &candidates {
            if let Place::New(Some(row)) = candidate.place {
                wins[row] = false;
            }
        }
        // One for each reason, of which one wins.
        let refused = outcome.entries.iter().filter(|entry| entry.refuses_row());
        let refused = refused.filter(|entry| entry.key.as_ref().is_some_and(|key| theirs.contains(key)));
        candidates.extend(refused.map(|entry| candidate(entry, Place::New(None))));
        let mine: HashSet<String> = candidates.iter().map(|candidate| candidate.key.clone()).collect();
        silver.retain(|rival| mine.contains(&rival.key));
        entries.retain(|entry| key_of(entry).is_some_and(|key| mine.contains(key)));
        candidates.extend(silver.iter().cloned());
        let refused = entries.iter().filter(|(_, entry)| entry.refuses_row());
        candidates.extend(refused.map(|(_, entry)| candidate(entry, Place::Quarantine)));
        let winners = winners(candidates);
        let by_key: HashMap<&str, &Candidate> = winners.iter().map(|winner| (winner.key.as_str(), winner)).collect();

        for rival in silver {
            if let Place::Silver(number, _) = rival.place
                && by_key.get(rival.key.as_str()).is_none_or(|winner| winner.place != rival.place)
            {
                outcome.beaten.entry(rivals.silver[number].0).or_default().insert(rival.key);
            }
        }
        for (file, entry) in entries {
            let winner = entry.key.as_deref().and_then(|key| by_key.get(key));
            if winner.is_none_or(|winner| is_new(winner) || winner.rank != entry.rank) {
                outcome.fallen.entry(file).or_default().push(entry.clone());
            }
        }
        for winner in &winners {
            if let Place::New(Some(row)) = winner.place {
                wins[row] = true;
            }
        }
        outcome.rows = filter_record_batch(&outcome.rows, &BooleanArray::from(wins))?;
        let stands =
            |entry: &Entry| entry.key.as_deref().and_then(|key| by_key.get(key)).is_none_or(|winner| is_new(winner));
        outcome.entries.retain(stands);
        Ok(outcome)
    }
}

/// The rows of the patients and times of rivals: only they can have a rival's key.
fn near<R: SilverRow>(rows: &RecordBatch, rivals: &Rivals) -> Result<Vec<usize>, ArrowError> {
    let time = R::SPEC.time();
    let mut places: Vec<(&str, Option<i64>)> = Vec::new();
    for (_, rows) in &rivals.silver {
        let ids = rows.column_by_name("patient_id").and_then(|ids| ids.as_string_opt::<i32>());
        let times = time.and_then(|time| rows.column_by_name(time)?.as_primitive_opt::<TimestampMicrosecondType>());
        let ids = ids.into_iter().flat_map(|ids| ids.iter().enumerate());
        places.extend(ids.filter_map(|(row, id)| Some((id?, times.map(|times| times.value(row))))));
    }
    let entries = rivals.quarantine.iter().flat_map(|(_, entries)| entries);
    places.extend(entries.filter_map(|entry| Some((entry.patient_id.as_deref()?, entry.timestamp.map(|time| time.0)))));
    let is_near = Sought::at(places).find(rows, time)?;
    Ok(is_near.iter().enumerate().filter(|(_, is_near)| *is_near == Some(true)).map(|(row, _)| row).collect())
}

fn key_of<'a>((_, entry): &(usize, &'a Entry)) -> Option<&'a str> {
    entry.key.as_deref()
}

fn candidate(entry: &Entry, place: Place) -> Candidate {
    Candidate { key: entry.key.clone().unwrap_or_default(), rank: entry.rank.clone(), place }
}

fn is_new(candidate: &Candidate) -> bool {
    matches!(candidate.place, Place::New(_))
}

fn entries_of<R: SilverRow>(new: &NewRow<R>) -> impl Iterator<Item = Entry> + '_ {
    let (key, origin) = (new.row.key(), new.row.origin());
    new.findings.iter().map(move |finding| Entry {
        topic: R::TOPIC.name().into(),
        log: origin.log.to_string(),
        partition: i32::from(origin.partition),
        offset: origin.offset as i64,
        key: Some(key.text(R::SPEC.key.len())),
        patient_id: Some(key.patient.to_owned()),
        timestamp: key.time,
        rank: origin.rank(),
        raw: new.raw.clone().filter(|_| finding.scope == Scope::Row),
        ..Entry::new(finding.clone())
    })
}

#[cfg(test)]
mod tests {
    use strata_types::Timestamp;

    use super::*;
    use crate::parse::{Place as LogLine, parse};
    use crate::silver::{AdverseEventRow, LabRow, LabelRow, MedicationRow, PatientRow, VitalsRow};

    /// New rows and rows that stand are compared by the same text.
    fn has_one_key<R: SilverRow>(line: &str) {
        let availability = strata_landing::Availability::AtArrival;
        let place = LogLine { log: "a".into(), partition: 0, offset: 0, logged: Timestamp(1), availability };
        let (origin, event) = parse(R::TOPIC, line.as_bytes(), place);
        let row = R::new(event.unwrap(), origin, &mut Vec::new()).unwrap();
        let (text, columns) = (row.key().text(R::SPEC.key.len()), batch(&R::columns(), &[&row]).unwrap());
        assert_eq!(keys(&columns, R::SPEC.key).unwrap(), [text]);
    }

    #[test]
    fn a_row_has_one_key() {
        let at = r#""patient_id":"p1","timestamp":"2026-03-01T12:00:00Z""#;
        has_one_key::<VitalsRow>(&format!(r#"{{{at},"source":"m","heart_rate":80}}"#));
        has_one_key::<LabRow>(&format!(r#"{{{at},"test_name":"Lactate","value":1.8,"unit":"mmol/L","source":"l"}}"#));
        has_one_key::<LabRow>(&format!(r#"{{{at},"test_name":"no such","value":1.8,"unit":"x"}}"#));
        has_one_key::<MedicationRow>(&format!(
            r#"{{{at},"drug_name":"heparin","dosage":1,"unit":"mg","route":"iv","source":"ward"}}"#
        ));
        has_one_key::<PatientRow>(r#"{"patient_id":"p1","age":50}"#);
        has_one_key::<LabelRow>(
            r#"{"patient_id":"p1","time":"1960-03-01T12:00:00Z","label":true,"horizon_hours":6,"source":"s"}"#,
        );
        has_one_key::<AdverseEventRow>(
            r#"{"patient_id":"p1","event_timestamp":"2026-03-01T12:00:00Z","report_timestamp":"2026-03-01T13:00:00Z","event_type":"fall","severity":"grade_3","reported_by":"nurse"}"#,
        );
    }
}

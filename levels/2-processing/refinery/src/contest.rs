//! New rows against what stands: who wins each key, who falls, and quarantine in step with it. Pure.
//!
//! What stands is not rewritten here: of it, only the rivals of the new rows are known, the rows of the same patients and
//! times. Where none of them falls, the new rows are a file of their own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
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
    rows: Vec<NewRow<R>>,
    batch: RecordBatch,
    winners: Vec<Candidate>,
    sought: Arc<Sought>,
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
    pub(crate) fn new(rows: Vec<NewRow<R>>) -> Result<Self, ArrowError> {
        let batch = batch_of(&rows)?;
        let keys = keys(&batch, R::SPEC.key)?.into_iter().enumerate();
        let candidates =
            keys.map(|(index, key)| Candidate { key, rank: rows[index].row.origin().rank(), place: Place::New(index) });
        let winners = winners(candidates.collect());
        let sought = Arc::new(Sought::of(R::SPEC, &batch)?);
        Ok(Self { rows, batch, winners, sought })
    }

    /// Where rivals may stand.
    pub(crate) fn sought(&self) -> Arc<Sought> {
        Arc::clone(&self.sought)
    }

    /// Holds the contest. Entries of records that are refined again (`leaving`) have no part in it.
    pub(crate) fn contest(self, rivals: &Rivals, leaving: &HashSet<LogPlace>) -> Result<Outcome, ArrowError> {
        if rivals.silver.is_empty() && rivals.quarantine.is_empty() {
            return self.outcome(&self.winners);
        }
        let mine: HashSet<&str> = self.winners.iter().map(|winner| winner.key.as_str()).collect();
        let mut silver = Vec::new();
        for (number, (_, rows)) in rivals.silver.iter().enumerate() {
            let ranked = keys(rows, R::SPEC.key)?.into_iter().zip(ranks(rows)?).enumerate();
            let ranked = ranked.filter(|(_, (key, _))| mine.contains(key.as_str()));
            silver.extend(ranked.map(|(row, (key, rank))| Candidate { key, rank, place: Place::Silver(number, row) }));
        }
        let of_mine = |entry: &Entry| {
            let is_mine = entry.key.as_deref().is_some_and(|key| mine.contains(key));
            is_mine && entry.topic == R::TOPIC.name() && !leaving.contains(&entry.place())
        };
        let entries = rivals.quarantine.iter().flat_map(|(file, entries)| entries.iter().map(|entry| (*file, entry)));
        let entries: Vec<(usize, &Entry)> = entries.filter(|(_, entry)| of_mine(entry)).collect();
        let refused = entries.iter().filter(|(_, entry)| entry.refuses_row()).map(|(_, entry)| Candidate {
            key: entry.key.clone().unwrap_or_default(),
            rank: entry.rank.clone(),
            place: Place::Quarantine,
        });
        let winners = winners(self.winners.iter().cloned().chain(silver.iter().cloned()).chain(refused).collect());
        let by_key: HashMap<&str, &Candidate> = winners.iter().map(|winner| (winner.key.as_str(), winner)).collect();

        let mut outcome = self.outcome(&winners)?;
        for rival in silver {
            if let Place::Silver(number, _) = rival.place
                && by_key.get(rival.key.as_str()).is_none_or(|winner| winner.place != rival.place)
            {
                outcome.beaten.entry(rivals.silver[number].0).or_default().insert(rival.key);
            }
        }
        for (file, entry) in entries {
            let winner = entry.key.as_deref().and_then(|key| by_key.get(key));
            if winner.is_none_or(|winner| new(winner).is_some() || winner.rank != entry.rank) {
                outcome.fallen.entry(file).or_default().push(entry.clone());
            }
        }
        Ok(outcome)
    }

    fn outcome(&self, winners: &[Candidate]) -> Result<Outcome, ArrowError> {
        let (rows, entries) = (self.standing(winners)?, self.entries(winners));
        Ok(Outcome { rows, entries, beaten: BTreeMap::new(), fallen: BTreeMap::new() })
    }

    /// The new rows that win and are not refused, in the order of their keys.
    fn standing(&self, winners: &[Candidate]) -> Result<RecordBatch, ArrowError> {
        let stands = |index: &usize| !self.rows[*index].is_refused();
        let picked: UInt32Array =
            winners.iter().filter_map(new).filter(stands).map(|index| Some(index as u32)).collect();
        take_record_batch(&self.batch, &picked)
    }

    fn entries(&self, winners: &[Candidate]) -> Vec<Entry> {
        let of = |winner: &Candidate| {
            let row = &self.rows[new(winner)?];
            Some(row.findings.iter().map(|finding| entry_of(finding, row, winner)).collect::<Vec<_>>())
        };
        winners.iter().filter_map(of).flatten().collect()
    }
}

fn new(candidate: &Candidate) -> Option<usize> {
    if let Place::New(index) = candidate.place { Some(index) } else { None }
}

fn batch_of<R: SilverRow>(rows: &[NewRow<R>]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<&R> = rows.iter().map(|new| &new.row).collect();
    batch(&R::columns(), &rows)
}

fn entry_of<R: SilverRow>(finding: &Finding, new: &NewRow<R>, winner: &Candidate) -> Entry {
    let origin = new.row.origin();
    let mut parts = winner.key.split('\u{1}');
    Entry {
        topic: R::TOPIC.name().into(),
        log: origin.log.to_string(),
        partition: i32::from(origin.partition),
        offset: origin.offset as i64,
        key: Some(winner.key.clone()),
        patient_id: parts.next().map(str::to_owned),
        timestamp: parts.next().and_then(|time| time.parse().ok()).map(strata_types::Timestamp),
        rank: winner.rank.clone(),
        raw: new.raw.clone().filter(|_| finding.scope == Scope::Row),
        ..Entry::new(finding.clone())
    }
}

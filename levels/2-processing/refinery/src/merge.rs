//! New rows into what stands: the contest of every key, and quarantine in step with it. Pure.

use std::collections::{HashMap, HashSet};

use arrow::array::RecordBatch;
use arrow::compute::interleave_record_batch;
use arrow::error::ArrowError;

use crate::column::batch;
use crate::deduplicate::{Candidate, Place, keys, ranks, winners};
use crate::finding::{Entry, Finding, Scope};
use crate::origin::Rank;
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

/// What a merge makes of one date.
#[derive(Debug)]
pub(crate) struct Merged {
    /// The rows that now stand, sorted by patient and time; `None` when nothing changed.
    pub(crate) rows: Option<RecordBatch>,
    /// Quarantine of this table as it now stands, where rows changed or entries fell away.
    pub(crate) entries: Vec<Entry>,
    /// Winners among the new rows that stand in silver.
    pub(crate) written: u64,
}

/// Merges the new rows of one date into the rows and the quarantine that stand.
pub(crate) fn merge<R: SilverRow>(
    new: Vec<NewRow<R>>,
    standing: &[RecordBatch],
    quarantined: Vec<Entry>,
) -> Result<Merged, ArrowError> {
    let (rows, verdicts): (Vec<R>, Vec<_>) = new
        .into_iter()
        .map(|new| {
            let refused = new.is_refused();
            (new.row, (new.findings, new.raw, refused))
        })
        .unzip();
    let new_batch = batch(&R::columns(), &rows)?;
    let mut candidates = Vec::with_capacity(rows.len());
    for (index, key) in keys(&new_batch, R::KEY)?.into_iter().enumerate() {
        candidates.push(Candidate { key, rank: rows[index].origin().rank(), place: Place::New(index) });
    }
    for (number, standing) in standing.iter().enumerate() {
        let ranked = keys(standing, R::KEY)?.into_iter().zip(ranks(standing)?).enumerate();
        candidates.extend(ranked.map(|(row, (key, rank))| Candidate { key, rank, place: Place::Silver(number, row) }));
    }
    for entry in quarantined.iter().filter(|entry| entry.refuses_row()) {
        if let Some(key) = entry.key.clone() {
            candidates.push(Candidate { key, rank: entry.rank.clone(), place: Place::Quarantine });
        }
    }
    let winners = winners(candidates);
    let changed = winners.iter().any(|winner| matches!(winner.place, Place::New(_)));

    let mut entries = standing_entries(quarantined, &winners);
    let mut written = 0;
    let mut picked = Vec::with_capacity(winners.len());
    for winner in &winners {
        match winner.place {
            Place::Silver(number, row) => picked.push((number, row)),
            Place::Quarantine => {}
            Place::New(index) => {
                let (findings, raw, refused) = &verdicts[index];
                entries.extend(findings.iter().map(|finding| entry_of(finding, raw.as_ref(), &rows[index], winner)));
                if !refused {
                    picked.push((standing.len(), index));
                    written += 1;
                }
            }
        }
    }
    entries.sort_by(|a, b| a.order().cmp(&b.order()));
    let rows = if changed {
        let batches: Vec<&RecordBatch> = standing.iter().chain([&new_batch]).collect();
        Some(interleave_record_batch(&batches, &picked)?)
    } else {
        None
    };
    Ok(Merged { rows, entries, written })
}

/// The entries of quarantine whose record still wins its key. What cannot be read has no key.
fn standing_entries(quarantined: Vec<Entry>, winners: &[Candidate]) -> Vec<Entry> {
    let keys: HashSet<&str> = quarantined.iter().filter_map(|entry| entry.key.as_deref()).collect();
    let ranks: HashMap<String, Rank> = winners
        .iter()
        .filter(|winner| keys.contains(winner.key.as_str()))
        .filter(|winner| !matches!(winner.place, Place::New(_)))
        .map(|winner| (winner.key.clone(), winner.rank.clone()))
        .collect();
    let stands = |entry: &Entry| entry.key.as_ref().is_none_or(|key| ranks.get(key) == Some(&entry.rank));
    quarantined.into_iter().filter(stands).collect()
}

fn entry_of<R: SilverRow>(finding: &Finding, raw: Option<&String>, row: &R, winner: &Candidate) -> Entry {
    let origin = row.origin();
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
        raw: raw.filter(|_| finding.scope == Scope::Row).cloned(),
        ..Entry::new(finding.clone())
    }
}

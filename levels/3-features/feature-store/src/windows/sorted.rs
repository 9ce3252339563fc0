//! Row groups that are each sorted by patient, read side by side: patients come out whole, and in their order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use rayon::prelude::*;
use strata_lakehouse::{Footer, GroupRows};

use crate::Error;
use crate::columns::{Floats, Run, Times, runs};

/// Rows of a group that are decoded at once.
const ROWS: usize = 8_192;

/// Batches that are held, about: as long as there are fewer, groups are read ahead of those that all others wait for.
const BATCHES: usize = 32;

/// The files of a folder, from the first patient to the last.
pub(super) struct Sorted {
    folder: PathBuf,
    files: Vec<Footer>,
    signals: Vec<String>,
    /// The groups that nothing was read of yet, by their first patients: the first patient, the file and the group.
    waiting: BinaryHeap<Reverse<(String, usize, usize)>>,
    open: Vec<Open>,
}

/// What the rows of a batch hold, beside their patients.
#[derive(Debug)]
pub(super) struct Readings {
    pub(super) times: Times,
    pub(super) signals: Vec<Floats>,
}

/// A patient, and all rows of theirs.
pub(super) struct Stay {
    pub(super) patient: String,
    pub(super) rows: Vec<(Arc<Readings>, Range<usize>)>,
}

/// A group of which something was read.
struct Open {
    file: usize,
    group: usize,
    /// What follows; `None` when all was read.
    rows: Option<GroupRows>,
    /// Nobody before this patient follows.
    at: String,
    held: VecDeque<(Run, Arc<Readings>)>,
    batches: usize,
}

impl Sorted {
    /// Of these files below a folder, the columns of these signals.
    pub(super) fn new(folder: &Path, files: Vec<Footer>, signals: Vec<String>) -> Self {
        let mut waiting = BinaryHeap::new();
        for (index, file) in files.iter().enumerate() {
            let first = |group: &strata_lakehouse::Group<'_>| group.patients.map_or("", |(first, _)| first).to_owned();
            waiting.extend(file.groups().map(|group| Reverse((first(&group), index, group.index))));
        }
        Self { folder: folder.to_owned(), files, signals, waiting, open: Vec::new() }
    }

    /// Reads on; gives whoever is whole then, and how many rows were read. `None` when everybody was given.
    pub(super) fn next(&mut self) -> Result<Option<(Vec<Stay>, u64)>, Error> {
        if self.open.is_empty() && self.waiting.is_empty() {
            return Ok(None);
        }
        let read = self.read()?;
        let whole = self.whole();
        self.open.retain(|group| group.rows.is_some() || !group.held.is_empty());
        Ok(Some((whole, read)))
    }

    /// Reads a batch of each group that all others wait for, and of some that come next.
    fn read(&mut self) -> Result<u64, Error> {
        let held: usize = self.open.iter().map(|group| group.batches).sum();
        let many = BATCHES.saturating_sub(held).max(rayon::current_num_threads());
        while let Some(Reverse((first, ..))) = self.waiting.peek() {
            let sooner = self.open.iter().filter(|group| group.rows.is_some() && group.at <= *first);
            if sooner.count() >= many {
                break;
            }
            let Some(Reverse((first, file, group))) = self.waiting.pop() else { break };
            self.open.push(self.begin(first, file, group)?);
        }
        let mut reading: Vec<&mut Open> = self.open.iter_mut().filter(|group| group.rows.is_some()).collect();
        reading.sort_unstable_by(|a, b| a.at.cmp(&b.at));
        let signals = &self.signals;
        let read = reading.into_par_iter().take(many).map(|group| group.read(signals));
        read.sum()
    }

    fn begin(&self, first: String, file: usize, group: usize) -> Result<Open, Error> {
        let columns = ["patient_id", "timestamp"].into_iter().chain(self.signals.iter().map(String::as_str));
        let rows = self.files[file].open(&self.folder, group, &columns.collect::<Vec<_>>(), ROWS)?;
        Ok(Open { file, group, rows: Some(rows), at: first, held: VecDeque::new(), batches: 0 })
    }

    /// Takes the patients out of whom nothing follows.
    fn whole(&mut self) -> Vec<Stay> {
        let follows = self.open.iter().filter(|group| group.rows.is_some()).map(|group| group.at.as_str());
        let follows = follows.chain(self.waiting.peek().map(|Reverse((first, ..))| first.as_str()));
        let next = follows.min().map(str::to_owned);
        let mut taken = Vec::new();
        for group in &mut self.open {
            while let Some((run, readings)) = group.take(next.as_deref()) {
                taken.push(((group.file, group.group), run, readings));
            }
        }
        taken.par_sort_by(|(a, one, _), (b, other, _)| (&one.patient, a).cmp(&(&other.patient, b)));
        let mut stays: Vec<Stay> = Vec::new();
        for (_, Run { patient, rows }, readings) in taken {
            match stays.last_mut() {
                Some(stay) if stay.patient == patient => stay.rows.push((readings, rows)),
                _ => stays.push(Stay { patient, rows: vec![(readings, rows)] }),
            }
        }
        stays
    }
}

impl Open {
    /// Reads a batch.
    fn read(&mut self, signals: &[String]) -> Result<u64, Error> {
        let Some(batch) = self.rows.as_mut().and_then(Iterator::next).transpose()? else {
            self.rows = None;
            return Ok(0);
        };
        let shape = |cause| Error::Shape { table: "silver", cause };
        let readings = Arc::new(Readings::of(&batch, signals).map_err(shape)?);
        for run in runs(&batch).map_err(shape)? {
            if run.patient < self.at {
                let reason = format!("a file is not sorted by patient: {} comes after {}", run.patient, self.at);
                return Err(Error::Windows(reason));
            }
            self.at.clone_from(&run.patient);
            self.held.push_back((run, Arc::clone(&readings)));
        }
        self.batches += 1;
        Ok(batch.num_rows() as u64)
    }

    /// The next run, if it is of somebody before this patient.
    fn take(&mut self, before: Option<&str>) -> Option<(Run, Arc<Readings>)> {
        let taken = self.held.pop_front_if(|(run, _)| before.is_none_or(|before| run.patient.as_str() < before))?;
        let ends = self.held.front().is_none_or(|(_, next)| !Arc::ptr_eq(next, &taken.1));
        self.batches -= usize::from(ends);
        Some(taken)
    }
}

impl Readings {
    fn of(batch: &RecordBatch, signals: &[String]) -> Result<Self, ArrowError> {
        let signals = signals.iter().map(|name| Floats::of(batch, name));
        Ok(Self { times: Times::of(batch, "timestamp")?, signals: signals.collect::<Result<_, _>>()? })
    }
}

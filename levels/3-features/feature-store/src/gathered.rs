//! Pieces of silver files to patients, one after the other in order of their ids. CPU only.

use std::ops::Range;

use rayon::prelude::*;
use strata_features::Timeline;
use strata_lakehouse::Piece;
use strata_types::Timestamp;

use crate::Error;
use crate::columns::{Run, runs};
use crate::parts::{Part, Patient, Rows};

/// The rows of a batch, and whose they are.
type Batch = (Box<dyn Rows>, Vec<Run>);

/// Decoded rows, and where each patient's are.
#[derive(Debug)]
pub(crate) struct Gathered {
    batches: Vec<Box<dyn Rows>>,
    /// By patient, then in the order of the files.
    runs: Vec<(Run, usize)>,
    /// Of each patient, the runs.
    patients: Vec<Range<usize>>,
}

impl Gathered {
    /// Decodes on all cores; patients who are not wanted are left out.
    pub(crate) fn of(pieces: Vec<(Part, Piece)>, wanted: impl Fn(&str) -> bool) -> Result<Self, Error> {
        let pieces: Vec<_> =
            pieces.into_iter().flat_map(|(part, piece)| piece.split().map(move |one| (part, one))).collect();
        let decoded = pieces.into_par_iter().map(|(part, piece)| decode(part, piece));
        let decoded: Vec<Vec<Batch>> = decoded.collect::<Result<_, Error>>()?;
        let (mut batches, mut all) = (Vec::new(), Vec::new());
        for (batch, runs) in decoded.into_iter().flatten() {
            let here = runs.into_iter().filter(|run| wanted(&run.patient));
            all.extend(here.map(|run| (run, batches.len())));
            batches.push(batch);
        }
        all.par_sort_by(|(a, _), (b, _)| a.patient.cmp(&b.patient)); // stable: the order of the files stays
        let mut patients: Vec<Range<usize>> = Vec::new();
        for (index, (run, _)) in all.iter().enumerate() {
            match patients.last_mut() {
                Some(last) if all[last.start].0.patient == run.patient => last.end = index + 1,
                _ => patients.push(index..index + 1),
            }
        }
        Ok(Self { batches, runs: all, patients })
    }

    /// How many patients there are.
    pub(crate) fn len(&self) -> usize {
        self.patients.len()
    }

    /// The id of a patient.
    pub(crate) fn id(&self, patient: usize) -> &str {
        &self.runs[self.patients[patient].start].0.patient
    }

    /// All that silver has of a patient, in order of time.
    pub(crate) fn timeline(&self, patient: usize) -> Timeline {
        let mut of = self.collect(patient, false);
        of.timeline.sort();
        of.timeline
    }

    /// The times that were given for a patient, in their order; none when no set brought any.
    pub(crate) fn times(&self, patient: usize) -> Vec<(Timestamp, Option<bool>)> {
        let mut of = self.collect(patient, true);
        of.grid.sort_by_key(|(time, _)| *time);
        of.grid
    }

    fn collect(&self, patient: usize, times: bool) -> Patient {
        let mut of = Patient::default();
        for (run, batch) in &self.runs[self.patients[patient].clone()] {
            let rows = &self.batches[*batch];
            if rows.are_times() == times {
                rows.put(run.rows.clone(), &mut of);
            }
        }
        of
    }
}

fn decode(part: Part, piece: Piece) -> Result<Vec<Batch>, Error> {
    let shape = |cause| Error::Shape { table: part.spec.name, cause };
    let batches = piece.decode().map_err(|cause| shape(cause.into()))?;
    let open = |batch| Ok(((part.open)(&batch).map_err(shape)?, runs(&batch).map_err(shape)?));
    batches.into_iter().map(open).collect()
}

//! `PhysioNet`/`CinC` Challenge 2019: hourly rows of intensive care stays, with sepsis labels.
//!
//! Reyna et al., Crit Care Med 2020;48(2):210-217; CC BY 4.0. A file is a patient. The set has hours,
//! but no dates: a stay starts on one of the 28 days from 2019-01-01, chosen by a hash of the patient's
//! id, and a row lies `ICULOS` hours after that. Each row becomes a reading of vital signs (where any
//! was measured), one laboratory result per present value, and always one label: the labels are the
//! prediction grid. Values and units are given as the set has them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use strata_types::Topic;

use crate::packed::{File, Kind, Packed};
use crate::{Availability, Error, Record, Sink, Source, Summary};

mod columns;
mod row;
mod stay;
#[cfg(test)]
mod tests;

use columns::{Becomes, COLUMNS, COUNT};
use stay::Stay;

/// The set's name, which is every record's `source`.
pub(crate) const NAME: &str = "physionet-2019";

/// Files are converted in parallel by batches of this many bytes; a batch bounds the memory.
const BATCH_BYTES: usize = 8 << 20;

/// Opens the set: its archive, or a folder with its files.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(PhysioNet2019 { input: Packed::open(path, &FILES)? }))
}

static FILES: Kind = Kind { extension: "psv", archive: ".psv.tar.zst", is_member: |_| true };

#[derive(Debug)]
struct PhysioNet2019 {
    input: Packed,
}

impl Source for PhysioNet2019 {
    fn log(&self) -> String {
        format!("{NAME}-{}", &self.input.sha256()[..12])
    }

    fn availability(&self) -> Availability {
        Availability::AtEvent
    }

    fn work(&self) -> Option<u64> {
        Some(self.input.work())
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let mut delivery = Delivery::to(sink);
        let outcome = self.input.each_file(&mut |file, done| delivery.take(file, done));
        // What came whole before the damage goes first, and may be damaged itself.
        delivery.flush()?;
        outcome?;
        if let Some(work) = self.work() {
            delivery.sink.progress(work);
        }
        Ok(delivery.summary())
    }
}

/// Takes files, gives records, and keeps count.
struct Delivery<'a> {
    sink: &'a mut dyn Sink,
    batch: Vec<File>,
    batch_bytes: usize,
    done: u64,
    seen: HashSet<String>,
    rows: u64,
    records: [u64; Topic::ALL.len()],
    present: [u64; COUNT],
}

impl<'a> Delivery<'a> {
    fn to(sink: &'a mut dyn Sink) -> Self {
        Self {
            sink,
            batch: Vec::new(),
            batch_bytes: 0,
            done: 0,
            seen: HashSet::new(),
            rows: 0,
            records: [0; Topic::ALL.len()],
            present: [0; COUNT],
        }
    }

    fn take(&mut self, file: File, done: u64) -> Result<(), Error> {
        self.batch_bytes += file.content.len();
        self.batch.push(file);
        self.done = done;
        if self.batch_bytes >= BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.batch_bytes = 0;
        let files = std::mem::take(&mut self.batch);
        let stays: Vec<_> = files.par_iter().map(Stay::read).collect();
        for (file, stay) in files.iter().zip(stays) {
            self.give(file, stay?)?;
        }
        self.sink.progress(self.done);
        Ok(())
    }

    fn give(&mut self, file: &File, stay: Stay) -> Result<(), Error> {
        if !self.seen.insert(stay.patient_id.as_str().into()) {
            let reason = format!("a second file of patient {}; a patient has one", stay.patient_id);
            return Err(Error::Input { path: PathBuf::from(&file.name), reason });
        }
        for (topic, line) in stay.records() {
            self.records[topic as usize] += 1;
            let record = Record { topic, patient_id: &stay.patient_id, arrived_at: None, line };
            self.sink.accept(record).map_err(Error::Sink)?;
        }
        self.rows += stay.rows;
        for (sum, count) in self.present.iter_mut().zip(stay.present) {
            *sum += count;
        }
        stay.damage.map_or(Ok(()), Err)
    }

    fn summary(&self) -> Summary {
        let mut summary = Summary { patients: self.seen.len() as u64, rows: self.rows, ..Summary::default() };
        let records = Topic::ALL.iter().zip(self.records).filter(|(_, count)| *count > 0);
        summary.records = records.map(|(topic, count)| (topic.name().into(), count)).collect();
        for (column, count) in COLUMNS.iter().zip(self.present).filter(|(_, count)| *count > 0) {
            match column.becomes {
                Becomes::Vital(_) | Becomes::Lab { .. } => summary.mapped.push((column.name.into(), count)),
                Becomes::Nothing(why) => summary.unmapped.push((column.name.into(), count, why.into())),
                Becomes::Stay => {}
            }
        }
        summary
    }
}

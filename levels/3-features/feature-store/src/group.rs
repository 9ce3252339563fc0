//! One stretch of patients: pieces of silver files in, encoded files of features out. Pure, and on all cores.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Float32Type;
use arrow::error::ArrowError;
use rayon::prelude::*;
use strata_features::{FEATURE_COUNT, Profile, Timeline, Vector, compute_many, label_at};
use strata_lakehouse::{Encoded, Encoder, Piece};
use strata_types::{HOUR, LabelRule, Timestamp};

use crate::gathered::Gathered;
use crate::parts::{Part, Patient};
use crate::span::Span;
use crate::table::{FEATURES_TABLE, Key, batch};
use crate::{Error, Materialised};

/// Patients whose vectors are computed before they are written: their vectors stay a few ten megabytes.
const PATIENTS_AT_ONCE: usize = 1_024;

/// Patients whose vectors one core computes at a time.
const PATIENTS_A_CORE: usize = 32;

/// Rows that are turned into columns at a time.
const ROWS_AT_ONCE: usize = 16_384;

const DAY: i64 = 24 * HOUR;

/// How live data is labelled, and on which grid. Historical sets bring both.
#[derive(Clone, Copy, Debug)]
pub struct Labelling {
    /// What counts as an outcome.
    pub rule: LabelRule,
    /// Hours between two rows of a patient.
    pub grid_hours: f64,
}

/// What is known of a stretch of patients: the parts of the files that may have rows of theirs.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) span: Span,
    pub(crate) pieces: Vec<(Part, Piece)>,
}

/// The vectors of some patients, and which of them are on which day.
#[derive(Debug, Default)]
struct Block {
    /// Patient by patient.
    vectors: Vec<Vec<Vector>>,
    days: BTreeMap<i64, Vec<Row>>,
    counted: Materialised,
}

/// A vector's place in its block, and whose it is.
#[derive(Clone, Copy, Debug)]
struct Row {
    of: (usize, usize),
    patient: usize,
    time: Timestamp,
    label: Option<bool>,
}

/// What came of a stretch.
#[derive(Debug)]
pub(crate) struct Computed {
    /// A file for each date.
    pub(crate) files: Vec<(String, Encoded)>,
    pub(crate) counted: Materialised,
    /// What the values of each feature look like.
    pub(crate) profiles: Vec<Profile>,
}

/// Files to timelines, timelines to vectors, vectors to files, by date.
pub(crate) fn compute_group(input: Input, labelling: Labelling, now: Timestamp) -> Result<Computed, Error> {
    let gathered = Gathered::of(input.pieces, |patient| input.span.holds(patient))?;
    let patients: Vec<usize> = (0..gathered.len()).collect();
    let mut counted = Materialised::default();
    let mut files: BTreeMap<i64, DayFile> = BTreeMap::new();
    for some in patients.chunks(PATIENTS_AT_ONCE) {
        let blocks = some.par_chunks(PATIENTS_A_CORE).map(|few| Block::of(&gathered, few, labelling));
        let blocks: Vec<Block> = blocks.collect();
        for block in &blocks {
            counted.add(&block.counted);
            for day in block.days.keys() {
                if !files.contains_key(day) {
                    files.insert(*day, DayFile::new().map_err(shape)?);
                }
            }
        }
        let open: Vec<_> = files.iter_mut().collect();
        open.into_par_iter().try_for_each(|(day, file)| file.write(*day, &gathered, &blocks).map_err(shape))?;
    }
    let files = files.into_par_iter().map(|(day, DayFile { encoder, profiles })| {
        let encoded = encoder.close(now.0 / 1_000).map_err(|cause| shape(cause.into()))?;
        Ok(((Timestamp(day * DAY).date(), encoded), profiles))
    });
    let (files, of_days): (Vec<_>, Vec<_>) = files.collect::<Result<Vec<_>, Error>>()?.into_iter().unzip();
    let mut profiles = no_profiles();
    for of_day in &of_days {
        merge(&mut profiles, of_day);
    }
    Ok(Computed { files, counted, profiles })
}

fn shape(cause: ArrowError) -> Error {
    Error::Shape { table: FEATURES_TABLE.name, cause }
}

pub(crate) fn no_profiles() -> Vec<Profile> {
    vec![Profile::default(); FEATURE_COUNT]
}

pub(crate) fn merge(profiles: &mut [Profile], more: &[Profile]) {
    for (profile, more) in profiles.iter_mut().zip(more) {
        profile.merge(more);
    }
}

impl Block {
    fn of(gathered: &Gathered, patients: &[usize], labelling: Labelling) -> Self {
        let mut block = Self::default();
        for patient in patients {
            let Patient { timeline, mut grid } = gathered.patient(*patient);
            if grid.is_empty() {
                grid = hourly_grid(&timeline, labelling);
            }
            let times: Vec<Timestamp> = grid.iter().map(|(time, _)| *time).collect();
            let positive = grid.iter().filter(|(_, label)| *label == Some(true)).count() as u64;
            block.counted.add(&Materialised {
                rows: grid.len() as u64,
                patients: 1,
                labelled: grid.iter().filter(|(_, label)| label.is_some()).count() as u64,
                positive,
                positive_patients: u64::from(positive > 0),
                up_to_date: false,
            });
            let of = block.vectors.len();
            for (index, (time, label)) in grid.into_iter().enumerate() {
                let row = Row { of: (of, index), patient: *patient, time, label };
                block.days.entry(time.0.div_euclid(DAY)).or_default().push(row);
            }
            block.vectors.push(compute_many(&timeline, &times));
        }
        block
    }

    fn on(&self, day: i64) -> impl Iterator<Item = (&Row, &Vector)> {
        let rows = self.days.get(&day).into_iter().flatten();
        rows.map(|row| (row, &self.vectors[row.of.0][row.of.1]))
    }
}

/// One day's file, sorted by patient and time as its rows come, and what is in it.
struct DayFile {
    encoder: Encoder,
    profiles: Vec<Profile>,
}

impl DayFile {
    fn new() -> Result<Self, ArrowError> {
        Ok(Self { encoder: Encoder::new(&FEATURES_TABLE)?, profiles: no_profiles() })
    }

    fn write(&mut self, day: i64, gathered: &Gathered, blocks: &[Block]) -> Result<(), ArrowError> {
        let (rows, vectors): (Vec<&Row>, Vec<&Vector>) = blocks.iter().flat_map(|block| block.on(day)).unzip();
        for (rows, vectors) in rows.chunks(ROWS_AT_ONCE).zip(vectors.chunks(ROWS_AT_ONCE)) {
            let key = |row: &&Row| Key { patient: gathered.id(row.patient), time: row.time, label: row.label };
            let keys: Vec<_> = rows.iter().map(key).collect();
            let batch = batch(&keys, vectors)?;
            let features = &batch.columns()[batch.num_columns() - FEATURE_COUNT..];
            for (profile, column) in self.profiles.iter_mut().zip(features) {
                // What is null is NaN underneath.
                profile.take(column.as_primitive::<Float32Type>().values().iter().copied());
            }
            self.encoder.write(&batch)?;
        }
        Ok(())
    }
}

/// Live data: every hour from the first event to the last, labelled by what followed.
fn hourly_grid(timeline: &Timeline, labelling: Labelling) -> Vec<(Timestamp, Option<bool>)> {
    let (vitals, labs) = (timeline.vitals.iter().map(|row| row.time), timeline.labs.iter().map(|row| row.time));
    let doses = timeline.medications.iter().map(|row| row.time);
    let Some((first, last)) = vitals.chain(labs).chain(doses).fold(None, |range: Option<(_, _)>, time| {
        let (first, last) = range.unwrap_or((time, time));
        Some((first.min(time), last.max(time)))
    }) else {
        return Vec::new();
    };
    let step = ((labelling.grid_hours * HOUR as f64) as i64).max(1);
    let start = Timestamp(first.0.div_euclid(step) * step + step);
    let times = (0..).map(|index| start + index * step).take_while(|time| *time <= last);
    times.map(|time| (time, label_at(&timeline.adverse_events, time, &labelling.rule, last))).collect()
}

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

/// Patients whose vectors one core computes at a time.
const PATIENTS_AT_ONCE: usize = 64;

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

/// The rows of some patients on one day.
#[derive(Debug, Default)]
struct Day {
    keys: Vec<(usize, Timestamp, Option<bool>)>,
    vectors: Vec<Vector>,
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
    let computed: Vec<_> =
        patients.par_chunks(PATIENTS_AT_ONCE).map(|some| vectors_of(&gathered, some, labelling)).collect();

    let mut counted = Materialised::default();
    let mut days: BTreeMap<i64, Vec<Day>> = BTreeMap::new();
    for (some, counts) in computed {
        counted.add(&counts);
        for (day, rows) in some {
            days.entry(day).or_default().push(rows);
        }
    }
    let files = days.into_par_iter().map(|(day, rows)| {
        let shape = |cause| Error::Shape { table: FEATURES_TABLE.name, cause };
        let (encoded, profiles) = encode(&gathered, &rows, now).map_err(shape)?;
        Ok(((Timestamp(day * DAY).date(), encoded), profiles))
    });
    let (files, of_days): (Vec<_>, Vec<_>) = files.collect::<Result<Vec<_>, Error>>()?.into_iter().unzip();
    let mut profiles = no_profiles();
    of_days.iter().for_each(|of_day| merge(&mut profiles, of_day));
    Ok(Computed { files, counted, profiles })
}

pub(crate) fn no_profiles() -> Vec<Profile> {
    vec![Profile::default(); FEATURE_COUNT]
}

pub(crate) fn merge(profiles: &mut [Profile], more: &[Profile]) {
    profiles.iter_mut().zip(more).for_each(|(profile, more)| profile.merge(more));
}

fn vectors_of(gathered: &Gathered, patients: &[usize], labelling: Labelling) -> (BTreeMap<i64, Day>, Materialised) {
    let mut counted = Materialised::default();
    let mut days: BTreeMap<i64, Day> = BTreeMap::new();
    for patient in patients {
        let Patient { timeline, mut grid } = gathered.patient(*patient);
        if grid.is_empty() {
            grid = hourly_grid(&timeline, labelling);
        }
        let times: Vec<Timestamp> = grid.iter().map(|(time, _)| *time).collect();
        let vectors = compute_many(&timeline, &times);
        let positive = grid.iter().filter(|(_, label)| *label == Some(true)).count() as u64;
        counted.add(&Materialised {
            rows: grid.len() as u64,
            patients: 1,
            labelled: grid.iter().filter(|(_, label)| label.is_some()).count() as u64,
            positive,
            positive_patients: u64::from(positive > 0),
            up_to_date: false,
        });
        for of_day in grid.chunk_by(|(a, _), (b, _)| a.0.div_euclid(DAY) == b.0.div_euclid(DAY)) {
            let first = grid.partition_point(|(time, _)| *time < of_day[0].0);
            let day = days.entry(of_day[0].0.0.div_euclid(DAY)).or_default();
            day.keys.extend(of_day.iter().map(|(time, label)| (*patient, *time, *label)));
            day.vectors.extend_from_slice(&vectors[first..first + of_day.len()]);
        }
    }
    (days, counted)
}

/// One day's file, sorted by patient and time as its rows are, and what is in it.
fn encode(gathered: &Gathered, days: &[Day], now: Timestamp) -> Result<(Encoded, Vec<Profile>), ArrowError> {
    let mut encoder = Encoder::new(&FEATURES_TABLE)?;
    let mut profiles = no_profiles();
    let keys: Vec<_> = days.iter().flat_map(|day| &day.keys).collect();
    let vectors: Vec<_> = days.iter().flat_map(|day| &day.vectors).collect();
    for (keys, vectors) in keys.chunks(ROWS_AT_ONCE).zip(vectors.chunks(ROWS_AT_ONCE)) {
        let key = |(patient, time, label): &&(usize, Timestamp, Option<bool>)| Key {
            patient: gathered.id(*patient),
            time: *time,
            label: *label,
        };
        let keys: Vec<_> = keys.iter().map(key).collect();
        let batch = batch(&keys, vectors)?;
        for (profile, column) in profiles.iter_mut().zip(&batch.columns()[batch.num_columns() - FEATURE_COUNT..]) {
            // What is null is NaN underneath.
            profile.take(column.as_primitive::<Float32Type>().values().iter().copied());
        }
        encoder.write(&batch)?;
    }
    Ok((encoder.close(now.0 / 1_000)?, profiles))
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

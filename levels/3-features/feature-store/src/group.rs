//! One stretch of patients: pieces of silver files in, encoded files of features out, day by day. Pure, and on all cores.
//!
//! Days come in their order, and every patient who is there goes on from day to day, so one file is written at a time: what
//! is held is silver, the patients of the day, and two row groups.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use arrow::array::AsArray;
use arrow::datatypes::Float32Type;
use arrow::error::ArrowError;
use rayon::prelude::*;
use strata_features::{FEATURE_COUNT, Profile, Timeline, Vector, Walk, label_at};
use strata_lakehouse::{Encoded, Piece, ROW_GROUP, WideEncoder};
use strata_types::{HOUR, LabelRule, Timestamp};

use crate::gathered::Gathered;
use crate::parts::Part;
use crate::span::Span;
use crate::table::{FEATURES_TABLE, Key, batch};
use crate::{Error, Materialised};

/// Patients whose vectors one core computes at a time.
const PATIENTS_A_CORE: usize = 16;

/// Bytes of a row in a file, about.
const ROW_BYTES: usize = 224;

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

/// What came of a stretch, beside its files.
#[derive(Debug)]
pub(crate) struct Computed {
    pub(crate) counted: Materialised,
    /// What the values of each feature look like.
    pub(crate) profiles: Vec<Profile>,
}

/// Takes the file of a date. Says whether it wants more.
pub(crate) type Give<'a> = dyn FnMut(String, Encoded) -> bool + Send + 'a;

/// Files to timelines, timelines to vectors, vectors to a file for each date.
pub(crate) fn compute_group(
    input: Input,
    labelling: Labelling,
    now: Timestamp,
    give: &mut Give<'_>,
) -> Result<Computed, Error> {
    let gathered = Gathered::of(input.pieces, |patient| input.span.holds(patient))?;
    let patients = (0..gathered.len()).into_par_iter();
    let stays: Vec<Stay> = patients.map(|patient| Stay::of(&gathered, patient, labelling)).collect();
    let mut computed = Computed { counted: Materialised::default(), profiles: no_profiles() };
    let mut days: BTreeMap<i64, Vec<Visit>> = BTreeMap::new();
    for (patient, stay) in stays.iter().enumerate() {
        computed.counted.add(&stay.counted());
        for (day, rows) in stay.days() {
            days.entry(day).or_default().push(Visit { patient, rows });
        }
    }
    let mut wanted = true;
    let mut take = |done: Option<(String, Encoded, Vec<Profile>)>| {
        if let Some((date, encoded, profiles)) = done {
            merge(&mut computed.profiles, &profiles);
            wanted = wanted && give(date, encoded);
        }
        wanted
    };
    // While a row group is written, the vectors of the next are computed.
    let mut file: Option<DayFile> = None;
    let mut ready: Option<Block> = None;
    for (day, visits) in &days {
        let day = Day { number: *day, rows: visits.iter().map(|visit| visit.rows.len()).sum() };
        for visits in row_groups(visits) {
            let write = || write(&mut file, ready.take(), Some(day), now);
            let (done, block) = rayon::join(write, || Block::of(day, &gathered, &stays, visits));
            if !take(done?) {
                return Ok(computed);
            }
            ready = Some(block);
        }
    }
    take(write(&mut file, ready, None, now)?);
    Ok(computed)
}

/// Writes a block into its day's file; gives the file when what follows is of another day.
fn write(
    file: &mut Option<DayFile>,
    block: Option<Block<'_>>,
    next: Option<Day>,
    now: Timestamp,
) -> Result<Option<(String, Encoded, Vec<Profile>)>, Error> {
    let Some(block) = block else { return Ok(None) };
    let mut of_day = match file.take() {
        Some(file) => file,
        None => DayFile::new(block.day.rows).map_err(shape)?,
    };
    of_day.write(&block).map_err(shape)?;
    if Some(block.day) == next {
        *file = Some(of_day);
        return Ok(None);
    }
    let encoded = of_day.encoder.close(now.0 / 1_000).map_err(|cause| shape(cause.into()))?;
    Ok(Some((Timestamp(block.day.number * DAY).date(), encoded, of_day.profiles)))
}

/// A day, and how many rows it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    number: i64,
    rows: usize,
}

/// The times of a patient, and how far their vectors have been computed.
struct Stay {
    grid: Vec<(Timestamp, Option<bool>)>,
    /// Between one day and the next.
    walk: Mutex<Option<Walk>>,
}

/// A patient's rows of one day.
struct Visit {
    patient: usize,
    rows: Range<usize>,
}

impl Stay {
    fn of(gathered: &Gathered, patient: usize, labelling: Labelling) -> Self {
        let mut grid = gathered.times(patient);
        if grid.is_empty() {
            grid = hourly_grid(&gathered.timeline(patient), labelling);
        }
        Self { grid, walk: Mutex::default() }
    }

    fn counted(&self) -> Materialised {
        let positive = self.grid.iter().filter(|(_, label)| *label == Some(true)).count() as u64;
        Materialised {
            rows: self.grid.len() as u64,
            patients: 1,
            labelled: self.grid.iter().filter(|(_, label)| label.is_some()).count() as u64,
            positive,
            positive_patients: u64::from(positive > 0),
            up_to_date: false,
        }
    }

    /// The days that have rows, in their order.
    fn days(&self) -> impl Iterator<Item = (i64, Range<usize>)> {
        let day = |(time, _): &(Timestamp, Option<bool>)| time.0.div_euclid(DAY);
        let mut end = 0;
        self.grid.chunk_by(move |a, b| day(a) == day(b)).map(move |rows| {
            end += rows.len();
            (day(&rows[0]), end - rows.len()..end)
        })
    }

    /// The vectors of rows, which follow those that were asked for before.
    fn vectors(&self, gathered: &Gathered, visit: &Visit, vectors: &mut Vec<Vector>) {
        let mut kept = self.walk.lock().unwrap_or_else(PoisonError::into_inner);
        let mut walk = kept.take().unwrap_or_else(|| Walk::new(gathered.timeline(visit.patient)));
        vectors.extend(self.grid[visit.rows.clone()].iter().map(|(time, _)| walk.at(*time)));
        if visit.rows.end < self.grid.len() {
            *kept = Some(walk);
        }
    }
}

/// A day's patients, cut where a row group is full; groups of a day are about as large.
fn row_groups(visits: &[Visit]) -> Vec<&[Visit]> {
    let all: usize = visits.iter().map(|visit| visit.rows.len()).sum();
    let many = all.div_ceil(ROW_GROUP).max(1);
    let (mut groups, mut first, mut gone) = (Vec::new(), 0, 0);
    for (index, visit) in visits.iter().enumerate() {
        gone += visit.rows.len();
        if gone * many >= all * (groups.len() + 1) {
            groups.push(&visits[first..=index]);
            first = index + 1;
        }
    }
    groups
}

/// The rows of a row group, and their vectors.
struct Block<'a> {
    day: Day,
    keys: Vec<Key<'a>>,
    /// By a few patients each.
    vectors: Vec<Vec<Vector>>,
}

impl<'a> Block<'a> {
    fn of(day: Day, gathered: &'a Gathered, stays: &[Stay], visits: &[Visit]) -> Self {
        let vectors = visits.par_chunks(PATIENTS_A_CORE).map(|few| {
            let mut vectors = Vec::with_capacity(few.iter().map(|visit| visit.rows.len()).sum());
            for visit in few {
                stays[visit.patient].vectors(gathered, visit, &mut vectors);
            }
            vectors
        });
        let vectors = vectors.collect();
        let keys = visits.iter().flat_map(|visit| {
            let patient = gathered.id(visit.patient);
            let rows = stays[visit.patient].grid[visit.rows.clone()].iter();
            rows.map(move |(time, label)| Key { patient, time: *time, label: *label })
        });
        Self { day, keys: keys.collect(), vectors }
    }
}

/// One day's file, sorted by patient and time as its rows come, and what is in it.
struct DayFile {
    encoder: WideEncoder,
    profiles: Vec<Profile>,
}

impl DayFile {
    fn new(rows: usize) -> Result<Self, ArrowError> {
        Ok(Self { encoder: WideEncoder::new(&FEATURES_TABLE, rows * ROW_BYTES)?, profiles: no_profiles() })
    }

    fn write(&mut self, block: &Block<'_>) -> Result<(), ArrowError> {
        let vectors: Vec<&Vector> = block.vectors.iter().flatten().collect();
        let batch = batch(&block.keys, &vectors)?;
        let features = &batch.columns()[batch.num_columns() - FEATURE_COUNT..];
        self.profiles.par_iter_mut().zip(features).with_min_len(8).for_each(|(profile, column)| {
            // What is null is NaN underneath.
            profile.take(column.as_primitive::<Float32Type>().values());
        });
        Ok(self.encoder.write(&batch)?)
    }
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

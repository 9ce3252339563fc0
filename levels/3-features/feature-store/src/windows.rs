//! Windows over any folder of silver: statistics of signals on a grid of times, in one pass over its files.
//!
//! The files are sorted by patient, so their row groups are taken in the order of their first patients, and whoever can
//! be in no further one is done: memory holds a few row groups and the patients in between, however many there are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use rayon::prelude::*;
use serde::Serialize;
use strata_features::{Closed, Grid, Panes, Stat};
use strata_lakehouse::{Footer, Format, Piece, Sheet, footers};
use strata_types::{HOUR, Timestamp};

use crate::Error;
use crate::columns::{Floats, Times, runs};

/// Rows that are decoded at once, about.
const ROWS_AT_ONCE: u64 = 500_000;

/// Rows of a file of the answer, about.
const ROWS_A_FILE: usize = 16_384;

/// What is wanted of a folder of silver.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The columns whose values are looked at.
    pub signals: Vec<String>,
    /// What is said of each.
    pub stats: Vec<Stat>,
    /// The lengths of the windows, in microseconds.
    pub windows: Vec<i64>,
    /// Microseconds between two boundaries.
    pub every: i64,
    /// Before the first boundary; the first time there is, rounded down to `every`, when it is not given.
    pub start: Option<Timestamp>,
    /// The last boundary, at most; what covers the last time there is when it is not given.
    pub end: Option<Timestamp>,
    /// Which end belongs to a window.
    pub closed: Closed,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Windowed {
    /// Silver rows that were read.
    pub read: u64,
    /// Patients.
    pub patients: u64,
    /// Rows written: patients and boundaries.
    pub rows: u64,
    /// Columns of statistics.
    pub columns: u64,
    /// Files written.
    pub files: u64,
}

/// Computes the windows of every patient in the Parquet files of a folder, into a folder that must not exist yet.
pub async fn windows(from: &Path, to: &Path, asked: &Asked) -> Result<Windowed, Error> {
    let files = footers(from).await?;
    let refuse = |reason: String| Err(Error::Windows(reason));
    if files.is_empty() {
        return refuse(format!("there is no Parquet file in {}", from.display()));
    }
    if to.exists() {
        return refuse(format!("{} is there already: name a new folder, or remove it", to.display()));
    }
    let needed = || ["patient_id", "timestamp"].into_iter().chain(asked.signals.iter().map(String::as_str));
    if let Some(missing) = needed().find(|name| files.iter().any(|file| !file.has(name))) {
        return refuse(format!("a file in {} has no column `{missing}`", from.display()));
    }
    let columns: Vec<&str> = needed().collect();
    let grid = grid(&files, asked)?;
    let work = Arc::new(Work { schema: schema(asked), grid, asked: asked.clone() });

    let partial = to.with_extension("partial");
    let unwritable = |cause| Error::Windows(format!("cannot write {}: {cause}", to.display()));
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(unwritable)?;
    }
    std::fs::create_dir_all(&partial).map_err(unwritable)?;

    let mut groups: Vec<(String, usize, usize, u64)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let first = |group: &strata_lakehouse::Group| group.patients.map_or("", |(first, _)| first).to_owned();
        groups.extend(file.groups().map(|group| (first(&group), index, group.index, group.rows)));
    }
    groups.sort_unstable();
    let mut done = Windowed { columns: work.schema.fields().len() as u64 - 2, ..Windowed::default() };
    let mut open: BTreeMap<String, Panes> = BTreeMap::new();
    let mut finished: Vec<(String, Panes)> = Vec::new();
    let mut next = 0;
    while next < groups.len() {
        let mut pieces = Vec::new();
        let mut rows = 0;
        while let Some((_, file, group, more)) = groups.get(next).filter(|_| rows < ROWS_AT_ONCE) {
            pieces.push(files[*file].fetch(vec![*group], &columns).await?);
            rows += more;
            next += 1;
        }
        done.read += rows;
        let here = Arc::clone(&work);
        let found = tokio::task::spawn_blocking(move || here.take(pieces)).await??;
        for (patient, panes) in found.into_iter().flatten() {
            match open.get_mut(&patient) {
                Some(known) => known.merge(&panes),
                None => drop(open.insert(patient, panes)),
            }
        }
        let still = groups.get(next).map(|(first, ..)| open.split_off(first)).unwrap_or_default();
        finished.extend(std::mem::replace(&mut open, still));
        let at_once = ROWS_A_FILE * rayon::current_num_threads();
        if next == groups.len() || finished.len() * work.grid.boundaries().count() >= at_once {
            let patients = std::mem::take(&mut finished);
            done.patients += patients.len() as u64;
            let (here, folder, first) = (Arc::clone(&work), partial.clone(), done.files);
            let written = tokio::task::spawn_blocking(move || here.write(&patients, &folder, first)).await??;
            done.rows += written.0;
            done.files += written.1;
        }
    }
    std::fs::rename(&partial, to).map_err(unwritable)?;
    Ok(done)
}

fn grid(files: &[Footer], asked: &Asked) -> Result<Grid, Error> {
    let Asked { every, .. } = *asked;
    if every <= 0 {
        return Err(Error::Windows("the step between boundaries must be above 0".into()));
    }
    let range = files.iter().filter_map(|file| file.times("timestamp")).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let given = asked.start.zip(asked.end);
    let Some((first, last)) = range.or_else(|| given.map(|(start, end)| (start.0, end.0))) else {
        return Err(Error::Windows("the files do not say which times they hold: give --start and --end".into()));
    };
    let start = asked.start.unwrap_or(Timestamp(first.div_euclid(every) * every));
    let covered = match asked.closed {
        Closed::Right => last,
        Closed::Left => last + 1,
    };
    let steps = match asked.end {
        Some(end) => (end.0 - start.0).div_euclid(every),
        None => (covered - start.0 + every - 1).div_euclid(every).max(1),
    };
    let steps = usize::try_from(steps).unwrap_or(0);
    let grid = Grid::new(start, every, steps, asked.windows.clone(), asked.closed);
    grid.map_err(|error| Error::Windows(error.to_string()))
}

fn schema(asked: &Asked) -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut fields = vec![Field::new("patient_id", DataType::Utf8, false), Field::new("boundary", time, false)];
    for signal in &asked.signals {
        for window in &asked.windows {
            for stat in &asked.stats {
                let kind = if *stat == Stat::Count { DataType::Int64 } else { DataType::Float64 };
                let hours = *window as f64 / HOUR as f64;
                fields.push(Field::new(format!("{signal}_{}_{hours}h", stat.name()), kind, true));
            }
        }
    }
    Arc::new(Schema::new(fields))
}

struct Work {
    schema: SchemaRef,
    grid: Grid,
    asked: Asked,
}

impl Work {
    /// Row groups to panes, patient by patient, on all cores.
    fn take(&self, pieces: Vec<Piece>) -> Result<Vec<Vec<(String, Panes)>>, Error> {
        let shape = |cause| Error::Shape { table: "silver", cause };
        let taken = pieces.into_par_iter().map(|piece| {
            let mut found = Vec::new();
            for batch in piece.decode().map_err(|cause| shape(cause.into()))? {
                self.take_batch(&batch, &mut found).map_err(shape)?;
            }
            Ok(found)
        });
        taken.collect()
    }

    fn take_batch(&self, batch: &RecordBatch, found: &mut Vec<(String, Panes)>) -> Result<(), ArrowError> {
        let times = Times::of(batch, "timestamp")?;
        let signals = self.asked.signals.iter().map(|name| Floats::of(batch, name));
        let signals = signals.collect::<Result<Vec<_>, _>>()?;
        let mut places = Vec::new();
        for run in runs(batch)? {
            places.clear();
            places.extend(run.rows.clone().filter_map(|row| {
                let time = times.get(row)?;
                Some((row, time, self.grid.pane(time)?))
            }));
            let mut panes = Panes::new(&self.grid, signals.len());
            for (index, signal) in signals.iter().enumerate() {
                panes.take(
                    &self.grid,
                    index,
                    places.iter().map(|(row, time, pane)| (*time, *pane, signal.or_nan(*row))),
                );
            }
            found.push((run.patient, panes));
        }
        Ok(())
    }

    /// Writes patients, some at a time on each core; gives how many rows and files.
    fn write(&self, patients: &[(String, Panes)], folder: &Path, first: u64) -> Result<(u64, u64), Error> {
        let boundaries: Vec<i64> = self.grid.boundaries().map(|time| time.0).collect();
        let at_once = (ROWS_A_FILE / boundaries.len().max(1)).max(1);
        let files = patients.par_chunks(at_once).enumerate().map(|(index, patients)| {
            let rows = self.rows(patients, &boundaries).map_err(|cause| Error::Shape { table: "windows", cause })?;
            let path = folder.join(format!("windows-{:05}.parquet", first + index as u64));
            let unwritable = |cause| Error::Windows(format!("cannot write {}: {cause}", path.display()));
            let file = BufWriter::new(File::create(&path).map_err(unwritable)?);
            let mut sheet = Sheet::new(Format::Parquet, Arc::clone(&self.schema), file)?;
            sheet.write(&rows)?;
            sheet.finish()?;
            Ok(rows.num_rows() as u64)
        });
        let written: Vec<u64> = files.collect::<Result<_, Error>>()?;
        Ok((written.iter().sum(), written.len() as u64))
    }

    fn rows(&self, patients: &[(String, Panes)], boundaries: &[i64]) -> Result<RecordBatch, ArrowError> {
        let rows = patients.len() * boundaries.len();
        let mut values = vec![Vec::with_capacity(rows); self.schema.fields().len() - 2];
        for (_, panes) in patients {
            let mut columns = values.iter_mut();
            panes.windows(&self.grid, &self.asked.stats, |of_window| {
                if let Some(column) = columns.next() {
                    column.extend_from_slice(of_window);
                }
            });
        }
        let ids = patients.iter().flat_map(|(id, _)| std::iter::repeat_n(id.as_str(), boundaries.len()));
        let times: TimestampMicrosecondArray = boundaries.iter().copied().cycle().take(rows).map(Some).collect();
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(ids.map(Some).collect::<StringArray>()), Arc::new(times.with_timezone("UTC"))];
        columns.extend(values.into_iter().zip(self.schema.fields().iter().skip(2)).map(|(values, field)| {
            if *field.data_type() == DataType::Int64 {
                Arc::new(values.into_iter().map(|count: f64| count as i64).collect::<Int64Array>()) as ArrayRef
            } else {
                let values = values.into_iter().map(|value| Some(value).filter(|value| !value.is_nan()));
                Arc::new(values.collect::<Float64Array>()) as ArrayRef
            }
        }));
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

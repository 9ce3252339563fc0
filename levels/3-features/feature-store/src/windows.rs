//! Windows over any folder of silver: statistics of signals on a grid of times, in one pass over its files.
//!
//! The files are sorted by patient, so their row groups are read side by side, a little of each, and whoever can be in none
//! of them any more is done: memory holds what was read ahead and the patients of some files of the answer, however many
//! patients there are.

mod answer;
mod sorted;

use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use strata_features::{Closed, Grid, Stat};
use strata_lakehouse::{Footer, footers};
use strata_types::{HOUR, Timestamp};

use crate::Error;
use answer::Answer;
use sorted::Sorted;

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
pub fn windows<'a>(from: &'a Path, to: &'a Path, asked: &'a Asked) -> BoxFuture<'a, Result<Windowed, Error>> {
    compute(from, to, asked).boxed()
}

async fn compute(from: &Path, to: &Path, asked: &Asked) -> Result<Windowed, Error> {
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
    let grid = grid(&files, asked)?;
    let sorted = Sorted::new(from, files, asked.signals.clone());

    let partial = to.with_extension("partial");
    let unwritable = |cause| Error::Windows(format!("cannot write {}: {cause}", to.display()));
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(unwritable)?;
    }
    std::fs::create_dir_all(&partial).map_err(unwritable)?;
    let answer = Answer::new(schema(asked), grid, asked.clone(), partial.clone());
    let done = tokio::task::spawn_blocking(move || answer.write(sorted)).await?;
    let done = done.inspect_err(|_| drop(std::fs::remove_dir_all(&partial)))?;
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

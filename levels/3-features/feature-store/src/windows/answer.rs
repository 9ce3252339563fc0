//! Patients to rows of windows, and rows to files, on all cores.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use rayon::prelude::*;
use strata_features::{Grid, Panes};
use strata_lakehouse::{Format, Sheet};

use super::sorted::{Sorted, Stay};
use super::{Asked, Windowed};
use crate::Error;

/// Rows of a file of the answer, about.
const ROWS_A_FILE: usize = 16_384;

/// Rows of silver of whole patients that are held at most, about; files are smaller where patients have many.
const ROWS_HELD: usize = 1_000_000;

/// What is asked, and where it goes.
pub(super) struct Answer {
    schema: SchemaRef,
    grid: Grid,
    boundaries: Vec<i64>,
    asked: Asked,
    folder: PathBuf,
}

impl Answer {
    pub(super) fn new(schema: SchemaRef, grid: Grid, asked: Asked, folder: PathBuf) -> Self {
        let boundaries = grid.boundaries().map(|time| time.0).collect();
        Self { schema, grid, boundaries, asked, folder }
    }

    /// Writes the windows of all patients.
    pub(super) fn write(&self, mut sorted: Sorted) -> Result<Windowed, Error> {
        let mut done = Windowed { columns: self.schema.fields().len() as u64 - 2, ..Windowed::default() };
        let a_file = (ROWS_A_FILE / self.boundaries.len().max(1)).max(1);
        let at_once = a_file * rayon::current_num_threads();
        let mut held: Vec<Stay> = Vec::new();
        let mut rows = 0;
        while let Some((stays, read)) = sorted.next()? {
            done.read += read;
            rows += stays.iter().map(Stay::len).sum::<usize>();
            held.extend(stays);
            while held.len() >= at_once || rows >= ROWS_HELD && !held.is_empty() {
                let next: Vec<Stay> = held.drain(..held.len().min(at_once)).collect();
                rows -= next.iter().map(Stay::len).sum::<usize>();
                self.files(&next, &mut done)?;
            }
        }
        self.files(&held, &mut done)?;
        Ok(done)
    }

    /// Writes some patients, a file on each core.
    fn files(&self, stays: &[Stay], done: &mut Windowed) -> Result<(), Error> {
        let a_file = stays.len().div_ceil(rayon::current_num_threads()).max(1);
        let first = done.files;
        let files = stays.par_chunks(a_file).enumerate().map(|(index, stays)| self.file(stays, first + index as u64));
        for rows in files.collect::<Result<Vec<u64>, Error>>()? {
            done.files += 1;
            done.rows += rows;
        }
        done.patients += stays.len() as u64;
        Ok(())
    }

    fn file(&self, stays: &[Stay], number: u64) -> Result<u64, Error> {
        let rows = self.rows(stays).map_err(|cause| Error::Shape { table: "windows", cause })?;
        let path = self.folder.join(format!("windows-{number:05}.parquet"));
        let unwritable = |cause| Error::Windows(format!("cannot write {}: {cause}", path.display()));
        let file = BufWriter::new(File::create(&path).map_err(unwritable)?);
        let mut sheet = Sheet::new(Format::Parquet, Arc::clone(&self.schema), file)?;
        sheet.write(&rows)?;
        sheet.finish()?;
        Ok(rows.num_rows() as u64)
    }

    fn rows(&self, stays: &[Stay]) -> Result<RecordBatch, ArrowError> {
        let rows = stays.len() * self.boundaries.len();
        let mut values = vec![Vec::with_capacity(rows); self.schema.fields().len() - 2];
        let mut panes = Panes::new(&self.grid, self.asked.signals.len());
        for stay in stays {
            panes.clear();
            stay.fill(&mut panes, &self.grid);
            let mut columns = values.iter_mut();
            panes.windows(&self.grid, &self.asked.stats, |of_window| {
                if let Some(column) = columns.next() {
                    column.extend_from_slice(of_window);
                }
            });
        }
        let ids = stays.iter().flat_map(|stay| std::iter::repeat_n(stay.patient.as_str(), self.boundaries.len()));
        let times: TimestampMicrosecondArray = self.boundaries.iter().copied().cycle().take(rows).map(Some).collect();
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(ids.map(Some).collect::<StringArray>()), Arc::new(times.with_timezone("UTC"))];
        columns.extend(values.into_iter().zip(self.schema.fields().iter().skip(2)).map(|(values, field)| {
            if *field.data_type() == DataType::Int64 {
                Arc::new(Int64Array::from_iter_values(values.iter().map(|count: &f64| *count as i64))) as ArrayRef
            } else {
                let known = BooleanBuffer::collect_bool(values.len(), |row| !values[row].is_nan());
                Arc::new(Float64Array::new(values.into(), Some(NullBuffer::new(known)))) as ArrayRef
            }
        }));
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

impl Stay {
    fn len(&self) -> usize {
        self.rows.iter().map(|(_, rows)| rows.len()).sum()
    }

    /// Puts all rows into panes.
    fn fill(&self, panes: &mut Panes, grid: &Grid) {
        for (readings, rows) in &self.rows {
            let places = rows.clone().filter_map(|row| {
                let time = readings.times.get(row)?;
                Some((row, time, grid.pane(time)?))
            });
            let places: Vec<_> = places.collect();
            for (index, signal) in readings.signals.iter().enumerate() {
                let values = places.iter().map(|(row, time, pane)| (*time, *pane, signal.or_nan(*row)));
                panes.take(grid, index, values);
            }
        }
    }
}

//! A table of somebody else's as CSV: read by the names of its columns, row by row.

use std::io::Read;
use std::path::Path;

use chrono::{NaiveDate, NaiveDateTime};
use strata_types::Timestamp;

use crate::Error;
use crate::unpacked::{self, Progress};

/// A table that is being read.
pub(crate) struct Table {
    file: String,
    reader: csv::Reader<Box<dyn Read>>,
    /// Where each wanted column stands.
    places: Vec<usize>,
    wanted: Vec<String>,
    record: csv::StringRecord,
}

/// A row, whose columns are numbered as they were wanted.
pub(crate) struct Row<'a> {
    table: &'a Table,
}

impl Table {
    /// Opens a table; the first line must name all wanted columns, in any order and among others.
    pub(crate) fn open(path: &Path, progress: &Progress, wanted: &[&str]) -> Result<Self, Error> {
        Self::delimited(path, progress, b',', |header, file| {
            let missing: Vec<_> = wanted.iter().filter(|name| !header.contains(name)).copied().collect();
            if missing.is_empty() {
                return Ok(wanted.iter().map(|&name| name.to_owned()).collect());
            }
            let found: Vec<String> = header.iter().take(12).map(|name| shorten(name)).collect();
            let reason =
                format!("the first line lacks the columns {}; it has {}", missing.join(", "), found.join(", "));
            Err(Error::damaged(file, 1, reason))
        })
    }

    /// Opens a table with this delimiter; `choose` names the columns wanted among those of the header.
    pub(crate) fn delimited(
        path: &Path,
        progress: &Progress,
        delimiter: u8,
        choose: impl FnOnce(&[&str], &str) -> Result<Vec<String>, Error>,
    ) -> Result<Self, Error> {
        let file = path.display().to_string();
        let opened =
            unpacked::open(path, progress).map_err(|error| Error::input(path, format!("cannot be read: {error}")))?;
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(opened);
        let header = reader.headers().map_err(|error| wrong(&file, 1, &error))?.clone();
        if header.is_empty() {
            return Err(Error::damaged(&file, 1, "the file is empty; the first line must name the columns"));
        }
        let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        let wanted = choose(&names, &file)?;
        let place = |wanted: &String| names.iter().position(|name| *name == wanted.as_str()).unwrap_or(usize::MAX);
        let places = wanted.iter().map(place).collect();
        Ok(Self { file, reader, places, wanted, record: csv::StringRecord::new() })
    }

    /// The next row, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, Error> {
        let line = self.reader.position().line();
        match self.reader.read_record(&mut self.record) {
            Ok(true) => Ok(Some(Row { table: self })),
            Ok(false) => Ok(None),
            Err(error) => Err(wrong(&self.file, line, &error)),
        }
    }
}

impl<'a> Row<'a> {
    /// The field as it stands; empty for a column that the table lacks.
    pub(crate) fn text(&self, column: usize) -> &'a str {
        self.table.record.get(self.table.places[column]).unwrap_or_default()
    }

    /// The field without the blanks around it; `None` when nothing is left.
    pub(crate) fn some(&self, column: usize) -> Option<&'a str> {
        Some(self.text(column).trim()).filter(|text| !text.is_empty())
    }

    /// A number, if the field holds anything.
    pub(crate) fn number(&self, column: usize) -> Result<Option<f64>, Error> {
        let Some(text) = self.some(column) else { return Ok(None) };
        match text.parse::<f64>().ok().filter(|value| value.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.wrong(column, "a number")),
        }
    }

    /// A whole number that must be there.
    pub(crate) fn id(&self, column: usize) -> Result<u64, Error> {
        self.some(column).and_then(|text| text.parse().ok()).ok_or_else(|| self.wrong(column, "a whole number"))
    }

    /// A time, if the field holds anything: `2180-03-23 11:51:00`, or a day.
    pub(crate) fn time(&self, column: usize) -> Result<Option<Timestamp>, Error> {
        let Some(text) = self.some(column) else { return Ok(None) };
        match naive(text) {
            Some(time) => Ok(Some(time)),
            None => Err(self.wrong(column, "a time such as 2180-03-23 11:51:00")),
        }
    }

    /// A time that must be there.
    pub(crate) fn needed_time(&self, column: usize) -> Result<Timestamp, Error> {
        self.time(column)?.ok_or_else(|| self.wrong(column, "a time such as 2180-03-23 11:51:00"))
    }

    /// Says that a field is not what it should be, and where.
    pub(crate) fn wrong(&self, column: usize, right: &str) -> Error {
        let (name, text) = (&self.table.wanted[column], shorten(self.text(column)));
        self.damaged(format!("{name} is `{text}`: it must be {right}"))
    }

    /// Says what is wrong with this row, and where.
    pub(crate) fn damaged(&self, reason: String) -> Error {
        Error::damaged(&self.table.file, self.line(), reason)
    }

    fn line(&self) -> u64 {
        self.table.record.position().map_or(0, csv::Position::line)
    }
}

/// A time without a zone, which is taken as UTC.
pub(crate) fn naive(text: &str) -> Option<Timestamp> {
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f"))
        .or_else(|_| NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(chrono::NaiveTime::MIN)));
    time.ok().map(|time| Timestamp(time.and_utc().timestamp_micros()))
}

fn wrong(file: &str, line: u64, error: &csv::Error) -> Error {
    let line = error.position().map_or(line, csv::Position::line).max(1);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where {expected_len} belong: the line is cut short or damaged")
        }
        csv::ErrorKind::Utf8 { .. } => "not text: the file is damaged, or no CSV".into(),
        _ => format!("cannot be read on ({error}): the file is cut short or damaged"),
    };
    Error::damaged(file, line, reason)
}

/// As much of a strange text as an error should repeat.
pub(crate) fn shorten(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

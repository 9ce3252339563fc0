//! A MEDS data set as a source: the folder that holds `data/`, one subject after the other.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::history::History;
use super::rows::{Row, each_row};
use crate::delivery::Delivery;
use crate::unpacked::fingerprint;
use crate::{Availability, Error, Sink, Source, Summary};

/// The source's name, which is every record's `source`.
pub(crate) const NAME: &str = "meds";

/// Opens a data set: its folder, or one file of data.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>, Error> {
    let mut files = Vec::new();
    if path.is_dir() {
        let data = path.join("data");
        let folder = if data.is_dir() { &data } else { path };
        list(folder, &mut files).map_err(|error| Error::input(folder, format!("cannot be listed: {error}")))?;
        files.sort();
    } else if path.is_file() {
        files.push(path.into());
    } else {
        return Err(Error::input(path, "nothing is there; give the folder that holds data/"));
    }
    if files.is_empty() {
        return Err(Error::input(path, "the folder holds no .parquet file; give the one that holds data/"));
    }
    let names: Vec<String> =
        files.iter().map(|file| file.strip_prefix(path).unwrap_or(file).display().to_string()).collect();
    let (sha256, _) = fingerprint(names.iter().map(String::as_str).zip(files.iter().map(PathBuf::as_path)))?;
    Ok(Box::new(Meds { files, sha256 }))
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
    Ok(())
}

#[derive(Debug)]
struct Meds {
    files: Vec<PathBuf>,
    sha256: String,
}

impl Source for Meds {
    fn log(&self) -> String {
        format!("{NAME}-{}", &self.sha256[..12])
    }

    fn availability(&self) -> Availability {
        Availability::AtEvent
    }

    fn work(&self) -> Option<u64> {
        Some(self.files.len() as u64)
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let mut delivery = Delivery::to(sink);
        let mut seen = HashSet::new();
        for (file, done) in self.files.iter().zip(1..) {
            let mut subject: Option<History> = None;
            let outcome = each_row(file, &mut |row| take(file, &row, &mut subject, &mut seen, &mut delivery));
            // What came before the damage is kept.
            if let Some(subject) = subject {
                subject.finish(&mut delivery)?;
            }
            outcome?;
            delivery.progress(done);
        }
        Ok(delivery.summary())
    }
}

fn take(
    file: &Path,
    row: &Row<'_>,
    current: &mut Option<History>,
    seen: &mut HashSet<i64>,
    delivery: &mut Delivery<'_>,
) -> Result<(), Error> {
    let damaged = |reason: String| Err(Error::damaged(&file.display().to_string(), row.number, reason));
    if current.as_ref().is_none_or(|subject| subject.id != row.subject_id) {
        if let Some(before) = current.take() {
            before.finish(delivery)?;
        }
        if !seen.insert(row.subject_id) {
            return damaged(format!(
                "subject {} stands in two places; MEDS keeps a subject's rows together",
                row.subject_id
            ));
        }
        *current = Some(History::of(row.subject_id));
    }
    let Some(subject) = current else { return Ok(()) };
    if row.time.is_some() && row.time < subject.time {
        return damaged("the time is before that of the row above; MEDS sorts a subject's rows by time".into());
    }
    delivery.rows += 1;
    subject.take(row, delivery)
}

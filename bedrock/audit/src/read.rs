//! Reading the log, record by record, in memory that does not grow with it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Take};
use std::path::{Path, PathBuf};

use strata_types::Timestamp;

use crate::chain::record;
use crate::{Error, Record, files};

/// Which records are asked for; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this time and later.
    pub since: Option<Timestamp>,
    /// By this agent.
    pub who: Option<String>,
    /// That did this.
    pub what: Option<String>,
}

impl Filter {
    /// Whether a record is asked for.
    pub fn takes(&self, record: &Record) -> bool {
        self.since.is_none_or(|since| record.at >= since)
            && self.who.as_ref().is_none_or(|who| record.who.name == *who)
            && self.what.as_ref().is_none_or(|what| record.what == *what)
    }
}

/// Reads the records that stand in the log of this folder now, the oldest first. Whether they are what was written is
/// another question: [`verify()`](crate::verify()).
pub fn read(folder: &Path, filter: Filter) -> Result<Records, Error> {
    if !folder.is_dir() {
        return Err(Error::None(folder.to_owned()));
    }
    let lock = files::lock_for_reading(folder);
    let listed = files::list(folder)?;
    drop(lock);
    let files = listed.into_iter().map(|(first, size)| (files::path(folder, first), size)).collect();
    Ok(Records { files, current: None, filter })
}

/// The records of a log.
#[derive(Debug)]
pub struct Records {
    files: VecDeque<(PathBuf, u64)>,
    current: Option<Current>,
    filter: Filter,
}

#[derive(Debug)]
struct Current {
    path: PathBuf,
    lines: BufReader<Take<File>>,
    line: u64,
}

impl Records {
    /// The last ones, the oldest first.
    pub fn newest(self, number: usize) -> Result<Vec<Record>, Error> {
        let mut kept = VecDeque::new();
        for record in self {
            if kept.len() == number {
                kept.pop_front();
            }
            kept.push_back(record?);
        }
        kept.truncate(number);
        Ok(kept.into())
    }
}

impl Iterator for Records {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(current) = &mut self.current else {
                let (path, size) = self.files.pop_front()?;
                match File::open(&path) {
                    Ok(file) => {
                        self.current = Some(Current { path, lines: BufReader::new(file.take(size)), line: 0 });
                        continue;
                    }
                    Err(source) => return Some(Err(Error::io("read", &path, source))),
                }
            };
            match current.next() {
                Some(Ok(record)) if !self.filter.takes(&record) => {}
                Some(Ok(record)) => return Some(Ok(record)),
                Some(Err(error)) => {
                    self.files.clear();
                    self.current = None;
                    return Some(Err(error));
                }
                None => self.current = None,
            }
        }
    }
}

impl Current {
    fn next(&mut self) -> Option<Result<Record, Error>> {
        let mut line = Vec::new();
        self.line += 1;
        match self.lines.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => Some(record(&line).ok_or_else(|| Error::NoRecord { path: self.path.clone(), line: self.line })),
            Err(source) => Some(Err(Error::io("read", &self.path, source))),
        }
    }
}

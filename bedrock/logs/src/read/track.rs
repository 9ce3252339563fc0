//! One service's lines in the order in which they were written, over all its files, while it writes on.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use strata_types::Timestamp;

use crate::Line;
use crate::folder;
use crate::line::LONGEST;

/// How far a file may be out of order: threads take the time and then queue.
const OUT_OF_ORDER: i64 = 1_000_000;

/// The first look at a file's end, in bytes; each further one is four times as long.
const FIRST_LOOK: u64 = 64 << 10;

/// Where one service's files are read.
#[derive(Debug)]
pub(crate) struct Track {
    folder: PathBuf,
    service: String,
    /// The greatest number of which nothing more is to be read.
    done: u64,
    at: Option<At>,
    /// What is no line: torn, too long, not ours.
    skipped: u64,
}

/// A place in a file.
#[derive(Debug)]
struct At {
    /// The file's number, or the one that it will have.
    number: u64,
    file: BufReader<File>,
    /// A line whose end has not come yet.
    begun: Vec<u8>,
    /// Whether everything up to the next newline is passed over.
    passing: bool,
}

impl Track {
    pub(crate) fn new(folder: &Path, service: &str) -> Self {
        Self { folder: folder.to_owned(), service: service.to_owned(), done: 0, at: None, skipped: 0 }
    }

    /// What was skipped since this was last asked.
    pub(crate) fn take_skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }

    /// The next line, or `None` if there is none now; more may come.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let Some(at) = &mut self.at else {
                if !self.open_next()? {
                    return Ok(None);
                }
                continue;
            };
            if let Some(line) = at.line(&mut self.skipped)? {
                return Ok(Some(line));
            }
            if folder::numbers(&self.folder, &self.service)?.last().is_none_or(|newest| *newest < at.number) {
                at.start_over_if_cut()?;
                return Ok(None);
            }
            // It is full: once more, for what came between its end and its rename.
            if let Some(line) = at.line(&mut self.skipped)? {
                return Ok(Some(line));
            }
            self.skipped += u64::from(!at.begun.is_empty());
            self.done = at.number;
            self.at = None;
        }
    }

    /// Passes over files in which everything is older.
    pub(crate) fn skip_to(&mut self, since: Timestamp) -> io::Result<()> {
        let mut numbers = folder::numbers(&self.folder, &self.service)?.into_iter().peekable();
        while let Some(number) = numbers.next() {
            let next = match numbers.peek() {
                Some(next) => folder::rotated(&self.folder, &self.service, *next),
                None => folder::active(&self.folder, &self.service),
            };
            // A file is older than the beginning of the next one.
            let Some(file) = open(&next)? else { break };
            let first = At::new(number, file).line(&mut 0)?;
            if first.is_none_or(|first| first.time >= since - OUT_OF_ORDER) {
                break;
            }
            self.done = number;
        }
        Ok(())
    }

    /// Goes to where so many wanted lines are left, or to the beginning, reading from the end.
    pub(crate) fn skip_to_last(&mut self, lines: usize, wanted: impl Fn(&Line) -> bool) -> io::Result<()> {
        let begin = self.done;
        let mut older = folder::numbers(&self.folder, &self.service)?;
        older.retain(|number| *number > begin);
        self.done = older.last().copied().unwrap_or(begin);
        let mut found = 0;
        loop {
            if self.open_next()?
                && let Some(at) = &mut self.at
            {
                found += at.back_up(lines - found, &wanted)?;
            }
            if found >= lines || older.pop().is_none() {
                return Ok(());
            }
            self.at = None;
            self.done = older.last().copied().unwrap_or(begin);
        }
    }

    /// Opens the file after the last one that is done; `false` if the service has none.
    fn open_next(&mut self) -> io::Result<bool> {
        loop {
            let numbers = folder::numbers(&self.folder, &self.service)?;
            let (number, path) = match numbers.iter().find(|number| **number > self.done) {
                Some(number) => (*number, folder::rotated(&self.folder, &self.service, *number)),
                None => (self.done + 1, folder::active(&self.folder, &self.service)),
            };
            let file = open(&path)?;
            // If files were rotated or removed meanwhile, nobody can say which one this is.
            if folder::numbers(&self.folder, &self.service)? == numbers {
                self.at = file.map(|file| At::new(number, file));
                return Ok(self.at.is_some());
            }
        }
    }
}

impl At {
    fn new(number: u64, file: File) -> Self {
        Self { number, file: BufReader::new(file), begun: Vec::new(), passing: false }
    }

    /// The next whole line that is one.
    fn line(&mut self, skipped: &mut u64) -> io::Result<Option<Line>> {
        loop {
            let bytes = self.file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let length = end.unwrap_or(bytes.len());
            if !self.passing {
                self.begun.extend_from_slice(&bytes[..length]);
            }
            self.file.consume(length);
            if self.begun.len() > LONGEST {
                // Counted here, where it is found out.
                *skipped += 1;
                self.begun.clear();
                self.passing = true;
            }
            if end.is_none() || std::mem::replace(&mut self.passing, false) {
                continue;
            }
            let line = Line::parse(&self.begun);
            self.begun.clear();
            match line {
                Some(line) => return Ok(Some(line)),
                None => *skipped += 1,
            }
        }
    }

    /// Goes to where so many wanted lines are left in this file, or to its beginning; gives how many are left.
    fn back_up(&mut self, lines: usize, wanted: &impl Fn(&Line) -> bool) -> io::Result<usize> {
        let length = self.file.get_ref().metadata()?.len();
        let mut look = FIRST_LOOK;
        loop {
            let start = length.saturating_sub(look);
            self.go_to(start)?;
            let mut found = 0;
            // What is skipped here is skipped again when it is read.
            while let Some(line) = self.line(&mut 0)? {
                found += usize::from(wanted(&line));
            }
            if found >= lines || start == 0 {
                self.go_to(start)?;
                return Ok(found);
            }
            look = look.saturating_mul(4);
        }
    }

    /// Goes to the beginning, or to the first line that begins after this byte.
    fn go_to(&mut self, byte: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(byte))?;
        self.begun.clear();
        self.passing = byte > 0;
        Ok(())
    }

    /// Somebody may have emptied the file under its writer.
    fn start_over_if_cut(&mut self) -> io::Result<()> {
        if self.file.get_ref().metadata()?.len() < self.file.stream_position()? {
            self.go_to(0)?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        file => file.map(Some),
    }
}

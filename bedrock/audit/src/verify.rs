//! Whether the log is what was written: every record in its place, and none missing.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::chain::{Flaw, Link, follow};
use crate::head::{self, Head};
use crate::{Error, files};

/// No record is longer, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Records that are whole and in their place, from the first on.
    pub records: u64,
    /// Files that were read.
    pub files: u64,
    /// The last of these records: to be written down elsewhere by whoever trusts nobody.
    pub last: Link,
    /// The first thing that is wrong; `None` when all is well.
    pub finding: Option<Finding>,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {flaw}")]
pub struct Finding {
    /// In which file.
    pub file: String,
    /// In which line, from 1.
    pub line: u64,
    /// What.
    #[source]
    pub flaw: Flaw,
}

/// Follows the chain through the log of this folder, in memory that does not grow with it.
pub fn verify(folder: &Path) -> Result<Verified, Error> {
    if !folder.is_dir() {
        return Err(Error::None(folder.to_owned()));
    }
    // What is appended while this reads is not looked at.
    let lock = files::lock_for_reading(folder);
    let head = head::load(folder);
    let listed = files::list(folder)?;
    drop(lock);

    let mut walk = Walk { last: Link::default(), line: 0, saw_head: false, head: head.ok().flatten() };
    let mut verified = Verified { records: 0, files: 0, last: Link::default(), finding: None };
    let mut file = "head".to_owned();
    let mut flaw = walk.at_the_beginning(listed.is_empty());
    for (first, size) in &listed {
        if flaw.is_some() {
            break;
        }
        file = files::path(Path::new(""), *first).display().to_string();
        verified.files += 1;
        flaw = walk.file(folder, *first, *size)?;
    }
    if let Some(flaw) = flaw.or_else(|| walk.at_the_end()) {
        verified.finding = Some(Finding { file, line: walk.line, flaw });
    }
    (verified.records, verified.last) = (walk.last.seq, walk.last);
    Ok(verified)
}

struct Walk {
    last: Link,
    /// Of the file that is being read.
    line: u64,
    head: Option<Head>,
    saw_head: bool,
}

impl Walk {
    fn at_the_beginning(&mut self, empty: bool) -> Option<Flaw> {
        match &self.head {
            None => Some(Flaw::Head),
            Some(head) if head.link.seq == 0 && *head != Head::of_nothing() => Some(Flaw::Head),
            Some(head) => {
                self.saw_head = head.link.seq == 0;
                let cut = Flaw::Cut { last: 0, newest: head.link.seq };
                (empty && !self.saw_head).then_some(cut)
            }
        }
    }

    fn file(&mut self, folder: &Path, first: u64, size: u64) -> Result<Option<Flaw>, Error> {
        let path = files::path(folder, first);
        let read = |source| Error::io("read", &path, source);
        let mut lines = BufReader::new(File::open(&path).map_err(read)?.take(size));
        let mut line = Vec::new();
        let mut end = 0;
        self.line = 1;
        let expected = self.last.seq + 1;
        if first != expected {
            let missing = Flaw::Missing { first: expected, last: first.saturating_sub(1) };
            return Ok(Some(if first > expected { missing } else { Flaw::Name { named: first, expected } }));
        }
        loop {
            line.clear();
            let bytes = (&mut lines).take(LONGEST).read_until(b'\n', &mut line).map_err(read)? as u64;
            if bytes == 0 {
                return Ok(None);
            }
            if line.pop() != Some(b'\n') {
                return Ok(Some(Flaw::Torn { expected: self.last.seq + 1, bytes }));
            }
            match follow(self.last, &line) {
                Ok(link) => (self.last, end) = (link, end + bytes),
                Err(flaw) => return Ok(Some(flaw)),
            }
            if let Some(head) = self.head.as_ref().filter(|head| head.link.seq == self.last.seq) {
                if head.link == self.last && (head.file, head.bytes) != (first, end) {
                    return Ok(Some(Flaw::Head));
                }
                if head.link != self.last {
                    return Ok(Some(Flaw::NotTheHeads(self.last.seq)));
                }
                self.saw_head = true;
            }
            self.line += 1;
        }
    }

    /// Records after the head are those of a writer that was killed before it could say so: they are whole.
    fn at_the_end(&self) -> Option<Flaw> {
        let newest = self.head.as_ref().map_or(0, |head| head.link.seq);
        (!self.saw_head).then_some(Flaw::Cut { last: self.last.seq, newest })
    }
}

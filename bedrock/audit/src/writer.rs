//! Appends: one writer at a time, durable before it is told, and what a crash left behind is set right in the open.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use strata_types::Timestamp;

use crate::chain::{Flaw, Link, follow, forge};
use crate::head::{self, Head};
use crate::{Action, Agent, AgentKind, Entry, Error, Outcome, files};

/// Appends to a folder that other processes append to as well.
#[derive(Debug)]
pub(crate) struct Writer {
    folder: PathBuf,
    /// A file that is longer is followed by another.
    rotate_at: u64,
    /// Where the last record of ours ended, and the file it stands in.
    at: Option<(Head, File)>,
}

impl Writer {
    /// Makes the folder; looks at what is in it only when something is written.
    pub(crate) fn open(folder: PathBuf, rotate_at: u64) -> Result<Self, Error> {
        fs::create_dir_all(&folder).map_err(|source| Error::io("make the folder of", &folder, source))?;
        Ok(Self { folder, rotate_at, at: None })
    }

    /// Appends these together: they are durable when this returns.
    pub(crate) fn append(&mut self, at: Timestamp, entries: &[Entry]) -> Result<Vec<Link>, Error> {
        let _lock = files::lock(&self.folder)?;
        let (mut head, mut file, repair) = self.position()?;
        let (mut text, mut links) = (Vec::new(), Vec::with_capacity(entries.len()));
        if let Some(repair) = &repair {
            head.link = forge(head.link, at, repair, &mut text);
        }
        for entry in entries {
            head.link = forge(head.link, at, entry, &mut text);
            links.push(head.link);
        }
        let path = files::path(&self.folder, head.file);
        if let Err(source) = file.write_all(&text).and_then(|()| file.sync_data()) {
            // Half a record that nobody was told of; if even this fails, the next writer sets it aside.
            let _ = file.set_len(head.bytes);
            return Err(Error::io("write", &path, source));
        }
        head.bytes += text.len() as u64;
        head::store(&self.folder, &head)?;
        self.at = Some((head, file));
        Ok(links)
    }

    /// Where to go on: after the newest whole record, in a file with room.
    fn position(&mut self) -> Result<(Head, File, Option<Entry>), Error> {
        let head = self.head()?;
        let (mut head, mut file, repair) = match self.at.take() {
            // Nobody else has written since.
            Some((ours, file)) if ours == head && file.metadata().is_ok_and(|about| about.len() == head.bytes) => {
                (ours, file, None)
            }
            _ => self.recover(head)?,
        };
        if head.bytes >= self.rotate_at {
            (head.file, head.bytes) = (head.link.seq + 1, 0);
            file = self.file(head.file)?;
            head::sync_folder(&self.folder)?;
        }
        Ok((head, file, repair))
    }

    /// What the head says; in a new folder it is made before the first record.
    fn head(&self) -> Result<Head, Error> {
        if let Some(head) = head::load(&self.folder)? {
            return Ok(head);
        }
        if !files::list(&self.folder)?.is_empty() {
            return Err(Error::Head { path: self.folder.join("head") });
        }
        let head = Head::of_nothing();
        head::store(&self.folder, &head)?;
        head::sync_folder(&self.folder)?;
        Ok(head)
    }

    /// Goes on from the head over what was written after it by somebody who did not live to say so. Whole records
    /// stay; bytes that are none are set aside, and the entry that says so is given.
    fn recover(&self, mut head: Head) -> Result<(Head, File, Option<Entry>), Error> {
        let mut repair = None;
        loop {
            let path = files::path(&self.folder, head.file);
            let mut file = self.file(head.file)?;
            let length = file.metadata().map_err(|source| Error::io("read", &path, source))?.len();
            if length < head.bytes {
                let flaw = Flaw::Cut { last: head.link.seq.saturating_sub(1), newest: head.link.seq };
                return Err(Error::Damaged { path, flaw });
            }
            let mut tail = Vec::new();
            let read = file.seek(SeekFrom::Start(head.bytes)).and_then(|_| file.read_to_end(&mut tail));
            read.map_err(|source| Error::io("read", &path, source))?;
            let mut torn = tail.as_slice();
            while let Some(end) = torn.iter().position(|byte| *byte == b'\n') {
                let Ok(link) = follow(head.link, &torn[..end]) else { break };
                (head.link, head.bytes) = (link, head.bytes + end as u64 + 1);
                torn = &torn[end + 1..];
            }
            if !torn.is_empty() {
                repair = Some(self.set_aside(&head, &file, torn)?);
            }
            file.seek(SeekFrom::Start(head.bytes)).map_err(|source| Error::io("read", &path, source))?;
            let next = head.link.seq + 1;
            if next == head.file || !files::path(&self.folder, next).exists() {
                return Ok((head, file, repair));
            }
            (head.file, head.bytes) = (next, 0);
        }
    }

    fn set_aside(&self, head: &Head, file: &File, torn: &[u8]) -> Result<Entry, Error> {
        let name = format!("torn-after-{:020}.bytes", head.link.seq);
        let kept = self.folder.join(&name);
        let keep = || {
            let mut kept = files::private(&kept)?;
            kept.write_all(torn)?;
            kept.sync_data()?;
            file.set_len(head.bytes)?;
            file.sync_data()
        };
        keep().map_err(|source| Error::io("set aside a torn end of", &kept, source))?;
        let why = format!("an end that a crash had torn was cut after record {} and kept as {name}", head.link.seq);
        let entry = Entry::new(Agent::new(AgentKind::Service, "strata-audit"), "audit repair", Action::Update);
        Ok(entry.failed(Outcome::MinorFailure, &why).count("bytes", torn.len() as u64))
    }

    fn file(&self, first: u64) -> Result<File, Error> {
        let path = files::path(&self.folder, first);
        files::writable(&path).map_err(|source| Error::io("open", &path, source))
    }
}

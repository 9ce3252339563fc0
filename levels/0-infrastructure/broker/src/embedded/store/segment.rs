//! One file of a partition's log: batches end to end, named by the offset of its first record.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::batch::{Batch, HEADER, Header};
use super::index::Index;
use super::producers::Producers;

/// Read at once when a segment is walked.
const CHUNK: usize = 256 << 10;

/// A segment; the last of a log is written to.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) base_offset: i64,
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    pub(crate) index: Index,
    /// Open while it is written to; a sealed one is opened when it is read, so that a long log needs few descriptors.
    pub(crate) file: Option<Arc<File>>,
    /// Bytes that the snapshot beside it covers.
    pub(crate) covered: u64,
}

/// Where a read has to look: what is needed to read without holding up writers.
#[derive(Debug)]
pub(crate) struct Place {
    file: Option<Arc<File>>,
    path: PathBuf,
    position: u64,
    end: u64,
}

impl Segment {
    /// Its file's name.
    pub(crate) fn name(base_offset: i64) -> String {
        format!("{base_offset:020}.log")
    }

    /// The offset in a file's name; `None` if it is no segment.
    pub(crate) fn offset_of(path: &Path) -> Option<i64> {
        let name = path.file_name()?.to_str()?.strip_suffix(".log")?;
        (name.len() == 20).then(|| name.parse().ok()).flatten()
    }

    /// The snapshot beside it.
    pub(crate) fn snapshot_path(&self) -> PathBuf {
        self.path.with_extension("index")
    }

    /// Begins an empty one.
    pub(crate) fn create(folder: &Path, base_offset: i64) -> io::Result<Self> {
        let path = folder.join(Self::name(base_offset));
        // One that is there and empty was begun and never written to.
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { base_offset, path, length: 0, index: Index::default(), file: Some(Arc::new(file)), covered: 0 })
    }

    /// Opens one that is there, unread.
    pub(crate) fn open(path: PathBuf, base_offset: i64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let length = file.metadata()?.len();
        Ok(Self { base_offset, path, length, index: Index::default(), file: Some(Arc::new(file)), covered: 0 })
    }

    /// Writes a batch behind the last; the segment is as before if that fails.
    pub(crate) fn append(&mut self, batch: &Batch) -> io::Result<()> {
        let file = self.file.as_ref().ok_or_else(|| io::Error::other("a sealed segment is not written to"))?;
        let (head, records) = batch.parts();
        // Records first: a header is there only when what it announces is.
        let written = file.write_all_at(records, self.length + head.len() as u64);
        if let Err(error) = written.and_then(|()| file.write_all_at(head, self.length)) {
            // What was written of it is no part of the log; the next batch goes to the same place.
            file.set_len(self.length)?;
            return Err(error);
        }
        self.index.note(batch.header.base_offset, self.length, batch.header.max_time);
        self.length += batch.header.size as u64;
        Ok(())
    }

    /// Reads on from `self.length` to the end of the file, verifying; gives the next offset. What does not verify is cut off.
    pub(crate) fn recover(&mut self, mut next_offset: i64, producers: &mut Producers) -> io::Result<Recovered> {
        let file = self.file.clone().ok_or_else(|| io::Error::other("a sealed segment is not recovered"))?;
        let on_disk = file.metadata()?.len();
        let mut walk = Walk::new(Place {
            file: Some(Arc::clone(&file)),
            path: PathBuf::new(),
            position: self.length,
            end: on_disk,
        })?;
        while let Some((position, batch)) = walk.next_whole()? {
            let Ok(header) = Header::verify(&batch) else { break };
            if header.base_offset != next_offset {
                break;
            }
            self.index.note(header.base_offset, position, header.max_time);
            producers.appended(&header);
            next_offset = header.next_offset();
            self.length = position + header.size as u64;
        }
        let torn = on_disk - self.length;
        if torn > 0 {
            file.set_len(self.length)?;
            file.sync_all()?;
        }
        Ok(Recovered { next_offset, torn })
    }

    /// Where the batch that holds an offset begins, or lies a little further on.
    pub(crate) fn place_of(&self, offset: i64) -> Place {
        self.place(self.index.position_of(offset))
    }

    /// Where the first batch that is not older than a time begins, or lies a little further on.
    pub(crate) fn place_of_time(&self, time: i64) -> Place {
        self.place(self.index.position_of_time(time))
    }

    fn place(&self, position: u64) -> Place {
        Place { file: self.file.clone(), path: self.path.clone(), position, end: self.length }
    }
}

/// What reading a segment to its end gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovered {
    pub(crate) next_offset: i64,
    /// Bytes behind the last sound batch, now gone.
    pub(crate) torn: u64,
}

/// Goes through a segment batch by batch.
#[derive(Debug)]
pub(crate) struct Walk {
    file: Arc<File>,
    position: u64,
    end: u64,
    buffer: Bytes,
    chunk: usize,
}

impl Walk {
    pub(crate) fn new(place: Place) -> io::Result<Self> {
        let file = place.file.map_or_else(|| File::open(&place.path).map(Arc::new), Ok)?;
        Ok(Self { file, position: place.position, end: place.end, buffer: Bytes::new(), chunk: CHUNK })
    }

    /// Reads this much at once from now on.
    pub(crate) fn by(mut self, bytes: usize) -> Self {
        self.chunk = bytes.max(HEADER);
        self
    }

    /// The next batch whole, and where it begins; `None` at the end, or where no batch begins.
    pub(crate) fn next_whole(&mut self) -> io::Result<Option<(u64, Bytes)>> {
        self.fill(HEADER)?;
        let Ok(header) = Header::read(&self.buffer) else { return Ok(None) };
        if header.size as u64 > self.end - self.position {
            return Ok(None);
        }
        self.fill(header.size)?;
        let position = self.position;
        self.position += header.size as u64;
        Ok((self.buffer.len() >= header.size).then(|| (position, self.buffer.split_to(header.size))))
    }

    /// The batches from the one that holds `offset` on: whole ones, that end before `visible`, `most` bytes of them or
    /// at least one. One piece of memory, as large as what is given.
    pub(crate) fn gather(mut self, offset: i64, visible: i64, most: usize) -> io::Result<Bytes> {
        let first = loop {
            self.fill(HEADER)?;
            let Ok(header) = Header::read(&self.buffer) else { return Ok(Bytes::new()) };
            if header.next_offset() > visible {
                return Ok(Bytes::new());
            }
            if header.next_offset() > offset {
                break header;
            }
            self.skip(header.size);
        };
        self.fill(first.size.max(most))?;
        let mut taken = 0;
        while let Ok(header) = Header::read(&self.buffer[taken..]) {
            let end = taken + header.size;
            if end > self.buffer.len() || header.next_offset() > visible || (taken > 0 && end > most) {
                break;
            }
            taken = end;
        }
        self.buffer.truncate(taken);
        Ok(self.buffer)
    }

    /// The header of the next batch, leaving its records unread.
    pub(crate) fn next_header(&mut self) -> io::Result<Option<Header>> {
        self.fill(HEADER)?;
        let Ok(header) = Header::read(&self.buffer) else { return Ok(None) };
        self.skip(header.size);
        Ok(Some(header))
    }

    fn skip(&mut self, bytes: usize) {
        self.position += bytes as u64;
        if bytes <= self.buffer.len() {
            let _ = self.buffer.split_to(bytes);
        } else {
            self.buffer = Bytes::new();
        }
    }

    /// Sees to it that so many bytes are in the buffer, if the segment has them.
    fn fill(&mut self, needed: usize) -> io::Result<()> {
        if self.buffer.len() >= needed {
            return Ok(());
        }
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let mut fresh = BytesMut::zeroed(needed.max(self.chunk).min(left));
        let had = self.buffer.len().min(fresh.len());
        fresh[..had].copy_from_slice(&self.buffer[..had]);
        let mut filled = had;
        while filled < fresh.len() {
            match self.file.read_at(&mut fresh[filled..], self.position + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        fresh.truncate(filled);
        self.buffer = fresh.freeze();
        Ok(())
    }
}

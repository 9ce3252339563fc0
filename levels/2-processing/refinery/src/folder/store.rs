//! Packed readings by buckets of patients: in memory, and past that in a file of each thread.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use strata_types::{PARTITIONS, hash_of};

use super::garbage::Garbage;
use super::names::Names;
use super::reading::{FIELDS, Line, MEMBERS, Reading, Row};
use super::{FolderError, cannot_read, cannot_write};
use crate::scan::{Clock, Scalar, line_end};

/// Readings in a chunk at most; a power of two, so that a number names chunk and row.
pub(super) const CHUNK: usize = 1 << CHUNK_BITS;
pub(super) const CHUNK_BITS: u32 = 12;
/// Bytes of a chunk's heap at which it is full.
const HEAP: usize = 1 << 20;
/// Bytes of a packed reading for each byte of its line, about: a fifth.
const PACKED: u64 = 5;

/// Into how many parts patients are shared out: some of the log's buckets each, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    pub(super) count: usize,
    /// Readings in a chunk.
    chunk: usize,
}

impl Parts {
    /// As many as it takes for those at work to have a quarter of the memory.
    pub(super) fn of(line_bytes: u64, memory_bytes: u64, threads: usize) -> Self {
        let packed = line_bytes / PACKED;
        let count =
            packed.div_ceil((memory_bytes / 4 / threads as u64).max(1)).next_power_of_two().clamp(2, 1 << 12) as usize;
        // All threads' open chunks have at most a quarter of it.
        let chunk = memory_bytes as usize / 4 / (count * threads * size_of::<Row>());
        Self { count, chunk: chunk.clamp(16, CHUNK) }
    }

    fn of_patient(self, id: &[u8]) -> u32 {
        let (hash, buckets) = (hash_of(id), u32::from(PARTITIONS));
        let (bucket, count) = (hash % buckets, self.count as u32);
        if count <= buckets {
            bucket / (buckets / count)
        } else {
            let within = count / buckets;
            bucket * within + hash / buckets % within
        }
    }
}

/// Readings of one part from one thread.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) worker: usize,
    pub(super) rows: Vec<Row>,
    pub(super) heap: Vec<u8>,
}

/// All chunks.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    parts: Parts,
    budget: u64,
    held: AtomicU64,
    places: Vec<Mutex<Part>>,
}

/// The chunks of one part.
#[derive(Debug, Default)]
struct Part {
    held: Vec<Chunk>,
    spilled: Vec<Spilled>,
}

/// Where a chunk lies in its thread's file.
#[derive(Debug)]
struct Spilled {
    worker: usize,
    at: u64,
    rows: usize,
    heap: usize,
}

impl Store {
    pub(super) fn new(folder: &Path, parts: Parts, memory_bytes: u64) -> Self {
        let places = (0..parts.count).map(|_| Mutex::default()).collect();
        Self { folder: folder.into(), parts, budget: memory_bytes, held: AtomicU64::new(0), places }
    }

    fn spill_path(&self, worker: usize) -> PathBuf {
        self.folder.join(format!("packed-{worker}"))
    }

    fn place(&self, part: usize) -> std::sync::MutexGuard<'_, Part> {
        self.places[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A part's chunks, which are gone from here then.
    pub(super) fn take(&self, part: usize) -> Result<Vec<Chunk>, FolderError> {
        let Part { mut held, spilled } = std::mem::take(&mut *self.place(part));
        let mut open: Option<(usize, File)> = None;
        for spilled in spilled {
            let path = self.spill_path(spilled.worker);
            let read = |open: &mut Option<(usize, File)>| -> std::io::Result<Chunk> {
                if open.as_ref().is_none_or(|(worker, _)| *worker != spilled.worker) {
                    *open = Some((spilled.worker, File::open(&path)?));
                }
                let mut chunk = Chunk {
                    worker: spilled.worker,
                    rows: vec![[0; size_of::<Row>()]; spilled.rows],
                    heap: vec![0; spilled.heap],
                };
                if let Some((_, file)) = open {
                    file.seek(SeekFrom::Start(spilled.at))?;
                    file.read_exact(chunk.rows.as_flattened_mut())?;
                    file.read_exact(&mut chunk.heap)?;
                }
                Ok(chunk)
            };
            held.push(read(&mut open).map_err(cannot_read(&path))?);
        }
        Ok(held)
    }
}

/// Packs the lines of one thread.
#[derive(Debug)]
pub(super) struct Packer<'a> {
    worker: usize,
    store: &'a Store,
    open: Vec<Chunk>,
    spill: Option<(File, u64)>,
    patients: Names<u32>,
    sources: Names<()>,
    clocks: [Clock; 2],
    garbage: Garbage,
    read: u64,
}

/// What one thread has read.
#[derive(Debug)]
pub(super) struct Packings {
    pub(super) read: u64,
    pub(super) malformed: u64,
    pub(super) patients: Names<u32>,
    pub(super) sources: Names<()>,
}

impl<'a> Packer<'a> {
    pub(super) fn new(worker: usize, store: &'a Store, draft: &Path) -> Self {
        let open = || Chunk { worker, ..Chunk::default() };
        Self {
            worker,
            store,
            open: std::iter::repeat_with(open).take(store.parts.count).collect(),
            spill: None,
            patients: Names::new(),
            sources: Names::new(),
            clocks: Default::default(),
            garbage: Garbage::new(draft, worker),
            read: 0,
        }
    }

    /// Packs whole lines.
    pub(super) fn pack(&mut self, text: &[u8]) -> Result<(), FolderError> {
        let mut members = [Scalar::Absent; MEMBERS];
        let mut at = 0;
        while at < text.len() {
            let end = FIELDS.read(text, at, &mut members).and_then(|end| line_end(text, end));
            let reading = end.and_then(|end| Some((end, Reading::of(&members, &mut self.clocks)?)));
            if let Some((end, reading)) = reading {
                self.take(&reading, &text[at..end])?;
                at = end + 1;
            } else {
                let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
                self.unusual(&text[at..end])?;
                at = end + 1;
            }
        }
        Ok(())
    }

    fn unusual(&mut self, line: &[u8]) -> Result<(), FolderError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        if let Some(read) = Line::read(line) {
            return self.take(&read.reading(), line);
        }
        self.read += 1;
        self.garbage.add(line)
    }

    #[inline]
    fn take(&mut self, reading: &Reading<'_>, line: &[u8]) -> Result<(), FolderError> {
        self.read += 1;
        let parts = self.store.parts;
        let (patient, part) = self.patients.number(reading.patient, || parts.of_patient(reading.patient));
        let (source, ()) = self.sources.number(reading.source, || ());
        let chunk = &mut self.open[part as usize];
        if chunk.rows.capacity() == 0 {
            chunk.rows.reserve_exact(parts.chunk);
        }
        let row = reading.pack(patient, source, line, &mut chunk.heap);
        chunk.rows.push(row);
        if chunk.rows.len() == parts.chunk || chunk.heap.len() >= HEAP {
            self.close(part as usize)?;
        }
        Ok(())
    }

    /// Hands a chunk over: to memory while there is some, else to the file.
    fn close(&mut self, part: usize) -> Result<(), FolderError> {
        let empty = Chunk { worker: self.worker, ..Chunk::default() };
        let mut chunk = std::mem::replace(&mut self.open[part], empty);
        let (rows, heap) = (chunk.rows.len(), chunk.heap.len());
        let bytes = (rows * size_of::<Row>() + heap) as u64;
        if self.store.held.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.store.budget {
            self.store.place(part).held.push(chunk);
            return Ok(());
        }
        self.store.held.fetch_sub(bytes, Ordering::Relaxed);
        let path = self.store.spill_path(self.worker);
        let (file, end) = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert((File::create(&path).map_err(cannot_write(&path))?, 0)),
        };
        let written = file.write_all(chunk.rows.as_flattened()).and_then(|()| file.write_all(&chunk.heap));
        written.map_err(cannot_write(&path))?;
        self.store.place(part).spilled.push(Spilled { worker: self.worker, at: *end, rows, heap });
        *end += bytes;
        // Its memory serves again.
        chunk.rows.clear();
        chunk.heap.clear();
        self.open[part] = chunk;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Packings, FolderError> {
        for part in 0..self.open.len() {
            if !self.open[part].rows.is_empty() {
                self.close(part)?;
            }
        }
        let malformed = self.garbage.finish()?;
        Ok(Packings { read: self.read, malformed, patients: self.patients, sources: self.sources })
    }
}

//! Files to blocks of whole lines, shared out among threads: plain files piece by piece, compressed ones by whoever is free.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

use super::{FolderError, cannot_read};

/// Bytes of a block: what fits a core's own cache with room to spare.
const BLOCK: u64 = 1 << 20;
/// What compressed files are held to unfold to.
const UNFOLDS: u64 = 8;
/// How a file begins that says it is UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What there is to read.
#[derive(Debug)]
pub(super) struct Intake {
    pieces: Vec<Piece>,
    next: AtomicUsize,
    streams: Vec<Mutex<Stream>>,
    done: Arc<AtomicU64>,
    total: u64,
    expected: u64,
}

/// A part of a plain file: the lines that begin in it.
#[derive(Debug)]
struct Piece {
    path: Arc<Path>,
    from: u64,
    to: u64,
    of: u64,
}

/// A compressed file.
struct Stream {
    path: PathBuf,
    /// `None` when it is used up.
    reader: Option<Box<dyn Read + Send>>,
    /// The beginning of a line that is not whole yet.
    rest: Vec<u8>,
    is_begun: bool,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("path", &self.path).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Intake {
    pub(super) fn open(from: &Path) -> Result<Self, FolderError> {
        let mut files = Vec::new();
        if std::fs::metadata(from).map_err(cannot_read(from))?.is_dir() {
            walk(from, &mut files)?;
        } else {
            files.push((from.to_owned(), packing_of(from).unwrap_or(Packing::Plain)));
        }
        if files.is_empty() {
            return Err(FolderError::NoInput(from.into()));
        }
        let done = Arc::<AtomicU64>::default();
        let mut intake = Self {
            pieces: Vec::new(),
            next: AtomicUsize::new(0),
            streams: Vec::new(),
            done: Arc::clone(&done),
            total: 0,
            expected: 0,
        };
        for (path, packing) in files {
            let bytes = std::fs::metadata(&path).map_err(cannot_read(&path))?.len();
            intake.total += bytes;
            if packing == Packing::Plain {
                intake.expected += bytes;
                let path: Arc<Path> = path.into();
                let begins = (0..bytes).step_by(BLOCK as usize);
                let piece = |from| Piece { path: Arc::clone(&path), from, to: (from + BLOCK).min(bytes), of: bytes };
                intake.pieces.extend(begins.map(piece));
            } else {
                intake.expected += bytes * UNFOLDS;
                intake.streams.push(Mutex::new(Stream::open(path, packing, &done)?));
            }
        }
        Ok(intake)
    }

    /// Bytes that are read.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Bytes of all files, as they lie.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Bytes of all lines, about.
    pub(super) fn expected_bytes(&self) -> u64 {
        self.expected
    }

    /// Fills `lines` with whole lines, from the place given on; `None` when there are no more. `thread` keeps threads apart.
    pub(super) fn next(&self, thread: usize, lines: &mut Vec<u8>) -> Result<Option<usize>, FolderError> {
        lines.clear();
        if let Some(piece) = self.pieces.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let begin = piece.read(lines).map_err(cannot_read(&piece.path))?;
            self.done.fetch_add(piece.to - piece.from, Ordering::Relaxed);
            return Ok(Some(begin));
        }
        // Whoever unfolds a block lets the others unfold the next while it parses its own.
        let (before, after) = self.streams.split_at(thread % self.streams.len().max(1));
        let mut busy = None;
        for stream in after.iter().chain(before) {
            match stream.try_lock() {
                Err(TryLockError::WouldBlock) => busy = Some(stream),
                Err(TryLockError::Poisoned(_)) => {}
                Ok(mut stream) => {
                    let found = stream.read(lines)?;
                    if found {
                        return Ok(Some(0));
                    }
                }
            }
        }
        let Some(busy) = busy else { return Ok(None) };
        if busy.lock().unwrap_or_else(PoisonError::into_inner).read(lines)? {
            return Ok(Some(0));
        }
        // It was used up meanwhile; of the others, some may have been busy too.
        self.next(thread, lines)
    }
}

impl Piece {
    /// Reads the lines that begin here, to the end of the last; they stand from the place given on.
    fn read(&self, lines: &mut Vec<u8>) -> std::io::Result<usize> {
        let mut file = File::open(&self.path)?;
        // With the byte before it: only so does it show whether a line begins here.
        let from = self.from.saturating_sub(1);
        let size = (self.to - from) as usize;
        file.seek(SeekFrom::Start(from))?;
        (&mut file).take(size as u64).read_to_end(lines)?;
        let mut end = lines.len();
        while self.to < self.of && lines.last() != Some(&b'\n') {
            if (&mut file).take(BLOCK / 16).read_to_end(lines)? == 0 {
                break;
            }
            if let Some(at) = memchr::memchr(b'\n', &lines[end..]) {
                lines.truncate(end + at + 1);
            }
            end = lines.len();
        }
        if self.from == 0 {
            return Ok(if lines.starts_with(MARK) { MARK.len() } else { 0 });
        }
        // A line that began before and ends behind is another's, and what follows it too.
        let begin = memchr::memchr(b'\n', lines).map(|at| at + 1).filter(|begin| *begin < size);
        Ok(begin.unwrap_or(lines.len()))
    }
}

impl Stream {
    fn open(path: PathBuf, packing: Packing, done: &Arc<AtomicU64>) -> Result<Self, FolderError> {
        let file = File::open(&path).map_err(cannot_read(&path))?;
        let counted = BufReader::with_capacity(1 << 16, Counted { file, done: Arc::clone(done) });
        let reader: Box<dyn Read + Send> = match packing {
            Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(counted)),
            Packing::Zstd => Box::new(zstd::Decoder::with_buffer(counted).map_err(cannot_read(&path))?),
            Packing::Plain => Box::new(counted),
        };
        Ok(Self { path, reader: Some(reader), rest: Vec::new(), is_begun: false })
    }

    fn read(&mut self, lines: &mut Vec<u8>) -> Result<bool, FolderError> {
        let Some(reader) = &mut self.reader else { return Ok(false) };
        lines.append(&mut self.rest);
        loop {
            let before = lines.len();
            let more = reader.by_ref().take(BLOCK).read_to_end(lines).map_err(cannot_read(&self.path))?;
            if !self.is_begun && lines.starts_with(MARK) {
                lines.drain(..MARK.len());
            }
            self.is_begun = true;
            if more == 0 {
                self.reader = None;
                return Ok(!lines.is_empty());
            }
            let before = before.min(lines.len());
            if let Some(at) = memchr::memrchr(b'\n', &lines[before..]) {
                self.rest.extend_from_slice(&lines[before + at + 1..]);
                lines.truncate(before + at + 1);
                return Ok(true);
            }
        }
    }
}

/// Counts what is read of a file.
struct Counted {
    file: File,
    done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// The files of NDJSON below a folder, by name; those that begin with a dot or `_` are others' bookkeeping.
fn walk(folder: &Path, files: &mut Vec<(PathBuf, Packing)>) -> Result<(), FolderError> {
    let entries = std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(cannot_read(folder))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if matches!(entry.file_name().as_encoded_bytes().first(), Some(b'.' | b'_')) {
            continue;
        }
        let kind = entry.file_type().map_err(cannot_read(&path))?;
        if kind.is_dir() {
            walk(&path, files)?;
        } else if let Some(packing) = packing_of(&path)
            && path.is_file()
        {
            files.push((path, packing));
        }
    }
    Ok(())
}

/// How a file is packed by its name; `None` when its name is not that of NDJSON.
fn packing_of(path: &Path) -> Option<Packing> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let (name, packing) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
        (Some(name), _) => (name, Packing::Gzip),
        (_, Some(name)) => (name, Packing::Zstd),
        _ => (name.as_str(), Packing::Plain),
    };
    [".json", ".jsonl", ".ndjson"].iter().any(|ends| name.ends_with(ends)).then_some(packing)
}

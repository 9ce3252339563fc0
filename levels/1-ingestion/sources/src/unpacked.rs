//! A file as it was before it was compressed, told by what it starts with, and how far it was read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::Error;

/// What every gzip member starts with.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What every zstd frame starts with.
pub(crate) const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes read so far, compressed, of all files that were opened with it.
pub(crate) type Progress = Rc<Cell<u64>>;

/// Opens a file; what gzip or zstd compressed is unpacked on the way.
pub(crate) fn open(path: &Path, progress: &Progress) -> io::Result<Box<dyn Read>> {
    let mut packed = Counted { inner: File::open(path)?, read: Rc::clone(progress) };
    let mut start = Vec::new();
    packed.by_ref().take(4).read_to_end(&mut start)?;
    let (gzip, zstd) = (start.starts_with(&GZIP), start == ZSTD);
    let whole = Cursor::new(start).chain(packed);
    Ok(if gzip {
        Box::new(MultiGzDecoder::new(whole))
    } else if zstd {
        Box::new(zstd::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    })
}

/// The sha256 over each file's name, size and content, in hexadecimal, and the sum of their sizes.
pub(crate) fn fingerprint<'a>(files: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Result<(String, u64), Error> {
    let mut sha256 = Sha256::new();
    let mut sum = 0;
    for (name, path) in files {
        let fail = |error: io::Error| Error::input(path, format!("cannot be read: {error}"));
        let mut file = File::open(path).map_err(fail)?;
        let bytes = file.metadata().map_err(fail)?.len();
        // The size and the zero keep apart what could run together.
        sha256.update(name);
        sha256.update([0]);
        sha256.update(bytes.to_be_bytes());
        sum += io::copy(&mut file, &mut sha256).map_err(fail)?;
    }
    Ok((format!("{:x}", sha256.finalize()), sum))
}

/// Counts what passes.
struct Counted<R> {
    inner: R,
    read: Progress,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

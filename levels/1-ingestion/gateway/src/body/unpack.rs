//! Unpacks a body as it comes: what goes in is a chunk, what comes out is at most a buffer.
//!
//! A kilobyte can unpack to megabytes, so the decoders are asked for a buffer at a time and never for all there is.

use std::io::{self, BufRead, Read};

use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use strata_http::Refusal;

/// The largest window of a zstd frame that is unpacked, as a power of two: 8 MB, what RFC 8878 asks of everyone.
const WINDOW_LOG: u32 = 23;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not at all.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Packing {
    /// What the headers say.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let refusal = || {
            let message = "the content encoding is neither gzip nor zstd";
            let hint = "send `content-encoding: gzip`, `content-encoding: zstd`, or none";
            Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", message, hint)
        };
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        match (values.next().map(|value| value.to_str()), values.next()) {
            (None, _) => Ok(Self::Identity),
            (Some(Ok(one)), None) => match one.trim().to_ascii_lowercase().as_str() {
                "identity" | "" => Ok(Self::Identity),
                "gzip" | "x-gzip" => Ok(Self::Gzip),
                "zstd" => Ok(Self::Zstd),
                _ => Err(refusal()),
            },
            _ => Err(refusal()),
        }
    }

    /// What its decoder holds in memory, in bytes.
    pub(crate) const fn held(self) -> usize {
        match self {
            Self::Identity => 0,
            Self::Gzip => 128 * 1024,
            Self::Zstd => 9 * 1024 * 1024,
        }
    }
}

/// Unpacks.
pub(crate) enum Unpacker {
    Identity(Feed),
    Gzip(Box<MultiGzDecoder<Feed>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Feed>>),
}

impl Unpacker {
    pub(crate) fn new(packing: Packing) -> io::Result<Self> {
        Ok(match packing {
            Packing::Identity => Self::Identity(Feed::default()),
            Packing::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(Feed::default()))),
            Packing::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(Feed::default())?;
                decoder.window_log_max(WINDOW_LOG)?;
                Self::Zstd(Box::new(decoder))
            }
        })
    }

    /// The next chunk; only when the one before was read to its end.
    pub(crate) fn feed(&mut self, chunk: Bytes) {
        self.source().chunk = chunk;
    }

    /// There are no more chunks.
    pub(crate) fn end(&mut self) {
        self.source().ended = true;
    }

    /// Fills the buffer as far as the chunk goes: 0 when another chunk is needed, or at the end of all. An error
    /// says that this is not what it is said to be, or that it ended early.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self {
            Self::Identity(feed) => feed.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
        };
        match read {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    fn source(&mut self) -> &mut Feed {
        match self {
            Self::Identity(feed) => feed,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Zstd(decoder) => decoder.get_mut(),
        }
    }
}

/// Gives what is there of the body, and says so when there is no more yet.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    chunk: Bytes,
    ended: bool,
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty() && !self.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, bytes: usize) {
        self.chunk.advance(bytes.min(self.chunk.len()));
    }
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?.read(buffer)?;
        self.consume(bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(packing: Packing, packed: &[u8], chunk: usize) -> io::Result<Vec<u8>> {
        let (mut unpacker, mut out, mut buffer) = (Unpacker::new(packing)?, Vec::new(), [0; 100]);
        let mut drain = |unpacker: &mut Unpacker| -> io::Result<()> {
            loop {
                match unpacker.read(&mut buffer)? {
                    0 => return Ok(()),
                    bytes => out.extend_from_slice(&buffer[..bytes]),
                }
            }
        };
        for chunk in packed.chunks(chunk) {
            unpacker.feed(Bytes::copy_from_slice(chunk));
            drain(&mut unpacker)?;
        }
        unpacker.end();
        drain(&mut unpacker)?;
        Ok(out)
    }

    #[test]
    fn whatever_the_chunks_the_same_comes_out() {
        let text: Vec<u8> = (0..2_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
        for chunk in [1, 7, 100, 100_000] {
            for (packing, packed) in [
                (Packing::Identity, text.clone()),
                (Packing::Gzip, gzip(&text)),
                (Packing::Zstd, zstd::encode_all(&text[..], 3).unwrap()),
            ] {
                assert_eq!(unpack(packing, &packed, chunk).unwrap(), text, "{packing:?} by {chunk}");
            }
            // Members and frames may follow one another.
            let twice = [text.clone(), text.clone()].concat();
            assert_eq!(unpack(Packing::Gzip, &[gzip(&text), gzip(&text)].concat(), chunk).unwrap(), twice);
        }
    }

    #[test]
    fn what_ends_early_is_an_error() {
        let text = b"a reading of vital signs".repeat(100);
        for (packing, packed) in
            [(Packing::Gzip, gzip(&text)), (Packing::Zstd, zstd::encode_all(&text[..], 3).unwrap())]
        {
            assert!(unpack(packing, &packed[..packed.len() - 3], 10).is_err(), "{packing:?}");
            assert!(unpack(packing, b"plain", 10).is_err(), "{packing:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..500), chunk in 1_usize..100) {
            for packing in [Packing::Gzip, Packing::Zstd] {
                let _ = unpack(packing, &bytes, chunk);
            }
        }
    }
}

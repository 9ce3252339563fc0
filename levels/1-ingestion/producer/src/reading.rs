//! From the source, which blocks, into a short channel.

use std::io;

use strata_sources::{Record, Sink, Source, Summary};
use strata_types::{Timestamp, Topic};
use tokio::sync::mpsc;

use crate::{Ended, Meter};

/// Bytes of records that cross at once.
const CHUNK_BYTES: usize = 64 << 10;
/// Chunks that wait at most; with their size, the bound on what is read ahead.
pub(crate) const CHUNKS: usize = 4;

/// Records on their way from the source to the log.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    records: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    topic: Topic,
    arrived_at: Option<Timestamp>,
    key_end: usize,
    end: usize,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting<'a> {
    pub(crate) topic: Topic,
    pub(crate) arrived_at: Option<Timestamp>,
    pub(crate) key: &'a [u8],
    pub(crate) line: &'a [u8],
}

impl Chunk {
    fn push(&mut self, record: Record<'_>) {
        self.bytes.extend_from_slice(record.patient_id.as_str().as_bytes());
        let key_end = self.bytes.len();
        self.bytes.extend_from_slice(record.line);
        let end = self.bytes.len();
        self.records.push(Place { topic: record.topic, arrived_at: record.arrived_at, key_end, end });
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = Waiting<'_>> {
        let mut start = 0;
        self.records.iter().map(move |place| {
            let (key, line) = (&self.bytes[start..place.key_end], &self.bytes[place.key_end..place.end]);
            start = place.end;
            Waiting { topic: place.topic, arrived_at: place.arrived_at, key, line }
        })
    }
}

/// Reads a source to its end, to so many records, or until nobody takes them any more. Blocks.
pub(crate) fn read(
    source: &mut dyn Source,
    most: Option<u64>,
    meter: &Meter,
    sender: mpsc::Sender<Chunk>,
) -> (Ended, Option<Summary>) {
    let mut feed = Feed { chunk: Chunk::default(), left: most.unwrap_or(u64::MAX), meter, sender, ended: None };
    if feed.left == 0 {
        return (Ended::Count, None);
    }
    let read = source.read(&mut feed);
    // What the source gave before it was damaged goes too; if nobody takes it any more, that is known already.
    let _ = feed.hand_over();
    match (read, feed.ended) {
        (_, Some(ended)) => (ended, None),
        (Ok(summary), None) => (Ended::Source, Some(summary)),
        (Err(error), None) => (Ended::Damaged(error.to_string()), None),
    }
}

/// The channel, as a source sees it.
struct Feed<'a> {
    chunk: Chunk,
    left: u64,
    meter: &'a Meter,
    sender: mpsc::Sender<Chunk>,
    /// Why no more is taken.
    ended: Option<Ended>,
}

impl Feed<'_> {
    fn hand_over(&mut self) -> io::Result<()> {
        if self.chunk.records.is_empty() {
            return Ok(());
        }
        let sent = self.sender.blocking_send(std::mem::take(&mut self.chunk));
        sent.map_err(|_| self.end(Ended::Stopped))
    }

    /// An error is the only word by which a source stops.
    fn end(&mut self, ended: Ended) -> io::Error {
        self.ended.get_or_insert(ended);
        io::Error::other("no more is wanted")
    }
}

impl Sink for Feed<'_> {
    fn accept(&mut self, record: Record<'_>) -> io::Result<()> {
        if record.topic == Topic::Labels {
            self.meter.left_out();
            return Ok(());
        }
        self.chunk.push(record);
        self.left -= 1;
        if self.left == 0 {
            self.hand_over()?;
            return Err(self.end(Ended::Count));
        }
        if self.chunk.bytes.len() >= CHUNK_BYTES { self.hand_over() } else { Ok(()) }
    }

    fn progress(&mut self, _: u64) {}
}

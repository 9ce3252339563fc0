//! Reads a body as it comes and settles it a batch at a time.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use futures::StreamExt;

use super::delivery::Delivery;
use super::stop::Stop;
use crate::body::{Batch, FULL_BYTES, Packing, Splitter, Unpacker};
use crate::metrics::Metrics;
use crate::room::{Room, Taken};

/// Between one part of a body and the next.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is unpacked at once.
const BUFFER: usize = 64 * 1024;
/// What a batch costs: as it came, as it enters, and what is known of each record.
const COSTS: usize = 4;

/// A body that is unpacked and measured as it is read.
pub(super) struct Unpacked {
    stream: BodyDataStream,
    unpacker: Unpacker,
    buffer: Vec<u8>,
    read: u64,
    limit: u64,
    at_end: bool,
    _room: Taken,
}

impl Unpacked {
    /// Takes the room that the body will need at once, if there is any: `whole` when it is kept in one piece.
    pub(super) fn new(
        body: Body,
        headers: &HeaderMap,
        limit: u64,
        cost: Option<usize>,
        room: &Room,
        metrics: &Metrics,
    ) -> Result<Self, Stop> {
        let packing = Packing::of(headers)?;
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > limit) {
            return Err(Stop::too_large(limit));
        }
        let most = limit.min(cost.map_or(FULL_BYTES as u64, |_| limit));
        let held = if packing == Packing::Identity { length.unwrap_or(most).min(most) } else { most };
        let needed = held as usize * cost.unwrap_or(COSTS) + packing.held() + BUFFER;
        let room = room.take(needed).ok_or_else(|| {
            metrics.throttled.inc();
            Stop::no_room()
        })?;
        let unpacker = Unpacker::new(packing).map_err(|error| unreadable(&error))?;
        let (stream, buffer) = (body.into_data_stream(), vec![0; BUFFER]);
        Ok(Self { stream, unpacker, buffer, read: 0, limit, at_end: false, _room: room })
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn next(&mut self, metrics: &Metrics) -> Result<Option<&[u8]>, Stop> {
        loop {
            let bytes = self.unpacker.read(&mut self.buffer).map_err(|error| unreadable(&error))?;
            if bytes > 0 {
                self.read += bytes as u64;
                if self.read > self.limit {
                    return Err(Stop::too_large(self.limit));
                }
                return Ok(Some(&self.buffer[..bytes]));
            }
            if self.at_end {
                return Ok(None);
            }
            if let Some(chunk) = self.chunk().await? {
                metrics.received(chunk.len() as u64);
                self.unpacker.feed(chunk);
            } else {
                self.at_end = true;
                self.unpacker.end();
            }
        }
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, Stop> {
        match tokio::time::timeout(PATIENCE, self.stream.next()).await {
            Err(_) => Err(Stop::idle(PATIENCE)),
            Ok(None) => Ok(None),
            Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
            Ok(Some(Err(_))) => Err(Stop::bad_request("incomplete", "the body ended early".into(), "send it again")),
        }
    }
}

/// Settles a body to its end.
pub(super) async fn settle(
    body: &mut Unpacked,
    mut splitter: Splitter,
    delivery: &mut Delivery,
    metrics: &Metrics,
) -> Result<(), Stop> {
    let mut batch = Batch::default();
    while let Some(bytes) = body.next(metrics).await? {
        splitter.push(bytes, &mut batch);
        if batch.is_full() {
            delivery.settle(&mut batch).await?;
        }
    }
    splitter.finish(&mut batch);
    delivery.settle(&mut batch).await
}

/// The decoder's words repeat nothing of what was sent.
fn unreadable(error: &std::io::Error) -> Stop {
    let hint = "send the body whole, in the encoding that `content-encoding` says";
    Stop::bad_request("undecodable", format!("the body cannot be unpacked: {error}"), hint)
}

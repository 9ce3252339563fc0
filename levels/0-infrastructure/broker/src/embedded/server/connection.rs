//! One client's connection: requests are taken in their order and answered in it.
//!
//! A batch is appended when its request is taken, and answered when it is durable; meanwhile the next requests are taken. So one
//! sync serves all batches that a producer has on their way, without a second connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::broker::Inner;
use super::super::wire::{Garbled, Unspeakable};
use super::admission::{Admission, Granted};

/// Requests that are taken before the first of them is answered. Clients have at most five on their way by default.
const PIPELINE: usize = 16;

/// A client's connection.
pub(super) struct Connection {
    pub(super) broker: Arc<Inner>,
    pub(super) admission: Arc<Admission>,
    /// Where the client found this broker.
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

/// An answer, and what is held until it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    /// `None`: the client wants none.
    pub(super) frame: Option<Bytes>,
    pub(super) granted: Option<Granted>,
}

/// An answer that may still be waited for, while further requests are taken.
pub(super) type Pending = BoxFuture<'static, Result<Answer, Ended>>;

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a request of {0} bytes is larger than is taken")]
    TooLarge(i32),
    #[error("{0}: this is no client of Kafka, or a broken one")]
    Garbled(#[from] Garbled),
    #[error("request {api} in version {version} is not spoken here")]
    NotSpoken { api: i16, version: i16 },
    #[error(transparent)]
    Unspeakable(#[from] Unspeakable),
    #[error("the client stalled")]
    Stalled,
}

impl Connection {
    pub(super) async fn run(broker: Arc<Inner>, admission: Arc<Admission>, stream: TcpStream) -> Result<(), Ended> {
        stream.set_nodelay(true)?;
        let (local, peer) = (stream.local_addr()?, stream.peer_addr()?);
        let (reading, writing) = stream.into_split();
        let stall = broker.settings.stall;
        let connection = Self { broker, admission, local, peer };
        let (pending, answers) = mpsc::channel(PIPELINE);
        let writing = write_answers(writing, answers, stall);
        // Both end when one does: a connection that cannot be answered is of no use, and one that is closed has no requests.
        tokio::try_join!(connection.take_requests(reading, pending), writing).map(|((), ())| ())
    }

    async fn take_requests(&self, mut reading: OwnedReadHalf, pending: mpsc::Sender<Pending>) -> Result<(), Ended> {
        let stall = self.broker.settings.stall;
        loop {
            let mut length = [0; 4];
            match reading.read_exact(&mut length).await {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                read => read?,
            };
            let claimed = i32::from_be_bytes(length);
            let most = self.broker.settings.request_bytes;
            let length =
                usize::try_from(claimed).ok().filter(|length| *length <= most).ok_or(Ended::TooLarge(claimed))?;
            let granted = self.admission.request(length).await;
            let frame = timeout(stall, read_frame(&mut reading, length)).await.map_err(|_| Ended::Stalled)??;
            self.broker.traffic.requests.fetch_add(1, Ordering::Relaxed);
            let answer = self.dispatch(frame, granted).await?;
            if pending.send(answer).await.is_err() {
                return Ok(());
            }
        }
    }
}

async fn read_frame(reading: &mut OwnedReadHalf, length: usize) -> io::Result<Bytes> {
    let mut frame = BytesMut::with_capacity(length);
    while frame.len() < length {
        let left = length - frame.len();
        if (&mut *reading).take(left as u64).read_buf(&mut frame).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(frame.freeze())
}

async fn write_answers(
    mut writing: OwnedWriteHalf,
    mut answers: mpsc::Receiver<Pending>,
    stall: Duration,
) -> Result<(), Ended> {
    while let Some(pending) = answers.recv().await {
        let Answer { frame, granted } = pending.await?;
        if let Some(mut frame) = frame {
            while frame.has_remaining() {
                // Progress is what is asked for, not speed.
                let written = timeout(stall, writing.write_buf(&mut frame)).await.map_err(|_| Ended::Stalled)??;
                if written == 0 {
                    return Err(io::Error::from(io::ErrorKind::WriteZero).into());
                }
            }
        }
        drop(granted);
    }
    Ok(())
}

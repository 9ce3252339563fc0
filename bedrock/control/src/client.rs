//! The other side of the socket: commands that talk to the running stack.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::wire::{Answer, Request};
use crate::{Error, RunFolder, StackStatus};

/// Longest that a process is taken to be going, and how often is looked whether it has gone.
const PARTING: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(20);

/// A connection to the running stack, good for one request.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
}

impl Client {
    /// Connects; `None` if no stack runs on this folder.
    pub async fn connect(run: &RunFolder) -> Result<Option<Self>, Error> {
        let connect = async {
            let (_open, address) = run.address()?;
            UnixStream::connect(address).await
        };
        match connect.await {
            Ok(stream) => Ok(Some(Self { stream })),
            Err(error) if is_nobody(error.kind()) => Ok(None),
            Err(cause) => Err(Error::Folder { path: run.socket(), cause }),
        }
    }

    /// How everything fares in the stack on this folder; `None` if none runs. A stack that goes while it is asked is asked again:
    /// until the system has taken a killed process apart, its socket still takes calls.
    pub async fn status_of(run: &RunFolder) -> Result<Option<StackStatus>, Error> {
        let last = Instant::now() + PARTING;
        loop {
            let Some(client) = Self::connect(run).await? else { return Ok(None) };
            match client.status().await {
                Err(Error::Lost) if Instant::now() < last => sleep(AGAIN).await,
                told => return told.map(Some),
            }
        }
    }

    /// How everything fares.
    pub async fn status(self) -> Result<StackStatus, Error> {
        let mut status = None;
        self.ask(&Request::Status {}, |told| status = Some(told)).await?;
        status.ok_or(Error::Lost)
    }

    /// Asks, and waits until it is done; hears meanwhile how everything fares. Gives who did not end in time.
    pub async fn ask(mut self, request: &Request, mut hear: impl FnMut(StackStatus)) -> Result<Vec<String>, Error> {
        let mut line = serde_json::to_vec(request).map_err(|_| Error::Lost)?;
        line.push(b'\n');
        self.stream.write_all(&line).await.map_err(|_| Error::Lost)?;
        let mut lines = BufReader::new(self.stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            match serde_json::from_str(&line) {
                Ok(Answer::Status(status)) => hear(*status),
                Ok(Answer::Done { late }) => return Ok(late),
                Ok(Answer::Failed { message }) => return Err(Error::Refused(message)),
                // A newer stack may say more than this command understands.
                Err(error) => tracing::debug!(%error, "an answer that is not understood"),
            }
        }
        Err(Error::Lost)
    }
}

/// Nobody listens: there is no socket, it is of a stack that has gone, or of one that went while we knocked.
fn is_nobody(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}

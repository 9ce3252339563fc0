//! The running stack's side of the socket.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use strata_runtime::Scope;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{Instant, timeout};

use crate::wire::{Answer, Request};
use crate::{Error, RunFolder, StackStatus};

/// The longest question, in bytes.
const LONGEST: u64 = 64 * 1024;
/// How long a question may take to come.
const ASK_WITHIN: Duration = Duration::from_secs(5);
/// How often is looked for something to tell, while something is done.
const TELL: Duration = Duration::from_millis(50);

/// What can be asked of a running stack.
pub trait Controlled: Send + Sync + 'static {
    /// How everything fares.
    fn status(&self) -> StackStatus;

    /// Raises services and what they need; ready when all are healthy, with the reason when they are not.
    fn raise<'a>(&'a self, services: &'a [String]) -> BoxFuture<'a, Result<(), String>>;

    /// Fells services and what stands on them; gives who did not end in time.
    fn fell<'a>(&'a self, services: &'a [String]) -> BoxFuture<'a, Result<Vec<String>, String>>;

    /// Fells everything; gives who did not end in time.
    fn leave(&self) -> BoxFuture<'_, Result<Vec<String>, String>>;

    /// Everything is felled and whoever asked for it knows: the process may end.
    fn left(&self);
}

/// Answers at the folder's socket until the scope is felled. The caller holds the stack's lock: a socket that lies there
/// is nobody's any more.
pub fn serve(run: &RunFolder, scope: &Scope, controlled: Arc<dyn Controlled>) -> Result<(), Error> {
    let cannot = |cause| Error::Folder { path: run.socket(), cause };
    let bind = || {
        match std::fs::remove_file(run.socket()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (_open, address) = run.address()?;
        let listener = UnixListener::bind(address)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(run.socket(), std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(listener)
    };
    let listener = bind().map_err(cannot)?;
    let connections = scope.child("connections");
    let stopping = scope.token();
    scope.spawn_service("answer", async move {
        loop {
            let accepted = tokio::select! {
                () = stopping.cancelled() => return Ok::<_, io::Error>(()),
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let controlled = Arc::clone(&controlled);
                    connections.spawn("connection", async move {
                        if let Err(error) = answer(stream, &*controlled).await {
                            tracing::debug!(%error, "a question over the socket ended early");
                        }
                        Ok::<_, io::Error>(())
                    });
                }
                // No descriptors are left until some connection ends.
                Err(error) => {
                    tracing::warn!(%error, "the control socket could not take a connection");
                    tokio::time::sleep(TELL).await;
                }
            }
        }
    });
    Ok(())
}

async fn answer(mut stream: UnixStream, controlled: &dyn Controlled) -> io::Result<()> {
    let mut line = String::new();
    let mut question = BufReader::new((&mut stream).take(LONGEST));
    timeout(ASK_WITHIN, question.read_line(&mut line)).await??;
    let request = match serde_json::from_str(&line) {
        Ok(request) => request,
        Err(error) => {
            let message = format!("this is no question that is known here: {error}");
            return tell(&mut stream, &Answer::Failed { message }).await;
        }
    };
    let outcome = match request {
        Request::Status {} => {
            tell(&mut stream, &Answer::Status(Box::new(controlled.status()))).await?;
            Ok(Vec::new())
        }
        Request::Raise { ref services } => {
            let raising = async { controlled.raise(services).await.map(|()| Vec::new()) };
            while_telling(&mut stream, controlled, raising).await
        }
        Request::Fell { ref services } => while_telling(&mut stream, controlled, controlled.fell(services)).await,
        Request::Leave {} => while_telling(&mut stream, controlled, controlled.leave()).await,
    };
    let left = matches!(request, Request::Leave {}) && outcome.is_ok();
    let last = match outcome {
        Ok(late) => Answer::Done { late },
        Err(message) => Answer::Failed { message },
    };
    let told = tell(&mut stream, &last).await;
    if left {
        controlled.left();
    }
    told
}

/// Does it to its end, whether or not anybody listens, and says meanwhile how everything fares.
async fn while_telling<T>(
    stream: &mut UnixStream,
    controlled: &dyn Controlled,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let mut work = std::pin::pin!(work);
    let (mut told, mut listens) = (None, true);
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            () = tokio::time::sleep_until(next), if listens => {
                next = Instant::now() + TELL;
                let mut status = controlled.status();
                // What changes all the time is not news.
                status.memory_bytes = None;
                status.services.iter_mut().for_each(|service| {
                    service.status.uptime_seconds = None;
                    service.status.figures.clear();
                });
                if told.as_ref() != Some(&status) {
                    listens = tell(stream, &Answer::Status(Box::new(status.clone()))).await.is_ok();
                    told = Some(status);
                }
            }
        }
    }
}

async fn tell(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    stream.write_all(&line).await
}

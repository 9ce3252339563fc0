//! Lines as they come.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use strata_runtime::Scope;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::Reader;
use crate::{Error, Line};

/// How often files are looked at when nothing comes.
const EVERY: Duration = Duration::from_millis(200);

/// Lines that are read ahead.
const AHEAD: usize = 256;

/// What a [`Reader`] wants, and what comes.
///
/// Lines of one look are merged by time. A line that only comes later comes later, whatever its time.
#[derive(Debug)]
pub struct Follow {
    lines: Receiver<Result<Line, Error>>,
    skipped: Arc<AtomicU64>,
}

impl Follow {
    pub(super) fn start(reader: Reader, scope: &Scope) -> Self {
        let (sender, lines) = mpsc::channel(AHEAD);
        let skipped = Arc::<AtomicU64>::default();
        let count = Arc::clone(&skipped);
        let (token, runtime) = (scope.token(), Handle::current());
        scope.spawn_blocking("follow logs", move || {
            // Files are read on this thread; it waits as a task does, so that it ends as soon as it is told to.
            runtime.block_on(token.run_until_cancelled(follow(reader, &sender, &count)));
            Ok::<_, Infallible>(())
        });
        Self { lines, skipped }
    }

    /// The next line, when there is one; `None` when the scope is closed, or after an error. Can be cancelled and asked
    /// again without losing one.
    pub async fn next(&mut self) -> Option<Result<Line, Error>> {
        self.lines.recv().await
    }

    /// What was passed over because it is no line: see [`Lines::skipped`](super::Lines::skipped).
    pub fn skipped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }
}

async fn follow(reader: Reader, sender: &Sender<Result<Line, Error>>, skipped: &AtomicU64) {
    let mut lines = match reader.read() {
        Ok(lines) => lines,
        Err(error) => {
            // Nobody listens any more: nobody is to be told.
            let _ = sender.send(Err(error)).await;
            return;
        }
    };
    loop {
        for line in &mut lines {
            let failed = line.is_err();
            if sender.send(line).await.is_err() || failed {
                return;
            }
        }
        skipped.store(lines.skipped(), Ordering::Relaxed);
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

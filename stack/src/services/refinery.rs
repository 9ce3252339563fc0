//! Bronze to silver, again and again: the same steps as the batch.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_runtime::Scope;
use strata_services::{BoxError, Figure, Meter, Service};
use tokio::time::sleep;

use super::landing::Landed;
use crate::folder::Writer;
use crate::worker::{Doing, Worker};
use crate::Stack;

/// More raw bytes of bronze than this are refined in a process of their own before the stack refines by itself.
const BACKLOG: u64 = 64 << 20;

/// Silver that is so far behind is ill.
const FAR_BEHIND: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct RefineryService {
    stack: Arc<Stack>,
    worker: Worker,
    doing: Doing,
    landed: Arc<Landed>,
    fares: Arc<Fares>,
}

/// How it goes, for those who look.
#[derive(Debug, Default)]
struct Fares {
    records: Meter,
    rows: Meter,
    refused: Meter,
    /// When silver was as new as bronze the last time, in microseconds since 1970; 0: never.
    fresh_at: AtomicI64,
    /// Why the last look failed.
    trouble: Mutex<Option<String>>,
}

impl RefineryService {
    pub(super) fn new(stack: &Arc<Stack>, worker: &Worker, landed: Arc<Landed>) -> Self {
        let (stack, worker) = (Arc::clone(stack), worker.clone());
        Self { stack, worker, doing: Doing::default(), landed, fares: Arc::default() }
    }

    fn behind(&self) -> Duration {
        let since = self.stack.clock().now_micros() - self.fares.fresh_at.load(Ordering::Relaxed);
        Duration::from_micros(since.max(0) as u64)
    }
}

impl Service for RefineryService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            if self.stack.processing.backlog_bytes(BACKLOG).await? >= BACKLOG {
                self.doing.set(Some("refining what is in bronze".to_owned()));
                self.worker.run(&["refine"], &self.doing).await?;
            }
            let lock = self.stack.folder.lock(Writer::Silver, "strata up")?;
            let (stack, landed) = (Arc::clone(&self.stack), Arc::clone(&self.landed));
            let fares = Arc::clone(&self.fares);
            let every = Duration::from_secs_f64(self.stack.config().processing.refine_seconds);
            let stopping = scope.token();
            scope.spawn_service("refine", async move {
                let _lock = lock;
                loop {
                    let began = stack.clock().now_micros();
                    let refined = stack.processing.refine(&mut |_| {}).await;
                    match refined {
                        Ok(refined) => {
                            for topic in refined {
                                fares.records.add(topic.records);
                                fares.rows.add(topic.written);
                            }
                            fares.fresh_at.store(began, Ordering::Relaxed);
                            *fares.trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
                        }
                        Err(error) => return Err::<(), BoxError>(error.into()),
                    }
                    // The last look comes after the wish to stop: what had landed before is refined.
                    if stopping.is_cancelled() {
                        return Ok(());
                    }
                    tokio::select! {
                        () = stopping.cancelled() => {}
                        () = sleep(every) => {}
                    }
                    let _ = &landed;
                }
            });
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            if self.fares.fresh_at.load(Ordering::Relaxed) == 0 {
                return Err("it has not refined anything yet".into());
            }
            let behind = self.behind();
            if behind > FAR_BEHIND {
                return Err(format!("silver is {} s behind bronze", behind.as_secs()).into());
            }
            Ok(())
        }
        .boxed()
    }

    fn doing(&self) -> Option<String> {
        self.doing.get()
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("records refined", self.fares.records.per_second(), "1/s"),
            Figure::new("rows written", self.fares.rows.per_second(), "1/s"),
            Figure::new("behind", self.behind().as_secs_f64(), "s"),
        ]
    }
}

//! Bronze to silver, again and again: the same steps as the batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_runtime::Scope;
use strata_services::{BoxError, Figure, Meter, Service};
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::landing::Landed;
use crate::Stack;
use crate::folder::Writer;

/// Silver that is so far behind is ill.
const FAR_BEHIND: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct RefineryService {
    stack: Arc<Stack>,
    landed: Arc<Landed>,
    fares: Arc<Fares>,
}

/// How it goes, for those who look.
#[derive(Debug, Default)]
struct Fares {
    records: Meter,
    rows: Meter,
    /// When silver was as new as bronze the last time, in microseconds since 1970; 0: never.
    fresh_at: AtomicI64,
}

impl RefineryService {
    pub(super) fn new(stack: &Arc<Stack>, landed: Arc<Landed>) -> Self {
        Self { stack: Arc::clone(stack), landed, fares: Arc::default() }
    }

    fn behind(&self) -> Duration {
        let since = self.stack.clock().now_micros() - self.fares.fresh_at.load(Ordering::Relaxed);
        Duration::from_micros(since.max(0) as u64)
    }
}

/// Looks for new bronze again and again. The last look comes after the wish to stop: what had landed by then is refined.
async fn follow(
    stack: &Stack,
    landed: &Landed,
    fares: &Fares,
    every: Duration,
    stopping: &CancellationToken,
) -> Result<(), BoxError> {
    loop {
        let (stops, began) = (stopping.is_cancelled(), stack.clock().now_micros());
        for topic in stack.processing.refine(&mut |_| {}).await? {
            fares.records.add(topic.records);
            fares.rows.add(topic.written);
        }
        fares.fresh_at.store(began, Ordering::Relaxed);
        if stops {
            return Ok(());
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = async { tokio::join!(sleep(every), landed.rings.notified()); } => {}
            () = sleep(every * 5) => {}
        }
    }
}

impl Service for RefineryService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let lock = self.stack.folder.lock(Writer::Silver, "strata up")?;
            let (stack, landed) = (Arc::clone(&self.stack), Arc::clone(&self.landed));
            let fares = Arc::clone(&self.fares);
            let every = Duration::from_secs_f64(self.stack.config().processing.refine_seconds);
            let stopping = scope.token();
            let runtime = Handle::current();
            // A thread of its own: much of it is computing.
            scope.spawn_blocking("refine", move || {
                let _lock = lock;
                runtime.block_on(follow(&stack, &landed, &fares, every, &stopping))
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

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("records refined", self.fares.records.per_second(), "1/s"),
            Figure::new("rows written", self.fares.rows.per_second(), "1/s"),
            Figure::new("behind", self.behind().as_secs_f64(), "s"),
        ]
    }
}

//! Bronze to silver, again and again: the same steps as the batch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_refinery::{Follower, Pass};
use strata_runtime::Scope;
use strata_services::{BoxError, Figure, Meter, Service};
use strata_types::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::landing::Landed;
use crate::Stack;
use crate::folder::Writer;

/// Silver that is so far behind is ill.
const FAR_BEHIND: Duration = Duration::from_mins(1);
/// How long is waited for a bell that does not ring, before it is looked all the same.
const LOOK: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct RefineryService {
    stack: Arc<Stack>,
    landed: Arc<Landed>,
    fares: Arc<Fares>,
}

/// How it goes, for those who look.
#[derive(Debug, Default)]
pub(super) struct Fares {
    pub(super) records: Meter,
    pub(super) rows: Meter,
    /// Records that silver refused whole, or that another superseded.
    pub(super) not_written: Meter,
    last: Mutex<Option<Pass>>,
}

impl Fares {
    fn passed(&self, pass: Pass) {
        for topic in &pass.topics {
            self.records.add(topic.records);
            self.rows.add(topic.written);
            self.not_written.add(topic.not_written + topic.unreadable);
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(pass);
    }

    fn last(&self) -> Option<Pass> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RefineryService {
    pub(super) fn new(stack: &Arc<Stack>, landed: Arc<Landed>) -> Self {
        Self { stack: Arc::clone(stack), landed, fares: Arc::default() }
    }

    pub(super) fn fares(&self) -> &Fares {
        &self.fares
    }

    /// Since the newest record of silver was logged, while further ones are in the log or in bronze. Nothing before the
    /// first look.
    pub(super) fn behind(&self) -> Option<Duration> {
        let pass = self.fares.last()?;
        let waits = pass.waiting > 0 || self.landed.lag().unwrap_or(0) > 0;
        let now = self.stack.clock().now_micros();
        let since = pass.newest.filter(|_| waits).map_or(0, |until| now - until.0);
        Some(Duration::from_micros(since.max(0) as u64))
    }
}

/// Follows what lands. The last look comes after the wish to stop: what had landed by then is refined.
async fn follow(stack: &Stack, landed: &Landed, fares: &Fares, stopping: &CancellationToken) -> Result<(), BoxError> {
    let every = Duration::from_secs_f64(stack.config().processing.refine_seconds);
    let mut follower: Follower = stack.processing.follower();
    let mut imported = stack.folder.imported();
    loop {
        let stops = stopping.is_cancelled();
        // What others bring into bronze is found by looking at all of it, which is not done without need.
        let now_imported = stack.folder.imported();
        if now_imported != imported {
            (follower, imported) = (stack.processing.follower(), now_imported);
        }
        let ends: BTreeMap<_, _> = landed.ends();
        let ends: Vec<_> = ends.into_iter().map(|((topic, partition), end)| (topic, partition, end)).collect();
        fares.passed(follower.pass(&ends, Timestamp(stack.clock().now_micros())).await?);
        if stops {
            return Ok(());
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = async { tokio::join!(sleep(every), landed.rings.notified()); } => {}
            () = sleep(LOOK.max(every)) => {}
        }
    }
}

impl Service for RefineryService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let lock = self.stack.folder.lock(Writer::Silver, "strata up")?;
            let (stack, landed) = (Arc::clone(&self.stack), Arc::clone(&self.landed));
            let (fares, stopping) = (Arc::clone(&self.fares), scope.token());
            scope.spawn_service("refine", async move {
                let _lock = lock;
                follow(&stack, &landed, &fares, &stopping).await
            });
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let behind = self.behind().ok_or("it has not looked at bronze yet")?;
            if behind > FAR_BEHIND {
                return Err(format!("silver is {} s behind the log", behind.as_secs()).into());
            }
            Ok(())
        }
        .boxed()
    }

    fn figures(&self) -> Vec<Figure> {
        let behind = self.behind().unwrap_or_default();
        vec![
            Figure::new("records refined", self.fares.records.per_second(), "1/s"),
            Figure::new("rows written", self.fares.rows.per_second(), "1/s"),
            Figure::new("waiting", self.fares.last().map_or(0, |pass| pass.waiting) as f64, ""),
            Figure::new("behind", behind.as_secs_f64(), "s"),
        ]
    }
}

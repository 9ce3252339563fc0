//! From the log to bronze.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_landing::{Landing, LiveSettings};
use strata_objects::Objects;
use strata_runtime::Scope;
use strata_services::{BoxError, Figure, Meter, Service};
use strata_types::Topic;

use super::log::LogService;
use crate::Stack;

/// Bronze that stands still for so long while there is something to land is ill.
const STANDSTILL: Duration = Duration::from_secs(30);

/// Bytes of all open objects together.
const OPEN_BYTES: usize = 64 << 20;

/// Lands what comes, and lets the log forget what has landed.
#[derive(Debug)]
pub(super) struct LandingService {
    objects: Objects,
    settings: LiveSettings,
    log: Arc<LogService>,
    landed: Arc<Landed>,
}

/// How far bronze is, for whoever goes on from there.
#[derive(Debug)]
pub(super) struct Landed {
    /// When something landed last.
    moved: Mutex<Instant>,
    /// Records that landed since this process began.
    pub(super) records: Meter,
    /// Rings whenever something has landed.
    pub(super) rings: tokio::sync::Notify,
}

impl Default for Landed {
    fn default() -> Self {
        Self { moved: Mutex::new(Instant::now()), records: Meter::default(), rings: tokio::sync::Notify::new() }
    }
}

impl Landed {
    fn more(&self, records: u64) {
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.records.add(records);
        self.rings.notify_one();
    }

    fn stood_still(&self) -> Duration {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

impl LandingService {
    pub(super) fn new(stack: &Stack, log: Arc<LogService>, landed: Arc<Landed>) -> Self {
        let config = &stack.config().ingestion;
        let settings = LiveSettings {
            object_bytes: config.object_bytes as usize,
            open_bytes: OPEN_BYTES,
            age: Duration::from_secs_f64(config.landing_seconds),
        };
        Self { objects: stack.objects().clone(), settings, log, landed }
    }
}

impl Service for LandingService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let landing = Landing::new(self.objects.clone(), self.log.options()?, self.settings);
            let (broker, progress) = (self.log.broker(), Arc::clone(&self.landed));
            progress.more(0);
            let stop = scope.token();
            scope.spawn_service("land", async move {
                let landed = |topic: Topic, partition: u8, end: u64| {
                    let Some(broker) = &broker else { return };
                    if let Err(error) = broker.release(topic.name(), i32::from(partition), end as i64) {
                        tracing::warn!(%error, %topic, partition, "the log keeps what has landed");
                    }
                };
                landing.run(&stop, &landed).await
            });
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let (behind, since) = (0, self.landed.stood_still());
            if behind > 0 && since > STANDSTILL {
                let since = since.as_secs();
                return Err(format!("{behind} records wait, and bronze has stood still for {since} s").into());
            }
            Ok(())
        }
        .boxed()
    }

    fn figures(&self) -> Vec<Figure> {
        vec![Figure::new("records landed", self.landed.records.per_second(), "1/s")]
    }
}

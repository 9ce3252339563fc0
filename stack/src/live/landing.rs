//! From the log to bronze.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_landing::{Beginning, LIVE_TOPICS, Landing, LiveSettings};
use strata_objects::Objects;
use strata_runtime::Scope;
use strata_services::{BoxError, Service};
use strata_types::Topic;

use super::Parts;
use super::log::LogService;

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
    progress: Arc<Mutex<Progress>>,
}

#[derive(Debug)]
struct Progress {
    /// Records in bronze, of all partitions.
    landed: u64,
    moved: Instant,
}

impl LandingService {
    pub(super) fn new(parts: &Parts, log: Arc<LogService>) -> Self {
        let config = &parts.config;
        let settings = LiveSettings {
            object_bytes: config.object_bytes as usize,
            open_bytes: OPEN_BYTES,
            age: Duration::from_secs_f64(config.landing_seconds),
            beginning: Beginning::Whole,
        };
        let progress = Progress { landed: 0, moved: Instant::now() };
        Self { objects: parts.objects.clone(), settings, log, progress: Arc::new(Mutex::new(progress)) }
    }

    fn progress(&self) -> (u64, Duration) {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        (progress.landed, progress.moved.elapsed())
    }
}

impl Service for LandingService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let broker = self.log.broker().ok_or("the log does not stand")?;
            let landing = Landing::new(self.objects.clone(), self.log.options()?, self.settings);
            let progress = Arc::clone(&self.progress);
            *progress.lock().unwrap_or_else(PoisonError::into_inner) = Progress { landed: 0, moved: Instant::now() };
            let stop = scope.token();
            scope.spawn_service("land", async move {
                let ends = Mutex::new(BTreeMap::new());
                let landed = |topic: Topic, partition: u8, end: u64| {
                    let mut ends = ends.lock().unwrap_or_else(PoisonError::into_inner);
                    let before = ends.insert((topic, partition), end).unwrap_or(0);
                    let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                    *progress = Progress { landed: progress.landed + end - before, moved: Instant::now() };
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
            let broker = self.log.broker().ok_or("the log does not stand")?;
            let partitions = broker.stats().partitions;
            let live =
                partitions.iter().filter(|partition| LIVE_TOPICS.iter().any(|topic| topic.name() == partition.topic));
            let behind = live.map(|partition| partition.end as u64).sum::<u64>().saturating_sub(self.progress().0);
            let since = self.progress().1;
            if behind > 0 && since > STANDSTILL {
                return Err(
                    format!("{behind} records wait, and bronze has stood still for {} s", since.as_secs()).into()
                );
            }
            Ok(())
        }
        .boxed()
    }
}

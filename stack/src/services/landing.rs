//! From the log to bronze.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_landing::{Landing, LiveSettings, Meter, Stats};
use strata_objects::Objects;
use strata_runtime::Scope;
use strata_services::{BoxError, Figure, Meter as Rate, Service};
use strata_types::Topic;
use tokio::sync::Notify;

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
    log: Arc<LogService>,
    meter: Meter,
    rate: Rate,
    /// Where bronze ends.
    ends: Mutex<BTreeMap<(Topic, u8), u64>>,
    /// Rings after each round of what has landed.
    pub(super) rings: Notify,
}

impl Landed {
    /// Nothing yet, of this log.
    pub(super) fn of(log: &Arc<LogService>) -> Self {
        Self {
            log: Arc::clone(log),
            meter: Meter::default(),
            rate: Rate::default(),
            ends: Mutex::default(),
            rings: Notify::new(),
        }
    }

    /// How the landing goes.
    pub(super) fn stats(&self) -> Stats {
        self.meter.stats()
    }

    /// Records in Strata's own log that are not in bronze; of another's log that is not asked.
    pub(super) fn lag(&self) -> Option<u64> {
        let partitions = self.log.broker()?.stats().partitions;
        let ends = partitions
            .into_iter()
            .filter_map(|known| Some((known.topic.parse::<Topic>().ok()?, known.partition as u8, known.end as u64)));
        Some(self.meter.lag(ends))
    }

    /// Where bronze ends in each partition of the live log, as far as was heard.
    pub(super) fn ends(&self) -> BTreeMap<(Topic, u8), u64> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Topic, u8), u64>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LandingService {
    pub(super) fn new(stack: &Stack, log: Arc<LogService>, landed: Arc<Landed>) -> Self {
        let config = &stack.config().ingestion;
        let settings = LiveSettings {
            object_bytes: config.object_bytes as usize,
            open_bytes: OPEN_BYTES,
            age: Duration::from_secs_f64(config.landing_seconds),
            beginning: log.beginning(),
        };
        Self { objects: stack.objects().clone(), settings, log, landed }
    }
}

impl Service for LandingService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let landing = Landing::new(self.objects.clone(), self.log.options()?, self.settings);
            let landing = landing.metered(self.landed.meter.clone());
            let (log, progress) = (Arc::clone(&self.log), Arc::clone(&self.landed));
            let stop = scope.token();
            scope.spawn_service("land", async move {
                let landed = |ends: &[(Topic, u8, u64)]| {
                    progress.lock().extend(ends.iter().map(|&(topic, partition, end)| ((topic, partition), end)));
                    progress.rings.notify_one();
                    // Of Strata's own log, as it is now: it may have been opened anew.
                    let Some(broker) = log.broker() else { return };
                    for &(topic, partition, end) in ends {
                        if let Err(error) = broker.release(topic.name(), i32::from(partition), end as i64) {
                            tracing::warn!(%error, %topic, partition, "the log keeps what has landed");
                        }
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
            let stats = self.landed.stats();
            if let Some(trouble) = stats.trouble {
                return Err(trouble.into());
            }
            let (behind, since) = (self.landed.lag().unwrap_or(0), stats.since_commit.unwrap_or_default());
            if behind > 0 && since > STANDSTILL {
                let since = since.as_secs();
                return Err(format!("{behind} records wait, and bronze has stood still for {since} s").into());
            }
            Ok(())
        }
        .boxed()
    }

    /// What is on its way to bronze.
    fn memory_bytes(&self) -> Option<u64> {
        Some(self.landed.stats().open_bytes)
    }

    fn figures(&self) -> Vec<Figure> {
        let stats = self.landed.stats();
        self.landed.rate.add(stats.records.saturating_sub(self.landed.rate.total()));
        let mut figures = vec![Figure::new("records landed", self.landed.rate.per_second(), "1/s")];
        figures.extend(self.landed.lag().map(|lag| Figure::new("waiting", lag as f64, "")));
        figures
    }
}

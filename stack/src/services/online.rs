//! Vectors as of now: the online store that follows the log, and its HTTP face.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_feature_server::{Config, Parts, Ready};
use strata_online_feed::{Feed, Imports, Settings, Silver};
use strata_online_store::OnlineStore;
use strata_runtime::Scope;
use strata_services::{BoxError, Figure, Kind, Meter as Rate, Service};
use strata_types::Topic;

use super::key_value::KeyValueService;
use super::log::LogService;
use super::ready;
use crate::online::Online;
use crate::{Folder, Stack};

/// What the online store stands on, which the step that fills it and the service that keeps it share.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) stack: Arc<Stack>,
    pub(super) log: Arc<LogService>,
    pub(super) key_value: Arc<KeyValueService>,
}

impl Ground {
    fn online(&self) -> &Online {
        self.stack.online()
    }

    fn open(&self) -> Result<(OnlineStore, Feed), BoxError> {
        let store = self.online().store(self.key_value.store().ok_or("the key-value store is not open")?);
        let processing = &self.stack.processing;
        let silver = Silver::new(processing.lakehouse().clone(), processing.bronze().clone());
        let settings = Settings { on_invalid: processing.on_invalid() };
        let imports = Arc::new(Imported(self.stack.folder.clone()));
        let meter = self.online().meter.clone();
        let feed = Feed::new(store.clone(), silver, self.log.options()?, imports, settings, meter);
        Ok((store, feed))
    }
}

/// When something was imported into bronze last, or dead letters were replayed.
struct Imported(Folder);

impl Imports for Imported {
    fn number(&self) -> u64 {
        let since = self.0.imported().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        since.map_or(0, |since| since.as_micros() as u64)
    }
}

/// Fills the online store from silver, where it is not filled.
#[derive(Debug)]
pub(super) struct TimelinesStep(pub(super) Arc<Ground>);

impl Service for TimelinesStep {
    fn raise(&self, _scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { Ok(self.0.open()?.1.prepare().await?) }.boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed()
    }

    fn kind(&self) -> Kind {
        Kind::Step
    }

    fn doing(&self) -> Option<String> {
        self.0.online().meter.stats().doing
    }
}

/// Follows the log, and answers with vectors as of now.
#[derive(Debug)]
pub(super) struct OnlineService {
    ground: Arc<Ground>,
    listening: Mutex<Option<(String, u16)>>,
    records: Rate,
}

impl OnlineService {
    pub(super) fn new(ground: Arc<Ground>) -> Self {
        Self { ground, listening: Mutex::default(), records: Rate::default() }
    }

    fn listening(&self) -> Option<(String, u16)> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records that were read, patients who were read anew, and those who wait for that.
    pub(super) fn counts(&self) -> (u64, u64, u64) {
        let stats = self.ground.online().meter.stats();
        (stats.records, stats.repaired, stats.waiting)
    }

    /// Records in Strata's own log that are not in the store; of another's log that is not asked.
    pub(super) fn lag(&self) -> Option<u64> {
        let marks = self.ground.online().meter.stats().marks?;
        let behind = |known: strata_broker::embedded::PartitionStats| {
            let topic = known.topic.parse::<Topic>().ok()?;
            let next = marks.live.get(&(topic, known.partition as u8)).map_or(0, |mark| mark.next);
            Some((known.end as u64).saturating_sub(next))
        };
        Some(self.ground.log.broker()?.stats().partitions.into_iter().filter_map(behind).sum())
    }
}

struct InStep(Online);

impl Ready for InStep {
    fn why_not(&self) -> Option<String> {
        self.0.why_not()
    }
}

impl Service for OnlineService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let online = self.ground.online().clone();
            let (store, feed) = self.ground.open()?;
            let parts = Parts {
                store: store.clone(),
                ready: Arc::new(InStep(online.clone())),
                clock: Arc::clone(self.ground.stack.clock()),
            };
            let config = Config {
                host: IpAddr::from(Ipv4Addr::LOCALHOST),
                port: self.ground.stack.config().features.port,
                max_ages: online.max_ages,
            };
            let server = strata_feature_server::build(&config, parts)?;
            let listening = (server.url(), server.local_addr().port());
            *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(listening);
            let (own, stop) = (scope.clone(), scope.token());
            scope.spawn_service("accept", async move { server.run(&own).await });
            online.show(Some(store));
            scope.spawn_service("follow", async move {
                let followed = feed.run(&stop).await;
                // Nobody keeps it in step any more.
                online.show(None);
                followed
            });
            Ok(())
        }
        .boxed()
    }

    /// Asks as a client would.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { ready(self.url()).await }.boxed()
    }

    fn port(&self) -> Option<u16> {
        self.listening().map(|(_, port)| port)
    }

    fn url(&self) -> Option<String> {
        self.listening().map(|(url, _)| url)
    }

    fn doing(&self) -> Option<String> {
        self.ground.online().meter.stats().doing
    }

    fn figures(&self) -> Vec<Figure> {
        let (records, _, waiting) = self.counts();
        self.records.add(records.saturating_sub(self.records.total()));
        let mut figures = vec![Figure::new("records followed", self.records.per_second(), "1/s")];
        figures.extend(self.lag().map(|lag| Figure::new("waiting", lag as f64, "")));
        figures.push(Figure::new("patients to read anew", waiting as f64, ""));
        figures
    }
}

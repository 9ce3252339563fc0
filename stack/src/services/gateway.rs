//! The door of live events: HTTP in front, the log behind.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use strata_audit::Audit;
use strata_broker::client::{Admin, Producer, ProducerSettings};
use strata_gateway::{Config, Converted, EventLog, Parts as GatewayParts, Record, Stats, Unavailable};
use strata_runtime::{Clock, Scope};
use strata_services::{BoxError, Figure, Service};
use strata_sources::fhir;
use strata_types::Topic;
use tokio::time::timeout;

use super::log::LogService;
use super::metrics::StackMetrics;
use super::{Outlook, ready};
use crate::Stack;

/// A log that has not taken a batch after this time is behind.
const PATIENCE: Duration = Duration::from_secs(10);
/// When who was turned away may come again.
const COME_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct GatewayService {
    config: Config,
    log: Arc<LogService>,
    audit: Audit,
    clock: Arc<dyn Clock>,
    outlook: Arc<Outlook>,
    metrics: Arc<StackMetrics>,
    listening: Mutex<Option<Listening>>,
}

/// Where it is found, and what it counts.
#[derive(Clone, Debug)]
struct Listening {
    url: String,
    port: u16,
    stats: Arc<Stats>,
}

impl GatewayService {
    pub(super) fn new(
        stack: &Stack,
        log: Arc<LogService>,
        audit: Audit,
        outlook: Arc<Outlook>,
        metrics: StackMetrics,
    ) -> Self {
        let (chosen, data_folder) = (&stack.config().ingestion, stack.folder.root().to_owned());
        let config = Config {
            host: IpAddr::from(Ipv4Addr::LOCALHOST),
            tokens: file(&chosen.gateway_tokens),
            pseudonym_key: file(&chosen.pseudonym_key),
            ..Config::on_loopback(chosen.gateway_port, data_folder)
        };
        Self {
            config,
            log,
            audit,
            clock: Arc::clone(stack.clock()),
            outlook,
            metrics: Arc::new(metrics),
            listening: Mutex::default(),
        }
    }

    fn listening(&self) -> Option<Listening> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service for GatewayService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let options = self.log.options()?;
            let log = Producing {
                producer: Producer::new(&options, &ProducerSettings::default())?,
                admin: Admin::new(&options)?,
            };
            let parts = GatewayParts {
                log: Arc::new(log),
                convert: Arc::new(from_fhir),
                audit: self.audit.clone(),
                clock: Arc::clone(&self.clock),
                pages: Some(strata_console::router(Arc::clone(&self.outlook) as _)),
                collectors: vec![Box::new(Arc::clone(&self.metrics))],
            };
            let gateway = strata_gateway::build(&self.config, parts)?;
            let (url, port) = (gateway.url(), gateway.local_addr().port());
            let listening = Listening { url, port, stats: gateway.stats() };
            *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(listening);
            let own = scope.clone();
            scope.spawn_service("accept", async move { gateway.run(&own).await });
            Ok(())
        }
        .boxed()
    }

    /// Asks as a client would.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { ready(self.url()).await }.boxed()
    }

    fn port(&self) -> Option<u16> {
        self.listening().map(|listening| listening.port)
    }

    fn url(&self) -> Option<String> {
        self.listening().map(|listening| listening.url)
    }

    fn figures(&self) -> Vec<Figure> {
        self.listening().map_or_else(Vec::new, |listening| listening.stats.figures())
    }
}

/// A file that the configuration names, or none.
fn file(name: &str) -> Option<PathBuf> {
    (!name.is_empty()).then(|| name.into())
}

/// The log, as the gateway wants it.
struct Producing {
    producer: Producer,
    admin: Admin,
}

impl EventLog for Producing {
    fn append(&self, records: Vec<Record>) -> BoxFuture<'_, Result<(), Unavailable>> {
        let unreachable = |error: strata_broker::client::Error| Unavailable::Unreachable(error.to_string());
        let appending = async move {
            let mut deliveries = Vec::with_capacity(records.len());
            for record in &records {
                let key = record.patient_id.as_str().as_bytes();
                deliveries
                    .push(self.producer.send(record.topic.name(), Some(key), &record.line).await.map_err(unreachable)?);
            }
            for delivery in deliveries {
                delivery.await.map_err(unreachable)?;
            }
            Ok(())
        };
        async move {
            timeout(PATIENCE, appending).await.unwrap_or(Err(Unavailable::Behind { retry_after: COME_AGAIN }))
        }
        .boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), Unavailable>> {
        async move {
            match self.admin.partitions(Topic::Vitals.name()).await {
                Ok(Some(_)) => Ok(()),
                Ok(None) => Err(Unavailable::Unreachable(format!("it has no topic `{}`", Topic::Vitals))),
                Err(error) => Err(Unavailable::Unreachable(error.to_string())),
            }
        }
        .boxed()
    }
}

/// FHIR by the sources' own conversion, so that what comes by HTTP and what comes by file become the same events.
fn from_fhir(resource: &Value) -> Vec<Converted> {
    let conversion = fhir::events(resource);
    let events = conversion.events.into_iter().map(|known| Ok((known.event.topic(), known.event.to_json())));
    let skipped = conversion.skipped.into_iter().map(|skipped| Err(format!("{}: {}", skipped.what, skipped.reason)));
    events.chain(skipped).enumerate().map(|(entry, event)| Converted { entry, event }).collect()
}

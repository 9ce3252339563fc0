//! The event log, embedded.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_broker::client::Options;
use strata_broker::embedded::{Broker, Settings, TopicConfig};
use strata_landing::LIVE_TOPICS;
use strata_runtime::{Clock, Scope};
use strata_services::{BoxError, Service};
use tokio::net::TcpListener;

use super::Parts;

/// A broker over files in the data folder, on this machine only.
#[derive(Debug)]
pub(super) struct LogService {
    folder: PathBuf,
    port: u16,
    clock: Arc<dyn Clock>,
    open: Mutex<Option<(Broker, SocketAddr)>>,
}

impl LogService {
    pub(super) fn new(parts: &Parts) -> Self {
        let (folder, clock) = (parts.folder.log(), Arc::clone(&parts.clock));
        Self { folder, port: parts.config.log_port, clock, open: Mutex::default() }
    }

    /// Where clients find it; only while it stands.
    pub(super) fn options(&self) -> Result<Options, BoxError> {
        let address = self.opened().map(|(_, address)| address).ok_or("the log does not stand")?;
        Ok(Options::new(address.to_string()))
    }

    pub(super) fn broker(&self) -> Option<Broker> {
        self.opened().map(|(broker, _)| broker)
    }

    /// Leaves the log so that it opens quickly. For when nobody is served any more.
    pub(super) async fn close(&self) -> anyhow::Result<()> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((broker, _)) = open {
            broker.close().await?;
        }
        Ok(())
    }

    fn opened(&self) -> Option<(Broker, SocketAddr)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service for LogService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            // Of the time before a restart; it holds the folder.
            self.close().await?;
            let (folder, clock) = (self.folder.clone(), Arc::clone(&self.clock));
            let held = LIVE_TOPICS.iter().map(|topic| topic.name().to_owned()).collect();
            let settings = Settings { held, ..Settings::default() };
            let broker = tokio::task::spawn_blocking(move || Broker::open(&folder, settings, clock)).await??;
            let known = broker.topics();
            for topic in LIVE_TOPICS.iter().filter(|topic| !known.iter().any(|known| known == topic.name())) {
                broker.create_topic(topic.name(), None, TopicConfig::default()).await?;
            }
            let listener = TcpListener::bind(("127.0.0.1", self.port)).await.map_err(|error| {
                format!("cannot listen on 127.0.0.1:{}: {error}; choose another port, 0 takes a free one", self.port)
            })?;
            let address = broker.serve(&scope, listener)?;
            *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((broker, address));
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { Ok(self.broker().ok_or("the log does not stand")?.check().await?) }.boxed()
    }

    fn port(&self) -> Option<u16> {
        self.opened().map(|(_, address)| address.port())
    }

    fn url(&self) -> Option<String> {
        self.opened().map(|(_, address)| format!("kafka://{address}"))
    }
}

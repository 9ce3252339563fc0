//! The event log: Strata's own, over files in the data folder, or a Kafka somewhere else.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_broker::client::{Admin, NewTopic, Options};
use strata_broker::embedded::{Broker, Settings, TopicConfig, Unhealthy};
use strata_landing::{Beginning, Bronze, LIVE};
use strata_runtime::{Clock, Scope};
use strata_services::{BoxError, Figure, Meter, Service};
use strata_types::{PARTITIONS, Topic};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// The log that gateway and landing speak to.
#[derive(Debug)]
pub(super) enum LogService {
    /// A broker in this process, on this machine only.
    Own(OwnLog),
    /// Somebody else's.
    Elsewhere(Options),
}

#[derive(Debug)]
pub(super) struct OwnLog {
    folder: PathBuf,
    /// A free one that was taken once is kept: clients know it.
    port: AtomicU16,
    clock: Arc<dyn Clock>,
    bronze: Bronze,
    open: Mutex<Option<(Broker, SocketAddr)>>,
    /// Rings when it has to be opened anew.
    failed: Arc<Notify>,
    /// Records taken, as far as was last looked.
    taken: Meter,
}

impl LogService {
    pub(super) fn own(folder: PathBuf, port: u16, clock: Arc<dyn Clock>, bronze: Bronze) -> Self {
        let (port, open, failed) = (AtomicU16::new(port), Mutex::default(), Arc::default());
        Self::Own(OwnLog { folder, port, clock, bronze, open, failed, taken: Meter::default() })
    }

    /// Where clients find it; of Strata's own, only while it stands.
    pub(super) fn options(&self) -> Result<Options, BoxError> {
        match self {
            Self::Own(log) => {
                let address = log.opened().map(|(_, address)| address).ok_or("the log does not stand")?;
                Ok(Options::new(address.to_string()))
            }
            Self::Elsewhere(options) => Ok(options.clone()),
        }
    }

    /// Where it begins for who reads it first.
    pub(super) fn beginning(&self) -> Beginning {
        match self {
            Self::Own(_) => Beginning::Whole,
            Self::Elsewhere(_) => Beginning::Earliest,
        }
    }

    /// Strata's own broker, while it stands.
    pub(super) fn broker(&self) -> Option<Broker> {
        match self {
            Self::Own(log) => log.opened().map(|(broker, _)| broker),
            Self::Elsewhere(_) => None,
        }
    }

    /// Leaves the log so that it opens quickly. For when nobody is served any more.
    pub(super) async fn close(&self) -> anyhow::Result<()> {
        let Self::Own(log) = self else { return Ok(()) };
        let open = log.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((broker, _)) = open {
            broker.close().await?;
        }
        Ok(())
    }
}

impl OwnLog {
    fn opened(&self) -> Option<(Broker, SocketAddr)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn raise(&self, scope: &Scope) -> Result<(), BoxError> {
        let (folder, clock) = (self.folder.clone(), Arc::clone(&self.clock));
        let held = Topic::EVENTS.iter().map(|topic| topic.name().to_owned()).collect();
        let settings = Settings { held, ..Settings::default() };
        let broker = tokio::task::spawn_blocking(move || Broker::open(&folder, settings, clock)).await??;
        let known = broker.topics();
        for topic in Topic::EVENTS.iter().filter(|topic| !known.iter().any(|known| known == topic.name())) {
            broker.create_topic(topic.name(), None, TopicConfig::default()).await?;
        }
        let partitions = broker.stats().partitions;
        let is_new = |topic: &Topic| partitions.iter().any(|known| known.topic == topic.name() && known.end == 0);
        for topic in Topic::EVENTS.into_iter().filter(is_new) {
            // A log that was erased goes on where bronze ends: an offset never comes to mean another record.
            for (partition, end) in self.bronze.ends(topic, LIVE, Beginning::Earliest).await? {
                broker.begin_at(topic.name(), i32::from(partition), end as i64)?;
            }
        }
        let port = self.port.load(Ordering::Relaxed);
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            format!("cannot listen on 127.0.0.1:{port}: {error}; choose another port, 0 takes a free one")
        })?;
        let address = broker.serve(scope, listener)?;
        self.port.store(address.port(), Ordering::Relaxed);
        let (failed, stopping) = (Arc::clone(&self.failed), scope.token());
        scope.spawn_service("disk", async move {
            tokio::select! {
                () = stopping.cancelled() => Ok(()),
                () = failed.notified() => Err("the disk failed; the log is opened anew"),
            }
        });
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some((broker, address));
        Ok(())
    }
}

/// Sees to it that a foreign log has the topics as Strata needs them.
async fn prepare(options: &Options) -> Result<(), BoxError> {
    let admin = Admin::new(options)?;
    let topic = |topic: &Topic| NewTopic {
        name: topic.name().to_owned(),
        partitions: i32::from(PARTITIONS),
        replication: -1,
        config: Vec::new(),
    };
    admin.ensure_topics(&Topic::EVENTS.iter().map(topic).collect::<Vec<_>>()).await?;
    for topic in Topic::EVENTS {
        match admin.partitions(topic.name()).await? {
            Some(partitions) if partitions == i32::from(PARTITIONS) => {}
            found => {
                let found = found.unwrap_or(0);
                return Err(format!(
                    "topic `{topic}` has {found} partitions, and Strata needs {PARTITIONS}: a patient's place depends \
                     on their number; make it anew"
                )
                .into());
            }
        }
    }
    Ok(())
}

impl Service for LogService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            // Of the time before a restart; it holds the folder.
            self.close().await?;
            match self {
                Self::Own(log) => log.raise(&scope).await,
                Self::Elsewhere(options) => prepare(options).await,
            }
        }
        .boxed()
    }

    /// Strata's own log writes a record and reads it; of a foreign one is asked what it has.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            match self {
                Self::Own(log) => {
                    let checked = self.broker().ok_or("the log does not stand")?.check().await;
                    if let Err(Unhealthy::Failed { .. }) = checked {
                        log.failed.notify_one();
                    }
                    Ok(checked?)
                }
                Self::Elsewhere(options) => {
                    let partitions = Admin::new(options)?.partitions(Topic::Vitals.name()).await?;
                    partitions.map(|_| ()).ok_or_else(|| format!("it has no topic `{}`", Topic::Vitals).into())
                }
            }
        }
        .boxed()
    }

    fn port(&self) -> Option<u16> {
        match self {
            Self::Own(log) => log.opened().map(|(_, address)| address.port()),
            Self::Elsewhere(_) => None,
        }
    }

    fn url(&self) -> Option<String> {
        match self {
            Self::Own(log) => log.opened().map(|(_, address)| format!("kafka://{address}")),
            Self::Elsewhere(options) => Some(format!("kafka://{}", options.bootstrap)),
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let (Self::Own(log), Some(broker)) = (self, self.broker()) else { return Vec::new() };
        let stats = broker.stats();
        log.taken.add(stats.records_in.saturating_sub(log.taken.total()));
        let bytes: u64 = stats.partitions.iter().map(|partition| partition.bytes).sum();
        vec![
            Figure::new("records taken", log.taken.per_second(), "1/s"),
            Figure::new("on disk", bytes as f64, "By"),
            Figure::new("connections", stats.connections as f64, ""),
        ]
    }
}

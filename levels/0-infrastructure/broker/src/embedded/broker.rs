//! The broker itself: its topics, its groups, its folder.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use strata_runtime::{Clock, Scope};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::error::{Error, MOST_PARTITIONS, TopicError, Unhealthy};
use super::flusher::Flusher;
use super::groups::Groups;
use super::offsets::Offsets;
use super::partition::{Partition, Unwritten};
use super::stats::{PartitionStats, Stats, Traffic};
use super::store::batch::{Header, only_value};
use super::store::{Batch, LogSettings};
use super::topic::{Topic, TopicConfig, sync_entry, write_whole};
use super::{DELETED, Settings, server};

/// Producer ids that are set aside at a time, so that few of them cost a write.
const PRODUCER_IDS: i64 = 1000;
/// An embedded broker: a log of events in a folder, that speaks Kafka. Clones are the same broker.
#[derive(Clone, Debug)]
pub struct Broker(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    folder: PathBuf,
    pub(crate) settings: Settings,
    clock: Arc<dyn Clock>,
    pub(crate) cluster: Uuid,
    topics: RwLock<BTreeMap<String, Arc<Topic>>>,
    pub(crate) groups: Groups,
    pub(crate) offsets: Arc<Offsets>,
    health: Arc<Partition>,
    pub(crate) flusher: Flusher,
    producer_ids: Mutex<std::ops::Range<i64>>,
    pub(crate) connections: AtomicUsize,
    pub(crate) traffic: Traffic,
    checks: AtomicI64,
    /// Held as long as the broker lives.
    _lock: File,
}

/// Its life.
impl Broker {
    /// Opens the log in a folder, or begins one there. Reads what was not covered when the last process ended: up to 16 MB per
    /// partition after a crash, nothing after a [close](Broker::close). Blocks on the disk.
    pub fn open(folder: &Path, settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Io { path, source }
        };
        let topics_folder = folder.join("topics");
        fs::create_dir_all(&topics_folder).map_err(io(&topics_folder))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(io(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => return Err(Error::Io { path, source }),
        }
        let mut topics = BTreeMap::new();
        for entry in fs::read_dir(&topics_folder).map_err(io(&topics_folder))? {
            let path = entry.map_err(io(&topics_folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let topic = if name.starts_with(DELETED) { None } else { Topic::open(&path, &settings)? };
            match topic {
                Some(topic) => drop(topics.insert(name, Arc::new(topic))),
                None => fs::remove_dir_all(&path).map_err(io(&path))?,
            }
        }
        let cluster_path = folder.join("cluster");
        let known = fs::read_to_string(&cluster_path).ok().and_then(|text| Uuid::parse_str(text.trim()).ok());
        let cluster = known.unwrap_or_else(Uuid::new_v4);
        if known.is_none() {
            write_whole(&cluster_path, cluster.to_string().as_bytes()).map_err(io(&cluster_path))?;
        }
        sync_entry(&topics_folder).map_err(io(folder))?;
        let ids = folder.join("producer-ids");
        let next_id = fs::read_to_string(&ids).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let own = LogSettings { segment_bytes: 256 << 10, log_time: true };
        Ok(Self(Arc::new(Inner {
            offsets: Arc::new(Offsets::open(&folder.join("offsets"))?),
            health: Arc::new(Partition::open(&folder.join("health"), own)?),
            folder: folder.to_owned(),
            groups: Groups::new(settings.first_rebalance_delay),
            settings,
            clock,
            cluster,
            topics: RwLock::new(topics),
            flusher: Flusher::default(),
            producer_ids: Mutex::new(next_id..next_id),
            connections: AtomicUsize::new(0),
            traffic: Traffic::default(),
            checks: AtomicI64::new(0),
            _lock: lock,
        })))
    }

    /// Serves Kafka's clients until the scope is felled. The address is the listener's.
    pub fn serve(&self, scope: &Scope, listener: TcpListener) -> std::io::Result<SocketAddr> {
        let address = listener.local_addr()?;
        server::serve(&self.0, scope, listener);
        let (inner, stopping) = (Arc::clone(&self.0), scope.token());
        scope.spawn_service("groups", async move {
            tokio::select! {
                () = inner.groups.watch() => {}
                () = stopping.cancelled() => {}
            }
            Ok::<_, std::io::Error>(())
        });
        let (broker, stopping) = (self.clone(), scope.token());
        scope.spawn_service("retention", async move {
            let mut every = tokio::time::interval(broker.0.settings.retention_interval);
            loop {
                tokio::select! {
                    _ = every.tick() => broker.retain().await,
                    () = stopping.cancelled() => return Ok::<_, std::io::Error>(()),
                }
            }
        });
        Ok(address)
    }

    /// Makes everything durable and leaves the folder so that it opens quickly. To be called when nobody is served any more.
    pub async fn close(self) -> Result<(), Unhealthy> {
        let inner = Arc::clone(&self.0);
        // A panic while closing has lost nothing: it is opened as after a crash.
        let _ = tokio::task::spawn_blocking(move || {
            let own = [inner.offsets.log(), &inner.health].map(Arc::clone);
            for partition in inner.partitions().into_iter().map(|(_, _, partition)| partition).chain(own) {
                partition.flush(true);
            }
        })
        .await;
        self.0.failed_partition()
    }
}

/// Its topics.
impl Broker {
    /// Makes a topic with so many partitions, for ever; `None`: as many as the settings say.
    pub async fn create_topic(
        &self,
        name: &str,
        partitions: Option<i32>,
        config: TopicConfig,
    ) -> Result<(), TopicError> {
        self.0.create_topic(name, partitions, config).await.map(drop)
    }

    /// Deletes a topic with its data and its groups' offsets, held or not: who owns the folder may.
    pub async fn delete_topic(&self, name: &str) -> Result<(), TopicError> {
        self.0.delete_topic(name).await
    }

    /// The names of all topics.
    pub fn topics(&self) -> Vec<String> {
        self.0.topics().keys().cloned().collect()
    }

    /// Lets go of what lies before an offset of a held topic: the retention may delete it from now on. To be said again after
    /// each opening, because until then nothing goes.
    pub fn release(&self, topic: &str, partition: i32, offset: i64) -> Result<(), TopicError> {
        let found = self.0.partition(topic, partition).ok_or_else(|| TopicError::Unknown(topic.to_owned()))?;
        found.release(offset);
        Ok(())
    }

    /// Lets a partition that never held a record begin at this offset: its owner has kept what was before, and this log is a
    /// new one. An offset that it has reached already is left as it is.
    pub fn begin_at(&self, topic: &str, partition: i32, offset: i64) -> Result<(), TopicError> {
        let found = self.0.partition(topic, partition).ok_or_else(|| TopicError::Unknown(topic.to_owned()))?;
        if found.next_offset() >= offset {
            return Ok(());
        }
        let io = |source| Error::Io { path: format!("{topic}/{partition}").into(), source };
        if found.begin_at(offset).map_err(io)? {
            return Ok(());
        }
        Err(TopicError::Behind { topic: topic.to_owned(), partition, end: found.next_offset(), wanted: offset })
    }

    /// Deletes what is past its retention and not held. [`Broker::serve`] does so now and then.
    pub async fn retain(&self) {
        let inner = Arc::clone(&self.0);
        // What cannot be deleted now can be later.
        let _ = tokio::task::spawn_blocking(move || inner.retain()).await;
    }
}

/// How it is.
impl Broker {
    /// What is in the log and what goes on.
    pub fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let traffic = &self.0.traffic;
        let partitions = self.0.partitions().into_iter().map(|(topic, number, partition)| PartitionStats {
            topic,
            partition: number,
            start: partition.start(),
            end: partition.end(),
            bytes: partition.bytes(),
        });
        Stats {
            partitions: partitions.collect(),
            connections: self.0.connections.load(Ordering::Relaxed),
            groups: self.0.groups.list().len(),
            records_in: read(&traffic.records_in),
            bytes_in: read(&traffic.bytes_in),
            bytes_out: read(&traffic.bytes_out),
            requests: read(&traffic.requests),
            refused: read(&traffic.refused),
        }
    }

    /// Writes a record to a log of its own, makes it durable and reads it back; and asks whether every partition still takes
    /// records (fault 4: health is more than that something of the name exists).
    pub async fn check(&self) -> Result<(), Unhealthy> {
        let inner = Arc::clone(&self.0);
        let number = inner.checks.fetch_add(1, Ordering::Relaxed);
        let value = format!("{} {number}", inner.now_ms());
        let write = |error: Unwritten| Unhealthy::Write(error.to_string());
        let (mut batch, now) = (Batch::of_one(value.as_bytes(), inner.now_ms()), inner.now_ms());
        let health = Arc::clone(&inner.health);
        let appended = tokio::task::spawn_blocking(move || health.append(&mut batch, now)).await;
        let appended = appended.map_err(|error| Unhealthy::Write(error.to_string()))?.map_err(write)?;
        inner.flusher.submit(&inner.health);
        inner.health.durable_to(appended.next_offset).await.map_err(write)?;
        let health = Arc::clone(&inner.health);
        let read = tokio::task::spawn_blocking(move || {
            let _ = health.retain(Some(0), None, false);
            health.read(appended.base_offset, 1)
        });
        let read = read.await.map_err(|error| Unhealthy::Read(error.to_string()))?;
        let batch = read.map_err(|error| Unhealthy::Read(error.to_string()))?;
        Header::verify(&batch).map_err(|error| Unhealthy::Read(error.to_string()))?;
        if only_value(&batch).is_none_or(|read| read != value.as_bytes()) {
            return Err(Unhealthy::Read("it is another one".to_owned()));
        }
        inner.failed_partition()
    }
}

impl Inner {
    /// Milliseconds since the epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_micros().div_euclid(1000)
    }

    pub(crate) fn topics(&self) -> RwLockReadGuard<'_, BTreeMap<String, Arc<Topic>>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn topic(&self, name: &str) -> Option<Arc<Topic>> {
        self.topics().get(name).cloned()
    }

    pub(crate) fn partition(&self, topic: &str, partition: i32) -> Option<Arc<Partition>> {
        let number = usize::try_from(partition).ok()?;
        self.topics().get(topic)?.partitions.get(number).cloned()
    }

    pub(crate) async fn create_topic(
        self: &Arc<Self>,
        name: &str,
        partitions: Option<i32>,
        config: TopicConfig,
    ) -> Result<Arc<Topic>, TopicError> {
        let partitions = partitions.unwrap_or(self.settings.partitions);
        self.may_create(name, partitions)?;
        let (inner, name) = (Arc::clone(self), name.to_owned());
        let made = tokio::task::spawn_blocking(move || {
            let mut topics = inner.topics.write().unwrap_or_else(PoisonError::into_inner);
            if topics.contains_key(&name) {
                return Err(TopicError::Exists(name));
            }
            let folder = inner.folder.join("topics").join(&name);
            let topic = Topic::create(&folder, partitions, config, &inner.settings).map_err(Error::from)?;
            let topic = Arc::new(topic);
            topics.insert(name, Arc::clone(&topic));
            Ok(topic)
        });
        made.await.unwrap_or_else(|error| {
            let source = std::io::Error::other(error);
            Err(TopicError::Files(Error::Io { path: self.folder.clone(), source }))
        })
    }

    /// Whether a topic can be made.
    pub(crate) fn may_create(&self, name: &str, partitions: i32) -> Result<(), TopicError> {
        if !Topic::is_name(name) || name.starts_with(DELETED) {
            return Err(TopicError::Name(name.to_owned()));
        }
        let topics = self.topics();
        if topics.contains_key(name) {
            return Err(TopicError::Exists(name.to_owned()));
        }
        let all: usize = topics.values().map(|topic| topic.partitions.len()).sum();
        if !(1..=1000).contains(&partitions) || all + partitions as usize > MOST_PARTITIONS {
            return Err(TopicError::Partitions);
        }
        Ok(())
    }

    pub(crate) async fn delete_topic(self: &Arc<Self>, name: &str) -> Result<(), TopicError> {
        let unknown = || TopicError::Unknown(name.to_owned());
        let topic = self.topics.write().unwrap_or_else(PoisonError::into_inner).remove(name).ok_or_else(unknown)?;
        let folder = self.folder.join("topics").join(name);
        let path = folder.clone();
        let deleted = tokio::task::spawn_blocking(move || Topic::delete(&folder, topic.id)).await;
        let deleted = deleted.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        deleted.map_err(|source| TopicError::Files(Error::Io { path: path.clone(), source }))?;
        let forgotten = self.offsets.forget_topic(name, self.now_ms(), &self.flusher).await;
        forgotten.map_err(|error| {
            let source = std::io::Error::other(error.to_string());
            TopicError::Files(Error::Io { path, source })
        })
    }

    /// A number that no producer has had. Blocks on the disk now and then.
    pub(crate) fn new_producer_id(&self) -> std::io::Result<i64> {
        let mut ids = self.producer_ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.is_empty() {
            let next = ids.end;
            write_whole(&self.folder.join("producer-ids"), (next + PRODUCER_IDS).to_string().as_bytes())?;
            *ids = next..next + PRODUCER_IDS;
        }
        ids.next().ok_or_else(|| std::io::Error::other("no producer ids are left"))
    }

    fn partitions(&self) -> Vec<(String, i32, Arc<Partition>)> {
        let topics = self.topics();
        let each = topics.iter().flat_map(|(name, topic)| {
            topic.partitions.iter().zip(0..).map(|(partition, number)| (name.clone(), number, Arc::clone(partition)))
        });
        each.collect()
    }

    fn retain(&self) {
        let topics: Vec<_> = self.topics().iter().map(|(name, topic)| (name.clone(), Arc::clone(topic))).collect();
        for (name, topic) in topics {
            let (keep_bytes, keep_ms) = (topic.config.keep_bytes(&self.settings), topic.config.keep_ms(&self.settings));
            let older_than = keep_ms.map(|ms| self.now_ms().saturating_sub(ms));
            let held = self.settings.held.contains(&name);
            for (partition, number) in topic.partitions.iter().zip(0..) {
                match partition.retain(keep_bytes, older_than, held) {
                    Ok(0) => {}
                    Ok(segments) => {
                        tracing::info!(
                            topic = name,
                            partition = number,
                            segments,
                            "deleted what is past its retention"
                        );
                    }
                    Err(error) => {
                        tracing::warn!(topic = name, partition = number, %error, "what is past its retention stays");
                    }
                }
            }
        }
    }

    fn failed_partition(&self) -> Result<(), Unhealthy> {
        for (topic, number, partition) in self.partitions() {
            if let Some(cause) = partition.failure() {
                return Err(Unhealthy::Failed { topic, partition: number, cause: cause.to_string() });
            }
        }
        Ok(())
    }
}

//! The task that keeps the store in step.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use strata_broker::client::{Admin, Consumer, ConsumerSettings, Error as LogError, Options, Record, Start};
use strata_landing::line;
use strata_online_store::{Mark, Marks, OnlineStore};
use strata_refinery::{LiveRecord, OnInvalid};
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::changes::live_changes;
use crate::repairs::Repairs;
use crate::{Error, Filling, Meter, Silver};

/// Records that are taken at once: what is written together writes each patient's timeline once.
const MOST: usize = 50_000;
/// How long is waited for records before it is looked whether anything else is to be done.
const TICK: Duration = Duration::from_millis(250);
/// So long records are gathered at the least before they are written: what is written together shares one sync of the disk.
const GATHER: Duration = Duration::from_millis(200);
/// And at the most. In between as long as the last ones took: in a flood the way to silver has the other half of the time,
/// and more is written together.
const REST: Duration = Duration::from_millis(500);
/// How often is looked at silver while it does not have what is to be filled from it.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes that are read ahead of the log.
const AHEAD: usize = 8 << 20;

/// What the feed is told.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What becomes of a row with an impossible value: as in silver.
    pub on_invalid: OnInvalid,
}

/// Knows whether something else than the live log went into silver.
pub trait Imports: Send + Sync {
    /// A number that changes when it did.
    fn number(&self) -> u64;
}

/// Keeps a store in step with a log.
pub struct Feed {
    store: OnlineStore,
    silver: Silver,
    log: Options,
    imports: Arc<dyn Imports>,
    settings: Settings,
    meter: Meter,
}

/// Why following ended.
enum Ended {
    Stopped,
    /// Silver has what the store cannot get from the log.
    Elsewhere(&'static str),
}

impl Feed {
    /// Keeps `store` in step with the log at `log`, and with `silver`.
    pub fn new(
        store: OnlineStore,
        silver: Silver,
        log: Options,
        imports: Arc<dyn Imports>,
        settings: Settings,
        meter: Meter,
    ) -> Self {
        Self { store, silver, log, imports, settings, meter }
    }

    /// Fills the store where it was never filled, or silver has since taken in what did not come by the live log.
    pub async fn prepare(&self) -> Result<(), Error> {
        self.meter.begin("opening the online store");
        if self.known().await?.is_none() {
            self.fill().await?;
        }
        Ok(())
    }

    /// Runs until it is told to stop. What was read is in the store; what was not is in the log.
    pub async fn run(&self, stop: &CancellationToken) -> Result<(), Error> {
        self.meter.begin("opening the online store");
        let mut known = self.known().await?;
        loop {
            let marks = match known.take() {
                Some(marks) => marks,
                None => match self.unless(stop, self.fill()).await {
                    Some(filled) => filled?,
                    None => return Ok(()),
                },
            };
            match self.follow(marks, stop).await? {
                Ended::Stopped => return Ok(()),
                Ended::Elsewhere(why) => tracing::info!(why, "the online store is filled anew from silver"),
            }
        }
    }

    /// How far the store has read, if it can go on from there.
    async fn known(&self) -> Result<Option<Marks>, Error> {
        Ok(self.store.marks().await?.filter(|marks| marks.silver == self.imports.number()))
    }

    async fn unless<T>(&self, stop: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            done = work => Some(done),
        }
    }

    /// Fills the store from silver, once silver has what was imported and reaches what the log still has. Gives how far it
    /// has read with that.
    async fn fill(&self) -> Result<Marks, Error> {
        let number = self.imports.number();
        self.meter.begin("waiting until silver has all that was imported");
        while !self.silver.has_imports().await? || !self.reaches_the_log().await? {
            sleep(LOOK).await;
        }
        self.store.clear().await?;
        let meter = self.meter.clone();
        let tell = move |filling: Filling| {
            let percent = 100 * filling.done / filling.total.max(1);
            meter.begin(&format!("filling the online store from silver: {percent} %, {} patients", filling.patients));
        };
        let filled = self.silver.fill(&self.store, &tell).await?;
        let marks = Marks { silver: number, ..filled };
        self.store.mark(&marks).await?;
        Ok(marks)
    }

    /// Whether silver has read so far that the log has what follows.
    async fn reaches_the_log(&self) -> Result<bool, Error> {
        let admin = Admin::new(&self.log)?;
        for ((topic, partition), next) in self.silver.marks().await? {
            let start = admin.watermarks(topic.name(), i32::from(partition)).await?.start as u64;
            // Of a partition that silver has nothing of, the log may have forgotten what nobody landed.
            if next < start && (next > 0 || self.silver.is_behind(topic, partition, next).await?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn follow(&self, mut marks: Marks, stop: &CancellationToken) -> Result<Ended, Error> {
        let consumer = self.consumer(&marks)?;
        let mut repairs = Repairs::new(self.silver.clone(), self.store.waiting(usize::MAX).await?, &marks);
        self.meter.took(0, &marks);
        loop {
            self.meter.looked();
            self.meter.waiting(repairs.len() as u64);
            let mut batch = Batch::default();
            let taking = consumer.take(MOST, TICK, |record| batch.take(record, &mut marks));
            let taken = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(Ended::Stopped),
                taken = taking => taken,
            };
            let taken = match taken {
                Err(LogError::OffsetGone(_)) => return Ok(Ended::Elsewhere("the log has forgotten what comes next")),
                taken => taken?,
            };
            if taken > 0 {
                let (on_invalid, began) = (self.settings.on_invalid, Instant::now());
                let changes = tokio::task::spawn_blocking(move || batch.changes(on_invalid)).await??;
                let applied = self.store.apply(changes, &marks).await?;
                self.meter.took(taken as u64, &marks);
                repairs.late(applied.late, &marks);
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = sleep(rest(began.elapsed())) => {}
                }
            }
            self.meter.repaired(repairs.finish(&self.store, &marks).await?);
            if repairs.is_due() {
                repairs.begin().await?;
                if self.imports.number() != marks.silver {
                    return Ok(Ended::Elsewhere("silver has what did not come by the live log"));
                }
            }
        }
    }

    fn consumer(&self, marks: &Marks) -> Result<Consumer, Error> {
        let partitions = Topic::EVENTS.into_iter().flat_map(|topic| (0..PARTITIONS).map(move |one| (topic, one)));
        let starts = partitions.map(|(topic, partition)| {
            let next = marks.live.get(&(topic, partition)).map_or(0, |mark| mark.next);
            let start = if next == 0 { Start::Earliest } else { Start::At(next as i64) };
            (topic.name(), i32::from(partition), start)
        });
        let starts: Vec<_> = starts.collect();
        let settings = ConsumerSettings { prefetch_bytes: AHEAD, fetch_bytes: AHEAD, ..ConsumerSettings::in_rounds() };
        Ok(Consumer::assign(&self.log, &settings, &starts)?)
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("store", &self.store).field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// How long is gathered after what took so long.
fn rest(took: Duration) -> Duration {
    GATHER.saturating_sub(took).max(took.min(REST))
}

/// Records that were taken together.
#[derive(Debug, Default)]
struct Batch(BTreeMap<Topic, Vec<LiveRecord>>);

impl Batch {
    fn take(&mut self, record: Record<'_>, marks: &mut Marks) {
        let Ok(topic) = record.topic.parse::<Topic>() else { return };
        let (partition, offset) = (record.partition as u8, record.offset as u64);
        let logged = Timestamp(record.time_ms * 1_000);
        marks.live.insert((topic, partition), Mark { next: offset + 1, logged: Some(logged) });
        // As landing reads it, so that bronze and this see the same line.
        let line = line(record.payload.unwrap_or(b"null")).into_owned();
        self.0.entry(topic).or_default().push(LiveRecord { partition, offset, logged, line });
    }

    fn changes(self, on_invalid: OnInvalid) -> Result<BTreeMap<PatientId, Vec<strata_online_store::Change>>, Error> {
        let mut changes = BTreeMap::new();
        for (topic, records) in self.0 {
            live_changes(topic, &records, on_invalid, &mut changes)?;
        }
        Ok(changes)
    }
}

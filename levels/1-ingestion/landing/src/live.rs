//! The live log to bronze, each record exactly once.
//!
//! No offset is kept anywhere but in bronze: an object is named by the offset of its first record, so what has landed says
//! where to go on, after whatever end. A record that was read and not committed is read again; one that was committed is
//! not. Nothing else writes the live log's objects, because the data folder has one stack.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use strata_broker::client::{Admin, Consumer, ConsumerSettings, Options, Start};
use strata_objects::Objects;
use strata_types::{PARTITIONS, Topic};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::manifest::{Availability, Draft};
use crate::open_objects::OpenObjects;
use crate::patience::persist;
use crate::writer::Packed;
use crate::{Bronze, Error, Meter};

/// The name of the live log in bronze.
pub const LIVE: &str = "live";

/// Records that are taken at once.
const MOST: usize = 20_000;
/// How often is looked for objects that are old enough, while nothing comes.
const TICK: Duration = Duration::from_millis(100);
/// What is given to land the rest when it is told to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// How many objects are written at once.
const WRITERS: usize = 4;

/// When an object is closed, and where the log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSettings {
    /// Raw bytes of one object.
    pub object_bytes: usize,
    /// Raw bytes of all open objects together: the bound on memory, but for what is taken at once.
    pub open_bytes: usize,
    /// Since the first record of all open objects was read: the bound on how late bronze is.
    pub age: Duration,
    /// Where a partition begins of which bronze has nothing.
    pub beginning: Beginning,
}

/// Where a partition begins of which bronze has nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beginning {
    /// At offset 0, and a log without it is an error: the embedded log forgets nothing before it has landed.
    #[default]
    Whole,
    /// At the earliest record there is: a log that others keep may have forgotten its first ones.
    Earliest,
}

/// Reads the live log into bronze.
#[derive(Debug)]
pub struct Landing {
    objects: Objects,
    options: Options,
    settings: LiveSettings,
    meter: Meter,
}

/// Hears how far bronze goes: topic, partition, end offset, of all partitions that were committed together.
type Landed<'a> = &'a (dyn Fn(&[(Topic, u8, u64)]) + Send + Sync);

impl Landing {
    /// Lands the log at `options` in `objects`. Its topics have to exist, with 16 partitions each.
    pub fn new(objects: Objects, options: Options, settings: LiveSettings) -> Self {
        Self { objects, options, settings, meter: Meter::default() }
    }

    /// Counts with this meter, which may have counted an earlier landing.
    #[must_use]
    pub fn metered(self, meter: Meter) -> Self {
        Self { meter, ..self }
    }

    /// What tells how it goes.
    pub fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// Runs until it is told to stop; then lands what the log holds, and commits. Says how far bronze goes, of all partitions at
    /// the start and of those that went on after each round: what lies before may go from the log.
    ///
    /// A store that is away is waited for: nothing more is taken, and the meter says why. Told to stop meanwhile, it gives the
    /// store a few seconds and then ends with its error; what has not landed is in the log.
    pub async fn run(&self, stop: &CancellationToken, landed: Landed<'_>) -> Result<(), Error> {
        self.meter.begin();
        let mut next = BTreeMap::new();
        for topic in Topic::EVENTS {
            next.extend(self.ends(topic, stop).await?.into_iter().map(|(partition, end)| ((topic, partition), end)));
        }
        let ends: Vec<_> = next.iter().map(|(&(topic, partition), &end)| (topic, partition, end)).collect();
        for &(topic, partition, end) in &ends {
            self.meter.landed(topic, partition, end);
        }
        landed(&ends);
        let consumer = self.consumer(&next)?;
        let open = OpenObjects::new(self.settings, next);
        self.take(&consumer, open, stop, landed).await
    }

    /// How far bronze goes in each partition that has a beginning.
    async fn ends(&self, topic: Topic, stop: &CancellationToken) -> Result<BTreeMap<u8, u64>, Error> {
        let bronze = Bronze::new(self.objects.clone());
        let beginning = self.settings.beginning;
        let found = persist(&self.meter, late(stop), || bronze.ends(topic, LIVE, beginning)).await?;
        let mut ends: BTreeMap<_, _> = found.into_iter().collect();
        if beginning == Beginning::Whole {
            (0..PARTITIONS).for_each(|partition| _ = ends.entry(partition).or_insert(0));
        }
        Ok(ends)
    }

    fn consumer(&self, next: &BTreeMap<(Topic, u8), u64>) -> Result<Consumer, Error> {
        let partitions = Topic::EVENTS.into_iter().flat_map(|topic| (0..PARTITIONS).map(move |one| (topic, one)));
        let starts = partitions.map(|(topic, partition)| {
            let start = next.get(&(topic, partition)).map_or(Start::Earliest, |&end| Start::At(end as i64));
            (topic.name(), i32::from(partition), start)
        });
        let starts: Vec<_> = starts.collect();
        Ok(Consumer::assign(&self.options, &ConsumerSettings::in_rounds(), &starts)?)
    }

    /// Where the log ends, as far as it says.
    async fn log_ends(&self) -> BTreeMap<(Topic, u8), u64> {
        let mut ends = BTreeMap::new();
        let Ok(admin) = Admin::new(&self.options) else { return ends };
        for topic in Topic::EVENTS {
            for partition in 0..PARTITIONS {
                let Ok(marks) = admin.watermarks(topic.name(), i32::from(partition)).await else { return ends };
                if marks.end > marks.start {
                    ends.insert((topic, partition), marks.end as u64);
                }
            }
        }
        ends
    }

    async fn take(
        &self,
        consumer: &Consumer,
        mut open: OpenObjects,
        stop: &CancellationToken,
        landed: Landed<'_>,
    ) -> Result<(), Error> {
        let (mut stopped, mut goal) = (None, BTreeMap::new());
        loop {
            if stop.is_cancelled() && stopped.is_none() {
                stopped = Some(Instant::now());
                goal = timeout(DRAIN, self.log_ends()).await.unwrap_or_default();
            }
            let mut misfit = None;
            let taking = consumer.take(MOST, TICK, |record| {
                if misfit.is_none() {
                    misfit = open.take(record).err();
                }
            });
            let taken = tokio::select! {
                biased;
                taken = taking => taken?,
                () = stop.cancelled(), if stopped.is_none() => continue,
            };
            self.meter.open(open.bytes());
            // What the log holds when it is told to stop lands too, as far as time allows.
            let all = || taken == 0 && open.has_reached(&goal);
            let drained = stopped.is_some_and(|since: Instant| all() || since.elapsed() > DRAIN);
            let ripe = open.ripe(drained || misfit.is_some());
            if !ripe.is_empty() {
                self.land(ripe, stop, landed).await?;
                self.meter.open(open.bytes());
            }
            if let Some(misfit) = misfit {
                return Err(misfit);
            }
            if drained {
                return Ok(());
            }
        }
    }

    async fn land(&self, drafts: Vec<Draft>, stop: &CancellationToken, landed: Landed<'_>) -> Result<(), Error> {
        let commits = stream::iter(drafts).map(|draft| async {
            let packed = Packed::new(LIVE, Availability::AtArrival, draft).await?;
            persist(&self.meter, late(stop), || packed.put(&self.objects)).await?;
            self.meter.committed(&packed);
            Ok::<_, Error>((packed.topic, packed.manifest.partition, packed.manifest.end_offset()))
        });
        landed(&commits.buffer_unordered(WRITERS).try_collect::<Vec<_>>().await?);
        Ok(())
    }
}

/// Ready when it was told to stop a while ago.
async fn late(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(DRAIN).await;
}

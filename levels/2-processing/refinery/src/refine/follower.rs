//! Silver that follows the live log: pass after pass over tables that stay open.

use std::collections::{BTreeMap, HashMap};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use strata_lakehouse::batch::Engine;
use strata_landing::{LIVE, Manifest};
use strata_types::{HOUR, MINUTE, Timestamp, Topic};

use super::compaction::Background;
use super::intake::{self, contiguous};
use super::standing::Standing;
use super::wave::Bundle;
use super::{Refined, Refinery};
use crate::Error;

/// How often files that count no more are looked for.
const TIDY: i64 = 10 * MINUTE;
/// How often a topic is listed for objects that should be there but are not where they were expected.
const SEARCH: i64 = MINUTE / 2;

/// Refines what lands, pass by pass. A pass may be dropped at any point: the next one opens the tables anew.
#[derive(Debug)]
pub struct Follower {
    refinery: Refinery,
    /// `None` before the first pass, and after one that did not end well.
    at: Option<At>,
    landed: BTreeMap<(Topic, u8), u64>,
    tidied: Option<Timestamp>,
}

/// Where the follower is.
#[derive(Debug)]
struct At {
    standing: Standing,
    reached: BTreeMap<(Topic, u8), Reached>,
    searched: BTreeMap<Topic, Timestamp>,
    merging: Option<Background>,
}

/// How far a partition of the live log is in silver.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    next: u64,
    /// The log time of its last record, when that was refined here.
    logged: Option<Timestamp>,
}

/// What a pass did, and how far silver is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pass {
    /// What became of each topic's records.
    pub topics: Vec<Refined>,
    /// The log time up to which silver has all that has landed; `None` before anything was refined. Of a partition that
    /// waits, its last record in silver is what is known, however long ago that came.
    pub refined_until: Option<Timestamp>,
    /// The log time of silver's newest record, of any partition: while records come, its age says how far silver is behind.
    pub newest: Option<Timestamp>,
    /// Records of the live log that have landed and are not in silver yet.
    pub waiting: u64,
}

impl Follower {
    pub(super) fn new(refinery: Refinery) -> Self {
        Self { refinery, at: None, landed: BTreeMap::new(), tidied: None }
    }

    /// Refines what has landed since the pass before. `landed` says how far bronze goes in partitions of the live log; what
    /// has been said before need not be said again, and bronze is not listed for it. The first pass lists bronze and
    /// refines all that is new, of every log.
    pub fn pass<'a>(
        &'a mut self,
        landed: &'a [(Topic, u8, u64)],
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Pass, Error>> {
        self.refine_landed(landed, now).boxed()
    }

    async fn refine_landed(&mut self, landed: &[(Topic, u8, u64)], now: Timestamp) -> Result<Pass, Error> {
        for &(topic, partition, end) in landed {
            let known = self.landed.entry((topic, partition)).or_default();
            *known = end.max(*known);
        }
        match self.once(now).await {
            // Whatever the other process did, it is read and decided again.
            Err(Error::Lakehouse(strata_lakehouse::Error::Changed { .. })) => self.once(now).await,
            ended => ended,
        }
    }

    async fn once(&mut self, now: Timestamp) -> Result<Pass, Error> {
        let mut topics = Vec::new();
        let mut at = if let Some(at) = self.at.take() {
            at
        } else {
            let (at, refined) = At::begin(&self.refinery, now).await?;
            topics = refined;
            at
        };
        let bundles = at.landed(&self.refinery, &self.landed, now).await?;
        if !bundles.is_empty() {
            let refined = at.refine(&self.refinery, bundles, now).await?;
            topics = if topics.is_empty() { refined } else { sums(topics, &refined) };
        }
        at.merge(now).await?;
        let due = self.tidied.is_none_or(|last| now >= last + TIDY);
        if due && at.merging.is_none() {
            at.standing.tidy(now).await?;
            self.tidied = Some(now);
        }
        let (refined_until, newest) = (at.until(&self.landed), at.newest());
        let pass = Pass { topics, refined_until, newest, waiting: at.waiting(&self.landed) };
        self.at = Some(at);
        Ok(pass)
    }
}

impl At {
    /// Opens the tables and refines all that is new.
    async fn begin(refinery: &Refinery, now: Timestamp) -> Result<(Self, Vec<Refined>), Error> {
        let mut standing = Standing::open(&refinery.lakehouse).await?;
        let bundles = intake::all_new(refinery, &mut standing).await?;
        let reached = standing.live_marks().await?.into_iter();
        let reached = reached.map(|(place, next)| (place, Reached { next, logged: None })).collect();
        let mut at = Self { standing, reached, searched: BTreeMap::new(), merging: None };
        let refined = at.refine(refinery, bundles, now).await?;
        at.standing.settle(now).await?;
        Ok((at, refined))
    }

    async fn refine(
        &mut self,
        refinery: &Refinery,
        bundles: HashMap<Topic, Vec<Bundle>>,
        now: Timestamp,
    ) -> Result<Vec<Refined>, Error> {
        let mut reached = self.reached.clone();
        for (topic, bundles) in &bundles {
            for manifest in bundles.iter().map(|bundle| &bundle.manifest).filter(|manifest| manifest.log == LIVE) {
                let last = manifest.log_times().max();
                let here = reached.entry((*topic, manifest.partition)).or_default();
                *here = Reached { next: manifest.end_offset().max(here.next), logged: here.logged.max(last) };
            }
        }
        let refined = self.standing.refine_all(refinery, &Engine::Embedded, bundles, now, &mut |_| {}).await?;
        self.reached = reached;
        Ok(refined)
    }

    /// The objects that follow on what was reached.
    async fn landed(
        &mut self,
        refinery: &Refinery,
        landed: &BTreeMap<(Topic, u8), u64>,
        now: Timestamp,
    ) -> Result<HashMap<Topic, Vec<Bundle>>, Error> {
        let mut found: HashMap<Topic, Vec<Bundle>> = HashMap::new();
        for (&(topic, partition), &end) in landed {
            let mut reached = self.reached.get(&(topic, partition)).copied().unwrap_or_default();
            while reached.next < end {
                let hours = [reached.logged.unwrap_or(now), now, now - HOUR, now + HOUR];
                let next = refinery.bronze.at(topic, LIVE, partition, reached.next, &hours).await?;
                let more = match next {
                    Some(manifest) => vec![manifest],
                    None => self.search(refinery, topic, partition, reached.next, now).await?,
                };
                let Some(last) = more.last() else { break };
                reached = Reached { next: last.end_offset(), logged: last.log_times().max() };
                let bundles = more.into_iter().map(|manifest| Bundle { manifest, only: None });
                found.entry(topic).or_default().extend(bundles);
            }
        }
        Ok(found)
    }

    /// Looks for a partition's objects in all hours; not often, for it lists the topic.
    async fn search(
        &mut self,
        refinery: &Refinery,
        topic: Topic,
        partition: u8,
        next: u64,
        now: Timestamp,
    ) -> Result<Vec<Manifest>, Error> {
        let is_due = self.searched.get(&topic).is_none_or(|last| *last == now || now >= *last + SEARCH);
        if !is_due {
            return Ok(Vec::new());
        }
        self.searched.insert(topic, now);
        let from = |log: &str, other: u8| if log == LIVE && other == partition { next } else { u64::MAX };
        Ok(contiguous(refinery.bronze.since(topic, &from).await?, &from))
    }

    /// Merges small files; large ones beside the passes to come.
    async fn merge(&mut self, now: Timestamp) -> Result<(), Error> {
        if self.merging.as_ref().is_some_and(Background::is_done)
            && let Some(merging) = self.merging.take()
            && let Some(table) = self.standing.open_table(merging.table)
        {
            merging.end(table, now).await?;
        }
        let begun = self.standing.settle_small(now, self.merging.is_some()).await?;
        self.merging = self.merging.take().or(begun);
        Ok(())
    }

    fn waiting(&self, landed: &BTreeMap<(Topic, u8), u64>) -> u64 {
        landed.iter().map(|(place, end)| end.saturating_sub(self.next(*place))).sum()
    }

    /// Where a partition waits, its last record in silver; where none does, the last record of all.
    fn until(&self, landed: &BTreeMap<(Topic, u8), u64>) -> Option<Timestamp> {
        let logged = |place: &(Topic, u8)| self.reached.get(place).and_then(|reached| reached.logged);
        let waiting = landed.iter().filter(|(place, end)| self.next(**place) < **end);
        waiting.map(|(place, _)| logged(place)).min().unwrap_or(self.newest())
    }

    fn newest(&self) -> Option<Timestamp> {
        self.reached.values().filter_map(|reached| reached.logged).max()
    }

    fn next(&self, place: (Topic, u8)) -> u64 {
        self.reached.get(&place).map_or(0, |reached| reached.next)
    }
}

fn sums(mut first: Vec<Refined>, then: &[Refined]) -> Vec<Refined> {
    for first in &mut first {
        first.add(then);
    }
    first
}

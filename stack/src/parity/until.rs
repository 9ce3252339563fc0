//! Until when both stores have seen everything.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use strata_broker::client::{Admin, Options};
use strata_online_feed::Silver;
use strata_online_store::Marks;
use strata_types::{PARTITIONS, Timestamp, Topic};
use tokio::time::{Instant, sleep};

use super::states::States;
use crate::Stack;

/// How long is waited until both stores have what the log has.
const PATIENCE: Duration = Duration::from_mins(2);

/// Until when both stores have seen everything.
pub(super) enum Until {
    /// Whatever was logged by then.
    Time(Timestamp),
    /// What the online store has read.
    AtRest,
}

impl Until {
    /// The same as a time, by how far the online store had read before its states were, and silver reads now.
    pub(super) async fn bound(&self, marks: Option<&Marks>, silver: &Silver) -> Result<Timestamp> {
        let Self::Time(time) = self else {
            let (Some(marks), refined) = (marks, silver.marks().await?) else { return Ok(Timestamp(i64::MAX)) };
            // Where silver has more, it is of later than the last record that the online store has.
            let ahead = refined.iter().filter_map(|(place, next)| {
                let mark = marks.live.get(place)?;
                (*next > mark.next).then_some(mark.logged.map_or(Timestamp(i64::MIN), |logged| logged - 1))
            });
            return Ok(ahead.min().unwrap_or(Timestamp(i64::MAX)));
        };
        Ok(*time)
    }
}

impl Stack {
    /// Waits until both stores have what the log has taken until now, while a stack runs; at rest, until nothing: silver
    /// must have what the online store has.
    pub(super) async fn both_have(&self, states: &States, silver: &Silver, log: Option<&Options>) -> Result<Until> {
        let Some(log) = log else {
            let (marks, _) = states.page(None, 1).await?;
            let (marks, silver) = (marks.unwrap_or_default(), silver.marks().await?);
            let behind: u64 = marks
                .live
                .iter()
                .map(|(place, mark)| mark.next.saturating_sub(silver.get(place).copied().unwrap_or(0)))
                .sum();
            if behind > 0 {
                bail!("silver is {behind} records behind the online store: run `strata refine`, or raise the stack");
            }
            return Ok(Until::AtRest);
        };
        let now = Timestamp(self.clock().now_micros());
        let admin = Admin::new(log)?;
        let mut ends = BTreeMap::new();
        for topic in Topic::EVENTS {
            for partition in 0..PARTITIONS {
                let end = admin.watermarks(topic.name(), i32::from(partition)).await?.end as u64;
                ends.insert((topic, partition), end);
            }
        }
        let began = Instant::now();
        loop {
            let marks = states.page(None, 1).await?.0.unwrap_or_default();
            let refined = silver.marks().await?;
            let missing = |next: &dyn Fn(&(Topic, u8)) -> u64| -> u64 {
                ends.iter().map(|(place, end)| end.saturating_sub(next(place))).sum()
            };
            let online = missing(&|place| marks.live.get(place).map_or(0, |mark| mark.next));
            let offline = missing(&|place| refined.get(place).copied().unwrap_or(0));
            if online == 0 && offline == 0 {
                return Ok(Until::Time(now));
            }
            if began.elapsed() > PATIENCE {
                bail!(
                    "after {} s the online store still lacks {online} records of the log, silver {offline}: see `strata status`",
                    PATIENCE.as_secs()
                );
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}

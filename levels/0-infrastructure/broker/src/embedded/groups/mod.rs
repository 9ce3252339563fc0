//! Consumer groups: who reads which partitions, by Kafka's classic protocol.
//!
//! Members join; when all have, the first of them assigns the partitions and the others are told. Whoever comes, goes or falls
//! silent makes them join again. Members live in memory only: after a restart each is unknown, joins again and goes on from
//! its committed offsets, which are durable.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

mod group;
use group::Group;
pub(crate) use group::State;

/// Shortest and longest silence that a member may ask for.
const SESSION: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_mins(30);
/// Groups at a time, members in all and bytes of what one says of itself: so that memory has a bound.
const MOST_MEMBERS: usize = 10_000;

/// Why a member is refused. Each is an error code of Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    InvalidGroup,
    InvalidSession,
    InconsistentProtocol,
    UnknownMember,
    IllegalGeneration,
    Rebalancing,
    Fenced,
    Full,
}

/// A wish to be a member.
#[derive(Clone, Debug)]
pub(crate) struct Join {
    pub(crate) group: String,
    /// Empty: none yet.
    pub(crate) member: String,
    /// A name that stays when the member is started anew.
    pub(crate) instance: Option<String>,
    pub(crate) client: String,
    pub(crate) host: String,
    pub(crate) session: Duration,
    pub(crate) rebalance: Duration,
    pub(crate) kind: String,
    /// Ways to assign that it knows, the dearest first, with what it says of itself in each.
    pub(crate) protocols: Vec<(String, Bytes)>,
    /// Whether the client comes again with the id that it is given.
    pub(crate) asks_twice: bool,
}

/// A generation of a group, as told to one of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) generation: i32,
    pub(crate) kind: String,
    pub(crate) protocol: String,
    pub(crate) leader: String,
    pub(crate) member: String,
    /// All members, for the leader; (id, instance, what it says of itself).
    pub(crate) members: Vec<(String, Option<String>, Bytes)>,
}

/// What a member is to read, in the words of the way to assign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Synced {
    pub(crate) kind: String,
    pub(crate) protocol: String,
    pub(crate) assignment: Bytes,
}

/// The answer to a [`Join`].
#[derive(Debug)]
pub(crate) enum JoinAnswer {
    Now(Joined),
    /// When all have joined, or the time is up.
    Later(oneshot::Receiver<Result<Joined, Refusal>>),
    /// Come again with this id.
    WithId(String),
}

/// What a member says with each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) member: &'a str,
    pub(crate) instance: Option<&'a str>,
    /// Negative: not a member, and no group to be one of.
    pub(crate) generation: i32,
}

/// A group as it is told to who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) state: State,
    pub(crate) kind: String,
    pub(crate) protocol: String,
    pub(crate) members: Vec<DescribedMember>,
}

/// A member as it is told to who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DescribedMember {
    pub(crate) id: String,
    pub(crate) instance: Option<String>,
    pub(crate) client: String,
    pub(crate) host: String,
    pub(crate) metadata: Bytes,
    pub(crate) assignment: Bytes,
}

/// All groups.
#[derive(Debug)]
pub(crate) struct Groups {
    by_name: Mutex<BTreeMap<String, Group>>,
    first_delay: Duration,
    /// A deadline may have come nearer.
    changed: Notify,
}

impl Groups {
    pub(crate) fn new(first_delay: Duration) -> Self {
        Self { by_name: Mutex::default(), first_delay, changed: Notify::new() }
    }

    /// Takes a member in, or back.
    pub(crate) fn join(&self, join: Join, now: Instant) -> Result<JoinAnswer, Refusal> {
        if join.group.is_empty() {
            return Err(Refusal::InvalidGroup);
        }
        if !SESSION.contains(&join.session) {
            return Err(Refusal::InvalidSession);
        }
        if join.protocols.is_empty() || join.kind.is_empty() {
            return Err(Refusal::InconsistentProtocol);
        }
        let mut groups = self.groups();
        let known = groups.get(&join.group).is_some_and(|group| group.knows(&join.member));
        if !known && !join.member.is_empty() {
            return Err(Refusal::UnknownMember);
        }
        if groups.values().map(Group::size).sum::<usize>() + groups.len() > MOST_MEMBERS {
            return Err(Refusal::Full);
        }
        let group = groups.entry(join.group.clone()).or_default();
        let answer = group.join(join, self.first_delay, now);
        self.changed.notify_one();
        answer
    }

    /// Takes the leader's assignment, and gives a member its part once it is there.
    pub(crate) fn sync(
        &self,
        group: &str,
        who: Identity<'_>,
        assignments: Vec<(String, Bytes)>,
        now: Instant,
    ) -> Result<oneshot::Receiver<Result<Synced, Refusal>>, Refusal> {
        self.groups().get_mut(group).ok_or(Refusal::UnknownMember)?.sync(who, assignments, now)
    }

    /// A member is there still; or it has to join again.
    pub(crate) fn heartbeat(&self, group: &str, who: Identity<'_>, now: Instant) -> Result<(), Refusal> {
        self.groups().get_mut(group).ok_or(Refusal::UnknownMember)?.heartbeat(who, now)
    }

    /// A member goes.
    pub(crate) fn leave(&self, group: &str, member: &str, instance: Option<&str>, now: Instant) -> Result<(), Refusal> {
        let left = self.groups().get_mut(group).ok_or(Refusal::UnknownMember)?.leave(member, instance, now);
        self.changed.notify_one();
        left
    }

    /// Whether somebody may commit offsets for a group.
    pub(crate) fn may_commit(&self, group: &str, who: Identity<'_>, now: Instant) -> Result<(), Refusal> {
        match self.groups().get_mut(group) {
            Some(group) => group.may_commit(who, now),
            None if who.generation < 0 => Ok(()),
            None => Err(Refusal::IllegalGeneration),
        }
    }

    /// A group's state and members.
    pub(crate) fn describe(&self, group: &str) -> Option<Described> {
        self.groups().get(group).map(Group::describe)
    }

    /// All groups with their state and kind.
    pub(crate) fn list(&self) -> Vec<(String, State, String)> {
        self.groups().iter().map(|(id, group)| (id.clone(), group.state(), group.kind())).collect()
    }

    /// Lets go of whoever is silent, and ends what has waited long enough; for ever.
    pub(crate) async fn watch(&self) {
        loop {
            let changed = self.changed.notified();
            match self.expire(Instant::now()) {
                Some(next) => {
                    // Whatever came first: look again.
                    let _ = tokio::time::timeout_at(next, changed).await;
                }
                None => changed.await,
            }
        }
    }

    /// Acts on deadlines that have passed; gives the next.
    fn expire(&self, now: Instant) -> Option<Instant> {
        let mut groups = self.groups();
        groups.values_mut().for_each(|group| group.expire(now));
        groups.retain(|_, group| group.size() > 0);
        groups.values().filter_map(Group::next_deadline).min()
    }

    fn groups(&self) -> MutexGuard<'_, BTreeMap<String, Group>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

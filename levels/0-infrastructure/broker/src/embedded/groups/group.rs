//! One consumer group: a state machine without a clock of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Described, DescribedMember, Identity, Join, JoinAnswer, Joined, Refusal, Synced};

/// Where a group is between two generations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody is in it.
    #[default]
    Empty,
    /// Members are joining.
    Preparing,
    /// All have joined; the leader assigns.
    Completing,
    /// Everybody knows what to read.
    Stable,
}

impl State {
    /// Kafka's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Preparing => "PreparingRebalance",
            Self::Completing => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

type Answer<T> = oneshot::Sender<Result<T, Refusal>>;

/// A consumer group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    state: State,
    generation: i32,
    kind: String,
    protocol: String,
    leader: String,
    members: BTreeMap<String, Member>,
    /// Ids that were given away and not yet come back, and until when they may.
    announced: BTreeMap<String, Instant>,
    /// When members are not waited for any longer, while preparing.
    joined_by: Option<Instant>,
    /// Not before: others may still come to a group that was empty.
    not_before: Option<Instant>,
}

#[derive(Debug)]
struct Member {
    instance: Option<String>,
    client: String,
    host: String,
    session: Duration,
    rebalance: Duration,
    protocols: Vec<(String, Bytes)>,
    assignment: Bytes,
    /// To be heard of by then.
    silent_from: Instant,
    joining: Option<Answer<Joined>>,
    syncing: Option<Answer<Synced>>,
}

/// What members ask.
impl Group {
    pub(super) fn join(&mut self, mut join: Join, first_delay: Duration, now: Instant) -> Result<JoinAnswer, Refusal> {
        let others: Vec<_> =
            self.members.iter().filter(|(id, _)| **id != join.member).map(|(_, member)| member).collect();
        let shared = |name: &str| others.iter().all(|member| member.metadata(name).is_some());
        if !others.is_empty() && (join.kind != self.kind || !join.protocols.iter().any(|(name, _)| shared(name))) {
            return Err(Refusal::InconsistentProtocol);
        }
        let namesake = join.instance.as_ref().and_then(|instance| self.id_of(instance));
        if join.member.is_empty() {
            join.member = format!("{}-{}", join.instance.as_ref().unwrap_or(&join.client), Uuid::new_v4());
            if let Some(old) = namesake {
                // The same instance, started anew: the one before it is gone.
                self.remove(&old, Refusal::Fenced);
            } else if join.instance.is_none() && join.asks_twice {
                self.announced.insert(join.member.clone(), now + join.session);
                return Ok(JoinAnswer::WithId(join.member));
            }
        } else if namesake.is_some_and(|id| id != join.member) {
            return Err(Refusal::Fenced);
        }
        self.announced.remove(&join.member);
        self.kind = join.kind;
        let known = self.members.get(&join.member);
        let unchanged = known.is_some_and(|member| member.protocols == join.protocols);
        // Its answer was lost, or a follower asks for no reason: nothing has changed.
        let nothing_new = match self.state {
            State::Completing => unchanged,
            State::Stable => unchanged && self.leader != join.member,
            State::Empty | State::Preparing => false,
        };
        if nothing_new {
            return Ok(JoinAnswer::Now(self.generation_for(&join.member)));
        }
        let (answer, later) = oneshot::channel();
        let member = Member {
            instance: join.instance,
            client: join.client,
            host: join.host,
            session: join.session,
            rebalance: join.rebalance.max(join.session),
            protocols: join.protocols,
            assignment: Bytes::new(),
            silent_from: now + join.session,
            joining: Some(answer),
            syncing: None,
        };
        if self.state == State::Empty {
            self.not_before = Some(now + first_delay);
        }
        self.members.insert(join.member, member);
        self.prepare(now);
        self.complete_if_all_joined(now);
        Ok(JoinAnswer::Later(later))
    }

    pub(super) fn sync(
        &mut self,
        who: Identity<'_>,
        assignments: Vec<(String, Bytes)>,
        now: Instant,
    ) -> Result<oneshot::Receiver<Result<Synced, Refusal>>, Refusal> {
        self.check(who)?;
        if self.state == State::Preparing {
            return Err(Refusal::Rebalancing);
        }
        let (answer, later) = oneshot::channel();
        let leads = who.member == self.leader;
        let member = self.members.get_mut(who.member).ok_or(Refusal::UnknownMember)?;
        member.silent_from = now + member.session;
        member.syncing = Some(answer);
        if self.state == State::Completing && leads {
            for (id, assignment) in assignments {
                if let Some(member) = self.members.get_mut(&id) {
                    member.assignment = assignment;
                }
            }
            self.state = State::Stable;
        }
        if self.state == State::Stable {
            for member in self.members.values_mut() {
                let synced = Synced {
                    kind: self.kind.clone(),
                    protocol: self.protocol.clone(),
                    assignment: member.assignment.clone(),
                };
                if let Some(answer) = member.syncing.take() {
                    member.silent_from = now + member.session;
                    // Whoever has gone meanwhile will be missed.
                    let _ = answer.send(Ok(synced));
                }
            }
        }
        Ok(later)
    }

    pub(super) fn heartbeat(&mut self, who: Identity<'_>, now: Instant) -> Result<(), Refusal> {
        self.check(who)?;
        self.heard_of(who.member, now);
        if self.state == State::Preparing { Err(Refusal::Rebalancing) } else { Ok(()) }
    }

    pub(super) fn leave(&mut self, member: &str, instance: Option<&str>, now: Instant) -> Result<(), Refusal> {
        let by_instance = instance.and_then(|instance| self.id_of(instance));
        let id = if member.is_empty() { by_instance.ok_or(Refusal::UnknownMember)? } else { member.to_owned() };
        if self.announced.remove(&id).is_none() {
            if !self.members.contains_key(&id) {
                return Err(Refusal::UnknownMember);
            }
            self.remove(&id, Refusal::UnknownMember);
        }
        self.somebody_went(now);
        Ok(())
    }

    pub(super) fn may_commit(&mut self, who: Identity<'_>, now: Instant) -> Result<(), Refusal> {
        if who.generation < 0 {
            // An offset of somebody who is no member, while there are none.
            return if self.members.is_empty() { Ok(()) } else { Err(Refusal::UnknownMember) };
        }
        self.check(who)?;
        self.heard_of(who.member, now);
        if self.state == State::Completing { Err(Refusal::Rebalancing) } else { Ok(()) }
    }
}

/// What is told of it.
impl Group {
    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn kind(&self) -> String {
        self.kind.clone()
    }

    /// Members, and those who will be.
    pub(super) fn size(&self) -> usize {
        self.members.len() + self.announced.len()
    }

    pub(super) fn knows(&self, member: &str) -> bool {
        self.members.contains_key(member) || self.announced.contains_key(member)
    }

    pub(super) fn describe(&self) -> Described {
        let member = |(id, member): (&String, &Member)| DescribedMember {
            id: id.clone(),
            instance: member.instance.clone(),
            client: member.client.clone(),
            host: member.host.clone(),
            metadata: member.metadata(&self.protocol).unwrap_or_default(),
            assignment: member.assignment.clone(),
        };
        let members = self.members.iter().map(member).collect();
        Described { state: self.state, kind: self.kind.clone(), protocol: self.protocol.clone(), members }
    }
}

/// What time brings.
impl Group {
    pub(super) fn expire(&mut self, now: Instant) {
        self.announced.retain(|_, until| *until > now);
        let silent = |member: &Member| !member.waits() && member.silent_from <= now;
        let gone: Vec<_> = self.members.iter().filter(|(_, member)| silent(member)).map(|(id, _)| id.clone()).collect();
        for id in &gone {
            self.remove(id, Refusal::UnknownMember);
        }
        if !gone.is_empty() {
            self.somebody_went(now);
        }
        if self.state == State::Preparing {
            if self.joined_by.is_some_and(|by| by <= now) {
                self.complete(now);
            } else {
                self.complete_if_all_joined(now);
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let silent = self.members.values().filter(|member| !member.waits()).map(|member| member.silent_from);
        let preparing = self.state == State::Preparing;
        let join = [self.joined_by, self.not_before].into_iter().flatten().filter(|_| preparing);
        silent.chain(join).chain(self.announced.values().copied()).min()
    }
}

/// From one generation to the next.
impl Group {
    fn prepare(&mut self, now: Instant) {
        if self.state != State::Preparing {
            self.state = State::Preparing;
            for member in self.members.values_mut() {
                if let Some(answer) = member.syncing.take() {
                    member.silent_from = now + member.session;
                    let _ = answer.send(Err(Refusal::Rebalancing));
                }
            }
            let patience = self.members.values().map(|member| member.rebalance).max().unwrap_or_default();
            self.joined_by = Some(now + patience);
        }
    }

    fn complete_if_all_joined(&mut self, now: Instant) {
        let all = self.members.values().all(|member| member.joining.is_some()) && self.announced.is_empty();
        if all && self.not_before.is_none_or(|not_before| not_before <= now) {
            self.complete(now);
        }
    }

    fn complete(&mut self, now: Instant) {
        self.members.retain(|_, member| member.joining.as_ref().is_some_and(|answer| !answer.is_closed()));
        (self.joined_by, self.not_before) = (None, None);
        self.generation += 1;
        if self.members.is_empty() {
            self.state = State::Empty;
            self.protocol.clear();
            self.leader.clear();
            return;
        }
        if !self.members.contains_key(&self.leader) {
            self.leader = self.members.keys().next().cloned().unwrap_or_default();
        }
        self.protocol = self.vote();
        self.state = State::Completing;
        let ids: Vec<_> = self.members.keys().cloned().collect();
        for id in ids {
            let joined = self.generation_for(&id);
            let Some(member) = self.members.get_mut(&id) else { continue };
            member.assignment = Bytes::new();
            member.silent_from = now + member.session;
            if let Some(answer) = member.joining.take() {
                let _ = answer.send(Ok(joined));
            }
        }
    }

    /// Of the ways to assign that all know, the one that most like best.
    fn vote(&self) -> String {
        let shared = |name: &str| self.members.values().all(|member| member.metadata(name).is_some());
        let mut votes = BTreeMap::<&str, usize>::new();
        for member in self.members.values() {
            if let Some((name, _)) = member.protocols.iter().find(|(name, _)| shared(name)) {
                *votes.entry(name).or_default() += 1;
            }
        }
        votes.into_iter().max_by_key(|(_, votes)| *votes).map(|(name, _)| name.to_owned()).unwrap_or_default()
    }

    fn generation_for(&self, id: &str) -> Joined {
        let member = |(id, member): (&String, &Member)| {
            (id.clone(), member.instance.clone(), member.metadata(&self.protocol).unwrap_or_default())
        };
        let members = if id == self.leader { self.members.iter().map(member).collect() } else { Vec::new() };
        Joined {
            generation: self.generation,
            kind: self.kind.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            member: id.to_owned(),
            members,
        }
    }

    fn somebody_went(&mut self, now: Instant) {
        match self.state {
            State::Empty => {}
            _ if self.members.is_empty() => self.complete(now),
            State::Preparing => self.complete_if_all_joined(now),
            State::Completing | State::Stable => self.prepare(now),
        }
    }

    fn remove(&mut self, id: &str, told: Refusal) {
        if let Some(member) = self.members.remove(id) {
            // Whoever does not listen any more needs no answer.
            if let Some(answer) = member.joining {
                let _ = answer.send(Err(told));
            }
            if let Some(answer) = member.syncing {
                let _ = answer.send(Err(told));
            }
        }
    }

    fn heard_of(&mut self, id: &str, now: Instant) {
        if let Some(member) = self.members.get_mut(id) {
            member.silent_from = now + member.session;
        }
    }

    fn check(&self, who: Identity<'_>) -> Result<(), Refusal> {
        if who.instance.and_then(|instance| self.id_of(instance)).is_some_and(|id| id != who.member) {
            return Err(Refusal::Fenced);
        }
        if !self.members.contains_key(who.member) {
            return Err(Refusal::UnknownMember);
        }
        if who.generation == self.generation { Ok(()) } else { Err(Refusal::IllegalGeneration) }
    }

    fn id_of(&self, instance: &str) -> Option<String> {
        let has = |member: &Member| member.instance.as_deref() == Some(instance);
        self.members.iter().find(|(_, member)| has(member)).map(|(id, _)| id.clone())
    }
}

impl Member {
    fn metadata(&self, protocol: &str) -> Option<Bytes> {
        self.protocols.iter().find(|(name, _)| name == protocol).map(|(_, metadata)| metadata.clone())
    }

    /// Whether the word is with the group and not with the member.
    fn waits(&self) -> bool {
        self.joining.is_some() || self.syncing.is_some()
    }
}

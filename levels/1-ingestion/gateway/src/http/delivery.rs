//! Batches on their way to the log, and the one audit record of the request that brought them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use strata_audit::{Action, Agent, Audit, Entity, Entry, Outcome as Ending};
use strata_http::Refusal;
use strata_types::{Timestamp, Topic};

use super::Shared;
use super::account::{Account, Places};
use super::stop::Stop;
use crate::Unavailable;
use crate::body::Batch;
use crate::intake::{Judged, Rejection};
use crate::metrics::Metrics;

/// A batch from which on it is judged off the threads that answer everybody: about a millisecond.
const LARGE: usize = 64 * 1024;

/// What is done with what may enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is appended to the log.
    Append,
    /// Nothing: it is only judged.
    Validate,
}

/// One request's records.
pub(super) struct Delivery {
    shared: Arc<Shared>,
    purpose: Purpose,
    agent: Agent,
    what: &'static str,
    topics: BTreeSet<Topic>,
    pub(super) account: Account,
    audited: bool,
}

impl Delivery {
    pub(super) fn new(
        shared: &Arc<Shared>,
        purpose: Purpose,
        agent: Agent,
        what: &'static str,
        places: Places,
    ) -> Self {
        let (shared, account) = (Arc::clone(shared), Account::new(places));
        Self { shared, purpose, agent, what, topics: BTreeSet::new(), account, audited: purpose == Purpose::Validate }
    }

    /// Refuses one record that never came as far as a batch.
    pub(super) fn reject(&mut self, topic: Topic, rejection: Rejection) {
        if self.purpose == Purpose::Append {
            self.shared.metrics.rejected(topic, rejection.rule, 1);
        }
        self.account.reject(topic, rejection);
    }

    /// Judges a batch, and gives to the log what may enter. When this is well, all of it is durable.
    pub(super) async fn settle(&mut self, batch: &mut Batch) -> Result<(), Stop> {
        if batch.pieces.is_empty() {
            return Ok(());
        }
        self.topics.extend(batch.pieces.iter().map(|piece| piece.topic));
        let judged = self.judge(batch).await?;
        batch.clear();
        for (topic, rejection) in judged.rejected {
            self.reject(topic, rejection);
        }
        let mut by_topic = BTreeMap::<Topic, u64>::new();
        for record in &judged.records {
            *by_topic.entry(record.topic).or_default() += 1;
        }
        let entering = judged.records.len() as u64;
        if self.purpose == Purpose::Append && entering > 0 {
            self.account.in_doubt = entering;
            let appended = self.shared.log.append(judged.records).await;
            self.account.in_doubt = 0;
            appended.inspect_err(|unavailable| self.count_failure(unavailable))?;
            self.shared.seen.remember(judged.identities);
        }
        self.account.accepted += entering;
        self.account.duplicates += judged.duplicates.len() as u64;
        self.account.drop_fields(judged.dropped);
        if self.purpose == Purpose::Append {
            let metrics = &self.shared.metrics;
            for (topic, number) in by_topic {
                metrics.accepted(topic, number);
            }
            for topic in judged.duplicates {
                metrics.duplicates(topic, 1);
            }
            metrics.dropped(judged.dropped);
        }
        Ok(())
    }

    async fn judge(&self, batch: &mut Batch) -> Result<Judged, Stop> {
        let now = Timestamp(self.shared.clock.now_micros());
        if batch.bytes.len() < LARGE {
            return Ok(self.shared.intake.judge(batch, now));
        }
        let (intake, owned) = (Arc::clone(&self.shared.intake), mem::take(batch));
        let work = tokio::task::spawn_blocking(move || (intake.judge(&owned, now), owned));
        // A panic was told to whoever listens to panics.
        let (judged, owned) = work.await.map_err(|_| Refusal::internal())?;
        *batch = owned;
        Ok(judged)
    }

    fn count_failure(&self, unavailable: &Unavailable) {
        match unavailable {
            Unavailable::Behind { .. } => self.shared.metrics.throttled.inc(),
            Unavailable::Unreachable(_) => self.shared.metrics.log_failures.inc(),
        };
    }

    /// Writes the audit record; the answer waits for it.
    pub(super) async fn audit(&mut self, stopped: bool) -> Result<(), Stop> {
        let Some(record) = self.record(stopped) else { return Ok(()) };
        match tokio::task::spawn_blocking(record).await {
            Ok(true) => Ok(()),
            _ => Err(Stop::unaudited()),
        }
    }

    /// The work of writing the record, once.
    fn record(&mut self, stopped: bool) -> Option<impl FnOnce() -> bool + Send + 'static> {
        if mem::replace(&mut self.audited, true) || !self.account.is_touched() {
            return None;
        }
        let Account { accepted, duplicates, rejected, in_doubt, .. } = self.account;
        let mut entry = Entry::new(self.agent.clone(), self.what, Action::Create)
            .count("accepted", accepted)
            .count("duplicates", duplicates)
            .count("rejected", rejected);
        if in_doubt > 0 {
            entry = entry.count("in_doubt", in_doubt);
        }
        for topic in &self.topics {
            entry = entry.on(Entity::topic(topic.name()));
        }
        if stopped {
            entry = entry.failed(Ending::SeriousFailure, "the request was not taken to its end");
        } else if rejected > 0 {
            entry = entry.failed(Ending::MinorFailure, "some records were refused");
        }
        let (audit, metrics) = (self.shared.audit.clone(), Arc::clone(&self.shared.metrics));
        let works = Arc::clone(&self.shared.audit_works);
        Some(move || write(&audit, entry, &metrics, &works))
    }
}

/// A caller that hangs up in the middle leaves a record of what it did, too.
impl Drop for Delivery {
    fn drop(&mut self) {
        let (Some(record), Ok(runtime)) = (self.record(true), tokio::runtime::Handle::try_current()) else { return };
        drop(runtime.spawn_blocking(record));
    }
}

fn write(audit: &Audit, entry: Entry, metrics: &Metrics, works: &AtomicBool) -> bool {
    let written = audit.record(entry);
    if let Err(error) = &written {
        metrics.audit_failures.inc();
        tracing::error!(%error, "a request could not be audited");
    }
    works.store(written.is_ok(), Ordering::Relaxed);
    written.is_ok()
}

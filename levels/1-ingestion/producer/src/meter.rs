//! What is counted while it goes on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;
use strata_broker::client::{Error as LogError, Producer};

use crate::Refusal;

/// Tells how far a production is. Cheap; clones tell of the same one.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    sent: AtomicU64,
    bytes: AtomicU64,
    left_out: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Waiting,
    Sending(Sending),
    /// The producer has gone, and with it whatever it would still have tried.
    Ended(Counts, Vec<Refusal>),
}

#[derive(Debug)]
struct Sending {
    producer: Producer,
    since: Instant,
    /// By the client, before they were on their way.
    refused: Vec<(LogError, u64)>,
}

/// A production in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Records that were given to the log.
    pub sent: u64,
    /// Records that the log has on its disks.
    pub acknowledged: u64,
    /// Records that are not in the log, or may not be.
    pub failed: u64,
    /// Labels, which are no live topic and are not sent.
    pub left_out: u64,
    /// Bytes of the records that were sent, keys not counted.
    pub bytes: u64,
    /// Since the topics were there.
    pub seconds: f64,
    /// Acknowledged records by these seconds.
    pub per_second: f64,
    /// Milliseconds from sending to acknowledgement within which half of them was done, to a fifth.
    pub latency_p50_ms: Option<f64>,
    /// The same for 99 of 100.
    pub latency_p99_ms: Option<f64>,
}

impl Meter {
    /// How it stands now.
    pub fn counts(&self) -> Counts {
        let counts = match &*self.state() {
            State::Waiting => Counts::default(),
            State::Sending(sending) => sending.counts(),
            State::Ended(counts, _) => return *counts,
        };
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let inner = &self.0;
        Counts { sent: load(&inner.sent), bytes: load(&inner.bytes), left_out: load(&inner.left_out), ..counts }
    }

    /// Why records failed, and how many for each reason.
    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        match &*self.state() {
            State::Waiting => Vec::new(),
            State::Sending(sending) => sending.refusals(),
            State::Ended(_, refusals) => refusals.clone(),
        }
    }

    pub(crate) fn begin(&self, producer: &Producer) {
        let sending = Sending { producer: producer.clone(), since: Instant::now(), refused: Vec::new() };
        *self.state() = State::Sending(sending);
    }

    pub(crate) fn end(&self) {
        let ended = State::Ended(self.counts(), self.refusals());
        *self.state() = ended;
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.0.sent.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn left_out(&self) {
        self.0.left_out.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refuse(&self, reason: LogError) {
        let State::Sending(sending) = &mut *self.state() else { return };
        match sending.refused.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => sending.refused.push((reason, 1)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sending {
    /// What the producer and the clock tell.
    fn counts(&self) -> Counts {
        let tally = self.producer.tally();
        let seconds = self.since.elapsed().as_secs_f64();
        let millis = |share| self.producer.latency(share).map(|latency| latency.as_secs_f64() * 1e3);
        Counts {
            acknowledged: tally.delivered,
            failed: tally.failed + self.refused.iter().map(|(_, count)| count).sum::<u64>(),
            seconds,
            per_second: tally.delivered as f64 / seconds.max(f64::MIN_POSITIVE),
            latency_p50_ms: millis(0.5),
            latency_p99_ms: millis(0.99),
            ..Counts::default()
        }
    }

    fn refusals(&self) -> Vec<Refusal> {
        let all = self.refused.iter().cloned().chain(self.producer.failures());
        all.map(|(reason, records)| Refusal { reason: reason.to_string(), records }).collect()
    }
}

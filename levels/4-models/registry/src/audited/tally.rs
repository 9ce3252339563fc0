//! What runs and traces log of themselves: metrics, parameters, tags, spans. It is data, and comes by the thousands.
//!
//! A record of each would be a second wait for the disk with every write, after that for the database, and more bytes than
//! the data. So what one person logs into one run is summed up, and recorded every few seconds: who, into which run, in how
//! many requests, how many of each; no names and no values, which the run itself has, with their times. A refusal is
//! recorded at once, as that of any change. When the process is killed, the sums of the last seconds are lost; what was
//! logged is not.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use strata_audit::{Action, Audit, Entity, Entry};

use crate::Answer;

/// How long sums are kept before they are recorded.
const EVERY: Duration = Duration::from_secs(5);
/// So many sums are recorded at once, and no more are kept.
const MOST: usize = 1024;

/// A handler's answer, when it kept what a run or an experiment's traces logged.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    place: Place,
    counts: Vec<(&'static str, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Run(String),
    Experiment(String),
}

impl Logged {
    pub(crate) fn into_run(id: impl Into<String>) -> Self {
        Self { place: Place::Run(id.into()), counts: Vec::new() }
    }

    pub(crate) fn into_experiment(id: impl Into<String>) -> Self {
        Self { place: Place::Experiment(id.into()), counts: Vec::new() }
    }

    /// So many of these.
    pub(crate) fn and(mut self, what: &'static str, number: usize) -> Self {
        if number > 0 {
            self.counts.push((what, number as u64));
        }
        self
    }

    /// Says it to whoever records, beside this answer.
    pub(crate) fn with(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Logged {
    fn into_response(self) -> Response {
        self.with(Answer::empty())
    }
}

/// The sums since they were last recorded. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    audit: Audit,
    sums: Arc<Mutex<Sums>>,
}

/// By who it was, none for nobody that is known, and what it was logged into.
type Sums = BTreeMap<(Option<String>, Place), BTreeMap<&'static str, u64>>;

impl Tally {
    pub(crate) fn new(audit: Audit) -> Self {
        Self { audit, sums: Arc::default() }
    }

    /// Adds what was logged. Whoever makes too many sums waits until they are recorded.
    pub(super) async fn add(&self, user: Option<String>, logged: &Logged) {
        let full = {
            let mut sums = held(&self.sums);
            let sum = sums.entry((user, logged.place.clone())).or_default();
            *sum.entry("requests").or_default() += 1;
            for (what, number) in &logged.counts {
                *sum.entry(what).or_default() += number;
            }
            sums.len() >= MOST
        };
        if full {
            self.record().await;
        }
    }

    /// Records the sums every few seconds, for ever.
    pub(crate) async fn run(self) {
        loop {
            tokio::time::sleep(EVERY).await;
            self.record().await;
        }
    }

    /// Records the sums. What cannot be recorded is kept.
    pub(crate) async fn record(&self) {
        let sums = take(&mut *held(&self.sums));
        if sums.is_empty() {
            return;
        }
        let (audit, entries): (_, Vec<_>) =
            (self.audit.clone(), sums.iter().map(|(key, sum)| entry(key, sum)).collect());
        let recorded = tokio::task::spawn_blocking(move || audit.record_all(&entries)).await;
        if !matches!(recorded, Ok(Ok(()))) {
            tracing::error!(?recorded, "what runs logged could not be recorded");
            let mut kept = held(&self.sums);
            for (key, sum) in sums {
                let known = kept.entry(key).or_default();
                for (what, number) in sum {
                    *known.entry(what).or_default() += number;
                }
            }
        }
    }
}

fn entry((user, place): &(Option<String>, Place), sum: &BTreeMap<&'static str, u64>) -> Entry {
    let entity = match place {
        Place::Run(id) => Entity::run(id),
        Place::Experiment(id) => Entity::experiment(id),
    };
    let entry = Entry::new(super::agent(user.as_deref()), "log", Action::Update).on(entity);
    sum.iter().fold(entry, |entry, (what, number)| entry.count(what, *number))
}

fn held(sums: &Mutex<Sums>) -> MutexGuard<'_, Sums> {
    sums.lock().unwrap_or_else(PoisonError::into_inner)
}

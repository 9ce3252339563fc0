//! What many requests measure, kept together: in as few statements as what one measures, and with one wait for the disk.
//!
//! Whoever comes while others are being kept waits, and is kept with all who came meanwhile. A run that is not there fails
//! those who named it, and nobody else.

use strata_database::Turns;
use tokio::sync::{mpsc, oneshot};

use super::{Metric, log};
use crate::{Error, runs};

/// How many may wait before others wait to be let in.
const WAITING: usize = 4096;
/// So many points are kept at once, and those of the last who came. It keeps turns short.
const POINTS: usize = 10_000;

/// Where metrics are handed in. Clones lead to the same clerk.
#[derive(Clone, Debug)]
pub(crate) struct Ledger(mpsc::Sender<Entry>);

/// Who keeps them; must be run.
#[derive(Debug)]
pub(crate) struct Clerk {
    handed_in: mpsc::Receiver<Entry>,
    turns: Turns,
}

#[derive(Debug)]
struct Entry {
    run_id: String,
    metrics: Vec<Metric>,
    told: oneshot::Sender<Result<(), Error>>,
}

/// What is said to each entry.
type Outcomes = Vec<Result<(), Error>>;

impl Ledger {
    pub(crate) fn new(turns: Turns) -> (Self, Clerk) {
        let (hand_in, handed_in) = mpsc::channel(WAITING);
        (Self(hand_in), Clerk { handed_in, turns })
    }

    /// Keeps these of a run, and returns when they are on the disk. None of them may be of a logged model.
    pub(crate) async fn log(&self, run_id: String, metrics: Vec<Metric>) -> Result<(), Error> {
        let (told, hears) = oneshot::channel();
        let ended = || Error::internal("nothing is logged any more");
        self.0.send(Entry { run_id, metrics, told }).await.map_err(|_| ended())?;
        hears.await.unwrap_or_else(|_| Err(ended()))
    }
}

impl Clerk {
    /// Keeps what is handed in until nobody can hand anything in any more.
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.handed_in.recv().await {
            self.group(first).await;
        }
    }

    async fn group(&mut self, first: Entry) {
        let mut points = first.metrics.len();
        let mut entries = vec![first];
        while points < POINTS
            && let Ok(next) = self.handed_in.try_recv()
        {
            points += next.metrics.len();
            entries.push(next);
        }
        let outcomes = match self.keep(&entries).await {
            Ok(outcomes) => outcomes,
            Err(cause) => self.one_by_one(&entries, cause).await,
        };
        for (entry, outcome) in entries.into_iter().zip(outcomes) {
            // Who does not listen any more has what he asked for all the same.
            let _ = entry.told.send(outcome);
        }
    }

    /// Nobody fails for what another brought.
    async fn one_by_one(&self, entries: &[Entry], cause: Error) -> Outcomes {
        if entries.len() == 1 {
            return vec![Err(cause)];
        }
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            let outcome = self.keep(std::slice::from_ref(entry)).await;
            outcomes.push(outcome.and_then(|outcomes| outcomes.into_iter().collect()));
        }
        outcomes
    }

    async fn keep(&self, entries: &[Entry]) -> Result<Outcomes, Error> {
        let mut tx = self.turns.write().await?;
        let ids = entries.iter().map(|entry| entry.run_id.as_str());
        let numbers = runs::numbers(&mut tx, ids).await?;
        let mut metrics = Vec::new();
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            outcomes.push(numbers.active(&entry.run_id).map(|run| {
                metrics.extend(entry.metrics.iter().map(|metric| (run, metric)));
            }));
        }
        log::all(&mut tx, &metrics).await?;
        tx.commit().await?;
        Ok(outcomes)
    }
}

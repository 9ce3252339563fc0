//! A sender over HTTP: a batch without an answer is sent again until it has one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, bail};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::Flow;
use super::event::{TOPICS, id, line};
use crate::ledger::Ledger;

/// Longer than the gateway gives a request that stands still.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// Before a batch is sent again.
const PAUSE: Duration = Duration::from_millis(100);
/// What the gateway refuses at the door: its sender is told, and nothing of it may be found anywhere.
const REFUSED: &str = r#"{"event_id": "refused at the door", "heart_rate": 80}"#;

#[derive(Debug)]
pub(super) struct Door {
    name: String,
    url: String,
    random: ChaCha8Rng,
    agent: ureq::Agent,
    next: u64,
}

/// Events of one request.
struct Batch {
    topic: &'static str,
    numbers: std::ops::Range<u64>,
    body: String,
    refused: u64,
}

impl Door {
    pub(super) fn new(number: u64, url: String, seed: u64) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_WITHIN));
        // A connection each: nobody but this sends anything a second time.
        let agent = config.max_idle_connections(0).build().into();
        let random = ChaCha8Rng::seed_from_u64(seed * 10 + number);
        Self { name: format!("h{number}"), url, random, agent, next: 0 }
    }

    /// Sends until it is told to stop, and until everything is acknowledged.
    pub(super) fn send(mut self, stop: &AtomicBool, flow: &Flow) -> Result<Ledger> {
        let mut ledger = Ledger::default();
        while !stop.load(Ordering::Relaxed) {
            let batch = self.batch();
            let mut sent = 0;
            while {
                sent += 1;
                !self.post(&batch)?
            } {
                sleep(PAUSE);
            }
            let number = batch.numbers.end - batch.numbers.start;
            flow.http.fetch_add(number, Ordering::Relaxed);
            // Senders do send again what was acknowledged.
            if self.random.random_ratio(1, 10) {
                sent += 1;
                self.post(&batch)?;
            }
            for number in batch.numbers {
                ledger.accepted(batch.topic, id(&self.name, number), sent);
            }
            sleep(Duration::from_millis(self.random.random_range(50..250)));
        }
        Ok(ledger)
    }

    fn batch(&mut self) -> Batch {
        let topic = TOPICS[match self.random.random_range(0..10) {
            0..7 => 0,
            7..9 => 1,
            _ => 2,
        }];
        let numbers = self.next..self.next + self.random.random_range(1..30);
        self.next = numbers.end;
        let mut lines: Vec<_> = numbers.clone().map(|number| line(&self.name, topic, number)).collect();
        let refused = u64::from(self.random.random_ratio(1, 5));
        if refused > 0 {
            lines.insert(self.random.random_range(0..=lines.len()), REFUSED.to_owned());
        }
        Batch { topic, numbers, body: lines.join("\n"), refused }
    }

    /// Whether it was acknowledged. An answer that does not add up is an error: nothing promised can be told from it.
    fn post(&self, batch: &Batch) -> Result<bool> {
        let url = format!("{}/v1/events/{}", self.url, batch.topic);
        let answer = self.agent.post(url).content_type("application/x-ndjson").send(&batch.body);
        let Ok(mut answer) = answer else { return Ok(false) };
        let status = answer.status().as_u16();
        let Ok(said) = answer.body_mut().read_json::<Value>() else { return Ok(false) };
        match status {
            200 => {}
            // Busy, slow, or without its log: come again.
            408 | 429 | 500..=599 => return Ok(false),
            _ => bail!("the gateway answers {status} to good events: {said}"),
        }
        let count = |what: &str| said[what].as_u64().unwrap_or(0);
        let sent = batch.numbers.end - batch.numbers.start;
        if count("accepted") + count("duplicates") != sent || count("rejected_count") != batch.refused {
            bail!("{sent} good events and {} bad ones were answered with {said}", batch.refused);
        }
        Ok(true)
    }
}

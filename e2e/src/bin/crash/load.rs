//! What the stack has to bear: senders over HTTP, and one over Kafka's protocol, until they are told to stop.

mod door;
mod event;
mod kafka;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Result, anyhow};

use crate::ledger::Ledger;
use crate::stack::Stack;
use crate::waiting::until;
use door::Door;
use kafka::Kafka;

/// Senders over HTTP.
const DOORS: u64 = 3;

/// How much was acknowledged so far.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) http: AtomicU64,
    pub(crate) kafka: AtomicU64,
}

/// The senders, at work.
#[derive(Debug)]
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    pub(crate) flow: Arc<Flow>,
    doors: Vec<JoinHandle<Result<Ledger>>>,
    kafka: Option<Kafka>,
}

impl Load {
    pub(crate) fn start(stack: &Stack, seed: u64) -> Result<Self> {
        let (stop, flow) = (Arc::<AtomicBool>::default(), Arc::<Flow>::default());
        let start = |number| {
            let door = Door::new(number, stack.gateway(), seed);
            let (stop, flow) = (Arc::clone(&stop), Arc::clone(&flow));
            thread::spawn(move || door.send(&stop, &flow))
        };
        let doors = (0..DOORS).map(start).collect();
        let kafka = Kafka::start(stack.log_port, seed, &flow)?;
        Ok(Self { stop, flow, doors, kafka })
    }

    pub(crate) fn has_kafka(&self) -> bool {
        self.kafka.is_some()
    }

    /// Waits until more is acknowledged than was, by every way in.
    pub(crate) fn flows(&self) -> Result<()> {
        let acknowledged = || (self.flow.http.load(Ordering::Relaxed), self.flow.kafka.load(Ordering::Relaxed));
        let before = acknowledged();
        until("events are acknowledged by every way in", || {
            if let Some(door) = self.doors.iter().find(|door| door.is_finished()) {
                return Err(anyhow!("a sender over HTTP ended early ({:?}): see its reason at the end", door.thread().id()));
            }
            let now = acknowledged();
            Ok(now.0 > before.0 && (now.1 > before.1 || self.kafka.is_none()))
        })
    }

    /// Sends nothing new any more, and waits until all that was sent is acknowledged.
    pub(crate) fn finish(self) -> Result<Ledger> {
        self.stop.store(true, Ordering::Relaxed);
        let mut ledger = Ledger::default();
        for door in self.doors {
            until("what was sent over HTTP is acknowledged", || Ok(door.is_finished()))?;
            ledger.join(door.join().map_err(|_| anyhow!("a sender over HTTP panicked"))??);
        }
        if let Some(kafka) = self.kafka {
            ledger.join(kafka.finish()?);
        }
        Ok(ledger)
    }
}

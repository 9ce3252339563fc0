//! A sender over Kafka's protocol: somebody else's client, in Python, with its idempotence on.
//!
//! It sends events, and what nobody can read as events; it says what was acknowledged, a line of JSON each.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Flow;
use crate::ledger::{Ledger, Place};
use crate::waiting::{ended, until};

#[derive(Debug)]
pub(super) struct Kafka {
    child: Child,
    listening: JoinHandle<Result<Ledger>>,
}

/// What the client says of one record.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Acknowledged {
        topic: String,
        partition: u8,
        offset: u64,
        /// Of an event that can be read.
        id: Option<String>,
        payload: Option<String>,
    },
    /// The client gave up, and does not know whether the record is in the log.
    Doubted { reason: String },
}

impl Kafka {
    /// `None`, and said to be skipped, where there is no Python with the client.
    pub(super) fn start(port: u16, seed: u64, flow: &Arc<Flow>) -> Result<Option<Self>> {
        let Some(python) = strata_testkit::python() else { return Ok(None) };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/produce_until.py");
        let mut command = Command::new(python);
        command.arg(script).args([format!("127.0.0.1:{port}"), seed.to_string()]);
        // The client complains about every broker that goes, which is what is done to it here.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("cannot start Python")?;
        let (stdout, flow) = (child.stdout.take().context("its stdout is piped")?, Arc::clone(flow));
        Ok(Some(Self { child, listening: thread::spawn(move || listen(stdout, &flow)) }))
    }

    /// The end of its stdin tells it to stop; it ends when everything is acknowledged.
    pub(super) fn finish(mut self) -> Result<Ledger> {
        drop(self.child.stdin.take());
        until("what was sent over Kafka's protocol is acknowledged", || Ok(self.listening.is_finished()))
            .inspect_err(|_| _ = self.child.kill())?;
        let status = ended("the client in Python", &mut self.child)?;
        let ledger = self.listening.join().map_err(|_| anyhow!("the listener panicked"))??;
        status.success().then_some(ledger).with_context(|| format!("the client in Python ended with {status}"))
    }
}

fn listen(stdout: ChildStdout, flow: &Flow) -> Result<Ledger> {
    let mut ledger = Ledger::default();
    for line in BufReader::new(stdout).lines() {
        match serde_json::from_str(&line?)? {
            Said::Acknowledged { topic, partition, offset, id, payload } => {
                let payload = payload.map(|payload| STANDARD.decode(payload)).transpose()?;
                ledger.logged(Place { topic, partition, offset }, id, payload.as_deref());
                flow.kafka.fetch_add(1, Ordering::Relaxed);
            }
            Said::Doubted { reason } => ledger.doubted(reason),
        }
    }
    Ok(ledger)
}

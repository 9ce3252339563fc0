//! `strata ingest`: live events into bronze.

use std::convert::Infallible;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::Context;
use crate::output;

/// Takes live events into bronze: over HTTP, FHIR and Kafka's protocol
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata ingest\n  strata ingest --port 8081 --kafka-port 9093\n\nThen:\n  curl -s localhost:8080/v1/events/patient-vitals -H 'Content-Type: application/json' \\\n    -d '{\"patient_id\": \"p1\", \"timestamp\": \"2026-01-02T00:00:00Z\", \"source\": \"bed-7\", \"heart_rate\": 80}'\n  strata refine\n\nA patient's events go to one partition: producers use the key patient_id and the partitioner murmur2."
)]
pub(crate) struct Ingest {
    /// The port of the gateway; 0 takes a free one [default: 8080]
    #[arg(long)]
    port: Option<u16>,
    /// The port of the event log; 0 takes a free one [default: 9092]
    #[arg(long)]
    kafka_port: Option<u16>,
}

impl Ingest {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        // Ctrl-C closes this scope; its one member ends when everything is felled, so that the process waits for it.
        let scope = context.scope.child("ingest");
        let asked_to_stop = scope.token();
        let (felled, all_felled) = tokio::sync::oneshot::channel::<()>();
        scope.spawn("felling", async move {
            // The sender is dropped when all is felled; it sends nothing.
            let _ = all_felled.await;
            Ok::<_, Infallible>(())
        });
        let live = stack.live(self.port, self.kafka_port)?;
        let raised = tokio::select! {
            raised = live.raise() => raised,
            () = asked_to_stop.cancelled() => Ok(()),
        };
        if let Err(error) = raised {
            let _ = live.fell().await;
            return Err(error);
        }
        if context.json {
            output::json(&json!({"services": live.statuses()}))?;
        } else {
            let place = |status: strata_stack::Status| [status.name, status.url.unwrap_or_default()];
            output::table(["service", "where"], live.statuses().into_iter().map(place))?;
            output::line("Ctrl-C ends it, with everything that was taken in bronze")?;
        }
        asked_to_stop.cancelled().await;
        let ended = live.fell().await;
        drop(felled);
        ended.map(|()| ExitCode::SUCCESS)
    }
}

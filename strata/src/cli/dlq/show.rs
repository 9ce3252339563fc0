//! `strata dlq show`: one record, with everything that is known of it.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use strata_stack::{Letter, LetterPlace};

use super::super::Context;
use crate::output;

/// Shows a record: why it was refused, and its bytes as they came
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata dlq show patient-vitals/live/3/4711\n  strata dlq show patient-vitals/live/3/4711 --raw > record.json\n\nWhat a record holds is shown here and written to no log."
)]
pub(super) struct Show {
    /// Its place, as `strata dlq list` names it: topic/log/partition/offset
    place: LetterPlace,
    /// Writes its bytes to stdout, and nothing else
    #[arg(long)]
    raw: bool,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let letter = context.stack()?.letter(&self.place).await?;
        if self.raw {
            output::write(|bytes| {
                bytes.extend_from_slice(&letter.bytes);
                Ok(())
            })?;
        } else if context.json {
            let text = std::str::from_utf8(&letter.bytes).ok();
            output::json(&json!({
                "place": self.place, "object": letter.object, "findings": letter.findings,
                "bytes": letter.bytes.len(), "text": text,
            }))?;
        } else {
            show(&self.place, &letter)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(place: &LetterPlace, letter: &Letter) -> Result<()> {
    let mut about = vec![["place".to_owned(), place.to_string()], ["object".to_owned(), letter.object.clone()]];
    if let Some(first) = letter.findings.first() {
        let or_none = |value: Option<String>| value.unwrap_or_else(|| "not readable".to_owned());
        about.extend([
            ["taken in".to_owned(), first.ingested_at.to_string()],
            ["patient".to_owned(), or_none(first.patient_id.clone())],
            ["event time".to_owned(), or_none(first.timestamp.map(|time| time.to_string()))],
            ["event id".to_owned(), first.event_id.clone()],
        ]);
    } else {
        about.push(["refused".to_owned(), "no: silver has not refused it, or does not any more".to_owned()]);
    }
    output::table(["record", ""], about)?;
    if !letter.findings.is_empty() {
        let rows = letter.findings.iter().map(|finding| [finding.rule.clone(), finding.reason.clone()]);
        output::table(["rule", "reason"], rows)?;
    }
    match std::str::from_utf8(&letter.bytes) {
        Ok(text) => output::line(text),
        Err(_) => {
            output::line(&format!("{} that are no text: --raw writes them", output::bytes(letter.bytes.len() as u64)))
        }
    }
}

//! `strata refine`: bronze to silver, and how good the data is.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use strata_stack::{QualityReport, Refined, Stack, Writer};

use super::Context;
use crate::{output, progress};

/// Refines new bronze into silver tables
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata refine\n  strata refine --json\n\nOnly new bronze is refined; running it again changes nothing.\nWhat was refused: strata query \"SELECT topic, rule, count(*) FROM quarantine GROUP BY ALL\"\nUnits as they came: strata query \"SELECT * FROM unit_ledger\"; rates of infusions: \"SELECT * FROM rate_ledger\""
)]
pub(crate) struct Refine {}

impl Refine {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let _lock = stack.folder.lock(Writer::Silver, "strata refine")?;
        let refined = refine(&stack).await?;
        let quality = stack.processing.quality().await?;
        if context.json {
            output::json(&json!({"refined": refined, "quality": quality}))?;
        } else {
            show(&refined, &quality)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Refines with a progress bar.
pub(super) async fn refine(stack: &Stack) -> Result<Vec<Refined>> {
    let bar = progress::bar("refining", Some(1));
    let moving = bar.clone();
    let refined = stack
        .processing
        .refine(&mut |at| {
            moving.set_message(format!("refining {}", at.topic));
            moving.set_length(at.total);
            moving.set_position(at.done);
        })
        .await;
    bar.finish_and_clear();
    refined
}

fn show(refined: &[Refined], quality: &QualityReport) -> Result<()> {
    let tables = quality.tables.iter().map(|table| {
        let (rows, patients) = (output::count(table.rows), output::count(table.patients));
        [
            table.table.clone(),
            output::count(table.records),
            rows,
            patients,
            output::count(table.superseded),
            output::count(table.refused),
        ]
    });
    output::table(["table", "records", "rows", "patients", "superseded", "refused"], tables)?;
    let variables = quality.variables.iter().map(|variable| {
        let (values, refused) = (output::count(variable.values), output::count(variable.refused));
        [variable.variable.clone(), variable.unit.clone(), values, refused]
    });
    output::table(["variable", "unit", "valid values", "refused"], variables)?;
    if quality.quarantine.is_empty() {
        output::line("quarantine is empty")?;
    } else {
        let rules = quality
            .quarantine
            .iter()
            .map(|rule| [rule.topic.clone(), rule.rule.clone(), rule.scope.clone(), output::count(rule.count)]);
        output::table(["quarantine", "rule", "refuses the", "times"], rules)?;
    }
    let (records, written) = refined.iter().fold((0, 0), |sum, topic| (sum.0 + topic.records, sum.1 + topic.written));
    if records == 0 {
        output::line("no new bronze: nothing was changed")
    } else {
        output::line(&format!(
            "{} new records refined, {} rows written",
            output::count(records),
            output::count(written)
        ))
    }
}

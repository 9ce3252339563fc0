//! `strata train`: features to calibrated models, compared with the clinic's scores.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_stack::{Gate, ModelRow, Stack, TrainedRun, Writer};

use super::Context;
use crate::{output, progress};

/// Trains, calibrates and compares models
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata train\n  strata train --tracking http://mlflow:5000\n  strata train --set training.seed=7 --set training.max_epochs=20\n\nTrains the network and logistic regression, compares them with NEWS2, SIRS and qSOFA on patients that no\nmodel has seen, and keeps each as an MLflow run. The same seed and data give the same bytes.\n\nEach run is logged, and each model registered, in Strata's own registry or in the MLflow server that --tracking\nnames; the alias `champion` moves to the best, and whatever serves follows it."
)]
pub(crate) struct Train {}

impl Train {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let _lock = stack.folder.lock(Writer::Models, "strata train")?;
        let trained = train(&stack, context).await?;
        if context.json {
            output::json(&trained)?;
        } else {
            show(&trained)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Trains with a progress bar.
pub(super) async fn train(stack: &Stack, context: &Context) -> Result<TrainedRun> {
    let tracking = stack.tracking(&context.scope).await?;
    let bar = progress::bar("reading features", Some(1));
    let moving = bar.clone();
    let trained = stack
        .models
        .train(tracking.as_ref(), move |at| {
            moving.set_length(at.epochs as u64);
            moving.set_position(at.epoch as u64);
            moving.set_message(at.message);
        })
        .await;
    bar.finish_and_clear();
    trained
}

/// The models beside the baselines, and where everything is.
pub(super) fn show(trained: &TrainedRun) -> Result<()> {
    models(&trained.models)?;
    gates(&trained.gates)?;
    output::line(&format!("champion: {} ({})", trained.champion, trained.verdict))?;
    for (name, version) in &trained.registered {
        output::line(&format!("{name}: {version}"))?;
    }
    for (name, path) in &trained.runs {
        output::line(&format!("{name}: {}", path.display()))?;
    }
    output::line(&format!("report: {}", trained.report.display()))
}

/// What the network must pass, and whether it does.
pub(super) fn gates(gates: &[Gate]) -> Result<()> {
    let rows = gates.iter().map(|gate| {
        let verdict = if gate.passed { "passed" } else { "not passed" };
        [gate.name.clone(), gate.rule.clone(), output::figure(gate.value, 4), verdict.into()]
    });
    output::table(["gate", "rule", "measured", "verdict"], rows)
}

/// The table of models.
pub(super) fn models(models: &[ModelRow]) -> Result<()> {
    let rows = models.iter().map(|model| {
        let auroc = match model.auroc_interval {
            Some((low, high)) => format!("{} ({low:.3}–{high:.3})", output::figure(model.auroc, 3)),
            None => output::figure(model.auroc, 3),
        };
        let (auprc, ece) = (output::figure(model.auprc, 3), output::figure(model.ece, 4));
        [model.name.clone(), auroc, auprc, ece, output::figure(model.utility, 3)]
    });
    output::table(["model", "AUROC", "AUPRC", "ECE", "utility"], rows)
}

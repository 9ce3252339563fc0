//! `strata registry gc`: clears away for good what was deleted.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use strata_stack::registry::lifecycle::{Doomed, Plan, Which, age};

use super::{Place, bar};
use crate::cli::Context;
use crate::output;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata registry gc --older-than 30d           shows what would go, and asks\n  strata registry gc --run-ids ID,ID --yes      these alone, unasked\n  strata registry gc --dry-run --json           what would go, for a script\n\nWithout ids everything goes that was deleted: runs, experiments with all that is in them, logged models. What is named\nmust have been deleted first. Artifacts that are in this store go too; others stay where they are."
)]
pub(super) struct Gc {
    /// Only what was deleted at least so long ago: 30d, 8h, 1d2h3m4s
    #[arg(long, value_name = "TIME")]
    older_than: Option<String>,
    /// These deleted runs, and nothing that is not named
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    run_ids: Vec<String>,
    /// These deleted experiments, and nothing that is not named
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    experiment_ids: Vec<String>,
    /// These deleted logged models, and nothing that is not named
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    logged_model_ids: Vec<String>,
    /// Shows what would go, and clears nothing
    #[arg(long)]
    dry_run: bool,
    /// Clears without asking
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

impl Gc {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let which = Which {
            older_than: self.older_than.as_deref().map(age).transpose()?.unwrap_or_default(),
            run_ids: self.run_ids,
            experiment_ids: self.experiment_ids,
            logged_model_ids: self.logged_model_ids,
        };
        let store = self.place.open(context).await?;
        let plan = store.plan(&which).await?;
        if !context.json {
            show(&plan)?;
        }
        let mut cleared = 0;
        if !self.dry_run && !plan.is_empty() {
            agreed(self.yes)?;
            let (bar, mut progress) = bar("clearing");
            let done = store.clear(&plan, &mut progress).await;
            bar.finish_and_clear();
            cleared = done?;
        }
        if context.json {
            output::json(&json!({"plan": plan, "cleared": cleared}))?;
        } else if cleared > 0 {
            output::line(&format!("cleared away: {}", output::count(cleared)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// An error if nobody says yes.
fn agreed(yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("nobody is there to ask whether to clear this away: add --yes");
    }
    let mut answer = String::new();
    let _ = write!(std::io::stderr(), "clear this away for good? type yes: ");
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        bail!("nothing was cleared away");
    }
    Ok(())
}

fn show(plan: &Plan) -> Result<()> {
    if plan.is_empty() {
        return output::line("nothing to clear away");
    }
    let of = |what: &'static str, things: &[Doomed]| {
        let row = |thing: &Doomed| [what.to_owned(), thing.id.clone(), thing.name.clone(), thing.artifacts.clone()];
        things.iter().map(row).collect::<Vec<_>>()
    };
    let rows = [of("experiment", &plan.experiments), of("run", &plan.runs), of("logged model", &plan.logged_models)];
    output::table(["would go", "id", "name", "artifacts"], rows.concat())?;
    if plan.traces > 0 {
        output::line(&format!("{} traces would go with their experiments", output::count(plan.traces)))?;
    }
    if plan.artifacts_elsewhere > 0 {
        let count = output::count(plan.artifacts_elsewhere);
        output::line(&format!("the artifacts of {count} of these are not in this store, and stay where they are"))?;
    }
    if !plan.model_versions.is_empty() {
        let versions = plan.model_versions.join(", ");
        output::line(&format!("these model versions stay, and their files would be gone: {versions}"))?;
    }
    Ok(())
}

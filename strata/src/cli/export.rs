//! `strata export`: silver in forms that others read.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use strata_stack::{Exported, Splitting};

use super::Context;
use crate::{output, progress};

/// Writes silver in a form that others read
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(subcommand)]
    form: Form,
}

#[derive(Debug, Subcommand)]
enum Form {
    Meds(Meds),
}

/// As a data set of the Medical Event Data Standard, MEDS 0.4
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata export meds icu-2026\n  strata export meds icu-2026 --split\n\nWhat was measured is LOINC//<code>//<unit> in the canonical unit, doses are as charted, adverse events have their\ngrade. A mean arterial pressure that silver computed, free text and labels are left out.\nA patient is a number, the same in every export: strata query \"SELECT * FROM subjects\"\nBack again: strata import meds icu-2026"
)]
struct Meds {
    /// A folder that is not there yet
    folder: PathBuf,
    /// Says who is for training, for tuning and held out, as training divides patients
    #[arg(long)]
    split: bool,
}

impl Export {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let Form::Meds(Meds { folder, split }) = self.form;
        let stack = context.stack()?;
        let splitting = if split { Splitting::AsTrained } else { Splitting::None };
        let bar = progress::bar("exporting", Some(1));
        let moving = bar.clone();
        let mut progress = move |read, total| {
            moving.set_length(total);
            moving.set_position(read);
        };
        let exported = stack.export_meds(&folder, splitting, &mut progress).await;
        bar.finish_and_clear();
        let exported = exported?;
        if context.json {
            output::json(&exported)?;
        } else {
            show(&exported)?;
            output::line(&format!("{} is a MEDS 0.4 data set", folder.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(exported: &Exported) -> Result<()> {
    let mut rows = vec![
        ("patients", exported.subjects),
        ("of them numbered now", exported.numbered),
        ("measurements", exported.measurements),
        ("doses and infusions", exported.doses),
        ("adverse events", exported.adverse_events),
        ("rows", exported.rows),
        ("codes", exported.codes),
        ("files", exported.files),
    ];
    if let Some([train, tuning, held_out]) = exported.split {
        rows.extend([("patients for training", train), ("for tuning", tuning), ("held out", held_out)]);
    }
    output::table(["written", "count"], rows.into_iter().map(|(what, count)| [what.to_owned(), output::count(count)]))
}

//! `strata import`: a data set into bronze.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use strata_stack::{Imported, Stack, Writer};

use super::Context;
use crate::{output, progress};

/// Reads a data set into bronze
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata import physionet-2019 training_setA.psv.tar.zst\n  strata import mimic-iv mimic-iv-demo-2.2/\n  strata import csv ward.csv --mapping ward.toml\n\nSources:\n  physionet-2012  48 hours of ICU stays with deaths (set-a.tar.gz or .tar.zst, or a folder of .txt)\n  physionet-2019  hourly ICU rows with sepsis labels (.psv.tar.zst, or a folder of .psv)\n  mimic-iv        MIMIC-IV, the folder that holds hosp/ and icu/\n  fhir            FHIR R4: Bulk Data (.ndjson) or Bundles (.json), a file or a folder of them\n  meds            MEDS 0.4: the folder that holds data/\n  csv             any CSV, by a mapping file\n\nAn import that was cut short is begun anew by the same command: it adds only what is missing."
)]
pub(crate) struct Import {
    /// What kind of data set it is
    source: String,
    /// Where it lies
    path: PathBuf,
    /// For csv: the TOML file that says which column is what
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
}

impl Import {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let _lock = stack.folder.lock(Writer::Bronze, "strata import")?;
        let imported =
            import(&stack, stack.ingestion.source(&self.source, &self.path, self.mapping.as_deref())?).await?;
        show(&imported, context.json)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Imports with a progress bar.
pub(super) async fn import(stack: &Stack, source: Box<dyn strata_stack::Source>) -> Result<Imported> {
    let bar = progress::bar("reading", source.work());
    let moving = bar.clone();
    let imported = stack.ingestion.import(source, move |done| moving.set_position(done)).await;
    bar.finish_and_clear();
    imported
}

/// Shows what an import read, mapped and refused; damaged input is an error, after what was kept.
pub(super) fn show(imported: &Imported, json: bool) -> Result<()> {
    if json {
        output::json(imported)?;
    } else {
        tables(imported)?;
    }
    if let Some(damage) = &imported.damage {
        bail!(
            "{damage}\nkept: {} records before it ({} of them new)",
            imported.landed + imported.already_there,
            imported.landed
        );
    }
    Ok(())
}

fn tables(imported: &Imported) -> Result<()> {
    let summary = &imported.summary;
    let counted = |counts: &[(String, u64)]| -> Vec<[String; 2]> {
        counts.iter().map(|(name, count)| [name.clone(), output::count(*count)]).collect()
    };
    if !summary.mapped.is_empty() || !summary.unmapped.is_empty() {
        let mapped = summary.mapped.iter().map(|(name, count)| [name.clone(), output::count(*count), "mapped".into()]);
        let unmapped = summary
            .unmapped
            .iter()
            .map(|(name, count, reason)| [name.clone(), output::count(*count), format!("not mapped: {reason}")]);
        output::table(["column", "values", "what became of them"], mapped.chain(unmapped))?;
    }
    if !summary.notes.is_empty() {
        output::table(["note", ""], summary.notes.iter().map(|(name, text)| [name.clone(), text.clone()]))?;
    }
    output::table(["topic", "records"], counted(&summary.records))?;
    output::line(&format!(
        "{} patients, {} rows read; {} records written to {} objects ({}), {} were there already; log {}",
        output::count(summary.patients),
        output::count(summary.rows),
        output::count(imported.landed),
        output::count(imported.objects),
        output::bytes(imported.stored_bytes),
        output::count(imported.already_there),
        imported.log,
    ))
}

//! `strata refine`: bronze to silver, and how good the data is.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;
use strata_config::OnInvalid;
use strata_stack::{Engine, FolderCounts, QualityReport, Refined, Stack, Writer, refine_folder};

use super::Context;
use super::cluster::EngineChoice;
use crate::{output, progress};

#[expect(clippy::doc_markdown, reason = "it is the help text")]
/// Refines new bronze into silver tables, or a folder of NDJSON into a folder of Parquet
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata refine\n  strata refine --json\n  strata refine --engine ballista://127.0.0.1:50050     by the executors of a cluster\n  strata refine --from raw/ --to refined/ --on-invalid row --json\n\nOnly new bronze is refined; running it again changes nothing.\nWhat was refused: strata query \"SELECT topic, rule, count(*) FROM quarantine GROUP BY ALL\"\nUnits as they came: strata query \"SELECT * FROM unit_ledger\"; rates of infusions: \"SELECT * FROM rate_ledger\"\n\nWith --from no lake is touched. Every .json, .jsonl or .ndjson below the folder (also .gz and .zst) is read, a reading of\nvital signs a line; of readings of one patient, time and source the one with the latest ingested_at stays. Written are\nsilver/date=YYYY-MM-DD/*.parquet, each sorted by patient and time; rejects/*.parquet with the reason; and\nmalformed/*.parquet with each line that is no reading. Prints: read = malformed + duplicates + rejected + written."
)]
pub(crate) struct Refine {
    /// A folder of readings as NDJSON, or one such file
    #[arg(long, value_name = "RAW", requires = "to")]
    from: Option<PathBuf>,
    /// Where the Parquet goes: a folder that is missing or empty
    #[arg(long, value_name = "OUT", requires = "from")]
    to: Option<PathBuf>,
    /// What an impossible value takes with it [default: as processing.on_invalid says]
    #[arg(long, value_name = "WHAT", requires = "from")]
    on_invalid: Option<Invalid>,
    #[command(flatten)]
    engine: EngineChoice,
}

/// What an impossible value takes with it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Invalid {
    /// Itself: it is null in silver, and the reading as it came is in rejects/ too
    Cell,
    /// The whole reading
    Row,
}

impl Refine {
    /// Whether it leaves the data folder alone.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.from.is_some()
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        if let (Some(from), Some(to)) = (&self.from, &self.to) {
            let on_invalid = match self.on_invalid {
                Some(Invalid::Cell) => OnInvalid::Cell,
                Some(Invalid::Row) => OnInvalid::Row,
                None => context.config.processing.on_invalid,
            };
            return refine_elsewhere(from, to, on_invalid, context.json).await;
        }
        let engine = self.engine.engine(context)?;
        let stack = context.stack()?;
        let _lock = stack.folder.lock(Writer::Silver, "strata refine")?;
        let refined = refine(&stack, &engine).await?;
        let quality = stack.processing.quality().await?;
        if context.json {
            output::json(&json!({"refined": refined, "quality": quality}))?;
        } else {
            show(&refined, &quality)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn refine_elsewhere(from: &Path, to: &Path, on_invalid: OnInvalid, json: bool) -> Result<ExitCode> {
    let bar = progress::bar("refining", Some(1));
    let moving = bar.clone();
    let refining = refine_folder(from, to, on_invalid, move |at| {
        moving.set_message(at.doing);
        moving.set_length(at.total);
        moving.set_position(at.done);
    });
    let counts = refining.await;
    bar.finish_and_clear();
    let counts = counts?;
    if json {
        output::json(&counts)?;
    } else {
        show_counts(&counts, to)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_counts(counts: &FolderCounts, to: &Path) -> Result<()> {
    let rows = [
        ("written", counts.written, "silver/"),
        ("rejected", counts.rejected, "rejects/"),
        ("malformed", counts.malformed, "malformed/"),
        ("duplicates", counts.duplicates, ""),
        ("read", counts.read, ""),
    ];
    output::table(
        ["lines", "count", "in"],
        rows.map(|(what, count, r#in)| [what.into(), output::count(count), r#in.into()]),
    )?;
    if let Some(nulled) = counts.nulled.filter(|nulled| *nulled > 0) {
        output::line(&format!("{} impossible values are null in silver; rejects/ has them", output::count(nulled)))?;
    }
    output::line(&format!("{} holds the result", to.display()))
}

/// Refines with a progress bar.
pub(super) async fn refine(stack: &Stack, engine: &Engine) -> Result<Vec<Refined>> {
    let bar = progress::bar("refining", Some(1));
    let moving = bar.clone();
    let refined = stack
        .processing
        .refine(engine, &mut |at| {
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

//! `strata query`: SQL over every table.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use strata_stack::Format;

use super::Context;
use crate::output;

/// Answers SQL over every table
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata query \"SHOW TABLES\"\n  strata query \"SELECT sex, count(*) FROM patients GROUP BY sex\"\n  strata query \"SELECT * FROM unit_ledger\" --format csv\n  strata query \"SELECT * FROM features\" --format parquet --to features.parquet"
)]
pub(crate) struct Query {
    /// The query
    sql: String,
    /// table, csv, json or parquet [default: table]
    #[arg(long)]
    format: Option<Format>,
    /// Writes the answer to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Query {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let default = if context.json { Format::Json } else { Format::Table };
        let format = self.format.unwrap_or(default);
        if format == Format::Parquet && self.to.is_none() && std::io::stdout().is_terminal() {
            bail!("Parquet is not for a terminal: add --to FILE");
        }
        let rows = context.stack()?.processing.query(&self.sql).await?;
        match self.to {
            None => output::write(|bytes| Ok(rows.write(format, bytes)?))?,
            Some(path) => {
                let file =
                    std::fs::File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
                rows.write(format, std::io::BufWriter::new(file))?;
                output::note(&format!("{} rows written to {}", output::count(rows.len() as u64), path.display()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

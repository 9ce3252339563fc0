//! `strata audit`: who did what, and whether that is all.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use strata_audit::{Filter, Record};
use strata_config::Config;
use strata_types::Timestamp;

use crate::output;

/// Shows, checks and exports the audit log
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata audit show\n  strata audit show --what train --since 2026-03-01T00:00:00Z --limit 5\n  strata audit verify\n  strata audit export --format fhir > audit-events.ndjson\n\nEvery command and API call that changes something is recorded. Each record carries the hash of the one\nbefore: what was edited, removed or moved is named by `verify`, with exit code 1. Its last line is worth\nwriting down elsewhere: who can rewrite the whole folder can rewrite the whole chain."
)]
pub(crate) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// The newest records
    Show {
        #[command(flatten)]
        which: Which,
        /// At most so many, the newest
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// Whether every record is what was written, and none is missing
    Verify,
    /// All records as NDJSON on stdout, the oldest first
    Export {
        #[command(flatten)]
        which: Which,
        /// As they are, or as FHIR R4 `AuditEvent`
        #[arg(long, value_enum, default_value_t = Form::Ndjson)]
        format: Form,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Of this time and later, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// By this account, token or service
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// That did this, such as train
    #[arg(long, value_name = "COMMAND")]
    what: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Ndjson,
    Fhir,
}

impl From<Which> for Filter {
    fn from(which: Which) -> Self {
        let Which { since, who, what } = which;
        Self { since, who, what }
    }
}

impl Audit {
    pub(crate) fn run(self, config: &Config, json: bool) -> Result<ExitCode> {
        let folder = strata_audit::folder(&config.data_dir);
        match self.action {
            Action::Show { which, limit } => show(strata_audit::read(&folder, which.into())?.newest(limit)?, json),
            Action::Verify => verify(&folder, json),
            Action::Export { which, format } => {
                for record in strata_audit::read(&folder, which.into())? {
                    let record = record?;
                    output::write(|bytes| {
                        match format {
                            Form::Ndjson => serde_json::to_writer(&mut *bytes, &record)?,
                            Form::Fhir => serde_json::to_writer(&mut *bytes, &strata_audit::audit_event(&record))?,
                        }
                        Ok(bytes.write_all(b"\n")?)
                    })?;
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn show(records: Vec<Record>, json: bool) -> Result<ExitCode> {
    if json {
        output::json(&records)?;
    } else {
        let rows = records.into_iter().map(|record| {
            let on: Vec<_> =
                record.on.iter().map(|entity| format!("{} {}", entity.kind().name(), entity.id())).collect();
            let counts: Vec<_> =
                record.counts.iter().map(|(of, number)| format!("{} {of}", output::count(*number))).collect();
            let outcome = format!("{:?}", record.outcome);
            let detail = record.detail.into_iter().chain(counts).collect::<Vec<_>>().join(", ");
            [
                record.seq.to_string(),
                record.at.to_string(),
                record.who.name().to_owned(),
                record.what,
                on.join(", "),
                outcome,
                detail,
            ]
        });
        output::table(["record", "at", "who", "what", "on", "outcome", "detail"], rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(folder: &Path, json: bool) -> Result<ExitCode> {
    let verified = strata_audit::verify(folder)?;
    let finding = verified.finding.as_ref().map(ToString::to_string);
    let hash = verified.last.hash.to_string();
    if json {
        let (records, files) = (verified.records, verified.files);
        output::json(
            &json!({"ok": finding.is_none(), "records": records, "files": files, "last": hash, "finding": finding}),
        )?;
    } else {
        if let Some(finding) = &finding {
            output::line(&format!("not what was written: {finding}"))?;
        }
        let word = if finding.is_some() { "whole up to there" } else { "whole" };
        output::line(&format!("{} records are {word}; the last has the hash {hash}", output::count(verified.records)))?;
    }
    Ok(if finding.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

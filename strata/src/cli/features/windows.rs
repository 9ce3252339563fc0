//! `strata features windows`: statistics over windows of any folder of silver.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use strata_stack::{Asked, Closed, Stat, windows};
use strata_types::{HOUR, Timestamp};

use super::super::Context;
use crate::output;

/// Computes statistics of signals in windows of time, at every step, from a folder of Parquet files sorted by patient and time
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata features windows --from silver --to windows\n  strata features windows --from silver --to windows --start 2026-03-01T12:00:00Z\n  strata features windows --from silver --to windows --every 15m --hours 0.5,2 --signals heart_rate,spo2 --stats mean,slope\n\nOne row for every patient and boundary (start + every, start + 2 every, ...), with a column for each signal,\nstatistic and window, such as heart_rate_mean_6h. Windows are [b-w, b); with --closed right they are (b-w, b]."
)]
pub(crate) struct Windows {
    /// The folder of silver: Parquet files of patients, timestamps and the signals
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The folder of the answer, which must not exist yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// From when on; the first boundary is one step later [default: the first time there is, rounded down to a step]
    #[arg(long, value_name = "TIME")]
    start: Option<Timestamp>,
    /// The last boundary, at most [default: the first that covers the last time there is]
    #[arg(long, value_name = "TIME")]
    end: Option<Timestamp>,
    /// The step between boundaries, such as 15m, 1h or 1d
    #[arg(long, default_value = "1h", value_parser = length, value_name = "STEP")]
    every: i64,
    /// The lengths of the windows, in hours
    #[arg(long, value_delimiter = ',', default_value = "1,6,24", value_name = "HOURS")]
    hours: Vec<f64>,
    /// The columns that are looked at
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "COLUMNS",
        default_value = "heart_rate,blood_pressure_systolic,blood_pressure_diastolic,respiratory_rate,spo2,temperature,mean_arterial_pressure,pulse_pressure,shock_index"
    )]
    signals: Vec<String>,
    /// What is said of each
    #[arg(long, value_delimiter = ',', value_name = "STATS", default_value = "mean,min,max,std,last,count,slope", value_parser = stat)]
    stats: Vec<Stat>,
    /// Which end belongs to a window: left is [b-w, b), what happened before b; right is (b-w, b], as in the 120 features
    #[arg(long, value_enum, default_value = "left")]
    closed: End,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum End {
    Right,
    Left,
}

impl Windows {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let asked = Asked {
            signals: self.signals,
            stats: self.stats,
            windows: self.hours.iter().map(|hours| (hours * HOUR as f64).round() as i64).collect(),
            every: self.every,
            start: self.start,
            end: self.end,
            closed: match self.closed {
                End::Right => Closed::Right,
                End::Left => Closed::Left,
            },
        };
        let done = windows(&self.from, &self.to, &asked).await.context("no windows were computed")?;
        if context.json {
            output::json(&done)?;
        } else {
            output::line(&format!(
                "windows: {} rows of {} patients, {} columns, from {} rows of silver",
                output::count(done.rows),
                output::count(done.patients),
                done.columns,
                output::count(done.read),
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn stat(name: &str) -> Result<Stat, String> {
    let names = || Stat::ALL.map(Stat::name).join(", ");
    Stat::ALL.into_iter().find(|stat| stat.name() == name).ok_or_else(|| format!("use some of {}", names()))
}

fn length(text: &str) -> Result<i64, String> {
    let wrong = || "write a number and a unit, such as 15m, 1h or 1d".to_owned();
    let (number, unit) = text.len().checked_sub(1).and_then(|at| text.split_at_checked(at)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Ok((number * seconds * 1e6).round() as i64)
}

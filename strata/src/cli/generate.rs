//! `strata generate`: the synthetic hospital into bronze, or live to an event log.

mod live;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use strata_config::Synthetic;
use strata_stack::{Pace, Writer};

use super::{Context, import};

/// Fills bronze with the synthetic hospital, or sends it to an event log
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata generate\n  strata generate --patients 200 --days 3 --seed 7\n  strata generate --to kafka --rate 5000 --count 20000\n  strata generate --to kafka --speed 60 --now        an hour of the hospital each minute, until Ctrl-C\n  strata generate --to kafka broker-1:9092,broker-2:9092\n  strata generate --drift '{\"kind\": \"sensor_bias\", \"from_day\": 3, \"field\": \"heart_rate\", \"offset\": 8}'\n  strata generate --drift '{\"kind\": \"site_shift\", \"from_day\": 3, \"site\": 1, \"lab_scale\": 1.2}'\n  strata generate --drift '{\"kind\": \"case_mix\", \"from_day\": 3, \"share\": 0.3, \"years\": 15}'\n\nThe same settings give the same bytes. The best AUROC that any model can reach is among the notes.\nThe event log, if no brokers are named: that of the running stack, else infrastructure.log, else this machine's\ninfrastructure.log_port; with infrastructure.log_properties. Labels come with historical sets alone: a log gets none."
)]
pub(crate) struct Generate {
    /// Patients [default: 1000]
    #[arg(long)]
    patients: Option<u32>,
    /// Days that each patient is observed [default: 7]
    #[arg(long)]
    days: Option<u32>,
    /// What every draw starts from [default: 42]
    #[arg(long)]
    seed: Option<u64>,
    /// Something that changes on a day, as JSON (see the examples); may be given more than once
    #[arg(long, value_name = "JSON", value_parser = drift)]
    drift: Vec<strata_stack::Drift>,
    /// Sends it to an event log, at these brokers, instead of filling bronze
    #[arg(long, num_args = 1..=2, value_names = ["kafka", "BROKERS"])]
    to: Vec<String>,
    /// So many events a second [default: as fast as the log takes them]
    #[arg(long, value_name = "EVENTS", requires = "to", conflicts_with = "speed")]
    rate: Option<f64>,
    /// As it happens in life, so many times faster
    #[arg(long, value_name = "TIMES", requires = "to")]
    speed: Option<f64>,
    /// Ends after so many records
    #[arg(long, value_name = "RECORDS", requires = "to")]
    count: Option<u64>,
    /// Shifts the history so that it happens now
    #[arg(long, requires = "to")]
    now: bool,
}

fn drift(text: &str) -> Result<strata_stack::Drift, serde_json::Error> {
    serde_json::from_str(text)
}

impl Generate {
    /// Whether it ends well when it is asked to stop.
    pub(crate) fn hears_itself(&self) -> bool {
        !self.to.is_empty()
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let settings = self.settings(context);
        match &self.to[..] {
            [] => self.fill(&settings, context).await,
            [kind, brokers @ ..] if kind == "kafka" => {
                self.send(&settings, brokers.first().map(String::as_str), context).await
            }
            [kind, ..] => bail!("`--to {kind}` is not known: write `--to kafka`, or `--to kafka host:9092`"),
        }
    }

    fn settings(&self, context: &Context) -> Synthetic {
        let mut settings = context.config.synthetic.clone();
        settings.patients = self.patients.unwrap_or(settings.patients);
        settings.days = self.days.unwrap_or(settings.days);
        settings.seed = self.seed.unwrap_or(settings.seed);
        settings
    }

    async fn fill(&self, settings: &Synthetic, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let _lock = stack.folder.lock(Writer::Bronze, "strata generate")?;
        let imported = import::import(&stack, stack.ingestion.hospital(settings, &self.drift, None)?).await?;
        import::show(&imported, context.json)?;
        Ok(ExitCode::SUCCESS)
    }

    fn pace(&self) -> Pace {
        match (self.rate, self.speed) {
            (Some(rate), _) => Pace::PerSecond(rate),
            (None, Some(times)) => Pace::TimesLife(times),
            (None, None) => Pace::Unbounded,
        }
    }
}

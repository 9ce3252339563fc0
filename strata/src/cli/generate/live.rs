//! The synthetic hospital to an event log: told while it goes, ended by Ctrl-C, reported in the end.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use strata_config::Synthetic;
use strata_runtime::interrupted;
use strata_stack::{Client, Counts, Ended, Folder, Report};
use strata_types::Timestamp;

use super::super::{Context, INTERRUPTED};
use super::Generate;
use crate::{output, progress};

/// Between two looks at how far it is.
const LOOK: Duration = Duration::from_millis(200);

const MICROS_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

impl Generate {
    pub(super) async fn send(
        &self,
        settings: &Synthetic,
        brokers: Option<&str>,
        context: &Context,
    ) -> Result<ExitCode> {
        let stack = context.stack()?;
        let pace = self.pace();
        let history = i64::from(settings.days) * MICROS_A_DAY;
        let start = self.now.then(|| pace.start(Timestamp(context.clock.now_micros()), history));
        let hospital = stack.ingestion.hospital(settings, &self.drift, start)?;
        let brokers = match brokers {
            Some(brokers) => brokers.to_owned(),
            None => log(&stack.folder, context).await?,
        };
        let brokers = brokers.strip_prefix("kafka://").unwrap_or(&brokers);
        let asked_to_stop = interrupted();
        output::note(&format!("sending to {brokers}; Ctrl-C ends it, with everything acknowledged kept"));
        let production = stack.production(hospital, brokers, pace, self.count)?;
        let meter = production.meter();
        let stop = context.scope.token();
        let running = production.run(&stop);
        tokio::pin!(running, asked_to_stop);
        let bar = progress::bar("sending", self.count);
        let report = loop {
            tokio::select! {
                biased;
                report = &mut running => break report,
                () = &mut asked_to_stop, if !stop.is_cancelled() => stop.cancel(),
                () = tokio::time::sleep(LOOK) => {
                    let counts = meter.counts();
                    bar.set_message(line(&counts));
                    bar.set_position(counts.acknowledged);
                    bar.tick();
                }
            }
        };
        bar.finish_and_clear();
        let report = report.with_context(|| {
            format!("cannot send to {brokers}: `strata up` raises a log, `--to kafka HOST:PORT` names another")
        })?;
        if context.json {
            output::json(&report)?;
        } else {
            show(&report)?;
        }
        match report.ended {
            Ended::Damaged(why) => bail!("{why}"),
            _ if report.counts.failed > 0 => bail!("{} records are not in the log for certain", report.counts.failed),
            Ended::Stopped => Ok(ExitCode::from(INTERRUPTED)),
            Ended::Source | Ended::Count => Ok(ExitCode::SUCCESS),
        }
    }
}

/// The log of the running stack, else the one that the configuration means.
async fn log(folder: &Folder, context: &Context) -> Result<String> {
    if let Some(status) = Client::status_of(folder.run()).await? {
        let log = status.services.into_iter().find(|service| service.status.name == "log");
        if let Some(url) = log.and_then(|log| log.status.url) {
            return Ok(url);
        }
    }
    let infrastructure = &context.config.infrastructure;
    let own = format!("127.0.0.1:{}", infrastructure.log_port);
    Ok(if infrastructure.log.is_empty() { own } else { infrastructure.log.clone() })
}

fn line(counts: &Counts) -> String {
    format!(
        "{} sent, {} acknowledged, {}/s, p99 {} ms",
        output::count(counts.sent),
        output::count(counts.acknowledged),
        output::count(counts.per_second.round() as u64),
        output::figure(counts.latency_p99_ms, 1),
    )
}

fn show(report: &Report) -> Result<()> {
    let counts = &report.counts;
    let ended = match &report.ended {
        Ended::Source => "the history is at its end".to_owned(),
        Ended::Count => "as many as were asked for".to_owned(),
        Ended::Stopped => "stopped".to_owned(),
        Ended::Damaged(why) => why.clone(),
    };
    let latency = format!(
        "{} ms, {} ms of 99 in 100",
        output::figure(counts.latency_p50_ms, 1),
        output::figure(counts.latency_p99_ms, 1)
    );
    let rows = [
        ("sent", output::count(counts.sent)),
        ("acknowledged", output::count(counts.acknowledged)),
        ("failed", output::count(counts.failed)),
        ("labels left out", output::count(counts.left_out)),
        ("bytes", output::bytes(counts.bytes)),
        ("took", output::duration(counts.seconds)),
        ("events/s", output::count(counts.per_second.round() as u64)),
        ("acknowledged within", latency),
        ("ended", ended),
    ];
    output::table(["production", ""], rows.map(|(what, figure)| [what.to_owned(), figure]))?;
    if !report.refusals.is_empty() {
        let refusals = report.refusals.iter().map(|refusal| [output::count(refusal.records), refusal.reason.clone()]);
        output::table(["records", "not in the log, because"], refusals)?;
    }
    Ok(())
}

//! `strata demo`: the whole path in one command.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use strata_runtime::memory;
use strata_stack::{Engine, Stack, Writer};

use super::{Context, features, import, refine, train};
use crate::output;

/// Runs the whole path, from raw events to a served model, and shows each stage
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata demo\n  strata demo --from physionet-2019 training_setA.psv.tar.zst\n  strata demo --json\n\nWithout --data-dir, the demo keeps to a folder of its own below the user's data folder. In a terminal it goes\non to serve the model until Ctrl-C."
)]
pub(crate) struct Demo {
    /// Uses a data set instead of the synthetic hospital
    #[arg(long, num_args = 2, value_names = ["SOURCE", "PATH"])]
    from: Option<Vec<String>>,
    /// Serves the model at the end even when stdout is no terminal
    #[arg(long, conflicts_with = "json")]
    serve: bool,
}

impl Demo {
    /// The user's own, or one for each data set.
    pub(super) fn data_folder(&self, context: &Context) -> PathBuf {
        let folder = context.config.data_dir.clone();
        if context.has_own_folder() {
            return folder;
        }
        folder.join("demo").join(self.from.as_ref().map_or("synthetic", |from| from[0].as_str()))
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let began = Instant::now();
        let mut config = context.config.clone();
        config.data_dir = self.data_folder(context);
        let stack = Stack::build(&config, &context.clock)?;
        let writers = [Writer::Bronze, Writer::Silver, Writer::Features, Writer::Models];
        let locks =
            writers.map(|writer| stack.folder.lock(writer, "strata demo")).into_iter().collect::<Result<Vec<_>>>()?;
        output::note(&format!("data folder: {}", stack.folder.root().display()));
        let mut stages = Stages { began: Instant::now(), rows: Vec::new() };

        let source = match &self.from {
            Some(from) => stack.ingestion.source(&from[0], &PathBuf::from(&from[1]), None)?,
            None => stack.ingestion.hospital(&config.synthetic, &[], None)?,
        };
        let imported = import::import(&stack, source).await?;
        if let Some(damage) = &imported.damage {
            bail!("{damage}");
        }
        let summary = &imported.summary;
        let records: u64 = summary.records.iter().map(|(_, count)| count).sum();
        let read = format!("{} patients, {} records", output::count(summary.patients), output::count(records));
        stages.done(if self.from.is_some() { "import" } else { "generate" }, &read);

        let refined = refine::refine(&stack, &Engine::Embedded).await?;
        let written: u64 = refined.iter().map(|topic| topic.written).sum();
        let refused: u64 = refined.iter().map(|topic| topic.not_written).sum();
        stages
            .done("refine", &format!("{} rows, {} doubled or refused", output::count(written), output::count(refused)));

        let (counts, _) = features::materialise(&stack, &Engine::Embedded).await?;
        let computed =
            format!("{} vectors of 120, {} labelled", output::count(counts.hours), output::count(counts.labelled));
        stages.done("features", &computed);

        let trained = train::train(&stack, context).await?;
        stages.done(
            "train",
            &format!("{} models on {} rows", trained.models.len(), output::count(trained.training_rows)),
        );
        drop(locks);

        let seconds = began.elapsed().as_secs_f64();
        if context.json {
            let models: Vec<_> = trained
                .models
                .iter()
                .map(
                    |m| json!({"name": m.name, "auroc": m.auroc, "auprc": m.auprc, "ece": m.ece, "utility": m.utility}),
                )
                .collect();
            output::json(&json!({
                "patients": counts.patients,
                "hours": counts.hours,
                "septic_patients": counts.positive_patients,
                "seconds": seconds,
                "peak_memory_bytes": memory::peak_bytes(),
                "models": models,
                "report": trained.report,
                "champion": trained.champion,
                "data_dir": stack.folder.root(),
                "notes": summary.notes,
                "stages": stages.json(),
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::table(["stage", "what", "seconds", "peak memory"], stages.rows.iter().map(Stage::cells))?;
        for (name, text) in summary.notes.iter().filter(|(name, _)| name.starts_with("best_possible")) {
            output::line(&format!("{name}: {text}"))?;
        }
        train::show(&trained)?;
        output::line(&format!("done in {seconds:.1} s"))?;
        self.serve(context, &stack).await
    }

    /// Ends with a curl line that works: against this process in a terminal, else against `strata serve`.
    async fn serve(&self, context: &Context, stack: &Stack) -> Result<ExitCode> {
        let Some((patient, time)) = stack.features.example().await? else { return Ok(ExitCode::SUCCESS) };
        let curl = |url: &str| {
            format!(
                "  curl -s {url}/v1/predict -H 'Content-Type: application/json' \\\n    -d '{{\"patient_id\": \"{patient}\", \"timestamp\": \"{time}\"}}'"
            )
        };
        if !(self.serve || std::io::stdout().is_terminal()) {
            let url = format!("http://127.0.0.1:{}", context.config.serving.port);
            output::line(&format!("to serve the model:\n  strata serve --data-dir {}", stack.folder.root().display()))?;
            output::line(&format!("and then, for a prediction with its reasons:\n{}", curl(&url)))?;
            return Ok(ExitCode::SUCCESS);
        }
        let tracking = stack.tracking(&context.scope).await?;
        let (serving, following) = match stack.models.serving(None, tracking.as_ref()).await {
            Ok(serving) => serving,
            // The usual port is taken: any other will do for a demo.
            Err(_) => stack.models.serving(Some(0), tracking.as_ref()).await?,
        };
        let scope = context.scope.child("champion");
        context.scope.spawn_service("champion", async move { following.run(&scope).await });
        output::line(&format!(
            "the model is served until Ctrl-C; for a prediction with its reasons:\n{}",
            curl(&serving.url())
        ))?;
        serving.run(&context.scope.child("serving")).await?;
        Ok(ExitCode::SUCCESS)
    }
}

struct Stages {
    began: Instant,
    rows: Vec<Stage>,
}

struct Stage {
    name: &'static str,
    what: String,
    seconds: f64,
    peak_memory: Option<u64>,
}

impl Stages {
    fn done(&mut self, name: &'static str, what: &str) {
        let seconds = self.began.elapsed().as_secs_f64();
        self.began = Instant::now();
        let peak_memory = memory::peak_bytes();
        output::note(&format!("{name:10} {seconds:6.1} s  {what}"));
        self.rows.push(Stage { name, what: what.into(), seconds, peak_memory });
    }

    fn json(&self) -> Vec<serde_json::Value> {
        let stage = |stage: &Stage| json!({"name": stage.name, "what": stage.what, "seconds": stage.seconds, "peak_memory_bytes": stage.peak_memory});
        self.rows.iter().map(stage).collect()
    }
}

impl Stage {
    fn cells(&self) -> [String; 4] {
        let memory = self.peak_memory.map_or_else(|| "–".into(), output::bytes);
        [self.name.into(), self.what.clone(), format!("{:.1}", self.seconds), memory]
    }
}

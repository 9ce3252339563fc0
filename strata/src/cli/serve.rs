//! `strata serve`: predictions over HTTP.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::Context;
use crate::output;

/// Serves predictions over HTTP
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata serve\n  strata serve --port 8001 --run 0f3c…\n\nThen:\n  curl -s localhost:8000/v1/predict -H 'Content-Type: application/json' \\\n    -d '{\"patient_id\": \"p000001\", \"timestamp\": \"2019-01-02T00:00:00Z\"}'"
)]
pub(crate) struct Serve {
    /// The port; 0 takes a free one [default: 8000]
    #[arg(long)]
    port: Option<u16>,
    /// The run whose model is served, whoever is champion [default: the champion, followed as it changes]
    #[arg(long)]
    run: Option<String>,
}

impl Serve {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let serving = if let Some(run) = &self.run {
            stack.models.serving_run(self.port, run)?
        } else {
            let tracking = stack.tracking(&context.scope).await?;
            let (serving, following) = stack.models.serving(self.port, tracking.as_ref()).await?;
            let scope = context.scope.child("champion");
            context.scope.spawn_service("champion", async move { following.run(&scope).await });
            serving
        };
        let url = serving.url();
        if context.json {
            output::json(&serde_json::json!({"url": url}))?;
        } else {
            output::line(&format!("serving on {url} (endpoints: {url}/openapi.json); Ctrl-C ends it"))?;
        }
        serving.run(&context.scope.child("serving")).await?;
        Ok(ExitCode::SUCCESS)
    }
}

//! `strata registry serve`: the service alone.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use strata_config::Secret;
use strata_stack::registry::{Pages, Users, build};

use super::Place;
use crate::cli::Context;
use crate::output;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata registry serve\n  strata registry serve --port 0 --json\n  strata registry serve --database postgres://me:secret@db/mlflow --artifact-root s3://bucket/mlflow\n\nThen, in Python:\n  export MLFLOW_TRACKING_URI=http://127.0.0.1:5000\n\nOther machines get in only with users: MLFLOW_AUTH_ADMIN_PASSWORD makes the first of them."
)]
pub(super) struct Serve {
    /// The address it listens on
    #[arg(long, default_value_t = IpAddr::from(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 5000)]
    port: u16,
    #[command(flatten)]
    place: Place,
    /// The folder of MLflow's own web pages [default: those of the Python package, if it is installed]
    #[arg(long, value_name = "PATH")]
    mlflow_ui: Option<PathBuf>,
}

/// The password of the administrator who is made when there is no user yet, as MLflow's own server is given it.
const ADMIN_PASSWORD: &str = "MLFLOW_AUTH_ADMIN_PASSWORD";

impl Serve {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let mut config = self.place.config(context);
        config.host = self.host;
        config.port = self.port;
        config.pages = match self.mlflow_ui {
            Some(path) => Some(Pages::at(&path)?),
            None => Pages::find(),
        };
        if let Ok(password) = std::env::var(ADMIN_PASSWORD) {
            config.users = Some(Users { admin_password: Some(Secret::new(password)), ..Users::default() });
        }
        let (store, shows) = (config.data_dir.display().to_string(), config.pages.is_some());
        let registry = build(&config, Arc::clone(&context.clock)).await?;
        let url = format!("http://{}", registry.local_addr());
        if context.json {
            output::json(&json!({"url": url, "data_dir": store, "pages": shows}))?;
        } else {
            let pages = if shows { ", with MLflow's pages" } else { "" };
            output::line(&format!("MLflow's API on {url}{pages}; its store is {store}; Ctrl-C ends it"))?;
        }
        registry.run(&context.scope.child("registry")).await?;
        Ok(ExitCode::SUCCESS)
    }
}

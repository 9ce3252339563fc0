//! `strata config`: what every setting is, where it came from, and whether a file is right.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;
use strata_config::Config;

use crate::output;

/// Shows and checks the configuration
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata config show\n  strata config check --config site.toml\n  STRATA_SERVING__PORT=8001 strata config show"
)]
pub(crate) struct ConfigCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Every setting with its value and the layer that it came from
    Show,
    /// Whether the layers are right; exit code 1 and the reason when they are not
    Check,
    /// The JSON Schema of the configuration
    Schema,
}

impl ConfigCommand {
    pub(crate) fn run(self, config: Result<Config>, json: bool) -> Result<ExitCode> {
        match self.action {
            Action::Schema => output::line(&serde_json::to_string_pretty(&strata_config::schema())?)?,
            Action::Check => {
                let config = config?;
                if json {
                    output::json(&json!({"ok": true, "settings": config.explain().len()}))?;
                } else {
                    output::line(&format!("the configuration is right: {} settings", config.explain().len()))?;
                }
            }
            Action::Show if json => {
                let settings = config?.explain().iter().map(setting_json).collect::<Vec<_>>();
                output::json(&settings)?;
            }
            Action::Show => {
                let config = config?;
                let rows = config.explain().iter().map(|setting| {
                    [setting.key.clone(), setting.value.clone(), setting.origin.to_string(), setting.sentence.clone()]
                });
                output::table(["setting", "value", "from", "what it means"], rows)?;
                output::note(&format!("data folder: {}", config.data_dir.display()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn setting_json(setting: &strata_config::Setting) -> serde_json::Value {
    json!({
        "key": setting.key,
        "value": setting.value,
        "from": setting.origin.to_string(),
        "sentence": setting.sentence,
    })
}

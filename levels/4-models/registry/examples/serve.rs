//! A registry alone: `serve --port N --data-dir DIR --artifact-root URL [--database URL] [--mlflow-ui PATH]`.
//!
//! A root that is the proxied store itself (`http://.../api/2.0/mlflow-artifacts/artifacts`) says nothing of where that
//! keeps artifacts: `--artifacts-destination` does.

use std::collections::HashMap;
use std::sync::Arc;

use strata_config::Secret;
use strata_registry::{Config, Users, build};
use strata_registry_ui::Pages;
use strata_runtime::{Scope, clock};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let option = |pair: &[String]| Some((pair.first()?.strip_prefix("--")?.to_owned(), pair.get(1)?.clone()));
    let options: HashMap<String, String> = words.chunks(2).filter_map(option).collect();
    let text = |name: &str| options.get(name).cloned();

    let mut config = Config::new(text("data-dir").ok_or("--data-dir is missing")?);
    config.port = text("port").map_or(Ok(5000), |port| port.parse())?;
    config.database = text("database").map(Secret::new);
    let is_place = |root: &String| !root.starts_with("http") && !root.starts_with("mlflow-artifacts:");
    config.artifacts = text("artifacts-destination").or_else(|| text("artifact-root").filter(is_place));
    config.artifact_root = text("artifact-root");
    config.pages = match text("mlflow-ui") {
        Some(path) => Some(Pages::at(path.as_ref())?),
        None => Pages::find(),
    };
    if let Ok(password) = std::env::var("MLFLOW_AUTH_ADMIN_PASSWORD") {
        config.users = Some(Users { admin_password: Some(Secret::new(password)), ..Users::default() });
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let registry = build(&config, Arc::new(clock::System)).await?;
        Ok(registry.run(&Scope::root("registry")).await?)
    })
}

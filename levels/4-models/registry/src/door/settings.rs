//! What the door lets through, by the environment variables of MLflow's server.

use axum::http::HeaderValue;

use super::host::Hosts;
use super::origin::Origins;

/// Who is let in.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `MLFLOW_SERVER_ALLOWED_HOSTS`: this machine and private networks.
    pub(super) hosts: Hosts,
    /// `MLFLOW_SERVER_CORS_ALLOWED_ORIGINS`: pages of this machine.
    pub(super) origins: Origins,
    /// `MLFLOW_SERVER_X_FRAME_OPTIONS`: pages of its own.
    pub(super) frames: Option<HeaderValue>,
}

impl Settings {
    /// What these variables say.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| variable(&format!("MLFLOW_SERVER_{name}")).filter(|value| !value.trim().is_empty());
        let list = |name: &str| {
            let text = text(name)?;
            Some(text.split(',').map(|word| word.trim().to_ascii_lowercase()).collect::<Vec<_>>())
        };
        let frames = text("X_FRAME_OPTIONS").unwrap_or_else(|| "SAMEORIGIN".to_owned()).to_ascii_uppercase();
        Self {
            hosts: Hosts::new(list("ALLOWED_HOSTS")),
            origins: Origins::new(list("CORS_ALLOWED_ORIGINS").unwrap_or_default()),
            frames: Some(frames).filter(|frames| frames != "NONE").and_then(|frames| frames.parse().ok()),
        }
    }
}

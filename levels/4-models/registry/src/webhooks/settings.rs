//! How webhooks are delivered, by the environment variables of MLflow's server.

use std::time::Duration;

use strata_config::Secret;

/// How long a name may take to be looked up.
pub(crate) const LOOKUP: Duration = Duration::from_secs(5);

/// Where webhooks may send, and how hard it is tried.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// `MLFLOW_WEBHOOK_ALLOWED_SCHEMES`: `https`.
    pub(crate) schemes: Vec<String>,
    /// `MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS`: false.
    pub(crate) allow_private: bool,
    /// `MLFLOW_WEBHOOK_REQUEST_TIMEOUT`, in seconds: 30.
    pub(crate) timeout: Duration,
    /// `MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES`: 3.
    pub(crate) retries: u32,
    /// `MLFLOW_WEBHOOK_DELIVERY_MAX_WORKERS`, deliveries at once: 10.
    pub(crate) workers: usize,
    /// The first wait before another try: a second.
    pub(crate) first_wait: Duration,
    /// `MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY`: else one is made and kept beside the database.
    pub(crate) key: Option<Secret>,
}

impl Settings {
    /// What these variables say. One that cannot be read is as if it were not there, and is warned of.
    pub(crate) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| variable(&format!("MLFLOW_WEBHOOK_{name}")).filter(|value| !value.trim().is_empty());
        let number = |name: &str, default: u32| match text(name) {
            None => default,
            Some(value) => value.trim().parse().unwrap_or_else(|_| {
                tracing::warn!("MLFLOW_WEBHOOK_{name} is not a whole number; {default} is taken");
                default
            }),
        };
        let schemes = text("ALLOWED_SCHEMES").unwrap_or_else(|| "https".to_owned());
        let allow = text("ALLOW_PRIVATE_IPS").unwrap_or_default().to_ascii_lowercase();
        Self {
            schemes: schemes.split(',').map(|scheme| scheme.trim().to_ascii_lowercase()).collect(),
            allow_private: matches!(allow.as_str(), "true" | "1"),
            timeout: Duration::from_secs(number("REQUEST_TIMEOUT", 30).into()),
            retries: number("REQUEST_MAX_RETRIES", 3),
            workers: number("DELIVERY_MAX_WORKERS", 10).max(1) as usize,
            first_wait: Duration::from_secs(1),
            key: text("SECRET_ENCRYPTION_KEY").map(Secret::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Settings;

    #[test]
    fn strict_unless_told_otherwise() {
        let strict = Settings::from_variables(|_| None);
        assert_eq!((strict.schemes, strict.allow_private), (vec!["https".to_owned()], false));
        assert_eq!((strict.retries, strict.workers, strict.timeout), (3, 10, Duration::from_secs(30)));
        let lax = Settings::from_variables(|name| {
            let value = match name.strip_prefix("MLFLOW_WEBHOOK_")? {
                "ALLOWED_SCHEMES" => "http, HTTPS",
                "ALLOW_PRIVATE_IPS" => "True",
                "REQUEST_MAX_RETRIES" => "0",
                "REQUEST_TIMEOUT" => "soon",
                _ => " ",
            };
            Some(value.to_owned())
        });
        assert_eq!((lax.schemes, lax.allow_private), (vec!["http".to_owned(), "https".to_owned()], true));
        assert_eq!((lax.retries, lax.workers, lax.timeout), (0, 10, Duration::from_secs(30)));
        assert!(lax.key.is_none());
    }
}

//! A registry that runs, and a client of it.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use strata_config::Secret;
use strata_registry::{Config, Users, build};
use strata_runtime::{Scope, clock};
use strata_testkit::PostgresServer;

/// Speaks to one registry, as one user.
#[derive(Clone)]
pub(crate) struct Api {
    base: String,
    client: reqwest::Client,
    user: Option<(String, String)>,
    token: Option<String>,
    /// What it stands on, which goes with it.
    ground: Arc<Ground>,
}

struct Ground {
    scope: Scope,
    folder: tempfile::TempDir,
    postgres: Option<PostgresServer>,
}

/// A status and a body.
pub(crate) type Said = (StatusCode, Value);

impl Api {
    /// Over a file.
    pub(crate) async fn sqlite() -> Self {
        Self::start(None, None).await
    }

    /// Over a server, if there is one on this machine.
    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::start(Some(PostgresServer::start()?), None).await)
    }

    /// Over a file, for users only, of whom `admin` is the first.
    pub(crate) async fn with_users(admin_password: &str) -> Self {
        Self::start(None, Some(admin_password)).await
    }

    async fn start(postgres: Option<PostgresServer>, admin_password: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path());
        config.port = 0;
        config.database = postgres.as_ref().map(|server| Secret::new(server.url()));
        config.users =
            admin_password.map(|password| Users { admin_password: Some(Secret::new(password)), ..Users::default() });
        let registry = build(&config, Arc::new(clock::System)).await.unwrap();
        let base = format!("http://{}", registry.local_addr());
        let scope = Scope::root("registry");
        let running = scope.clone();
        scope.spawn("registry", async move { registry.run(&running).await });
        let ground = Arc::new(Ground { scope, folder, postgres });
        Self { base, client: reqwest::Client::new(), user: None, token: None, ground }
    }

    /// Where it answers.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The folder of its files.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.ground.folder.path()
    }

    /// How it was set up, but for its port.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(self.folder());
        config.database = self.ground.postgres.as_ref().map(|server| Secret::new(server.url()));
        config
    }

    /// Ends it; what it stands on stays.
    pub(crate) async fn end(&self) {
        let ended = self.ground.scope.close(std::time::Duration::from_secs(20)).await;
        ended.unwrap();
    }

    /// As this user.
    pub(crate) fn user(&self, name: &str, password: &str) -> Self {
        Self { user: Some((name.to_owned(), password.to_owned())), token: None, ..self.clone() }
    }

    /// As whoever has this token.
    pub(crate) fn token(&self, token: &str) -> Self {
        Self { user: None, token: Some(token.to_owned()), ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Said {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        self.ask(Method::GET, &format!("{path}?{query}"), None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Said {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Said {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Said {
        self.ask(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, body: Value) -> Said {
        self.ask(Method::DELETE, path, Some(body)).await
    }

    /// Sends spans as an exporter of OpenTelemetry's does, in JSON.
    pub(crate) async fn export(&self, experiment: &str, body: Value) -> Said {
        let request = self.client.post(format!("{}/v1/traces", self.base)).header("x-mlflow-experiment-id", experiment);
        let response = request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
        (response.status(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Said {
        let whole = path.starts_with("/health") || path.starts_with("/api/");
        let prefix = if whole { "" } else { "/api/2.0/mlflow" };
        let mut request = self.client.request(method, format!("{}{prefix}{path}", self.base));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        if let Some((name, password)) = &self.user {
            request = request.basic_auth(name, Some(password));
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|_| json!({ "text": text })))
    }
}

/// The body of what went well.
#[track_caller]
pub(crate) fn well((status, body): Said) -> Value {
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

/// What went wrong: the status, the code, and a part of the message.
#[track_caller]
pub(crate) fn refused((status, body): Said, expected: u16, code: &str, message: &str) {
    assert_eq!((status.as_u16(), body["error_code"].as_str()), (expected, Some(code)), "{body}");
    assert!(body["message"].as_str().unwrap().contains(message), "{body}");
}

/// `name` of each.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().map(|item| item["name"].as_str().unwrap()).collect()
}

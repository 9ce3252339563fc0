//! Any server of MLflow's API, by its URL.

mod credentials;
pub use credentials::Credentials;

mod again;

use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::Client;
use url::Url;

use crate::{Content, Error, Question, Server};

/// To reach the server.
const CONNECT: Duration = Duration::from_secs(5);
/// Between two pieces of what it says.
const SILENCE: Duration = Duration::from_secs(30);
/// A connection that lay idle for longer is not taken again: MLflow's server closes its own after 5 seconds.
const IDLE: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    /// Without a `/` at its end.
    base: String,
    credentials: Credentials,
}

impl Http {
    pub(crate) fn new(url: &str, credentials: Credentials) -> Result<Self, Error> {
        let no_server = || Error::Url(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| no_server())?;
        if parsed.password().is_some() || !parsed.username().is_empty() {
            return Err(Error::PasswordInUrl);
        }
        if !matches!(parsed.scheme(), "http" | "https") || parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(no_server());
        }
        let mut client =
            Client::builder().connect_timeout(CONNECT).read_timeout(SILENCE).pool_idle_timeout(IDLE).tcp_nodelay(true);
        if is_this_machine(&parsed) {
            // A proxy for the world outside does not know what this machine calls itself.
            client = client.no_proxy();
        }
        let unreachable = |cause| Error::Unreachable { server: url.to_owned(), cause: Box::new(cause) };
        let base = url.trim_end_matches('/').to_owned();
        Ok(Self { client: client.build().map_err(unreachable)?, base, credentials })
    }

    async fn ask(&self, question: &Question) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}{}", self.base, question.address);
        let mut request = self.client.request(question.method.clone(), url);
        if let Some(header) = self.credentials.header() {
            request = request.header(AUTHORIZATION, header);
        }
        let request = match &question.content {
            Content::Nothing => request,
            Content::Json(json) => request.header(CONTENT_TYPE, "application/json").body(json.clone()),
            Content::File(file) => request.body(file.clone()),
        };
        request.send().await
    }
}

impl Server for Http {
    fn answer(&self, question: Question) -> BoxFuture<'_, Result<Response<Body>, Error>> {
        async move {
            let mut waits = again::WAITS.into_iter();
            loop {
                let asked = self.ask(&question).await;
                let wait = if again::worth_it(&question, &asked) { waits.next() } else { None };
                if let Some(wait) = wait {
                    tokio::time::sleep(wait).await;
                    continue;
                }
                let cause = |cause: reqwest::Error| Box::new(cause.without_url());
                let unreachable = |error| Error::Unreachable { server: self.base.clone(), cause: cause(error) };
                return asked.map(|answer| Response::from(answer).map(Body::new)).map_err(unreachable);
            }
        }
        .boxed()
    }

    fn name(&self) -> &str {
        &self.base
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_lead_nowhere_or_tell_secrets_are_refused() {
        let check = |url: &str, fine: bool| {
            assert_eq!(Http::new(url, Credentials::default()).is_ok(), fine, "{url}");
        };
        check("http://127.0.0.1:5000", true);
        check("https://mlflow.example.org/prefix/", true);
        for url in ["", "mlflow:5000", "databricks", "file:///x", "http://me:secret@h", "http://h/?a=b", "http://h/#x"]
        {
            check(url, false);
        }
    }
}

//! Sending: one request, tried again while that may help, to addresses of the internet only.

use std::error::Error as StdError;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Url};

use super::delivery::Delivery;
use super::public::is_public;
use super::settings::{LOOKUP, Settings};
use super::{retry, url};

/// How much of an answer is kept for the one who asked for a test.
const ANSWER_BYTES: usize = 64 * 1024;
const REDIRECTS: usize = 10;

/// What a receiver said.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// Sends deliveries. Its client, and with it the system's certificates, is there from the first one on: most registries
/// have no webhook.
#[derive(Debug)]
pub(crate) struct Sender {
    client: OnceLock<Result<Client, String>>,
    settings: Arc<Settings>,
}

impl Sender {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self { client: OnceLock::new(), settings }
    }

    /// What the receiver said in the end, or why nothing was heard of it.
    pub(crate) async fn send(&self, delivery: &Delivery) -> Result<Answer, String> {
        let target = url::check(&delivery.url, &self.settings).await.map_err(|error| error.to_string())?;
        let client = self.client.get_or_init(|| self.build()).as_ref().map_err(Clone::clone)?;
        let mut failed = 0;
        loop {
            let mut request = client.post(target.clone()).body(delivery.body.clone());
            for (name, value) in delivery.headers() {
                request = request.header(name, value);
            }
            let (outcome, asked) = match request.send().await {
                Ok(response) => {
                    let asked = retry::asked(response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()));
                    let status = response.status().as_u16();
                    (Ok(Answer { status, body: start_of(response).await }), asked)
                }
                Err(error) => (Err(error), None),
            };
            let again = match &outcome {
                Ok(answer) => retry::is_passing(answer.status),
                Err(error) => !is_barred(error),
            };
            if !again || failed == self.settings.retries {
                return outcome.map_err(|error| chain(&error));
            }
            let wait = retry::wait(self.settings.first_wait, failed, asked, rand::random());
            tracing::debug!(webhook = %delivery.webhook, ?wait, "a delivery failed and is tried again");
            tokio::time::sleep(wait).await;
            failed += 1;
        }
    }

    fn build(&self) -> Result<Client, String> {
        let settings = Arc::clone(&self.settings);
        let mut client = Client::builder()
            .timeout(settings.timeout)
            // A proxy would be asked instead of the receiver, and could ask anybody.
            .no_proxy();
        if !settings.allow_private {
            client = client.dns_resolver(Arc::new(PublicNames));
        }
        let client = client.redirect(Policy::custom(move |attempt| follow(attempt, &settings)));
        client.build().map_err(|error| chain(&error))
    }
}

async fn start_of(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= ANSWER_BYTES {
            bytes.truncate(ANSWER_BYTES);
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A receiver may send elsewhere, but not to where its own URL could not have been.
fn follow(attempt: Attempt<'_>, settings: &Settings) -> reqwest::redirect::Action {
    if attempt.previous().len() > REDIRECTS {
        return attempt.error("too many redirects");
    }
    let to = attempt.url();
    let allowed = settings.schemes.iter().any(|scheme| scheme == to.scheme());
    if allowed && (settings.allow_private || literal(to).is_none_or(is_public)) {
        attempt.follow()
    } else {
        attempt.error(Barred("the receiver redirects to where a webhook may not send".to_owned()))
    }
}

/// The address that a URL spells out: such a one is connected to without being looked up.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Looks names up, and gives addresses of the internet only. What it gives is what is connected to, so a name that
/// answers differently the second time (DNS rebinding) gains nothing.
#[derive(Debug)]
struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str();
            let found = tokio::time::timeout(LOOKUP, tokio::net::lookup_host((name, 0))).await??;
            let found: Vec<SocketAddr> = found.collect();
            if let Some(inner) = found.iter().find(|address| !is_public(address.ip())) {
                let why = format!("{name} resolves to {}, which is not a public IP address", inner.ip());
                return Err(Box::new(Barred(why)) as Box<dyn StdError + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Not to be tried again: it would go where it may not.
#[derive(Debug)]
struct Barred(String);

impl fmt::Display for Barred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Barred {}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn is_barred(error: &reqwest::Error) -> bool {
    causes(error).any(<dyn StdError>::is::<Barred>)
}

fn chain(error: &reqwest::Error) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

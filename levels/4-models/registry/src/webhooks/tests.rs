//! Deliveries to a receiver that is really there.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hmac::Mac;
use serde_json::{Value, json};
use strata_config::Secret;
use strata_database::{Database, Migration};
use strata_testkit::PostgresServer;
use tokio::sync::mpsc;

use super::delivery::Delivery;
use super::event;
use super::sender::Sender;
use super::settings::Settings;
use super::webhook::{self, Status, Webhook};

/// What a receiver got.
struct Got {
    headers: HeaderMap,
    body: Bytes,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("{name} is missing")).to_str().unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// As a receiver checks it, with nothing of ours.
    fn is_signed_with(&self, secret: &str) -> bool {
        use base64::Engine;

        let (version, signature) = self.header("x-mlflow-signature").split_once(',').unwrap();
        let signature = base64::engine::general_purpose::STANDARD.decode(signature).unwrap();
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(
            format!("{}.{}.", self.header("x-mlflow-delivery-id"), self.header("x-mlflow-timestamp")).as_bytes(),
        );
        mac.update(&self.body);
        version == "v1" && mac.verify_slice(&signature).is_ok()
    }
}

/// Answers with these in turn, then with 200.
struct Receiver {
    address: SocketAddr,
    got: mpsc::UnboundedReceiver<Got>,
}

type Script = Arc<(Mutex<VecDeque<Response>>, mpsc::UnboundedSender<Got>)>;

impl Receiver {
    async fn start(answers: Vec<Response>) -> Self {
        let (sender, got) = mpsc::unbounded_channel();
        let script: Script = Arc::new((Mutex::new(answers.into()), sender));
        let receive = async |State(script): State<Script>, headers: HeaderMap, body: Bytes| {
            script.1.send(Got { headers, body }).unwrap();
            script.0.lock().unwrap().pop_front().unwrap_or_else(|| "heard".into_response())
        };
        let router = axum::Router::new().route("/{*path}", post(receive)).with_state(script);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { address, got }
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    async fn next(&mut self) -> Got {
        tokio::time::timeout(Duration::from_secs(20), self.got.recv()).await.expect("nothing came").unwrap()
    }
}

/// A receiver of tests is on this machine, and is not waited for.
fn lax() -> Settings {
    let schemes = vec!["http".to_owned(), "https".to_owned()];
    let first_wait = Duration::from_millis(1);
    Settings { schemes, allow_private: true, first_wait, ..Settings::from_variables(|_| None) }
}

fn delivery(url: &str, secret: Option<&str>) -> Delivery {
    let now = 1_700_000_000_123_456;
    Delivery::new("w", url, secret.map(Secret::new), event::MODEL_CREATED, &json!({ "name": "risk" }), now)
}

#[tokio::test]
async fn a_receiver_that_fails_first_gets_the_same_again() {
    let mut receiver = Receiver::start(vec![
        StatusCode::SERVICE_UNAVAILABLE.into_response(),
        (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "0")]).into_response(),
    ])
    .await;
    let sender = Sender::new(Arc::new(lax()));
    let answer = sender.send(&delivery(&receiver.url(), Some("hush"))).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "heard"));

    let tries = [receiver.next().await, receiver.next().await, receiver.next().await];
    for got in &tries {
        assert!(got.is_signed_with("hush"));
        assert!(!got.is_signed_with("hash"));
        assert_eq!(got.header("content-type"), "application/json");
        assert_eq!(got.header("x-mlflow-delivery-id"), tries[0].header("x-mlflow-delivery-id"));
        assert_eq!(got.header("x-mlflow-timestamp"), "1700000000");
    }
    let expected = json!({
        "entity": "registered_model", "action": "created", "timestamp": "2023-11-14T22:13:20.123456+00:00",
        "data": { "name": "risk" },
    });
    assert_eq!(tries[2].json(), expected);
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed() {
    let mut receiver = Receiver::start(Vec::new()).await;
    Sender::new(Arc::new(lax())).send(&delivery(&receiver.url(), None)).await.unwrap();
    assert!(receiver.next().await.headers.get("x-mlflow-signature").is_none());
}

#[tokio::test]
async fn a_receiver_that_goes_on_failing_is_left() {
    let fail = || StatusCode::BAD_GATEWAY.into_response();
    let mut receiver = Receiver::start(vec![fail(), fail(), fail(), fail(), fail()]).await;
    let sender = Sender::new(Arc::new(lax()));
    assert_eq!(sender.send(&delivery(&receiver.url(), None)).await.unwrap().status, 502);
    for _ in 0..4 {
        receiver.next().await;
    }
    assert!(receiver.got.try_recv().is_err(), "three tries after the first are enough");

    let mut refusing = Receiver::start(vec![StatusCode::FORBIDDEN.into_response()]).await;
    assert_eq!(sender.send(&delivery(&refusing.url(), None)).await.unwrap().status, 403);
    refusing.next().await;
    assert!(refusing.got.try_recv().is_err(), "a refusal is final");
}

/// The name of this machine is public for nobody.
#[tokio::test]
async fn nothing_is_sent_to_what_stands_beside_us() {
    let mut receiver = Receiver::start(Vec::new()).await;
    let strict = Settings { allow_private: false, ..lax() };
    let sender = Sender::new(Arc::new(strict));
    let port = receiver.address.port();
    for url in [receiver.url(), format!("http://localhost:{port}/"), format!("http://[::ffff:127.0.0.1]:{port}/")] {
        let error = sender.send(&delivery(&url, None)).await.unwrap_err();
        assert!(error.contains("must not resolve to a non-public IP address"), "{error}");
    }
    assert!(receiver.got.try_recv().is_err());
}

/// A redirect is the other way in.
#[tokio::test]
async fn a_redirect_does_not_lead_past_the_guard() {
    let to = |url: &str| (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url.to_owned())]).into_response();
    let mut inner = Receiver::start(Vec::new()).await;
    let mut outer = Receiver::start(vec![to(&inner.url())]).await;
    let sender = Sender::new(Arc::new(lax()));
    assert_eq!(sender.send(&delivery(&outer.url(), Some("hush"))).await.unwrap().status, 200);
    assert!(inner.next().await.is_signed_with("hush"), "a receiver may move");
    outer.next().await;

    let mut outer = Receiver::start(vec![to("ftp://127.0.0.1/x")]).await;
    let error = sender.send(&delivery(&outer.url(), None)).await.unwrap_err();
    assert!(error.contains("redirects to where a webhook may not send"), "{error}");
    outer.next().await;
    assert!(outer.got.try_recv().is_err(), "what is barred is not tried again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_reach_those_who_listen_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    changes_reach_those_who_listen(&Secret::new(format!("sqlite://{}/x.db", folder.path().display()))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_reach_those_who_listen_postgres() {
    let Some(server) = PostgresServer::start() else { return };
    changes_reach_those_who_listen(&Secret::new(server.url())).await;
}

async fn changes_reach_those_who_listen(url: &Secret) {
    const MIGRATION: Migration = Migration { version: 1, name: "webhooks", sql: super::tables::SQL };
    let clock = strata_runtime::clock::Fixed::at(1_700_000_000_000_000);
    let database = Database::open(url, &[MIGRATION], &clock).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (webhooks, post, carrier) = super::open(lax(), folder.path(), database.clone()).unwrap();

    let mut receiver = Receiver::start(vec![StatusCode::INTERNAL_SERVER_ERROR.into_response()]).await;
    let hook = |id: &str, status, secret: Option<&str>| Webhook {
        id: id.to_owned(),
        name: id.to_owned(),
        description: None,
        url: format!("http://{}/{id}", receiver.address),
        status,
        secret: secret.map(str::to_owned),
        created_at: 1,
        updated_at: 1,
        events: vec![event::VERSION_CREATED, event::ALIAS_CREATED],
    };
    let sealed = webhooks.seal.close("hush");
    let hooks = [
        hook("heard", Status::Active, Some(&sealed)),
        hook("asleep", Status::Disabled, None),
        hook("lost", Status::Active, Some("closed with another key")),
    ];
    let mut tx = database.write().await.unwrap();
    for hook in &hooks {
        hook.save(&mut tx).await.unwrap();
    }
    let gone = hook("gone", Status::Active, None);
    gone.save(&mut tx).await.unwrap();
    webhook::delete(&mut tx, 2, "gone").await.unwrap();
    assert!(webhook::get(&mut tx, "gone").await.is_err());
    assert_eq!(webhook::get(&mut tx, "heard").await.unwrap(), hooks[0]);
    tx.commit().await.unwrap();

    post.tell(event::MODEL_CREATED, json!({ "name": "nobody asked" }), 1);
    post.tell(event::VERSION_CREATED, json!({ "name": "risk", "version": "1" }), 2);
    drop(post);
    tokio::time::timeout(Duration::from_secs(20), carrier.run()).await.expect("the carrier ends with the post");

    for _ in 0..2 {
        let got = receiver.next().await;
        assert!(got.is_signed_with("hush"));
        assert_eq!(got.json()["data"], json!({ "name": "risk", "version": "1" }));
        assert_eq!(got.json()["entity"], "model_version");
    }
    assert!(receiver.got.try_recv().is_err(), "nobody else is told, and nobody twice");
}

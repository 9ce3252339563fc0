//! Servers that are not well: busy, broken, gone, or none of MLflow's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use strata_runtime::Scope;
use strata_tracking::{Credentials, Error, NewRun, Tracking};
use tokio::net::TcpListener;

/// A server that answers everything alike, and counts.
struct Broken {
    asked: Arc<AtomicUsize>,
    tracking: Tracking,
    _scope: Scope,
}

impl Broken {
    /// Answers with these, one after the other, the last for ever.
    async fn start(answers: &'static [(StatusCode, &'static str)]) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let router = Router::new().fallback(async move || {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            answers[number.min(answers.len() - 1)]
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let scope = Scope::root("broken");
        scope.spawn("server", async move { axum::serve(listener, router).await });
        Self { asked, tracking: Tracking::at(&url, Credentials::default()).unwrap(), _scope: scope }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

const ALIAS: &str = r#"{"model_version": {"name": "m", "version": "3", "run_id": "r", "creation_timestamp": 5}}"#;
const BUSY: (StatusCode, &str) = (StatusCode::SERVICE_UNAVAILABLE, "<html>later</html>");

#[tokio::test]
async fn what_is_busy_is_asked_again() {
    let server = Broken::start(&[BUSY, (StatusCode::TOO_MANY_REQUESTS, ""), (StatusCode::OK, ALIAS)]).await;
    let found = server.tracking.resolve("m", "champion").await.unwrap().unwrap();
    assert_eq!((found.version.as_str(), server.asked()), ("3", 3));
}

/// A run that may have been begun is not begun twice.
#[tokio::test]
async fn what_may_have_been_done_is_not_asked_for_twice() {
    let experiment = (StatusCode::OK, r#"{"experiment": {"experiment_id": "1"}}"#);
    let server = Broken::start(Box::leak(Box::new([experiment, BUSY]))).await;
    let new = NewRun { experiment: "e", name: "n", started_ms: 0, tags: &[] };
    let error = server.tracking.begin(&new).await.unwrap_err();
    assert!(
        matches!(&error, Error::Refused { status: 503, message, .. } if message == "<html>later</html>"),
        "{error}"
    );
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn an_answer_that_is_none_of_mlflows_is_an_error() {
    let check = async |answer: &'static [(StatusCode, &'static str)], says: &str| {
        let server = Broken::start(answer).await;
        let error = server.tracking.resolve("m", "champion").await.unwrap_err().to_string();
        assert!(error.contains(says) && error.contains(server.tracking.name()), "{error}");
    };
    check(&[(StatusCode::OK, "<html>a proxy's page</html>")], "gave no JSON").await;
    check(&[(StatusCode::FORBIDDEN, "Invalid Host header")], "refuses with 403: Invalid Host header").await;
    check(&[(StatusCode::NOT_FOUND, "")], "refuses with 404").await;
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Tracking::at(&url, Credentials::default()).unwrap().check().await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { server, .. } if *server == url), "{error}");
}

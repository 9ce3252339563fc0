//! A made-up stack behind a real socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_control::{Client, Controlled, Error, LevelName, Request, RunFolder, ServiceStatus, StackStatus, serve};
use strata_runtime::Scope;
use strata_services::{State, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::Notify;

#[derive(Default)]
struct Made {
    state: Mutex<Option<State>>,
    go_on: Notify,
    left: AtomicBool,
}

impl Controlled for Made {
    fn status(&self) -> StackStatus {
        let state = self.state.lock().unwrap().unwrap_or(State::Stopped);
        let services = vec![ServiceStatus::new(Status { state, ..Status::stopped("log") }, 0, true)];
        StackStatus {
            version: "0".into(),
            pid: Some(1),
            data_dir: "/data".into(),
            started_at: None,
            memory_bytes: Some(1),
            healthy: StackStatus::all_healthy(&services),
            cause: None,
            levels: vec![LevelName { number: 0, name: "infrastructure".into(), purpose: "stores".into() }],
            services,
            start: None,
        }
    }

    fn raise<'a>(&'a self, services: &'a [String]) -> BoxFuture<'a, Result<(), String>> {
        async move {
            if services != ["log"] {
                return Err(format!("there is no `{}`", services[0]));
            }
            *self.state.lock().unwrap() = Some(State::Starting);
            self.go_on.notified().await;
            *self.state.lock().unwrap() = Some(State::Healthy);
            Ok(())
        }
        .boxed()
    }

    fn fell<'a>(&'a self, services: &'a [String]) -> BoxFuture<'a, Result<Vec<String>, String>> {
        async move { Ok(services.to_vec()) }.boxed()
    }

    fn leave(&self) -> BoxFuture<'_, Result<Vec<String>, String>> {
        async { Ok(vec![]) }.boxed()
    }

    fn left(&self) {
        self.left.store(true, Ordering::SeqCst);
    }
}

struct Stage {
    run: RunFolder,
    made: Arc<Made>,
    scope: Scope,
    _data: tempfile::TempDir,
}

/// The folder lies so deep that its socket's path is longer than an address may be.
fn stage() -> Stage {
    let data = tempfile::tempdir().unwrap();
    let deep = data.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let run = RunFolder::open(&deep).unwrap();
    let (made, scope) = (Arc::new(Made::default()), Scope::root("test"));
    // What a killed stack left lies in the way, and does not matter.
    std::fs::write(deep.join("run/strata.sock"), "").unwrap();
    serve(&run, &scope, Arc::clone(&made) as _).unwrap();
    Stage { run, made, scope, _data: data }
}

impl Stage {
    async fn client(&self) -> Client {
        Client::connect(&self.run).await.unwrap().expect("it listens")
    }
}

#[tokio::test]
async fn whoever_raises_hears_how_it_goes() {
    let stage = stage();
    assert!(!stage.client().await.status().await.unwrap().healthy);
    let mut heard = Vec::new();
    let request = Request::Raise { services: vec!["log".into()] };
    let hear = |status: StackStatus| {
        heard.push(status.services[0].status.state);
        stage.made.go_on.notify_one();
    };
    assert!(stage.client().await.ask(&request, hear).await.unwrap().is_empty());
    assert_eq!(heard, [State::Starting]);
    assert!(stage.client().await.status().await.unwrap().healthy);

    let request = Request::Raise { services: vec!["lög".into()] };
    let refused = stage.client().await.ask(&request, |_| {}).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no `lög`");
    stage.scope.close(Duration::from_secs(5)).await.unwrap();
}

#[tokio::test]
async fn who_did_not_end_in_time_is_told() {
    let stage = stage();
    let request = Request::Fell { services: vec!["log".into()] };
    assert_eq!(stage.client().await.ask(&request, |_| {}).await.unwrap(), ["log"]);
    assert!(!stage.made.left.load(Ordering::SeqCst));
    stage.client().await.ask(&Request::Leave {}, |_| {}).await.unwrap();
    stage.scope.close(Duration::from_secs(5)).await.unwrap();
    assert!(stage.made.left.load(Ordering::SeqCst));
    // Nobody listens any more, though the socket's file lies there still.
    assert!(Client::connect(&stage.run).await.unwrap().is_none());
}

/// Garbage, silence and a client that goes away do no harm.
#[tokio::test]
async fn strangers_do_no_harm() {
    let stage = stage();
    let short = tempfile::tempdir().unwrap();
    let link = short.path().join("run");
    std::os::unix::fs::symlink(stage.run.data().join("run"), &link).unwrap();
    let endless = vec![b'['; 70_000];
    for garbage in [&b"\xff\xfe\n"[..], b"{}\n", b"{\"fell\":{}}\n", &endless, b""] {
        let mut stream = UnixStream::connect(link.join("strata.sock")).await.unwrap();
        let _ = stream.write_all(garbage).await;
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).contains("done"));
    }
    let mut gone = UnixStream::connect(link.join("strata.sock")).await.unwrap();
    gone.write_all(b"{\"raise\":{\"services\":[\"log\"]}}\n").await.unwrap();
    drop(gone);
    assert!(!stage.client().await.status().await.unwrap().healthy);
    stage.made.go_on.notify_one();
    stage.scope.close(Duration::from_secs(5)).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_gets_in() {
    use std::os::unix::fs::PermissionsExt;
    let stage = stage();
    for (path, mode) in [("run", 0o700), ("run/strata.sock", 0o600)] {
        let found = std::fs::metadata(stage.run.data().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }
}

#[tokio::test]
async fn nobody_is_there_before_a_start() {
    let data = tempfile::tempdir().unwrap();
    let run = RunFolder::open(data.path()).unwrap();
    assert!(Client::connect(&run).await.unwrap().is_none());
    let error = Error::Lost.to_string();
    assert!(error.contains("strata status"), "{error}");
}

/// A stack that goes while we knock is gone, which is no error: `strata down` knocks until nobody answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_that_goes_while_we_knock_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::open(folder.path()).unwrap();
    let (socket, done) = (folder.path().join("run/strata.sock"), Arc::<AtomicBool>::default());
    let goes = Arc::clone(&done);
    let going = std::thread::spawn(move || {
        while !goes.load(Ordering::Relaxed) {
            drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
            std::fs::remove_file(&socket).unwrap();
        }
    });
    for _ in 0..20_000 {
        Client::connect(&run).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    going.join().unwrap();
}

/// Until the system has taken a killed process apart, its socket still takes calls, and answers none.
#[tokio::test]
async fn a_stack_that_goes_while_it_is_asked_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::open(folder.path()).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(folder.path().join("run/strata.sock")).unwrap();
    let going = std::thread::spawn(move || {
        for _ in 0..3 {
            drop(listener.accept().unwrap());
        }
    });
    assert!(Client::status_of(&run).await.unwrap().is_none());
    going.join().unwrap();
}

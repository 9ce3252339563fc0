//! Scopes: who hears, who ends when, who is late.
//!
//! Nothing sleeps: only the tests of lateness wait, for a short real deadline. Tokio's paused time would
//! save that, but its feature would make the tests' build of everything above Tokio another than the
//! binary's, and everything above Tokio is what takes long to build.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::{Cause, Scope};

/// Never used up.
const GRACE: Duration = Duration::from_mins(1);
/// Used up by whoever is stuck.
const SHORT: Duration = Duration::from_millis(20);

type Log = Arc<Mutex<Vec<&'static str>>>;

/// A service that, told to stop, lets others run this many times and then writes its name down.
fn lingering(scope: &Scope, name: &'static str, turns: usize, log: &Log) {
    let (stopping, log) = (scope.token(), Arc::clone(log));
    scope.spawn_service(name, async move {
        stopping.cancelled().await;
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        log.lock().unwrap().push(name);
        Ok::<_, io::Error>(())
    });
}

fn stuck(scope: &Scope, name: &str) {
    scope.spawn(name, std::future::pending::<Result<(), io::Error>>());
}

#[tokio::test]
async fn an_error_is_heard_by_the_owner_and_above() {
    let root = Scope::root("strata");
    let (serving, other) = (root.child("serving"), root.child("other"));
    serving.spawn("accept", async { Err::<(), _>(io::Error::other("port taken")) });
    let failure = serving.failed().await;
    assert_eq!(failure.to_string(), "strata/serving/accept failed: port taken");
    assert_eq!(root.failed().await.to_string(), failure.to_string());
    assert!(other.failure().is_none(), "a neighbour has not failed");
}

#[tokio::test]
async fn a_panic_is_a_failure_with_its_message() {
    let root = Scope::root("strata");
    root.spawn("import", async {
        tokio::task::yield_now().await;
        let (expected, read) = (3, 2);
        assert_eq!(read, expected, "rows were lost");
        Ok::<_, io::Error>(())
    });
    let failure = root.failed().await.to_string();
    assert!(failure.starts_with("strata/import panicked: ") && failure.contains("rows were lost"), "{failure}");
}

#[tokio::test]
async fn a_task_may_end_but_a_service_may_not() {
    let root = Scope::root("strata");
    root.spawn("import", async { Ok::<_, io::Error>(()) });
    root.finished().await.unwrap();
    root.spawn_service("accept", async { Ok::<_, io::Error>(()) });
    let failure = root.finished().await.unwrap_err();
    assert!(matches!(failure.cause, Cause::Returned), "{failure}");
}

#[tokio::test]
async fn the_first_failure_is_kept_and_more_do_no_harm() {
    let root = Scope::root("strata");
    root.spawn("first", async { Err::<(), _>("first") });
    let failure = root.failed().await;
    root.spawn("second", async { Err::<(), _>("second") });
    root.finished().await.unwrap_err();
    root.close(GRACE).await.unwrap();
    assert_eq!((failure.task.as_str(), root.failed().await.task.as_str()), ("first", "first"));
}

#[tokio::test]
async fn running_ends_with_the_stop_signal_or_a_failure() {
    let root = Scope::root("strata");
    stuck(&root, "accept");
    root.run_until(tokio::task::yield_now()).await.unwrap();
    root.spawn("import", async { Err::<(), _>("torn file") });
    let failure = root.run_until(std::future::pending::<()>()).await.unwrap_err();
    assert_eq!(failure.task, "import");
}

/// Fault 2: levels must not be left standing on nothing.
#[tokio::test]
async fn children_end_before_their_parents_the_last_raised_first() {
    let (root, log) = (Scope::root("strata"), Log::default());
    let (lower, upper) = (root.child("lower"), root.child("upper"));
    let on_top = upper.child("on top");
    lingering(&root, "root", 0, &log);
    lingering(&lower, "lower", 0, &log);
    lingering(&upper, "upper", 100, &log);
    lingering(&on_top, "on top", 200, &log);
    let start = Instant::now();
    root.close(GRACE).await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["on top", "upper", "lower", "root"]);
    assert!(start.elapsed() < GRACE / 2, "ends as soon as all have ended");
    assert!(root.failure().is_none(), "ending when told to is no failure");
}

#[tokio::test]
async fn the_late_are_named_and_those_below_them_still_get_their_turn() {
    let (root, log) = (Scope::root("strata"), Log::default());
    let (lower, upper) = (root.child("lower"), root.child("upper"));
    lingering(&lower, "lower", 10, &log);
    stuck(&upper, "accept");
    stuck(&upper, "warm");
    let start = Instant::now();
    let late = root.close(SHORT).await.unwrap_err();
    assert_eq!(late.names, ["strata/upper/accept", "strata/upper/warm"]);
    assert_eq!(late.to_string(), "still running after the time to stop: strata/upper/accept, strata/upper/warm");
    assert_eq!(*log.lock().unwrap(), ["lower"]);
    assert!(start.elapsed() >= SHORT && start.elapsed() < GRACE / 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_late_are_aborted() {
    let root = Scope::root("strata");
    let (held, dropped) = tokio::sync::oneshot::channel::<()>();
    root.spawn("accept", async move {
        std::future::pending::<()>().await;
        drop(held);
        Ok::<_, io::Error>(())
    });
    root.close(SHORT).await.unwrap_err();
    dropped.await.unwrap_err();
    root.finished().await.expect("being aborted is no further failure");
}

#[tokio::test]
async fn a_closed_scope_starts_nothing() {
    let root = Scope::root("strata");
    root.close(GRACE).await.unwrap();
    stuck(&root, "accept");
    stuck(&root.child("late"), "accept");
    root.close(GRACE).await.unwrap();
}

#[tokio::test]
async fn a_closed_child_leaves_its_parent_open() {
    let root = Scope::root("strata");
    let import = root.child("import");
    stuck(&root, "accept");
    import.close(GRACE).await.unwrap();
    assert!(!root.token().is_cancelled());
    assert!(root.children().is_empty(), "and the parent forgets it");
}

#[tokio::test]
async fn blocking_work_is_a_member_too() {
    let root = Scope::root("strata");
    root.spawn_blocking("train", || Err::<(), _>("no rows"));
    assert_eq!(root.failed().await.to_string(), "strata/train failed: no rows");

    let root = Scope::root("strata");
    let (release, released) = std::sync::mpsc::channel::<()>();
    root.spawn_blocking("train", move || released.recv());
    assert_eq!(root.close(Duration::ZERO).await.unwrap_err().names, ["strata/train"]);
    release.send(()).unwrap();
    root.finished().await.unwrap();
}

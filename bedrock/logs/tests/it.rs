//! Writing and reading together, with the thread between them, by threads, rotation and a process that is killed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_logs::{FileLayer, Guard, Line, Reader, Rotation, Settings, start};
use strata_runtime::{Scope, clock};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt;

const ALL_KEPT: Rotation = Rotation { bytes: 2_000, kept: 10_000 };
const KILLED: Rotation = Rotation { bytes: 200_000, kept: 10_000 };

fn begin(folder: &Path, rotation: Rotation) -> (Dispatch, Guard) {
    let services = ["landing", "serving"].map(str::to_owned).to_vec();
    let settings = Settings { folder: folder.to_owned(), services, rotation };
    let (layer, guard): (FileLayer, _) = start(settings, Arc::new(clock::System)).unwrap();
    (Dispatch::new(tracing_subscriber::registry().with(layer)), guard)
}

fn read(folder: &Path) -> Vec<Line> {
    Reader::new(folder).read().unwrap().map(Result::unwrap).collect()
}

fn numbers(lines: &[Line]) -> Vec<u64> {
    lines.iter().map(|line| line.fields["n"].as_u64().unwrap()).collect()
}

#[test]
fn rotation_keeps_every_line_once_while_several_threads_write() {
    let folder = tempfile::tempdir().unwrap();
    let (dispatch, guard) = begin(folder.path(), ALL_KEPT);
    // Fewer than may wait, so that none is dropped however slow the disk is.
    std::thread::scope(|threads| {
        for thread in 0..4_u64 {
            let dispatch = &dispatch;
            threads.spawn(move || {
                tracing::dispatcher::with_default(dispatch, || {
                    for n in 0..900 {
                        let service = if n % 3 == 0 { "landing" } else { "serving" };
                        tracing::info!(service, n = thread * 900 + n, "said");
                    }
                });
            });
        }
    });
    drop(guard);
    let mut seen = numbers(&read(folder.path()));
    seen.sort_unstable();
    assert_eq!(seen, (0..3600).collect::<Vec<_>>());
    assert!(folder.path().join("landing.20.ndjson").exists(), "it was rotated");
}

#[test]
fn another_start_goes_on_where_the_first_ended() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..3 {
        let (dispatch, guard) = begin(folder.path(), Rotation::default());
        tracing::dispatcher::with_default(&dispatch, || tracing::info!(n, "said"));
        drop(guard);
        // What is said too late is no error.
        tracing::dispatcher::with_default(&dispatch, || tracing::info!(n = 9, "too late"));
    }
    assert_eq!(numbers(&read(folder.path())), [0, 1, 2]);
}

#[tokio::test]
async fn what_is_written_is_followed_across_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let (dispatch, guard) = begin(folder.path(), ALL_KEPT);
    let scope = Scope::root("test");
    let say = |range: std::ops::Range<u64>| {
        tracing::dispatcher::with_default(&dispatch, || {
            for n in range {
                tracing::info!(service = "landing", n, "said");
            }
        });
    };
    say(0..10);
    let mut follow = Reader::new(folder.path()).services(["landing"]).follow(&scope);
    for round in 0..20 {
        // Some rotate many times at once, some not at all.
        let range = round * 50..round * 50 + if round % 2 == 0 { 50 } else { 1 };
        say(range.start.max(10)..range.end);
        for expected in range {
            let line = tokio::time::timeout(Duration::from_secs(30), follow.next()).await;
            assert_eq!(line.expect("it comes").unwrap().unwrap().fields["n"], expected);
        }
    }
    scope.close(Duration::from_secs(10)).await.unwrap();
    assert!(follow.next().await.is_none(), "it ends with its scope");
    assert_eq!(follow.skipped(), 0);
    drop(guard);
}

#[tokio::test]
async fn following_begins_with_the_last_lines_and_ends_when_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let (dispatch, guard) = begin(folder.path(), ALL_KEPT);
    tracing::dispatcher::with_default(&dispatch, || (0..100_u64).for_each(|n| tracing::info!(n, "said")));
    drop(guard);
    let scope = Scope::root("test");
    let mut follow = Reader::new(folder.path()).last(2).follow(&scope);
    for expected in [98, 99] {
        assert_eq!(follow.next().await.unwrap().unwrap().fields["n"], expected);
    }
    drop(follow);
    tokio::time::timeout(Duration::from_secs(30), scope.finished()).await.expect("it ends").unwrap();
}

/// The process that `a_killed_process_leaves_one_torn_line_at_most` kills: it says numbers until then.
#[test]
#[ignore = "run by another test, which kills it"]
fn say_numbers_until_killed() {
    let Some(folder) = std::env::var_os("STRATA_LOGS_KILLED_IN") else { return };
    let (dispatch, _guard) = begin(Path::new(&folder), KILLED);
    tracing::dispatcher::with_default(&dispatch, || {
        for n in 0_u64.. {
            tracing::info!(service = "landing", n, "said");
        }
    });
}

#[test]
fn a_killed_process_leaves_one_torn_line_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = Reader::new(folder.path()).services(["landing"]).read().unwrap();
    let mut starts = 0;
    for process_number in 1..=3 {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "say_numbers_until_killed", "--ignored"])
            .env("STRATA_LOGS_KILLED_IN", folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // In the middle of its work, whenever that is.
        let (begun, mut seen) = (Instant::now(), 0);
        while seen < 200 {
            // A few at a time: who says them may be faster than who reads.
            let lines = watched.by_ref().take(1_000).map(Result::unwrap).collect::<Vec<_>>();
            for n in numbers(&lines) {
                starts += u32::from(n == 0);
                seen += u32::from(starts == process_number);
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "it says nothing");
        }
        process.kill().unwrap();
        process.wait().unwrap();
    }
    // The next start repairs what the last one left.
    let (dispatch, guard) = begin(folder.path(), KILLED);
    tracing::dispatcher::with_default(&dispatch, || tracing::info!(service = "landing", n = u64::MAX, "said"));
    drop(guard);
    let mut lines = Reader::new(folder.path()).services(["landing"]).read().unwrap();
    let said = numbers(&lines.by_ref().map(Result::unwrap).collect::<Vec<_>>());
    let skipped = lines.skipped();
    assert!(skipped <= 3, "{skipped} torn lines of three processes");
    assert_eq!(said.last().copied(), Some(u64::MAX));
    // Each process's numbers rise from 0: nothing comes twice or out of place.
    let starts = said.windows(2).filter(|pair| pair[0] >= pair[1]).map(|pair| pair[1]).collect::<Vec<_>>();
    assert_eq!(starts, [0, 0]);
}

//! The suite over a folder, and what only a folder can promise.

use proptest::prelude::*;
use strata_runtime::clock::{Fixed, System};

use super::*;
use crate::suite;

fn open(folder: &Path) -> Embedded {
    Embedded::open(folder, Arc::new(System)).unwrap()
}

#[tokio::test]
async fn the_suite_passes() {
    let folder = tempfile::tempdir().unwrap();
    suite::check(&open(folder.path())).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_store_is_the_model(steps in suite::steps()) {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(suite::follow(&open(folder.path()), b"", &steps));
    }
}

#[tokio::test]
async fn what_was_put_is_there_after_a_crash() {
    let (folder, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path());
    store.put_many(vec![Entry::new("a", 1, "one"), Entry::new("b", 1, "two")]).await.unwrap();
    // The files as they are when the process dies: nothing was closed.
    copy(folder.path(), image.path());
    let after = open(image.path());
    assert_eq!(after.scan(b"", None, 10).await.unwrap().len(), 2);
    // Fault 35, over a restart: the version is remembered.
    after.put_many(vec![Entry::new("a", 0, "older")]).await.unwrap();
    assert_eq!(after.get(b"a").await.unwrap().unwrap(), "one");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Fault 10: two managers at once corrupt each other.
#[test]
fn a_folder_has_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path());
    let error = Embedded::open(folder.path(), Arc::new(System)).unwrap_err().to_string();
    assert!(error.contains("another process has it open"), "{error}");
}

#[tokio::test]
async fn what_expires_is_gone_at_its_time_and_leaves_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Fixed::at(1_000);
    let store = Embedded::open(folder.path(), Arc::new(clock.clone())).unwrap();
    store.put_many(vec![Entry::new("short", 9, "x").until(2_000), Entry::new("long", 9, "y")]).await.unwrap();
    clock.set(1_999);
    assert!(store.get(b"short").await.unwrap().is_some());
    clock.set(2_000);
    assert!(store.get(b"short").await.unwrap().is_none());
    // Its version is forgotten with it.
    store.put_many(vec![Entry::new("short", 1, "z").until(3_000)]).await.unwrap();
    assert_eq!(store.get(b"short").await.unwrap().unwrap(), "z");
    clock.set(3_000);
    store.inner.keyspace.rotate_memtable_and_wait().unwrap();
    store.inner.keyspace.major_compact().unwrap();
    assert_eq!(store.inner.keyspace.len().unwrap(), 1);
}

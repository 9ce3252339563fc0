//! The suite over a real server, and what only a server can promise.

use proptest::prelude::*;
use strata_testkit::RedisServer;

use super::*;
use crate::suite;

async fn open(server: &RedisServer) -> Redis {
    Redis::open(&Secret::new(server.url())).await.unwrap()
}

#[tokio::test]
async fn the_suite_passes() {
    let Some(server) = RedisServer::start() else { return };
    suite::check(&open(&server).await).await;
}

#[test]
fn the_store_is_the_model() {
    let Some(server) = RedisServer::start() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let store = runtime.block_on(open(&server));
    let case = std::cell::Cell::new(0_u32);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 12, ..ProptestConfig::default() });
    let outcome = runner.run(&suite::steps(), |steps| {
        case.set(case.get() + 1);
        // Each case below a prefix of its own.
        runtime.block_on(suite::follow(&store, format!("case-{:05}/", case.get()).as_bytes(), &steps));
        Ok(())
    });
    outcome.unwrap();
}

/// What expires and is never read again must not stay in the index for ever.
#[tokio::test]
async fn the_index_forgets_what_has_expired() {
    let Some(server) = RedisServer::start() else { return };
    let store = open(&server).await;
    for number in 0..200 {
        store.put_many(vec![Entry::new(format!("gone/{number}"), 1, "x").until(1_000_000)]).await.unwrap();
    }
    for key in [KEYS, EXPIRING] {
        let left: usize = store.ask("count", cmd("ZCARD").arg(key)).await.unwrap();
        assert_eq!(left, 0, "{key}");
    }
}

#[tokio::test]
async fn a_lost_connection_is_made_again() {
    let Some(mut server) = RedisServer::start() else { return };
    let store = open(&server).await;
    store.put_many(vec![Entry::new("a", 1, "one")]).await.unwrap();
    server.restart();
    // The first attempts may meet the dead connection.
    let mut answer = store.get(b"a").await;
    for _ in 0..20 {
        if answer.is_ok() {
            break;
        }
        answer = store.get(b"a").await;
    }
    assert_eq!(answer.unwrap().unwrap(), "one");
}

#[test]
fn the_end_of_a_prefix_is_after_all_that_begins_with_it() {
    assert_eq!(end_of(b"ab"), b"(ac");
    assert_eq!(end_of(b"a\xff\xff"), b"(b");
    assert_eq!(end_of(b"\xff"), b"+");
    assert_eq!(end_of(b""), b"+");
}

//! Silver that follows the live log.

use strata_types::{HOUR, Timestamp, Topic};

use crate::world::{Live, SECOND, START, count, follower, land_and_refine, reading, refine, state};

/// A pass says how far silver is, and finds what has landed without being told where.
#[tokio::test]
async fn a_pass_says_how_far_silver_is() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let at = |second: i64| Timestamp(START + second * SECOND);
    let (mut live, mut follower) = (Live::at(root), follower(root));
    let pass = follower.pass(&[], at(0)).await.unwrap();
    assert_eq!((pass.refined_until, pass.waiting), (None, 0));
    let landed = live.land(vec![reading("p1", at(1), 80), reading("p2", at(2), 81)]).await;
    let pass = follower.pass(&landed, at(3)).await.unwrap();
    assert_eq!((pass.refined_until, pass.waiting), (Some(at(2)), 0));
    assert_eq!(pass.topics.iter().map(|topic| topic.written).sum::<u64>(), 2);
    // Days later: the object lies in an hour of its own.
    let later = at(3 * 24 * 3_600);
    let landed = live.land(vec![reading("p1", later, 82)]).await;
    assert_eq!(follower.pass(&landed, later + SECOND).await.unwrap().refined_until, Some(later));
    // A log whose times are not the clock's is searched.
    let odd = later + 40 * HOUR;
    let landed = live.land(vec![reading("p2", odd, 83)]).await;
    assert_eq!(follower.pass(&landed, later + SECOND).await.unwrap().refined_until, Some(odd));
    assert_eq!(follower.pass(&landed, later + SECOND).await.unwrap().topics.len(), 0, "nothing is new");
    assert_eq!(count(root, "SELECT * FROM vitals").await, 4);
}

/// What is said to have landed and cannot be found keeps silver behind; nothing after it is taken.
#[tokio::test]
async fn a_missing_object_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let at = |second: i64| Timestamp(START + second * SECOND);
    let (mut live, mut follower) = (Live::at(root), follower(root));
    let landed = live.land(vec![reading("p1", at(1), 80)]).await;
    follower.pass(&landed, at(1)).await.unwrap();
    let landed = live.land((2..20).map(|second| reading("p1", at(second), 80)).collect()).await;
    let partition = landed[0].1;
    let topic = Topic::Vitals;
    let manifest = |offset: u64| {
        root.join(format!(
            "raw/{topic}/date=2026-01-01/hour=00/live-{partition:02}-{offset:020}.ndjson.zst.manifest.json"
        ))
    };
    let (hidden, aside) = (manifest(1), root.join("aside"));
    std::fs::rename(&hidden, &aside).unwrap();
    let pass = follower.pass(&landed, at(20)).await.unwrap();
    assert_eq!((pass.refined_until, pass.waiting), (Some(at(1)), 18));
    refine(root, 1 << 30).await;
    assert_eq!(count(root, "SELECT * FROM vitals").await, 1, "a run waits for it too");
    std::fs::rename(&aside, &hidden).unwrap();
    let pass = follower.pass(&[], at(21)).await.unwrap();
    assert_eq!((pass.refined_until, pass.waiting), (Some(at(19)), 0));
    assert_eq!(count(root, "SELECT * FROM vitals").await, 19);
}

/// Fault 10: two writers at once corrupted each other. Who comes second sees it, and decides again.
#[tokio::test]
async fn another_writer_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let at = |second: i64| Timestamp(START + second * SECOND);
    let (mut live, mut follower) = (Live::at(root), follower(root));
    let landed = live.land(vec![reading("p1", at(1), 80)]).await;
    follower.pass(&landed, at(1)).await.unwrap();
    // The other writes the same key, later, and refines what this one has not yet seen.
    let landed = live.land(vec![reading("p1", at(2), 81)]).await;
    let mut correction = reading("p1", at(1), 99);
    correction.logged = at(9);
    land_and_refine(root, "import", vec![correction], 1 << 30).await;
    let before = state(root).await;
    follower.pass(&landed, at(3)).await.unwrap();
    assert_eq!(state(root).await, before, "the other had refined it all");
    let landed = live.land(vec![reading("p1", at(4), 82)]).await;
    follower.pass(&landed, at(4)).await.unwrap();
    assert_eq!(count(root, "SELECT * FROM vitals").await, 3);
    assert_eq!(count(root, "SELECT * FROM vitals WHERE heart_rate = 80").await, 0);
}

/// A pass can be a member of a scope.
#[test]
fn a_pass_can_move_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let folder = tempfile::tempdir().unwrap();
    let mut follower = follower(folder.path());
    is_send(follower.pass(&[(Topic::Vitals, 0, 1)], Timestamp(START)));
}

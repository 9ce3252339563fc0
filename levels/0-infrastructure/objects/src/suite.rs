//! What every store of objects must do, as tests. A backend is done when it passes.

use bytes::Bytes;
use futures::future::try_join_all;

use crate::{Objects, Put};

/// All of it, over an empty store.
pub(crate) async fn check(objects: &Objects) {
    an_object_is_never_overwritten(objects).await;
    of_many_one_creates(objects).await;
    listings_have_all_pages(objects).await;
    ranges_are_read(objects).await;
    what_is_removed_is_gone(objects).await;
}

async fn an_object_is_never_overwritten(objects: &Objects) {
    assert_eq!(objects.put_new("a/b", Bytes::from_static(b"one")).await.unwrap(), Put::Created);
    assert_eq!(objects.put_new("a/b", Bytes::from_static(b"two")).await.unwrap(), Put::Exists);
    assert_eq!(objects.get("a/b").await.unwrap(), "one");
    assert_eq!(objects.put_new("a/empty", Bytes::new()).await.unwrap(), Put::Created);
    assert_eq!(objects.get("a/empty").await.unwrap(), "");
    let error = objects.get("a/nothing").await.unwrap_err().to_string();
    assert!(error.contains("a/nothing"), "{error}");
    assert_eq!(objects.find("a/b").await.unwrap().unwrap(), "one");
    assert_eq!(objects.find("a/nothing").await.unwrap(), None);
}

async fn of_many_one_creates(objects: &Objects) {
    let puts = (0..16).map(|number: u32| objects.put_new("raced", Bytes::from(number.to_string().repeat(10_000))));
    let outcomes = try_join_all(puts).await.unwrap();
    let created: Vec<usize> = (0..outcomes.len()).filter(|at| outcomes[*at] == Put::Created).collect();
    assert_eq!(created.len(), 1, "{outcomes:?}");
    assert_eq!(objects.get("raced").await.unwrap(), created[0].to_string().repeat(10_000));
}

/// Fault 19: listings were not paged, so that objects past the thousandth were ignored.
async fn listings_have_all_pages(objects: &Objects) {
    // Beside the folder, and sorted before and after it: they are not below it.
    let beside = ["pages-", "pages0", "pages.d/x"];
    for name in beside {
        objects.put_new(name, Bytes::from_static(b"x")).await.unwrap();
    }
    let names: Vec<String> = (0..2_100).map(|number| format!("pages/hour={:02}/{number:05}", number % 24)).collect();
    for some in names.chunks(32) {
        try_join_all(some.iter().map(|name| objects.put_new(name, Bytes::from_static(b"x")))).await.unwrap();
    }
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(objects.list("pages").await.unwrap(), sorted);
    assert_eq!(objects.list("pages/hour=03").await.unwrap().len(), 88);
    assert!(objects.list("pages/hour").await.unwrap().is_empty());
    assert!(objects.list("nothing").await.unwrap().is_empty());
}

async fn ranges_are_read(objects: &Objects) {
    let bytes: Bytes = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    objects.put_new("ranges", bytes.clone()).await.unwrap();
    assert_eq!(objects.get("ranges").await.unwrap(), bytes);
    for range in [0..1, 7..4_099, 399_999..400_000, 399_990..400_010] {
        let expected = bytes.slice(range.start as usize..bytes.len().min(range.end as usize));
        assert_eq!(objects.get_range("ranges", range.clone()).await.unwrap(), expected, "{range:?}");
    }
    assert!(objects.get_range("ranges", 400_000..400_001).await.is_err());
    assert!(objects.get_range("no ranges", 0..1).await.is_err());
}

async fn what_is_removed_is_gone(objects: &Objects) {
    objects.put_new("removed/x", Bytes::from_static(b"x")).await.unwrap();
    objects.remove("removed/x").await.unwrap();
    objects.remove("removed/x").await.unwrap();
    assert!(objects.get("removed/x").await.is_err());
    assert!(objects.list("removed").await.unwrap().is_empty());
    assert_eq!(objects.put_new("removed/x", Bytes::from_static(b"y")).await.unwrap(), Put::Created);
}

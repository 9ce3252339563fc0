//! What every key-value store must do: the contract of [`KeyValue`], as tests. A backend is done when it passes.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::future::try_join_all;
use proptest::prelude::*;

use crate::{Entry, Error, KeyValue, MAX_KEY};

/// A time that has passed on every clock, and one that has not.
const PAST: i64 = 1_000_000;
const FAR: i64 = 4_000_000_000_000_000;

/// All of it, over an empty store.
pub(crate) async fn check(store: &dyn KeyValue) {
    what_is_put_is_read(store).await;
    the_newest_stays(store).await;
    writers_at_once_leave_the_newest(store).await;
    scans_have_pages(store).await;
    what_has_expired_is_not_there(store).await;
    impossible_keys_are_refused(store).await;
}

async fn what_is_put_is_read(store: &dyn KeyValue) {
    let bytes = |text: &'static [u8]| Bytes::from_static(text);
    assert_eq!(store.get(b"read/nothing").await.unwrap(), None);
    let large = Bytes::from(vec![0xA5; 1 << 20]);
    let entries = vec![
        Entry::new("read/a", 1, "one"),
        Entry::new(bytes(b"read/\x00\xff\r\n"), -1, bytes(b"\x00\xff\r\n")),
        Entry::new("read/empty", 1, ""),
        Entry::new("read/large", 1, large.clone()),
    ];
    store.put_many(entries).await.unwrap();
    assert_eq!(store.get(b"read/a").await.unwrap().unwrap(), "one");
    assert_eq!(store.get(b"read/large").await.unwrap().unwrap(), large);
    let keys =
        [bytes(b"read/\x00\xff\r\n"), bytes(b"read/b"), bytes(b"read/empty"), bytes(b"read/a"), bytes(b"read/a")];
    let expected = [Some(bytes(b"\x00\xff\r\n")), None, Some(Bytes::new()), Some(bytes(b"one")), Some(bytes(b"one"))];
    assert_eq!(store.get_many(&keys).await.unwrap(), expected);
    assert_eq!(store.get_many(&[]).await.unwrap(), Vec::<Option<Bytes>>::new());
    let many: Vec<Bytes> =
        (0..2_500).map(|number| format!("read/{}", if number % 2 == 0 { "a" } else { "b" }).into()).collect();
    assert_eq!(store.get_many(&many).await.unwrap().iter().flatten().count(), 1_250);
    store.put_many(Vec::new()).await.unwrap();

    store.delete(b"read/a").await.unwrap();
    store.delete(b"read/a").await.unwrap();
    assert_eq!(store.get(b"read/a").await.unwrap(), None);
    // Its version is forgotten with it.
    store.put_many(vec![Entry::new("read/a", 0, "again")]).await.unwrap();
    assert_eq!(store.get(b"read/a").await.unwrap().unwrap(), "again");
}

/// Fault 35: the store kept whichever row was written last, not the newest.
async fn the_newest_stays(store: &dyn KeyValue) {
    let put = async |version, value: &'static str| {
        store.put_many(vec![Entry::new("newest", version, value)]).await.unwrap();
        store.get(b"newest").await.unwrap().unwrap()
    };
    assert_eq!(put(5, "five").await, "five");
    assert_eq!(put(3, "late, and older").await, "five");
    assert_eq!(put(5, "five, corrected").await, "five, corrected");
    assert_eq!(put(i64::MIN, "oldest").await, "five, corrected");
    assert_eq!(put(i64::MAX, "newest").await, "newest");
    let both = vec![Entry::new("both", 2, "newer"), Entry::new("both", 1, "older")];
    store.put_many(both).await.unwrap();
    assert_eq!(store.get(b"both").await.unwrap().unwrap(), "newer");
}

async fn writers_at_once_leave_the_newest(store: &dyn KeyValue) {
    let writers = (0..64_i64).map(|number| {
        let version = (number * 37) % 64;
        store.put_many(vec![
            Entry::new("at once", version, version.to_string()),
            Entry::new(format!("at once/{version}"), version, "its own"),
        ])
    });
    try_join_all(writers).await.unwrap();
    assert_eq!(store.get(b"at once").await.unwrap().unwrap(), "63");
    assert_eq!(store.scan(b"at once/", None, 100).await.unwrap().len(), 64);
}

/// Fault 19: listings are not paged: after 1,000 objects data is silently ignored.
async fn scans_have_pages(store: &dyn KeyValue) {
    let key = |number: usize| Bytes::from(format!("pages/{number:05}"));
    let entries = (0..2_500).map(|number| Entry::new(key(number), 1, number.to_string()));
    store.put_many(entries.collect()).await.unwrap();
    store.put_many(vec![Entry::new("pages", 1, "before"), Entry::new("pages0", 1, "after")]).await.unwrap();

    let all = store.scan(b"pages/", None, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 2_500);
    assert!(
        all.iter().enumerate().all(|(number, (found, value))| *found == key(number) && *value == number.to_string())
    );

    let mut paged = Vec::new();
    loop {
        let after = paged.last().map(|(key, _): &(Bytes, Bytes)| key.clone());
        let page = store.scan(b"pages/", after.as_deref(), 300).await.unwrap();
        let last = page.len() < 300;
        paged.extend(page);
        if last {
            break;
        }
    }
    assert_eq!(paged, all);
    assert_eq!(store.scan(b"pages/", Some(b"a"), 1).await.unwrap(), all[..1]);
    assert_eq!(store.scan(b"pages/", Some(b"pages/00009+"), 1).await.unwrap(), all[10..11]);
    assert!(store.scan(b"pages/", Some(b"pages0"), 9).await.unwrap().is_empty());
    assert!(store.scan(b"pages/", None, 0).await.unwrap().is_empty());
    assert!(store.scan(b"pages/9", None, 9).await.unwrap().is_empty());

    let edge = vec![Entry::new(&b"\xff\xff"[..], 1, "x"), Entry::new(&b"\xff\xff\xff\x00"[..], 1, "y")];
    store.put_many(edge).await.unwrap();
    assert_eq!(store.scan(b"\xff\xff", None, 9).await.unwrap().len(), 2);
}

async fn what_has_expired_is_not_there(store: &dyn KeyValue) {
    let entries = vec![
        Entry::new("expiry/past", 9, "x").until(PAST),
        Entry::new("expiry/before time", 9, "x").until(-PAST),
        Entry::new("expiry/far", 1, "y").until(FAR),
        Entry::new("expiry/never", 1, "z"),
    ];
    store.put_many(entries).await.unwrap();
    assert_eq!(store.get(b"expiry/past").await.unwrap(), None);
    assert_eq!(store.get(b"expiry/far").await.unwrap().unwrap(), "y");
    let names = async || -> Vec<Bytes> {
        store.scan(b"expiry/", None, 9).await.unwrap().into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(names().await, ["expiry/far", "expiry/never"]);
    assert_eq!(store.scan(b"expiry/", None, 1).await.unwrap().len(), 1);
    // What has expired is no longer newer than anything.
    store.put_many(vec![Entry::new("expiry/past", 1, "new")]).await.unwrap();
    assert_eq!(store.get(b"expiry/past").await.unwrap().unwrap(), "new");
    // An entry that expires takes the place of one that did not, and the reverse.
    let swapped = vec![Entry::new("expiry/never", 2, "z").until(PAST), Entry::new("expiry/far", 2, "stays")];
    store.put_many(swapped).await.unwrap();
    assert_eq!(names().await, ["expiry/far", "expiry/past"]);
}

async fn impossible_keys_are_refused(store: &dyn KeyValue) {
    let long = Bytes::from(vec![b'k'; MAX_KEY + 1]);
    for key in [Bytes::new(), long.clone()] {
        assert!(matches!(store.get(&key).await, Err(Error::Key { .. })));
        assert!(matches!(store.get_many(std::slice::from_ref(&key)).await, Err(Error::Key { .. })));
        assert!(matches!(store.delete(&key).await, Err(Error::Key { .. })));
        // All or none: the sound entry beside it is not put either.
        let entries = vec![Entry::new("sound", 1, "x"), Entry::new(key.clone(), 1, "x")];
        assert!(matches!(store.put_many(entries).await, Err(Error::Key { .. })));
        assert_eq!(store.get(b"sound").await.unwrap(), None);
    }
    let longest = long.slice(1..);
    store.put_many(vec![Entry::new(longest.clone(), 1, "x")]).await.unwrap();
    assert_eq!(store.get(&longest).await.unwrap().unwrap(), "x");
}

/// What somebody may do to a store.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Put(Vec<(Vec<u8>, i64, Vec<u8>)>),
    Delete(Vec<u8>),
    Scan(Vec<u8>, Option<Vec<u8>>, usize),
}

/// Any sequence of steps over few keys, so that they meet.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || prop::collection::vec(prop::sample::select(&[0_u8, b'/', b'a', 0xff][..]), 1..4);
    let part = || prop::collection::vec(prop::sample::select(&[0_u8, b'/', b'a', 0xff][..]), 0..3);
    let entry = (key(), -2_i64..3, prop::collection::vec(any::<u8>(), 0..4));
    prop::collection::vec(
        prop_oneof![
            4 => prop::collection::vec(entry, 0..6).prop_map(Step::Put),
            1 => key().prop_map(Step::Delete),
            2 => (part(), prop::option::of(part()), 0_usize..5).prop_map(|(prefix, after, limit)| Step::Scan(prefix, after, limit)),
        ],
        1..12,
    )
}

/// Does the steps to the store, below a prefix, and to a map in memory; they must agree.
pub(crate) async fn follow(store: &dyn KeyValue, below: &[u8], steps: &[Step]) {
    let full = |key: &[u8]| Bytes::from([below, key].concat());
    let mut model = BTreeMap::<Bytes, (i64, Bytes)>::new();
    for step in steps {
        match step {
            Step::Put(entries) => {
                for (key, version, value) in entries {
                    let there = model.get(&full(key)).map(|(version, _)| *version);
                    if there.is_none_or(|there| there <= *version) {
                        model.insert(full(key), (*version, value.clone().into()));
                    }
                }
                let entries =
                    entries.iter().map(|(key, version, value)| Entry::new(full(key), *version, value.clone()));
                store.put_many(entries.collect()).await.unwrap();
            }
            Step::Delete(key) => {
                model.remove(&full(key));
                store.delete(&full(key)).await.unwrap();
            }
            Step::Scan(prefix, after, limit) => {
                let (prefix, after) = (full(prefix), after.as_ref().map(|after| full(after)));
                let expected: Vec<_> = model
                    .iter()
                    .filter(|(key, _)| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| *key > after))
                    .map(|(key, (_, value))| (key.clone(), value.clone()))
                    .take(*limit)
                    .collect();
                assert_eq!(store.scan(&prefix, after.as_deref(), *limit).await.unwrap(), expected);
            }
        }
    }
    let keys: Vec<Bytes> = model.keys().cloned().collect();
    let values: Vec<_> = model.into_values().map(|(_, value)| Some(value)).collect();
    assert_eq!(store.get_many(&keys).await.unwrap(), values);
}

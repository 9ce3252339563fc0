//! The store behind the endpoint, and the door in front of it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::time::Duration;

use strata_config::Secret;
use strata_runtime::Scope;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::key::Key;
use crate::listing::{Query, list};
use crate::store::{Condition, Facts, Fault, Object, Store, Tag, Upload};
use crate::{Bucket, Config, Credentials, Endpoint, buckets};

fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().to_owned(), &buckets()).unwrap();
    (folder, store)
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn put_if(store: &Store, name: &str, text: &str, condition: &Condition) -> Result<Object, Fault> {
    let (incoming, mut file) = store.incoming("artifacts").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let facts = Facts { tag: format!("tag of {text}"), ..Facts::default() };
    store.commit(&incoming, "artifacts", &key(name), facts, condition)
}

fn put(store: &Store, name: &str, text: &str) -> Object {
    put_if(store, name, text, &Condition::default()).unwrap()
}

#[test]
fn no_symbolic_link_is_followed() {
    let (folder, store) = store();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let bucket = folder.path().join("artifacts");
    symlink(outside.path(), bucket.join("folder")).unwrap();
    symlink(outside.path().join("secret"), bucket.join("file")).unwrap();
    symlink(outside.path().join("absent"), bucket.join("dangling")).unwrap();
    for name in ["folder/secret", "file", "dangling"] {
        assert!(matches!(store.open_object("artifacts", &key(name)), Err(Fault::NotFound)), "{name}");
        assert!(matches!(store.object("artifacts", &key(name)), Err(Fault::NotFound)), "{name}");
        store.delete("artifacts", &key(name)).unwrap();
    }
    // A put takes the link's place, and never goes through it.
    for name in ["folder/new", "folder/below/new"] {
        assert!(matches!(put_if(&store, name, "x", &Condition::default()), Err(Fault::Clash)), "{name}");
    }
    put(&store, "file", "new");
    let names: Vec<_> = fs::read_dir(outside.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["secret"]);
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret");
    let page = list(&bucket, &Query { limit: 10, ..Query::default() }).unwrap();
    assert_eq!(page.objects.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["file"]);
}

#[test]
fn an_object_keeps_its_tag_until_something_else_is_there() {
    let (folder, store) = store();
    let object = put(&store, "a/b", "one");
    assert_eq!(store.object("artifacts", &key("a/b")).unwrap().facts, object.facts);
    assert_eq!(put(&store, "a/b", "two").facts.tag, "tag of two");
    // Written by other means, as Strata does: an ETag that no client takes for an MD5.
    fs::write(folder.path().join("artifacts/a/b"), "other").unwrap();
    let tag = store.object("artifacts", &key("a/b")).unwrap().facts.tag;
    assert!(tag.ends_with("-0") && tag.len() == 34, "{tag}");
    assert_eq!(store.object("artifacts", &key("a/b")).unwrap().facts.tag, tag);
}

#[test]
fn conditions_are_decided_at_the_moment_of_the_put() {
    let (folder, store) = store();
    let new = Condition { none_matches: Some(Tag::Any), ..Condition::default() };
    let over = |tag: &str| Condition { matches: Some(Tag::Is(tag.to_owned())), ..Condition::default() };
    assert!(matches!(put_if(&store, "a", "x", &over("tag of x")), Err(Fault::NotFound)));
    put_if(&store, "a", "one", &new).unwrap();
    assert!(matches!(put_if(&store, "a", "two", &new), Err(Fault::Condition)));
    assert!(matches!(put_if(&store, "a", "two", &over("tag of two")), Err(Fault::Condition)));
    assert_eq!(store.object("artifacts", &key("a")).unwrap().facts.tag, "tag of one");
    put_if(&store, "a", "two", &over("tag of one")).unwrap();

    let created = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let (store, new) = (&store, &new);
                scope.spawn(move || put_if(store, "raced/x", &number.to_string(), new).is_ok())
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).filter(|created| *created).count()
    });
    assert_eq!(created, 1);
    // Nothing of what was refused is left.
    assert_eq!(fs::read_dir(folder.path().join("artifacts/.strata/incoming")).unwrap().count(), 0);
}

#[test]
fn what_was_being_received_is_cleared_at_the_next_start() {
    let (folder, store) = store();
    let (incoming, _file) = store.incoming("artifacts").unwrap();
    // Killed: nothing is dropped in order.
    std::mem::forget(incoming);
    let store = Store::open(folder.path().to_owned(), &buckets()).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("artifacts/.strata/incoming")).unwrap().count(), 0);
    put(&store, "a", "x");
}

#[test]
fn a_key_is_an_object_or_a_folder() {
    let (folder, store) = store();
    put(&store, "a/b/c", "x");
    for name in ["a", "a/b", "a/b/c/d"] {
        assert!(matches!(put_if(&store, name, "x", &Condition::default()), Err(Fault::Clash)), "{name}");
        let new = Condition { none_matches: Some(Tag::Any), ..Condition::default() };
        assert!(put_if(&store, name, "x", &new).is_err(), "{name}");
    }
    put(&store, "a/b/", "");
    store.delete("artifacts", &key("a/b/c")).unwrap();
    assert_eq!(store.object("artifacts", &key("a/b/")).unwrap().size, 0);
    store.delete("artifacts", &key("a/b/")).unwrap();
    // The folders that held it are gone, so the name is free.
    assert!(!folder.path().join("artifacts/a").exists());
    put(&store, "a", "now an object");
}

#[test]
fn an_upload_is_the_one_of_its_key_and_id() {
    let (folder, store) = store();
    let upload = Upload { key: "large".to_owned(), facts: Facts::default() };
    let id = store.begin_upload("artifacts", &upload).unwrap();
    let part = |number: i32, text: &str, tag: &str| {
        let (incoming, mut file) = store.incoming("artifacts").unwrap();
        file.write_all(text.as_bytes()).unwrap();
        store.put_part(&incoming, "artifacts", &id, number, tag).unwrap();
    };
    let (one, two) = ("0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f");
    part(2, "b", two);
    part(1, "wrong", "00000000000000000000000000000000");
    part(1, "a", one);
    assert_eq!(store.parts("artifacts", &id).unwrap().len(), 2);
    assert!(matches!(store.upload("artifacts", "other", &id), Err(Fault::NoUpload)));
    for id in ["", "..", "../../../raw", "x", &"0".repeat(32), &id.to_uppercase()] {
        assert!(matches!(store.upload("artifacts", "large", id), Err(Fault::NoUpload)), "{id}");
        assert!(store.abort("artifacts", "large", id).is_err(), "{id}");
        assert!(store.parts("artifacts", id).is_err(), "{id}");
    }
    let complete = |named: &[(i32, &str)]| {
        let named: Vec<_> = named.iter().map(|(number, tag)| (*number, (*tag).to_owned())).collect();
        store.complete("artifacts", &key("large"), &id, &named, &Condition::default())
    };
    assert!(matches!(complete(&[(1, two)]), Err(Fault::NoPart)));
    assert!(matches!(complete(&[(3, one)]), Err(Fault::NoPart)));
    // The MD5 of the MD5s of `a` and `b`, as S3 has it.
    assert_eq!(complete(&[(1, one), (2, two)]).unwrap().facts.tag, "96e024ba2074fe77e8e965ba43a704be-2");
    assert_eq!(fs::read(folder.path().join("artifacts/large")).unwrap(), b"ab");
    assert!(matches!(complete(&[(1, one)]), Err(Fault::NoUpload)));
}

/// Faults 21, 44: without a signature nothing is there, whatever is asked for and however it is spelt.
#[tokio::test]
async fn nobody_gets_in_without_a_signature() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = Endpoint::bind(Config {
        address: ([127, 0, 0, 1], 0).into(),
        folder: folder.path().to_owned(),
        buckets: vec![Bucket::writable("artifacts")],
        credentials: Credentials { id: "ID".to_owned(), secret: Secret::new("secret") },
    })
    .await
    .unwrap();
    let address = endpoint.address();
    let scope = Scope::root("test");
    endpoint.run(&scope);
    fs::write(folder.path().join("artifacts/x"), "contents").unwrap();
    fs::write(folder.path().join("outside"), "contents").unwrap();
    for line in [
        "GET /",
        "GET /artifacts",
        "GET /artifacts?list-type=2",
        "GET /artifacts/x",
        "HEAD /artifacts/x",
        "PUT /artifacts/y",
        "DELETE /artifacts/x",
        "POST /artifacts?delete",
        "OPTIONS /artifacts/x",
        "GET /artifacts/../outside",
        "GET /artifacts/%2e%2e/outside",
        "GET /artifacts/%00",
        "GET //etc/passwd",
        "GET /artifacts/x?AWSAccessKeyId=ID&Expires=4000000000&Signature=AAAA",
        "GET /artifacts/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ID%2F20260101%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
    ] {
        let answer = ask(address, line).await;
        let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        assert!(matches!(status.as_str(), "400" | "403" | "404" | "405" | "501"), "{line}: {answer}");
        assert!(!answer.contains("contents"), "{line}: {answer}");
    }
    assert!(ask(address, "GET /artifacts/x").await.contains("403"));
    assert!(folder.path().join("artifacts/x").exists() && !folder.path().join("artifacts/y").exists());
    scope.close(Duration::from_secs(10)).await.unwrap();
}

async fn ask(address: std::net::SocketAddr, line: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{line} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

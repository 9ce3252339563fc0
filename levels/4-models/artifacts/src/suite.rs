//! What the proxied store must do wherever it keeps its artifacts, as tests. A store is done when it passes.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    LAST_MODIFIED, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, Request, StatusCode};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use tower_service::Service;

use crate::{Artifacts, router};

const ROOT: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// All of it, over an empty store.
pub(crate) async fn check(artifacts: &Artifacts) {
    let client = Client(router(artifacts.clone()));
    what_is_put_can_be_had(&client).await;
    folders_are_listed(&client).await;
    some_bytes_can_be_had(&client).await;
    the_same_need_not_be_sent_again(&client).await;
    what_is_cut_off_is_never_seen(&client).await;
    whatever_is_there_is_replaced(&client).await;
    what_is_removed_is_gone(&client).await;
    nothing_leads_out(&client).await;
    large_ones_stream(&client).await;
    many_at_once_get_along(&client).await;
}

pub(crate) struct Client(pub(crate) Router);

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) async fn ask(&self, method: &str, address: &str, headers: &[(HeaderName, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = self.0.clone().call(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, body: to_bytes(response.into_body(), usize::MAX).await.unwrap() }
    }

    async fn put(&self, path: &str, text: &'static str) {
        let answer = self.ask("PUT", &format!("{ROOT}/{path}"), &[], text.into()).await;
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b""[..]), "{path}");
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", &format!("{ROOT}/{path}"), &[], Body::empty()).await
    }

    async fn list(&self, query: &str) -> Value {
        let answer = self.ask("GET", &format!("{ROOT}{query}"), &[], Body::empty()).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        answer.json()
    }

    async fn remove(&self, path: &str) -> Answer {
        self.ask("DELETE", &format!("{ROOT}/{path}"), &[], "{}".into()).await
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header(&CONTENT_TYPE), "application/json");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status, code and message of an error.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (self.status.as_u16(), text("error_code"), text("message"))
    }
}

async fn what_is_put_can_be_had(client: &Client) {
    client.put("0/run/artifacts/a.txt", "hello\n").await;
    client.put("0/run/artifacts/empty", "").await;
    client.put("0/run/artifacts/d%C3%A9j%20vu.txt", "again").await;
    let answer = client.get("0/run/artifacts/a.txt").await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"hello\n"[..]));
    for (name, expected) in [
        (CONTENT_TYPE, "text/plain"),
        (CONTENT_DISPOSITION, "attachment; filename=a.txt"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (ACCEPT_RANGES, "bytes"),
        (CONTENT_LENGTH, "6"),
    ] {
        assert_eq!(answer.header(&name), expected);
    }
    assert!(httpdate::parse_http_date(answer.header(&LAST_MODIFIED)).is_ok());
    assert!(answer.header(&ETAG).starts_with('"') && answer.header(&ETAG).ends_with('"'));
    let head = client.ask("HEAD", &format!("{ROOT}/0/run/artifacts/a.txt"), &[], Body::empty()).await;
    assert_eq!((head.status, head.header(&CONTENT_LENGTH), head.body.len()), (StatusCode::OK, "6", 0));
    assert_eq!(head.header(&ETAG), answer.header(&ETAG));

    let answer = client.get("0/run/artifacts/empty").await;
    assert_eq!((answer.status, answer.body.len(), answer.header(&CONTENT_LENGTH)), (StatusCode::OK, 0, "0"));
    assert_eq!(client.get("0//run/./artifacts/d%25C3%25A9j%20vu.txt").await.body, "again");
    // MLflow's pages ask elsewhere for the same.
    let address = "/ajax-api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/a.txt";
    assert_eq!(client.ask("GET", address, &[], Body::empty()).await.body, "hello\n");

    let absent = "No such artifact: '0/run/nothing'".to_owned();
    assert_eq!(client.get("0/run/nothing").await.error(), (404, "RESOURCE_DOES_NOT_EXIST".to_owned(), absent));
    let folder = "Artifact path refers to a directory, not a file: '0/run'".to_owned();
    assert_eq!(client.get("0/run").await.error(), (400, "INVALID_PARAMETER_VALUE".to_owned(), folder));
    assert_eq!(client.get("").await.error().0, 400);
}

async fn folders_are_listed(client: &Client) {
    client.put("listed/b/c.txt", "1").await;
    client.put("listed/a.txt", "12").await;
    client.put("listed/e%201.txt", "").await;
    client.put("listed/B/x", "").await;
    let expected = json!({"files": [
        {"path": "B", "is_dir": true},
        {"path": "a.txt", "is_dir": false, "file_size": 2},
        {"path": "b", "is_dir": true},
        {"path": "e 1.txt", "is_dir": false},
    ]});
    assert_eq!(client.list("?path=listed").await, expected);
    assert_eq!(client.list("?path=listed%2F").await, expected);
    let c = json!({"files": [{"path": "c.txt", "is_dir": false, "file_size": 1}]});
    assert_eq!(client.list("?path=listed/b").await, c);
    for nothing in ["?path=nothing", "?path=listed/a.txt", "?path=list", "?path=listed/a.txt/x"] {
        assert_eq!(client.list(nothing).await, json!({}), "{nothing}");
    }
    let root = client.list("").await;
    assert_eq!(root["files"], json!([{"path": "0", "is_dir": true}, {"path": "listed", "is_dir": true}]));
}

async fn some_bytes_can_be_had(client: &Client) {
    client.put("ranges/x", "0123456789").await;
    for (range, status, told, expected) in [
        ("bytes=2-4", 206, "bytes 2-4/10", "234"),
        ("bytes=7-", 206, "bytes 7-9/10", "789"),
        ("bytes=-2", 206, "bytes 8-9/10", "89"),
        ("bytes=10-12", 416, "bytes */10", ""),
        ("lines=1-2", 200, "", "0123456789"),
    ] {
        let answer = client.ask("GET", &format!("{ROOT}/ranges/x"), &[(RANGE, range)], Body::empty()).await;
        assert_eq!(answer.status.as_u16(), status, "{range}");
        assert_eq!((answer.header(&CONTENT_RANGE), &answer.body[..]), (told, expected.as_bytes()), "{range}");
    }
}

async fn the_same_need_not_be_sent_again(client: &Client) {
    client.put("tags/x", "one").await;
    let tag = client.get("tags/x").await.header(&ETAG).to_owned();
    let again = async || client.ask("GET", &format!("{ROOT}/tags/x"), &[(IF_NONE_MATCH, &tag)], Body::empty()).await;
    assert_eq!(again().await.status, StatusCode::NOT_MODIFIED);
    client.put("tags/x", "two").await;
    assert_eq!((again().await.status, again().await.body), (StatusCode::OK, Bytes::from_static(b"two")));
}

async fn what_is_cut_off_is_never_seen(client: &Client) {
    client.put("cut/old", "old").await;
    for (name, megabytes) in [("old", 1), ("new", 1), ("large", 20)] {
        let piece = Ok::<_, std::io::Error>(Bytes::from(vec![7; 1 << 20]));
        let pieces = std::iter::repeat_n(piece.as_ref().unwrap().clone(), megabytes).map(Ok);
        let cut = std::iter::once(Err(std::io::Error::other("the client is gone")));
        let body = Body::from_stream(stream::iter(pieces.chain(cut)));
        let answer = client.ask("PUT", &format!("{ROOT}/cut/{name}"), &[], body).await;
        assert_eq!(answer.error().0, 400, "{name}");
    }
    assert_eq!(client.get("cut/old").await.body, "old");
    let expected = json!({"files": [{"path": "old", "is_dir": false, "file_size": 3}]});
    assert_eq!(client.list("?path=cut").await, expected);
}

async fn whatever_is_there_is_replaced(client: &Client) {
    client.put("again/x", "one").await;
    client.put("again/x", "").await;
    client.put("again/x/", "three").await;
    assert_eq!(client.get("again/x").await.body, "three");
}

async fn what_is_removed_is_gone(client: &Client) {
    for path in ["gone/a", "gone/b/c", "gone/b/d", "gone/bc"] {
        client.put(path, "x").await;
    }
    for path in ["gone/a", "gone/a", "gone/b", "gone/nothing", "nothing/at/all", "gone/bc/x"] {
        let answer = client.remove(path).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({})), "{path}");
    }
    assert_eq!(client.get("gone/b/c").await.status, StatusCode::NOT_FOUND);
    let expected = json!({"files": [{"path": "bc", "is_dir": false, "file_size": 1}]});
    assert_eq!(client.list("?path=gone").await, expected);
    assert_eq!(client.remove("").await.error().0, 400);
    assert_eq!(client.remove(".").await.error().0, 400);
}

async fn nothing_leads_out(client: &Client) {
    let refused = (400, "INVALID_PARAMETER_VALUE".to_owned(), "Invalid path".to_owned());
    let roots = [ROOT, "/ajax-api/2.0/mlflow-artifacts/artifacts"];
    let elsewhere = [
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "a/%252e%252e/x",
        "a%2f..%2fx",
        "/etc/passwd",
        "%2fetc/passwd",
        "a%23b",
        "C:%5Cx",
    ];
    for address in roots.iter().flat_map(|root| elsewhere.map(|path| format!("{root}/{path}"))) {
        for method in ["GET", "PUT", "DELETE"] {
            assert_eq!(client.ask(method, &address, &[], "x".into()).await.error(), refused, "{method} {address}");
        }
    }
    for path in ["../x", "..", "a%2F..%2Fb", "%252e%252e", "/etc"] {
        let answer = client.ask("GET", &format!("{ROOT}?path={path}"), &[], Body::empty()).await;
        assert_eq!(answer.error(), refused, "{path}");
    }
    let long = format!("{ROOT}/{}", "x".repeat(300));
    assert_eq!(client.ask("PUT", &long, &[], "x".into()).await.error(), refused);
}

/// Larger than what is held at once, in pieces that fit nothing.
async fn large_ones_stream(client: &Client) {
    let bytes: Bytes = (0..5_500_000_u32).flat_map(u32::to_le_bytes).collect();
    let pieces: Vec<_> =
        bytes.chunks(99_991).map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece))).collect();
    let answer = client.ask("PUT", &format!("{ROOT}/large/x"), &[], Body::from_stream(stream::iter(pieces))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(client.get("large/x").await.body == bytes);
    let range = [(RANGE, "bytes=8388600-16777300")];
    let part = client.ask("GET", &format!("{ROOT}/large/x"), &range, Body::empty()).await;
    assert!(part.body == bytes.slice(8_388_600..=16_777_300));
}

async fn many_at_once_get_along(client: &Client) {
    let work = async |number: usize| {
        let path = format!("many/{}/{}", number % 4, number % 16);
        let body = number.to_string().repeat(10_000);
        let put = client.ask("PUT", &format!("{ROOT}/{path}"), &[], body.into()).await;
        assert_eq!(put.status, StatusCode::OK, "{:?}", put.body);
        if number.is_multiple_of(7) {
            let removed = client.remove(&format!("many/{}", number % 4)).await;
            assert_eq!(removed.status, StatusCode::OK, "{:?}", removed.body);
        }
        let got = client.get(&path).await;
        if got.status == StatusCode::OK {
            let text = String::from_utf8(got.body.to_vec()).unwrap();
            let one = &text[..text.len() / 10_000];
            assert_eq!(text, one.repeat(10_000), "one whole put, whosever");
        } else {
            assert_eq!(got.status, StatusCode::NOT_FOUND, "{:?}", got.body);
        }
    };
    futures::future::join_all((0..64).map(work)).await;
}

//! Whatever is asked, the answer is not a 5xx: the client would ask it again for minutes.

use serde_json::{Value, json};

use crate::api::{Api, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

const FIELDS: [&str; 17] = [
    "name",
    "new_name",
    "version",
    "alias",
    "key",
    "value",
    "stage",
    "source",
    "run_id",
    "model_id",
    "description",
    "tags",
    "url",
    "events",
    "secret",
    "status",
    "event",
];
const POSTS: [&str; 10] = [
    "/registered-models/create",
    "/registered-models/rename",
    "/registered-models/set-tag",
    "/registered-models/alias",
    "/registered-models/get-latest-versions",
    "/model-versions/create",
    "/model-versions/transition-stage",
    "/model-versions/set-tag",
    "/webhooks",
    "/users/create",
];
const CHANGES: [&str; 3] = ["/registered-models/update", "/model-versions/update", "/webhooks/nothing"];
const DELETES: [&str; 5] = [
    "/registered-models/delete-tag",
    "/registered-models/alias",
    "/model-versions/delete",
    "/model-versions/delete-tag",
    "/webhooks/nothing",
];
const GETS: [&str; 7] = [
    "/registered-models/get",
    "/registered-models/alias",
    "/registered-models/search",
    "/model-versions/get",
    "/model-versions/search",
    "/model-versions/get-download-uri",
    "/webhooks",
];

fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "risk",
        "1",
        "-1",
        "0",
        "99999999999999999999",
        "\0",
        "a\0b",
        "\\",
        "%",
        "_",
        "'",
        "\"",
        "`",
        "';--",
        "../..",
        "\u{1}",
        "\u{feff}",
        "😀",
        "models:/risk/1",
        "models:/",
        "models:/risk@x",
        "runs:/",
        "file://x/y",
        "s3://",
        "%00",
        "https://",
        "https://[",
        "http://\u{1}",
        "x:y:z",
        "null",
        "{}",
        "[]",
        "NaN",
        "1e400",
        "production",
    ]
    .map(str::to_owned)
    .into();
    texts.extend(["x".repeat(10_000), "😀".repeat(2_000), "%2525".repeat(1_000)]);
    texts
}

async fn check(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "risk" })).await);
    well(api.post("/model-versions/create", json!({ "name": "risk", "source": "s3://bucket/m" })).await);
    let mut values: Vec<Value> = texts().into_iter().map(Value::from).collect();
    values.extend([
        json!(1),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(true),
        Value::Null,
        json!([]),
        json!({}),
        json!([[]]),
        json!([{}]),
        json!([{ "key": "\0" }]),
        json!([{ "key": 1 }]),
        json!([{ "entity": "X" }]),
        json!(["x"]),
    ]);
    for (turn, value) in values.into_iter().enumerate() {
        // All fields the same, and then each alone beside what is right.
        let all: Value =
            FIELDS.iter().map(|field| ((*field).to_owned(), value.clone())).collect::<serde_json::Map<_, _>>().into();
        let mut bodies = vec![value.clone(), all];
        for field in FIELDS {
            let mut body = json!({
                "name": "risk", "version": "1", "alias": "a", "key": "k", "value": "v", "stage": "None", "source": "s3://b/m",
                "url": "https://1.1.1.1/", "events": [{ "entity": "PROMPT", "action": "CREATED" }], "new_name": "risk",
            });
            body[field] = value.clone();
            bodies.push(body);
        }
        for (at, body) in bodies.iter().enumerate() {
            // Each to some of the routes, in turn: all of them to all take minutes, and were fine.
            let taken = |place: usize| (place + at + turn).is_multiple_of(6);
            for (_, path) in POSTS.iter().enumerate().filter(|(place, _)| taken(*place)) {
                well_or_refused(path, body, api.post(path, body.clone()).await);
            }
            for (_, path) in CHANGES.iter().enumerate().filter(|(place, _)| taken(*place)) {
                well_or_refused(path, body, api.patch(path, body.clone()).await);
            }
        }
        for path in DELETES {
            let body = json!({ "name": "risk", "version": value, "key": value, "alias": value });
            well_or_refused(path, &body, api.delete(path, body.clone()).await);
        }
    }
    for text in texts() {
        for path in GETS {
            for field in ["name", "version", "alias", "filter", "order_by", "max_results", "page_token"] {
                let said = api.get(path, &[("name", "risk"), (field, &text)]).await;
                well_or_refused(path, &json!({ field: text }), said);
            }
            for filter in
                [format!("name = '{text}'"), format!("name LIKE '{text}'"), format!("tags.`{text}` ILIKE '{text}'")]
            {
                well_or_refused(path, &json!(filter), api.get(path, &[("filter", &filter)]).await);
            }
        }
    }
    well(api.get("/registered-models/get", &[("name", "risk")]).await);
}

#[track_caller]
fn well_or_refused(path: &str, body: &Value, (status, said): crate::api::Said) {
    assert!(status.is_success() || status.is_client_error(), "{path} {:.300}: {status} {said}", body.to_string());
}

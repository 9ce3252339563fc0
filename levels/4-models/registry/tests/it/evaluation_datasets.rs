//! Evaluation datasets.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::api::{Api, names, refused, well};

const BASE: &str = "/api/3.0/mlflow/datasets";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evaluation_datasets_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evaluation_datasets_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

async fn check(api: &Api) {
    let made = well(api.post("/experiments/create", json!({ "name": "datasets" })).await);
    let experiment = made["experiment_id"].as_str().unwrap();
    a_dataset_has_tags_and_experiments(api, experiment).await;
    records_are_merged_by_their_inputs(api, experiment).await;
    datasets_are_found(api, experiment).await;
}

async fn create(api: &Api, name: &str, experiments: &[&str], tags: Value) -> String {
    let body = json!({ "name": name, "experiment_ids": experiments, "tags": tags.to_string() });
    let made = well(api.post(&format!("{BASE}/create"), body).await);
    made["dataset"]["dataset_id"].as_str().unwrap().to_owned()
}

async fn a_dataset_has_tags_and_experiments(api: &Api, experiment: &str) {
    let id = create(api, "one", &["0"], json!({ "mlflow.user": "ada", "n": 3, "none": null })).await;
    let path = format!("{BASE}/{id}");
    let read = async || well(api.get(&path, &[]).await)["dataset"].clone();
    let tags = async || serde_json::from_str::<Value>(read().await["tags"].as_str().unwrap()).unwrap();
    let first = read().await;
    assert_eq!((&first["name"], &first["created_by"]), (&json!("one"), &json!("ada")));
    assert_eq!((first.get("schema"), first.get("profile")), (None, None));
    assert_eq!(tags().await, json!({ "mlflow.user": "ada", "n": "3" }));
    let new = json!({ "tags": json!({ "n": "4", "x": "y" }).to_string() });
    well(api.patch(&format!("{path}/tags"), new.clone()).await);
    well(api.delete(&format!("{path}/tags/x"), json!({})).await);
    well(api.delete(&format!("{path}/tags/x"), json!({})).await);
    assert_eq!(tags().await, json!({ "mlflow.user": "ada", "n": "4" }));
    for bad in ["x", "[1]", "{\"a\": \"\\u0000\"}"] {
        let said = api.patch(&format!("{path}/tags"), json!({ "tags": bad })).await;
        refused(said, 400, "INVALID_PARAMETER_VALUE", "tags");
    }

    let experiments = async || well(api.get(&format!("{path}/experiment-ids"), &[]).await);
    let named = |ids: Value| json!({ "experiment_ids": ids });
    for _ in 0..2 {
        well(api.post(&format!("{path}/add-experiments"), named(json!([experiment]))).await);
        assert_eq!(experiments().await, named(json!(["0", experiment])));
    }
    let said = api.post(&format!("{path}/add-experiments"), named(json!(["777"]))).await;
    refused(said, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=777");
    well(api.post(&format!("{path}/remove-experiments"), named(json!(["0", "777", "x"]))).await);
    assert_eq!(experiments().await, named(json!([experiment])));

    well(api.delete(&path, json!({})).await);
    well(api.delete(&path, json!({})).await);
    refused(api.get(&path, &[]).await, 404, "RESOURCE_DOES_NOT_EXIST", "not found");
    refused(api.patch(&format!("{path}/tags"), new).await, 404, "RESOURCE_DOES_NOT_EXIST", "Could not find");
    for verb in ["add", "remove"] {
        let said = api.post(&format!("{path}/{verb}-experiments"), named(json!([experiment]))).await;
        refused(said, 404, "RESOURCE_DOES_NOT_EXIST", "not found");
    }
    assert_eq!(experiments().await, json!({}));
}

async fn records_are_merged_by_their_inputs(api: &Api, experiment: &str) {
    let id = create(api, "records", &[experiment], json!({})).await;
    let path = format!("{BASE}/{id}/records");
    let upsert = async |records: Value| api.post(&path, json!({ "records": records.to_string() })).await;
    let first = json!([
        { "inputs": { "q": 1, "r": "x" }, "expectations": { "a": 1 }, "tags": { "mlflow.user": "ada" } },
        { "inputs": { "q": 2 }, "outputs": "text", "source": { "source_type": "human" } },
    ]);
    assert_eq!(well(upsert(first).await), json!({ "inserted_count": 2, "updated_count": 0 }));
    let second = json!([{ "inputs": { "r": "x", "q": 1 }, "expectations": { "b": 2 } }, { "inputs": { "q": 3 } }]);
    assert_eq!(well(upsert(second).await), json!({ "inserted_count": 1, "updated_count": 1 }));

    let mut records: Vec<Value> = Vec::new();
    let mut token = String::new();
    loop {
        let page = well(api.get(&path, &[("max_results", "2"), ("page_token", &token)]).await);
        records.extend(serde_json::from_str::<Vec<Value>>(page["records"].as_str().unwrap()).unwrap());
        match page.get("next_page_token") {
            Some(next) => token = next.as_str().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(records.len(), 3);
    let of = |q: i64| records.iter().find(|record| record["inputs"]["q"] == q).unwrap();
    assert_eq!((&of(1)["expectations"], &of(1)["created_by"]), (&json!({ "a": 1, "b": 2 }), &json!("ada")));
    assert_eq!((&of(2)["outputs"], &of(2)["source_type"]), (&json!("text"), &json!("HUMAN")));
    assert_eq!((&of(3)["dataset_id"], of(3).get("expectations")), (&json!(id), None));

    let dataset = async || well(api.get(&format!("{BASE}/{id}"), &[]).await)["dataset"].clone();
    assert_eq!(dataset().await["profile"], json!("{\"num_records\":3}"));
    let schema: Value = serde_json::from_str(dataset().await["schema"].as_str().unwrap()).unwrap();
    assert_eq!(schema["inputs"], json!({ "q": "integer", "r": "string" }));
    let ids = json!({ "dataset_record_ids": [of(1)["dataset_record_id"], "dr-none"] });
    assert_eq!(well(api.delete(&path, ids.clone()).await), json!({ "deleted_count": 1 }));
    assert_eq!(well(api.delete(&path, ids).await), json!({ "deleted_count": 0 }));
    assert_eq!(dataset().await["profile"], json!("{\"num_records\":2}"));

    for bad in [json!({}), json!([1]), json!([{ "inputs": null }]), json!([{ "source": { "source_type": "bad" } }])] {
        let (status, body) = upsert(bad).await;
        assert_eq!((status, &body["error_code"]), (StatusCode::BAD_REQUEST, &json!("INVALID_PARAMETER_VALUE")));
    }
    let said = api.post(&format!("{BASE}/d-none/records"), json!({ "records": "[]" })).await;
    refused(said, 404, "RESOURCE_DOES_NOT_EXIST", "not found");
    refused(api.get(&path, &[("page_token", "zz")]).await, 400, "INVALID_PARAMETER_VALUE", "page token");
    refused(api.get(&path, &[("max_results", "-1")]).await, 400, "INVALID_PARAMETER_VALUE", "positive");
}

async fn datasets_are_found(api: &Api, experiment: &str) {
    for (name, team) in [("s1", "ml"), ("s2", "data"), ("S3", "ml")] {
        create(api, name, &[experiment], json!({ "team": team, "kind": "search" })).await;
    }
    let search = async |mut body: Value| {
        body["experiment_ids"] = json!([experiment]);
        api.post(&format!("{BASE}/search"), body).await
    };
    for (filter, expected) in [
        ("tags.team = 'ml'", vec!["S3", "s1"]),
        ("tags.team != 'ml' AND tags.kind = 'search'", vec!["s2"]),
        ("name IN ('s1', 's2')", vec!["s1", "s2"]),
        ("name LIKE 's%'", vec!["s1", "s2"]),
        ("name ILIKE 'S%'", vec!["S3", "s1", "s2"]),
        ("created_time < 1", vec![]),
    ] {
        let found = well(search(json!({ "filter_string": filter })).await);
        let mut found = names(&found["datasets"]);
        found.sort_unstable();
        assert_eq!(found, expected, "{filter}");
    }
    let page = json!({ "filter_string": "tags.kind = 'search'", "order_by": ["name DESC"], "max_results": 2 });
    let first = well(search(page.clone()).await);
    let mut next = page;
    next["page_token"] = first["next_page_token"].clone();
    let second = well(search(next).await);
    assert_eq!((names(&first["datasets"]).len(), names(&second["datasets"]).len()), (2, 1));
    assert!(second.get("next_page_token").is_none());
    for bad in [
        json!({ "filter_string": "tag.team = 'ml'" }),
        json!({ "filter_string": "digest = 'x'" }),
        json!({ "filter_string": "name NOT IN ('a')" }),
        json!({ "filter_string": "created_time > 1.5" }),
        json!({ "order_by": ["created_by"] }),
        json!({ "order_by": ["tags.team"] }),
        json!({ "max_results": 50_001 }),
    ] {
        let (status, body) = search(bad.clone()).await;
        assert_eq!(
            (status, &body["error_code"]),
            (StatusCode::BAD_REQUEST, &json!("INVALID_PARAMETER_VALUE")),
            "{bad}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dataset_is_as_open_as_its_experiments() {
    const ADMIN: &str = "an admin's password";
    const ADA: &str = "ada's own password";
    let api = Api::with_users(ADMIN).await;
    let admin = api.user("admin", ADMIN);
    well(admin.post("/users/create", json!({ "username": "ada", "password": ADA })).await);
    let ada = api.user("ada", ADA);
    let own = well(ada.post("/experiments/create", json!({ "name": "own" })).await);
    let own = own["experiment_id"].as_str().unwrap();
    let forbidden = |said: (StatusCode, Value)| assert_eq!(said.0, StatusCode::FORBIDDEN, "{}", said.1);

    let into = |ids: Value| json!({ "name": "d", "experiment_ids": ids });
    forbidden(ada.post(&format!("{BASE}/create"), into(json!([]))).await);
    forbidden(ada.post(&format!("{BASE}/create"), into(json!([own, "0"]))).await);
    let path = format!("{BASE}/{}", create(&ada, "hers", &[own], json!({})).await);
    well(ada.post(&format!("{path}/records"), json!({ "records": "[]" })).await);
    forbidden(ada.post(&format!("{path}/add-experiments"), into(json!(["0"]))).await);

    // Of the first experiment she may read only; of one in no experiment, nothing.
    let shared = format!("{BASE}/{}", create(&admin, "all", &["0"], json!({})).await);
    well(ada.get(&shared, &[]).await);
    forbidden(ada.delete(&shared, json!({})).await);
    forbidden(ada.post(&format!("{shared}/records"), json!({ "records": "[]" })).await);
    let loose = format!("{BASE}/{}", create(&admin, "loose", &[], json!({})).await);
    forbidden(ada.get(&loose, &[]).await);
    forbidden(ada.delete(&loose, into(json!([own]))).await);
    assert_eq!(well(ada.post(&format!("{BASE}/search"), json!({})).await), json!({}));
    let found = well(ada.post(&format!("{BASE}/search"), json!({ "experiment_ids": [own] })).await);
    assert_eq!(names(&found["datasets"]), ["hers"]);
    well(ada.delete(&path, json!({})).await);
}

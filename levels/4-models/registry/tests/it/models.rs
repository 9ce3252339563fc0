//! Registered models.

use serde_json::{Value, json};

use crate::api::{Api, names, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

async fn check(api: &Api) {
    a_model_is_made_changed_and_removed(api).await;
    names_are_checked(api).await;
    tags_are_set_and_deleted(api).await;
    a_renamed_model_keeps_what_it_has(api).await;
    pages_follow_each_other(api).await;
}

async fn a_model_is_made_changed_and_removed(api: &Api) {
    let made = well(api.post("/registered-models/create", json!({ "name": "Sepsis risk", "description": "d" })).await);
    let made = &made["registered_model"];
    assert_eq!((made["name"].as_str(), made["description"].as_str()), (Some("Sepsis risk"), Some("d")));
    assert_eq!(made["creation_timestamp"], made["last_updated_timestamp"]);
    assert!(made["creation_timestamp"].as_i64().unwrap() > 1_600_000_000_000, "milliseconds");
    assert!(made.get("tags").is_none() && made.get("latest_versions").is_none(), "what is empty is not there");

    let again = api.post("/registered-models/create", json!({ "name": "Sepsis risk" })).await;
    refused(again, 400, "RESOURCE_ALREADY_EXISTS", "Registered Model (name=Sepsis risk) already exists.");

    let update = json!({ "name": "Sepsis risk", "description": "better" });
    let updated = well(api.patch("/registered-models/update", update).await);
    assert_eq!(updated["registered_model"]["description"], "better");
    let read = well(api.get("/registered-models/get", &[("name", "Sepsis risk")]).await);
    assert_eq!(read, updated);

    assert_eq!(well(api.delete("/registered-models/delete", json!({ "name": "Sepsis risk" })).await), json!({}));
    let gone = "Registered Model with name=Sepsis risk not found";
    let read = api.get("/registered-models/get", &[("name", "Sepsis risk")]).await;
    refused(read, 404, "RESOURCE_DOES_NOT_EXIST", gone);
    let delete = api.delete("/registered-models/delete", json!({ "name": "Sepsis risk" })).await;
    refused(delete, 404, "RESOURCE_DOES_NOT_EXIST", gone);
}

async fn names_are_checked(api: &Api) {
    for (name, message) in [
        (json!(""), "Missing value for required parameter 'name'. See the API docs"),
        (Value::Null, "Missing value for required parameter 'name'. See the API docs"),
        (json!(" "), "Missing value for required parameter 'name'."),
        (json!("a/b"), "Invalid model name 'a/b'. Names cannot contain '/' or ':'."),
        (json!(".."), "This name would resolve to '..'"),
        (json!(3), "Invalid value 3 for parameter 'name' supplied:  Hint: Value was of type 'int'."),
    ] {
        let said = api.post("/registered-models/create", json!({ "name": name })).await;
        refused(said, 400, "INVALID_PARAMETER_VALUE", message);
    }
}

async fn tags_are_set_and_deleted(api: &Api) {
    let tags = json!([{ "key": "k", "value": "v" }, { "key": "k", "value": "w" }, { "key": "e" }]);
    let made = well(api.post("/registered-models/create", json!({ "name": "tagged", "tags": tags })).await);
    let expected = json!([{ "key": "e", "value": "" }, { "key": "k", "value": "w" }]);
    assert_eq!(made["registered_model"]["tags"], expected, "the last value of a key counts");

    let set = json!({ "name": "tagged", "key": "k", "value": "x" });
    assert_eq!(well(api.post("/registered-models/set-tag", set).await), json!({}));
    well(api.delete("/registered-models/delete-tag", json!({ "name": "tagged", "key": "e" })).await);
    well(api.delete("/registered-models/delete-tag", json!({ "name": "tagged", "key": "never there" })).await);
    let read = well(api.get("/registered-models/get", &[("name", "tagged")]).await);
    assert_eq!(read["registered_model"]["tags"], json!([{ "key": "k", "value": "x" }]));

    let long = json!({ "name": "tagged", "key": "k".repeat(251), "value": "v" });
    let said = api.post("/registered-models/set-tag", long).await;
    refused(said, 400, "INVALID_PARAMETER_VALUE", "'key' exceeds the maximum length of 250 characters");
    let said = api.post("/registered-models/set-tag", json!({ "name": "nobody", "key": "k", "value": "v" })).await;
    refused(said, 404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=nobody not found");
}

async fn a_renamed_model_keeps_what_it_has(api: &Api) {
    let tags = json!([{ "key": "k", "value": "v" }]);
    well(api.post("/registered-models/create", json!({ "name": "old", "tags": tags })).await);
    well(api.post("/model-versions/create", json!({ "name": "old", "source": "s3://bucket/m" })).await);
    well(api.post("/registered-models/alias", json!({ "name": "old", "alias": "champion", "version": "1" })).await);
    well(api.post("/registered-models/create", json!({ "name": "other" })).await);
    let said = api.post("/registered-models/rename", json!({ "name": "old", "new_name": "other" })).await;
    refused(said, 400, "RESOURCE_ALREADY_EXISTS", "Registered Model (name=other) already exists");

    let renamed = well(api.post("/registered-models/rename", json!({ "name": "old", "new_name": "new" })).await);
    let renamed = &renamed["registered_model"];
    assert_eq!((&renamed["name"], &renamed["tags"]), (&json!("new"), &tags));
    assert_eq!(renamed["aliases"], json!([{ "alias": "champion", "version": "1" }]));
    assert_eq!(renamed["latest_versions"][0]["name"], "new");
    assert!(api.get("/registered-models/get", &[("name", "old")]).await.0.is_client_error());
    well(api.get("/model-versions/get", &[("name", "new"), ("version", "1")]).await);
}

async fn pages_follow_each_other(api: &Api) {
    for at in 0..7 {
        well(api.post("/registered-models/create", json!({ "name": format!("page {at}") })).await);
    }
    let mut token = String::new();
    let mut seen = Vec::new();
    loop {
        let query = [("filter", "name LIKE 'page %'"), ("max_results", "3"), ("page_token", token.as_str())];
        let page = well(api.get("/registered-models/search", &query).await);
        seen.extend(names(&page["registered_models"]).into_iter().map(str::to_owned));
        match page["next_page_token"].as_str() {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(seen, (0..7).map(|at| format!("page {at}")).collect::<Vec<_>>());
    let said = api.get("/registered-models/search", &[("page_token", "nonsense")]).await;
    refused(said, 400, "INVALID_PARAMETER_VALUE", "Invalid page token");
    let said = api.get("/registered-models/search", &[("max_results", "1001")]).await;
    refused(said, 400, "INVALID_PARAMETER_VALUE", "for parameter 'max_results' supplied");
}

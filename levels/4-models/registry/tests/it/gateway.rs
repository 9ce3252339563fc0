//! The gateway: secrets, models, endpoints and what uses them.

use serde_json::{Value, json};

use crate::api::{Api, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateway_on_sqlite() {
    let api = Api::sqlite().await;
    check(&api).await;
    let database = std::fs::read_dir(api.folder()).unwrap().map(|file| file.unwrap().path());
    for file in database.filter(|path| path.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"CLEARTEXT"), "{}: a secret lies open", file.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gateway_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_for_administrators() {
    let api = Api::with_users("password1234").await;
    let admin = api.user("admin", "password1234");
    well(admin.post("/users/create", json!({ "username": "ada", "password": "another12345" })).await);
    let ada = api.user("ada", "another12345");
    let secret = json!({ "secret_name": "key", "secret_value": { "api_key": "sk-12345678" } });
    assert_eq!(ada.post("/api/3.0/mlflow/gateway/secrets/create", secret.clone()).await.0, 403);
    assert_eq!(ada.get("/api/3.0/mlflow/gateway/secrets/list", &[]).await.0, 403);
    well(admin.post("/api/3.0/mlflow/gateway/secrets/create", secret).await);
    well(ada.get("/api/3.0/mlflow/gateway/endpoints/list", &[]).await);
}

async fn check(api: &Api) {
    let secret = secrets(api).await;
    let (first, second) = (definition(api, "first", &secret).await, definition(api, "second", &secret).await);
    definitions(api, &first, &secret).await;
    let endpoint = endpoints(api, &first, &second).await;
    bindings(api, &endpoint).await;
    what_is_gone_is_gone(api, &endpoint, &first, &second, &secret).await;
}

async fn secrets(api: &Api) -> String {
    let body = json!({
        "secret_name": "aws",
        "secret_value": { "aws_access_key_id": "AKIACLEARTEXT1234", "short": "hush" },
        "provider": "bedrock",
        "auth_config": { "auth_mode": "access_keys", "api_base": " " },
    });
    let made = well(api.post("/api/3.0/mlflow/gateway/secrets/create", body.clone()).await)["secret"].clone();
    let id = made["secret_id"].as_str().unwrap().to_owned();
    assert_eq!(made["masked_values"], json!({ "aws_access_key_id": "AKI...1234", "short": "***" }));
    assert_eq!(made["auth_config"], json!({ "auth_mode": "access_keys" }));
    refused(
        api.post("/api/3.0/mlflow/gateway/secrets/create", body).await,
        400,
        "RESOURCE_ALREADY_EXISTS",
        "'aws' already exists",
    );
    let leads_elsewhere = json!({ "secret_name": "x", "secret_value": { "base_url": "https://elsewhere" } });
    let said = api.post("/api/3.0/mlflow/gateway/secrets/create", leads_elsewhere).await;
    refused(said, 400, "INVALID_PARAMETER_VALUE", "must not contain 'base_url'");
    let wrong = api
        .post("/api/3.0/mlflow/gateway/secrets/create", json!({ "secret_name": "x", "secret_value": "CLEARTEXT" }))
        .await;
    assert!(!wrong.1.to_string().contains("CLEARTEXT"), "a complaint repeats a secret");
    refused(wrong, 400, "INVALID_PARAMETER_VALUE", "secret_value");

    let rotated = json!({ "secret_id": id, "secret_value": { "api_key": "sk-CLEARTEXT-5678" }, "updated_by": "ada" });
    let changed = well(api.post("/api/3.0/mlflow/gateway/secrets/update", rotated).await)["secret"].clone();
    assert_eq!(changed["masked_values"], json!({ "api_key": "sk-...5678" }));
    assert_eq!(changed["last_updated_by"], "ada");
    assert_eq!(well(api.get("/api/3.0/mlflow/gateway/secrets/get", &[("secret_id", &id)]).await)["secret"], changed);
    let of = |provider: &'static str| async move {
        well(api.get("/api/3.0/mlflow/gateway/secrets/list", &[("provider", provider)]).await)["secrets"].clone()
    };
    assert_eq!(of("bedrock").await.as_array().unwrap().len(), 1);
    assert_eq!(of("openai").await, Value::Null);
    id
}

async fn definition(api: &Api, name: &str, secret: &str) -> String {
    let body = json!({ "name": name, "secret_id": secret, "provider": "openai", "model_name": "gpt-4" });
    let made =
        well(api.post("/api/3.0/mlflow/gateway/model-definitions/create", body).await)["model_definition"].clone();
    assert_eq!(made["secret_name"], "aws");
    made["model_definition_id"].as_str().unwrap().to_owned()
}

async fn definitions(api: &Api, id: &str, secret: &str) {
    let body = json!({ "model_definition_id": id, "model_name": "claude", "provider": "anthropic" });
    let changed =
        well(api.post("/api/3.0/mlflow/gateway/model-definitions/update", body).await)["model_definition"].clone();
    assert_eq!((&changed["provider"], &changed["model_name"]), (&json!("anthropic"), &json!("claude")));
    let read = well(api.get("/api/3.0/mlflow/gateway/model-definitions/get", &[("model_definition_id", id)]).await);
    assert_eq!(read["model_definition"], changed);
    let taken = api.post(
        "/api/3.0/mlflow/gateway/model-definitions/update",
        json!({ "model_definition_id": id, "name": "second" }),
    );
    refused(taken.await, 400, "RESOURCE_ALREADY_EXISTS", "'second' already exists");
    let of = [("secret_id", secret), ("provider", "anthropic")];
    let list = well(api.get("/api/3.0/mlflow/gateway/model-definitions/list", &of).await)["model_definitions"].clone();
    assert_eq!(list, json!([changed]));
}

async fn endpoints(api: &Api, first: &str, second: &str) -> String {
    let model = |id: &str, linkage: &str| json!({ "model_definition_id": id, "linkage_type": linkage, "weight": 0.5 });
    let body = json!({ "name": "chat", "model_configs": [model(first, "PRIMARY")] });
    let made = well(api.post("/api/3.0/mlflow/gateway/endpoints/create", body).await)["endpoint"].clone();
    let id = made["endpoint_id"].as_str().unwrap().to_owned();
    assert_eq!((&made["usage_tracking"], &made["fallback_config"]), (&json!(true), &Value::Null));
    let experiment = made["experiment_id"].as_str().unwrap();
    let experiment = well(api.get("/experiments/get", &[("experiment_id", experiment)]).await);
    assert_eq!(experiment["experiment"]["name"], "gateway/chat");
    for (name, said) in [("a b", "Invalid endpoint name 'a b'"), ("c", "'linkage_type' in model_configs[0]")] {
        let body = json!({ "name": name, "model_configs": [model(first, "OTHER")] });
        refused(api.post("/api/3.0/mlflow/gateway/endpoints/create", body).await, 400, "INVALID_PARAMETER_VALUE", said);
    }

    let attach = json!({ "endpoint_id": id, "model_config": model(second, "FALLBACK") });
    let mapping =
        well(api.post("/api/3.0/mlflow/gateway/endpoints/models/attach", attach.clone()).await)["mapping"].clone();
    assert_eq!(mapping["model_definition"]["name"], "second");
    let twice = api.post("/api/3.0/mlflow/gateway/endpoints/models/attach", attach).await;
    refused(twice, 400, "RESOURCE_ALREADY_EXISTS", "already attached");
    let detach = json!({ "endpoint_id": id, "model_definition_id": second });
    well(api.post("/api/3.0/mlflow/gateway/endpoints/models/detach", detach.clone()).await);
    let gone = api.post("/api/3.0/mlflow/gateway/endpoints/models/detach", detach).await;
    refused(gone, 404, "RESOURCE_DOES_NOT_EXIST", "is not attached");

    let body = json!({
        "endpoint_id": id,
        "name": "talk",
        "model_configs": [model(first, "PRIMARY"), model(second, "FALLBACK")],
        "routing_strategy": "REQUEST_BASED_TRAFFIC_SPLIT",
        "fallback_config": { "strategy": "SEQUENTIAL", "max_attempts": 3 },
    });
    well(api.post("/api/3.0/mlflow/gateway/endpoints/update", body).await);
    well(
        api.post("/api/3.0/mlflow/gateway/endpoints/set-tag", json!({ "endpoint_id": id, "key": "k", "value": "v" }))
            .await,
    );
    let read = well(api.get("/api/3.0/mlflow/gateway/endpoints/get", &[("name", "talk")]).await)["endpoint"].clone();
    assert_eq!(read["tags"], json!([{ "key": "k", "value": "v" }]));
    assert_eq!(read["fallback_config"], json!({ "strategy": "SEQUENTIAL", "max_attempts": 3 }));
    assert_eq!(read["model_mappings"][1]["linkage_type"], "FALLBACK");
    assert_eq!(read["model_mappings"][1]["weight"], 0.5);
    well(api.delete("/api/3.0/mlflow/gateway/endpoints/delete-tag", json!({ "endpoint_id": id, "key": "k" })).await);
    let list = well(api.get("/api/3.0/mlflow/gateway/endpoints/list", &[("provider", "anthropic")]).await)["endpoints"]
        .clone();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["tags"]), (1, &Value::Null));
    id
}

async fn bindings(api: &Api, endpoint: &str) {
    let binding = |id: &str| json!({ "endpoint_id": endpoint, "resource_type": "scorer", "resource_id": id });
    for id in ["job-1", "job-2"] {
        let made =
            well(api.post("/api/3.0/mlflow/gateway/endpoints/bindings/create", binding(id)).await)["binding"].clone();
        assert_eq!((&made["endpoint_id"], &made["resource_id"]), (&json!(endpoint), &json!(id)));
    }
    let other = json!({ "endpoint_id": endpoint, "resource_type": "bread", "resource_id": "1" });
    let said = api.post("/api/3.0/mlflow/gateway/endpoints/bindings/create", other).await;
    refused(said, 400, "INVALID_PARAMETER_VALUE", "'bread' is not a valid GatewayResourceType");
    well(api.delete("/api/3.0/mlflow/gateway/endpoints/bindings/delete", binding("job-1")).await);
    refused(
        api.delete("/api/3.0/mlflow/gateway/endpoints/bindings/delete", binding("job-1")).await,
        404,
        "RESOURCE_DOES_NOT_EXIST",
        "",
    );
    let bound = async || {
        let list =
            well(api.get("/api/3.0/mlflow/gateway/endpoints/bindings/list", &[("resource_type", "scorer")]).await);
        list["bindings"].as_array().unwrap().len()
    };
    assert_eq!(bound().await, 1);

    // A judge that asks the endpoint is bound to it as long as it is there.
    let judge = r#"{"instructions_judge_pydantic_data": {"model": "gateway:/talk"}}"#;
    let scorer = json!({ "experiment_id": "0", "name": "judge", "serialized_scorer": judge });
    well(api.post("/api/3.0/mlflow/scorers/register", scorer.clone()).await);
    assert_eq!(bound().await, 2);
    well(api.delete("/api/3.0/mlflow/scorers/delete", scorer).await);
    assert_eq!(bound().await, 1);
}

async fn what_is_gone_is_gone(api: &Api, endpoint: &str, first: &str, second: &str, secret: &str) {
    let delete = |id: &str| json!({ "model_definition_id": id });
    let used = api.delete("/api/3.0/mlflow/gateway/model-definitions/delete", delete(first)).await;
    refused(used, 400, "INVALID_PARAMETER_VALUE", "currently in use by endpoints");
    well(api.delete("/api/3.0/mlflow/gateway/secrets/delete", json!({ "secret_id": secret })).await);
    let read = well(api.get("/api/3.0/mlflow/gateway/endpoints/get", &[("endpoint_id", endpoint)]).await);
    assert_eq!(read["endpoint"]["model_mappings"][0]["model_definition"]["secret_id"], Value::Null);
    well(api.delete("/api/3.0/mlflow/gateway/endpoints/delete", json!({ "endpoint_id": endpoint })).await);
    refused(
        api.get("/api/3.0/mlflow/gateway/endpoints/get", &[("endpoint_id", endpoint)]).await,
        404,
        "RESOURCE_DOES_NOT_EXIST",
        "",
    );
    for id in [first, second] {
        well(api.delete("/api/3.0/mlflow/gateway/model-definitions/delete", delete(id)).await);
    }
    assert_eq!(well(api.get("/api/3.0/mlflow/gateway/model-definitions/list", &[]).await), json!({}));
}

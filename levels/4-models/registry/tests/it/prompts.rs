//! Prompts live among the models, and nobody finds them who does not ask for them.

use serde_json::json;

use crate::api::{Api, names, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prompts_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prompts_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

async fn check(api: &Api) {
    let is_prompt = json!([{ "key": "mlflow.prompt.is_prompt", "value": "true" }]);
    well(api.post("/registered-models/create", json!({ "name": "greeting", "tags": is_prompt })).await);
    well(api.post("/registered-models/create", json!({ "name": "risk" })).await);
    let said = api.post("/registered-models/create", json!({ "name": "risk", "tags": is_prompt })).await;
    refused(said, 400, "RESOURCE_ALREADY_EXISTS", "Tried to create a prompt with name 'risk', but the name is already");
    let said = api.post("/registered-models/create", json!({ "name": "greeting" })).await;
    refused(said, 400, "RESOURCE_ALREADY_EXISTS", "Tried to create a registered model with name 'greeting'");
    let said = api.post("/registered-models/create", json!({ "name": "greeting", "tags": is_prompt })).await;
    refused(said, 400, "RESOURCE_ALREADY_EXISTS", "Prompt (name=greeting) already exists.");

    let text = json!([
        { "key": "mlflow.prompt.is_prompt", "value": "true" }, { "key": "mlflow.prompt.text", "value": "Hello {{name}}" },
    ]);
    let create = async |source: &str| {
        api.post("/model-versions/create", json!({ "name": "greeting", "source": source, "tags": text })).await
    };
    well(create("dummy-source").await);
    refused(create("s3://bucket/p").await, 400, "INVALID_PARAMETER_VALUE", "Invalid prompt source: 's3://bucket/p'.");
    let copy = json!({ "name": "risk", "source": "models:/greeting/1" });
    let said = api.post("/model-versions/create", copy).await;
    refused(said, 400, "INVALID_PARAMETER_VALUE", "Prompt versions cannot be used as model version sources.");
    well(api.post("/model-versions/create", json!({ "name": "risk", "source": "s3://bucket/m" })).await);

    for (filter, expected) in [
        ("", "risk"),
        ("tags.`mlflow.prompt.is_prompt` != 'true'", "risk"),
        ("tags.`mlflow.prompt.is_prompt` = 'false'", "risk"),
        ("tags.`mlflow.prompt.is_prompt` = 'true'", "greeting"),
        ("tags.`mlflow.prompt.is_prompt` != 'false'", "greeting"),
    ] {
        let models = well(api.get("/registered-models/search", &[("filter", filter)]).await);
        assert_eq!(names(&models["registered_models"]), [expected], "{filter}");
        let versions = well(api.get("/model-versions/search", &[("filter", filter)]).await);
        assert_eq!(names(&versions["model_versions"]), [expected], "{filter}");
    }
}

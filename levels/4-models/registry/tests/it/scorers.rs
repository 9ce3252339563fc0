//! Scorers.

use serde_json::{Value, json};

use crate::api::{Api, Said, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scorers_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scorers_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

const SCORERS: &str = "/api/3.0/mlflow/scorers";

async fn check(api: &Api) {
    versions_come_and_go(api).await;
    how_many_traces_are_scored_is_kept(api).await;
}

async fn experiment(api: &Api, name: &str) -> String {
    let made = well(api.post("/experiments/create", json!({ "name": name })).await);
    made["experiment_id"].as_str().unwrap().to_owned()
}

async fn register(api: &Api, experiment: &str, name: &str, serialized: &str) -> Said {
    let body = json!({ "experiment_id": experiment, "name": name, "serialized_scorer": serialized });
    api.post(&format!("{SCORERS}/register"), body).await
}

async fn ask(api: &Api, what: &str, query: &[(&str, &str)]) -> Said {
    api.get(&format!("{SCORERS}/{what}"), query).await
}

/// Name and version of each.
fn told(said: &Value) -> Vec<(String, i64)> {
    let scorers = said["scorers"].as_array().cloned().unwrap_or_default();
    let one = |scorer: &Value| {
        (scorer["scorer_name"].as_str().unwrap().to_owned(), scorer["scorer_version"].as_i64().unwrap())
    };
    scorers.iter().map(one).collect()
}

fn expected(list: &[(&str, i64)]) -> Vec<(String, i64)> {
    list.iter().map(|(name, version)| ((*name).to_owned(), *version)).collect()
}

async fn delete(api: &Api, experiment: &str, name: &str, version: Option<i64>) -> Said {
    let body = json!({ "experiment_id": experiment, "name": name, "version": version });
    api.delete(&format!("{SCORERS}/delete"), body).await
}

async fn versions_come_and_go(api: &Api) {
    let (own, other) = (experiment(api, "scored").await, experiment(api, "scored too").await);
    let first = well(register(api, &own, "judge", r#"{"name": "judge"}"#).await);
    let told_first = json!({
        "version": 1, "experiment_id": own, "name": "judge", "serialized_scorer": r#"{"name": "judge"}"#,
        "scorer_id": first["scorer_id"], "creation_time": first["creation_time"],
    });
    assert_eq!(first, told_first);
    let second = well(register(api, &own, "judge", r#"{"name": "sharper"}"#).await);
    assert_eq!((&second["version"], &second["scorer_id"]), (&json!(2), &first["scorer_id"]));
    well(register(api, &own, "another", "{}").await);
    well(register(api, &other, "judge", "{}").await);

    let of = |name| [("experiment_id", own.as_str()), ("name", name)];
    let latest = well(ask(api, "get", &of("judge")).await)["scorer"].clone();
    let number: i64 = own.parse().unwrap();
    let told_latest = json!({
        "experiment_id": number, "scorer_name": "judge", "scorer_version": 2, "scorer_id": first["scorer_id"],
        "serialized_scorer": r#"{"name": "sharper"}"#, "creation_time": second["creation_time"],
    });
    assert_eq!(latest, told_latest);
    let with_version = |version| [of("judge")[0], of("judge")[1], ("version", version)];
    assert_eq!(well(ask(api, "get", &with_version("1")).await)["scorer"]["scorer_version"], 1);
    assert_eq!(told(&well(ask(api, "versions", &of("judge")).await)), expected(&[("judge", 1), ("judge", 2)]));
    let list = async |query: &[(&str, &str)]| told(&well(ask(api, "list", query).await));
    assert_eq!(list(&[("experiment_id", &own)]).await, expected(&[("another", 1), ("judge", 2)]));
    let all = expected(&[("another", 1), ("judge", 2), ("judge", 1)]);
    assert_eq!(list(&[]).await, all);
    assert_eq!(list(&[("experiment_ids", &own), ("experiment_ids", &other), ("experiment_ids", "999999")]).await, all);
    assert_eq!(list(&[("experiment_ids", &other)]).await, expected(&[("judge", 1)]));

    let missing = "RESOURCE_DOES_NOT_EXIST";
    refused(ask(api, "get", &of("JUDGE")).await, 404, missing, "Scorer with name 'JUDGE' not found for experiment");
    refused(
        ask(api, "get", &with_version("9")).await,
        404,
        missing,
        "Scorer with name 'judge' and version 9 not found",
    );
    refused(ask(api, "list", &[("experiment_id", "999999")]).await, 404, missing, "No Experiment");
    let both = [("experiment_id", own.as_str()), ("experiment_ids", own.as_str())];
    refused(ask(api, "list", &both).await, 400, "INVALID_PARAMETER_VALUE", "Cannot specify both");
    for (name, serialized, message) in [
        (" ", "{}", "cannot be empty or contain only whitespace"),
        ("judge", "x", "must be valid JSON"),
        ("judge", "[1]", "must be a JSON object"),
        ("judge", r#"{"call_source": "return 1"}"#, "@scorer"),
        ("judge", r#"{"third_party_scorer_data": {"kwargs": {"api_base": "x"}}}"#, "must not contain 'api_base'"),
    ] {
        refused(register(api, &own, name, serialized).await, 400, "INVALID_PARAMETER_VALUE", message);
    }
    let gateway = r#"{"instructions_judge_pydantic_data": {"model": "gateway:/none"}}"#;
    refused(register(api, &own, "judge", gateway).await, 404, missing, "GatewayEndpoint not found (name='none')");

    well(delete(api, &own, "judge", Some(1)).await);
    refused(delete(api, &own, "judge", Some(1)).await, 404, missing, "version 1 not found");
    assert_eq!(told(&well(ask(api, "versions", &of("judge")).await)), expected(&[("judge", 2)]));
    assert_eq!(well(register(api, &own, "judge", "{}").await)["version"], 3, "a number is not given twice");
    well(delete(api, &own, "judge", None).await);
    refused(ask(api, "versions", &of("judge")).await, 404, missing, "not found");
    refused(delete(api, &own, "judge", None).await, 404, missing, "not found");
    assert_eq!(list(&[("experiment_id", &own)]).await, expected(&[("another", 1)]));
    let anew = well(register(api, &own, "judge", "{}").await);
    assert_eq!(anew["version"], 1);
    assert_ne!(anew["scorer_id"], first["scorer_id"]);

    well(api.post("/experiments/delete", json!({ "experiment_id": own })).await);
    refused(register(api, &own, "judge", "{}").await, 400, "INVALID_PARAMETER_VALUE", "must be in the 'active' state");
    assert_eq!(list(&[("experiment_ids", &own)]).await, []);
    assert_eq!(list(&[]).await, expected(&[("judge", 1)]));
}

async fn how_many_traces_are_scored_is_kept(api: &Api) {
    let own = experiment(api, "scored as they come").await;
    let id = well(register(api, &own, "judge", r#"{"name": "judge"}"#).await)["scorer_id"].clone();
    let put = async |rate: Value, filter: Value| {
        let body = json!({ "experiment_id": own, "name": "judge", "sample_rate": rate, "filter_string": filter });
        api.put(&format!("{SCORERS}/online-config"), body).await
    };
    let of =
        async || well(ask(api, "online-configs", &[("scorer_ids", id.as_str().unwrap())]).await)["configs"].clone();
    assert_eq!(of().await, json!([]));
    let made = well(put(json!(0), json!("status = 'OK'")).await)["config"].clone();
    let told = json!({
        "online_scoring_config_id": made["online_scoring_config_id"], "scorer_id": id, "sample_rate": 0.0,
        "experiment_id": own, "filter_string": "status = 'OK'",
    });
    assert_eq!(made, told);
    assert_eq!(of().await, json!([told]));
    well(put(json!("0"), Value::Null).await);
    assert_eq!(of().await.as_array().unwrap().len(), 1, "one for each scorer");
    assert_eq!(of().await[0].get("filter_string"), None);
    for (rate, filter, message) in [
        (json!(0.5), Value::Null, "does not use a gateway model"),
        (json!(2), Value::Null, "between 0.0 and 1.0"),
        (json!("NaN"), Value::Null, "between 0.0 and 1.0"),
        (Value::Null, Value::Null, "Missing value for required parameter 'sample_rate'"),
        (json!("x"), Value::Null, "sample_rate"),
        (json!(0), json!(5), "filter_string"),
        (json!(0), json!("nonsense"), "Invalid"),
    ] {
        refused(put(rate, filter).await, 400, "INVALID_PARAMETER_VALUE", message);
    }
    refused(ask(api, "online-configs", &[]).await, 400, "INVALID_PARAMETER_VALUE", "scorer_ids");
    well(delete(api, &own, "judge", None).await);
    assert_eq!(of().await, json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_see_a_scorer_is_said_of_its_experiment() {
    const PASSWORD: &str = "a password of theirs";
    let api = Api::with_users(PASSWORD).await;
    let admin = api.user("admin", PASSWORD);
    for name in ["ada", "ben"] {
        well(admin.post("/users/create", json!({ "username": name, "password": PASSWORD })).await);
    }
    let (ada, ben) = (api.user("ada", PASSWORD), api.user("ben", PASSWORD));
    let own = experiment(&ada, "ada's").await;
    let id = well(register(&ada, &own, "hers", "{}").await)["scorer_id"].as_str().unwrap().to_owned();
    let body = json!({ "experiment_id": own, "name": "hers", "sample_rate": 0 });
    well(ada.put(&format!("{SCORERS}/online-config"), body).await);
    let none = json!({ "experiment_id": own, "username": "ben", "permission": "NO_PERMISSIONS" });
    well(ada.post("/experiments/permissions/create", none).await);

    assert_eq!(register(&ben, &own, "his", "{}").await.0.as_u16(), 403);
    assert_eq!(delete(&ben, &own, "hers", None).await.0.as_u16(), 403);
    let of = [("experiment_id", own.as_str()), ("name", "hers")];
    for what in ["get", "versions"] {
        assert_eq!(ask(&ben, what, &of).await.0.as_u16(), 403);
    }
    for query in [&[][..], &[("experiment_ids", own.as_str())], &[("experiment_id", own.as_str())]] {
        assert_eq!(told(&well(ask(&ben, "list", query).await)), [], "{query:?}");
        assert_eq!(told(&well(ask(&ada, "list", query).await)), expected(&[("hers", 1)]), "{query:?}");
    }
    let configs = |said: &Value| said["configs"].as_array().unwrap().len();
    assert_eq!(configs(&well(ask(&ben, "online-configs", &[("scorer_ids", &id)]).await)), 0);
    assert_eq!(configs(&well(ask(&ada, "online-configs", &[("scorer_ids", &id)]).await)), 1);
}

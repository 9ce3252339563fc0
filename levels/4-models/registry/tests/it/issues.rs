//! Issues.

use serde_json::{Value, json};

use crate::api::{Api, names, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issues_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn issues_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

const ISSUES: &str = "/api/3.0/mlflow/issues";
const SEARCH: &str = "/api/3.0/mlflow/issues/search";

async fn check(api: &Api) {
    an_issue_is_made_and_changed(api).await;
    issues_are_found(api).await;
    traces_are_counted(api).await;
    nothing_is_a_5xx(api).await;
}

async fn experiment(api: &Api, name: &str) -> String {
    let made = well(api.post("/experiments/create", json!({ "name": name })).await);
    made["experiment_id"].as_str().unwrap().to_owned()
}

async fn create(api: &Api, experiment: &str, name: &str, more: Value) -> Value {
    let mut body = json!({ "experiment_id": experiment, "name": name, "description": "d" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    well(api.post(ISSUES, body).await)["issue"].clone()
}

async fn an_issue_is_made_and_changed(api: &Api) {
    let (own, other) = (experiment(api, "issues").await, experiment(api, "no issues").await);
    let run = async |experiment: &str| {
        let made = well(api.post("/runs/create", json!({ "experiment_id": experiment })).await);
        made["run"]["info"]["run_id"].as_str().unwrap().to_owned()
    };
    let (found_by, foreign) = (run(&own).await, run(&other).await);
    let more = json!({
        "issue_id": "iss-mine", "status": "resolved", "severity": "high", "root_causes": ["a", "b"],
        "source_run_id": found_by, "categories": ["Cost", " cost ", "x"], "created_by": "me",
        "metadata": { "k": "v" }, "last_seen_timestamp": "5",
    });
    let made = create(api, &own, "slow", more).await;
    let expected = json!({
        "issue_id": "iss-mine", "experiment_id": own, "name": "slow", "description": "d", "status": "resolved",
        "severity": "high", "root_causes": ["a", "b"], "source_run_id": found_by, "categories": ["Cost", " cost ", "x"],
        "created_by": "me", "last_updated_by": "me", "metadata": { "k": "v" }, "last_seen_timestamp": 5,
        "created_timestamp": made["created_timestamp"], "last_updated_timestamp": made["created_timestamp"],
    });
    assert_eq!(made, expected);
    let path = format!("{ISSUES}/iss-mine");
    assert_eq!(well(api.get(&path, &[]).await)["issue"], expected);

    let again = json!({ "experiment_id": own, "name": "n", "description": "d", "issue_id": "iss-mine" });
    refused(api.post(ISSUES, again).await, 400, "RESOURCE_ALREADY_EXISTS", "already exists");
    for (field, value, status, message) in [
        ("experiment_id", json!("999999"), 404, "No Experiment with id=999999"),
        ("experiment_id", json!("x"), 400, "valid integer"),
        ("source_run_id", json!("nothing"), 404, "Run with id=nothing not found"),
        ("source_run_id", json!(foreign), 400, "Source run must belong"),
        ("description", json!(""), 400, "Missing value for required parameter 'description'"),
        ("status", json!("x"), 400, "Invalid issue status: 'x'"),
        ("severity", json!("x"), 400, "Invalid issue severity: 'x'"),
        ("created_by", json!("x".repeat(256)), 400, "Invalid created_by"),
    ] {
        let mut body = json!({ "experiment_id": own, "name": "n", "description": "d" });
        body[field] = value;
        let code = if status == 404 { "RESOURCE_DOES_NOT_EXIST" } else { "INVALID_PARAMETER_VALUE" };
        refused(api.post(ISSUES, body).await, status, code, message);
    }

    let change = async |mut body: Value| {
        body["issue_id"] = "iss-mine".into();
        well(api.patch(&path, body).await)["issue"].clone()
    };
    let changed =
        change(json!({ "name": "fast", "status": "rejected", "severity": "low", "last_updated_by": "you" })).await;
    assert_eq!(
        (&changed["name"], &changed["status"], &changed["severity"]),
        (&"fast".into(), &"rejected".into(), &"low".into())
    );
    assert_eq!((&changed["created_by"], &changed["last_updated_by"]), (&"me".into(), &"you".into()));
    assert_eq!(changed["description"], "d", "what is not said stays");
    assert_eq!(change(json!({ "categories": ["b", "b", "c"] })).await["categories"], json!(["b", "c"]));
    assert_eq!(change(json!({ "categories": [] })).await.get("categories"), None);
    assert_eq!(change(json!({ "last_seen_timestamp": 9 })).await["last_seen_timestamp"], 9);
    assert_eq!(change(json!({ "last_seen_timestamp": 7 })).await["last_seen_timestamp"], 9, "it only grows");
    let metadata = json!({ "metadata": { "a": "1" }, "delete_metadata_keys": ["k"] });
    assert_eq!(change(metadata).await["metadata"], json!({ "a": "1" }));
    let both = json!({ "issue_id": "iss-mine", "metadata": { "a": "1" }, "delete_metadata_keys": ["a"] });
    refused(api.patch(&path, both).await, 400, "INVALID_PARAMETER_VALUE", "Cannot update and delete the same key");
    refused(api.patch(&path, json!({ "name": "x" })).await, 400, "INVALID_PARAMETER_VALUE", "issue_id");
    let nothing = format!("{ISSUES}/nothing");
    refused(api.get(&nothing, &[]).await, 404, "RESOURCE_DOES_NOT_EXIST", "Issue with ID 'nothing' not found");
    let gone = api.patch(&nothing, json!({ "issue_id": "nothing" })).await;
    refused(gone, 404, "RESOURCE_DOES_NOT_EXIST", "Issue with ID 'nothing' not found");

    // Of a deleted experiment they are still read, but none is added.
    well(api.post("/experiments/delete", json!({ "experiment_id": own })).await);
    well(api.get(&path, &[]).await);
    let late = json!({ "experiment_id": own, "name": "n", "description": "d" });
    refused(api.post(ISSUES, late).await, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment");
}

async fn issues_are_found(api: &Api) {
    let own = experiment(api, "found issues").await;
    for (name, severity, status, category) in [
        ("Alpha", Some("high"), "pending", "Cost"),
        ("beta_%", Some("low"), "resolved", "latency"),
        ("Gamma", None, "rejected", " cost "),
        ("delta", Some("medium"), "pending", "safety"),
    ] {
        create(api, &own, name, json!({ "severity": severity, "status": status, "categories": [category] })).await;
    }
    let search = async |more: Value| {
        let mut body = json!({ "experiment_id": own });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        well(api.post(SEARCH, body).await)
    };
    for (asked, expected) in [
        (json!({}), vec!["Alpha", "delta", "beta_%", "Gamma"]),
        (json!({ "filter_string": "status = 'pending'" }), vec!["Alpha", "delta"]),
        (json!({ "filter_string": "status != 'pending'" }), vec!["beta_%", "Gamma"]),
        (json!({ "filter_string": "status = 'pending' AND source_run_id = 'x'" }), vec![]),
        (json!({ "name": "A" }), vec!["Alpha", "delta", "beta_%", "Gamma"]),
        (json!({ "name": "_%" }), vec!["beta_%"]),
        (json!({ "name": "\\" }), vec![]),
        (json!({ "statuses": ["pending", "resolved"], "severities": ["high", "low"] }), vec!["Alpha", "beta_%"]),
        (json!({ "categories": ["COST"] }), vec!["Alpha", "Gamma"]),
        (json!({ "order_by": ["name"] }), vec!["Alpha", "beta_%", "delta", "Gamma"]),
        (json!({ "order_by": ["severity", "name DESC"] }), vec!["Gamma", "beta_%", "delta", "Alpha"]),
        (json!({ "order_by": ["status desc", "name"] }), vec!["beta_%", "Gamma", "Alpha", "delta"]),
    ] {
        let found = search(asked.clone()).await;
        assert_eq!(names(&found["issues"]), expected, "{asked}");
        assert_eq!(found["next_page_token"], "", "{asked}");
        // The same, page by page.
        let (mut paged, mut token) = (Vec::new(), String::new());
        loop {
            let mut page = asked.clone();
            (page["max_results"], page["page_token"]) = (1.into(), token.clone().into());
            let found = search(page).await;
            paged.extend(names(&found["issues"]).into_iter().map(str::to_owned));
            token = found["next_page_token"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(paged, expected, "{asked}");
    }
    assert_eq!(search(json!({ "include_total_count": true, "max_results": 1 })).await["total_count"], 4);
    let basic = search(json!({ "view": "basic" })).await;
    assert_eq!(basic["issues"][0]["description"], "");

    let first = search(json!({ "order_by": ["name"], "max_results": 2 })).await;
    create(api, &own, "aardvark", json!({})).await;
    let token = &first["next_page_token"];
    let second = search(json!({ "order_by": ["name"], "max_results": 2, "page_token": token })).await;
    assert_eq!(names(&second["issues"]), ["delta", "Gamma"], "what comes before moves no page");
    for (asked, message) in [
        (json!({ "page_token": token, "order_by": ["status"] }), "page token"),
        (json!({ "page_token": "zz" }), "page token"),
        (json!({ "order_by": ["x"] }), "Invalid issue order_by: 'x'"),
        (json!({ "statuses": ["x"] }), "Invalid issue status"),
        (json!({ "view": "x" }), "view must be basic or full"),
        (json!({ "filter_string": "name = 'x'" }), "Invalid filter field 'name'"),
        (json!({ "filter_string": "status IN ('x')" }), "Invalid comparator 'IN'"),
        (json!({ "max_results": 0 }), "It must be a positive integer"),
        (json!({ "max_results": 50_001 }), "It must be at most 50000"),
        (json!({ "experiment_id": "x" }), "valid integer"),
    ] {
        refused(api.post(SEARCH, asked).await, 400, "INVALID_PARAMETER_VALUE", message);
    }
}

/// An issue is seen in those traces that have it as an assessment.
async fn traces_are_counted(api: &Api) {
    let own = experiment(api, "traced issues").await;
    for name in ["seldom", "often"] {
        create(api, &own, name, json!({ "issue_id": format!("iss-{name}"), "severity": "low" })).await;
    }
    for (at, seen) in [(1, vec!["often"]), (2, vec!["often", "seldom"]), (3, vec!["often", "often"])] {
        let id = format!("tr-{at}");
        let info = json!({
            "trace_id": id, "request_time": "2026-01-01T00:00:00Z", "state": "OK",
            "trace_location": { "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": own } },
        });
        well(api.post("/api/3.0/mlflow/traces", json!({ "trace": { "trace_info": info } })).await);
        for name in seen {
            let assessment = json!({
                "assessment_name": format!("iss-{name}"), "issue": { "issue_name": name },
                "source": { "source_type": "HUMAN", "source_id": "me" },
            });
            let path = format!("/api/3.0/mlflow/traces/{id}/assessments");
            well(api.post(&path, json!({ "assessment": assessment })).await);
        }
    }
    let found = well(api.post(SEARCH, json!({ "experiment_id": own, "include_trace_count": true })).await);
    let counts: Vec<_> =
        found["issues"].as_array().unwrap().iter().map(|issue| (&issue["name"], &issue["trace_count"])).collect();
    assert_eq!(counts, [(&json!("often"), &json!(3)), (&json!("seldom"), &json!(1))]);
}

async fn nothing_is_a_5xx(api: &Api) {
    const FIELDS: [&str; 19] = [
        "experiment_id",
        "name",
        "description",
        "status",
        "severity",
        "root_causes",
        "source_run_id",
        "created_by",
        "categories",
        "issue_id",
        "last_seen_timestamp",
        "metadata",
        "filter_string",
        "max_results",
        "page_token",
        "statuses",
        "order_by",
        "view",
        "delete_metadata_keys",
    ];
    let values = [
        json!(""),
        json!("\0"),
        json!("😀"),
        json!("x".repeat(10_000)),
        json!("eyJvZmZzZXQiOiA5MjIzMzcyMDM2ODU0Nzc1ODA3fQ=="),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(i64::MAX),
        json!(true),
        json!([]),
        json!([[]]),
        json!(["\0"]),
        json!([""]),
        json!({}),
        json!({ "\0": "x" }),
        json!("'"),
        json!("status = '"),
        json!("99999999999999999999"),
    ];
    let own = experiment(api, "nonsense").await;
    let id = create(api, &own, "n", json!({})).await["issue_id"].as_str().unwrap().to_owned();
    for field in FIELDS {
        for value in &values {
            let mut body = json!({ "experiment_id": own, "name": "n", "description": "d", "issue_id": id });
            body[field] = value.clone();
            let said = [
                api.post(SEARCH, body.clone()).await,
                api.patch(&format!("{ISSUES}/{id}"), body.clone()).await,
                api.post(ISSUES, body).await,
            ];
            for (status, said) in said {
                assert!(status.is_success() || status.is_client_error(), "{field} {value:.100}: {status} {said}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_see_an_issue_is_said_of_its_experiment() {
    const PASSWORD: &str = "a password of theirs";
    let api = Api::with_users(PASSWORD).await;
    let admin = api.user("admin", PASSWORD);
    for name in ["ada", "ben"] {
        well(admin.post("/users/create", json!({ "username": name, "password": PASSWORD })).await);
    }
    let (ada, ben) = (api.user("ada", PASSWORD), api.user("ben", PASSWORD));
    let own = experiment(&ada, "ada's").await;
    let made = create(&ada, &own, "hers", json!({ "created_by": "somebody else" })).await;
    assert_eq!(made["created_by"], "ada", "who is known is not asked");
    let path = format!("{ISSUES}/{}", made["issue_id"].as_str().unwrap());
    let none = json!({ "experiment_id": own, "username": "ben", "permission": "NO_PERMISSIONS" });
    well(ada.post("/experiments/permissions/create", none).await);

    assert_eq!(ben.get(&path, &[]).await.0.as_u16(), 403);
    assert_eq!(ben.patch(&path, json!({ "issue_id": "x" })).await.0.as_u16(), 403);
    assert_eq!(ben.post(SEARCH, json!({ "experiment_id": own })).await.0.as_u16(), 403);
    // Another name of the field does not widen the search.
    let bens = experiment(&ben, "ben's").await;
    for body in [json!({}), json!({ "experimentId": bens }), json!({ "experiment_id": "", "experimentId": bens })] {
        assert!(ben.post(SEARCH, body.clone()).await.0.is_client_error(), "{body}");
    }
    let all = well(admin.post(SEARCH, json!({})).await);
    assert_eq!(names(&all["issues"]), ["hers"]);
    let changed = well(ada.patch(&path, json!({ "issue_id": "x", "status": "resolved" })).await);
    assert_eq!(changed["issue"]["last_updated_by"], "ada");
}

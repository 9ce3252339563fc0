//! Every change leaves a record, and every refusal.

use serde_json::json;
use strata_audit::{Filter, Outcome, folder, read, verify};

use crate::api::{Api, well};

const ADMIN: &str = "an admin's password";
const ADA: &str = "ada's own password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_recorded_with_who_made_them() {
    let api = Api::with_users(ADMIN).await;
    let admin = api.user("admin", ADMIN);
    well(admin.post("/users/create", json!({ "username": "ada", "password": ADA })).await);
    well(admin.post("/registered-models/create", json!({ "name": "risk" })).await);
    well(admin.get("/registered-models/get", &[("name", "risk")]).await);
    well(admin.post("/registered-models/get-latest-versions", json!({ "name": "risk" })).await);
    api.user("ada", ADA).delete("/registered-models/delete", json!({ "name": "risk" })).await;
    api.post("/registered-models/create", json!({ "name": "stranger's" })).await;
    admin.post("/registered-models/create", json!({ "name": "risk" })).await;

    let folder = folder(api.folder());
    assert_eq!(verify(&folder).unwrap().finding, None);
    let records = read(&folder, Filter::default()).unwrap().map(Result::unwrap).collect::<Vec<_>>();
    let told: Vec<_> = records
        .iter()
        .map(|record| {
            let on: Vec<_> =
                record.on.iter().map(|entity| format!("{} {}", entity.kind().name(), entity.id())).collect();
            (record.who.name(), record.what.as_str(), on.join(", "), record.outcome)
        })
        .collect();
    let on = str::to_owned;
    let expected = [
        ("admin", "POST /mlflow/users/create", on("user ada"), Outcome::Success),
        ("admin", "POST /mlflow/registered-models/create", on("model risk"), Outcome::Success),
        ("ada", "DELETE /mlflow/registered-models/delete", on("model risk"), Outcome::MinorFailure),
        ("anonymous", "POST /mlflow/registered-models/create", on("model stranger's"), Outcome::MinorFailure),
        ("admin", "POST /mlflow/registered-models/create", on("model risk"), Outcome::MinorFailure),
    ];
    assert_eq!(told, expected);
    let bytes = std::fs::read_dir(&folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let text = String::from_utf8(bytes.flatten().collect()).unwrap();
    assert!(!text.contains(ADA), "a record holds no password");
}

/// What runs log of themselves is summed up, and a refusal of it is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_log_leaves_its_sum() {
    let api = Api::with_users(ADMIN).await;
    let admin = api.user("admin", ADMIN);
    let made = well(admin.post("/runs/create", json!({ "experiment_id": "0" })).await);
    let run = made["run"]["info"]["run_id"].as_str().unwrap();
    let metric = |step: i64| json!({ "key": "loss", "value": 0.5, "timestamp": 1, "step": step });
    let metrics: Vec<_> = (0..40).map(metric).collect();
    let tags = json!([{ "key": "ward", "value": "a value that is in no record" }]);
    for _ in 0..3 {
        well(admin.post("/runs/log-batch", json!({ "run_id": run, "metrics": metrics, "tags": tags })).await);
    }
    well(admin.post("/runs/log-parameter", json!({ "run_id": run, "key": "lr", "value": "1" })).await);
    api.post("/runs/log-batch", json!({ "run_id": run, "metrics": metrics })).await;

    let folder = folder(api.folder());
    let told = || {
        let records = read(&folder, Filter::default()).unwrap().map(Result::unwrap);
        records.map(|record| (record.who.name().to_owned(), record.what, record.counts)).collect::<Vec<_>>()
    };
    let begun = std::time::Instant::now();
    while told().iter().filter(|(_, what, _)| what == "log").map(|(_, _, counts)| counts["requests"]).sum::<u64>() < 4 {
        assert!(begun.elapsed().as_secs() < 60, "{:?}", told());
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(verify(&folder).unwrap().finding, None);
    let count = |of: &str| told().iter().filter_map(|(_, _, counts)| counts.get(of).copied()).sum::<u64>();
    assert_eq!((count("metrics"), count("tags"), count("params")), (120, 3, 1));
    let refused = told().into_iter().filter(|(_, what, _)| what == "POST /mlflow/runs/log-batch").count();
    assert_eq!(refused, 1);
    let bytes = std::fs::read_dir(&folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    assert!(!String::from_utf8(bytes.flatten().collect()).unwrap().contains("in no record"));
}

//! Metrics of logged models, on SQLite and Postgres.

use strata_config::Secret;
use strata_database::{Database, Row, Transaction, query};
use strata_runtime::clock;
use strata_testkit::PostgresServer;

use super::change::{New, create};
use super::search::{Order, Search, models};
use super::{load, measured};
use crate::experiments;
use crate::metrics::Metric;
use crate::migrations::MIGRATIONS;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check(&Secret::new(format!("sqlite://{}/registry.db", folder.path().display()))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_on_postgres() {
    if let Some(server) = PostgresServer::start() {
        check(&Secret::new(server.url())).await;
    }
}

async fn check(url: &Secret) {
    let database = Database::open(url, MIGRATIONS, &clock::System).await.unwrap();
    let mut tx = database.write().await.unwrap();
    let experiment = experiments::create(&mut tx, 1, "metrics", None, "mlflow-artifacts:", &[]).await.unwrap();
    let mut ids = Vec::new();
    for name in ["first", "second", "third"] {
        let new = New { name: Some(name.to_owned()), ..New::default() };
        ids.push(create(&mut tx, 1, experiment, "mlflow-artifacts:/1", String::new, new).await.unwrap().id);
    }
    let metric = |model: usize, value: f64, step: i64, dataset: Option<&str>| Metric {
        model_id: Some(ids[model].clone()),
        key: "auroc".to_owned(),
        value,
        timestamp: 5,
        step,
        dataset: dataset.map(|name| (name.to_owned(), "digest".to_owned())),
    };
    let all = [
        metric(0, 0.9, 0, None),
        metric(0, 0.5, 1, None),
        metric(1, 0.7, 0, Some("ward")),
        metric(1, f64::NAN, 1, None),
    ];
    let sql = "INSERT INTO runs (id, experiment_id, name, user_id, status, artifact_uri, lifecycle_stage) \
               VALUES ('r', $1, '', '', 'RUNNING', '', 'active') RETURNING number";
    let run: i64 = query(sql).bind(experiment).fetch_one(&mut *tx).await.unwrap().get(0);
    for _ in 0..2 {
        measured::log(&mut tx, run, &all).await.unwrap();
    }
    let model = load::model(&mut tx, &ids[0]).await.unwrap();
    assert_eq!(model.metrics.len(), 2, "sent again, they are not there twice");
    let nan = load::model(&mut tx, &ids[1]).await.unwrap().to_json()["data"]["metrics"][1]["value"].clone();
    assert_eq!(nan, "NaN");

    let ward = vec![("ward".to_owned(), None)];
    assert_eq!(names(&mut tx, experiment, "metrics.auroc > 0.6", &[], None).await, [""; 0], "the latest counts");
    assert_eq!(names(&mut tx, experiment, "metrics.auroc > 0.4", &[], None).await, ["first"]);
    assert_eq!(names(&mut tx, experiment, "metrics.auroc > 0.6", &ward, None).await, ["second"]);
    assert_eq!(names(&mut tx, experiment, "", &ward, None).await, ["second"]);
    let ordered = names(&mut tx, experiment, "", &[], Some("metrics.auroc")).await;
    assert_eq!(ordered[0], "first", "who has no value goes last: {ordered:?}");
}

async fn names(
    tx: &mut Transaction,
    experiment: i64,
    filter: &str,
    datasets: &[(String, Option<String>)],
    by: Option<&str>,
) -> Vec<String> {
    let order =
        by.map(|field| Order { field: field.to_owned(), ascending: false, dataset_name: None, dataset_digest: None });
    let search = Search {
        experiments: vec![experiment],
        filter: filter.to_owned(),
        datasets: datasets.to_vec(),
        order_by: order.into_iter().collect(),
        limit: 10,
        offset: 0,
    };
    models(tx, &search).await.unwrap().into_iter().map(|model| model.name).collect()
}

//! Filters and orders find what a plain reading of them finds, whatever the runs are.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use strata_clause::{Clause, Operand};

use crate::api::{Api, well};

const RUNS: usize = 60;
const SEARCHES: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

#[derive(Clone, Debug)]
struct Run {
    id: String,
    name: String,
    status: &'static str,
    start: i64,
    end: Option<i64>,
    metrics: BTreeMap<String, f64>,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
}

async fn check(api: &Api) {
    let mut runner = TestRunner::default();
    let made = well(api.post("/experiments/create", json!({ "name": "searched" })).await);
    let experiment = made["experiment_id"].as_str().unwrap();
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let run = run().new_tree(&mut runner).unwrap().current();
        runs.push(log(api, experiment, run).await);
    }
    let ids: Vec<String> = runs.iter().map(|run| run.id.clone()).collect();
    let searches = (prop::collection::vec(clause(ids), 0..4), prop::collection::vec(order(), 0..3));
    let mut found = 0;
    for _ in 0..SEARCHES {
        let (clauses, mut orders) = searches.new_tree(&mut runner).unwrap().current();
        // Nothing is asked to be ordered by twice.
        orders.dedup_by_key(|(key, _)| key.clone());
        let filter = clauses.iter().map(Clause::to_string).collect::<Vec<_>>().join(" AND ");
        let mut expected: Vec<&Run> =
            runs.iter().filter(|run| clauses.iter().all(|clause| holds(run, clause))).collect();
        expected.sort_by(|a, b| compare(a, b, &orders));
        let expected: Vec<&str> = expected.iter().map(|run| run.id.as_str()).collect();
        let mut order_by: Vec<String> = Vec::new();
        for (key, direction) in &orders {
            order_by.push(format!("{key} {direction}"));
        }
        let body = json!({ "experiment_ids": [experiment], "filter": filter, "order_by": order_by });
        let answer = well(api.post("/runs/search", body).await);
        let answer: Vec<&str> = answer["runs"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|run| run["info"]["run_id"].as_str().unwrap())
            .collect();
        assert_eq!(answer, expected, "{filter} {order_by:?} {runs:#?}");
        found += usize::from(!answer.is_empty() && !clauses.is_empty());
    }
    assert!(found > SEARCHES / 10, "{found} filters found anything: little was tested");
}

fn text() -> impl Strategy<Value = String> {
    "[aAbB%_\\\\' é\u{1}]{1,4}"
}

fn number() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![-1.5, -0.0, 0.0, 0.25, 3.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN])
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a".to_owned(), "b c".to_owned(), "d.e".to_owned()])
}

fn run() -> impl Strategy<Value = Run> {
    let pairs = || prop::collection::btree_map(key(), text(), 0..3);
    let status = prop::sample::select(vec!["RUNNING", "FINISHED", "FAILED"]);
    let times = (0..5_i64, prop::option::of(5..8_i64));
    (text(), status, times, prop::collection::btree_map(key(), number(), 0..3), pairs(), pairs()).prop_map(
        |(name, status, (start, end), metrics, params, tags)| Run {
            id: String::new(),
            name,
            status,
            start,
            end,
            metrics,
            params,
            tags,
        },
    )
}

async fn log(api: &Api, experiment: &str, mut run: Run) -> Run {
    let pairs = |map: &BTreeMap<String, String>| -> Vec<Value> {
        map.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
    };
    let create = json!({ "experiment_id": experiment, "run_name": run.name, "start_time": run.start });
    let made = well(api.post("/runs/create", create).await);
    made["run"]["info"]["run_id"].as_str().unwrap().clone_into(&mut run.id);
    let metrics: Vec<Value> = run.metrics.iter().map(|(key, value)| point(key, *value)).collect();
    let batch = json!({ "run_id": run.id, "metrics": metrics, "params": pairs(&run.params), "tags": pairs(&run.tags) });
    well(api.post("/runs/log-batch", batch).await);
    let mut update = json!({ "run_id": run.id, "status": run.status });
    if let Some(end) = run.end {
        update["end_time"] = end.into();
    }
    well(api.post("/runs/update", update).await);
    run
}

fn point(key: &str, value: f64) -> Value {
    let value = match value {
        value if value.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        value => json!(value),
    };
    json!({ "key": key, "value": value, "timestamp": 1, "step": 0 })
}

const NUMERIC: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];

fn clause(ids: Vec<String>) -> impl Strategy<Value = Clause> {
    let compared = prop::sample::select(NUMERIC.to_vec());
    let finite = number().prop_filter("a number", |number| number.is_finite());
    let made = |entity: Option<&str>, key: String, operator: &str, value| Clause {
        entity: entity.map(str::to_owned),
        key,
        operator: operator.to_owned(),
        value,
    };
    let textual = prop_oneof![
        (prop::sample::select(vec!["=", "!=", "LIKE"]), text()),
        // What is no ASCII letter is lowered by one of the databases only, as MLflow does it.
        (Just("ILIKE"), "[aAbB%_\\\\' ]{1,4}"),
    ];
    let textual = textual.prop_map(|(operator, text)| (operator, Operand::Text(text)));
    let pair = prop_oneof![
        4 => textual.clone(),
        1 => prop::sample::select(vec!["IS NULL", "IS NOT NULL"]).prop_map(|operator| (operator, Operand::None)),
    ];
    let list = prop::collection::vec(prop::sample::select(ids), 1..30).prop_map(Operand::List);
    prop_oneof![
        3 => (key(), compared.clone(), finite)
            .prop_map(move |(key, operator, n)| made(Some("metrics"), key, operator, Operand::Number(n.to_string()))),
        4 => (prop::sample::select(vec!["params", "tags"]), key(), pair)
            .prop_map(move |(entity, key, (operator, value))| made(Some(entity), key, operator, value)),
        1 => textual.prop_map(move |(operator, value)| made(None, "run_name".to_owned(), operator, value)),
        1 => (prop::sample::select(vec!["=", "!="]), prop::sample::select(vec!["RUNNING", "FINISHED"])).prop_map(
            move |(operator, status)| made(None, "status".to_owned(), operator, Operand::Text(status.to_owned()))
        ),
        1 => (prop::sample::select(vec!["start_time", "end_time"]), compared, 0..8_i64).prop_map(move |(key, operator, n)| {
            made(Some("attributes"), key.to_owned(), operator, Operand::Number(n.to_string()))
        }),
        1 => (prop::sample::select(vec!["IN", "NOT IN"]), list)
            .prop_map(move |(operator, list)| made(None, "run_id".to_owned(), operator, list)),
    ]
}

fn holds(run: &Run, clause: &Clause) -> bool {
    let key = clause.key.as_str();
    match (clause.entity.as_deref(), &clause.value) {
        (Some("metrics"), Operand::Number(number)) => {
            run.metrics.get(key).is_some_and(|value| compares(*value, &clause.operator, number.parse().unwrap()))
        }
        (Some(entity @ ("params" | "tags")), value) => {
            let own = if entity == "tags" { &run.tags } else { &run.params };
            match (clause.operator.as_str(), own.get(key), value) {
                ("IS NULL", own, _) => own.is_none(),
                ("IS NOT NULL", own, _) => own.is_some(),
                (operator, Some(own), Operand::Text(text)) => reads(own, operator, text),
                _ => false,
            }
        }
        (_, Operand::Number(number)) => {
            let own = if key == "start_time" { Some(run.start) } else { run.end };
            own.is_some_and(|own| compares(own as f64, &clause.operator, number.parse().unwrap()))
        }
        (_, Operand::Text(text)) => reads(if key == "status" { run.status } else { &run.name }, &clause.operator, text),
        (_, Operand::List(list)) => list.contains(&run.id) == (clause.operator == "IN"),
        (_, Operand::None) => unreachable!("{clause:?}"),
    }
}

fn compares(own: f64, operator: &str, other: f64) -> bool {
    match operator {
        "=" => own == other,
        "!=" => own != other,
        "<" => own < other,
        "<=" => own <= other,
        ">" => own > other,
        _ => own >= other,
    }
}

fn reads(own: &str, operator: &str, other: &str) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    match operator {
        "=" => own == other,
        "!=" => own != other,
        "LIKE" => like(&chars(own), &chars(other)),
        _ => like(&chars(&own.to_ascii_lowercase()), &chars(&other.to_ascii_lowercase())),
    }
}

fn like(own: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => own.is_empty(),
        ['%', rest @ ..] => (0..=own.len()).any(|at| like(&own[at..], rest)),
        ['_', rest @ ..] => !own.is_empty() && like(&own[1..], rest),
        [first, rest @ ..] => own.first() == Some(first) && like(&own[1..], rest),
    }
}

fn order() -> impl Strategy<Value = (String, &'static str)> {
    let keys = vec!["metrics.a", "metrics.`b c`", "params.a", "tags.`d.e`", "start_time", "end_time", "run_name"];
    (prop::sample::select(keys).prop_map(str::to_owned), prop::sample::select(vec!["ASC", "DESC"]))
}

fn compare(a: &Run, b: &Run, orders: &[(String, &str)]) -> Ordering {
    for (key, direction) in orders {
        // What is not there comes last in both directions, and what is no number just before it.
        let (first, second) = (place(a, key), place(b, key));
        let there = first.0.cmp(&second.0);
        let value = first.1.partial_cmp(&second.1).unwrap_or(Ordering::Equal).then(first.2.cmp(&second.2));
        let value = if *direction == "DESC" { value.reverse() } else { value };
        match there.then(value) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    b.start.cmp(&a.start).then(a.id.cmp(&b.id))
}

fn place(run: &Run, key: &str) -> (u8, f64, String) {
    let number = |number: f64| (u8::from(number.is_nan()), if number.is_nan() { 0.0 } else { number }, String::new());
    let text = |text: &String| (0, 0.0, text.clone());
    let found = match key {
        "metrics.a" => run.metrics.get("a").map(|value| number(*value)),
        "metrics.`b c`" => run.metrics.get("b c").map(|value| number(*value)),
        "params.a" => run.params.get("a").map(text),
        "tags.`d.e`" => run.tags.get("d.e").map(text),
        "start_time" => Some(number(run.start as f64)),
        "end_time" => run.end.map(|end| number(end as f64)),
        _ => Some(text(&run.name)),
    };
    found.unwrap_or((2, 0.0, String::new()))
}

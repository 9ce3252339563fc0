//! Reading traces.

use std::collections::HashMap;

use serde_json::Value;
use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, Transaction, query, query_scalar};

use super::info::{Info, State};
use super::key;
use crate::Error;
use crate::assessments::assessment::{self, Assessment};

/// The columns that [`row`] reads, of `traces t`.
pub(super) const COLUMNS: &str = "t.id, t.experiment_id, t.request_time, t.duration, t.state, t.client_request_id, \
                                  t.request_preview, t.response_preview";

pub(super) fn row(row: &AnyRow) -> Result<Info, SqlError> {
    let state: String = row.try_get(4)?;
    Ok(Info {
        id: row.try_get(0)?,
        experiment_id: row.try_get(1)?,
        request_time: row.try_get(2)?,
        duration: row.try_get(3)?,
        state: State::of(&state).unwrap_or_default(),
        client_request_id: row.try_get(5)?,
        request_preview: row.try_get(6)?,
        response_preview: row.try_get(7)?,
        ..Info::default()
    })
}

pub(crate) async fn is_there(tx: &mut Transaction, id: &str) -> Result<bool, Error> {
    let count: i64 = query_scalar("SELECT COUNT(*) FROM traces WHERE id = $1").bind(id).fetch_one(&mut **tx).await?;
    Ok(count > 0)
}

/// That there is such a trace.
pub(crate) async fn exists(tx: &mut Transaction, id: &str) -> Result<(), Error> {
    if is_there(tx, id).await? { Ok(()) } else { Err(not_found(id)) }
}

pub(super) fn not_found(id: &str) -> Error {
    Error::does_not_exist(format!("Trace with ID '{id}' not found."))
}

pub(super) async fn find(tx: &mut Transaction, id: &str) -> Result<Option<Info>, Error> {
    Ok(infos(tx, &[id.to_owned()], None).await?.pop())
}

pub(super) async fn info(tx: &mut Transaction, id: &str) -> Result<Info, Error> {
    find(tx, id).await?.ok_or_else(|| not_found(id))
}

/// Those that there are, in the order of the ids.
pub(crate) async fn infos(
    tx: &mut Transaction,
    ids: &[String],
    experiments: Option<&[i64]>,
) -> Result<Vec<Info>, Error> {
    let mut found = Vec::new();
    for ids in ids.chunks(500) {
        let sql = format!("SELECT {COLUMNS} FROM traces t WHERE t.id IN ({})", places(ids.len()));
        let mut question = query(AssertSqlSafe(sql));
        for id in ids {
            question = question.bind(id);
        }
        for one in question.fetch_all(&mut **tx).await? {
            found.push(row(&one)?);
        }
    }
    if let Some(experiments) = experiments {
        found.retain(|info| experiments.contains(&info.experiment_id));
    }
    let order: HashMap<&String, usize> = ids.iter().enumerate().rev().map(|(at, id)| (id, at)).collect();
    found.sort_by_key(|info| order.get(&info.id).copied());
    complete(tx, &mut found).await?;
    Ok(found)
}

/// Reads what hangs on these, in three questions however many they are.
pub(super) async fn complete(tx: &mut Transaction, infos: &mut [Info]) -> Result<(), Error> {
    for infos in infos.chunks_mut(500) {
        let at: HashMap<String, usize> = infos.iter().enumerate().map(|(at, info)| (info.id.clone(), at)).collect();
        let list = places(infos.len());
        for table in ["trace_tags", "trace_metadata"] {
            let sql = format!("SELECT trace_id, key, value FROM {table} WHERE trace_id IN ({list})");
            let mut question = query(AssertSqlSafe(sql));
            for info in &*infos {
                question = question.bind(info.id.clone());
            }
            for row in question.fetch_all(&mut **tx).await? {
                let Some(info) = at.get(row.try_get::<&str, _>(0)?).and_then(|at| infos.get_mut(*at)) else { continue };
                let map = if table == "trace_tags" { &mut info.tags } else { &mut info.metadata };
                map.insert(row.try_get(1)?, row.try_get(2)?);
            }
        }
        let columns = assessment::COLUMNS;
        let sql = format!("SELECT {columns} FROM assessments a WHERE a.trace_id IN ({list}) ORDER BY a.place");
        let mut question = query(AssertSqlSafe(sql));
        for info in &*infos {
            question = question.bind(info.id.clone());
        }
        for row in question.fetch_all(&mut **tx).await? {
            let assessment = Assessment::of(&row)?;
            if let Some(info) = at.get(&assessment.trace_id).and_then(|at| infos.get_mut(*at)) {
                info.assessments.push(assessment);
            }
        }
    }
    Ok(())
}

/// MLflow's JSON of the spans of each of these, roots first, then by their start.
pub(super) async fn spans(tx: &mut Transaction, ids: &[String]) -> Result<HashMap<String, Vec<Value>>, Error> {
    let mut spans: HashMap<String, Vec<Value>> = HashMap::new();
    for ids in ids.chunks(500) {
        let sql = format!(
            "SELECT trace_id, content FROM spans WHERE trace_id IN ({}) \
             ORDER BY CASE WHEN parent_span_id IS NULL THEN 0 ELSE 1 END, started_at, span_id",
            places(ids.len())
        );
        let mut question = query(AssertSqlSafe(sql));
        for id in ids {
            question = question.bind(id);
        }
        for row in question.fetch_all(&mut **tx).await? {
            if let Ok(content) = serde_json::from_str(row.try_get(1)?) {
                spans.entry(row.try_get(0)?).or_default().push(content);
            }
        }
    }
    Ok(spans)
}

/// Whether all spans arrived that the client counted.
pub(super) fn is_complete(info: &Info, spans: &[Value]) -> bool {
    let stats = info.metadata.get(key::SIZE_STATS).and_then(|stats| serde_json::from_str::<Value>(stats).ok());
    let expected = stats.and_then(|stats| stats["num_spans"].as_u64()).unwrap_or(0);
    !spans.is_empty() && spans.len() as u64 >= expected
}

/// Whether the spans are in the database, and not among the artifacts.
pub(crate) fn has_spans_here(info: &Info) -> bool {
    info.tags.get(key::SPANS_LOCATION).is_some_and(|location| location == key::TRACKING_STORE)
}

fn places(count: usize) -> String {
    (1..=count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

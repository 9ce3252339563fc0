//! Traces, with their spans, tags, assessments and links.
//!
//! MLflow 3.18 keeps the name of a trace, its session, tokens and cost in columns of their own; here they are the tag and
//! the metadata that its API makes of them.

use serde_json::{Map, Value};
use strata_database::{AnyRow, Row, SqlError, Transaction, query};

use super::{Import, PAGE};
use crate::lifecycle::rows::{Rows, row};
use crate::lifecycle::{Error, Progress};
use crate::statement::Statement;
use crate::traces::key;
use crate::traces::links::{PROMPT, RUN};

/// The columns that hold tokens and cost, by the keys that they have in the metadata.
pub(in crate::lifecycle) const TOKENS: [&str; 6] = [
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation_input_tokens_above_1hr",
];
pub(in crate::lifecycle) const COSTS: [&str; 3] = ["input_cost", "output_cost", "total_cost"];
/// The metadata that these columns and `session_id` hold.
pub(in crate::lifecycle) const PROMOTED: [&str; 3] = [key::TRACE_SESSION, key::TOKEN_USAGE, key::COST];

impl Import<'_> {
    pub(super) async fn traces(&mut self, progress: Progress<'_>) -> Result<(), Error> {
        let sql = format!(
            "SELECT t.request_id, t.experiment_id, t.timestamp_ms, t.execution_time_ms, t.status, t.client_request_id, \
             t.request_preview, t.response_preview, t.trace_name, t.session_id, {}, {} FROM trace_info t \
             JOIN experiments e ON e.experiment_id = t.experiment_id \
             WHERE e.workspace = $1 AND t.request_id > $2 ORDER BY t.request_id LIMIT $3",
            TOKENS.map(|column| format!("t.{column}")).join(", "),
            COSTS.map(|column| format!("t.{column}")).join(", ")
        );
        let mut last = String::new();
        loop {
            let mut from = self.source.read().await?;
            let question = query(strata_database::AssertSqlSafe(sql.as_str()));
            let question = question.bind(self.workspace.to_owned()).bind(last).bind(PAGE);
            let rows = question.fetch_all(&mut *from).await?;
            let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, SqlError>>()?;
            let Some(end) = ids.last().cloned() else { break };
            last = end;

            let mut tx = self.store.write().await?;
            self.infos(&mut tx, &rows).await?;
            self.pairs(&mut from, &mut tx, &rows, &ids).await?;
            self.spans(&mut from, &mut tx, &ids).await?;
            self.assessments(&mut from, &mut tx, &ids).await?;
            links(&mut from, &mut tx, &ids).await?;
            tx.commit().await?;
            self.imported.traces += ids.len() as u64;
            self.tell(progress, ids.len() as u64);
        }
        Ok(())
    }

    async fn infos(&mut self, tx: &mut Transaction, rows: &[AnyRow]) -> Result<(), Error> {
        let columns = "id, experiment_id, request_time, duration, state, client_request_id, request_preview, \
                       response_preview";
        let mut here = Rows::replacing("traces", columns, "id");
        for row in rows {
            let Some(experiment) = self.experiments.get(&row.try_get(1)?).copied() else { continue };
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (time, duration): (i64, Option<i64>) = (row.try_get(2)?, row.try_get(3)?);
            let row = row![text(0)?, experiment, time, duration, text(4)?, text(5)?, text(6)?, text(7)?];
            here.push(tx, row).await?;
        }
        here.flush(tx).await?;
        Ok(())
    }

    /// Tags and metadata.
    async fn pairs(
        &mut self,
        from: &mut Transaction,
        tx: &mut Transaction,
        rows: &[AnyRow],
        ids: &[String],
    ) -> Result<(), Error> {
        let mut tags = Rows::replacing("trace_tags", "trace_id, key, value", "trace_id, key");
        let mut metadata = Rows::replacing("trace_metadata", "trace_id, key, value", "trace_id, key");
        for row in rows {
            let id: String = row.try_get(0)?;
            if let Some(name) = row.try_get::<Option<String>, _>(8)? {
                tags.push(tx, row![&id, key::TRACE_NAME, name]).await?;
            }
            let tokens = object(row, 10, &TOKENS, |row, at| Ok(row.try_get::<Option<i64>, _>(at)?.map(Value::from)))?;
            let cost = object(row, 16, &COSTS, |row, at| Ok(row.try_get::<Option<f64>, _>(at)?.map(Value::from)))?;
            let session = row.try_get::<Option<String>, _>(9)?;
            for (key, value) in PROMOTED.into_iter().zip([session, tokens, cost]) {
                if let Some(value) = value {
                    metadata.push(tx, row![&id, key, value]).await?;
                }
            }
        }
        for (theirs, here) in [("trace_tags", &mut tags), ("trace_request_metadata", &mut metadata)] {
            let head = format!("SELECT request_id, key, value FROM {theirs}");
            for row in of_traces(from, &head, "request_id", ids, "").await? {
                let (id, key): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                // Columns hold these since 3.18, and only columns count.
                if key == key::TRACE_NAME || PROMOTED.contains(&key.as_str()) {
                    continue;
                }
                let mut value = row.try_get::<Option<String>, _>(2)?.unwrap_or_default();
                if key == key::ARTIFACT_LOCATION {
                    value = self.places.own(value);
                }
                here.push(tx, row![id, key, value]).await?;
            }
            here.flush(tx).await?;
        }
        Ok(())
    }

    async fn spans(&mut self, from: &mut Transaction, tx: &mut Transaction, ids: &[String]) -> Result<(), Error> {
        let columns =
            "trace_id, span_id, parent_span_id, experiment_id, name, type, status, started_at, ended_at, content";
        let mut here = Rows::replacing("spans", columns, "trace_id, span_id");
        let head = "SELECT trace_id, span_id, parent_span_id, experiment_id, name, type, status, start_time_unix_nano, \
                    end_time_unix_nano, content FROM spans";
        for row in of_traces(from, head, "trace_id", ids, "").await? {
            let Some(experiment) = self.experiments.get(&row.try_get(3)?).copied() else { continue };
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (start, end): (i64, Option<i64>) = (row.try_get(7)?, row.try_get(8)?);
            let (name, kind) = (text(4)?.unwrap_or_default(), text(5)?.unwrap_or_else(|| "UNKNOWN".to_owned()));
            let row = row![text(0)?, text(1)?, text(2)?, experiment, name, kind, text(6)?, start, end, text(9)?];
            here.push(tx, row).await?;
        }
        self.imported.spans += here.flush(tx).await?;
        Ok(())
    }

    async fn assessments(&mut self, from: &mut Transaction, tx: &mut Transaction, ids: &[String]) -> Result<(), Error> {
        let columns = "id, trace_id, name, kind, value, number, error, created_at, updated_at, source_type, source_id, \
                       span_id, rationale, overrides, valid, metadata";
        let mut here = Rows::replacing("assessments", columns, "id");
        let head = "SELECT assessment_id, trace_id, name, assessment_type, value, error, created_timestamp, \
                    last_updated_timestamp, source_type, source_id, span_id, rationale, overrides, \
                    CAST(valid AS INTEGER), assessment_metadata FROM assessments";
        for row in of_traces(from, head, "trace_id", ids, "ORDER BY created_timestamp, assessment_id").await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let time = |at: usize| row.try_get::<i64, _>(at);
            let value = text(4)?.unwrap_or_else(|| "null".to_owned());
            let number = serde_json::from_str::<Value>(&value).ok().and_then(|value| value.as_f64());
            let source = text(9)?.unwrap_or_else(|| "default".to_owned());
            here.push(
                tx,
                row![
                    text(0)?,
                    text(1)?,
                    text(2)?,
                    text(3)?,
                    value,
                    number,
                    text(5)?,
                    time(6)?,
                    time(7)?,
                    text(8)?,
                    source,
                    text(10)?,
                    text(11)?,
                    text(12)?,
                    time(13)?,
                    text(14)?
                ],
            )
            .await?;
        }
        self.imported.assessments += here.flush(tx).await?;
        Ok(())
    }
}

/// To runs and to versions of prompts.
async fn links(from: &mut Transaction, tx: &mut Transaction, ids: &[String]) -> Result<(), Error> {
    let mut here = Rows::new("trace_links", "trace_id, kind, target", "ON CONFLICT DO NOTHING");
    let head = "SELECT source_id, destination_type, destination_id FROM entity_associations";
    for row in of_traces(from, head, "source_type = 'trace' AND source_id", ids, "").await? {
        let kind = match row.try_get::<&str, _>(1)? {
            "run" => RUN,
            "prompt_version" => PROMPT,
            _ => continue,
        };
        let (id, target): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        here.push(tx, row![id, kind, target]).await?;
    }
    here.flush(tx).await?;
    Ok(())
}

async fn of_traces(
    from: &mut Transaction,
    head: &str,
    column: &str,
    ids: &[String],
    order: &str,
) -> Result<Vec<AnyRow>, Error> {
    let mut statement = Statement::default();
    let list = statement.texts(ids);
    statement.and(format!("{column} IN ({list})"));
    Ok(statement.rows(from, head, order).await?)
}

/// The columns from `first` on, as JSON such as Python writes; nothing if all of them are empty.
fn object(
    row: &AnyRow,
    first: usize,
    keys: &[&str],
    value: impl Fn(&AnyRow, usize) -> Result<Option<Value>, SqlError>,
) -> Result<Option<String>, SqlError> {
    let mut fields = Map::new();
    for (at, key) in (first..).zip(keys) {
        if let Some(value) = value(row, at)? {
            fields.insert((*key).to_owned(), value);
        }
    }
    // In the order of the columns, which a map of JSON may not keep.
    let field = |key: &&str| Some(format!("\"{key}\": {}", fields.get(*key)?));
    let text = keys.iter().filter_map(field).collect::<Vec<_>>().join(", ");
    Ok((!fields.is_empty()).then(|| format!("{{{text}}}")))
}

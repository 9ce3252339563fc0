//! Traces, with their spans, tags, assessments and links, as MLflow 3.18 divides them into tables and columns.

use serde_json::Value;
use strata_database::{Row, SqlError, query};
use uuid::Uuid;

use super::spans::Columns;
use super::{Export, PAGE};
use crate::lifecycle::import::{COSTS, PROMOTED, TOKENS};
use crate::lifecycle::rows::{Rows, row};
use crate::lifecycle::{Error, Progress};
use crate::statement::Statement;
use crate::traces::info::Info;
use crate::traces::links::RUN;
use crate::traces::{key, load};

impl Export<'_> {
    pub(super) async fn traces(&mut self, progress: Progress<'_>) -> Result<(), Error> {
        let mut last = String::new();
        loop {
            let sql = "SELECT id FROM traces WHERE id > $1 ORDER BY id LIMIT $2";
            let rows = query(sql).bind(last).bind(PAGE).fetch_all(&mut *self.from).await?;
            let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, SqlError>>()?;
            let Some(end) = ids.last().cloned() else { break };
            last = end;
            let infos = load::infos(&mut self.from, &ids, None).await?;
            self.infos(&infos).await?;
            self.spans(&ids).await?;
            self.assessments(&infos).await?;
            self.exported.traces += infos.len() as u64;
            self.tell(progress, infos.len() as u64);
        }
        self.links().await
    }

    async fn infos(&mut self, infos: &[Info]) -> Result<(), Error> {
        let columns = format!(
            "request_id, experiment_id, timestamp_ms, execution_time_ms, status, client_request_id, request_preview, \
             response_preview, db_payload_generation, trace_name, session_id, {}, {}",
            TOKENS.join(", "),
            COSTS.join(", ")
        );
        let mut there = Rows::new("trace_info", &columns, "");
        let mut tags = Rows::new("trace_tags", "request_id, key, value", "");
        let mut metadata = Rows::new("trace_request_metadata", "request_id, key, value", "");
        for info in infos {
            let of_json = |name: &str| {
                let text = info.metadata.get(name)?;
                serde_json::from_str::<Value>(text).ok()
            };
            let (tokens, cost) = (of_json(key::TOKEN_USAGE), of_json(key::COST));
            // Whether its spans are in the database, and were never archived.
            let generation = i64::from(load::has_spans_here(info));
            let mut row = row![
                &info.id,
                info.experiment_id,
                info.request_time,
                info.duration,
                info.state.name(),
                info.client_request_id.clone(),
                info.request_preview.clone(),
                info.response_preview.clone(),
                generation,
                info.tags.get(key::TRACE_NAME).cloned(),
                info.metadata.get(key::TRACE_SESSION).cloned(),
            ];
            row.extend(TOKENS.map(|name| tokens.as_ref().and_then(|tokens| tokens[name].as_i64()).into()));
            row.extend(COSTS.map(|name| cost.as_ref().and_then(|cost| cost[name].as_f64()).into()));
            there.push(&mut self.to, row).await?;
        }
        there.flush(&mut self.to).await?;
        for info in infos {
            for (key, value) in info.tags.iter().filter(|(key, _)| *key != key::TRACE_NAME) {
                let value = match key.as_str() {
                    key::ARTIFACT_LOCATION => self.places.own(value.clone()),
                    _ => value.clone(),
                };
                tags.push(&mut self.to, row![&info.id, key, value]).await?;
            }
            for (key, value) in info.metadata.iter().filter(|(key, _)| !PROMOTED.contains(&key.as_str())) {
                metadata.push(&mut self.to, row![&info.id, key, value]).await?;
            }
        }
        tags.flush(&mut self.to).await?;
        metadata.flush(&mut self.to).await?;
        Ok(())
    }

    async fn spans(&mut self, ids: &[String]) -> Result<(), Error> {
        let columns = format!(
            "trace_id, experiment_id, span_id, parent_span_id, name, type, status, start_time_unix_nano, \
             end_time_unix_nano, content, {}, model_name, model_provider",
            COSTS.join(", ")
        );
        let mut there = Rows::new("spans", &columns, "");
        let mut statement = Statement::default();
        let list = statement.texts(ids);
        statement.and(format!("trace_id IN ({list})"));
        let head = "SELECT trace_id, experiment_id, span_id, parent_span_id, name, type, status, started_at, ended_at, \
                    content FROM spans";
        for row in statement.rows(&mut self.from, head, "ORDER BY trace_id, started_at").await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (experiment, start): (i64, i64) = (row.try_get(1)?, row.try_get(7)?);
            let (end, content): (Option<i64>, String) = (row.try_get(8)?, row.try_get(9)?);
            let Columns { costs: [input, output, total], model, provider } = Columns::of(&content);
            let span = row![
                text(0)?,
                experiment,
                text(2)?,
                text(3)?,
                text(4)?,
                text(5)?,
                text(6)?,
                start,
                end,
                content,
                input,
                output,
                total,
                model,
                provider
            ];
            there.push(&mut self.to, span).await?;
        }
        self.exported.spans += there.flush(&mut self.to).await?;
        Ok(())
    }

    async fn assessments(&mut self, infos: &[Info]) -> Result<(), Error> {
        let columns = "assessment_id, trace_id, name, assessment_type, value, error, created_timestamp, \
                       last_updated_timestamp, source_type, source_id, span_id, rationale, overrides, valid, \
                       assessment_metadata, experiment_id, trace_timestamp_ms, aggregate_value, is_numeric_value";
        let mut there = Rows::new("assessments", columns, "");
        for (info, one) in infos.iter().flat_map(|info| info.assessments.iter().map(move |one| (info, one))) {
            let metadata = (!one.metadata.is_empty()).then(|| Value::Object(one.metadata.clone()).to_string());
            let (number, is_number) = aggregate(&one.value);
            let assessment = row![
                &one.id,
                &one.trace_id,
                &one.name,
                one.kind.name(),
                one.value.to_string(),
                one.error.as_ref().map(ToString::to_string),
                one.created_at,
                one.updated_at,
                &one.source_type,
                &one.source_id,
                one.span_id.clone(),
                one.rationale.clone(),
                one.overrides.clone(),
                one.valid,
                metadata,
                info.experiment_id,
                info.request_time,
                number,
                is_number
            ];
            there.push(&mut self.to, assessment).await?;
        }
        self.exported.assessments += there.flush(&mut self.to).await?;
        Ok(())
    }

    async fn links(&mut self) -> Result<(), Error> {
        let columns = "association_id, source_type, source_id, destination_type, destination_id, created_time";
        let mut there = Rows::new("entity_associations", columns, "");
        let now = self.store.now();
        for row in query("SELECT trace_id, kind, target FROM trace_links").fetch_all(&mut *self.from).await? {
            let (trace, kind, target): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let kind = if kind == RUN { "run" } else { "prompt_version" };
            let id = Uuid::new_v4().simple().to_string();
            there.push(&mut self.to, row![id, "trace", trace, kind, target, now]).await?;
        }
        there.flush(&mut self.to).await?;
        Ok(())
    }
}

/// What an assessment counts as where MLflow takes means, and whether it is a number.
fn aggregate(value: &Value) -> (Option<f64>, bool) {
    match value {
        Value::Bool(truth) => (Some(f64::from(u8::from(*truth))), false),
        Value::Number(number) => (number.as_f64(), number.as_f64().is_some()),
        Value::String(word) => match word.trim().to_lowercase().as_str() {
            "yes" => (Some(1.0), false),
            "no" => (Some(0.0), false),
            _ => (None, false),
        },
        _ => (None, false),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::aggregate;

    #[test]
    fn words_and_truths_count_and_are_no_numbers() {
        assert_eq!(aggregate(&json!(true)), (Some(1.0), false));
        assert_eq!(aggregate(&json!(" No ")), (Some(0.0), false));
        assert_eq!(aggregate(&json!(0.5)), (Some(0.5), true));
        assert_eq!(aggregate(&json!("0.5")), (None, false));
        assert_eq!(aggregate(&json!(null)), (None, false));
    }
}

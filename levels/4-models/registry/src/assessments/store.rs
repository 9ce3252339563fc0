//! Keeping assessments.

use strata_database::{AssertSqlSafe, Transaction, query, query_scalar};

use super::assessment::{Assessment, COLUMNS};
use crate::Error;
use crate::traces::load;

/// A new one. What it overrides is not valid any more.
pub(crate) async fn create(tx: &mut Transaction, assessment: &Assessment) -> Result<(), Error> {
    load::exists(tx, &assessment.trace_id).await?;
    if let Some(overridden) = &assessment.overrides {
        let sql = "UPDATE assessments SET valid = 0 WHERE trace_id = $1 AND id = $2";
        let done = query(sql).bind(&assessment.trace_id).bind(overridden).execute(&mut **tx).await?;
        if done.rows_affected() == 0 {
            return Err(absent(overridden, &assessment.trace_id));
        }
    }
    if owner(tx, &assessment.id).await?.is_some() {
        return Err(Error::invalid(format!("An assessment with ID '{}' exists already.", assessment.id)));
    }
    write(tx, assessment).await
}

/// Puts it in the place of one with the same id of the same trace.
pub(crate) async fn put(tx: &mut Transaction, assessment: &Assessment) -> Result<(), Error> {
    if owner(tx, &assessment.id).await?.is_some_and(|owner| owner != assessment.trace_id) {
        let message = format!("Assessment with ID '{}' belongs to another trace.", assessment.id);
        return Err(Error::invalid(message));
    }
    write(tx, assessment).await
}

/// The trace that an assessment is of.
async fn owner(tx: &mut Transaction, id: &str) -> Result<Option<String>, Error> {
    let sql = "SELECT trace_id FROM assessments WHERE id = $1";
    Ok(query_scalar(sql).bind(id).fetch_optional(&mut **tx).await?)
}

async fn write(tx: &mut Transaction, assessment: &Assessment) -> Result<(), Error> {
    let sql = "INSERT INTO assessments (id, trace_id, name, kind, value, number, error, created_at, updated_at, \
               source_type, source_id, span_id, rationale, overrides, valid, metadata) \
               VALUES ($1, $2, $3, $4, $5, NULLIF($6, 'NaN'), $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, value = excluded.value, \
               number = excluded.number, error = excluded.error, created_at = excluded.created_at, \
               updated_at = excluded.updated_at, source_type = excluded.source_type, source_id = excluded.source_id, \
               span_id = excluded.span_id, rationale = excluded.rationale, overrides = excluded.overrides, \
               valid = excluded.valid, metadata = excluded.metadata";
    let metadata = serde_json::Value::Object(assessment.metadata.clone()).to_string();
    query(sql)
        .bind(&assessment.id)
        .bind(&assessment.trace_id)
        .bind(&assessment.name)
        .bind(assessment.kind.name())
        .bind(assessment.value.to_string())
        // A NULL is to sqlx of another type than a number is: Postgres refuses the numbers that come after it.
        .bind(assessment.number().unwrap_or(f64::NAN))
        .bind(assessment.error.as_ref().map(ToString::to_string))
        .bind(assessment.created_at)
        .bind(assessment.updated_at)
        .bind(&assessment.source_type)
        .bind(&assessment.source_id)
        .bind(&assessment.span_id)
        .bind(&assessment.rationale)
        .bind(&assessment.overrides)
        .bind(i64::from(assessment.valid))
        .bind(metadata)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn get(tx: &mut Transaction, trace_id: &str, id: &str) -> Result<Assessment, Error> {
    let sql = format!("SELECT {COLUMNS} FROM assessments a WHERE a.trace_id = $1 AND a.id = $2");
    let row = query(AssertSqlSafe(sql)).bind(trace_id).bind(id).fetch_optional(&mut **tx).await?;
    if let Some(row) = row {
        return Ok(Assessment::of(&row)?);
    }
    if load::is_there(tx, trace_id).await? {
        return Err(absent(id, trace_id));
    }
    Err(Error::does_not_exist(format!("Trace with request_id '{trace_id}' not found")))
}

/// Nothing happens where there is none. What it overrode is valid again.
pub(crate) async fn delete(tx: &mut Transaction, trace_id: &str, id: &str) -> Result<(), Error> {
    load::exists(tx, trace_id).await?;
    let Ok(assessment) = get(tx, trace_id, id).await else { return Ok(()) };
    if let Some(overridden) = assessment.overrides {
        let sql = "UPDATE assessments SET valid = 1 WHERE id = $1";
        query(sql).bind(overridden).execute(&mut **tx).await?;
    }
    query("DELETE FROM assessments WHERE id = $1").bind(id).execute(&mut **tx).await?;
    Ok(())
}

fn absent(id: &str, trace_id: &str) -> Error {
    Error::does_not_exist(format!("Assessment with ID '{id}' not found for trace '{trace_id}'"))
}

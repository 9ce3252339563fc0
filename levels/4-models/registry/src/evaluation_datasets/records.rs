//! Keeping the records of a dataset.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use strata_database::{AnyRow, Row, Transaction, query};
use uuid::Uuid;

use super::dataset::digest;
use super::record::Record;
use super::{schema, store};
use crate::Error;
use crate::statement::Statement;

/// Placeholders have an end.
const AT_ONCE: usize = 500;

/// How many came new, and how many were there.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Upserted {
    pub(super) inserted: i64,
    pub(super) updated: i64,
}

/// A record with inputs that are there is merged into the one with them.
pub(super) async fn upsert(
    tx: &mut Transaction,
    now: i64,
    dataset: &str,
    records: &[Record],
) -> Result<Upserted, Error> {
    let known = store::get(tx, dataset).await?;
    let mut upserted = Upserted::default();
    for record in records {
        let hash = record.hash();
        let sql = "SELECT id, content FROM evaluation_dataset_records WHERE dataset = $1 AND input_hash = $2";
        if let Some(row) = query(sql).bind(dataset).bind(&hash).fetch_optional(&mut **tx).await? {
            update(tx, now, &row, record).await?;
            upserted.updated += 1;
        } else {
            insert(tx, now, dataset, &hash, record).await?;
            upserted.inserted += 1;
        }
    }
    let sql = "UPDATE evaluation_datasets SET schema = $2, records = records + $3, digest = $4, updated_at = $5, \
               updated_by = $6 WHERE id = $1";
    query(sql)
        .bind(dataset)
        .bind(schema::with(known.schema.as_deref(), records))
        .bind(upserted.inserted)
        .bind(digest(&known.name, now))
        .bind(now)
        .bind(records.iter().filter_map(Record::user).next_back())
        .execute(&mut **tx)
        .await?;
    Ok(upserted)
}

async fn insert(tx: &mut Transaction, now: i64, dataset: &str, hash: &str, record: &Record) -> Result<(), Error> {
    let sql = "INSERT INTO evaluation_dataset_records (id, dataset, input_hash, content, created_at, updated_at, \
               created_by, updated_by) VALUES ($1, $2, $3, $4, $5, $5, $6, $6)";
    query(sql)
        .bind(format!("dr-{}", Uuid::new_v4().simple()))
        .bind(dataset)
        .bind(hash)
        .bind(Value::Object(record.content()).to_string())
        .bind(now)
        .bind(record.user())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn update(tx: &mut Transaction, now: i64, row: &AnyRow, record: &Record) -> Result<(), Error> {
    let mut content = content(row.try_get(1)?)?;
    record.merge_into(&mut content);
    let sql = "UPDATE evaluation_dataset_records SET content = $2, updated_at = $3, \
               updated_by = COALESCE($4, updated_by) WHERE id = $1";
    query(sql)
        .bind(row.try_get::<String, _>(0)?)
        .bind(Value::Object(content).to_string())
        .bind(now)
        .bind(record.user())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn content(text: &str) -> Result<Map<String, Value>, Error> {
    serde_json::from_str(text).map_err(|error| Error::internal(format!("a record could not be read: {error}")))
}

/// The oldest first, as they are on the wire, from where the token says; and the token of the next page.
pub(super) async fn page(
    tx: &mut Transaction,
    dataset: &str,
    limit: i64,
    token: Option<&str>,
) -> Result<(Vec<Value>, Option<String>), Error> {
    let mut statement = Statement::default();
    let of = statement.text(dataset);
    statement.and(format!("dataset = {of}"));
    if let Some((created_at, id)) = token.map(parse).transpose()? {
        let (later, at, id) = (statement.number(created_at), statement.number(created_at), statement.text(id));
        statement.and(format!("(created_at > {later} OR (created_at = {at} AND id > {id}))"));
    }
    let tail = format!("ORDER BY created_at, id LIMIT {}", statement.number(limit + 1));
    let head = "SELECT id, content, created_at, updated_at, created_by, updated_by FROM evaluation_dataset_records";
    let mut rows = statement.rows(tx, head, &tail).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let records: Vec<Value> = rows.iter().map(|row| to_json(dataset, row)).collect::<Result<_, Error>>()?;
    let next = match rows.last() {
        Some(row) if more => {
            let (created_at, id): (i64, String) = (row.try_get(2)?, row.try_get(0)?);
            Some(STANDARD.encode(format!("{created_at}:{id}")))
        }
        _ => None,
    };
    Ok((records, next))
}

fn parse(token: &str) -> Result<(i64, String), Error> {
    let bytes = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parsed = bytes.as_deref().and_then(|text| text.split_once(':')).filter(|(_, id)| !id.contains('\0'));
    let parsed = parsed.and_then(|(created_at, id)| Some((created_at.parse().ok()?, id.to_owned())));
    parsed.ok_or_else(|| Error::invalid(format!("Invalid page token: {token}")))
}

fn to_json(dataset: &str, row: &AnyRow) -> Result<Value, Error> {
    let mut json = content(row.try_get(1)?)?;
    json.insert("dataset_record_id".to_owned(), row.try_get::<String, _>(0)?.into());
    json.insert("dataset_id".to_owned(), dataset.into());
    for (name, at) in [("created_time", 2), ("last_update_time", 3)] {
        json.insert(name.to_owned(), row.try_get::<i64, _>(at)?.into());
    }
    for (name, at) in [("created_by", 4), ("last_updated_by", 5)] {
        if let Some(user) = row.try_get::<Option<String>, _>(at)? {
            json.insert(name.to_owned(), user.into());
        }
    }
    Ok(Value::Object(json))
}

/// How many of these were there.
pub(super) async fn delete(tx: &mut Transaction, dataset: &str, ids: &[String]) -> Result<i64, Error> {
    let mut deleted = 0;
    for ids in ids.chunks(AT_ONCE) {
        let mut statement = Statement::default();
        let (of, list) = (statement.text(dataset), statement.texts(ids));
        statement.and(format!("dataset = {of} AND id IN ({list})"));
        deleted += statement.rows(tx, "DELETE FROM evaluation_dataset_records", "RETURNING id").await?.len() as i64;
    }
    let sql = "UPDATE evaluation_datasets SET records = records - $2 WHERE id = $1";
    query(sql).bind(dataset).bind(deleted).execute(&mut **tx).await?;
    Ok(deleted)
}

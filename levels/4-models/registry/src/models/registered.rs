//! Making, changing and removing registered models.

use strata_database::{Transaction, is_duplicate, query, query_scalar};

use super::load::{bare_model, model};
use super::prompt::{IS_PROMPT, is_prompt};
use super::row::{Model, Tag};
use crate::Error;

/// A new one. Of a key that is there twice, the last value counts.
pub(crate) async fn create(
    tx: &mut Transaction,
    now: i64,
    name: &str,
    description: &str,
    tags: &[Tag],
) -> Result<Model, Error> {
    if let Ok(known) = model(tx, name).await {
        return Err(taken(&known, tags));
    }
    let sql = "INSERT INTO registered_models (name, description, created_at, updated_at) VALUES ($1, $2, $3, $3) \
               RETURNING id";
    let id: i64 = query_scalar(sql).bind(name).bind(description).bind(now).fetch_one(&mut **tx).await?;
    for tag in tags {
        super::tags::set_on_model(tx, id, tag).await?;
    }
    model(tx, name).await
}

/// A prompt and a model cannot share a name, and the answer says which of them was there.
fn taken(known: &Model, tags: &[Tag]) -> Error {
    let word = |prompt: bool| if prompt { "Prompt" } else { "Registered Model" };
    let has = |tags: &[Tag]| tags.iter().any(|tag| tag.key == IS_PROMPT);
    let (old, new, name) = (word(has(&known.tags)), word(has(tags)), &known.name);
    Error::already_exists(if old == new {
        format!("{new} (name={name}) already exists.")
    } else {
        let (old, new) = (old.to_lowercase(), new.to_lowercase());
        format!(
            "Tried to create a {new} with name '{name}', but the name is already taken by a {old}. MLflow does not \
             allow creating a model and a prompt with the same name."
        )
    })
}

/// Puts another description in the place of its own.
pub(crate) async fn describe(tx: &mut Transaction, now: i64, name: &str, description: &str) -> Result<Model, Error> {
    let id = bare_model(tx, name).await?.id;
    let sql = "UPDATE registered_models SET description = $1, updated_at = $2 WHERE id = $3";
    query(sql).bind(description).bind(now).bind(id).execute(&mut **tx).await?;
    model(tx, name).await
}

/// Its versions change with it.
pub(crate) async fn rename(tx: &mut Transaction, now: i64, name: &str, new_name: &str) -> Result<Model, Error> {
    let id = bare_model(tx, name).await?.id;
    let sql = "UPDATE registered_models SET name = $1, updated_at = $2 WHERE id = $3";
    let renamed = query(sql).bind(new_name).bind(now).bind(id).execute(&mut **tx).await;
    if let Err(error) = renamed {
        return Err(if is_duplicate(&error) {
            Error::already_exists(format!("Registered Model (name={new_name}) already exists."))
        } else {
            error.into()
        });
    }
    query("UPDATE model_versions SET updated_at = $1 WHERE model = $2").bind(now).bind(id).execute(&mut **tx).await?;
    model(tx, new_name).await
}

/// Removes it with all its versions, for good.
pub(crate) async fn delete(tx: &mut Transaction, name: &str) -> Result<(), Error> {
    let id = bare_model(tx, name).await?.id;
    for sql in [
        "DELETE FROM model_version_tags WHERE version IN (SELECT id FROM model_versions WHERE model = $1)",
        "DELETE FROM model_versions WHERE model = $1",
        "DELETE FROM registered_model_aliases WHERE model = $1",
        "DELETE FROM registered_model_tags WHERE model = $1",
        "DELETE FROM registered_models WHERE id = $1",
    ] {
        query(sql).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Whether the model of this name is a prompt.
pub(crate) async fn is_prompt_by_name(tx: &mut Transaction, name: &str) -> Result<bool, Error> {
    let sql = "SELECT t.value FROM registered_models m JOIN registered_model_tags t ON t.model = m.id \
               WHERE m.name = $1 AND t.key = $2";
    let value: Option<String> = query_scalar(sql).bind(name).bind(IS_PROMPT).fetch_optional(&mut **tx).await?;
    Ok(value.is_some_and(|value| is_prompt([(IS_PROMPT, value.as_str())])))
}

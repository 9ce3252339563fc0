//! Models and versions as MLflow's JSON has them: what is not set is not there.

use serde_json::{Map, Value, json};

use super::row::{Model, Tag, Version};

/// `{"registered_model": ...}`
pub(crate) fn model_answer(model: &Model) -> Value {
    json!({ "registered_model": self::model(model) })
}

/// `{"model_version": ...}`
pub(crate) fn version_answer(version: &Version) -> Value {
    json!({ "model_version": self::version(version) })
}

/// `{"model_versions": [...]}`, and how to ask for more.
pub(crate) fn versions_answer(versions: &[Version], next_page_token: Option<String>) -> Value {
    page("model_versions", versions.iter().map(version).collect(), next_page_token)
}

/// `{"registered_models": [...]}`, and how to ask for more.
pub(crate) fn models_answer(models: &[Model], next_page_token: Option<String>) -> Value {
    page("registered_models", models.iter().map(model).collect(), next_page_token)
}

fn page(name: &str, items: Vec<Value>, next_page_token: Option<String>) -> Value {
    let mut answer = Map::new();
    add_list(&mut answer, name, items);
    if let Some(token) = next_page_token {
        answer.insert("next_page_token".to_owned(), token.into());
    }
    answer.into()
}

fn model(model: &Model) -> Value {
    let mut json = Map::new();
    json.insert("name".to_owned(), model.name.as_str().into());
    json.insert("creation_timestamp".to_owned(), model.created_at.into());
    json.insert("last_updated_timestamp".to_owned(), model.updated_at.into());
    if let Some(description) = model.description.as_deref().filter(|text| !text.is_empty()) {
        json.insert("description".to_owned(), description.into());
    }
    add_list(&mut json, "latest_versions", model.latest.iter().map(version).collect());
    add_list(&mut json, "tags", model.tags.iter().map(tag).collect());
    let aliases = model.aliases.iter().map(|(alias, number)| json!({ "alias": alias, "version": number.to_string() }));
    add_list(&mut json, "aliases", aliases.collect());
    json.into()
}

fn version(version: &Version) -> Value {
    let mut json = Map::new();
    json.insert("name".to_owned(), version.name.as_str().into());
    json.insert("version".to_owned(), version.number.to_string().into());
    json.insert("creation_timestamp".to_owned(), version.created_at.into());
    json.insert("last_updated_timestamp".to_owned(), version.updated_at.into());
    json.insert("current_stage".to_owned(), version.stage.as_str().into());
    let optional =
        [("description", &version.description), ("run_id", &version.run_id), ("run_link", &version.run_link)];
    for (name, value) in optional {
        if let Some(value) = value {
            json.insert(name.to_owned(), value.as_str().into());
        }
    }
    json.insert("source".to_owned(), version.source.as_str().into());
    json.insert("status".to_owned(), "READY".into());
    add_list(&mut json, "tags", version.tags.iter().map(tag).collect());
    add_list(&mut json, "aliases", version.aliases.iter().map(|alias| alias.as_str().into()).collect());
    json.into()
}

fn tag(tag: &Tag) -> Value {
    json!({ "key": tag.key, "value": tag.value })
}

/// A list that is empty is not there.
fn add_list(json: &mut Map<String, Value>, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        json.insert(name.to_owned(), items.into());
    }
}

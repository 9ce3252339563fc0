//! Webhooks as MLflow's JSON has them. A secret is taken and never given.

use serde_json::{Map, Value, json};

use super::sender::Answer;
use super::webhook::Webhook;

/// `{"webhook": ...}`
pub(crate) fn answer(webhook: &Webhook) -> Value {
    json!({ "webhook": self::webhook(webhook) })
}

/// `{"webhooks": [...]}`, and how to ask for more.
pub(crate) fn page(webhooks: &[Webhook], next_page_token: Option<String>) -> Value {
    let mut json = Map::new();
    if !webhooks.is_empty() {
        json.insert("webhooks".to_owned(), webhooks.iter().map(webhook).collect::<Vec<_>>().into());
    }
    if let Some(token) = next_page_token {
        json.insert("next_page_token".to_owned(), token.into());
    }
    json.into()
}

/// `{"result": ...}`: what came of a test.
pub(crate) fn tested(outcome: Result<Answer, String>) -> Value {
    let result = match outcome {
        Ok(Answer { status, body }) => {
            json!({ "success": status < 400, "response_status": status, "response_body": body })
        }
        Err(why) => json!({ "success": false, "error_message": format!("Failed to test webhook: {why}") }),
    };
    json!({ "result": result })
}

fn webhook(webhook: &Webhook) -> Value {
    let mut json = Map::new();
    json.insert("webhook_id".to_owned(), webhook.id.as_str().into());
    json.insert("name".to_owned(), webhook.name.as_str().into());
    if let Some(description) = webhook.description.as_deref().filter(|text| !text.is_empty()) {
        json.insert("description".to_owned(), description.into());
    }
    json.insert("url".to_owned(), webhook.url.as_str().into());
    json.insert("events".to_owned(), webhook.events.iter().map(|event| event.to_json()).collect::<Vec<_>>().into());
    json.insert("status".to_owned(), webhook.status.name().into());
    json.insert("creation_timestamp".to_owned(), webhook.created_at.into());
    json.insert("last_updated_timestamp".to_owned(), webhook.updated_at.into());
    json.into()
}

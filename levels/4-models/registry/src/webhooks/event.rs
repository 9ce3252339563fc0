//! What a webhook can be told of.

use std::fmt;

use serde_json::{Value, json};

use crate::Error;

/// A kind of change: of what, and what happened to it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Event {
    pub(crate) entity: &'static str,
    pub(crate) action: &'static str,
}

const fn event(entity: &'static str, action: &'static str) -> Event {
    Event { entity, action }
}

pub(crate) const MODEL_CREATED: Event = event("registered_model", "created");
pub(crate) const VERSION_CREATED: Event = event("model_version", "created");
pub(crate) const VERSION_TAG_SET: Event = event("model_version_tag", "set");
pub(crate) const VERSION_TAG_DELETED: Event = event("model_version_tag", "deleted");
pub(crate) const ALIAS_CREATED: Event = event("model_version_alias", "created");
pub(crate) const ALIAS_DELETED: Event = event("model_version_alias", "deleted");
pub(crate) const PROMPT_CREATED: Event = event("prompt", "created");
pub(crate) const PROMPT_VERSION_CREATED: Event = event("prompt_version", "created");
pub(crate) const PROMPT_TAG_SET: Event = event("prompt_tag", "set");
pub(crate) const PROMPT_TAG_DELETED: Event = event("prompt_tag", "deleted");
pub(crate) const PROMPT_VERSION_TAG_SET: Event = event("prompt_version_tag", "set");
pub(crate) const PROMPT_VERSION_TAG_DELETED: Event = event("prompt_version_tag", "deleted");
pub(crate) const PROMPT_ALIAS_CREATED: Event = event("prompt_alias", "created");
pub(crate) const PROMPT_ALIAS_DELETED: Event = event("prompt_alias", "deleted");
/// Of MLflow's gateway, which Strata has not: such a webhook can be made and tested, and is never called.
pub(crate) const BUDGET_EXCEEDED: Event = event("budget_policy", "exceeded");

const EVENTS: [Event; 15] = [
    MODEL_CREATED,
    VERSION_CREATED,
    VERSION_TAG_DELETED,
    VERSION_TAG_SET,
    ALIAS_CREATED,
    ALIAS_DELETED,
    PROMPT_CREATED,
    PROMPT_VERSION_CREATED,
    PROMPT_TAG_DELETED,
    PROMPT_TAG_SET,
    PROMPT_VERSION_TAG_DELETED,
    PROMPT_VERSION_TAG_SET,
    PROMPT_ALIAS_CREATED,
    PROMPT_ALIAS_DELETED,
    BUDGET_EXCEEDED,
];
const ACTIONS: [&str; 5] = ["created", "updated", "deleted", "set", "exceeded"];

impl Event {
    /// By the names of the wire, which are in upper case, or of the database, which are not.
    pub(crate) fn parse(entity: &str, action: &str) -> Result<Self, Error> {
        let (entity, action) = (entity.to_ascii_lowercase(), action.to_ascii_lowercase());
        if let Some(known) = EVENTS.into_iter().find(|event| event.entity == entity && event.action == action) {
            return Ok(known);
        }
        let valid: Vec<_> = EVENTS.iter().filter(|event| event.entity == entity).map(|event| event.action).collect();
        Err(Error::invalid(if valid.is_empty() {
            format!("'{entity}' is not a valid WebhookEntity")
        } else if ACTIONS.contains(&action.as_str()) {
            let valid = valid.join("', '");
            format!("Invalid action '{action}' for entity '{entity}'. Valid actions are: ['{valid}']")
        } else {
            format!("'{action}' is not a valid WebhookAction")
        }))
    }

    /// As the wire has it.
    pub(crate) fn to_json(self) -> Value {
        json!({ "entity": self.entity.to_ascii_uppercase(), "action": self.action.to_ascii_uppercase() })
    }

    /// What a test sends: MLflow's own examples.
    pub(crate) fn example(self) -> Value {
        let tags = json!({ "example_key": "example_value" });
        let (key, value) = ("example_key", "example_value");
        let (model, prompt) = ("example_model", "example_prompt");
        match self {
            MODEL_CREATED => json!({ "name": model, "tags": tags, "description": "An example registered model" }),
            VERSION_CREATED => json!({
                "name": model, "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678",
                "tags": tags, "description": "An example model version",
            }),
            VERSION_TAG_SET => json!({ "name": model, "version": "1", "key": key, "value": value }),
            VERSION_TAG_DELETED => json!({ "name": model, "version": "1", "key": key }),
            ALIAS_CREATED => json!({ "name": model, "alias": "example_alias", "version": "1" }),
            ALIAS_DELETED => json!({ "name": model, "alias": "example_alias" }),
            PROMPT_CREATED => json!({ "name": prompt, "tags": tags, "description": "An example prompt" }),
            PROMPT_VERSION_CREATED => json!({
                "name": prompt, "version": "1", "template": "Hello {{name}}!", "tags": tags,
                "description": "An example prompt version",
            }),
            PROMPT_TAG_SET => json!({ "name": prompt, "key": key, "value": value }),
            PROMPT_TAG_DELETED => json!({ "name": prompt, "key": key }),
            PROMPT_VERSION_TAG_SET => json!({ "name": prompt, "version": "1", "key": key, "value": value }),
            PROMPT_VERSION_TAG_DELETED => json!({ "name": prompt, "version": "1", "key": key }),
            PROMPT_ALIAS_CREATED => json!({ "name": prompt, "alias": "example_alias", "version": "1" }),
            PROMPT_ALIAS_DELETED => json!({ "name": prompt, "alias": "example_alias" }),
            _ => json!({
                "budget_policy_id": "bp-abc123", "budget_unit": "USD", "budget_amount": 100.0, "current_spend": 105.5,
                "duration_unit": "MONTHS", "duration_value": 1, "target_scope": "ENDPOINT", "workspace": "default",
                "target_value": "ep-abc123", "window_start": 1_704_067_200_000_i64,
            }),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entity, self.action)
    }
}

#[cfg(test)]
mod tests {
    use super::{EVENTS, Event};

    #[test]
    fn events_are_named_as_on_the_wire_and_in_the_database() {
        for event in EVENTS {
            let wire = event.to_json();
            let text = |field: &str| wire[field].as_str().unwrap().to_owned();
            assert_eq!(Event::parse(&text("entity"), &text("action")).unwrap(), event);
            assert_eq!(Event::parse(event.entity, event.action).unwrap(), event);
            assert!(event.example().is_object(), "{event}");
        }
    }

    #[test]
    fn what_cannot_happen_is_refused() {
        let said = |entity, action| Event::parse(entity, action).unwrap_err().to_string();
        let valid = "Invalid action 'updated' for entity 'model_version_tag'. Valid actions are: ['deleted', 'set']";
        assert!(said("MODEL_VERSION_TAG", "UPDATED").contains(valid));
        assert!(said("ENTITY_UNSPECIFIED", "CREATED").contains("'entity_unspecified' is not a valid WebhookEntity"));
        assert!(said("PROMPT", "ACTION_UNSPECIFIED").contains("'action_unspecified' is not a valid WebhookAction"));
    }
}

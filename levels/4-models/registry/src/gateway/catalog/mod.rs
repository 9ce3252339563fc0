//! Providers of models, how one proves who one is to each, and models of some of them.
//!
//! Both files are derived from the catalogue in the package of MLflow 3.18.0 (Apache-2.0, `mlflow/utils/providers.py` and
//! `mlflow/utils/model_catalog`): the names of all its providers, its ways of authentication, and its models of
//! Anthropic, Gemini, Mistral and `OpenAI`, with what is stated of each. MLflow's server asks the network for newer ones;
//! this one does not, and the models of other providers are named by hand.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Default, Deserialize)]
struct Providers {
    providers: Vec<String>,
    /// Of those that have other ways than a key.
    configs: BTreeMap<String, Value>,
}

static PROVIDERS: LazyLock<Providers> =
    LazyLock::new(|| serde_json::from_str(include_str!("providers.json")).unwrap_or_default());
static MODELS: LazyLock<Vec<Map<String, Value>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("models.json")).unwrap_or_default());

const ABILITIES: [&str; 5] = [
    "supports_function_calling",
    "supports_vision",
    "supports_reasoning",
    "supports_prompt_caching",
    "supports_response_schema",
];
const FACTS: [&str; 7] = [
    "max_input_tokens",
    "max_output_tokens",
    "input_cost_per_token",
    "output_cost_per_token",
    "modality",
    "deprecation_date",
    "last_updated_at",
];

pub(super) fn providers() -> &'static [String] {
    &PROVIDERS.providers
}

/// Those of a provider, or all.
pub(super) fn models(provider: Option<&str>) -> Vec<Value> {
    let of = |model: &&Map<String, Value>| {
        provider.is_none_or(|provider| model.get("provider").and_then(Value::as_str) == Some(provider))
    };
    MODELS.iter().filter(of).map(whole).collect()
}

/// With what is not stated, which is false or null on the wire.
fn whole(model: &Map<String, Value>) -> Value {
    let abilities = ABILITIES.into_iter().map(|name| (name.to_owned(), false.into()));
    let mut whole: Map<String, Value> =
        abilities.chain(FACTS.into_iter().map(|name| (name.to_owned(), Value::Null))).collect();
    whole.extend(model.clone());
    whole.into()
}

/// How one proves who one is. Of a provider that is not known, by a key.
pub(super) fn config(provider: &str) -> Value {
    let provider = if provider == "bedrock_converse" { "bedrock" } else { provider };
    if let Some(config) = PROVIDERS.configs.get(provider) {
        return config.clone();
    }
    let title = title(provider);
    let field = |name: &str, what: &str, required: bool| json!({ "name": name, "description": format!("{title} {what}"), "required": required, "type": "string" });
    let by_key = json!({
        "mode": "api_key",
        "display_name": "API Key",
        "description": format!("Use {title} API Key"),
        "secret_fields": [field("api_key", "API Key", true)],
        "config_fields": [field("api_base", "API Base URL", false)],
    });
    json!({ "auth_modes": [by_key], "default_mode": "api_key" })
}

/// Each word with a capital, as Python has it.
fn title(name: &str) -> String {
    let mut begins = true;
    let letter = |letter: char| {
        let upper = std::mem::replace(&mut begins, !letter.is_alphabetic());
        if upper { letter.to_uppercase().to_string() } else { letter.to_lowercase().to_string() }
    };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::{config, models, providers};

    #[test]
    fn the_catalogue_is_that_of_mlflow() {
        assert_eq!(providers().len(), 112);
        assert!(["anthropic", "bedrock", "openai"].iter().all(|name| providers().iter().any(|known| known == name)));
        assert_eq!(models(None).len(), 305);
        let one = models(Some("anthropic"));
        assert!(
            !one.is_empty() && one.iter().all(|model| model["provider"] == "anthropic" && model["mode"].is_string())
        );
        assert!(one.iter().all(|model| model.as_object().unwrap().len() == 15));
        assert!(models(Some("nobody")).is_empty());
    }

    #[test]
    fn each_provider_has_its_ways() {
        assert_eq!(config("bedrock")["auth_modes"].as_array().unwrap().len(), 4);
        let unknown = config("together_ai2x");
        assert_eq!(unknown["auth_modes"][0]["secret_fields"][0]["description"], "Together_Ai2X API Key");
        assert_eq!(unknown["default_mode"], "api_key");
    }
}

//! What a scorer says of itself, in the JSON that the client makes of it: only that is read which decides whether it may
//! be kept.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::Error;

/// Reads it. It has no code of its own, which whoever takes it would run, and does not choose whom a judge's questions
/// are sent to.
pub(super) fn check(serialized: &str) -> Result<Value, Error> {
    let scorer: Value =
        serde_json::from_str(serialized).map_err(|_| Error::invalid("serialized_scorer must be valid JSON"))?;
    if !scorer.is_object() {
        return Err(Error::invalid("serialized_scorer must be a JSON object"));
    }
    if any(&scorer, &|object| object.get("call_source").is_some_and(|source| !source.is_null())) {
        return Err(Error::invalid(
            "Custom scorer registration (using @scorer decorator) is not supported by this server: the scorer's code \
             would run wherever it is loaded. Manage the code in a source code repository and import it, or use \
             built-in scorers or make_judge() scorers instead.",
        ));
    }
    if let Some(part) =
        PARTS.iter().find(|part| scorer.get(part).is_some_and(|part| !part.is_null() && !part.is_object()))
    {
        return Err(Error::invalid(format!("{part} must be a JSON object.")));
    }
    check_third_party(&scorer)?;
    match model(&scorer) {
        Some(Value::String(model)) if model.trim().is_empty() => {
            return Err(Error::invalid("Scorer model cannot be empty or contain only whitespace."));
        }
        None | Some(Value::Null | Value::String(_)) => {}
        Some(other) => return Err(Error::invalid(format!("Scorer model must be a string, got {other}."))),
    }
    Ok(scorer)
}

/// What says how it judges.
const PARTS: [&str; 4] = [
    "instructions_judge_pydantic_data",
    "builtin_scorer_pydantic_data",
    "memory_augmented_judge_data",
    "third_party_scorer_data",
];

/// The provider of models that are endpoints of a gateway.
const GATEWAY: &str = "gateway";

/// The endpoint of a gateway that it asks, if it asks one: `gateway:/NAME`.
pub(super) fn endpoint(scorer: &Value) -> Option<&str> {
    let (provider, name) = model(scorer)?.as_str()?.split_once(":/")?;
    let name = name.trim_start_matches('/');
    (provider == GATEWAY && !name.is_empty()).then_some(name)
}

/// The same scorer, asking another endpoint, or none: one that is gone judges no more.
pub(super) fn asking(mut scorer: Value, endpoint: Option<&str>) -> String {
    if let Some(model) = model_mut(&mut scorer) {
        *model = endpoint.map_or(Value::Null, |endpoint| format!("{GATEWAY}:/{endpoint}").into());
    }
    scorer.to_string()
}

/// The model that judges.
fn model(scorer: &Value) -> Option<&Value> {
    let part = |name: &str| scorer.get(name).filter(|part| part.as_object().is_some_and(|part| !part.is_empty()));
    if let Some(judge) = part("instructions_judge_pydantic_data").or_else(|| part("builtin_scorer_pydantic_data")) {
        return judge.get("model");
    }
    if let Some(judge) = part("memory_augmented_judge_data") {
        return model(judge.get("base_judge")?);
    }
    part("third_party_scorer_data")?.get("model")
}

fn model_mut(scorer: &mut Value) -> Option<&mut Value> {
    let has = |name: &str| scorer.get(name).and_then(Value::as_object).is_some_and(|part| !part.is_empty());
    match PARTS.into_iter().find(|name| has(name))? {
        "memory_augmented_judge_data" => {
            model_mut(scorer.get_mut("memory_augmented_judge_data")?.get_mut("base_judge")?)
        }
        part => scorer.get_mut(part)?.get_mut("model"),
    }
}

/// What says where a library sends its questions.
const DESTINATIONS: [&str; 5] = ["api_base", "base_url", "custom_llm_provider", "fallbacks", "model_list"];

fn check_third_party(scorer: &Value) -> Result<(), Error> {
    let mut found = BTreeSet::new();
    let mut wrong = false;
    walk(scorer, &mut |value| {
        let kwargs = value.get("third_party_scorer_data").and_then(|data| data.get("kwargs"));
        match kwargs {
            None | Some(Value::Null) => {}
            Some(Value::Object(_)) => {
                walk(kwargs.unwrap_or(&Value::Null), &mut |value| found.extend(destination(value)));
            }
            Some(_) => wrong = true,
        }
    });
    if wrong {
        return Err(Error::invalid("third_party_scorer_data.kwargs must be a JSON object."));
    }
    if found.is_empty() {
        return Ok(());
    }
    let found: Vec<String> = found.iter().map(|key| format!("'{key}'")).collect();
    Err(Error::invalid(format!(
        "third_party_scorer_data.kwargs must not contain {}: these options choose where the scorer's LLM client sends \
         requests.",
        found.join(", ")
    )))
}

/// Of the keys of an object; a pair is one too, for Python makes dictionaries of pairs.
fn destination(value: &Value) -> Vec<&'static str> {
    let has = |known: &&str| match value {
        Value::Object(object) => object.contains_key(*known),
        Value::Array(pair) => pair.len() == 2 && pair[0] == **known,
        _ => false,
    };
    DESTINATIONS.into_iter().filter(has).collect()
}

fn any(value: &Value, test: &dyn Fn(&Value) -> bool) -> bool {
    let mut found = false;
    walk(value, &mut |value| found |= test(value));
    found
}

/// Shows a value and all within it. What was read from a text is not deep.
fn walk<'a>(value: &'a Value, see: &mut dyn FnMut(&'a Value)) {
    see(value);
    match value {
        Value::Object(object) => object.values().for_each(|value| walk(value, see)),
        Value::Array(list) => list.iter().for_each(|value| walk(value, see)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{asking, check, endpoint};

    #[test]
    fn what_may_be_kept_is() {
        for fine in [
            "{}",
            r#"{"name": "j", "call_source": null}"#,
            r#"{"builtin_scorer_pydantic_data": {"model": "openai:/gpt"}}"#,
            r#"{"third_party_scorer_data": {"kwargs": {"threshold": 0.5, "pairs": [["a", 1]]}}}"#,
        ] {
            assert_eq!(endpoint(&check(fine).expect(fine)), None, "{fine}");
        }
        let judge = r#"{"memory_augmented_judge_data": {"base_judge":
            {"instructions_judge_pydantic_data": {"model": "gateway:/mine"}}}}"#;
        let judge = check(judge).unwrap();
        assert_eq!(endpoint(&judge), Some("mine"));
        let other: Value = serde_json::from_str(&asking(judge.clone(), Some("e-1"))).unwrap();
        assert_eq!(endpoint(&other), Some("e-1"));
        let none: Value = serde_json::from_str(&asking(judge, None)).unwrap();
        assert!(
            none["memory_augmented_judge_data"]["base_judge"]["instructions_judge_pydantic_data"]["model"].is_null()
        );
    }

    #[test]
    fn what_may_not_is_refused() {
        for (bad, why) in [
            ("x", "valid JSON"),
            ("[]", "object"),
            (r#"{"builtin_scorer_pydantic_data": 5}"#, "must be a JSON object"),
            (r#"{"call_source": ""}"#, "@scorer"),
            (r#"{"ensemble_scorer_data": {"scorers": [{"call_source": "return 1"}]}}"#, "@scorer"),
            (r#"{"instructions_judge_pydantic_data": {"model": " "}}"#, "whitespace"),
            (r#"{"instructions_judge_pydantic_data": {"model": 5}}"#, "must be a string"),
            (r#"{"third_party_scorer_data": {"kwargs": [1]}}"#, "JSON object"),
            (
                r#"{"x": {"third_party_scorer_data": {"kwargs": {"a": {"base_url": 1}, "api_base": 2}}}}"#,
                "'api_base', 'base_url'",
            ),
            (r#"{"third_party_scorer_data": {"kwargs": {"a": [["fallbacks", []]]}}}"#, "'fallbacks'"),
        ] {
            let said = check(bad).unwrap_err().to_string();
            assert!(said.contains(why), "{bad}: {said}");
        }
    }
}

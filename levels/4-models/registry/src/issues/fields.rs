//! What the fields of an issue may be, with MLflow's limits, in characters.

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::Words;
use crate::{Asked, Error};

/// Of a name, of a category and of a key of the metadata.
const NAME: usize = 250;
const VALUE: usize = 65_536;
const PERSON: usize = 255;
/// Of categories, and of entries of the metadata.
const MOST: usize = 100;
const ID: usize = 32;

pub(super) fn name(name: &str) -> Result<(), Error> {
    if (1..=NAME).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(Error::invalid("Issue name must contain 1 to 250 characters"))
}

/// One that a client chose.
pub(super) fn id(id: &str) -> Result<(), Error> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match id.strip_prefix("iss-") {
        Some(own) if (1..=ID).contains(&own.len()) && own.chars().all(fine) => Ok(()),
        _ => Err(Error::invalid("issue_id must be iss-* and at most 36 characters")),
    }
}

/// A status or a severity.
pub(super) fn word(asked: &Asked, words: &Words) -> Result<Option<String>, Error> {
    let word = asked.text(words.field)?;
    word.as_deref().map_or(Ok(()), |word| words.check(word))?;
    Ok(word)
}

/// Who made or changed it. Who is known to the server is not asked.
pub(super) fn person(asked: &Asked, field: &str, known: Option<&str>) -> Result<Option<String>, Error> {
    let person = known.map(str::to_owned).or(asked.text(field)?).filter(|person| !person.is_empty());
    if person.as_ref().is_some_and(|person| person.chars().count() > PERSON) {
        return Err(Error::invalid(format!("Invalid {field}")));
    }
    Ok(person)
}

/// Categories, or keys of the metadata.
pub(super) fn texts(asked: &Asked, field: &str) -> Result<Vec<String>, Error> {
    let texts = asked.texts(field)?;
    if texts.len() <= MOST && texts.iter().all(|text| (1..=NAME).contains(&text.chars().count())) {
        return Ok(texts);
    }
    Err(Error::invalid(format!("{field} must contain at most 100 nonempty strings of at most 250 characters")))
}

/// Milliseconds; JSON of protocol buffers writes them as a text, too.
pub(super) fn last_seen(asked: &Asked) -> Result<Option<i64>, Error> {
    let Some(value) = asked.get("last_seen_timestamp") else { return Ok(None) };
    let millis = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_i64(),
    };
    let millis = millis.filter(|millis| *millis >= 0);
    millis.map(Some).ok_or_else(|| Error::invalid("last_seen_timestamp must be nonnegative milliseconds"))
}

pub(super) fn metadata(asked: &Asked) -> Result<BTreeMap<String, String>, Error> {
    let invalid = || Error::invalid("metadata must be a string map with at most 100 entries");
    let Some(value) = asked.get("metadata") else { return Ok(BTreeMap::new()) };
    let mut metadata = BTreeMap::new();
    for (key, value) in value.as_object().ok_or_else(invalid)? {
        metadata.insert(key.clone(), value.as_str().ok_or_else(invalid)?.to_owned());
    }
    check_metadata(&metadata)?;
    Ok(metadata)
}

pub(super) fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), Error> {
    let fits = |(key, value): (&String, &String)| {
        (1..=NAME).contains(&key.chars().count()) && value.chars().count() <= VALUE && !holds_nul(key, value)
    };
    if metadata.len() <= MOST && metadata.iter().all(fits) {
        return Ok(());
    }
    Err(Error::invalid("metadata must be a string map with at most 100 entries"))
}

/// Postgres keeps no such text.
fn holds_nul(key: &str, value: &str) -> bool {
    key.contains('\0') || value.contains('\0')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{id, last_seen, metadata, name, texts};
    use crate::Asked;

    fn asked(field: &str, value: &serde_json::Value) -> Asked {
        Asked::of_body(json!({ field: value }).to_string().as_bytes())
    }

    #[test]
    fn limits_are_those_of_mlflow() {
        assert!(name("n").is_ok() && name(&"ä".repeat(250)).is_ok());
        assert!(name("").is_err() && name(&"n".repeat(251)).is_err());
        for fine in ["iss-1", "iss-a_B-9", &format!("iss-{}", "x".repeat(32))] {
            assert!(id(fine).is_ok(), "{fine}");
        }
        for bad in ["", "iss-", "x", "iss-ä", "ISS-1", &format!("iss-{}", "x".repeat(33))] {
            assert!(id(bad).is_err(), "{bad}");
        }
        for (value, expected) in [(json!(0), Some(0)), (json!("7"), Some(7)), (json!(null), None)] {
            assert_eq!(last_seen(&asked("last_seen_timestamp", &value)).unwrap(), expected);
        }
        for bad in [json!(-1), json!(true), json!(1.0), json!("x"), json!([])] {
            assert!(last_seen(&asked("last_seen_timestamp", &bad)).is_err(), "{bad}");
        }
        for bad in [json!([1]), json!({ "a": 1 }), json!({ "": "x" }), json!({ "a": "\0" })] {
            assert!(metadata(&asked("metadata", &bad)).is_err(), "{bad}");
        }
        assert_eq!(metadata(&asked("metadata", &json!({ "k": "v" }))).unwrap()["k"], "v");
        for bad in [json!([""]), json!(vec!["y"; 101]), json!("x")] {
            assert!(texts(&asked("categories", &bad), "categories").is_err(), "{bad}");
        }
    }
}

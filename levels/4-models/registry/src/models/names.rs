//! What models, versions, aliases and tags may be called.

use super::prompt;
use crate::Error;
use crate::key::{self, check_length, check_path};

const KEY_LENGTH: usize = 250;
const VALUE_LENGTH: usize = 100_000;
const ALIAS_LENGTH: usize = 255;
/// What an index of Postgres takes, whatever the letters. MLflow's own limit depends on the database.
const NAME_LENGTH: usize = 500;

/// A model's name is a part of `models:/NAME/VERSION`, and a folder in some stores.
pub(crate) fn check_model(name: &str) -> Result<(), Error> {
    check_model_as("name", name)
}

/// The same, of a new name.
pub(crate) fn check_new_name(name: &str) -> Result<(), Error> {
    check_model_as("new_name", name)
}

fn check_model_as(parameter: &str, name: &str) -> Result<(), Error> {
    if name.trim().is_empty() {
        return Err(Error::invalid(format!("Missing value for required parameter '{parameter}'.")));
    }
    if name.contains(['/', ':']) {
        return Err(Error::invalid(format!("Invalid model name '{name}'. Names cannot contain '/' or ':'.")));
    }
    check_path("name", name)?;
    check_length("name", NAME_LENGTH, name)
}

/// A run, which need not be of this server.
pub(crate) fn check_run(id: &str) -> Result<(), Error> {
    check_length("run_id", NAME_LENGTH, id)
}

/// The number of a version.
pub(crate) fn version(text: &str) -> Result<i64, Error> {
    let digits = text.trim().trim_start_matches(['+', '-']);
    let negative = text.trim().starts_with('-');
    match digits.parse::<i64>() {
        Ok(number) => Ok(if negative { -number } else { number }),
        // A number too large for a version is one that does not exist.
        Err(_) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(i64::MAX),
        Err(_) => Err(Error::invalid(format!("Parameter 'version' must be an integer, got '{text}'."))),
    }
}

/// An alias.
pub(crate) fn check_alias(alias: &str) -> Result<(), Error> {
    if alias.is_empty() {
        return Err(Error::invalid("Registered model alias name cannot be empty."));
    }
    if !alias.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
        return Err(Error::invalid(format!(
            "Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )));
    }
    check_length("Registered model alias name", ALIAS_LENGTH, alias)
}

/// A new alias: none of those that already stand for something.
pub(crate) fn check_new_alias(alias: &str) -> Result<(), Error> {
    check_alias(alias)?;
    if alias.eq_ignore_ascii_case("latest") {
        return Err(Error::invalid("'latest' alias name (case insensitive) is reserved."));
    }
    let number = alias.strip_prefix(['v', 'V']).unwrap_or_default();
    if !number.is_empty() && number.chars().all(char::is_numeric) {
        return Err(Error::invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}

/// A tag of a model or of a version.
pub(crate) fn check_tag(key: &str, value: &str) -> Result<(), Error> {
    key::check("key", key)?;
    check_length("key", KEY_LENGTH, key)?;
    if key == prompt::TEXT && value.chars().count() > VALUE_LENGTH {
        return Err(Error::invalid(format!("Prompt text exceeds max length of {VALUE_LENGTH} characters.")));
    }
    check_length("value", VALUE_LENGTH, value)
}

#[cfg(test)]
mod tests {
    use super::{check_alias, check_model, check_new_alias, check_tag, version};
    use crate::key;

    #[test]
    fn names_are_parts_of_paths() {
        assert!(["risk", "Sepsis model 2", "über.modell", "a b"].into_iter().all(|name| check_model(name).is_ok()));
        for name in ["", " ", "a/b", "a:b", ".", "..", "../a", "/a"] {
            assert!(check_model(name).is_err(), "{name}");
        }
        let said = check_model("..").unwrap_err().to_string();
        assert!(said.contains("This name would resolve to '..'"), "{said}");
    }

    #[test]
    fn keys_are_paths_without_detours() {
        assert!(
            ["k", "mlflow.prompt.is_prompt", "a/b", "a b:c-d_e"].into_iter().all(|key| key::check("key", key).is_ok())
        );
        for key in ["", "a$b", "a/../b", "/a", "a//b", "./a", "..", "a/"] {
            assert!(key::check("key", key).is_err(), "{key}");
        }
        let said = key::check("key", "a$b").unwrap_err().to_string();
        assert!(said.contains("Invalid value \"a$b\" for parameter 'key' supplied: Names may only contain"), "{said}");
        assert!(check_tag(&"k".repeat(250), &"v".repeat(100_000)).is_ok());
        let long = check_tag(&"k".repeat(251), "v").unwrap_err().to_string();
        assert!(long.contains("'key' exceeds the maximum length of 250 characters"), "{long}");
        let long = check_tag("mlflow.prompt.text", &"v".repeat(100_001)).unwrap_err().to_string();
        assert!(long.contains("Prompt text exceeds max length of 100000 characters."), "{long}");
    }

    #[test]
    fn some_aliases_are_taken() {
        for alias in ["latest", "LATEST", "v3", "V12", "", "a b"] {
            assert!(check_new_alias(alias).is_err(), "{alias}");
        }
        assert!(["champion", "v", "v3a", "3"].into_iter().all(|alias| check_new_alias(alias).is_ok()));
        assert!(check_alias("latest").is_ok());
        assert!(check_alias(&"x".repeat(256)).is_err());
    }

    #[test]
    fn versions_are_numbers() {
        assert_eq!(version("12").unwrap(), 12);
        assert_eq!(version(" -1 ").unwrap(), -1);
        assert_eq!(version("99999999999999999999").unwrap(), i64::MAX);
        for text in ["", "x", "1.5", "-"] {
            assert!(version(text).is_err(), "{text}");
        }
    }
}

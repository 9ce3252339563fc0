//! The raw step: layer upon layer, key by key, each with where it came from.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::schema::{self, Misfit};
use crate::{DEFAULTS, Error, Layers, Origin};

/// A value of some layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Given {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// All keys with the value of the highest layer that gives one.
pub(crate) fn merge(layers: &Layers) -> Result<BTreeMap<String, Given>, Error> {
    let schema = schema::raw();
    let known = Known(schema::leaves(&schema).into_iter().collect());
    let mut merged = BTreeMap::new();
    let mut take = |given: Vec<(String, Given)>| -> Result<(), Error> {
        for (key, given) in given {
            known.check(&key, &given)?;
            merged.insert(key, given);
        }
        Ok(())
    };
    take(from_toml(DEFAULTS, Path::new("config/strata.toml"), |_| Origin::BuiltIn)?)?;
    take(from_file(layers)?)?;
    take(known.read_env(layers)?)?;
    take(known.read_flags(layers)?)?;
    Ok(merged)
}

fn from_file(layers: &Layers) -> Result<Vec<(String, Given)>, Error> {
    let Some(path) = layers.file.clone().or_else(|| layers.user_file().filter(|path| path.exists())) else {
        return Ok(Vec::new());
    };
    let text = std::fs::read_to_string(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
    from_toml(&text, &path, |line| Origin::File { path: path.clone(), line })
}

/// The keys of a TOML text, with the line in which each stands.
fn from_toml(text: &str, path: &Path, origin: impl Fn(usize) -> Origin) -> Result<Vec<(String, Given)>, Error> {
    let syntax = |error: toml::de::Error| Error::Syntax { path: path.to_owned(), message: error.to_string() };
    let lines = DeTable::parse(text).map_err(syntax)?;
    let values: toml::Table = toml::from_str(text).map_err(syntax)?;
    let mut given = Vec::new();
    let place = |offset: usize| origin(text[..offset].matches('\n').count() + 1);
    flatten("", lines.get_ref(), &values, &place, &mut given);
    Ok(given)
}

fn flatten(
    prefix: &str,
    lines: &DeTable<'_>,
    values: &toml::Table,
    place: &impl Fn(usize) -> Origin,
    given: &mut Vec<(String, Given)>,
) {
    for (name, spanned) in lines {
        let key = format!("{prefix}{}", name.get_ref());
        match (spanned.get_ref(), values.get(name.get_ref().as_ref())) {
            (DeValue::Table(lines), Some(Value::Table(values))) if !values.is_empty() => {
                flatten(&format!("{key}."), lines, values, place, given);
            }
            (_, Some(value)) => {
                given.push((key, Given { value: value.clone(), origin: place(name.span().start) }));
            }
            // Both were read from the same text.
            (_, None) => {}
        }
    }
}

/// The keys that mean something, and what each may hold.
struct Known<'a>(BTreeMap<String, &'a Json>);

impl Known<'_> {
    fn check(&self, key: &str, given: &Given) -> Result<(), Error> {
        let (key, origin) = (key.to_owned(), given.origin.clone());
        let is_section = self.0.keys().any(|known| known.starts_with(&format!("{key}.")));
        let Some(schema) = self.0.get(&key) else {
            return match &given.value {
                Value::Table(table) if is_section && table.is_empty() => Ok(()),
                found if is_section => {
                    Err(Error::WrongType { key, origin, expected: "a section".to_owned(), found: found.to_string() })
                }
                _ => Err(self.unknown(key, origin)),
            };
        };
        let value = serde_json::to_value(&given.value).unwrap_or_default();
        schema::check(schema, &value).map_err(|misfit| {
            let found = if schema["writeOnly"] == true { "****".to_owned() } else { given.value.to_string() };
            match misfit {
                Misfit::Type(expected) => Error::WrongType { key, origin, expected, found },
                Misfit::Range(expected) => Error::OutOfRange { key, origin, expected, found },
            }
        })
    }

    /// `STRATA_LEVEL__KEY`. Without `__` it is a setting only if it names a key of the top: other
    /// variables of that prefix are not the configuration's.
    fn read_env(&self, layers: &Layers) -> Result<Vec<(String, Given)>, Error> {
        let mut given = Vec::new();
        for (name, value) in &layers.env {
            let Some(variable) = name.to_str() else { continue };
            let Some(path) = variable.strip_prefix("STRATA_") else { continue };
            let key = path.replace("__", ".").to_lowercase();
            if !key.contains('.') && !self.0.contains_key(&key) {
                continue;
            }
            let origin = Origin::Environment { variable: variable.to_owned() };
            given.push(self.read_text(key, &value.to_string_lossy(), origin)?);
        }
        Ok(given)
    }

    fn read_flags(&self, layers: &Layers) -> Result<Vec<(String, Given)>, Error> {
        layers.flags.iter().map(|(key, text)| self.read_text(key.clone(), text, Origin::CommandLine)).collect()
    }

    /// A value written without TOML's quotes, read as what its key holds.
    fn read_text(&self, key: String, text: &str, origin: Origin) -> Result<(String, Given), Error> {
        let Some(schema) = self.0.get(&key) else { return Err(self.unknown(key, origin)) };
        let trimmed = text.trim();
        let value = match schema["type"].as_str() {
            Some("integer") => trimmed.parse().ok().map(Value::Integer),
            Some("number") => trimmed.parse().ok().map(Value::Float),
            Some("boolean") => trimmed.parse().ok().map(Value::Boolean),
            Some("array") => list(trimmed),
            _ => Some(Value::String(text.to_owned())),
        };
        let Some(value) = value else {
            let (expected, found) = (schema::expected_type(schema), format!("{text:?}"));
            return Err(Error::WrongType { key, origin, expected, found });
        };
        Ok((key, Given { value, origin }))
    }

    fn unknown(&self, key: String, origin: Origin) -> Error {
        let nearest = self.nearest(&key).map(str::to_owned);
        Error::UnknownKey { key, origin, nearest }
    }

    /// The known key that somebody who wrote this one may have meant.
    fn nearest(&self, key: &str) -> Option<&str> {
        let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
        let distance = |known: &str| match strsim::damerau_levenshtein(known, key) {
            // The right key in the wrong section, or in none.
            far if far > 2 && last(known) == last(key) => 3,
            distance => distance,
        };
        let nearest = self.0.keys().map(|known| (distance(known), known)).min()?;
        (nearest.0 <= 3.max(key.len() / 3)).then_some(nearest.1.as_str())
    }
}

/// `[64, 32]` or `64,32`.
fn list(text: &str) -> Option<Value> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let mut table: toml::Table = toml::from_str(&format!("list = [{bare}]")).ok()?;
    table.remove("list")
}

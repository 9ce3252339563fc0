//! A parameter or a tag: a key with a text.

use serde_json::{Value, json};

use crate::key;
use crate::{Asked, Error};

const PARAM_LENGTH: usize = 6_000;
const TAG_LENGTH: usize = 8_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Pair {
    /// A parameter of a request; `path` is where it stands there, such as `params[3].`. One that is too long is cut.
    pub(crate) fn param(asked: &Asked, path: &str) -> Result<Self, Error> {
        Self::of(asked, path, "Param key", PARAM_LENGTH)
    }

    /// A tag, as above.
    pub(crate) fn tag(asked: &Asked, path: &str) -> Result<Self, Error> {
        Self::of(asked, path, &format!("{path}key"), TAG_LENGTH)
    }

    fn of(asked: &Asked, path: &str, what: &str, length: usize) -> Result<Self, Error> {
        let key = asked.text("key")?.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| Error::missing(&format!("{path}key")))?;
        key::check(format_args!("{path}key"), &key)?;
        key::check_length(what, key::LENGTH, &key)?;
        let value = asked.text("value")?.unwrap_or_default().chars().take(length).collect();
        Ok(Self { key, value })
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "key": self.key, "value": self.value })
    }
}

//! A record as it stands in a file. The order of the fields is part of the format: the hash is over the bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strata_types::Timestamp;

use crate::{Action, Agent, Entity, Outcome};

/// What was done, and its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Its number; the first is 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: Agent,
    /// What was done: the name of a command or of an API call.
    pub what: String,
    /// What kind of deed that is.
    pub action: Action,
    /// On what.
    pub on: Vec<Entity>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it ended so, where it did not end well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How many of what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// The hash of the record before, in hexadecimal.
    pub prev: String,
    /// The hash of this one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
}

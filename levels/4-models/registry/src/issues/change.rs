//! What is changed of an issue. What is not said stays.

use std::collections::BTreeMap;

use super::fields;
use super::issue::Issue;
use super::words::{SEVERITY, STATUS};
use crate::{Asked, Error};

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    name: Option<String>,
    description: Option<String>,
    status: Option<String>,
    severity: Option<String>,
    categories: Option<Vec<String>>,
    last_seen: Option<i64>,
    who: Option<String>,
    metadata: BTreeMap<String, String>,
    forgotten: Vec<String>,
}

impl Change {
    /// As a client says it, whose name the server may know.
    pub(super) fn of_json(asked: &Asked, who: Option<&str>) -> Result<Self, Error> {
        let change = Self {
            name: asked.text("name")?,
            description: asked.text("description")?,
            status: fields::word(asked, &STATUS)?,
            severity: fields::word(asked, &SEVERITY)?,
            categories: asked.get("categories").map(|_| fields::texts(asked, "categories")).transpose()?,
            last_seen: fields::last_seen(asked)?,
            who: fields::person(asked, "last_updated_by", who)?,
            metadata: fields::metadata(asked)?,
            forgotten: fields::texts(asked, "delete_metadata_keys")?,
        };
        change.name.as_deref().map_or(Ok(()), fields::name)?;
        if change.forgotten.iter().any(|key| change.metadata.contains_key(key)) {
            return Err(Error::invalid("Cannot update and delete the same key"));
        }
        Ok(change)
    }

    pub(super) fn apply(self, issue: &mut Issue, now: i64) -> Result<(), Error> {
        let put = |to: &mut String, new: Option<String>| new.into_iter().for_each(|new| *to = new);
        put(&mut issue.name, self.name);
        put(&mut issue.description, self.description);
        put(&mut issue.status, self.status);
        issue.severity = self.severity.or(issue.severity.take());
        if let Some(categories) = self.categories {
            issue.categories.clear();
            for category in categories {
                if !issue.categories.contains(&category) {
                    issue.categories.push(category);
                }
            }
        }
        issue.seen_at = issue.seen_at.max(self.last_seen.unwrap_or_default());
        issue.updated_by = self.who.or(issue.updated_by.take());
        issue.metadata.extend(self.metadata);
        for key in self.forgotten {
            issue.metadata.remove(&key);
        }
        issue.updated_at = now;
        fields::check_metadata(&issue.metadata)
    }
}

//! Conditional headers.

use std::time::SystemTime;

use s3s::dto::{ETag, ETagCondition, Timestamp};

use crate::store::{Condition, Tag};

/// The condition that the four headers together are.
pub(super) fn condition(
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
    if_modified_since: Option<Timestamp>,
    if_unmodified_since: Option<Timestamp>,
) -> Condition {
    Condition {
        matches: if_match.map(tag),
        none_matches: if_none_match.map(tag),
        modified_since: if_modified_since.map(time),
        unmodified_since: if_unmodified_since.map(time),
    }
}

fn tag(condition: ETagCondition) -> Tag {
    match condition {
        ETagCondition::Any => Tag::Any,
        ETagCondition::ETag(tag) => Tag::Is(tag.into_value()),
    }
}

fn time(timestamp: Timestamp) -> SystemTime {
    time::OffsetDateTime::from(timestamp).into()
}

/// An ETag as S3 says it.
pub(super) fn etag(tag: &str) -> ETag {
    ETag::Strong(tag.to_owned())
}

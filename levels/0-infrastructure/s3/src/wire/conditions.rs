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
        if_match: if_match.map(tag),
        if_none_match: if_none_match.map(tag),
        if_modified_since: if_modified_since.map(time),
        if_unmodified_since: if_unmodified_since.map(time),
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
pub(super) fn etag(tag: &str) -> Option<ETag> {
    Some(ETag::Strong(tag.to_owned()))
}

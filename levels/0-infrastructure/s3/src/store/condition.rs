//! Conditions on an object, as HTTP has them (RFC 9110, 13): if-match, if-none-match and the two of time.

use std::time::{Duration, SystemTime};

use super::{Fault, Object};

/// What a client takes an object for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Whatever is there.
    Any,
    /// The object of this ETag.
    Is(String),
}

impl Tag {
    fn matches(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Is(wanted) => wanted == tag,
        }
    }
}

/// Under which conditions something is to be done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) matches: Option<Tag>,
    pub(crate) none_matches: Option<Tag>,
    pub(crate) modified_since: Option<SystemTime>,
    pub(crate) unmodified_since: Option<SystemTime>,
}

impl Condition {
    /// Whether nothing may be there yet.
    pub(super) fn must_be_new(&self) -> bool {
        self.none_matches == Some(Tag::Any)
    }

    /// For reading: a condition of time counts only where none of tags is given.
    pub(crate) fn allows_reading(&self, object: &Object) -> Result<(), Fault> {
        let tag = &object.facts.tag;
        // HTTP knows seconds.
        let later_than = |time: SystemTime| object.modified > time + Duration::from_secs(1) - Duration::from_nanos(1);
        match (&self.matches, self.unmodified_since) {
            (Some(wanted), _) if !wanted.matches(tag) => return Err(Fault::Condition),
            (None, Some(time)) if later_than(time) => return Err(Fault::Condition),
            _ => {}
        }
        match (&self.none_matches, self.modified_since) {
            (Some(unwanted), _) if unwanted.matches(tag) => Err(Fault::NotModified),
            (None, Some(time)) if !later_than(time) => Err(Fault::NotModified),
            _ => Ok(()),
        }
    }

    /// For writing over what is there, if anything is.
    pub(super) fn allows_writing(&self, there: Option<&str>) -> Result<(), Fault> {
        match (&self.matches, there) {
            (Some(_), None) => return Err(Fault::NotFound),
            (Some(wanted), Some(tag)) if !wanted.matches(tag) => return Err(Fault::Condition),
            _ => {}
        }
        match (&self.none_matches, there) {
            (Some(unwanted), Some(tag)) if unwanted.matches(tag) => Err(Fault::Condition),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Facts;

    #[test]
    fn conditions_are_those_of_http() {
        let second = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let object = Object {
            size: 0,
            modified: second(10) + Duration::from_millis(700),
            facts: Facts { tag: "a".to_owned(), ..Facts::default() },
        };
        let is = |tag: &str| Some(Tag::Is(tag.to_owned()));
        let base = Condition::default;
        let cases = [
            (base(), "ok"),
            (Condition { matches: is("a"), ..base() }, "ok"),
            (Condition { matches: is("b"), ..base() }, "412"),
            (Condition { none_matches: is("a"), ..base() }, "304"),
            (Condition { none_matches: is("b"), modified_since: Some(second(99)), ..base() }, "ok"),
            // The time that was told has no fractions of a second.
            (Condition { modified_since: Some(second(10)), ..base() }, "304"),
            (Condition { modified_since: Some(second(9)), ..base() }, "ok"),
            (Condition { unmodified_since: Some(second(10)), ..base() }, "ok"),
            (Condition { unmodified_since: Some(second(9)), ..base() }, "412"),
            (Condition { matches: is("a"), unmodified_since: Some(second(9)), ..base() }, "ok"),
        ];
        for (condition, expected) in cases {
            let outcome = match condition.allows_reading(&object) {
                Ok(()) => "ok",
                Err(Fault::Condition) => "412",
                Err(Fault::NotModified) => "304",
                Err(other) => panic!("{other}"),
            };
            assert_eq!(outcome, expected, "{condition:?}");
        }
    }
}

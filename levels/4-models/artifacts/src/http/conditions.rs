//! What a request says of the bytes it has and the bytes it wants: `If-None-Match`, `If-Range`, `Range`.

use std::ops::Range;

use axum::http::HeaderMap;
use axum::http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};

/// What is wanted of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Beyond,
    /// Nothing: the client has it.
    Nothing,
}

/// What is wanted of an artifact of this size, with this `ETag` and this date in the form of the header.
pub(super) fn wanted(headers: &HeaderMap, size: u64, tag: &str, modified: &str) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(known) = text(IF_NONE_MATCH) {
        let is_known = |one: &str| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag;
        if known.split(',').any(|one| is_known(one.trim())) {
            return Wanted::Nothing;
        }
    }
    // A range of something else is not wanted.
    if text(IF_RANGE).is_some_and(|expected| expected != tag && expected != modified) {
        return Wanted::Whole;
    }
    text(RANGE).map_or(Wanted::Whole, |range| part(range, size))
}

/// Several ranges at once are answered as none, which is allowed; so is what is no range.
fn part(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Wanted::Whole;
    };
    let number = |text: &str| (!text.is_empty()).then(|| text.parse::<u64>());
    let range = match (number(first), number(last)) {
        (Some(Ok(first)), None) => first..size,
        (Some(Ok(first)), Some(Ok(last))) if first <= last => first..size.min(last.saturating_add(1)),
        (None, Some(Ok(length))) => size.saturating_sub(length)..size,
        _ => return Wanted::Whole,
    };
    if range.is_empty() { Wanted::Beyond } else { Wanted::Part(range) }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn check(headers: &[(HeaderName, &str)], expected: &Wanted) {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        assert_eq!(wanted(&headers, 100, "\"tag\"", "Thu, 26 Nov 2026 17:08:25 GMT"), *expected, "{headers:?}");
    }

    #[test]
    fn ranges_are_read_as_http_says() {
        check(&[], &Wanted::Whole);
        for (range, expected) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=10-", Wanted::Part(10..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=90-18446744073709551615", Wanted::Part(90..100)),
            ("bytes=100-", Wanted::Beyond),
            ("bytes=100-200", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=x-y", Wanted::Whole),
            ("rows=0-1", Wanted::Whole),
        ] {
            check(&[(RANGE, range)], &expected);
        }
    }

    #[test]
    fn conditions_come_first() {
        check(&[(IF_NONE_MATCH, "\"tag\"")], &Wanted::Nothing);
        check(&[(IF_NONE_MATCH, "\"other\", W/\"tag\""), (RANGE, "bytes=0-0")], &Wanted::Nothing);
        check(&[(IF_NONE_MATCH, "*")], &Wanted::Nothing);
        check(&[(IF_NONE_MATCH, "\"other\""), (RANGE, "bytes=0-0")], &Wanted::Part(0..1));
        check(&[(IF_RANGE, "\"tag\""), (RANGE, "bytes=0-0")], &Wanted::Part(0..1));
        check(&[(IF_RANGE, "Thu, 26 Nov 2026 17:08:25 GMT"), (RANGE, "bytes=0-0")], &Wanted::Part(0..1));
        check(&[(IF_RANGE, "\"other\""), (RANGE, "bytes=0-0")], &Wanted::Whole);
    }
}

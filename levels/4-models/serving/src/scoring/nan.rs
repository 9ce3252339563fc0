//! `NaN` in JSON, which is none, but which Python writes and `MLflow`'s own client sends.

use std::borrow::Cow;

const NAN: &[u8] = b"NaN";

/// The body with every bare `NaN` replaced by null; a text that contains the letters stays as it is.
pub(super) fn without_nan(body: &[u8]) -> Cow<'_, [u8]> {
    if !body.windows(NAN.len()).any(|window| window == NAN) {
        return Cow::Borrowed(body);
    }
    let mut clean = Vec::with_capacity(body.len() + 16);
    let (mut in_text, mut escaped) = (false, false);
    let mut rest = body;
    while let Some((&byte, tail)) = rest.split_first() {
        if !in_text && let Some(tail) = rest.strip_prefix(NAN) {
            clean.extend_from_slice(b"null");
            rest = tail;
            continue;
        }
        in_text ^= byte == b'"' && !escaped;
        escaped = in_text && byte == b'\\' && !escaped;
        clean.push(byte);
        rest = tail;
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_nan_is_null() {
        for (body, clean) in [
            ("[NaN,1]", "[null,1]"),
            (r#"{"NaN":NaN}"#, r#"{"NaN":null}"#),
            (r#"{"a\"NaN":NaN}"#, r#"{"a\"NaN":null}"#),
            (r#"{"a\\":NaN,"b":1}"#, r#"{"a\\":null,"b":1}"#),
            ("[1]", "[1]"),
        ] {
            assert_eq!(without_nan(body.as_bytes()), clean.as_bytes());
        }
    }
}

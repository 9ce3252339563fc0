//! Records as lines of bronze, which has one record a line, and back.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A record as a line. What is no line of UTF-8 becomes a JSON string, `"base64:..."`, which keeps every byte; the refinery
/// refuses a string with its reason.
pub fn line(payload: &[u8]) -> Cow<'_, [u8]> {
    if !payload.contains(&b'\n') && std::str::from_utf8(payload).is_ok() {
        return payload.into();
    }
    format!("\"base64:{}\"", STANDARD.encode(payload)).into_bytes().into()
}

/// The bytes that a line of bronze stands for, as they came.
pub fn as_it_came(line: &[u8]) -> Cow<'_, [u8]> {
    let text = line.strip_prefix(b"\"base64:").and_then(|rest| rest.strip_suffix(b"\""));
    let bytes = text.and_then(|text| STANDARD.decode(text).ok());
    // Whatever could have been a line came as this very string.
    bytes.filter(|bytes| *self::line(bytes) == *line).map_or(Cow::Borrowed(line), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_record_comes_back(payload in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n')], 0..40)) {
            let line = line(&payload);
            prop_assert_eq!(&*as_it_came(&line), &payload);
        }
    }

    #[test]
    fn a_record_that_looks_like_one_that_is_none_is_itself() {
        for own in [&br#""base64:YQ==""#[..], br#""base64:?""#, br#""base64:""#] {
            assert_eq!(&*as_it_came(&line(own)), own);
        }
    }

    #[test]
    fn what_is_no_line_keeps_its_bytes() {
        assert_eq!(&*line(br#"{"a":1}"#), br#"{"a":1}"#);
        assert_eq!(&*line(b"a\nb"), b"\"base64:YQpi\"");
        assert_eq!(&*line(&[0xff]), b"\"base64:/w==\"");
    }
}

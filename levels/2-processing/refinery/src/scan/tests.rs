use proptest::prelude::*;
use strata_types::Timestamp;

use super::*;

const FIELDS: Fields<5> = Fields::new(["a\"", "heart_rate\"", "heart_rate_unit\"", "timestamp\"", "n\""]);

/// What `serde_json` makes of a line, in the words of the scanner; `None` for what is left to it.
fn defined(line: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_slice(line).ok()
}

fn agrees(line: &[u8]) -> bool {
    let mut members = [Scalar::Absent; 5];
    let Some(end) = FIELDS.read(line, 0, &mut members).and_then(|end| line_end(line, end)) else { return true };
    if end != line.len() {
        return false;
    }
    let Some(defined) = defined(line) else { return false };
    ["a", "heart_rate", "heart_rate_unit", "timestamp", "n"].iter().zip(members).all(|(name, member)| {
        match (member, defined.get(*name)) {
            (Scalar::Absent, None) | (Scalar::Null, Some(serde_json::Value::Null)) => true,
            (Scalar::Bool(read), Some(serde_json::Value::Bool(defined))) => read == *defined,
            (Scalar::Text(read), Some(serde_json::Value::String(defined))) => read == defined.as_bytes(),
            (Scalar::Number(read), Some(serde_json::Value::Number(defined))) => {
                defined.as_f64().is_some_and(|defined| defined.to_bits() == read.value().to_bits())
            }
            _ => false,
        }
    })
}

fn is_read(line: &str) -> bool {
    let (line, mut members) = (line.as_bytes(), [Scalar::Absent; 5]);
    FIELDS.read(line, 0, &mut members).and_then(|end| line_end(line, end)).is_some()
}

#[test]
fn the_ordinary_is_read_and_the_unusual_is_left() {
    for line in [
        "{}",
        r#"{"a":1}"#,
        r#" { "a" : "x" , "timestamp":null,"heart_rate":-36.75, "n":true } "#,
        r#"{"nobody asked":"for this","a":0.000001,"heart_rate_unit":"/min"}"#,
        "{\"a\":\"Zürich\"}\r",
        r#"{"a":123456789012345}"#,
    ] {
        assert!(is_read(line) && agrees(line.as_bytes()), "{line}");
    }
    for line in [
        "",
        "[1]",
        "ERROR device timeout",
        r#"{"a":1"#,
        r#"{"a":1,}"#,
        r#"{"a":1} {"a":2}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":{"b":1}}"#,
        r#"{"a":[1]}"#,
        r#"{"a":"\u0041"}"#,
        r#"{"a":,"n":1}"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":.5}"#,
        r#"{"a":+5}"#,
        r#"{"a":1e3}"#,
        r#"{"a":NaN}"#,
        r#"{"a":nul}"#,
        r#"{"a":1234567890123456}"#,
        "{\"a\":\"tab\there\"}",
        "{a:1}",
    ] {
        assert!(!is_read(line), "{line}");
    }
    assert_eq!(FIELDS.read(b"{\"a\":\"\xff\"}", 0, &mut [Scalar::Absent; 5]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever bytes come, what is read is what the definition reads.
    #[test]
    fn what_is_read_is_what_the_definition_reads(
        members in prop::collection::vec((
            prop_oneof![
                Just("a"), Just("heart_rate"), Just("heart_rate_unit"), Just("timestamp"), Just("n"), Just("heart_rat"),
                Just("other"), Just("é"), Just("a\\u0061"),
            ],
            prop_oneof![
                "-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,18})?([eE][+-]?[0-9]{1,3})?",
                "\"[ -~é]{0,20}\"", "\"[a-z0-9-]{0,40}\"",
                Just("null".to_owned()), Just("true".to_owned()), Just("false".to_owned()), Just("{\"a\":[1]}".to_owned()),
                "[0-9.eE+-]{0,8}",
            ],
            "[ \t]{0,2}",
        ), 0..7),
        cut in prop::option::of(0_usize..200),
        other in prop::option::of((0_usize..200, any::<u8>())),
    ) {
        let members: Vec<String> = members.iter().map(|(key, value, blank)| format!("\"{key}\"{blank}:{value}{blank}")).collect();
        let mut line = format!("{{{}}}", members.join(",")).into_bytes();
        if let Some((at, byte)) = other {
            let at = at % line.len();
            line[at] = if byte == b'\n' { b' ' } else { byte };
        }
        if let Some(cut) = cut {
            line.truncate(cut);
        }
        prop_assert!(agrees(&line), "{:?}", String::from_utf8_lossy(&line));
    }

    #[test]
    fn times_are_those_of_the_definition(text in prop_oneof![
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?(Z|\\+01:00|z)",
        "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]\\.?[0-9]{0,9}(Z|[+-][0-9]{2}:[0-9]{2})?",
        "[ -~]{0,30}",
    ]) {
        let mut clock = Clock::default();
        let defined = text.parse::<Timestamp>().ok().map(|time| time.0);
        prop_assert_eq!(clock.read(text.as_bytes()), defined);
        prop_assert_eq!(clock.read(text.as_bytes()), defined, "a remembered day is the same day");
    }
}

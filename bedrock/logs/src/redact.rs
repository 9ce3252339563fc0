//! What must not be read in a log, hidden at any depth.
//!
//! The first guard is that nobody logs such things: secrets are `strata_config::Secret`. This is the second, for
//! what comes in sideways: the `Debug` of a struct, a JSON document, a header, a URL in another library's error or message. It goes by keys, and hides too much rather than too little.

use serde_json::{Map, Value};

use crate::line::LONGEST;

/// What stands in its place; as a `Secret` prints.
const HIDDEN: &str = "****";

/// Hidden wherever they occur in a key, which is compared without case and separators: `db_password`, `apiKey`.
const WITHIN: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "credential",
    "cookie",
    "apikey",
    "accesskey",
    "privatekey",
    "patientid",
    "patientname",
    "subjectid",
    "medicalrecord",
    "firstname",
    "lastname",
    "familyname",
    "givenname",
    "fullname",
    "birthdate",
];

/// Hidden where a key ends in them.
const AT_THE_END: &[&str] = &["mrn", "ssn", "pwd"];

/// Hidden where they are a whole key, or its last part after a dot.
const WHOLE: &[&str] = &["key", "name", "patient"];

/// These fields without what must not be read.
pub(crate) fn fields(fields: Map<String, Value>) -> Map<String, Value> {
    let hidden = |(key, shown): (String, Value)| {
        let shown = if hides(&key) { HIDDEN.into() } else { value(shown) };
        (key, shown)
    };
    fields.into_iter().map(hidden).collect()
}

fn value(shown: Value) -> Value {
    match shown {
        Value::Object(members) => fields(members).into(),
        Value::Array(items) => items.into_iter().map(value).collect(),
        Value::String(shown) => text(&shown).into(),
        shown => shown,
    }
}

/// This text without what must not be read: it may be a document itself, or have such things in its sentences.
pub(crate) fn text(shown: &str) -> String {
    // What is longer is cut anyway; and no text is nested so deeply that the stack is too small for it.
    if shown.len() < LONGEST
        && shown.trim_start().starts_with(['{', '['])
        && let Ok(document) = serde_json::from_str(shown)
    {
        return value(document).to_string();
    }
    prose(shown)
}

/// Hides the value in `key: value`, `key=value`, `"key": "value"`, and who asks in `scheme://user:password@host`.
fn prose(shown: &str) -> String {
    let mut safe = String::with_capacity(shown.len());
    let mut rest = shown;
    while let Some(at) = rest.find([':', '=']) {
        let (before, after) = rest.split_at(at + 1);
        safe.push_str(before);
        rest = after;
        let key = last_word(&before[..at]);
        // Sentences say `name: ` and `key: ` of harmless things; what is derived puts the value in quotes.
        let quoted = || rest.trim_start().trim_start_matches("Some(").starts_with(['"', '\'', '\\']);
        if hides(key) && (!is_whole(key) || quoted()) {
            safe.push_str(HIDDEN);
            rest = &rest[value_length(rest)..];
        } else if let Some(authority) = rest.strip_prefix("//") {
            let authority = authority.split(['/', '?', '#', ' ', '"', '\n']).next().unwrap_or_default();
            if let Some(user) = authority.rfind('@') {
                safe.push_str("//");
                safe.push_str(HIDDEN);
                rest = &rest["//".len() + user..];
            }
        }
    }
    safe.push_str(rest);
    safe
}

/// Whether the value of this key is hidden.
fn hides(key: &str) -> bool {
    let bare: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    is_whole(key) || WITHIN.iter().any(|part| bare.contains(part)) || AT_THE_END.iter().any(|end| bare.ends_with(end))
}

fn is_whole(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or_default();
    WHOLE.iter().any(|word| word.eq_ignore_ascii_case(last))
}

/// The key before a colon, out of its quotes.
fn last_word(before: &str) -> &str {
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\'));
    let outside = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    before.rfind(outside).map_or(before, |at| before[at..].trim_start_matches(outside))
}

/// How far a value goes: to the comma, the line's end or the bracket that ends it, whatever it holds itself.
fn value_length(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    let (mut depth, mut quote, mut escaped) = (0_u32, None, false);
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), _) if open == c => {
                quote = None;
                if depth == 0 {
                    return at + c.len_utf8();
                }
            }
            (None, '"') => quote = Some('"'),
            // Elsewhere it is an apostrophe.
            (None, '\'') if at == start => quote = Some('\''),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth > 0 => depth -= 1,
            (None, ')' | ']' | '}' | ',' | ';' | '&' | '\n') if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_known_in_any_dress() {
        for key in [
            "password",
            "db_password",
            "DB-PASSWORD",
            "apiKey",
            "x-api-key",
            "token",
            "authToken",
            "client_secret",
            "Authorization",
            "patient_id",
            "patientId",
            "subject_id",
            "mrn",
            "patientMRN",
            "name",
            "user.name",
            "key",
            "patient",
            "family-name",
            "set-cookie",
            "credentials",
        ] {
            assert!(hides(key), "{key}");
        }
        for key in ["topic", "path", "keys", "username", "table_name", "error", "partition", "monkey", "session", ""] {
            assert!(!hides(key), "{key}");
        }
    }

    #[test]
    fn texts_keep_what_is_harmless() {
        for (shown, safe) in [
            ("unknown key: gateway.port", "unknown key: gateway.port"),
            ("12:03:04 a=b", "12:03:04 a=b"),
            ("http://host:8080/a?b=c", "http://host:8080/a?b=c"),
            ("postgres://strata:hunter2@host/db", "postgres://****@host/db"),
            ("s3://key:hun@ter2@host", "s3://****@host"),
            ("Authorization: Bearer hunter2", "Authorization:****"),
            ("token=hunter2&topic=vitals", "token=****&topic=vitals"),
            ("password='hun,ter2', a: 1", "password=****, a: 1"),
            (r#"User { name: "Ann \"A\" Lee", age: 7 }"#, "User { name:****, age: 7 }"),
            (r#"Login { token: Some(Token { raw: "hun,ter2" }), at: 7 }"#, "Login { token:****, at: 7 }"),
            (r#"got {"mrn": "hunter2", "n": 1}"#, r#"got {"mrn":****, "n": 1}"#),
            (r#"got "{\"key\": \"hunter2\"}""#, r#"got "{\"key\":****}""#),
        ] {
            assert_eq!(text(shown), safe);
        }
    }

    const MARK: &str = "hunter2";

    /// A document with the mark under a hidden key somewhere in it.
    fn hiding() -> impl Strategy<Value = Value> {
        let key = prop::sample::select(vec![
            "password",
            "token",
            "client_secret",
            "Authorization",
            "patient_id",
            "mrn",
            "name",
        ]);
        let secret = prop_oneof![Just(json!(MARK)), Just(json!([7, {"a": MARK}])), Just(json!(format!("a\", {MARK}")))];
        let inner = (key, secret).prop_map(|(key, secret)| json!({"a": 1, key: secret}));
        inner.prop_recursive(5, 8, 1, |inner| {
            prop_oneof![
                inner.clone().prop_map(|inner| json!([inner, "b"])),
                inner.clone().prop_map(|inner| json!({"c": "d", "e": inner})),
                // A document in a text.
                inner.prop_map(|inner| json!({"body": inner.to_string()})),
            ]
        })
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "read by its Debug")]
    struct Nested<'a> {
        password: &'a str,
        inner: Option<Box<Nested<'a>>>,
    }

    proptest! {
        /// Fault 55: redaction covered only top-level keys.
        #[test]
        fn what_is_hidden_is_hidden_at_any_depth(document in hiding()) {
            let given = Map::from_iter([("event".to_owned(), document.clone()), ("text".to_owned(), json!(document.to_string()))]);
            let safe = Value::from(fields(given)).to_string();
            prop_assert!(!safe.contains(MARK), "{}", safe);
        }

        /// Fault 55: nor does the `Debug` of what holds it betray it.
        #[test]
        fn what_is_derived_hides_it_too(before in any::<String>(), depth in 0..4) {
            let secret = format!("{before}{MARK}");
            let mut nested = Nested { password: &secret, inner: None };
            for _ in 0..depth {
                nested = Nested { password: &secret, inner: Some(Box::new(nested)) };
            }
            for shown in [format!("{nested:?}"), format!("{nested:#?}")] {
                let safe = text(&shown);
                prop_assert!(!safe.contains(MARK), "{} of {}", safe, shown);
            }
        }

        #[test]
        fn any_text_is_taken(shown in any::<String>()) {
            text(&shown);
        }
    }
}

//! One event, as it stands in a file and on a terminal.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strata_types::Timestamp;
use tracing::Level;

/// What a line may measure, its newline included. A longer one is cut when it is written, and skipped when it is read.
pub(crate) const LONGEST: usize = 64 << 10;

/// One thing that a service said.
///
/// `{line}` is its form for a terminal, `12:03:04.123 WARN  landing      message key=value` in UTC; `{line:#}` has the
/// date too. Neither lets control characters through.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub time: Timestamp,
    /// How grave.
    pub level: Level,
    /// Which service.
    pub service: String,
    /// The module that said it.
    pub target: String,
    /// What it said.
    pub message: String,
    /// The task that it was said in and the spans inside that, with `/` between; empty outside of any.
    pub span: String,
    /// What was said beside the message.
    pub fields: Map<String, Value>,
}

/// The line as JSON: what other tools rely on.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    time: Cow<'a, str>,
    level: Cow<'a, str>,
    service: Cow<'a, str>,
    target: Cow<'a, str>,
    message: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    span: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    fields: Cow<'a, Map<String, Value>>,
}

impl Line {
    /// One line of JSON without its newline, however long. Members that nobody knows yet may come; none is renamed.
    pub fn to_json(&self) -> String {
        let wire = Wire {
            // Of one width, so that lines sort as text.
            time: chrono(self.time).to_rfc3339_opts(SecondsFormat::Micros, true).into(),
            level: self.level.as_str().into(),
            service: self.service.as_str().into(),
            target: self.target.as_str().into(),
            message: self.message.as_str().into(),
            span: self.span.as_str().into(),
            fields: Cow::Borrowed(&self.fields),
        };
        serde_json::to_string(&wire).expect("texts, numbers and maps by text have a form in JSON")
    }

    /// Reads a line, with or without its newline; `None` for what is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let wire: Wire<'_> = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            time: wire.time.parse().ok()?,
            level: wire.level.parse().ok()?,
            service: wire.service.into_owned(),
            target: wire.target.into_owned(),
            message: wire.message.into_owned(),
            span: wire.span.into_owned(),
            fields: wire.fields.into_owned(),
        })
    }

    /// The bytes for a file, at most [`LONGEST`]: of what is longer, the beginning of the message stays.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut text = self.to_json();
        if text.len() >= LONGEST {
            let beginning = |text: &str, most| text.chars().take(most).collect();
            let cut = Self {
                target: beginning(&self.target, 256),
                message: beginning(&self.message, 4096),
                span: beginning(&self.span, 256),
                fields: Map::from_iter([("cut_from_bytes".to_owned(), text.len().into())]),
                ..self.clone()
            };
            text = cut.to_json();
        }
        text.push('\n');
        text.into_bytes()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = if f.alternate() { "%Y-%m-%d %H:%M:%S%.3f" } else { "%H:%M:%S%.3f" };
        let (time, level) = (chrono(self.time).format(form), self.level.as_str());
        write!(f, "{time} {level:<5} {:<12} {}", printable(&self.service), printable(&self.message))?;
        for (key, value) in &self.fields {
            let value = match value {
                Value::String(text) if is_plain(text) => text.clone(),
                value => value.to_string(),
            };
            write!(f, " {}={}", printable(key), printable(&value))?;
        }
        Ok(())
    }
}

/// Whether it can stand without quotes.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '"' || c == '=')
}

/// A log may hold what strangers sent, and a terminal obeys control characters.
fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let escaped = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escaped).collect::<String>().into()
}

fn chrono(time: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn line() -> Line {
        Line {
            time: Timestamp(1_772_366_584_123_456),
            level: Level::WARN,
            service: "landing".to_owned(),
            target: "strata_landing::live".to_owned(),
            message: "an object is late".to_owned(),
            span: "strata/landing/write".to_owned(),
            fields: fields(&json!({"partition": 3, "reason": "the disk is slow", "topic": "vitals"})),
        }
    }

    #[test]
    fn the_file_holds_json() {
        let expected = json!({
            "time": "2026-03-01T12:03:04.123456Z", "level": "WARN", "service": "landing",
            "target": "strata_landing::live", "message": "an object is late", "span": "strata/landing/write",
            "fields": {"partition": 3, "reason": "the disk is slow", "topic": "vitals"},
        });
        assert_eq!(serde_json::from_str::<Value>(&line().to_json()).unwrap(), expected);
        let even = Line { time: Timestamp(0), ..line() };
        assert!(even.to_json().contains("1970-01-01T00:00:00.000000Z"), "every time has the same width");
    }

    #[test]
    fn the_terminal_shows_text() {
        let shown =
            "12:03:04.123 WARN  landing      an object is late partition=3 reason=\"the disk is slow\" topic=vitals";
        assert_eq!(line().to_string(), shown);
        assert_eq!(format!("{:#}", line()), format!("2026-03-01 {shown}"));
    }

    #[test]
    fn a_terminal_is_told_nothing_but_text() {
        let hostile = "a\x1b[2J\nb\u{9b}31m\r";
        let line = Line { message: hostile.to_owned(), fields: fields(&json!({hostile: hostile})), ..line() };
        assert!(!line.to_string().contains(char::is_control), "{line}");
    }

    #[test]
    fn what_is_no_line_is_refused_and_what_is_new_is_passed_over() {
        let good = line().to_json();
        let (torn, newer) = (&good[..good.len() - 1], good.replacen('{', "{\"host\":{\"a\":[1]},", 1));
        for bad in [torn, "", "{}", "null", "[1]", &good.replace("WARN", "LOUD"), &good.replace("2026-", "26-")] {
            assert_eq!(Line::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Line::parse(b"{\"message\":\"\xff\"}"), None);
        assert_eq!(Line::parse("[".repeat(LONGEST).as_bytes()), None);
        assert_eq!(Line::parse(newer.as_bytes()), Some(line()));
    }

    #[test]
    fn what_is_too_long_is_cut_to_what_readers_take() {
        let long = "\u{1}".repeat(LONGEST);
        let line = Line {
            message: long.clone(),
            target: long.clone(),
            span: long.clone(),
            fields: fields(&json!({"a": long})),
            ..line()
        };
        let bytes = line.to_bytes();
        assert!(bytes.len() <= LONGEST, "{}", bytes.len());
        let read = Line::parse(&bytes).unwrap();
        assert!(line.message.starts_with(&read.message) && !read.message.is_empty());
        assert_eq!(read.fields["cut_from_bytes"], line.to_json().len());
    }

    /// Any JSON; fractions are eighths, since `serde_json` reads others to within their last bit.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            micros in -62_135_596_800_000_000..253_402_300_799_999_999_i64,
            level in prop::sample::select(vec![Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE]),
            texts in any::<[String; 4]>(),
            fields in prop::collection::btree_map(any::<String>(), value(), 0..4),
        ) {
            let [service, target, message, span] = texts;
            let fields = fields.into_iter().collect();
            let line = Line { time: Timestamp(micros), level, service, target, message, span, fields };
            let bytes = line.to_bytes();
            prop_assert_eq!(bytes.iter().position(|byte| *byte == b'\n'), Some(bytes.len() - 1));
            prop_assert_eq!(Line::parse(&bytes), Some(line));
        }

        #[test]
        fn nothing_makes_reading_or_showing_panic(bytes in any::<Vec<u8>>(), at in any::<prop::sample::Index>()) {
            let mut spoiled = line().to_json().into_bytes();
            let at = at.index(spoiled.len());
            spoiled.splice(at..at, bytes.iter().copied());
            for bytes in [bytes, spoiled] {
                let _ = Line::parse(&bytes).map(|line| line.to_string());
            }
        }
    }
}

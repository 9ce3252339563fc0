//! Times and durations as protocol buffers write them in JSON.

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

/// `2024-01-01T00:00:00.123Z`, with a fraction where there is one.
pub(crate) fn timestamp(millis: i64) -> String {
    let form = if millis % 1000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(form, true)
}

/// The milliseconds of such a time.
pub(crate) fn of_timestamp(value: &Value) -> Option<i64> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.timestamp_millis())
}

/// `1.500s`, with a fraction where there is one.
pub(crate) fn duration(millis: i64) -> String {
    let (sign, millis) = (if millis < 0 { "-" } else { "" }, millis.unsigned_abs());
    match millis % 1000 {
        0 => format!("{sign}{}s", millis / 1000),
        rest => format!("{sign}{}.{rest:03}s", millis / 1000),
    }
}

/// The milliseconds of such a duration.
pub(crate) fn of_duration(value: &Value) -> Option<i64> {
    let seconds: f64 = value.as_str()?.strip_suffix('s')?.parse().ok()?;
    seconds.is_finite().then(|| (seconds * 1000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        for (millis, text) in [(1000, "1970-01-01T00:00:01Z"), (1_700_000_000_123, "2023-11-14T22:13:20.123Z")] {
            assert_eq!(timestamp(millis), text);
            assert_eq!(of_timestamp(&text.into()), Some(millis));
        }
        assert_eq!(of_timestamp(&"yesterday".into()), None);
        for (millis, text) in [(2000, "2s"), (1500, "1.500s"), (-20, "-0.020s"), (0, "0s")] {
            assert_eq!(duration(millis), text);
            assert_eq!(of_duration(&text.into()), Some(millis));
        }
        assert_eq!(of_duration(&"2".into()), None);
    }
}

//! Times as the columns write them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use strata_types::Timestamp;

/// How a column writes its times.
#[derive(Debug)]
pub(super) struct TimeFormat {
    /// Of `strftime`; none is RFC 3339.
    format: Option<String>,
    offset: FixedOffset,
}

impl TimeFormat {
    pub(super) fn new(format: Option<String>, offset: Option<&str>) -> Result<Self, String> {
        if let Some(format) = &format
            && chrono::format::StrftimeItems::new(format).any(|item| item == chrono::format::Item::Error)
        {
            return Err(format!("the format `{format}` is not one of strftime, such as %Y-%m-%d %H:%M:%S"));
        }
        let offset = offset.unwrap_or("+00:00");
        let offset = offset.parse().map_err(|_| format!("the offset `{offset}` is not like +01:00"))?;
        Ok(Self { format, offset })
    }

    /// The time that a text says. Without a format: RFC 3339, or the same without an offset, or a day.
    pub(super) fn read(&self, text: &str) -> Option<Timestamp> {
        let Some(format) = &self.format else {
            let local = || crate::table::naive(text).and_then(|time| self.local(time.0));
            return text.parse().ok().or_else(local);
        };
        if let Ok(time) = DateTime::parse_from_str(text, format) {
            return Some(Timestamp(time.timestamp_micros()));
        }
        let naive = NaiveDateTime::parse_from_str(text, format)
            .or_else(|_| NaiveDate::parse_from_str(text, format).map(|day| day.and_time(NaiveTime::MIN)));
        self.local(naive.ok()?.and_utc().timestamp_micros())
    }

    fn local(&self, micros: i64) -> Option<Timestamp> {
        Some(Timestamp(micros.checked_sub(i64::from(self.offset.local_minus_utc()) * 1_000_000)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_their_format() {
        let check = |format: Option<&str>, offset: Option<&str>, text: &str, expected: Option<&str>| {
            let format = TimeFormat::new(format.map(Into::into), offset).unwrap();
            assert_eq!(format.read(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        };
        check(None, None, "2026-03-01T12:00:00+01:00", Some("2026-03-01T11:00:00Z"));
        check(None, Some("+01:00"), "2026-03-01 12:00:00", Some("2026-03-01T11:00:00Z"));
        check(None, None, "2026-03-01", Some("2026-03-01T00:00:00Z"));
        check(Some("%d.%m.%Y %H:%M"), Some("-05:00"), "01.03.2026 12:30", Some("2026-03-01T17:30:00Z"));
        check(Some("%d.%m.%Y"), None, "01.03.2026", Some("2026-03-01T00:00:00Z"));
        check(Some("%s"), None, "1772366400", Some("2026-03-01T12:00:00Z"));
        check(Some("%d.%m.%Y %H:%M"), None, "31.02.2026 12:30", None);
        check(None, None, "noon", None);
        assert!(TimeFormat::new(Some("%Q".into()), None).is_err());
        assert!(TimeFormat::new(None, Some("CET")).is_err());
    }
}

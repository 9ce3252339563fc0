//! Numbers as people read them; what is not known says so.

use crate::Estimate;

pub(crate) const NOT_AVAILABLE: &str = "not available";
const MINUS: char = '\u{2212}';

pub(crate) fn decimal(value: impl Into<Option<f64>>, digits: usize) -> String {
    known(value.into()).map_or_else(|| NOT_AVAILABLE.to_owned(), |value| rounded(value, digits))
}

/// With its sign, for differences.
pub(crate) fn signed(value: f64, digits: usize) -> String {
    let text = rounded(value, digits);
    if text.starts_with(MINUS) { text } else { format!("+{text}") }
}

pub(crate) fn percent(value: impl Into<Option<f64>>) -> String {
    let Some(value) = known(value.into()) else { return NOT_AVAILABLE.to_owned() };
    let digits = if value == 0.0 || value.abs() >= 0.1 { 0 } else { 1 + usize::from(value.abs() < 0.01) };
    let digits = if (0.1..0.9995).contains(&value) { 1 } else { digits };
    format!("{}\u{202f}%", rounded(100.0 * value, digits))
}

/// Without digits that say nothing: `0.2 %`, `5 %`.
pub(crate) fn percent_tick(value: f64) -> String {
    let text = format!("{:.2}", 100.0 * value);
    format!("{}\u{202f}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// `118,204`.
pub(crate) fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `one`, or `many` with the number before it.
pub(crate) fn counted(value: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// `0.812 to 0.853`.
pub(crate) fn interval(estimate: Option<Estimate>, digits: usize) -> Option<String> {
    let interval = estimate?.interval?;
    Some(format!("{} to {}", decimal(interval.low, digits), decimal(interval.high, digits)))
}

pub(crate) fn known(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// With a true minus sign, and never `-0.00`.
fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    match text.strip_prefix('-') {
        Some(size) if size.chars().all(|c| c == '0' || c == '.') => size.to_owned(),
        Some(size) => format!("{MINUS}{size}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(decimal(0.83456, 3), "0.835");
        assert_eq!(decimal(-0.0001, 2), "0.00");
        assert_eq!(decimal(None, 2), NOT_AVAILABLE);
        assert_eq!(decimal(f64::NAN, 2), NOT_AVAILABLE);
        assert_eq!(signed(-0.05, 2), "\u{2212}0.05");
        assert_eq!(signed(0.05, 2), "+0.05");
        assert_eq!(count(7), "7");
        assert_eq!(count(118_204), "118,204");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(counted(1, "gate", "gates"), "1 gate");
    }

    #[test]
    fn percents() {
        assert_eq!(
            [0.0, 0.002, 0.05, 1.0].map(percent_tick),
            ["0\u{202f}%", "0.2\u{202f}%", "5\u{202f}%", "100\u{202f}%"]
        );
        for (value, expect) in [(0.0, "0 %"), (0.0021, "0.21 %"), (0.043, "4.3 %"), (0.5, "50.0 %"), (1.0, "100 %")] {
            assert_eq!(percent(value).replace('\u{202f}', " "), expect);
        }
    }
}

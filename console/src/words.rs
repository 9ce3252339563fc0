//! Numbers as people read them.

use strata_services::Figure;

/// Between a number and its unit: they are not torn apart.
const GAP: char = '\u{a0}';

/// A figure's value with its unit.
pub(crate) fn value(figure: &Figure) -> String {
    let Figure { value, unit, .. } = figure;
    match unit.as_str() {
        "By" => bytes(*value),
        "By/s" => format!("{}/s", bytes(*value)),
        "s" => seconds(*value),
        "1/s" => format!("{}/s", number(*value)),
        "" | "1" => number(*value),
        other => format!("{}{GAP}{other}", number(*value)),
    }
}

/// `118,204`; with a decimal below 10, where it says something.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "unknown".to_owned();
    }
    let (size, sign) = (value.abs(), if value < 0.0 { "\u{2212}" } else { "" });
    let text = if size < 9.95 { format!("{size:.1}") } else { format!("{size:.0}") };
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "0" && size > 0.0 {
        return format!("under{GAP}{sign}0.1");
    }
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::with_capacity(text.len() + 8);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

/// `214 MB`: powers of ten.
pub(crate) fn bytes(value: f64) -> String {
    let (mut value, mut unit) = (value, "B");
    for larger in ["kB", "MB", "GB", "TB"] {
        if value.abs() < 999.5 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    format!("{}{GAP}{unit}", number(value))
}

/// `40 ms`, `1.8 s`, `3 min 5 s`, `2 d 4 h`: two units at most.
pub(crate) fn seconds(value: f64) -> String {
    if !value.is_finite() || value < 0.0 {
        return "unknown".to_owned();
    }
    if value < 0.9995 {
        // Nothing less than nothing, but for its sign.
        return format!("{:.0}{GAP}ms", (value * 1000.0).abs());
    }
    if value < 9.95 {
        return format!("{}{GAP}s", number(value));
    }
    let whole = value.round() as u64;
    let (days, hours, minutes, seconds) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60);
    let two = |large: u64, name: &str, small: u64, smaller: &str| match small {
        0 => format!("{large}{GAP}{name}"),
        _ => format!("{large}{GAP}{name} {small}{GAP}{smaller}"),
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}{GAP}s"),
        (0, 0, _) => two(minutes, "min", seconds, "s"),
        (0, _, _) => two(hours, "h", minutes, "min"),
        _ => two(days, "d", hours, "h"),
    }
}

/// `1 service`, `7 services`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> String {
        text.replace(GAP, " ")
    }

    #[test]
    fn numbers() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.02, "under 0.1"),
            (0.26, "0.3"),
            (7.0, "7"),
            (9.96, "10"),
            (999.6, "1,000"),
            (118_204.4, "118,204"),
            (-2500.0, "\u{2212}2,500"),
            (f64::NAN, "unknown"),
        ] {
            assert_eq!(plain(&number(value)), text);
        }
    }

    #[test]
    fn sizes_and_times() {
        for (value, text) in
            [(0.0, "0 B"), (999.0, "999 B"), (999.6, "1 kB"), (214_300_000.0, "214 MB"), (5e15, "5,000 TB")]
        {
            assert_eq!(plain(&bytes(value)), text);
        }
        for (value, text) in [
            (0.0, "0 ms"),
            (0.0401, "40 ms"),
            (0.9999, "1 s"),
            (1.84, "1.8 s"),
            (59.6, "1 min"),
            (185.0, "3 min 5 s"),
            (7200.0, "2 h"),
            (187_200.0, "2 d 4 h"),
            (-1.0, "unknown"),
        ] {
            assert_eq!(plain(&seconds(value)), text);
        }
    }

    #[test]
    fn figures_have_their_units() {
        for (figure, text) in [
            (Figure::new("events", 20_431.2, "1/s"), "20,431/s"),
            (Figure::new("received", 4_530_000.0, "By/s"), "4.5 MB/s"),
            (Figure::new("lag", 0.4, "s"), "400 ms"),
            (Figure::new("kept", 12_000_000.0, "By"), "12 MB"),
            (Figure::new("tables", 6.0, ""), "6"),
            (Figure::new("full", 12.0, "%"), "12 %"),
        ] {
            assert_eq!(plain(&value(&figure)), text);
        }
    }

    proptest! {
        #[test]
        fn every_number_has_words(any_value: f64) {
            for text in [number(any_value), bytes(any_value), seconds(any_value)] {
                prop_assert!(!text.is_empty() && !text.contains('-'));
            }
        }
    }
}

//! How long ago, in the words of `mlflow gc`: `30d`, `1d2h3m4s`, `1.5h`.

use std::time::Duration;

use crate::lifecycle::Error;

/// The units, from the longest to the shortest, in seconds.
const UNITS: [(char, f64); 4] = [('d', 86_400.0), ('h', 3_600.0), ('m', 60.0), ('s', 1.0)];

/// Reads such a text. Units come in their order, each once.
pub fn age(text: &str) -> Result<Duration, Error> {
    let wrong = || Error::Refused(format!("`{text}` is no length of time: write 30d, 8h, 2m4s or 1d2h3m4s"));
    let (mut rest, mut units, mut seconds) = (text, UNITS.iter(), 0.0);
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(at);
        let (_, length) = units.find(|(unit, _)| after.starts_with(*unit)).ok_or_else(wrong)?;
        seconds += number.parse::<f64>().map_err(|_| wrong())? * length;
        rest = &after[1..];
    }
    let age = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if text.is_empty() { Err(wrong()) } else { Ok(age) }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn lengths_are_read_as_mlflow_reads_them() {
        for (text, seconds) in [
            ("30d", 2_592_000.0),
            ("1d2h3m4s", 93_784.0),
            ("1.5h", 5_400.0),
            ("0.5s", 0.5),
            ("8h", 28_800.0),
            ("0d", 0.0),
        ] {
            assert_eq!(age(text).unwrap().as_secs_f64(), seconds, "{text}");
        }
        for text in ["", "d", "1", "1w", "1h2d", "2h2h", "-1d", "1d ", "1.2.3h", "9e99d", "ten days", "1dö"] {
            assert!(age(text).is_err(), "{text}");
        }
        assert!(age(&format!("{}d", "9".repeat(400))).is_err());
    }
}

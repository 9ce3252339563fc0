//! Times as people name them.

use anyhow::{Context as _, Result, bail};
use strata_types::Timestamp;

/// A time, or so long before now.
pub(super) fn moment(text: &str, now: Timestamp) -> Result<Timestamp> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let wrong = || format!("`{text}` is no time: write 2026-03-01T00:00:00Z, or 90s, 10m, 2h, 3d");
    let Some((number, unit)) = text.len().checked_sub(1).and_then(|at| text.split_at_checked(at)) else {
        bail!(wrong())
    };
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => bail!(wrong()),
    };
    let number: f64 = number.trim().parse().with_context(wrong)?;
    Ok(now - (number * seconds * 1e6) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_ago() {
        let now: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        for (text, time) in [
            ("90s", "2026-03-01T23:58:30Z"),
            ("1.5h", "2026-03-01T22:30:00Z"),
            ("1d", "2026-03-01T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(moment(text, now).unwrap(), time.parse().unwrap(), "{text}");
        }
        for wrong in ["", "m", "ten m", "10w", "gestern", "1ö"] {
            assert!(moment(wrong, now).is_err(), "{wrong}");
        }
    }
}

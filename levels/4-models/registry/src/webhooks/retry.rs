//! When a delivery that failed is tried again.

use std::time::Duration;

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_mins(1);
/// Answers that may be better the next time.
const PASSING: [u16; 5] = [429, 500, 502, 503, 504];

/// Whether an answer with this status is worth another try.
pub(crate) fn is_passing(status: u16) -> bool {
    PASSING.contains(&status)
}

/// How long to wait after the try of this number, of which 0 is the first: `first`, twice that, four times, ... and up
/// to one more `first` by chance (`jitter`, 0 to 1), so that deliveries that failed together do not come again
/// together. A receiver that says when (`Retry-After`) is heard.
pub(crate) fn wait(first: Duration, failed: u32, asked: Option<Duration>, jitter: f64) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(failed).unwrap_or(u32::MAX)).min(LONGEST);
    let wait = asked.unwrap_or_else(|| doubled + first.mul_f64(jitter.clamp(0.0, 1.0)));
    wait.min(LONGEST)
}

/// `Retry-After` in seconds; its other form, a date, is not heard.
pub(crate) fn asked(header: Option<&str>) -> Option<Duration> {
    header?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{asked, is_passing, wait};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_and_end() {
        let seconds = |failed| wait(SECOND, failed, None, 0.0).as_secs();
        assert_eq!([0, 1, 2, 5, 6, 31, 32, 999].map(seconds), [1, 2, 4, 32, 60, 60, 60, 60]);
        assert_eq!(wait(SECOND, 0, None, 0.5), Duration::from_millis(1500));
    }

    #[test]
    fn a_receiver_says_when() {
        assert_eq!(wait(SECOND, 0, asked(Some(" 7 ")), 0.9).as_secs(), 7);
        assert_eq!(wait(SECOND, 0, asked(Some("86400")), 0.9).as_secs(), 60);
        assert_eq!(asked(Some("Wed, 21 Oct 2026 07:28:00 GMT")), None);
    }

    #[test]
    fn refusals_are_final() {
        assert!([429, 500, 503].into_iter().all(is_passing));
        assert!(![200, 302, 400, 404, 501].into_iter().any(is_passing));
    }
}

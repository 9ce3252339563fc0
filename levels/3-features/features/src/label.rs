//! What a model learns to foresee: an adverse event within the horizon.

use strata_types::{HOUR, LabelRule, Timestamp};

use crate::timeline::AdverseEvent;

/// Whether an event that counts begins in (t, t + horizon]; `None` where there is no label.
///
/// There is none from an onset until its resolution: the outcome is already there, and counting
/// those hours inflates AUROC. There is none either where the horizon passes `known_until`, the time
/// up to which onsets are known: not even when one is known already, for otherwise the end of every
/// record would hold positives only.
pub fn label_at(events: &[AdverseEvent], t: Timestamp, rule: &LabelRule, known_until: Timestamp) -> Option<bool> {
    let horizon = t + (rule.horizon_hours * HOUR as f64).round() as i64;
    let mut counting = events.iter().filter(|event| event.grade >= rule.min_grade);
    let present = |event: &AdverseEvent| event.onset <= t && event.resolved_at.is_none_or(|end| t < end);
    if horizon > known_until || counting.clone().any(present) {
        return None;
    }
    Some(counting.any(|event| event.onset > t && event.onset <= horizon))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(h: i64) -> Timestamp {
        Timestamp(h * HOUR)
    }

    fn event(onset: i64, resolved: Option<i64>, grade: u8) -> AdverseEvent {
        AdverseEvent { onset: hours(onset), reported_at: hours(onset), resolved_at: resolved.map(hours), grade }
    }

    /// Fault 34: the label said "any event that day", before or after.
    #[test]
    fn labels_look_ahead_only() {
        let rule = LabelRule::default();
        let known_until = hours(200);
        let cases = [
            (vec![], 0, Some(false)),
            (vec![event(100, None, 3)], 75, Some(false)),
            (vec![event(100, None, 3)], 76, Some(true)),
            (vec![event(100, None, 3)], 99, Some(true)),
            (vec![event(100, None, 3)], 100, None),
            (vec![event(100, None, 3)], 150, None),
            (vec![event(100, Some(110), 3)], 109, None),
            (vec![event(100, Some(110), 3)], 110, Some(false)),
            (vec![event(100, None, 3), event(105, None, 4)], 102, None),
            (vec![event(100, Some(110), 4), event(130, None, 4)], 112, Some(true)),
            (vec![event(100, None, 2)], 99, Some(false)),
            (vec![event(100, None, 2)], 101, Some(false)),
            (vec![], 176, Some(false)),
            (vec![], 177, None),
            (vec![event(178, None, 3)], 177, None),
        ];
        for (events, t, expected) in cases {
            assert_eq!(label_at(&events, hours(t), &rule, known_until), expected, "{events:?} at {t}");
        }
    }
}

//! How fresh the features are.

use strata_features::Timeline;
use strata_types::Timestamp;

/// When the newest event happened among those that happened by t and were known by t; none if there is none.
///
/// This is what tells a calm patient from a broken feed: both give a low risk, but only one has a recent event.
pub(crate) fn feature_time(timeline: &Timeline, t: Timestamp) -> Option<Timestamp> {
    let vitals = timeline.vitals.iter().map(|row| (row.time, row.available_at));
    let labs = timeline.labs.iter().map(|row| (row.time, row.available_at));
    let medications = timeline.medications.iter().map(|row| (row.time, row.available_at));
    let adverse_events = timeline.adverse_events.iter().map(|row| (row.onset, row.reported_at));
    // From the newest back: each part is in order of time.
    [newest(vitals, t), newest(labs, t), newest(medications, t), newest(adverse_events, t)].into_iter().max().flatten()
}

fn newest(rows: impl DoubleEndedIterator<Item = (Timestamp, Timestamp)>, t: Timestamp) -> Option<Timestamp> {
    rows.rev().find(|&(time, known)| time <= t && known <= t).map(|(time, _)| time)
}

#[cfg(test)]
mod tests {
    use strata_features::Vitals;

    use super::*;

    #[test]
    fn only_what_happened_and_was_known_counts() {
        let at = |time, known| Vitals { available_at: Timestamp(known), ..Vitals::at(Timestamp(time)) };
        let timeline = Timeline { vitals: vec![at(1, 1), at(2, 9), at(5, 5)], ..Timeline::default() };
        let as_of = |t| feature_time(&timeline, Timestamp(t)).map(|time| time.0);
        assert_eq!([0, 1, 4, 5, 9].map(as_of), [None, Some(1), Some(1), Some(5), Some(5)]);
    }
}

//! When what features are made of was measured last.

use std::sync::LazyLock;

use strata_features::sign::{self, FIO2, SIGNS};
use strata_features::{FEATURES, Timeline};
use strata_types::{Timestamp, VARIABLES};

/// The newest time of each source, of what happened by `t` and was known by `t`.
#[derive(Clone, Debug)]
pub(crate) struct Freshness {
    signs: [Option<Timestamp>; sign::COUNT],
    vitals: Option<Timestamp>,
    oxygen: Option<Timestamp>,
    mind: Option<Timestamp>,
    variables: [Option<Timestamp>; VARIABLES.len()],
    labs: Option<Timestamp>,
    medications: Option<Timestamp>,
    adverse_events: Option<Timestamp>,
    admitted_at: Option<Timestamp>,
}

/// Something that a definition names as its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Sign(usize),
    Vitals,
    Oxygen,
    Mind,
    Variable(usize),
    Labs,
    Medications,
    AdverseEvents,
    Patient,
}

/// The sources of each feature, by what the definitions say.
static SOURCES: LazyLock<Vec<Vec<Source>>> = LazyLock::new(|| {
    FEATURES.iter().map(|feature| feature.sources.iter().map(|name| source(name)).collect()).collect()
});

fn source(name: &str) -> Source {
    let (table, column) = name.split_once('.').unwrap_or((name, ""));
    match table {
        "vitals" => match SIGNS.iter().position(|sign| sign.column == column) {
            Some(sign) => Source::Sign(sign),
            None if column == "on_oxygen" => Source::Oxygen,
            None if column == "consciousness" => Source::Mind,
            None => Source::Vitals,
        },
        "labs" => VARIABLES.iter().position(|variable| variable.name == column).map_or(Source::Labs, Source::Variable),
        "medications" => Source::Medications,
        "adverse_events" => Source::AdverseEvents,
        _ => Source::Patient,
    }
}

impl Freshness {
    pub(crate) fn of(timeline: &Timeline, t: Timestamp) -> Self {
        let mut fresh = Self {
            signs: [None; sign::COUNT],
            vitals: None,
            oxygen: None,
            mind: None,
            variables: [None; VARIABLES.len()],
            labs: None,
            medications: None,
            adverse_events: None,
            admitted_at: timeline.patient.admitted_at,
        };
        let mut unseen = sign::COUNT;
        for row in timeline.vitals.iter().rev().filter(|row| row.time <= t && row.available_at <= t) {
            let newest = |seen: &mut Option<Timestamp>, there: bool| {
                let first = there && seen.is_none();
                *seen = seen.or(there.then_some(row.time));
                usize::from(first)
            };
            newest(&mut fresh.vitals, true);
            for (seen, value) in fresh.signs.iter_mut().zip(&row.signs) {
                unseen -= newest(seen, !value.is_nan());
            }
            newest(&mut fresh.oxygen, row.on_oxygen.is_some() || !row.signs[FIO2].is_nan());
            newest(&mut fresh.mind, row.consciousness_altered.is_some());
            if unseen == 0 && fresh.oxygen.is_some() && fresh.mind.is_some() {
                break;
            }
        }
        for row in timeline.labs.iter().rev().filter(|row| row.time <= t && row.available_at <= t) {
            fresh.labs = fresh.labs.or(Some(row.time));
            if let Some(seen) = fresh.variables.get_mut(usize::from(row.variable)) {
                *seen = seen.or(Some(row.time));
            }
        }
        let given = timeline.medications.iter().rev().find(|row| row.time <= t && row.available_at <= t);
        fresh.medications = given.map(|row| row.time);
        let event = timeline.adverse_events.iter().rev().find(|row| row.onset <= t && row.reported_at <= t);
        fresh.adverse_events = event.map(|row| row.onset);
        fresh
    }

    /// When the newest of a feature's sources was measured; `None` where none of them was.
    pub(crate) fn of_feature(&self, index: usize) -> Option<Timestamp> {
        let newest = |source: &Source| match *source {
            Source::Sign(sign) => self.signs[sign],
            Source::Vitals => self.vitals,
            Source::Oxygen => self.oxygen,
            Source::Mind => self.mind,
            Source::Variable(variable) => self.variables[variable],
            Source::Labs => self.labs,
            Source::Medications => self.medications,
            Source::AdverseEvents => self.adverse_events,
            Source::Patient => None,
        };
        let of_events = SOURCES[index].iter().filter_map(newest).max();
        // What is made of who the patient is alone is as of the admission.
        of_events
            .or_else(|| self.admitted_at.filter(|_| SOURCES[index].iter().all(|source| *source == Source::Patient)))
    }

    /// Whether events make the feature, so that it can be too old.
    pub(crate) fn ages(index: usize) -> bool {
        SOURCES[index].iter().any(|source| *source != Source::Patient)
    }
}

#[cfg(test)]
mod tests {
    use strata_features::{Feature, Vitals};

    use super::*;

    #[test]
    fn each_source_is_known() {
        let of_patients: Vec<&str> = FEATURES.iter().filter(|f| !Freshness::ages(f.index())).map(|f| f.name).collect();
        assert_eq!(of_patients, ["age_years", "sex_male", "hours_since_admission"]);
    }

    #[test]
    fn a_feature_is_as_old_as_the_newest_of_its_sources() {
        let reading = |time: i64, sign: usize| {
            let mut row = Vitals::at(Timestamp(time));
            row.signs[sign] = 80.0;
            row
        };
        let mut timeline =
            Timeline { vitals: vec![reading(1, sign::HR), reading(5, sign::SBP)], ..Timeline::default() };
        timeline.vitals.push(Vitals { available_at: Timestamp(99), ..reading(7, sign::HR) });
        let fresh = Freshness::of(&timeline, Timestamp(10));
        let of = |name: &str| fresh.of_feature(Feature::by_name(name).unwrap().index()).map(|time| time.0);
        assert_eq!(
            (of("hr_last"), of("sbp_last"), of("shock_index"), of("rr_last")),
            (Some(1), Some(5), Some(5), None)
        );
        assert_eq!((of("lactate_last"), of("age_years")), (None, None));
    }
}

//! A patient as of a time: the sums from which every feature is read.
//!
//! All families share these few passes over the timeline, so a vector costs one look at the last day
//! of vitals, the last week of results and the medications. Nothing is allocated.

mod labs;
mod latest;
mod medications;
mod warning;
mod windows;

use strata_types::{HOUR, Timestamp};

use crate::timeline::{AdverseEvent, PatientFacts, Timeline};
pub(crate) use labs::{CREATININE, LACTATE, Labs, WEEK, variable};
pub(crate) use latest::Latest;
pub(crate) use medications::{DAY, Medications};
pub(crate) use warning::Warning;
pub(crate) use windows::{HOURS, Windows, pulse_pressure, shock_index};

/// A patient as of `t`.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) t: Timestamp,
    pub(crate) patient: PatientFacts,
    pub(crate) latest: Latest,
    pub(crate) windows: Windows,
    pub(crate) warning: Warning,
    pub(crate) labs: Labs,
    pub(crate) medications: Medications,
    pub(crate) adverse_events_72h: u32,
}

impl Snapshot {
    /// A patient of whom nothing is known yet, long ago.
    pub(crate) const fn none(patient: PatientFacts) -> Self {
        Self {
            t: Timestamp(i64::MIN),
            patient,
            latest: Latest::NONE,
            windows: Windows::NONE,
            warning: Warning::NONE,
            labs: Labs::NONE,
            medications: Medications::NONE,
            adverse_events_72h: 0,
        }
    }

    pub(crate) fn of(timeline: &Timeline, t: Timestamp) -> Self {
        let patient = timeline.patient;
        let (latest, warning) = Warning::of(&timeline.vitals, t, patient.spo2_scale_2);
        Self {
            t,
            patient,
            latest,
            windows: Windows::of(&timeline.vitals, t),
            warning,
            labs: Labs::of(&timeline.labs, t),
            medications: Medications::of(&timeline.medications, t),
            adverse_events_72h: recent(&timeline.adverse_events, t),
        }
    }
}

fn recent(events: &[AdverseEvent], t: Timestamp) -> u32 {
    let since = t - 72 * HOUR;
    events.iter().filter(|event| event.onset > since && event.onset <= t && event.reported_at <= t).count() as u32
}

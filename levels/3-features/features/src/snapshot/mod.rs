//! A patient as of a time: the sums from which every feature is read.
//!
//! All families share these few passes over the timeline, so a vector costs one look at the last day
//! of vitals, the last week of results and the medications. Nothing is allocated.

mod labs;
mod latest;
mod medications;
mod moments;
mod warning;
mod windows;

use strata_types::{HOUR, Timestamp};

use crate::timeline::{AdverseEvent, PatientFacts, Timeline};
pub(crate) use labs::{Labs, variable};
pub(crate) use latest::Latest;
pub(crate) use medications::Medications;
pub(crate) use warning::Warning;
pub(crate) use windows::Windows;

/// A patient as of `t`.
#[derive(Debug)]
pub(crate) struct Snapshot<'a> {
    pub(crate) t: Timestamp,
    pub(crate) patient: &'a PatientFacts,
    pub(crate) latest: Latest,
    pub(crate) windows: Windows,
    pub(crate) warning: Warning,
    pub(crate) labs: Labs,
    pub(crate) medications: Medications,
    pub(crate) adverse_events_72h: u32,
}

impl<'a> Snapshot<'a> {
    pub(crate) fn of(timeline: &'a Timeline, t: Timestamp) -> Self {
        let patient = &timeline.patient;
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

/// `a / b`; null when `b` is 0.
pub(crate) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { f64::NAN } else { a / b }
}

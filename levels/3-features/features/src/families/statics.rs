//! Who the patient is, how long they are here, and what has happened to them.

use super::feature;
use crate::feature::Feature;
use crate::feature::Group::Static;
use crate::snapshot::Snapshot;
use crate::timeline::PatientFacts;

#[rustfmt::skip]
pub(super) const FEATURES: [Feature; 4] = [
    feature(Static, 117, "age_years", "a", &["patients.age"], "age at t, capped at 90", |s| s.patient.age_at_most_90()),
    feature(Static, 118, "sex_male", "1", &["patients.sex"], "1 male, 0 female, null unknown",
        |s| s.patient.sex_male.map_or(f64::NAN, |male| f64::from(u8::from(male)))),
    feature(Static, 119, "hours_since_admission", "h", &["patients.admitted_at"], "hours from admission to t",
        hours_since_admission),
    feature(Static, 120, "adverse_events_72h", "{count}",
        &["adverse_events.event_timestamp", "adverse_events.report_timestamp"],
        "adverse events recorded in (t-72h, t], excluding the label horizon",
        |s| f64::from(s.adverse_events_72h)).within(72.0),
];

/// Null before the admission, which as of t has not happened.
fn hours_since_admission(s: &Snapshot) -> f64 {
    let admitted_at = s.patient.admitted_at.filter(|admitted_at| *admitted_at <= s.t);
    admitted_at.map_or(f64::NAN, |admitted_at| s.t.hours_since(admitted_at))
}

impl PatientFacts {
    /// Greater ages identify people; HIPAA's safe harbour makes them one.
    pub(super) fn age_at_most_90(&self) -> f64 {
        self.age_years.map_or(f64::NAN, |age| if age > 90.0 { 90.0 } else { age })
    }
}

//! The sections of a mapping, the fields of each, and what kind of value a field takes.

use strata_types::Topic;

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Whole,
    Text,
    Time,
    Flag,
}
use Kind::{Flag, Number, Text, Time, Whole};

/// A field of an event.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether an event without it is none.
    pub(super) needed: bool,
}

/// A section: what a row becomes.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) key: &'static str,
    pub(super) topic: Topic,
    /// The name of the event's time field, filled from `[time]`.
    pub(super) time: Option<&'static str>,
    pub(super) fields: &'static [Field],
}

/// All of them. `labs` (a column a test) is a section too, whose keys are variables.
#[rustfmt::skip]
pub(super) static SECTIONS: [Section; 5] = [
    Section { key: "vitals", topic: Topic::Vitals, time: Some("timestamp"), fields: &[
        may("heart_rate", Number), may("respiratory_rate", Number), may("spo2", Number), may("temperature", Number),
        may("blood_pressure_systolic", Number), may("blood_pressure_diastolic", Number),
        may("mean_arterial_pressure", Number), may("etco2", Number), may("fio2", Number), may("gcs", Number),
        may("consciousness", Text), may("on_oxygen", Flag), may("trial_site", Text), may("trial_arm", Text),
        may("event_id", Text),
    ] },
    Section { key: "lab", topic: Topic::Labs, time: Some("timestamp"), fields: &[
        must("test_name", Text), must("value", Number), must("unit", Text), may("loinc", Text), may("lab_id", Text),
        may("reference_range", Text), may("performing_lab", Text), may("trial_site", Text), may("event_id", Text),
    ] },
    Section { key: "medication", topic: Topic::Medications, time: Some("timestamp"), fields: &[
        must("drug_name", Text), must("dosage", Number), must("unit", Text), must("route", Text), may("frequency", Text),
        may("rate", Number), may("rate_unit", Text), may("end_timestamp", Time), may("status", Text), may("rxnorm", Text),
        may("atc", Text), may("trial_site", Text), may("trial_arm", Text), may("event_id", Text),
    ] },
    Section { key: "adverse_event", topic: Topic::AdverseEvents, time: Some("event_timestamp"), fields: &[
        must("event_type", Text), must("severity", Text), must("reported_by", Text), must("report_timestamp", Time),
        may("resolved_timestamp", Time), may("description", Text), may("trial_site", Text), may("trial_arm", Text),
        may("event_id", Text),
    ] },
    Section { key: "patient", topic: Topic::Patients, time: None, fields: &[
        may("birth_year", Whole), may("age", Number), may("sex", Text), may("care_unit", Text), may("trial_site", Text),
        may("trial_arm", Text), may("enrolled_at", Time), may("admitted_at", Time), may("unit_admitted_at", Time),
        may("height", Number), may("weight", Number), may("spo2_scale_2", Flag), may("event_id", Text),
    ] },
];

const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: false }
}

const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: true }
}

//! The ordinary lines of the three topics that have most of them, without the detour over `serde`.
//!
//! What is read here is what [`Event::parse`](strata_types::Event::parse) reads; `None` leaves the line to it.

use strata_types::event::{Consciousness, LabResult, Label, Vitals};
use strata_types::{Event, PatientId, Timestamp, Topic};

use crate::scan::{Clock, Fields, Scalar, line_end};

pub(super) fn event(topic: Topic, line: &[u8]) -> Option<Event> {
    match topic {
        Topic::Vitals => vitals(line).map(Event::Vitals),
        Topic::Labs => lab_result(line).map(Event::LabResult),
        Topic::Labels => label(line).map(Event::Label),
        Topic::Patients | Topic::Medications | Topic::AdverseEvents => None,
    }
}

/// The members of a line, in the order in which Strata writes them.
fn members<'a, const N: usize>(fields: &Fields<N>, line: &'a [u8]) -> Option<[Scalar<'a>; N]> {
    let mut members = [Scalar::Absent; N];
    let end = fields.read(line, 0, &mut members)?;
    (line_end(line, end)? == line.len()).then_some(members)
}

fn vitals(line: &[u8]) -> Option<Vitals> {
    static FIELDS: Fields<19> = Fields::new([
        "patient_id\"",
        "timestamp\"",
        "source\"",
        "heart_rate\"",
        "respiratory_rate\"",
        "spo2\"",
        "temperature\"",
        "blood_pressure_systolic\"",
        "blood_pressure_diastolic\"",
        "mean_arterial_pressure\"",
        "etco2\"",
        "fio2\"",
        "gcs\"",
        "consciousness\"",
        "temperature_unit\"",
        "on_oxygen\"",
        "trial_site\"",
        "trial_arm\"",
        "event_id\"",
    ]);
    let [patient, time, source, readings @ .., consciousness, unit, oxygen, site, arm, id] = &members(&FIELDS, line)?;
    let mut numbers = [None; 10];
    for (number, reading) in numbers.iter_mut().zip(readings) {
        *number = optional(reading, number_of)?;
    }
    let [heart_rate, respiratory_rate, spo2, temperature, systolic, diastolic, mean, etco2, fio2, gcs] = numbers;
    let vitals = Vitals {
        patient_id: patient_of(patient)?,
        timestamp: time_of(time)?,
        source: source_of(source)?,
        heart_rate,
        respiratory_rate,
        spo2,
        temperature,
        blood_pressure_systolic: systolic,
        blood_pressure_diastolic: diastolic,
        mean_arterial_pressure: mean,
        etco2,
        fio2,
        gcs,
        consciousness: optional(consciousness, |member| match member {
            Scalar::Text(b"A") => Some(Consciousness::A),
            Scalar::Text(b"C") => Some(Consciousness::C),
            Scalar::Text(b"V") => Some(Consciousness::V),
            Scalar::Text(b"P") => Some(Consciousness::P),
            Scalar::Text(b"U") => Some(Consciousness::U),
            _ => None,
        })?,
        temperature_unit: optional(unit, text_of)?,
        on_oxygen: optional(oxygen, flag_of)?,
        trial_site: optional(site, text_of)?,
        trial_arm: optional(arm, text_of)?,
        event_id: optional(id, text_of)?,
    };
    (!vitals.is_empty()).then_some(vitals)
}

fn lab_result(line: &[u8]) -> Option<LabResult> {
    static FIELDS: Fields<12> = Fields::new([
        "patient_id\"",
        "timestamp\"",
        "test_name\"",
        "value\"",
        "unit\"",
        "source\"",
        "loinc\"",
        "lab_id\"",
        "reference_range\"",
        "performing_lab\"",
        "trial_site\"",
        "event_id\"",
    ]);
    let [patient, time, test, value, unit, source, loinc, lab_id, range, lab, site, id] = &members(&FIELDS, line)?;
    Some(LabResult {
        patient_id: patient_of(patient)?,
        timestamp: time_of(time)?,
        test_name: text_of(test)?,
        value: number_of(value)?,
        unit: text_of(unit)?,
        source: source_of(source)?,
        loinc: optional(loinc, text_of)?,
        lab_id: optional(lab_id, text_of)?,
        reference_range: optional(range, text_of)?,
        performing_lab: optional(lab, text_of)?,
        trial_site: optional(site, text_of)?,
        event_id: optional(id, text_of)?,
    })
}

fn label(line: &[u8]) -> Option<Label> {
    static FIELDS: Fields<5> = Fields::new(["patient_id\"", "time\"", "label\"", "horizon_hours\"", "source\""]);
    let [patient, time, label, horizon, source] = &members(&FIELDS, line)?;
    Some(Label {
        patient_id: patient_of(patient)?,
        time: time_of(time)?,
        label: flag_of(label)?,
        horizon_hours: number_of(horizon)?,
        source: text_of(source)?,
    })
}

/// A member that may be absent or null.
#[expect(clippy::option_option, reason = "the outer one says whether it could be read, as everywhere here")]
fn optional<T>(member: &Scalar<'_>, read: impl Fn(&Scalar<'_>) -> Option<T>) -> Option<Option<T>> {
    match member {
        Scalar::Absent | Scalar::Null => Some(None),
        given => read(given).map(Some),
    }
}

fn text<'a>(member: &Scalar<'a>) -> Option<&'a str> {
    if let Scalar::Text(text) = member { std::str::from_utf8(text).ok() } else { None }
}

fn text_of(member: &Scalar<'_>) -> Option<String> {
    text(member).map(str::to_owned)
}

fn patient_of(member: &Scalar<'_>) -> Option<PatientId> {
    text(member)?.parse().ok()
}

/// As a sender gives it; who names none is unknown.
fn source_of(member: &Scalar<'_>) -> Option<String> {
    if let Scalar::Absent = member { Some("unknown".to_owned()) } else { text_of(member) }
}

fn number_of(member: &Scalar<'_>) -> Option<f64> {
    if let Scalar::Number(number) = member { Some(number.value()) } else { None }
}

fn flag_of(member: &Scalar<'_>) -> Option<bool> {
    if let Scalar::Bool(flag) = member { Some(*flag) } else { None }
}

fn time_of(member: &Scalar<'_>) -> Option<Timestamp> {
    let Scalar::Text(text) = member else { return None };
    Clock::default().read(text).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A line of known and unknown members, right and wrong, as a sender may write it.
    fn line() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec![
            "source",
            "heart_rate",
            "spo2",
            "temperature",
            "fio2",
            "consciousness",
            "temperature_unit",
            "on_oxygen",
            "trial_site",
            "event_id",
            "test_name",
            "value",
            "unit",
            "loinc",
            "label",
            "horizon_hours",
            "nobody knows",
        ]);
        let value = prop_oneof![
            4 => "-?(0|[1-9][0-9]{0,4})(\\.[0-9]{1,4})?",
            1 => "-?[0-9]{1,20}(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
            4 => "\"[ -!#-\\[\\]-~]{0,12}\"",
            1 => "\"([ -~é\\x00]|\\\\n|\\\\u00e9){0,12}\"",
            1 => prop::sample::select(vec!["\"A\"", "\"Cel\"", "\"[degF]\"", "\"80\"", "NaN", "[1]", "{\"a\":{}}", ""]).prop_map(str::to_owned),
            2 => prop::sample::select(vec!["null", "true", "false"]).prop_map(str::to_owned),
        ];
        let required = prop::sample::select(vec![
            r#""patient_id":"p1","timestamp":"2026-03-01T12:00:00Z""#,
            r#""patient_id":"p1","timestamp":"2026-03-01T13:00:00.123456789+01:00","test_name":"Lactate","value":1.8,"unit":"mmol/L""#,
            r#""patient_id":"p1","time":"2026-03-01T12:00:00Z","label":false,"horizon_hours":6,"source":"s""#,
            r#""patient_id":"Jane Doe","timestamp":"2026-03-01T12:00:00Z""#,
            r#""patient_id":"p1","timestamp":"noon""#,
            r#""timestamp":"2026-03-01T12:00:00Z""#,
        ]);
        let members = prop::collection::vec((name, value), 0..6);
        (required, members, prop::option::weighted(0.1, 0_usize..200)).prop_map(|(required, members, cut)| {
            let more: String = members.iter().flat_map(|(name, value)| [",\"", name, "\":", value]).collect();
            let mut line = format!("{{{required}{more}}}");
            if let Some(cut) = cut.filter(|cut| line.is_char_boundary(*cut)) {
                line.truncate(cut);
            }
            line
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        /// Whatever comes, what is read here is what the definition reads.
        #[test]
        fn what_is_read_is_what_the_definition_reads(line in line()) {
            for topic in Topic::ALL {
                if let Some(event) = event(topic, line.as_bytes()) {
                    prop_assert_eq!(Ok(event), Event::parse(topic, line.as_bytes()), "{}", line);
                }
            }
        }
    }

    /// What Strata writes itself goes this way.
    #[test]
    fn ordinary_lines_are_read() {
        for (topic, line) in [
            (
                Topic::Vitals,
                r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","source":"m","heart_rate":80.0,"event_id":"e"}"#,
            ),
            (
                Topic::Vitals,
                r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","consciousness":"A","on_oxygen":true}"#,
            ),
            (
                Topic::Labs,
                r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","test_name":"Lactate","value":1.8,"unit":"mmol/L"}"#,
            ),
            (
                Topic::Labels,
                r#"{"patient_id":"p1","time":"2026-03-01T12:00:00Z","label":true,"horizon_hours":6.0,"source":"s"}"#,
            ),
        ] {
            assert_eq!(event(topic, line.as_bytes()), Event::parse(topic, line.as_bytes()).ok());
            assert!(event(topic, line.as_bytes()).is_some(), "{line}");
        }
        assert_eq!(event(Topic::Vitals, br#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z"}"#), None);
    }
}

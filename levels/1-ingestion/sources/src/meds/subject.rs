//! What is exported of a patient: plain values, as silver has them.

use strata_types::event::{Severity, Sex};
use strata_types::{Timestamp, Variable};

/// A patient's history under a number. What it was charted as does not matter here: values are canonical.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// The number that stands for the patient: stored once, never derived from the id.
    pub subject_id: i64,
    /// The part of the split that the patient is in, if the data set is split.
    pub split: Option<Split>,
    /// The year of birth.
    pub birth_year: Option<i32>,
    /// The sex.
    pub sex: Option<Sex>,
    /// The admission to the hospital.
    pub admitted_at: Option<Timestamp>,
    /// The admission to the unit, and its kind.
    pub unit_admitted_at: Option<Timestamp>,
    /// The kind of ward: `MICU`, ...
    pub care_unit: Option<String>,
    /// Vital signs and laboratory results.
    pub measurements: Vec<Measurement>,
    /// Doses and infusions.
    pub doses: Vec<Dose>,
    /// Adverse events.
    pub adverse_events: Vec<Happening>,
}

/// Something measured.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// When the sample was taken, or the sign was read.
    pub time: Timestamp,
    /// What was measured.
    pub variable: &'static Variable,
    /// The value, in the variable's canonical unit.
    pub value: f64,
}

/// A dose, or an infusion when it has an end.
#[derive(Clone, Debug)]
pub struct Dose {
    /// When it was given, or began.
    pub time: Timestamp,
    /// When the infusion ended.
    pub end: Option<Timestamp>,
    /// The drug.
    pub drug: String,
    /// How much, in `unit`.
    pub dosage: f64,
    /// The unit of the dose.
    pub unit: String,
    /// The way in.
    pub route: String,
    /// The infusion's rate and its unit.
    pub rate: Option<(f64, String)>,
}

/// An adverse event.
#[derive(Clone, Debug)]
pub struct Happening {
    /// The onset.
    pub time: Timestamp,
    /// What happened; `death` is also the standard's `MEDS_DEATH`.
    pub kind: String,
    /// Its CTCAE grade.
    pub severity: Severity,
}

/// A part of a split, in the standard's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// For training.
    Train,
    /// For early stopping and calibration.
    Tuning,
    /// For the test.
    HeldOut,
}

impl Split {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Tuning => "tuning",
            Self::HeldOut => "held_out",
        }
    }
}

/// A row of the standard's data, before it has a subject.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) time: Option<Timestamp>,
    pub(super) code: String,
    pub(super) value: Option<f64>,
    pub(super) text: Option<String>,
    /// What the code means, for `codes.parquet`.
    pub(super) about: String,
    /// The code of another vocabulary that it is an example of.
    pub(super) parent: Option<String>,
}

impl Subject {
    /// The rows: what has no time first, then by time; at one time in the order of this type's fields.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.measurements.len() + self.doses.len() + 8);
        if let Some(sex) = self.sex {
            let letter = match sex {
                Sex::Male => "M",
                Sex::Female => "F",
                Sex::Other => "O",
                Sex::Unknown => "U",
            };
            entries.push(entry(None, format!("GENDER//{letter}"), "administrative sex".into()));
        }
        let born = self.birth_year.and_then(|year| format!("{year:04}-01-01T00:00:00Z").parse().ok());
        if born.is_some() {
            entries.push(entry(born, "MEDS_BIRTH".into(), "birth, by its year".into()));
        }
        if self.admitted_at.is_some() {
            entries.push(entry(self.admitted_at, "HOSPITAL_ADMISSION".into(), "admission to the hospital".into()));
        }
        if self.unit_admitted_at.is_some() {
            let unit = self.care_unit.as_deref().map(|unit| format!("//{}", part(unit))).unwrap_or_default();
            entries.push(entry(self.unit_admitted_at, format!("ICU_ADMISSION{unit}"), "admission to the unit".into()));
        }
        entries.extend(self.measurements.iter().map(measured));
        self.doses.iter().for_each(|dose| given(dose, &mut entries));
        self.adverse_events.iter().for_each(|event| happened(event, &mut entries));
        entries.sort_by_key(|entry| entry.time);
        entries
    }
}

fn measured(measurement: &Measurement) -> Entry {
    let Variable { name, loinc, ucum, .. } = measurement.variable;
    Entry {
        value: Some(measurement.value).filter(|value| value.is_finite()),
        parent: Some(format!("LOINC/{loinc}")),
        ..entry(Some(measurement.time), format!("LOINC//{loinc}//{ucum}"), format!("{name} in {ucum}"))
    }
}

fn given(dose: &Dose, entries: &mut Vec<Entry>) {
    let (drug, unit) = (part(&dose.drug), part(&dose.unit));
    let amount = Some(dose.dosage).filter(|dosage| dosage.is_finite());
    let text = Some(dose.route.clone());
    let Some(end) = dose.end else {
        let about = format!("a dose of {drug} in {unit}; the text is the route");
        let row = entry(Some(dose.time), format!("MEDICATION//{drug}//{unit}"), about);
        entries.push(Entry { value: amount, text, ..row });
        return;
    };
    let (rate, rate_unit) =
        dose.rate.as_ref().map_or((None, "unknown".into()), |(rate, unit)| (Some(*rate), part(unit)));
    let about = format!("an infusion of {drug} begins, at this rate in {rate_unit}; the text is the route");
    let start = entry(Some(dose.time), format!("INFUSION_START//{drug}//{rate_unit}"), about);
    entries.push(Entry { value: rate.filter(|rate| rate.is_finite()), text, ..start });
    let about = format!("an infusion of {drug} ends, after this amount in {unit}");
    let row = entry(Some(end), format!("INFUSION_END//{drug}//{unit}"), about);
    entries.push(Entry { value: amount, ..row });
}

fn happened(event: &Happening, entries: &mut Vec<Entry>) {
    let (kind, grade) = (part(&event.kind), event.severity as u8);
    let about = format!("onset of the adverse event {kind}, grade {grade} of CTCAE");
    entries.push(entry(Some(event.time), format!("ADVERSE_EVENT//{kind}//grade_{grade}"), about));
    if kind == "death" {
        entries.push(entry(Some(event.time), "MEDS_DEATH".into(), "death".into()));
    }
}

fn entry(time: Option<Timestamp>, code: String, about: String) -> Entry {
    Entry { time, code, value: None, text: None, about, parent: None }
}

/// A part of a code: what stands between the `//` that separate parts must not hold one.
fn part(text: &str) -> String {
    text.replace("//", "/")
}

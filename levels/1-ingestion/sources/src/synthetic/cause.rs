//! The causes of adverse events, and what each does to the body on its way.
//!
//! A deterioration ramps up over hours and then becomes an event of its type, unless it subsides.
//! Rates, effects and treatments are plausible, not measured: what matters is that they are written
//! down, so that what a model can learn is known.

use super::order::Treatment;
use super::signs::Signs;

/// What makes a patient deteriorate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Sepsis,
    Kidney,
    Liver,
    Hypotension,
    Arrhythmia,
    Anaphylaxis,
    Thrombocytopenia,
    Neutropenia,
    LongQt,
}

impl Cause {
    pub(super) const COUNT: usize = 9;

    /// How it runs.
    pub(super) fn course(self) -> &'static Course {
        &COURSES[self as usize]
    }
}

/// How a deterioration of one cause runs.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) cause: Cause,
    /// The adverse event that it becomes.
    pub(super) event_type: &'static str,
    /// Deteriorations in a week of a patient of 60 years without risks.
    pub(super) per_week: f64,
    /// What ten years more multiply that with.
    pub(super) per_decade: f64,
    /// The least and the most hours from the first change to the event.
    pub(super) ramp_hours: (u32, u32),
    /// What is added to the vital signs at the height.
    pub(super) signs: Signs,
    /// What laboratory values are multiplied with at the height.
    pub(super) labs: &'static [(&'static str, f64)],
    /// What clinicians do about it.
    pub(super) treatments: &'static [Treatment],
}

/// The courses, in the order of [`Cause`].
pub(super) static COURSES: [Course; Cause::COUNT] = [
    Course {
        cause: Cause::Sepsis,
        event_type: "sepsis",
        per_week: 0.034,
        per_decade: 1.8,
        ramp_hours: (10, 18),
        signs: [38.0, 11.0, -5.0, 2.0, -36.0, -18.0],
        labs: &[("lactate", 3.5), ("wbc", 2.2), ("creatinine", 1.5), ("crp", 12.0), ("platelets", 0.7)],
        treatments: &[
            Treatment::doses("piperacillin", 4.5, "g", "iv", 6).for_hours(96).when_suspected(),
            Treatment::doses("vancomycin", 1.0, "g", "iv", 12).for_hours(72).when_suspected(),
            Treatment::infusion("norepinephrine", 0.18).for_hours(20),
        ],
    },
    Course {
        cause: Cause::Kidney,
        event_type: "kidney_dysfunction",
        per_week: 0.022,
        per_decade: 1.7,
        ramp_hours: (12, 18),
        signs: [12.0, 7.0, -2.5, 0.0, 18.0, 8.0],
        labs: &[("creatinine", 2.8), ("bun", 2.2), ("potassium", 1.35), ("bicarbonate", 0.75)],
        treatments: &[Treatment::doses("furosemide", 40.0, "mg", "iv", 8).for_hours(48).when_suspected()],
    },
    Course {
        cause: Cause::Liver,
        event_type: "liver_toxicity",
        per_week: 0.014,
        per_decade: 1.3,
        ramp_hours: (12, 18),
        signs: [16.0, 3.0, -1.0, 0.7, -14.0, -7.0],
        labs: &[("ast", 14.0), ("alt", 16.0), ("bilirubin_total", 4.0), ("inr", 1.7), ("alp", 1.6)],
        treatments: &[],
    },
    Course {
        cause: Cause::Hypotension,
        event_type: "severe_hypotension",
        per_week: 0.024,
        per_decade: 1.8,
        ramp_hours: (6, 12),
        signs: [24.0, 4.0, -2.0, 0.0, -44.0, -24.0],
        labs: &[("lactate", 2.0)],
        treatments: &[Treatment::infusion("norepinephrine", 0.12).for_hours(12)],
    },
    Course {
        cause: Cause::Arrhythmia,
        event_type: "arrhythmia",
        per_week: 0.022,
        per_decade: 1.9,
        ramp_hours: (6, 12),
        signs: [44.0, 4.0, -2.0, 0.0, -16.0, -6.0],
        labs: &[("magnesium", 0.65), ("potassium", 0.76), ("troponin_i", 3.0)],
        treatments: &[
            Treatment::infusion("amiodarone", 10.0).for_hours(24),
            Treatment::doses("metoprolol", 5.0, "mg", "iv", 6).for_hours(24),
        ],
    },
    Course {
        cause: Cause::Anaphylaxis,
        event_type: "anaphylaxis",
        per_week: 0.004,
        per_decade: 0.9,
        ramp_hours: (1, 2),
        signs: [42.0, 12.0, -9.0, 0.3, -42.0, -20.0],
        labs: &[("lactate", 1.6)],
        treatments: &[
            Treatment::doses("epinephrine", 0.5, "mg", "im", 24).for_hours(1),
            Treatment::doses("dexamethasone", 8.0, "mg", "iv", 12).for_hours(36),
        ],
    },
    Course {
        cause: Cause::Thrombocytopenia,
        event_type: "thrombocytopenia",
        per_week: 0.014,
        per_decade: 1.4,
        ramp_hours: (12, 18),
        signs: [18.0, 4.0, -1.0, 0.0, -18.0, -9.0],
        labs: &[("platelets", 0.18), ("haemoglobin", 0.85)],
        treatments: &[],
    },
    Course {
        cause: Cause::Neutropenia,
        event_type: "neutropenia",
        per_week: 0.010,
        per_decade: 1.4,
        ramp_hours: (12, 18),
        signs: [20.0, 4.0, -1.0, 1.5, -10.0, -5.0],
        labs: &[("wbc", 0.12), ("platelets", 0.7), ("crp", 4.0)],
        treatments: &[Treatment::doses("cefepime", 2.0, "g", "iv", 8).for_hours(72).when_suspected()],
    },
    Course {
        cause: Cause::LongQt,
        event_type: "qt_prolongation",
        per_week: 0.012,
        per_decade: 1.5,
        ramp_hours: (6, 12),
        signs: [-24.0, 0.0, -1.0, 0.0, -14.0, -6.0],
        labs: &[("potassium", 0.70), ("magnesium", 0.7), ("calcium_total", 0.88)],
        treatments: &[],
    },
];

#[cfg(test)]
mod tests {
    use strata_types::drug::Drug;

    use super::super::labs::LABS;
    use super::*;

    #[test]
    fn courses_stand_in_the_order_of_their_causes() {
        for (place, course) in COURSES.iter().enumerate() {
            assert_eq!(course.cause as usize, place);
            assert!(course.ramp_hours.0 >= 1 && course.ramp_hours.0 <= course.ramp_hours.1);
        }
    }

    /// Fault 30: lists of drugs that never occurred in the data.
    #[test]
    fn what_courses_name_exists() {
        for course in &COURSES {
            for (lab, _) in course.labs {
                assert!(LABS.iter().any(|known| known.name == *lab), "{lab}");
            }
            for treatment in course.treatments {
                assert!(Drug::by_name(treatment.drug).is_some(), "{}", treatment.drug);
            }
        }
    }
}

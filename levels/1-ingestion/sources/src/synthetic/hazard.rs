//! How likely a patient is to deteriorate, and from that, exactly, how likely an event is.
//!
//! The latent process is a Markov chain with steps of an hour. A stable patient starts to deteriorate
//! with a probability that depends on who the patient is; a ramp of a known length leads to an event or
//! subsides; an event has a grade, and recovery takes its time. So the probability of an event
//! of grade 3 or more within the horizon is a finite sum, and no model can know more than this.

use super::cause::{COURSES, Cause};
use super::labs::LABS;
use super::person::Person;

/// Hours that the label looks ahead.
pub(super) const HORIZON: usize = 24;
/// The longest ramp, in hours.
pub(super) const LONGEST_RAMP: usize = 18;
/// The probability that a deterioration subsides within an hour.
pub(super) const SUBSIDES: f64 = 0.02;
/// How often an event has grade 1, 2, ... 5.
pub(super) const GRADES: [f64; 5] = [0.05, 0.11, 0.47, 0.31, 0.06];
/// The hours that recovery takes after an event of grade 1 or 2, and after a graver one.
pub(super) const MILD_RECOVERY: (u32, u32) = (6, 12);
pub(super) const GRAVE_RECOVERY: (u32, u32) = (24, 60);

/// Usual laboratory values that raise a risk: the ratio to the median, to this power.
const LAB_RISKS: [(&str, Cause, f64); 9] = [
    ("creatinine", Cause::Kidney, 1.5),
    ("alt", Cause::Liver, 0.9),
    ("platelets", Cause::Thrombocytopenia, -2.5),
    ("wbc", Cause::Neutropenia, -2.0),
    ("lactate", Cause::Sepsis, 1.2),
    ("crp", Cause::Sepsis, 0.3),
    ("albumin", Cause::Sepsis, -1.5),
    ("potassium", Cause::LongQt, -5.0),
    ("magnesium", Cause::Arrhythmia, -4.0),
];

/// What multiplies every rate: it sets how many patients have an event.
const LEVEL: f64 = 0.55;

/// The hourly rates of deteriorating, by cause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hazard(pub(super) [f64; Cause::COUNT]);

impl Hazard {
    /// The rates of a patient: age, conditions, drugs, usual laboratory values, and frailty.
    pub(super) fn of(person: &Person) -> Self {
        let mut rates = COURSES.each_ref().map(|course| {
            let age = course.per_decade.powf((person.age - 60.0) / 10.0);
            LEVEL * course.per_week / (7.0 * 24.0) * age * person.frailty
        });
        let conditions = person.conditions.iter().flat_map(|condition| condition.risks);
        let drugs = person.standing.iter().flat_map(|standing| standing.risks);
        for (cause, factor) in conditions.chain(drugs) {
            rates[*cause as usize] *= factor;
        }
        for (name, cause, power) in LAB_RISKS {
            if let Some(place) = LABS.iter().position(|lab| lab.name == name) {
                rates[cause as usize] *= (person.labs[place] / LABS[place].usual).powf(power);
            }
        }
        Self(rates)
    }

    /// The probability that a stable patient starts to deteriorate within an hour.
    pub(super) fn starts(&self) -> f64 {
        1.0 - (-self.0.iter().sum::<f64>()).exp()
    }

    /// The probabilities of the lengths of the ramp that starts, by hours.
    fn ramp_lengths(&self) -> [f64; LONGEST_RAMP + 1] {
        let sum: f64 = self.0.iter().sum();
        let mut lengths = [0.0; LONGEST_RAMP + 1];
        for (course, rate) in COURSES.iter().zip(self.0) {
            let (low, high) = course.ramp_hours;
            for hours in low..=high {
                lengths[hours as usize] += rate / sum / f64::from(high - low + 1);
            }
        }
        lengths
    }
}

/// Where a patient stands on the hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No deterioration.
    Stable,
    /// The event comes within the last of so many hours, unless it subsides.
    Ramp { left: u32 },
    /// Stable again after so many hours.
    Recovering { left: u32 },
    /// No more.
    Dead,
}

/// The probability of an event of grade 3 or more within the horizon, by state.
#[derive(Debug)]
pub(super) struct Risk {
    /// Within n hours of a stable patient.
    stable: [f64; HORIZON + 1],
    /// Within the horizon, by the hours that are left of the ramp.
    ramp: [f64; LONGEST_RAMP + 1],
}

impl Risk {
    /// Counts forward from a horizon of no hours to the whole one.
    pub(super) fn of(hazard: &Hazard) -> Self {
        let (starts, lengths) = (hazard.starts(), hazard.ramp_lengths());
        let grave: f64 = GRADES[2..].iter().sum();
        let mut stable = [0.0; HORIZON + 1];
        let mut ramp = [0.0; LONGEST_RAMP + 1];
        for n in 1..=HORIZON {
            let before = ramp;
            let ramp_starts: f64 = lengths.iter().zip(before).map(|(share, risk)| share * risk).sum();
            stable[n] = (1.0 - starts) * stable[n - 1] + starts * ramp_starts;
            for left in 1..=LONGEST_RAMP {
                let goes_on =
                    if left == 1 { grave + (1.0 - grave) * after_mild(n - 1, &stable) } else { before[left - 1] };
                ramp[left] = SUBSIDES * stable[n - 1] + (1.0 - SUBSIDES) * goes_on;
            }
        }
        Self { stable, ramp }
    }

    /// The probability in a state.
    pub(super) fn at(&self, state: State) -> f64 {
        match state {
            State::Stable => self.stable[HORIZON],
            State::Ramp { left } => self.ramp[left as usize],
            State::Recovering { left } => self.stable[HORIZON.saturating_sub(left as usize)],
            State::Dead => 0.0,
        }
    }
}

/// The probability within n hours, when recovery from a mild event starts.
fn after_mild(n: usize, stable: &[f64; HORIZON + 1]) -> f64 {
    let (low, high) = MILD_RECOVERY;
    let sum: f64 = (low..=high).map(|hours| stable[n.saturating_sub(hours as usize)]).sum();
    sum / f64::from(high - low + 1)
}

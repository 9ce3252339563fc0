//! The bedside monitor: readings of the vital signs.

use std::f64::consts::TAU;

use strata_types::Timestamp;
use strata_types::event::{Consciousness, Vitals};

use super::labs::round;
use super::path::Path;
use super::person::Person;
use super::random::Dice;
use super::signs::{DIASTOLIC, RESPIRATORY_RATE, SPO2, SYSTOLIC, Signs, TEMPERATURE};
use super::{SOURCE, site_name};

/// The deviation of one reading from the next, and of one part of the day from another.
const NOISE: Signs = [4.0, 1.6, 0.9, 0.12, 6.0, 4.0];
const WANDER: Signs = [4.0, 1.1, 0.6, 0.16, 5.0, 3.5];
/// Hours in which the wandering forgets where it was.
const WANDER_HOURS: f64 = 8.0;
/// The amplitude of the day's rhythm, which is highest in the late afternoon.
const RHYTHM: Signs = [4.0, 0.7, 0.0, 0.25, 5.0, 3.0];
const PEAK_HOUR: f64 = 17.0;
/// What a living body shows at most: what lies beyond is dirt, and is counted as such.
const LOWEST: Signs = [32.0, 5.0, 62.0, 33.5, 58.0, 24.0];
const HIGHEST: Signs = [205.0, 52.0, 100.0, 41.8, 235.0, 140.0];

/// A patient's monitor, which remembers how the signs wander.
#[derive(Debug)]
pub(super) struct Monitor {
    wander: Signs,
    /// How much of the wandering is left at the next reading.
    keeps: f64,
}

impl Monitor {
    pub(super) fn new(interval_minutes: u32, dice: &mut Dice) -> Self {
        let keeps = (-f64::from(interval_minutes) / 60.0 / WANDER_HOURS).exp();
        Self { wander: WANDER.map(|deviation| dice.normal(0.0, deviation)), keeps }
    }

    /// The vital signs at a time, in hours from the start of the hospital.
    pub(super) fn measure(&mut self, person: &Person, path: &Path, hour: f64, dice: &mut Dice) -> Signs {
        let effects = path.sign_effects(hour);
        let rhythm = (TAU * (hour - PEAK_HOUR) / 24.0).cos();
        let renews = (1.0 - self.keeps * self.keeps).sqrt();
        let mut signs: Signs = std::array::from_fn(|sign| {
            self.wander[sign] = self.keeps * self.wander[sign] + renews * dice.normal(0.0, WANDER[sign]);
            let steady = person.signs[sign] + RHYTHM[sign] * rhythm + effects[sign] + self.wander[sign];
            (steady + dice.normal(0.0, NOISE[sign])).clamp(LOWEST[sign], HIGHEST[sign])
        });
        signs[DIASTOLIC] = signs[DIASTOLIC].min(signs[SYSTOLIC] - 12.0);
        signs
    }
}

/// The reading of these signs. Once in an hour a nurse adds what no monitor sees.
pub(super) fn reading(
    person: &Person,
    signs: &Signs,
    timestamp: Timestamp,
    intensity: Option<f64>,
    dice: &mut Dice,
) -> Vitals {
    let whole = |sign: usize| Some(signs[sign].round());
    let mut vitals = Vitals {
        heart_rate: whole(0),
        respiratory_rate: whole(RESPIRATORY_RATE),
        spo2: whole(SPO2),
        temperature: Some(round(signs[TEMPERATURE], 1)),
        blood_pressure_systolic: whole(SYSTOLIC),
        blood_pressure_diastolic: whole(DIASTOLIC),
        trial_site: Some(site_name(person.site)),
        trial_arm: Some(person.arm().into()),
        ..Vitals::at(person.id.clone(), timestamp, SOURCE)
    };
    if let Some(intensity) = intensity {
        let fogged = intensity * dice.uniform(0.4, 1.2);
        vitals.consciousness = Some(match fogged {
            f if f > 1.05 => Consciousness::P,
            f if f > 0.85 => Consciousness::V,
            f if f > 0.65 => Consciousness::C,
            _ => Consciousness::A,
        });
        vitals.gcs = Some((15.0 - 4.0 * (fogged - 0.4).max(0.0)).round());
        let short_of_air = 94.0 - signs[SPO2] + (signs[RESPIRATORY_RATE] - 22.0).max(0.0) / 2.0;
        vitals.on_oxygen = Some(short_of_air > 0.0);
        vitals.fio2 = (short_of_air > 0.0).then(|| (28.0 + 3.0 * short_of_air).min(80.0).round());
    }
    vitals
}

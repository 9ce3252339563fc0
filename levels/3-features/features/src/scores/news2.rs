//! NEWS2, the National Early Warning Score (Royal College of Physicians, 2017, chart 1).

use super::{tenth, total, whole};

/// What the score looks at. NaN and `None` are not measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observations {
    /// Respiratory rate, /min.
    pub respiratory_rate: f64,
    /// Oxygen saturation, %.
    pub spo2: f64,
    /// Whether the saturation is scored on scale 2, for hypercapnic respiratory failure.
    pub spo2_scale_2: bool,
    /// Whether the patient breathes supplemental oxygen.
    pub on_oxygen: Option<bool>,
    /// Systolic pressure, `mm[Hg]`.
    pub systolic: f64,
    /// Pulse, /min.
    pub pulse: f64,
    /// Anything but alert: new confusion, voice, pain, unresponsive.
    pub consciousness_altered: Option<bool>,
    /// Temperature, Cel.
    pub temperature: f64,
}

/// The points of each component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the components of the chart")]
pub struct News2 {
    pub respiration: Option<u8>,
    pub saturation: Option<u8>,
    pub oxygen: Option<u8>,
    pub systolic: Option<u8>,
    pub pulse: Option<u8>,
    pub consciousness: Option<u8>,
    pub temperature: Option<u8>,
}

/// How fast the chart asks for a clinician.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// 0 to 4: the ward's routine.
    Routine,
    /// 5 or 6, or 3 in a single component: urgent review.
    Urgent,
    /// 7 or more: emergency assessment.
    Emergency,
}

impl News2 {
    /// Of a patient of whom nothing is known.
    pub(crate) const NONE: Self = Self {
        respiration: None,
        saturation: None,
        oxygen: None,
        systolic: None,
        pulse: None,
        consciousness: None,
        temperature: None,
    };

    /// Scores a patient.
    pub fn of(seen: &Observations) -> Self {
        let scale_2 = if seen.on_oxygen == Some(true) { saturation_2_on_oxygen } else { saturation_2_on_air };
        let saturation = if seen.spo2_scale_2 { scale_2 } else { saturation_1 };
        Self {
            respiration: points(whole(seen.respiratory_rate), respiration),
            saturation: points(whole(seen.spo2), saturation),
            oxygen: seen.on_oxygen.map(|yes| if yes { 2 } else { 0 }),
            systolic: points(whole(seen.systolic), systolic),
            pulse: points(whole(seen.pulse), pulse),
            consciousness: seen.consciousness_altered.map(|yes| if yes { 3 } else { 0 }),
            temperature: points(tenth(seen.temperature), temperature),
        }
    }

    /// The aggregate, 0 to 20: the sum of what is known; `None` if nothing is.
    pub fn total(&self) -> Option<u8> {
        total(self.components())
    }

    /// What the chart asks for; `None` if nothing is known.
    pub fn urgency(&self) -> Option<Urgency> {
        let single_3 = self.components().contains(&Some(3));
        self.total().map(|total| match total {
            7.. => Urgency::Emergency,
            5.. => Urgency::Urgent,
            _ if single_3 => Urgency::Urgent,
            _ => Urgency::Routine,
        })
    }

    const fn components(&self) -> [Option<u8>; 7] {
        let Self { respiration, saturation, oxygen, systolic, pulse, consciousness, temperature } = *self;
        [respiration, saturation, oxygen, systolic, pulse, consciousness, temperature]
    }
}

fn points(value: f64, band: fn(f64) -> u8) -> Option<u8> {
    (!value.is_nan()).then(|| band(value))
}

fn respiration(rate: f64) -> u8 {
    match rate {
        ..=8.0 => 3,
        ..=11.0 => 1,
        ..=20.0 => 0,
        ..=24.0 => 2,
        _ => 3,
    }
}

fn saturation_1(spo2: f64) -> u8 {
    match spo2 {
        ..=91.0 => 3,
        ..=93.0 => 2,
        ..=95.0 => 1,
        _ => 0,
    }
}

/// Also when nobody charted oxygen: a missing component adds nothing.
fn saturation_2_on_air(spo2: f64) -> u8 {
    match spo2 {
        ..=83.0 => 3,
        ..=85.0 => 2,
        ..=87.0 => 1,
        _ => 0,
    }
}

/// The target is 88-92; above it the patient gets too much oxygen.
fn saturation_2_on_oxygen(spo2: f64) -> u8 {
    match spo2 {
        ..=92.0 => saturation_2_on_air(spo2),
        ..=94.0 => 1,
        ..=96.0 => 2,
        _ => 3,
    }
}

fn systolic(pressure: f64) -> u8 {
    match pressure {
        ..=90.0 => 3,
        ..=100.0 => 2,
        ..=110.0 => 1,
        ..=219.0 => 0,
        _ => 3,
    }
}

fn pulse(rate: f64) -> u8 {
    match rate {
        ..=40.0 => 3,
        ..=50.0 => 1,
        ..=90.0 => 0,
        ..=110.0 => 1,
        ..=130.0 => 2,
        _ => 3,
    }
}

fn temperature(celsius: f64) -> u8 {
    match celsius {
        ..=35.0 => 3,
        ..=36.0 => 1,
        ..=38.0 => 0,
        ..=39.0 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;

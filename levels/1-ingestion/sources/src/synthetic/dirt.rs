//! What goes wrong with the data, and how often it did.

use std::ops::AddAssign;

use strata_types::event::{LabResult, Vitals};
use strata_types::{Event, Variable};

use super::random::Dice;
use super::settings::DirtRates;

/// A kind of dirt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dirt {
    Duplicate,
    Correction,
    Impossible,
    Fahrenheit,
    Missing,
    Late,
    CutShort,
    BareText,
    NoTimestamp,
    LabUnit,
}

/// What each kind is called in the summary, in the order of [`Dirt`].
const NAMES: [&str; 10] = [
    "exact duplicates",
    "corrections",
    "impossible values",
    "temperatures in [degF]",
    "missing vital signs",
    "late records",
    "malformed: cut short",
    "malformed: bare text",
    "malformed: no timestamp",
    "lab results in another unit",
];

/// How often each kind of dirt was injected.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally([u64; NAMES.len()]);

impl Tally {
    pub(super) fn count(&mut self, dirt: Dirt) {
        self.0[dirt as usize] += 1;
    }

    /// The counts by name.
    pub(super) fn notes(&self) -> impl Iterator<Item = (String, String)> {
        NAMES.iter().zip(self.0).map(|(name, count)| (format!("dirt: {name}"), count.to_string()))
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }
}

/// Soils a reading: signs are missing, one is impossible, the temperature is in another unit.
pub(super) fn soil_vitals(vitals: &mut Vitals, rates: &DirtRates, dice: &mut Dice, tally: &mut Tally) {
    for (_, value) in &mut vitals.readings_mut()[..6] {
        if value.is_some() && dice.chance(rates.missing) {
            **value = None;
            tally.count(Dirt::Missing);
        }
    }
    let fahrenheit = dice.chance(rates.fahrenheit);
    if let Some(temperature) = vitals.temperature.filter(|_| fahrenheit) {
        vitals.temperature = Some((temperature * 18.0).round() / 10.0 + 32.0);
        vitals.temperature_unit = Some("[degF]".into());
        tally.count(Dirt::Fahrenheit);
    }
    if dice.chance(rates.impossible) && spoil(vitals, dice) {
        tally.count(Dirt::Impossible);
    }
}

/// Puts an impossible value in the place of a measured one: impossible in any unit.
fn spoil(vitals: &mut Vitals, dice: &mut Dice) -> bool {
    let kind = dice.whole(0, 6);
    let (value, impossible): (&mut Option<f64>, &[f64]) = match kind {
        0 => (&mut vitals.heart_rate, &[0.0, 999.0, -1.0]),
        1 => (&mut vitals.respiratory_rate, &[0.0, 120.0, 255.0]),
        2 => (&mut vitals.spo2, &[0.0, 127.0, 30.0]),
        3 => (&mut vitals.temperature, &[0.0, -17.8, 300.0]),
        4 => (&mut vitals.blood_pressure_systolic, &[0.0, 400.0, -1.0]),
        5 => (&mut vitals.blood_pressure_diastolic, &[0.0, 250.0, -1.0]),
        // The pressures in each other's place: each is possible, both together are not.
        _ => {
            let measured = vitals.blood_pressure_systolic.is_some() && vitals.blood_pressure_diastolic.is_some();
            if measured {
                std::mem::swap(&mut vitals.blood_pressure_systolic, &mut vitals.blood_pressure_diastolic);
            }
            return measured;
        }
    };
    let measured = value.is_some();
    if measured {
        *value = impossible.get(dice.whole(0, 2) as usize).copied();
    }
    measured
}

/// Soils a result: negative, or beyond what the variable can be.
pub(super) fn soil_lab(lab: &mut LabResult, rates: &DirtRates, dice: &mut Dice, tally: &mut Tally) {
    if dice.chance(rates.impossible) {
        let bounded = Variable::by_name(&lab.test_name).is_some_and(|variable| variable.high.is_finite());
        lab.value = if bounded && dice.chance(0.5) { 999_999.0 } else { -1.0 };
        tally.count(Dirt::Impossible);
    }
}

/// Makes a line malformed.
pub(super) fn malform(line: &[u8], dice: &mut Dice, tally: &mut Tally) -> Vec<u8> {
    let dirt = [Dirt::CutShort, Dirt::BareText, Dirt::NoTimestamp][dice.whole(0, 2) as usize];
    tally.count(dirt);
    match dirt {
        Dirt::BareText => b"MONITOR OFFLINE - CHECK LEADS".to_vec(),
        Dirt::NoTimestamp => without_timestamp(line),
        _ => line[..(line.len() as f64 * dice.uniform(0.2, 0.9)) as usize].to_vec(),
    }
}

/// The line with `"timestamp":,`, as a template leaves it that had nothing to fill in.
fn without_timestamp(line: &[u8]) -> Vec<u8> {
    let key = br#""timestamp":"#;
    let Some(start) = line.windows(key.len()).position(|part| part == key).map(|at| at + key.len()) else {
        return Vec::new();
    };
    let end = line[start..].iter().position(|byte| *byte == b',').map_or(line.len(), |length| start + length);
    [&line[..start], &line[end..]].concat()
}

/// What was right: the same key with other values. Adverse events and patients are not corrected
/// here, so that the true labels stay true.
pub(super) fn corrected(event: &Event, dice: &mut Dice) -> Option<Event> {
    let factor = dice.uniform(0.92, 1.08);
    let mut event = event.clone();
    match &mut event {
        Event::Vitals(vitals) => {
            let (Some(value), scale) = (match dice.whole(0, 1) {
                0 => (vitals.heart_rate.as_mut(), factor),
                _ => (vitals.respiratory_rate.as_mut(), factor * factor),
            }) else {
                return None;
            };
            *value = (*value * scale).round();
        }
        Event::LabResult(lab) => lab.value = (lab.value * factor * 1000.0).round() / 1000.0,
        Event::Medication(medication) => medication.dosage *= if dice.chance(0.5) { 0.5 } else { 2.0 },
        _ => return None,
    }
    Some(event)
}

#[cfg(test)]
mod tests {
    use strata_types::Topic;

    use super::super::random::Purpose;
    use super::*;

    #[test]
    fn malformed_lines_cannot_be_read() {
        let line = br#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","source":"m","heart_rate":80.0}"#;
        assert!(Event::parse(Topic::Vitals, line).is_ok());
        let mut dice = Dice::new(1, 1, Purpose::Dirt);
        let mut tally = Tally::default();
        for _ in 0..60 {
            let malformed = malform(line, &mut dice, &mut tally);
            let error = Event::parse(Topic::Vitals, &malformed).unwrap_err();
            assert_eq!(error.rule(), "malformed", "{}", String::from_utf8_lossy(&malformed));
        }
        assert!(tally.0[Dirt::CutShort as usize..=Dirt::NoTimestamp as usize].iter().all(|count| *count > 5));
        assert!(String::from_utf8(without_timestamp(line)).unwrap().contains(r#""timestamp":,"source""#));
    }

    #[test]
    fn impossible_values_are_impossible() {
        let mut dice = Dice::new(2, 2, Purpose::Dirt);
        let mut vitals = Vitals::at("p1".parse().unwrap(), strata_types::Timestamp(0), "m");
        for _ in 0..200 {
            vitals.readings_mut().iter_mut().for_each(|(_, value)| **value = Some(80.0));
            (vitals.temperature, vitals.blood_pressure_systolic) = (Some(37.0), Some(120.0));
            assert!(spoil(&mut vitals, &mut dice));
            let broken = |(field, value): &(&str, Option<f64>)| {
                let variable = Variable::by_event_field(field);
                variable.zip(*value).is_some_and(|(variable, value)| !variable.accepts(value))
            };
            let swapped = vitals.blood_pressure_systolic < vitals.blood_pressure_diastolic;
            assert!(swapped || vitals.readings()[..6].iter().any(broken), "{vitals:?}");
        }
    }
}

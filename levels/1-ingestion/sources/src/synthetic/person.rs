//! Who the patients are: what does not change while they stay.

use strata_types::event::{Patient, Sex};
use strata_types::{HOUR, PatientId, Timestamp};

use super::condition::{CONDITIONS, COPD, Condition};
use super::labs::LABS;
use super::order::Order;
use super::random::{Dice, Purpose};
use super::settings::{Drift, Settings};
use super::signs::{DIASTOLIC, SPO2, SYSTOLIC, Signs};
use super::standing::{STANDING, Standing, TRIAL_DRUG};
use super::{SOURCE, site_name};

/// A patient, as far as it does not change.
#[derive(Debug)]
pub(super) struct Person {
    /// From 1.
    pub(super) number: u32,
    pub(super) id: PatientId,
    pub(super) age: f64,
    pub(super) site: u32,
    /// The hour of the hospital in which the patient comes.
    pub(super) first_hour: u32,
    pub(super) weight: f64,
    pub(super) conditions: Vec<&'static Condition>,
    pub(super) standing: Vec<&'static Standing>,
    /// The usual vital signs.
    pub(super) signs: Signs,
    /// The usual laboratory values, in the order of [`LABS`].
    pub(super) labs: [f64; LABS.len()],
    /// What multiplies every risk and shows nowhere.
    pub(super) frailty: f64,
    sex: Sex,
    treated: bool,
    height: f64,
    admitted_at: Timestamp,
    enrolled_at: Timestamp,
}

impl Person {
    pub(super) fn new(settings: &Settings, index: u32) -> Self {
        let number = index + 1;
        let mut dice = Dice::new(settings.seed, index, Purpose::Person);
        let (first_hour, years) = admission(settings, &mut dice);
        let age = (dice.uniform(18.0, 86.0).floor() + years).clamp(18.0, 90.0);
        let conditions: Vec<_> = CONDITIONS.iter().filter(|condition| condition.strikes(age, &mut dice)).collect();
        let treated = dice.chance(0.5);
        let standing =
            STANDING.iter().filter(|standing| is_ordered(standing, &conditions, treated, &mut dice)).collect();
        let sex = if dice.chance(0.5) { Sex::Male } else { Sex::Female };
        let taller = if sex == Sex::Male { 13.0 } else { 0.0 };
        let height = dice.normal(164.0 + taller, 7.0).clamp(140.0, 210.0).round();
        let weight = (dice.normal(26.5, 4.0).clamp(17.0, 45.0) * (height / 100.0).powi(2)).round();
        let arrival = settings.start + i64::from(first_hour) * HOUR;
        let admitted_at = arrival - dice.seconds(600, 48 * 3600);
        let stayed = (arrival.0 - admitted_at.0) / 1_000_000;
        Self {
            number,
            id: format!("S{number:06}").parse().expect("letters and digits"),
            age,
            site: dice.whole(0, settings.sites - 1),
            first_hour,
            weight,
            signs: usual_signs(age, &conditions, &mut dice),
            labs: usual_labs(&conditions, &mut dice),
            frailty: dice.normal(0.0, 0.2).exp(),
            conditions,
            standing,
            sex,
            treated,
            height,
            admitted_at,
            enrolled_at: admitted_at + dice.seconds(0, stayed as u32),
        }
    }

    /// The record of the patient.
    pub(super) fn record(&self) -> Patient {
        Patient {
            patient_id: self.id.clone(),
            birth_year: None,
            age: Some(self.age),
            sex: Some(self.sex),
            trial_site: Some(site_name(self.site)),
            trial_arm: Some(self.arm().into()),
            care_unit: None,
            enrolled_at: Some(self.enrolled_at),
            admitted_at: Some(self.admitted_at),
            unit_admitted_at: None,
            height: Some(self.height),
            weight: Some(self.weight),
            spo2_scale_2: self.has(COPD).then_some(true),
            comorbidities: self.conditions.iter().map(|condition| condition.icd10.into()).collect(),
            source: SOURCE.into(),
            event_id: None,
        }
    }

    /// The arm of the trial.
    pub(super) fn arm(&self) -> &'static str {
        if self.treated { "treatment" } else { "control" }
    }

    /// The standing orders, each from an hour of its own in the first day.
    pub(super) fn standing_orders(&self, hours: u32, dice: &mut Dice) -> Vec<Order> {
        let order = |standing: &&Standing| Order {
            drug: standing.drug,
            given: standing.given,
            from: self.first_hour + dice.whole(0, standing.given.every_hours().min(24) - 1),
            until: hours,
        };
        self.standing.iter().map(order).collect()
    }

    fn has(&self, icd10: &str) -> bool {
        self.conditions.iter().any(|condition| condition.icd10 == icd10)
    }
}

/// The hour in which the patient comes, and by how many years older than the usual patient.
fn admission(settings: &Settings, dice: &mut Dice) -> (u32, f64) {
    let share_of_day = dice.uniform(0.0, 1.0);
    for drift in &settings.drift {
        if let Drift::CaseMix { from_day, share, years } = drift
            && share_of_day < *share
        {
            return (((from_day * 24.0) as u32).min(settings.hours() - 1), *years);
        }
    }
    (0, 0.0)
}

impl Condition {
    fn strikes(&self, age: f64, dice: &mut Dice) -> bool {
        dice.chance(self.share * self.per_decade.powf((age - 60.0) / 10.0))
    }
}

fn is_ordered(standing: &Standing, conditions: &[&Condition], treated: bool, dice: &mut Dice) -> bool {
    let called_for = standing.for_condition.filter(|(icd10, _)| conditions.iter().any(|known| known.icd10 == *icd10));
    let share = called_for.map_or(standing.share, |(_, share)| share);
    dice.chance(share) || (standing.drug == TRIAL_DRUG && treated)
}

/// Baselines of `domain.md`; lungs that are used to less oxygen have less.
fn usual_signs(age: f64, conditions: &[&Condition], dice: &mut Dice) -> Signs {
    let a = (age - 40.0) / 100.0;
    let mut signs = [
        dice.normal(75.0 - 10.0 * a, 10.0),
        dice.normal(16.0, 2.0),
        dice.normal(98.0 - 2.0 * a, 1.5).min(99.5),
        dice.normal(37.0, 0.3),
        dice.normal(120.0 + 20.0 * a, 15.0),
        dice.normal(80.0 + 10.0 * a, 10.0),
    ];
    if conditions.iter().any(|condition| condition.icd10 == COPD) {
        signs[SPO2] -= 4.0;
    }
    signs[SYSTOLIC] = signs[SYSTOLIC].max(90.0);
    signs[DIASTOLIC] = signs[DIASTOLIC].clamp(45.0, signs[SYSTOLIC] - 25.0);
    signs
}

fn usual_labs(conditions: &[&Condition], dice: &mut Dice) -> [f64; LABS.len()] {
    LABS.each_ref().map(|lab| {
        let effects = conditions.iter().flat_map(|condition| condition.labs).filter(|(name, _)| *name == lab.name);
        let factor: f64 = effects.map(|(_, factor)| factor).product();
        lab.usual * factor * dice.normal(0.0, lab.between).exp()
    })
}

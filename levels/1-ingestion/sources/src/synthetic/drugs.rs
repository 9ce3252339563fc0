//! Drugs: standing orders, what clinicians add when a patient deteriorates, and each administration.

use strata_types::drug::Drug;
use strata_types::event::Medication;
use strata_types::{HOUR, Timestamp};

use super::labs::round;
use super::order::{Given, Order, When};
use super::path::{Episode, Outcome, Path};
use super::person::Person;
use super::random::Dice;
use super::{SOURCE, site_name};

/// Of the deteriorations so many are suspected before the event, from about this intensity.
const SUSPECTED: f64 = 0.5;
const SUSPICION: f64 = 0.7;

/// All orders of a patient's stay.
pub(super) fn orders(person: &Person, path: &Path, dice: &mut Dice) -> Vec<Order> {
    let mut orders = person.standing_orders(path.until, dice);
    for episode in &path.episodes {
        let suspected = dice.chance(SUSPECTED);
        for treatment in episode.cause.course().treatments {
            if let Some(from) = starts(episode, treatment.when, suspected) {
                let until = (from + treatment.hours).min(path.until);
                orders.push(Order { drug: treatment.drug, given: treatment.given, from, until });
            }
        }
    }
    orders
}

fn starts(episode: &Episode, when: When, suspected: bool) -> Option<u32> {
    match (when, episode.outcome) {
        (When::Suspected, _) if suspected => episode.reaches(SUSPICION),
        (_, Outcome::Event(onset)) => Some((onset.at / HOUR) as u32 + 1),
        _ => None,
    }
}

/// What is given under an order at a time.
pub(super) fn administration(person: &Person, order: &Order, timestamp: Timestamp, dice: &mut Dice) -> Medication {
    let (dosage, unit, route, frequency, rate, end) = match order.given {
        Given::Doses { dose, unit, route, every_hours } => {
            let frequency = if every_hours == 168 { "weekly".into() } else { format!("q{every_hours}h") };
            (dose, unit, route, frequency, None, None)
        }
        Given::Infusion { rate } => {
            let rate = round(rate * dice.uniform(0.5, 1.6), 3);
            let minutes = f64::from(Given::INFUSION_HOURS) * 60.0;
            let end = timestamp + i64::from(Given::INFUSION_HOURS) * HOUR;
            (round(rate * person.weight * minutes / 1000.0, 2), "mg", "iv", "continuous".into(), Some(rate), Some(end))
        }
    };
    Medication {
        patient_id: person.id.clone(),
        timestamp,
        drug_name: order.drug.into(),
        dosage,
        unit: unit.into(),
        route: route.into(),
        frequency: Some(frequency),
        rate,
        rate_unit: rate.map(|_| "ug/kg/min".into()),
        end_timestamp: end,
        status: Some("completed".into()),
        rxnorm: None,
        atc: Drug::by_name(order.drug).map(|drug| drug.atc.into()),
        administered_by: None,
        trial_site: Some(site_name(person.site)),
        trial_arm: Some(person.arm().into()),
        source: SOURCE.into(),
        event_id: None,
    }
}

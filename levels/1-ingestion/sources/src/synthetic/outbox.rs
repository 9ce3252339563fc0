//! The way from the bedside to the door: records become lines, and the way is not clean.

use strata_types::event::Event;
use strata_types::{HOUR, Timestamp, Topic};
use uuid::Uuid;

use super::dirt::{Dirt, Tally, corrected, malform, soil_lab, soil_vitals};
use super::random::Dice;
use super::settings::DirtRates;

/// A line that is on its way.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) arrived: Timestamp,
    /// Who it is about, and the place among that patient's lines: with them, the order is total.
    pub(super) patient: u32,
    pub(super) place: u32,
    pub(super) topic: Topic,
    pub(super) line: Vec<u8>,
}

/// Takes a patient's events and makes lines of them.
#[derive(Debug)]
pub(super) struct Outbox {
    patient: u32,
    rates: DirtRates,
    dice: Dice,
    place: u32,
    pub(super) tally: Tally,
    pub(super) items: Vec<Item>,
}

impl Outbox {
    pub(super) fn new(patient: u32, rates: DirtRates, dice: Dice) -> Self {
        Self { patient, rates, dice, place: 0, tally: Tally::default(), items: Vec::new() }
    }

    /// Sends an event that arrives after its usual latency, or goes wrong.
    ///
    /// Adverse events and patients may come twice, but are neither late, corrected nor malformed:
    /// the labels that the summary's true risk was judged by must be those that others can count.
    pub(super) fn post(&mut self, mut event: Event, arrived: Timestamp) {
        match &mut event {
            Event::Vitals(vitals) => {
                soil_vitals(vitals, &self.rates, &mut self.dice, &mut self.tally);
                if vitals.is_empty() {
                    return;
                }
            }
            Event::LabResult(lab) => soil_lab(lab, &self.rates, &mut self.dice, &mut self.tally),
            _ => {}
        }
        let topic = event.topic();
        let line = line_of(&event);
        if self.dice.chance(self.rates.duplicates) {
            let again = arrived + self.dice.seconds(30, 1800);
            self.tally.count(Dirt::Duplicate);
            self.push(topic, line.clone(), again);
            return self.push(topic, line, arrived);
        }
        if matches!(topic, Topic::AdverseEvents | Topic::Patients) {
            return self.push(topic, line, arrived);
        }
        if self.dice.chance(self.rates.malformed) {
            let malformed = malform(&line, &mut self.dice, &mut self.tally);
            return self.push(topic, malformed, arrived);
        }
        let arrived = if self.dice.chance(self.rates.late) {
            self.tally.count(Dirt::Late);
            arrived + (self.dice.uniform(0.0, self.rates.late_hours) * HOUR as f64) as i64
        } else {
            arrived
        };
        if self.dice.chance(self.rates.corrections)
            && let Some(right) = corrected(&event, &mut self.dice)
        {
            self.tally.count(Dirt::Correction);
            let right = line_of(&with_id(right, &line));
            let later = arrived + self.dice.seconds(600, 4 * 3600);
            self.push(topic, right, later);
        }
        self.push(topic, line, arrived);
    }

    fn push(&mut self, topic: Topic, line: Vec<u8>, arrived: Timestamp) {
        self.items.push(Item { arrived, patient: self.patient, place: self.place, topic, line });
        self.place += 1;
    }
}

/// A correction says that it is another message by an id of its own, made from what it corrects.
fn with_id(mut event: Event, corrects: &[u8]) -> Event {
    let id = Some(Uuid::new_v5(&Uuid::NAMESPACE_OID, corrects).to_string());
    match &mut event {
        Event::Vitals(vitals) => vitals.event_id = id,
        Event::Medication(medication) => medication.event_id = id,
        Event::LabResult(lab) => lab.event_id = id,
        Event::AdverseEvent(event) => event.event_id = id,
        Event::Patient(patient) => patient.event_id = id,
        Event::Label(_) => {}
    }
    event
}

fn line_of(event: &Event) -> Vec<u8> {
    let mut line = Vec::with_capacity(384);
    event.write_json(&mut line);
    line
}

//! One patient's stay, hour by hour.

use strata_types::event::{AdverseEvent, Severity};
use strata_types::{Event, HOUR, MINUTE, PatientId};

use super::cause::Cause;
use super::dirt::Dirt;
use super::drugs::{administration, orders};
use super::hazard::{Hazard, Risk};
use super::labs::{LABS, Laboratory};
use super::order::Order;
use super::outbox::Outbox;
use super::path::{Onset, Path};
use super::person::Person;
use super::random::{Dice, Purpose};
use super::settings::{Drift, Settings};
use super::signs::{SIGNS, SPO2, Signs};
use super::vitals::{Monitor, reading};
use super::{SOURCE, site_name};

/// A patient in the hospital.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) path: Path,
    pub(super) outbox: Outbox,
    /// The readings taken so far.
    pub(super) readings: u64,
    person: Person,
    monitor: Monitor,
    orders: Vec<Order>,
    /// Reported events that last.
    open: Vec<(i64, AdverseEvent)>,
    dice: Dice,
    /// When the next reading is due, in microseconds from the start of the hospital.
    next_reading: i64,
}

impl Stay {
    /// Admits a patient, decides what will happen, and gives the true risks with their labels.
    pub(super) fn new(settings: &Settings, index: u32) -> (Self, Vec<(f64, bool)>) {
        let person = Person::new(settings, index);
        let hazard = Hazard::of(&person);
        let mut fate = Dice::new(settings.seed, index, Purpose::Path);
        let path = Path::walk(&hazard, person.first_hour..settings.hours(), &mut fate);
        let scored = path.scored(&Risk::of(&hazard));

        let mut dice = Dice::new(settings.seed, index, Purpose::Care);
        let dirt = Dice::new(settings.seed, index, Purpose::Dirt);
        let phase = dice.seconds(0, settings.reading_interval_minutes * 60 - 1);
        let stay = Self {
            outbox: Outbox::new(index, settings.dirt.clone(), dirt),
            readings: 0,
            monitor: Monitor::new(settings.reading_interval_minutes, &mut dice),
            orders: orders(&person, &path, &mut dice),
            open: Vec::new(),
            next_reading: i64::from(person.first_hour) * HOUR + phase,
            person,
            path,
            dice,
        };
        (stay, scored)
    }

    /// Who stays.
    pub(super) fn patient_id(&self) -> &PatientId {
        &self.person.id
    }

    /// Lives an hour; what is to be sent lies in the outbox.
    pub(super) fn live(&mut self, settings: &Settings, hour: u32) {
        if !(self.person.first_hour..self.path.until).contains(&hour) {
            return;
        }
        if hour == self.person.first_hour {
            let arrived = settings.start + i64::from(hour) * HOUR;
            self.outbox.post(Event::Patient(self.person.record()), arrived);
        }
        self.read_monitor(settings, hour);
        self.draw_blood(settings, hour);
        self.give_drugs(settings, hour);
        self.report_events(settings, hour);
    }

    fn read_monitor(&mut self, settings: &Settings, hour: u32) {
        let bias = sensor_bias(settings, self.person.site, hour);
        let mut nurse = Some(self.path.worst(f64::from(hour)).0);
        while self.next_reading < i64::from(hour + 1) * HOUR {
            let time = self.next_reading as f64 / HOUR as f64;
            let mut signs = self.monitor.measure(&self.person, &self.path, time, &mut self.dice);
            for (sign, offset) in signs.iter_mut().zip(bias) {
                *sign += offset;
            }
            signs[SPO2] = signs[SPO2].min(100.0);
            let timestamp = settings.start + self.next_reading;
            let vitals = reading(&self.person, &signs, timestamp, nurse.take(), &mut self.dice);
            let arrived = timestamp + self.dice.seconds(1, 60);
            self.outbox.post(Event::Vitals(vitals), arrived);
            self.readings += 1;
            self.next_reading += i64::from(settings.reading_interval_minutes) * MINUTE;
        }
    }

    /// All tests that are due come from one sample; each result takes its time.
    fn draw_blood(&mut self, settings: &Settings, hour: u32) {
        let sampled = settings.start + i64::from(hour) * HOUR + self.dice.seconds(0, 3599);
        let laboratory = laboratory(settings, self.person.site, hour);
        for (place, lab) in LABS.iter().enumerate() {
            if lab.is_due(&self.person, &self.path, hour, &mut self.dice) {
                let value = lab.value(place, &self.person, &self.path, f64::from(hour), &mut self.dice);
                let result = lab.report(value, &self.person, laboratory, sampled);
                if laboratory.si && lab.has_another_unit() {
                    self.outbox.tally.count(Dirt::LabUnit);
                }
                let arrived = sampled + self.dice.seconds(20 * 60, 75 * 60);
                self.outbox.post(Event::LabResult(result), arrived);
            }
        }
    }

    fn give_drugs(&mut self, settings: &Settings, hour: u32) {
        for order in self.orders.iter().filter(|order| order.is_due(hour)) {
            let timestamp = settings.start + i64::from(hour) * HOUR + self.dice.seconds(0, 3599);
            let medication = administration(&self.person, order, timestamp, &mut self.dice);
            let arrived = timestamp + self.dice.seconds(5, 300);
            self.outbox.post(Event::Medication(medication), arrived);
        }
    }

    /// An event is reported some hours after its onset, and again, under the same key, when it is over:
    /// nobody knows before when that will be.
    fn report_events(&mut self, settings: &Settings, hour: u32) {
        let this_hour = |time: i64| time > i64::from(hour) * HOUR && time <= i64::from(hour + 1) * HOUR;
        let onsets: Vec<_> = self.path.onsets().filter(|(_, onset)| this_hour(onset.at)).collect();
        for (cause, onset) in onsets {
            let report = self.report(settings, cause, onset);
            self.outbox.post(Event::AdverseEvent(report.clone()), report.report_timestamp);
            self.open.extend(onset.resolved.map(|resolved| (resolved, report)));
        }
        for (resolved, mut report) in self.open.extract_if(.., |(resolved, _)| this_hour(*resolved)) {
            let resolved = settings.start + resolved;
            report.resolved_timestamp = Some(resolved);
            self.outbox.post(Event::AdverseEvent(report), resolved + self.dice.seconds(60, 3600));
        }
    }

    fn report(&mut self, settings: &Settings, cause: Cause, onset: Onset) -> AdverseEvent {
        let reporters = ["investigator", "nurse", "physician"];
        let event_timestamp = settings.start + onset.at;
        AdverseEvent {
            patient_id: self.person.id.clone(),
            event_timestamp,
            event_type: cause.course().event_type.into(),
            severity: severity(onset.grade),
            reported_by: reporters[self.dice.whole(0, 2) as usize].into(),
            report_timestamp: event_timestamp + self.dice.seconds(0, 4 * 3600),
            resolved_timestamp: None,
            description: None,
            trial_site: Some(site_name(self.person.site)),
            trial_arm: Some(self.person.arm().into()),
            source: SOURCE.into(),
            event_id: None,
        }
    }
}

fn severity(grade: usize) -> Severity {
    match grade {
        1 => Severity::Grade1,
        2 => Severity::Grade2,
        3 => Severity::Grade3,
        4 => Severity::Grade4,
        _ => Severity::Grade5,
    }
}

/// What the monitors of a site add to each sign in an hour.
fn sensor_bias(settings: &Settings, at_site: u32, hour: u32) -> Signs {
    let mut bias = [0.0; SIGNS.len()];
    for drift in &settings.drift {
        if let Drift::SensorBias { from_day, site, field, offset } = drift
            && has_begun(*from_day, hour)
            && site.is_none_or(|site| site == at_site)
            && let Some(sign) = SIGNS.iter().position(|sign| sign == field)
        {
            bias[sign] += offset;
        }
    }
    bias
}

/// How the laboratory of a site reports in an hour.
fn laboratory(settings: &Settings, at_site: u32, hour: u32) -> Laboratory {
    let mut laboratory = Laboratory { si: at_site % 2 == 1, scale: 1.0 };
    for drift in &settings.drift {
        if let Drift::SiteShift { from_day, site, lab_scale } = drift
            && *site == at_site
            && has_begun(*from_day, hour)
        {
            laboratory.si = !laboratory.si;
            laboratory.scale *= lab_scale;
        }
    }
    laboratory
}

fn has_begun(from_day: f64, hour: u32) -> bool {
    f64::from(hour) >= from_day * 24.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report never arrives before it was made, nor before the event.
    #[test]
    fn times_are_in_order() {
        let settings = Settings { patients: 40, days: 20.0, ..Settings::default() };
        for index in 0..40 {
            let (mut stay, _) = Stay::new(&settings, index);
            for hour in 0..settings.hours() {
                stay.live(&settings, hour);
                let from = settings.start + i64::from(hour) * HOUR;
                assert!(stay.outbox.items.drain(..).all(|item| item.arrived >= from));
            }
        }
    }
}

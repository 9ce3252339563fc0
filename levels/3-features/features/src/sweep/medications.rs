//! What was given and what runs, moved along.

use strata_types::Timestamp;
use strata_types::drug::{Drug, Effect};

use super::arrivals::{Arrivals, Tail};
use crate::snapshot::{DAY, Medications};
use crate::timeline::{Class, Dose};

#[derive(Debug)]
pub(super) struct Doses {
    arrivals: Arrivals,
    day: Tail,
    /// Vasopressors that may run, in their order.
    running: Vec<usize>,
    /// The newest infusion of each drug.
    infusions: Vec<(&'static Drug, usize)>,
    /// The classes of the day's doses, and how many there are of each.
    classes: Vec<(Class, u32)>,
    antibiotics: u32,
    /// The newest dose, counted from 1.
    newest: usize,
}

impl Doses {
    pub(super) fn new(rows: &[Dose]) -> Self {
        Self {
            arrivals: Arrivals::new(rows),
            day: Tail::default(),
            running: Vec::new(),
            infusions: Vec::new(),
            classes: Vec::new(),
            antibiotics: 0,
            newest: 0,
        }
    }

    pub(super) fn advance(&mut self, rows: &[Dose], t: Timestamp, seen: &mut Medications) {
        self.day.advance(rows, &self.arrivals, t - DAY, |_, row| {
            if row.given() {
                self.antibiotics -= u32::from(row.effect == Effect::Antibiotic);
                seen.sedatives_24h -= u32::from(row.effect == Effect::SedativeOrOpioid);
                let class = self.classes.iter().position(|(class, _)| Some(*class) == row.class);
                if let Some(index) = class {
                    self.classes[index].1 -= 1;
                    if self.classes[index].1 == 0 {
                        self.classes.swap_remove(index);
                    }
                }
            }
        });
        self.arrivals.advance(rows, t, |_, index, row| {
            if row.effect == Effect::Vasopressor && row.is_running() {
                let place = self.running.partition_point(|earlier| *earlier < index);
                self.running.insert(place, index);
            }
            if let Some(drug) = row.drug.filter(|_| row.is_infusion()) {
                match self.infusions.iter_mut().find(|(known, _)| *known == drug) {
                    Some((_, newest)) => *newest = index.max(*newest),
                    None => self.infusions.push((drug, index)),
                }
            }
            if !row.given() {
                return;
            }
            if index >= self.newest {
                self.newest = index + 1;
                seen.newest = Some(row.time);
            }
            if self.day.holds(index) {
                self.antibiotics += u32::from(row.effect == Effect::Antibiotic);
                seen.sedatives_24h += u32::from(row.effect == Effect::SedativeOrOpioid);
                if let Some(class) = row.class {
                    match self.classes.iter_mut().find(|(known, _)| *known == class) {
                        Some((_, doses)) => *doses += 1,
                        None => self.classes.push((class, 1)),
                    }
                }
            }
        });
        seen.antibiotic_24h = self.antibiotics > 0;
        seen.classes_24h = self.classes.len() as u32;

        // What has ended or was replaced never runs again: time goes on, and what is known stays known.
        self.running.retain(|index| {
            let row = &rows[*index];
            let newer = |(drug, newest): &(&Drug, usize)| row.drug == Some(*drug) && newest > index;
            t < row.runs_until() && (row.end.is_some() || !self.infusions.iter().any(newer))
        });
        seen.vasopressor_active = !self.running.is_empty();
        seen.norepinephrine_equivalent = 0.0;
        for index in self.running.iter().rev() {
            seen.norepinephrine_equivalent += rows[*index].norepinephrine_equivalent();
        }
    }
}

//! The results of the last week, moved along.

use strata_types::{Timestamp, VARIABLES};

use super::arrivals::{Arrivals, Tail};
use crate::highest::Highest;
use crate::snapshot::{CREATININE, DAY, LACTATE, Labs, WEEK};
use crate::timeline::Lab;

#[derive(Debug)]
pub(super) struct Results {
    arrivals: Arrivals,
    day: Tail,
    week: Tail,
    /// The most recent result of each variable, counted from 1, however old.
    last: [u32; VARIABLES.len()],
    /// The most recent result of any, counted from 1.
    newest: usize,
    /// The known lactates in their order.
    lactates: Vec<usize>,
    /// The highest of the values with their sign changed.
    creatinine: Highest,
}

impl Results {
    pub(super) fn new(rows: &[Lab]) -> Self {
        Self {
            arrivals: Arrivals::new(rows),
            day: Tail::default(),
            week: Tail::default(),
            last: [0; VARIABLES.len()],
            newest: 0,
            lactates: Vec::new(),
            creatinine: Highest::default(),
        }
    }

    pub(super) fn advance(&mut self, rows: &[Lab], t: Timestamp, labs: &mut Labs) {
        self.day.advance(rows, &self.arrivals, t - DAY, |_, row| {
            labs.abnormal_24h -= u32::from(row.is_abnormal());
            labs.critical_24h -= u32::from(row.is_critical());
        });
        self.week.advance(rows, &self.arrivals, t - WEEK, |index, row| {
            let variable = usize::from(row.variable);
            if self.last.get(variable).is_some_and(|last| *last as usize == index + 1) {
                labs.last[variable] = f64::NAN;
            }
        });
        self.arrivals.advance(rows, t, |_, index, row| {
            if row.value.is_nan() {
                return;
            }
            if index >= self.newest {
                self.newest = index + 1;
                labs.newest = Some(row.time);
            }
            let (variable, in_week) = (usize::from(row.variable), self.week.holds(index));
            if let Some(last) = self.last.get_mut(variable).filter(|last| index as u32 >= **last) {
                *last = index as u32 + 1;
                labs.last[variable] = if in_week { row.value } else { f64::NAN };
            }
            if self.day.holds(index) {
                labs.abnormal_24h += u32::from(row.is_abnormal());
                labs.critical_24h += u32::from(row.is_critical());
            }
            if variable == CREATININE && in_week {
                self.creatinine.take(index, -row.value);
            }
            if variable == LACTATE {
                let place = self.lactates.partition_point(|earlier| *earlier < index);
                self.lactates.insert(place, index);
            }
        });
        self.creatinine.leave(self.week.first());
        labs.creatinine_min_7d = -self.creatinine.top();
        let recent = self.lactates.iter().rev().take_while(|index| self.day.holds(**index));
        let mut recent = recent.map(|index| rows[*index].value);
        labs.lactates = [(); 2].map(|()| recent.next().unwrap_or(f64::NAN));
    }
}

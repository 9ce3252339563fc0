//! The results of the last week.

use strata_types::{HOUR, Timestamp, VARIABLES};

use crate::timeline::Lab;

pub(crate) const WEEK: i64 = 7 * 24 * HOUR;
const DAY: i64 = 24 * HOUR;
pub(crate) const LACTATE: usize = variable("lactate");
pub(crate) const CREATININE: usize = variable("creatinine");

/// What the laboratory said.
#[derive(Debug)]
pub(crate) struct Labs {
    /// The most recent result of each variable in (t - 7 d, t].
    pub(crate) last: [f64; VARIABLES.len()],
    /// The lowest creatinine in (t - 7 d, t]: the baseline of KDIGO's ratio.
    pub(crate) creatinine_min_7d: f64,
    /// The two most recent lactates in (t - 24 h, t], newest first.
    pub(crate) lactates: [f64; 2],
    pub(crate) abnormal_24h: u32,
    pub(crate) critical_24h: u32,
    /// When the most recent result of any kind was, however old.
    pub(crate) newest: Option<Timestamp>,
}

/// The index of a variable. A name that the table lacks does not compile, so no lab feature can be
/// always null for its name's sake.
pub(crate) const fn variable(name: &str) -> usize {
    let mut index = 0;
    while index < VARIABLES.len() {
        if same(VARIABLES[index].name.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
    }
    panic!("no variable has this name")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

impl Labs {
    pub(crate) const NONE: Self = Self {
        last: [f64::NAN; VARIABLES.len()],
        creatinine_min_7d: f64::NAN,
        lactates: [f64::NAN; 2],
        abnormal_24h: 0,
        critical_24h: 0,
        newest: None,
    };

    /// One pass from the newest result back.
    pub(crate) fn of(rows: &[Lab], t: Timestamp) -> Self {
        let mut labs = Self::NONE;
        let rows = &rows[..rows.partition_point(|row| row.time <= t)];
        for row in rows.iter().rev().filter(|row| row.available_at <= t && !row.value.is_nan()) {
            labs.newest = labs.newest.or(Some(row.time));
            if row.time <= t - WEEK {
                break;
            }
            labs.take_week(row);
            if row.time > t - DAY {
                labs.take_day(row);
            }
        }
        labs
    }

    fn take_week(&mut self, row: &Lab) {
        let variable = usize::from(row.variable);
        if let Some(last) = self.last.get_mut(variable).filter(|last| last.is_nan()) {
            *last = row.value;
        }
        if variable == CREATININE {
            self.creatinine_min_7d = self.creatinine_min_7d.min(row.value); // passes over NaN
        }
    }

    fn take_day(&mut self, row: &Lab) {
        self.abnormal_24h += u32::from(row.is_abnormal());
        self.critical_24h += u32::from(row.is_critical());
        if usize::from(row.variable) == LACTATE {
            match self.lactates {
                [newest, _] if newest.is_nan() => self.lactates[0] = row.value,
                [_, previous] if previous.is_nan() => self.lactates[1] = row.value,
                _ => {}
            }
        }
    }

    /// The most recent result of a variable; NaN if older than a week.
    pub(crate) const fn last(&self, variable: usize) -> f64 {
        self.last[variable]
    }

    /// The last lactate minus the one before; NaN unless the day has both.
    pub(crate) fn lactate_delta(&self) -> f64 {
        self.lactates[0] - self.lactates[1]
    }
}

impl Lab {
    /// Whether the result is outside its own reference range, or the table's where it has none.
    pub(crate) fn is_abnormal(&self) -> bool {
        let table = VARIABLES.get(usize::from(self.variable));
        beyond(self.value, self.reference.or(table.and_then(|variable| variable.reference)))
    }

    /// Whether the result is beyond the critical limits.
    pub(crate) fn is_critical(&self) -> bool {
        beyond(self.value, VARIABLES.get(usize::from(self.variable)).and_then(|variable| variable.critical))
    }
}

/// Outside the limits, where there are any; a limit that is NaN holds nothing back.
fn beyond(value: f64, limits: Option<(f64, f64)>) -> bool {
    limits.is_some_and(|(low, high)| value < low || value > high)
}

//! The windows over the signs, moved along.

use strata_types::{HOUR, Timestamp};

use super::arrivals::{Arrivals, Tail};
use super::history::History;
use crate::highest::Highest;
use crate::sign::VITAL;
use crate::snapshot::{Snapshot, pulse_pressure, shock_index};
use crate::sums::Fixed;
use crate::timeline::Vitals;

#[derive(Debug)]
pub(super) struct Signs {
    arrivals: Arrivals,
    hour: Tail,
    six_hours: Tail,
    day: Tail,
    highest: [Highest; VITAL],
    /// The highest of the values with their sign changed.
    lowest: [Highest; VITAL],
    shock_index: Highest,
    pulse_pressure: Highest,
    history: History,
    /// From when times are counted.
    origin: Timestamp,
}

impl Signs {
    pub(super) fn new(rows: &[Vitals]) -> Self {
        Self {
            arrivals: Arrivals::new(rows),
            hour: Tail::default(),
            six_hours: Tail::default(),
            day: Tail::default(),
            highest: Default::default(),
            lowest: Default::default(),
            shock_index: Highest::default(),
            pulse_pressure: Highest::default(),
            history: History::new(rows),
            origin: rows.first().map_or(Timestamp(0), |row| row.time),
        }
    }

    pub(super) fn advance(&mut self, rows: &[Vitals], snapshot: &mut Snapshot) {
        self.leave(rows, snapshot);
        let changed = self.come(rows, snapshot);
        self.history.advance(rows, self.arrivals.known(), changed, snapshot);
        let (day, six_hours) = (self.day.first(), self.six_hours.first());
        for sign in 0..VITAL {
            let (highest, lowest) = (&mut self.highest[sign], &mut self.lowest[sign]);
            highest.leave(day);
            lowest.leave(day);
            let windows = &mut snapshot.windows;
            (windows.range_24h[sign].max, windows.range_24h[sign].min) = (highest.top(), -lowest.top());
            (windows.range_6h[sign].max, windows.range_6h[sign].min) =
                (highest.from(six_hours), -lowest.from(six_hours));
        }
        self.shock_index.leave(six_hours);
        self.pulse_pressure.leave(six_hours);
        snapshot.windows.shock_index_max_6h = self.shock_index.top();
        snapshot.windows.pulse_pressure_min_6h = -self.pulse_pressure.top();
    }

    fn leave(&mut self, rows: &[Vitals], snapshot: &mut Snapshot) {
        let (t, windows) = (snapshot.t, &mut snapshot.windows);
        self.hour.advance(rows, &self.arrivals, t - HOUR, |_, row| {
            values(row, |sign, value, _| windows.hour[sign].remove(value));
        });
        self.six_hours.advance(rows, &self.arrivals, t - 6 * HOUR, |_, row| {
            let time = row.time.0 - self.origin.0;
            values(row, |sign, value, _| windows.six_hours[sign].remove(value, time));
            if !row.quality.is_nan() {
                windows.quality.remove(Fixed::of(row.quality));
            }
        });
        self.day.advance(rows, &self.arrivals, t - 24 * HOUR, |_, row| {
            values(row, |sign, value, _| windows.day[sign].remove(value));
        });
    }

    /// Takes in what is known now; gives the time of the oldest such row.
    fn come(&mut self, rows: &[Vitals], snapshot: &mut Snapshot) -> Option<Timestamp> {
        let windows = &mut snapshot.windows;
        let mut changed = None;
        self.arrivals.advance(rows, snapshot.t, |known, index, row| {
            changed = changed.or(Some(row.time));
            self.history.take(known, index, row);
            if !self.day.holds(index) {
                return;
            }
            let time = row.time.0 - self.origin.0;
            let (in_hour, in_six_hours) = (self.hour.holds(index), self.six_hours.holds(index));
            values(row, |sign, value, plain| {
                if in_hour {
                    windows.hour[sign].add(value);
                }
                if in_six_hours {
                    windows.six_hours[sign].add(value, time);
                }
                windows.day[sign].add(value);
                self.highest[sign].take(index, plain);
                self.lowest[sign].take(index, -plain);
            });
            if in_six_hours {
                if !row.quality.is_nan() {
                    windows.quality.add(Fixed::of(row.quality));
                }
                self.shock_index.take(index, shock_index(row));
                self.pulse_pressure.take(index, -pulse_pressure(row));
            }
        });
        changed
    }
}

/// The vital signs that a row has, exact and as they are.
fn values(row: &Vitals, mut give: impl FnMut(usize, Fixed, f64)) {
    for (sign, value) in row.signs[..VITAL].iter().enumerate() {
        if !value.is_nan() {
            give(sign, Fixed::of(*value), *value);
        }
    }
}

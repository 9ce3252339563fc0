//! The vitals of the last hour, six hours and day.

use strata_types::{HOUR, Timestamp};

use crate::sign::{DBP, HR, SBP, VITAL};
use crate::sums::{Fixed, Level, Line, Spread, ratio};
use crate::timeline::Vitals;

/// The hours of a day, each of which is charted or not.
pub(crate) const HOURS: usize = 24;

/// What the nested windows (t - w, t] hold, for each sign. A window sums no more than its features need.
#[derive(Debug)]
pub(crate) struct Windows {
    pub(crate) hour: [Level; VITAL],
    pub(crate) six_hours: [Line; VITAL],
    pub(crate) day: [Spread; VITAL],
    pub(crate) range_6h: [Range; VITAL],
    pub(crate) range_24h: [Range; VITAL],
    /// The hours of the day that have a value: bit k is (t - k - 1 h, t - k h].
    pub(crate) charted: [u32; VITAL],
    /// The quality of the rows of six hours.
    pub(crate) quality: Level,
    /// The highest HR / SBP among the rows of six hours that have both.
    pub(crate) shock_index_max_6h: f64,
    /// The lowest SBP - DBP among the rows of six hours that have both.
    pub(crate) pulse_pressure_min_6h: f64,
}

/// The least and the greatest value; NaN when there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Windows {
    pub(crate) const NONE: Self = Self {
        hour: [Level::NONE; VITAL],
        six_hours: [Line::NONE; VITAL],
        day: [Spread::NONE; VITAL],
        range_6h: [Range::NONE; VITAL],
        range_24h: [Range::NONE; VITAL],
        charted: [0; VITAL],
        quality: Level::NONE,
        shock_index_max_6h: f64::NAN,
        pulse_pressure_min_6h: f64::NAN,
    };

    /// One pass over the day.
    pub(crate) fn of(rows: &[Vitals], t: Timestamp) -> Self {
        let mut windows = Self::NONE;
        let up_to = |time: Timestamp| rows.partition_point(|row| row.time <= time);
        for row in rows[up_to(t - 24 * HOUR)..up_to(t)].iter().filter(|row| row.available_at <= t) {
            windows.take(row, t);
        }
        windows
    }

    fn take(&mut self, row: &Vitals, t: Timestamp) {
        let age = t.0 - row.time.0;
        let (in_hour, in_six_hours) = (age < HOUR, age < 6 * HOUR);
        for (sign, value) in row.signs[..VITAL].iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let fixed = Fixed::of(*value);
            if in_hour {
                self.hour[sign].add(fixed);
            }
            if in_six_hours {
                self.six_hours[sign].add(fixed, -age);
                self.range_6h[sign].take(*value);
            }
            self.day[sign].add(fixed);
            self.range_24h[sign].take(*value);
            self.charted[sign] |= 1 << (age / HOUR);
        }
        if in_six_hours {
            if !row.quality.is_nan() {
                self.quality.add(Fixed::of(row.quality));
            }
            // `max` and `min` pass over NaN.
            self.shock_index_max_6h = self.shock_index_max_6h.max(shock_index(row));
            self.pulse_pressure_min_6h = self.pulse_pressure_min_6h.min(pulse_pressure(row));
        }
    }

    /// How many values of the seven signs six hours hold.
    pub(crate) fn count_6h(&self) -> u32 {
        self.six_hours.iter().map(|line| line.level().n()).sum()
    }

    /// The share of the day's hours, over the seven signs, without a value.
    pub(crate) fn missing_24h(&self) -> f64 {
        let charted: u32 = self.charted.iter().map(|hours| hours.count_ones()).sum();
        1.0 - f64::from(charted) / (HOURS * VITAL) as f64
    }
}

/// HR / SBP of one row; NaN unless it has both.
pub(crate) fn shock_index(row: &Vitals) -> f64 {
    ratio(row.signs[HR], row.signs[SBP])
}

/// SBP - DBP of one row; NaN unless it has both.
pub(crate) const fn pulse_pressure(row: &Vitals) -> f64 {
    row.signs[SBP] - row.signs[DBP]
}

impl Range {
    const NONE: Self = Self { min: f64::NAN, max: f64::NAN };

    fn take(&mut self, value: f64) {
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }
}

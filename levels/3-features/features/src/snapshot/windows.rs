//! The vitals of the last hour, six hours and day.

use strata_types::{HOUR, Timestamp};

use super::moments::Moments;
use super::ratio;
use crate::sign::{DBP, HR, SBP, VITAL};
use crate::timeline::Vitals;

/// What the nested windows (t - w, t] hold.
#[derive(Debug)]
pub(crate) struct Windows {
    pub(crate) hour: [Moments; VITAL],
    pub(crate) six_hours: [Moments; VITAL],
    pub(crate) day: [Moments; VITAL],
    /// Per sign, the hours of the day that have a value: bit k is (t - k - 1 h, t - k h].
    charted: [u32; VITAL],
    paired: Paired,
}

/// What rows of the last six hours say as rows: their quality, and signs measured together.
#[derive(Clone, Copy, Debug)]
struct Paired {
    quality: f64,
    rated: u32,
    shock_index_max: f64,
    pulse_pressure_min: f64,
}

impl Windows {
    /// One pass backwards: each window is the one inside it and the rows that it adds.
    pub(crate) fn of(rows: &[Vitals], t: Timestamp) -> Self {
        let start = |hours| rows.partition_point(|row| row.time <= t - hours * HOUR);
        let (day, six_hours, hour, end) = (start(24), start(6), start(1), start(0));
        let mut pass = Pass { t, moments: [Moments::NONE; VITAL], charted: [0; VITAL] };
        let mut paired = Paired::NONE;
        for row in rows[six_hours..end].iter().filter(|row| row.available_at <= t) {
            paired.add(row);
        }
        Self {
            hour: pass.over(&rows[hour..end]),
            six_hours: pass.over(&rows[six_hours..hour]),
            day: pass.over(&rows[day..six_hours]),
            charted: pass.charted,
            paired,
        }
    }

    /// How many values of the seven signs six hours hold.
    pub(crate) fn count_6h(&self) -> u32 {
        self.six_hours.iter().map(Moments::n).sum()
    }

    /// The share of the day's hours, over the seven signs, without a value.
    pub(crate) fn missing_24h(&self) -> f64 {
        let charted: u32 = self.charted.iter().map(|hours| hours.count_ones()).sum();
        1.0 - f64::from(charted) / (24 * VITAL) as f64
    }

    /// The mean quality score of the rows of six hours.
    pub(crate) fn quality_6h(&self) -> f64 {
        ratio(self.paired.quality, f64::from(self.paired.rated))
    }

    /// The highest HR / SBP among the rows of six hours that have both.
    pub(crate) const fn shock_index_max_6h(&self) -> f64 {
        self.paired.shock_index_max
    }

    /// The lowest SBP - DBP among the rows of six hours that have both.
    pub(crate) const fn pulse_pressure_min_6h(&self) -> f64 {
        self.paired.pulse_pressure_min
    }
}

struct Pass {
    t: Timestamp,
    moments: [Moments; VITAL],
    charted: [u32; VITAL],
}

impl Pass {
    /// Takes in older rows, and gives the sums so far.
    fn over(&mut self, rows: &[Vitals]) -> [Moments; VITAL] {
        for row in rows.iter().rev().filter(|row| row.available_at <= self.t) {
            let hour = 1 << ((self.t.0 - row.time.0) / HOUR);
            for (sign, value) in row.signs[..VITAL].iter().enumerate() {
                if !value.is_nan() {
                    self.moments[sign].add(*value, row.time);
                    self.charted[sign] |= hour;
                }
            }
        }
        self.moments
    }
}

impl Paired {
    const NONE: Self = Self { quality: 0.0, rated: 0, shock_index_max: f64::NAN, pulse_pressure_min: f64::NAN };

    fn add(&mut self, row: &Vitals) {
        if !row.quality.is_nan() {
            self.quality += row.quality;
            self.rated += 1;
        }
        // `max` and `min` pass over NaN.
        self.shock_index_max = self.shock_index_max.max(ratio(row.signs[HR], row.signs[SBP]));
        self.pulse_pressure_min = self.pulse_pressure_min.min(row.signs[SBP] - row.signs[DBP]);
    }
}

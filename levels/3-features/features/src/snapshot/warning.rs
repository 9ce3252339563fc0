//! NEWS2 over the last day: now, six hours ago, and the highest of the hours.

use strata_types::{HOUR, Timestamp};

use super::Latest;
use crate::scores::news2::News2;
use crate::timeline::Vitals;

/// NEWS2 as of t, and how it came there.
#[derive(Debug)]
pub(crate) struct Warning {
    pub(crate) now: News2,
    /// The total at t - 6 h.
    pub(crate) six_hours_ago: Option<u8>,
    /// The highest total at t, t - 1 h, ..., t - 23 h.
    pub(crate) max_24h: Option<u8>,
}

impl Warning {
    pub(crate) const NONE: Self = Self { now: News2::NONE, six_hours_ago: None, max_24h: None };

    /// One sweep forwards over the last day, which ends at the most recent values.
    ///
    /// The score of an earlier hour is of what happened by that hour and is known by t.
    pub(crate) fn of(rows: &[Vitals], t: Timestamp, spo2_scale_2: bool) -> (Latest, Self) {
        let mut next = rows.partition_point(|row| row.time <= t - 23 * HOUR);
        let mut latest = Latest::of(&rows[..next], t);
        let mut now = News2::of(&latest.for_news2(spo2_scale_2));
        let mut max_24h = now.total();
        let mut six_hours_ago = None;
        for hours_ago in (0..23).rev() {
            let before = next;
            while let Some(row) = rows.get(next).filter(|row| row.time <= t - hours_ago * HOUR) {
                if row.available_at <= t {
                    latest.take(row);
                }
                next += 1;
            }
            if next > before {
                now = News2::of(&latest.for_news2(spo2_scale_2));
                max_24h = max_24h.max(now.total());
            }
            if hours_ago == 6 {
                six_hours_ago = now.total();
            }
        }
        (latest, Self { now, six_hours_ago, max_24h })
    }

    /// The total now minus the total six hours ago.
    pub(crate) fn delta_6h(&self) -> Option<f64> {
        Some(f64::from(self.now.total()?) - f64::from(self.six_hours_ago?))
    }
}

//! What was given, and what runs.

use strata_types::drug::Effect;
use strata_types::{HOUR, Timestamp};

use crate::timeline::Dose;

/// An infusion whose end nobody charted counts as running for at most this long.
const OPEN_ENDED: i64 = 24 * HOUR;
pub(crate) const DAY: i64 = 24 * HOUR;

/// What was given, and what runs.
#[derive(Debug)]
pub(crate) struct Medications {
    pub(crate) vasopressor_active: bool,
    /// ug/kg/min; 0 when no vasopressor runs, NaN when one runs at an unknown rate.
    pub(crate) norepinephrine_equivalent: f64,
    pub(crate) antibiotic_24h: bool,
    pub(crate) sedatives_24h: u32,
    pub(crate) classes_24h: u32,
    /// When the most recent dose was given.
    pub(crate) newest: Option<Timestamp>,
}

impl Medications {
    pub(crate) const NONE: Self = Self {
        vasopressor_active: false,
        norepinephrine_equivalent: 0.0,
        antibiotic_24h: false,
        sedatives_24h: 0,
        classes_24h: 0,
        newest: None,
    };

    /// One pass from the newest dose back.
    ///
    /// It goes back to the first: an infusion may have begun long ago.
    pub(crate) fn of(rows: &[Dose], t: Timestamp) -> Self {
        let mut seen = Self::NONE;
        let rows = &rows[..rows.partition_point(|row| row.time <= t)];
        for (index, dose) in rows.iter().enumerate().rev().filter(|(_, dose)| dose.available_at <= t) {
            let mut later = rows[index + 1..].iter().filter(|later| later.available_at <= t);
            if dose.effect == Effect::Vasopressor && dose.runs_at(t, later.clone()) {
                seen.vasopressor_active = true;
                seen.norepinephrine_equivalent += dose.norepinephrine_equivalent();
            }
            if !dose.given() {
                continue;
            }
            seen.newest = seen.newest.or(Some(dose.time));
            if dose.time > t - DAY {
                seen.antibiotic_24h |= dose.effect == Effect::Antibiotic;
                seen.sedatives_24h += u32::from(dose.effect == Effect::SedativeOrOpioid);
                let known = dose.class.is_some() && later.any(|later| later.given() && later.class == dose.class);
                seen.classes_24h += u32::from(dose.class.is_some() && !known);
            }
        }
        seen
    }
}

impl Dose {
    /// Whether anything was given: a rate of 0 only ends what ran before.
    pub(crate) fn given(&self) -> bool {
        self.rate != Some(0.0)
    }

    /// Whether it is an infusion that overlaps t: `time <= t < end`.
    ///
    /// An infusion without end runs until the next infusion record of its drug, which changes its
    /// rate or stops it, and for at most [`OPEN_ENDED`]: otherwise one forgotten stop would leave a
    /// patient on a pressor for ever.
    fn runs_at<'a>(&self, t: Timestamp, mut later: impl Iterator<Item = &'a Self>) -> bool {
        let replaced_by = |later: &Self| later.is_infusion() && self.drug.is_some() && later.drug == self.drug;
        self.is_running() && t < self.runs_until() && (self.end.is_some() || !later.any(replaced_by))
    }

    /// Whether it is an infusion that gives anything.
    pub(crate) fn is_running(&self) -> bool {
        self.is_infusion() && self.given()
    }

    /// When it ends at the latest.
    pub(crate) fn runs_until(&self) -> Timestamp {
        self.end.unwrap_or(self.time + OPEN_ENDED)
    }

    /// A dose with neither end nor rate is a single dose.
    pub(crate) const fn is_infusion(&self) -> bool {
        self.end.is_some() || self.rate.is_some()
    }

    /// The dose of norepinephrine that presses as much, in ug/kg/min (Goradia 2020).
    pub(crate) fn norepinephrine_equivalent(&self) -> f64 {
        let per_unit = match self.drug.map(|drug| drug.name) {
            Some("norepinephrine" | "epinephrine") => 1.0,
            Some("phenylephrine") => 1.0 / 10.0,
            Some("dopamine") => 1.0 / 100.0,
            Some("vasopressin") => 2.5 / 60.0,
            _ => f64::NAN,
        };
        self.rate.unwrap_or(f64::NAN) * per_unit
    }
}

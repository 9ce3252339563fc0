//! SIRS, the criteria of the systemic inflammatory response syndrome (Bone 1992).
//!
//! Immature bands above 10 %, the other half of the fourth criterion, are in no set and left out.

use super::{point, tenth, total, whole};

/// What the criteria look at. NaN is not measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observations {
    /// Temperature, Cel.
    pub temperature: f64,
    /// Heart rate, /min.
    pub heart_rate: f64,
    /// Respiratory rate, /min.
    pub respiratory_rate: f64,
    /// Arterial carbon dioxide, `mm[Hg]`.
    pub paco2: f64,
    /// White cells, 10*3/uL.
    pub wbc: f64,
}

/// A point for each criterion that is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the criteria")]
pub struct Sirs {
    pub temperature: Option<u8>,
    pub heart_rate: Option<u8>,
    pub respiration: Option<u8>,
    pub white_cells: Option<u8>,
}

impl Sirs {
    /// Scores a patient. Respiration is met by either measure and unknown only without both.
    pub fn of(seen: &Observations) -> Self {
        let rate = point(whole(seen.respiratory_rate), |x| x > 20.0);
        let paco2 = point(seen.paco2, |x| x < 32.0);
        Self {
            temperature: point(tenth(seen.temperature), |x| !(36.0..=38.0).contains(&x)),
            heart_rate: point(whole(seen.heart_rate), |x| x > 90.0),
            respiration: rate.max(paco2),
            white_cells: point(seen.wbc, |x| !(4.0..=12.0).contains(&x)),
        }
    }

    /// The criteria met, 0 to 4, among the known ones; `None` if none is known.
    pub fn total(&self) -> Option<u8> {
        total([self.temperature, self.heart_rate, self.respiration, self.white_cells])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    fn total(temperature: f64, heart_rate: f64, respiratory_rate: f64, paco2: f64, wbc: f64) -> Option<u8> {
        Sirs::of(&Observations { temperature, heart_rate, respiratory_rate, paco2, wbc }).total()
    }

    #[test]
    fn every_edge() {
        for (temperature, met) in [(35.94, 1), (35.95, 0), (36.0, 0), (38.0, 0), (38.04, 0), (38.06, 1), (38.1, 1)] {
            assert_eq!(total(temperature, NAN, NAN, NAN, NAN), Some(met), "temperature {temperature}");
        }
        for (rate, met) in [(90.0, 0), (90.4, 0), (90.5, 1), (91.0, 1)] {
            assert_eq!(total(NAN, rate, NAN, NAN, NAN), Some(met), "heart rate {rate}");
        }
        for (rate, paco2, met) in [
            (20.0, NAN, 0),
            (20.5, NAN, 1),
            (21.0, NAN, 1),
            (NAN, 32.0, 0),
            (NAN, 31.9, 1),
            (20.0, 31.0, 1),
            (22.0, 40.0, 1),
            (20.0, 40.0, 0),
        ] {
            assert_eq!(total(NAN, NAN, rate, paco2, NAN), Some(met), "respiration {rate} {paco2}");
        }
        for (wbc, met) in [(3.9, 1), (4.0, 0), (12.0, 0), (12.1, 1)] {
            assert_eq!(total(NAN, NAN, NAN, NAN, wbc), Some(met), "wbc {wbc}");
        }
    }

    #[test]
    fn totals() {
        assert_eq!(total(NAN, NAN, NAN, NAN, NAN), None);
        assert_eq!(total(37.0, 80.0, 16.0, 40.0, 8.0), Some(0));
        assert_eq!(total(39.0, 110.0, 24.0, 28.0, 15.0), Some(4));
        assert_eq!(total(39.0, 80.0, NAN, NAN, 2.0), Some(2));
    }
}

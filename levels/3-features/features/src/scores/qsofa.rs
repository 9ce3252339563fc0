//! qSOFA, the quick sequential organ failure assessment (Singer 2016).

use super::{point, total, whole};

/// What the score looks at. NaN and `None` are not measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observations {
    /// Respiratory rate, /min.
    pub respiratory_rate: f64,
    /// Systolic pressure, `mm[Hg]`.
    pub systolic: f64,
    /// Glasgow coma scale, 3 to 15.
    pub gcs: f64,
    /// Anything but alert on ACVPU, which stands for the coma scale where that was not charted.
    pub consciousness_altered: Option<bool>,
}

/// A point for each criterion that is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the criteria")]
pub struct Qsofa {
    pub respiration: Option<u8>,
    pub systolic: Option<u8>,
    pub mentation: Option<u8>,
}

impl Qsofa {
    /// Scores a patient. Mentation is altered by either scale and unknown only without both.
    pub fn of(seen: &Observations) -> Self {
        Self {
            respiration: point(whole(seen.respiratory_rate), |x| x >= 22.0),
            systolic: point(whole(seen.systolic), |x| x <= 100.0),
            mentation: point(whole(seen.gcs), |x| x < 15.0).max(seen.consciousness_altered.map(u8::from)),
        }
    }

    /// The score, 0 to 3, of what is known; `None` if nothing is.
    pub fn total(&self) -> Option<u8> {
        total([self.respiration, self.systolic, self.mentation])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge() {
        let nan = f64::NAN;
        let cases = [
            ((nan, nan, nan, None), None),
            ((21.0, nan, nan, None), Some(0)),
            ((21.4, nan, nan, None), Some(0)),
            ((21.5, nan, nan, None), Some(1)),
            ((22.0, nan, nan, None), Some(1)),
            ((nan, 101.0, nan, None), Some(0)),
            ((nan, 100.5, nan, None), Some(0)),
            ((nan, 100.4, nan, None), Some(1)),
            ((nan, 100.0, nan, None), Some(1)),
            ((nan, nan, 15.0, None), Some(0)),
            ((nan, nan, 14.0, None), Some(1)),
            ((nan, nan, 15.0, Some(true)), Some(1)),
            ((nan, nan, 14.0, Some(false)), Some(1)),
            ((nan, nan, nan, Some(true)), Some(1)),
            ((nan, nan, nan, Some(false)), Some(0)),
            ((16.0, 120.0, 15.0, Some(false)), Some(0)),
            ((30.0, 80.0, 9.0, Some(true)), Some(3)),
        ];
        for ((respiratory_rate, systolic, gcs, consciousness_altered), expected) in cases {
            let seen = Observations { respiratory_rate, systolic, gcs, consciousness_altered };
            assert_eq!(Qsofa::of(&seen).total(), expected, "{seen:?}");
        }
    }
}

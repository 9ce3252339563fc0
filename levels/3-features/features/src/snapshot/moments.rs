//! The sums of one sign in one window.

use strata_types::{HOUR, Timestamp};

use super::ratio;

/// Count, extremes and sums, taken in from the newest value back.
///
/// Values and times are summed as differences from the newest one, which is one of them: the sums
/// of squares then lose no more than a factor of n to cancellation, whatever the level of the sign
/// and the calendar's year, and one pass is enough.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments {
    n: u32,
    newest: f64,
    newest_time: i64,
    oldest_time: i64,
    min: f64,
    max: f64,
    y: f64,
    yy: f64,
    x: f64,
    xx: f64,
    xy: f64,
}

impl Moments {
    pub(crate) const NONE: Self = Self {
        n: 0,
        newest: 0.0,
        newest_time: 0,
        oldest_time: 0,
        min: f64::NAN,
        max: f64::NAN,
        y: 0.0,
        yy: 0.0,
        x: 0.0,
        xx: 0.0,
        xy: 0.0,
    };

    /// Takes in a value that is not newer than any before it.
    pub(crate) fn add(&mut self, value: f64, time: Timestamp) {
        if self.n == 0 {
            *self = Self { newest: value, newest_time: time.0, min: value, max: value, ..Self::NONE };
        }
        let (x, y) = ((time.0 - self.newest_time) as f64, value - self.newest);
        self.n += 1;
        self.oldest_time = time.0;
        self.min = if value < self.min { value } else { self.min };
        self.max = if value > self.max { value } else { self.max };
        self.y += y;
        self.yy += y * y;
        self.x += x;
        self.xx += x * x;
        self.xy += x * y;
    }

    pub(crate) const fn n(&self) -> u32 {
        self.n
    }

    pub(crate) const fn min(&self) -> f64 {
        self.min
    }

    pub(crate) const fn max(&self) -> f64 {
        self.max
    }

    pub(crate) fn mean(&self) -> f64 {
        self.newest + ratio(self.y, f64::from(self.n))
    }

    /// The sample standard deviation; null below two values.
    pub(crate) fn std(&self) -> f64 {
        if self.n < 2 {
            return f64::NAN;
        }
        let n = f64::from(self.n);
        ((self.yy - self.y * self.y / n) / (n - 1.0)).max(0.0).sqrt()
    }

    /// The ordinary least squares slope, per hour; null below two distinct times.
    pub(crate) fn slope(&self) -> f64 {
        if self.oldest_time == self.newest_time {
            return f64::NAN;
        }
        let n = f64::from(self.n);
        let per_microsecond = (self.xy - self.x * self.y / n) / (self.xx - self.x * self.x / n);
        per_microsecond * HOUR as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[(f64, f64)]) -> Moments {
        let mut moments = Moments::NONE;
        for (hour, value) in values.iter().rev() {
            moments.add(*value, Timestamp((hour * HOUR as f64) as i64));
        }
        moments
    }

    /// Fault 32: "trend" was not a slope.
    #[test]
    fn a_slope_is_the_slope_of_a_line() {
        let line = |level: f64, slope: f64| [0.0, 1.0, 1.5, 4.0].map(|h| (500_000.0 + h, level + slope * h));
        for slope in [-3.0, 0.0, 0.25, 7.0] {
            let got = moments(&line(80.0, slope)).slope();
            assert!((got - slope).abs() < 1e-9, "{got} {slope}");
        }
        assert!(moments(&[(1.0, 80.0), (1.0, 90.0)]).slope().is_nan());
        assert!(moments(&[(1.0, 80.0)]).slope().is_nan());
        assert!(moments(&[]).slope().is_nan());
    }

    #[test]
    fn spread_and_extremes() {
        let some =
            moments(&[(0.0, 2.0), (1.0, 4.0), (2.0, 4.0), (3.0, 4.0), (4.0, 5.0), (5.0, 5.0), (6.0, 7.0), (7.0, 9.0)]);
        assert_eq!((some.n(), some.mean(), some.min(), some.max()), (8, 5.0, 2.0, 9.0));
        assert!((some.std() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        let none = moments(&[]);
        assert!(none.mean().is_nan() && none.min().is_nan() && none.max().is_nan() && none.std().is_nan());
        let one = moments(&[(0.0, 36.6)]);
        assert!(one.mean() == 36.6 && one.std().is_nan());
        assert_eq!(moments(&[(0.0, 36.6), (1.0, 36.6), (2.0, 36.6)]).std(), 0.0);
    }
}

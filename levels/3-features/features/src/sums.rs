//! Sums that are exact, so that a window may slide: what is added and later taken away leaves no trace.
//!
//! Floating-point sums depend on their order: a window that slides would drift from one summed afresh. Values are held
//! in steps of 2^-30 and times in microseconds, both whole numbers, and whole numbers add up to the same sum in any
//! order, taken from any origin. Arithmetic wraps: a central moment that fits is right whatever its parts went through.

use strata_types::HOUR;

/// A value in steps of 2^-30, which is finer than any instrument: 1e-9 of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fixed(i64);

/// What one step is worth.
const STEP: f64 = 1.0 / (1_u64 << 30) as f64;

/// Adding it to a value leaves a number whose last bit is worth one step.
const ALIGN: f64 = 1.5 * (1_u64 << 22) as f64;

/// No sign is a million; a value beyond counts as this.
const MOST: f64 = (1_u64 << 20) as f64;

impl Fixed {
    /// The nearest step; of a value that is not missing.
    pub(crate) fn of(value: f64) -> Self {
        Self((value.clamp(-MOST, MOST) + ALIGN).to_bits() as i64 - ALIGN.to_bits() as i64)
    }
}

/// How many values, and their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    n: u32,
    sum: i64,
}

/// A level, and the sum of squares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spread {
    level: Level,
    squares: i128,
}

/// A spread, and the sums over time that a straight line is fitted with. Times may count from any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    spread: Spread,
    x: i64,
    xx: i128,
    xy: i128,
}

impl Level {
    pub(crate) const NONE: Self = Self { n: 0, sum: 0 };

    pub(crate) fn add(&mut self, value: Fixed) {
        self.n += 1;
        self.sum = self.sum.wrapping_add(value.0);
    }

    pub(crate) fn remove(&mut self, value: Fixed) {
        self.n -= 1;
        self.sum = self.sum.wrapping_sub(value.0);
    }

    pub(crate) const fn n(&self) -> u32 {
        self.n
    }

    pub(crate) fn mean(&self) -> f64 {
        ratio(self.sum as f64, f64::from(self.n)) * STEP
    }

    /// A value minus the mean: exactly 0 where all values are the same.
    pub(crate) fn below(&self, value: f64) -> f64 {
        let whole = i64::from(self.n).wrapping_mul(Fixed::of(value).0);
        ratio(whole.wrapping_sub(self.sum) as f64, f64::from(self.n)) * STEP
    }
}

impl Spread {
    pub(crate) const NONE: Self = Self { level: Level::NONE, squares: 0 };

    pub(crate) fn add(&mut self, value: Fixed) {
        self.level.add(value);
        self.squares = self.squares.wrapping_add(product(value.0, value.0));
    }

    pub(crate) fn remove(&mut self, value: Fixed) {
        self.level.remove(value);
        self.squares = self.squares.wrapping_sub(product(value.0, value.0));
    }

    pub(crate) const fn level(&self) -> &Level {
        &self.level
    }

    /// The sample standard deviation; null below two values.
    pub(crate) fn std(&self) -> f64 {
        let Level { n, sum } = self.level;
        if n < 2 {
            return f64::NAN;
        }
        let central = i128::from(n).wrapping_mul(self.squares).wrapping_sub(product(sum, sum));
        let n = f64::from(n);
        (float(central) / (n * (n - 1.0))).sqrt() * STEP
    }
}

impl Line {
    pub(crate) const NONE: Self = Self { spread: Spread::NONE, x: 0, xx: 0, xy: 0 };

    pub(crate) fn add(&mut self, value: Fixed, time: i64) {
        self.spread.add(value);
        self.x = self.x.wrapping_add(time);
        self.xx = self.xx.wrapping_add(product(time, time));
        self.xy = self.xy.wrapping_add(product(time, value.0));
    }

    pub(crate) fn remove(&mut self, value: Fixed, time: i64) {
        self.spread.remove(value);
        self.x = self.x.wrapping_sub(time);
        self.xx = self.xx.wrapping_sub(product(time, time));
        self.xy = self.xy.wrapping_sub(product(time, value.0));
    }

    /// Takes in what another window holds.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.spread.level.n += other.spread.level.n;
        self.spread.level.sum = self.spread.level.sum.wrapping_add(other.spread.level.sum);
        self.spread.squares = self.spread.squares.wrapping_add(other.spread.squares);
        self.x = self.x.wrapping_add(other.x);
        self.xx = self.xx.wrapping_add(other.xx);
        self.xy = self.xy.wrapping_add(other.xy);
    }

    /// Lets go of what was merged in.
    pub(crate) fn part(&mut self, other: &Self) {
        self.spread.level.n -= other.spread.level.n;
        self.spread.level.sum = self.spread.level.sum.wrapping_sub(other.spread.level.sum);
        self.spread.squares = self.spread.squares.wrapping_sub(other.spread.squares);
        self.x = self.x.wrapping_sub(other.x);
        self.xx = self.xx.wrapping_sub(other.xx);
        self.xy = self.xy.wrapping_sub(other.xy);
    }

    pub(crate) const fn spread(&self) -> &Spread {
        &self.spread
    }

    pub(crate) const fn level(&self) -> &Level {
        &self.spread.level
    }

    /// The ordinary least squares slope, per hour; null below two distinct times.
    pub(crate) fn slope(&self) -> f64 {
        let Level { n, sum } = self.spread.level;
        let n = i128::from(n);
        let across = n.wrapping_mul(self.xx).wrapping_sub(product(self.x, self.x));
        let along = n.wrapping_mul(self.xy).wrapping_sub(product(self.x, sum));
        if across == 0 { f64::NAN } else { float(along) / float(across) * (STEP * HOUR as f64) }
    }
}

/// `a / b`; null when `b` is 0.
pub(crate) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { f64::NAN } else { a / b }
}

/// The whole product: a single instruction.
const fn product(a: i64, b: i64) -> i128 {
    a as i128 * b as i128
}

/// Close to the number, and the same everywhere; the compiler's own conversion costs more than all sums.
fn float(number: i128) -> f64 {
    const HIGH: f64 = (1_u128 << 64) as f64;
    ((number >> 64) as i64 as f64) * HIGH + (number as u64 as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[(f64, f64)]) -> Line {
        let mut line = Line::NONE;
        for (hour, value) in values {
            line.add(Fixed::of(*value), (hour * HOUR as f64) as i64);
        }
        line
    }

    fn near(got: f64, expected: f64, of: &str) {
        assert!((got - expected).abs() <= 1e-8 * expected.abs().max(1.0), "{of}: {got}, not {expected}");
    }

    /// Fault 32: "trend" was not a slope.
    #[test]
    fn a_slope_is_the_slope_of_a_line() {
        let rising = |level: f64, slope: f64| [0.0, 1.0, 1.5, 4.0].map(|h| (500_000.0 + h, level + slope * h));
        for slope in [-3.0, 0.0, 0.25, 7.0] {
            near(line(&rising(80.0, slope)).slope(), slope, "slope");
        }
        assert!(line(&[(1.0, 80.0), (1.0, 90.0)]).slope().is_nan());
        assert!(line(&[(1.0, 80.0)]).slope().is_nan());
        assert!(line(&[]).slope().is_nan());
    }

    #[test]
    fn level_and_spread() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let some = line(&values.map(|value| (value, value)));
        assert_eq!((some.level().n(), some.level().mean(), some.level().below(9.0)), (8, 5.0, 4.0));
        near(some.spread().std(), (32.0_f64 / 7.0).sqrt(), "std");
        let none = line(&[]);
        assert!(none.level().mean().is_nan() && none.spread().std().is_nan() && none.level().below(1.0).is_nan());
        let one = line(&[(0.0, 36.6)]);
        near(one.level().mean(), 36.6, "mean");
        assert!(one.spread().std().is_nan());
        let same = line(&[(0.0, 36.6), (1.0, 36.6), (2.0, 36.6)]);
        assert_eq!((same.spread().std(), same.level().below(36.6)), (0.0, 0.0));
    }

    /// What a window of a year's timeline at one value a second needs, and values that no sign has.
    #[test]
    fn what_was_added_can_be_taken_away() {
        let values = [36.6, -12.25, 1e-9, 7e300, f64::INFINITY, f64::NEG_INFINITY, 0.0, 300.0];
        let far = 365 * 24 * HOUR;
        let mut all = line(&[(0.5, 80.0), (3.0, 81.0)]);
        let before = all;
        for (i, value) in values.iter().enumerate() {
            all.add(Fixed::of(*value), far + i as i64);
        }
        assert_ne!(all, before);
        for (i, value) in values.iter().enumerate().rev() {
            all.remove(Fixed::of(*value), far + i as i64);
        }
        assert_eq!(all, before);
    }
}

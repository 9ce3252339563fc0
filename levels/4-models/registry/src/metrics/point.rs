//! A point of a series, and the order of points.

use std::cmp::Ordering;

/// What is asked to be kept of an infinite value; MLflow's databases keep no more.
const MOST: f64 = f64::MAX;

/// A value at a moment and a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) timestamp: i64,
    pub(crate) step: i64,
    pub(crate) value: f64,
}

impl Point {
    /// There is one value that is not a number, one zero, and none that is infinite.
    pub(crate) fn new(timestamp: i64, step: i64, value: f64) -> Self {
        let value = if value.is_nan() { f64::NAN } else { value.clamp(-MOST, MOST) + 0.0 };
        Self { timestamp, step, value }
    }

    /// The value, if it is a number.
    pub(crate) fn number(&self) -> Option<f64> {
        (!self.value.is_nan()).then_some(self.value)
    }

    /// Whether this one is later than that: by its step, then its time, then its value, in which what is not a number
    /// counts as 0.
    pub(crate) fn is_after(&self, other: &Self) -> bool {
        let place = |point: &Self| (point.step, point.timestamp);
        let value = |point: &Self| point.number().unwrap_or(0.0);
        let order = place(self).cmp(&place(other));
        order.then_with(|| value(self).total_cmp(&value(other))) == Ordering::Greater
    }

    /// The order in which samples are taken: by steps.
    pub(crate) fn by_step(&self, other: &Self) -> Ordering {
        (self.step, self.timestamp).cmp(&(other.step, other.timestamp)).then(self.value.total_cmp(&other.value))
    }

    /// Bytes that are in the order of points.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        const SIGN: u64 = 1 << 63;
        let whole = |number: i64| (number as u64 ^ SIGN).to_be_bytes();
        let bits = self.value.to_bits();
        let value = if bits & SIGN == 0 { bits | SIGN } else { !bits };
        [whole(self.timestamp), whole(self.step), value.to_be_bytes()].concat()
    }
}

/// The order of a history: by time, then step, then value.
impl Ord for Point {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.timestamp, self.step).cmp(&(other.timestamp, other.step)).then(self.value.total_cmp(&other.value))
    }
}

impl PartialOrd for Point {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Eq for Point {}

impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::Point;

    #[test]
    fn bytes_are_in_the_order_of_points() {
        let mut points = Vec::new();
        for timestamp in [0, 1, 255, 256, i64::MAX] {
            for step in [i64::MIN, -1, 0, 1, i64::MAX] {
                for value in [f64::NEG_INFINITY, -1.5, -1e-300, 0.0, 1e-300, 1.5, f64::INFINITY, f64::NAN] {
                    points.push(Point::new(timestamp, step, value));
                }
            }
        }
        assert!(points.is_sorted());
        assert!(points.iter().map(Point::bytes).is_sorted());
    }

    #[test]
    fn the_latest_is_that_of_the_last_step() {
        let after = |one: Point, other: Point| one.is_after(&other) && !other.is_after(&one);
        assert!(after(Point::new(1, 2, 0.0), Point::new(9, 1, 5.0)));
        assert!(after(Point::new(2, 1, 0.0), Point::new(1, 1, 5.0)));
        assert!(after(Point::new(1, 1, 5.0), Point::new(1, 1, 0.0)));
        assert!(after(Point::new(1, 1, 5.0), Point::new(1, 1, f64::NAN)));
        assert!(!Point::new(1, 1, f64::NAN).is_after(&Point::new(1, 1, 0.0)));
        assert_eq!(Point::new(1, 1, -0.0), Point::new(1, 1, 0.0));
        assert_eq!(Point::new(1, 1, f64::INFINITY).value, f64::MAX);
    }
}

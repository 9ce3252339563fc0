//! Points of curves, few enough to read and to send.

use serde::{Deserialize, Serialize};

/// More points than a screen can show only make a report slow.
pub(crate) const MOST_POINTS: usize = 200;

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Along.
    pub x: f64,
    /// Up.
    pub y: f64,
}

/// At most [`MOST_POINTS`] of the points, evenly spread along `position`, which must not fall.
/// The first and the last stay.
pub(crate) fn thin(
    points: impl IntoIterator<Item = Point>,
    position: impl Fn(Point) -> f64,
    length: f64,
) -> Vec<Point> {
    let spacing = length / (MOST_POINTS - 2) as f64;
    let mut kept: Vec<Point> = Vec::new();
    let mut next = f64::NEG_INFINITY;
    let mut last = None;
    for point in points {
        last = Some(point);
        let place = position(point);
        if place >= next {
            kept.push(point);
            next = place + spacing;
        }
    }
    if let Some(last) = last.filter(|last| kept.last() != Some(last)) {
        kept.push(last);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thins_and_keeps_both_ends() {
        let points = (0..=10_000).map(|i| Point { x: f64::from(i) / 10_000.0, y: 0.0 });
        let kept = thin(points, |point| point.x, 1.0);
        assert!(kept.len() <= MOST_POINTS, "{}", kept.len());
        assert_eq!((kept[0].x, kept[kept.len() - 1].x), (0.0, 1.0));
        assert_eq!(thin([], |point| point.x, 1.0), []);
    }
}

//! Few points in the place of many: evenly taken, the first and the last among them.

use super::point::Point;

/// At most `most` of them, by steps. They are parted in as many parts of the same length, the longer ones first, and the
/// first of each is taken; the last point takes the place of the last that was taken.
pub(crate) fn sample(mut points: Vec<Point>, most: usize) -> Vec<Point> {
    if !points.is_sorted_by(|one, other| one.by_step(other).is_le()) {
        points.sort_unstable_by(Point::by_step);
    }
    let Some(last) = points.last().copied().filter(|_| points.len() > most) else { return points };
    let (length, longer) = (points.len() / most, points.len() % most);
    let mut taken: Vec<Point> =
        (0..most).filter_map(|part| points.get(part * length + part.min(longer)).copied()).collect();
    if let Some(end) = taken.last_mut() {
        *end = last;
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::sample;
    use crate::metrics::point::Point;

    fn steps(count: i64, most: usize) -> Vec<i64> {
        let points = (0..count).map(|step| Point::new(1, step, 10.0)).collect();
        sample(points, most).iter().map(|point| point.step).collect()
    }

    #[test]
    fn parts_are_of_the_same_length() {
        assert_eq!(steps(10, 5), [0, 2, 4, 6, 9]);
        assert_eq!(steps(20, 5), [0, 4, 8, 12, 19]);
        assert_eq!(steps(7, 3), [0, 3, 6]);
        assert_eq!(steps(5, 5), [0, 1, 2, 3, 4]);
        assert_eq!(steps(3, 5), [0, 1, 2]);
        assert_eq!(steps(9, 1), [8]);
        assert!(steps(0, 5).is_empty());
    }

    #[test]
    fn steps_go_before_times() {
        let points = vec![Point::new(1, 2, 0.0), Point::new(2, 1, 0.0)];
        assert_eq!(sample(points, 5).iter().map(|point| point.step).collect::<Vec<_>>(), [1, 2]);
    }
}

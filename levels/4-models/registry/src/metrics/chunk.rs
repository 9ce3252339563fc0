//! Points packed to bytes: a version, then of each point the step that its time and its step are from those before it, as
//! numbers of as many bytes as they need, and its value.

use super::point::Point;

/// So many bytes of points, with what else is in their row, fill a page of SQLite's and go on none other.
pub(crate) const BYTES: usize = 4_000;
const VERSION: u8 = 1;
/// Of a number in sevens of bits.
const MORE: u8 = 0x80;
/// What the first point is packed as steps from.
const START: Point = Point { timestamp: 0, step: 0, value: 0.0 };

/// Packs points that are in order.
pub(crate) fn pack(points: &[Point]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + points.len() * 12);
    bytes.push(VERSION);
    let mut before = START;
    for point in points {
        push(&mut bytes, point.timestamp.wrapping_sub(before.timestamp));
        push(&mut bytes, point.step.wrapping_sub(before.step));
        bytes.extend_from_slice(&point.value.to_le_bytes());
        before = *point;
    }
    bytes
}

/// Unpacks; None if these bytes were not packed here.
pub(crate) fn unpack(bytes: &[u8], points: &mut Vec<Point>) -> Option<()> {
    let mut rest = bytes.strip_prefix(&[VERSION])?;
    let Point { mut timestamp, mut step, .. } = START;
    while !rest.is_empty() {
        timestamp = timestamp.wrapping_add(pull(&mut rest)?);
        step = step.wrapping_add(pull(&mut rest)?);
        let (value, after) = rest.split_first_chunk::<8>()?;
        points.push(Point { timestamp, step, value: f64::from_le_bytes(*value) });
        rest = after;
    }
    Some(())
}

/// Those of a chunk and new ones, in order and each once; and in which pieces to keep them. What goes on at the end fills
/// chunks; what comes between leaves room on both sides.
pub(crate) fn join(mut points: Vec<Point>, new: &[Point]) -> Vec<Vec<Point>> {
    let goes_on = points.last().is_none_or(|last| new.iter().all(|point| point > last));
    points.extend_from_slice(new);
    points.sort_unstable();
    points.dedup();
    if goes_on || fitting(&points, BYTES) == points.len() { cut(&points, BYTES) } else { cut(&points, BYTES / 2) }
}

fn cut(mut points: &[Point], bytes: usize) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    while !points.is_empty() {
        let (piece, rest) = points.split_at(fitting(points, bytes));
        pieces.push(piece.to_vec());
        points = rest;
    }
    pieces
}

/// How many of these can be packed to so many bytes; one at least.
fn fitting(points: &[Point], bytes: usize) -> usize {
    let (mut length, mut before) = (1, START);
    let is_over = |point: &Point| {
        let number = |number: i64| (64 - zigzag(number).leading_zeros()).div_ceil(7).max(1) as usize;
        length += number(point.timestamp.wrapping_sub(before.timestamp));
        length += number(point.step.wrapping_sub(before.step)) + size_of::<f64>();
        before = *point;
        length > bytes
    };
    points.iter().position(is_over).map_or(points.len(), |count| count.max(1))
}

/// Small numbers of either sign are small.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn push(bytes: &mut Vec<u8>, number: i64) {
    let mut bits = zigzag(number);
    while bits >= u64::from(MORE) {
        bytes.push(bits as u8 | MORE);
        bits >>= 7;
    }
    bytes.push(bits as u8);
}

fn pull(bytes: &mut &[u8]) -> Option<i64> {
    let mut bits = 0_u64;
    for place in 0..10 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        bits |= u64::from(byte & !MORE) << (7 * place);
        if byte & MORE == 0 {
            return Some((bits >> 1) as i64 ^ -((bits & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{BYTES, join, pack, unpack};
    use crate::metrics::point::Point;

    fn unpacked(bytes: &[u8]) -> Option<Vec<Point>> {
        let mut points = Vec::new();
        unpack(bytes, &mut points).map(|()| points)
    }

    #[test]
    fn what_is_packed_comes_back() {
        let mut points: Vec<Point> = [(0, 0, 0.5), (i64::MAX, i64::MIN, -0.1), (1, i64::MAX, f64::NAN), (7, -3, 1e300)]
            .map(|(timestamp, step, value)| Point::new(timestamp, step, value))
            .into();
        points.sort_unstable();
        assert_eq!(unpacked(&pack(&points)).unwrap(), points);
        assert_eq!(unpacked(&pack(&[])).unwrap(), []);
        let bytes = pack(&points);
        assert_eq!(unpacked(&bytes[..bytes.len() - 1]), None);
        assert_eq!(unpacked(&[]), None);
    }

    #[test]
    fn a_point_takes_a_dozen_bytes() {
        let points: Vec<Point> = (0..256).map(|i| Point::new(1_700_000_000_000 + i * 1000, i, i as f64)).collect();
        assert!(pack(&points).len() < 256 * 12, "{}", pack(&points).len());
    }

    #[test]
    fn a_point_is_kept_once() {
        assert_eq!(join(points([1, 3]), &points([2, 3, 2])), [points([1, 2, 3])]);
    }

    #[test]
    fn chunks_are_as_large_as_they_may_be() {
        let whole = join(Vec::new(), &points(0..2_000));
        let [full @ .., _] = whole.as_slice() else { panic!("there are some") };
        for (piece, next) in full.iter().zip(&whole[1..]) {
            let longer = [piece.as_slice(), &next[..1]].concat();
            assert!(pack(piece).len() <= BYTES && pack(&longer).len() > BYTES, "{}", piece.len());
        }
        assert_eq!(whole.concat(), points(0..2_000));
    }

    #[test]
    fn what_comes_between_leaves_room() {
        let [full, _] = &join(Vec::new(), &points(0..500))[..] else { panic!("two would hold them") };
        let pieces = join(full.clone(), &[Point::new(5, 5, 1.0)]);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| pack(piece).len() <= BYTES / 2));
        assert_eq!(pieces.concat().len(), full.len() + 1);
    }

    fn points(numbers: impl IntoIterator<Item = i64>) -> Vec<Point> {
        numbers.into_iter().map(|i| Point::new(i, i, 0.0)).collect()
    }
}

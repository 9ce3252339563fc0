//! What the values of a feature look like, to tell later whether they still do.
//!
//! Counts are exact, in bins whose edges never move, so profiles of any parts of the data add up to the profile of all of
//! it and profiles of any two times can be compared bin by bin.

/// A power of two is cut into this many bins.
const PARTS: u32 = 32;

/// Bits of a number that say nothing of its bin.
const SHIFT: u32 = 23 - PARTS.ilog2();

/// What is closer to 0 counts as 0.
const LEAST: f32 = 1.0 / (1 << 20) as f32;

/// Greater numbers are in the last bin.
const MOST: f32 = (1 << 20) as f32;

/// The bin of 0; on each side of it are those of 40 powers of two, and the last.
const ZERO: usize = (40 * PARTS + 1) as usize;

/// The values of one feature.
#[derive(Clone, Debug)]
pub struct Profile {
    nulls: u64,
    count: u64,
    sum: f64,
    squares: f64,
    min: f32,
    max: f32,
    /// The bins between the lowest and the highest that hold anything.
    bins: Vec<u64>,
    first: usize,
}

/// Values around a number: from `low` on and below `high`, and below 0 the mirror image of that. It is at most 1/32 of
/// them wide; what is closer to 0 than a millionth is 0, and what is beyond a million is in the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Its lower edge.
    pub low: f32,
    /// Its upper edge.
    pub high: f32,
    /// How many values it holds.
    pub count: u64,
}

impl Default for Profile {
    fn default() -> Self {
        let (min, max) = (f32::INFINITY, f32::NEG_INFINITY);
        Self { nulls: 0, count: 0, sum: 0.0, squares: 0.0, min, max, bins: Vec::new(), first: 0 }
    }
}

/// A profile as it is told to another process, to the last bit: nulls, count, the bits of sum, squares, least and greatest, the
/// place of the first bin, and the bins.
pub type Told = (u64, u64, [u64; 2], [u32; 2], usize, Vec<u64>);

impl Profile {
    /// For another process.
    pub fn tell(&self) -> Told {
        let sums = [self.sum.to_bits(), self.squares.to_bits()];
        (self.nulls, self.count, sums, [self.min.to_bits(), self.max.to_bits()], self.first, self.bins.clone())
    }

    /// From another process.
    pub fn hear((nulls, count, [sum, squares], [min, max], first, bins): Told) -> Self {
        let (sum, squares) = (f64::from_bits(sum), f64::from_bits(squares));
        Self { nulls, count, sum, squares, min: f32::from_bits(min), max: f32::from_bits(max), bins, first }
    }

    /// Takes in values; NaN is null. What comes again at once, as the last value of a sign does, is looked at once.
    pub fn take(&mut self, values: &[f32]) {
        // Held apart from the bins, they stay in registers.
        let (mut nulls, mut count, mut sum, mut squares) = (0, 0, 0.0, 0.0);
        let (mut min, mut max) = (self.min, self.max);
        for run in values.chunk_by(|a, b| a.to_bits() == b.to_bits()) {
            let (value, times) = (run[0], run.len() as u64);
            if value.is_nan() {
                nulls += times;
                continue;
            }
            let wide = f64::from(value);
            count += times;
            sum += wide * times as f64;
            squares += wide * wide * times as f64;
            min = if value < min { value } else { min };
            max = if value > max { value } else { max };
            self.put(place(value), times);
        }
        self.nulls += nulls;
        self.count += count;
        self.sum += sum;
        self.squares += squares;
        (self.min, self.max) = (min, max);
    }

    /// Takes in what another one holds.
    pub fn merge(&mut self, other: &Self) {
        self.nulls += other.nulls;
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        for (index, more) in other.bins.iter().enumerate().filter(|(_, more)| **more > 0) {
            self.put(other.first + index, *more);
        }
    }

    fn put(&mut self, place: usize, more: u64) {
        match self.bins.get_mut(place.wrapping_sub(self.first)) {
            Some(bin) => *bin += more,
            None => self.widen(place, more),
        }
    }

    #[cold]
    fn widen(&mut self, place: usize, more: u64) {
        if self.bins.is_empty() {
            self.first = place;
        } else if place < self.first {
            self.bins.splice(..0, std::iter::repeat_n(0, self.first - place));
            self.first = place;
        }
        let index = place - self.first;
        self.bins.resize(self.bins.len().max(index + 1), 0);
        self.bins[index] += more;
    }

    /// Values that are not null.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Values that are null.
    pub const fn nulls(&self) -> u64 {
        self.nulls
    }

    /// The mean; `None` without a value.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The sample standard deviation; `None` below two values.
    pub fn std(&self) -> Option<f64> {
        let n = self.count as f64;
        (self.count > 1).then(|| ((self.squares - self.sum * self.sum / n).max(0.0) / (n - 1.0)).sqrt())
    }

    /// The least value.
    pub fn min(&self) -> Option<f32> {
        (self.count > 0).then_some(self.min)
    }

    /// The greatest value.
    pub fn max(&self) -> Option<f32> {
        (self.count > 0).then_some(self.max)
    }

    /// The value below which a share of the values lies, at most 1/64 of itself away from the true one.
    pub fn quantile(&self, share: f64) -> Option<f32> {
        let rank = (share * self.count.checked_sub(1)? as f64).round() as u64;
        let mut seen = 0;
        let bin = self.bins().find(|bin| {
            seen += bin.count;
            seen > rank
        })?;
        Some(f32::midpoint(bin.low.max(-f32::MAX), bin.high.min(f32::MAX)).clamp(self.min, self.max))
    }

    /// The bins that hold anything, by their values.
    pub fn bins(&self) -> impl Iterator<Item = Bin> {
        let held = self.bins.iter().enumerate().filter(|(_, count)| **count > 0);
        held.map(|(index, count)| {
            let (low, high) = edges(self.first + index);
            Bin { low, high, count: *count }
        })
    }
}

/// The bin of a value: its power of two and the first bits after it, as they stand in the number.
fn place(value: f32) -> usize {
    let size = value.abs();
    if size < LEAST {
        return ZERO;
    }
    let from_zero = 1 + ((size.min(MOST).to_bits() - LEAST.to_bits()) >> SHIFT) as usize;
    if value < 0.0 { ZERO - from_zero } else { ZERO + from_zero }
}

/// The lower and the upper edge of a bin.
fn edges(place: usize) -> (f32, f32) {
    let from_zero = place.abs_diff(ZERO) as u32;
    let Some(index) = from_zero.checked_sub(1) else { return (-LEAST, LEAST) };
    let edge = |index: u32| f32::from_bits(LEAST.to_bits() + (index << SHIFT));
    let (low, high) = (edge(index), if edge(index) < MOST { edge(index + 1) } else { f32::INFINITY });
    if place < ZERO { (-high, -low) } else { (low, high) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Missing stays missing (fault 35), parts add up, and quantiles are as close as is said.
        #[test]
        fn parts_add_up_and_quantiles_are_near(
            values in prop::collection::vec(prop_oneof![4 => -1e4..1e4_f32, 2 => -1.0..1.0_f32, 1 => Just(f32::NAN)], 1..300),
            cut in 0..300_usize,
            share in 0.0..1.0_f64,
        ) {
            let (mut all, mut first, mut rest) = (Profile::default(), Profile::default(), Profile::default());
            all.take(&values);
            let (some, others) = values.split_at(cut.min(values.len()));
            first.take(some);
            rest.take(others);
            first.merge(&rest);
            prop_assert_eq!(first.bins().collect::<Vec<_>>(), all.bins().collect::<Vec<_>>());
            let mut known: Vec<f32> = values.into_iter().filter(|value| !value.is_nan()).collect();
            known.sort_by(f32::total_cmp);
            prop_assert_eq!(all.count(), known.len() as u64);
            prop_assert_eq!(all.min(), known.first().copied());
            for bin in all.bins() {
                let held = known.iter().filter(|value| match (bin.low < 0.0, bin.high > 0.0) {
                    (true, true) => **value > bin.low && **value < bin.high,
                    (true, false) => **value > bin.low && **value <= bin.high,
                    _ => **value >= bin.low && **value < bin.high,
                });
                let held = held.count();
                prop_assert_eq!(bin.count, held as u64, "{:?}", bin);
            }
            if let Some(quantile) = all.quantile(share) {
                let exact = known[(share * (known.len() - 1) as f64).round() as usize];
                prop_assert!((quantile - exact).abs() <= exact.abs() / 60.0 + 1e-6, "{quantile} {exact}");
            } else {
                prop_assert!(known.is_empty());
            }
        }
    }

    #[test]
    fn bins_are_where_they_should_be() {
        let mut profile = Profile::default();
        profile.take(&[0.0, 1.0, 1.0, -2.0, 3e9, f32::NAN]);
        let bins: Vec<_> = profile.bins().map(|bin| (bin.low, bin.high, bin.count)).collect();
        let expected = [(-2.0625, -2.0, 1), (-LEAST, LEAST, 1), (1.0, 1.03125, 2), (MOST, f32::INFINITY, 1)];
        assert_eq!(bins, expected);
        assert_eq!((profile.count(), profile.nulls(), profile.max()), (5, 1, Some(3e9)));
    }
}

//! Measured values as whole numbers with a decimal point, where that loses nothing.
//!
//! Charts hold `36.6` and `120`, and a double that was read from such a text is the whole number divided by a power of ten:
//! IEEE division of two exact numbers is rounded as reading a decimal is. Any other value stays the eight bytes that it is.

/// The powers of ten.
const SCALES: [f64; 4] = [1.0, 10.0, 100.0, 1_000.0];

/// No power of ten will do.
pub(crate) const RAW: u8 = 7;

/// From here on more decimals than a value has might not be exact.
const LARGE: f64 = 1e9;

/// The fewest decimals with which a value is exact, and its digits. It is exact with more decimals too.
pub(crate) fn of(value: f64) -> Option<(u8, i64)> {
    if value.abs() >= LARGE {
        return None;
    }
    (0..SCALES.len() as u8).find_map(|decimals| Some((decimals, digits(value, decimals)?)))
}

/// The digits of a value with so many decimals, if that is exact.
pub(crate) fn digits(value: f64, decimals: u8) -> Option<i64> {
    let digits = (value * SCALES.get(usize::from(decimals))?).round();
    let digits = (digits.abs() < 1e15).then_some(digits as i64)?;
    (value_of(digits, decimals).to_bits() == value.to_bits()).then_some(digits)
}

/// The value of digits.
pub(crate) fn value_of(digits: i64, decimals: u8) -> f64 {
    digits as f64 / SCALES[usize::from(decimals & 3)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_charted_is_short_and_exact(digits in -3_000_000..3_000_000_i64, decimals in 0..4_u32) {
            let text = format!("{}e-{decimals}", digits);
            let value: f64 = text.parse().unwrap();
            let value = if value == 0.0 { 0.0 } else { value };
            let (least, _) = of(value).unwrap();
            for decimals in least..4 {
                let digits = super::digits(value, decimals).unwrap();
                prop_assert_eq!(value_of(digits, decimals).to_bits(), value.to_bits());
            }
        }

        #[test]
        fn what_is_not_exact_is_not_taken(value: f64) {
            if let Some((decimals, digits)) = of(value) {
                prop_assert_eq!(value_of(digits, decimals).to_bits(), value.to_bits());
            }
        }
    }

    #[test]
    fn odd_values_are_raw() {
        for value in [-0.0, f64::NAN, f64::INFINITY, 1.0 / 3.0, 1e300, 36.66666] {
            assert_eq!(of(value), None, "{value}");
        }
        assert_eq!(of(36.6), Some((1, 366)));
    }
}

//! Clinical scores: features themselves, and the baselines that every model is compared with.
//!
//! One table a file. A number that was not measured is NaN and its component is `None`; a total sums
//! the known components and is `None` when none is known, so that silence never reads as health.

pub mod news2;
pub mod qsofa;
pub mod sirs;

/// Rounds half up to a whole number. The charts' bands are of whole numbers and have gaps between them.
fn whole(value: f64) -> f64 {
    (value + 0.5).floor()
}

/// Rounds half up to a tenth, as the charts write temperatures.
fn tenth(value: f64) -> f64 {
    (value * 10.0 + 0.5).floor() / 10.0
}

/// The sum of the known components.
fn total<const N: usize>(components: [Option<u8>; N]) -> Option<u8> {
    components.into_iter().flatten().reduce(|sum, points| sum + points)
}

/// A criterion about a number: one point if it holds, `None` if the number is missing.
fn point(value: f64, holds: impl Fn(f64) -> bool) -> Option<u8> {
    (!value.is_nan()).then(|| u8::from(holds(value)))
}

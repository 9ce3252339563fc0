//! Which patient serves which purpose.

use std::fmt;

/// What a patient's rows are used for; all rows of a patient are in the same part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// 70 %: weights and preprocessing are learnt here.
    Train,
    /// 10 %: decides when to stop.
    EarlyStopping,
    /// 5 %: together with early stopping's, turns scores into probabilities.
    Calibration,
    /// 15 %: looked at once, at the end.
    Test,
}

impl Part {
    /// All parts, in the order of use.
    pub const ALL: [Self; 4] = [Self::Train, Self::EarlyStopping, Self::Calibration, Self::Test];
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "training",
            Self::EarlyStopping => "early stopping",
            Self::Calibration => "calibration",
            Self::Test => "test",
        })
    }
}

/// The part of a patient: a function of the id and the seed alone, so no patient is ever in two parts, and one who
/// comes back in next month's set is where they were.
///
/// FNV-1a (64 bits) of the id, finished as in splitmix64 with the seed mixed in, modulo 100: short ids that differ in
/// the last digit only still spread evenly.
pub fn split(patient_id: &str, seed: u64) -> Part {
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut hash = patient_id.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
    hash = hash.wrapping_add(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    match (hash ^ (hash >> 31)) % 100 {
        0..70 => Part::Train,
        70..80 => Part::EarlyStopping,
        80..85 => Part::Calibration,
        _ => Part::Test,
    }
}

#[cfg(test)]
mod tests {
    use super::Part::{EarlyStopping, Test, Train};
    use super::*;

    #[test]
    fn shares_are_as_promised() {
        for seed in [0, 42, u64::MAX] {
            let parts: Vec<_> = (0..20_000).map(|i| split(&format!("p{i:06}"), seed)).collect();
            for (part, share) in Part::ALL.into_iter().zip([0.70, 0.10, 0.05, 0.15]) {
                let got = parts.iter().filter(|&&p| p == part).count() as f64 / 20_000.0;
                assert!((got - share).abs() < 0.01, "{part} {got}");
            }
        }
    }

    /// The assignment is part of what a stored model means: it must never change.
    #[test]
    fn the_assignment_is_stable() {
        let parts =
            ["p000001", "p000002", "p000003", "p000004", "p000005", "p000006", "p000007"].map(|id| split(id, 42));
        assert_eq!(parts, [EarlyStopping, Train, Train, Train, Test, Train, Train]);
    }
}

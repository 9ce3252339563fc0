//! Some patients instead of all: spread over everybody, and the same ones for the same seed.

use std::collections::BTreeSet;

use strata_types::PatientId;

/// So many patients, chosen by a seeded hash of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How many of those in silver. Of those whom only the online store knows, as large a share.
    pub patients: u64,
    /// Another seed, other patients.
    pub seed: u64,
}

/// Who is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    seed: u64,
    /// The last place that is in.
    last: Option<u64>,
}

impl Chosen {
    /// Those of a sample, or all.
    pub(super) fn of(sample: Option<Sample>, silver: &BTreeSet<PatientId>) -> Self {
        let Some(Sample { patients, seed }) = sample else { return Self { seed: 0, last: Some(u64::MAX) } };
        let mut places: Vec<u64> = silver.iter().map(|patient| place(seed, patient)).collect();
        if patients >= places.len() as u64 {
            return Self { seed, last: Some(u64::MAX) };
        }
        places.sort_unstable();
        Self { seed, last: patients.checked_sub(1).map(|last| places[last as usize]) }
    }

    pub(super) fn has(&self, patient: &PatientId) -> bool {
        self.last.is_some_and(|last| place(self.seed, patient) <= last)
    }
}

/// Where the hash puts a patient: FNV-1a, stirred (the last step of `SplitMix64`), for ids differ in their last digits.
fn place(seed: u64, patient: &PatientId) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(patient.as_str().bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_and_the_same_for_its_seed() {
        let silver: BTreeSet<PatientId> = (0..1_000).map(|n| format!("p{n:06}").parse().unwrap()).collect();
        let of = |patients, seed| {
            let chosen = Chosen::of(Some(Sample { patients, seed }), &silver);
            silver.iter().enumerate().filter(|(_, patient)| chosen.has(patient)).map(|(index, _)| index).collect()
        };
        let some: Vec<usize> = of(100, 7);
        assert_eq!(some.len(), 100);
        assert_eq!(some, of(100, 7));
        assert_ne!(some, of(100, 8));
        for quarter in 0..4 {
            let here = some.iter().filter(|index| **index / 250 == quarter).count();
            assert!((10..=40).contains(&here), "{here} of 100 in quarter {quarter}");
        }
        assert_eq!(of(0, 7).len(), 0);
        assert_eq!(of(5_000, 7).len(), 1_000);
        let all = Chosen::of(None, &silver);
        assert!(silver.iter().all(|patient| all.has(patient)) && all.has(&"stranger".parse().unwrap()));
    }
}

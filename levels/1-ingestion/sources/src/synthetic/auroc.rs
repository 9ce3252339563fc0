//! The area under the receiver operating characteristic, by ranks.

/// The probability that a case has a greater score than a non-case, ties counting half
/// (Mann and Whitney's U over the number of pairs); `None` without both kinds.
pub(super) fn auroc(scored: &mut [(f64, bool)]) -> Option<f64> {
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let cases = scored.iter().filter(|(_, case)| *case).count() as f64;
    let others = scored.len() as f64 - cases;
    let mut below = 0.0;
    let mut won = 0.0;
    for tied in scored.chunk_by(|a, b| a.0 == b.0) {
        let tied_cases = tied.iter().filter(|(_, case)| *case).count() as f64;
        let tied_others = tied.len() as f64 - tied_cases;
        won += tied_cases * (below + tied_others / 2.0);
        below += tied_others;
    }
    (cases > 0.0 && others > 0.0).then(|| won / (cases * others))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_areas() {
        let check = |scored: &[(f64, bool)], expected| assert_eq!(auroc(&mut scored.to_vec()), expected, "{scored:?}");
        check(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)], Some(0.75));
        check(&[(1.0, true), (0.0, false)], Some(1.0));
        check(&[(0.5, true), (0.5, false), (0.5, false)], Some(0.5));
        check(&[(0.5, true)], None);
        check(&[], None);
    }

    proptest! {
        #[test]
        fn it_counts_the_pairs(scored in prop::collection::vec((0_u8..8, any::<bool>()), 2..40)) {
            let mut scored: Vec<_> = scored.into_iter().map(|(score, case)| (f64::from(score), case)).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for (case, _) in scored.iter().filter(|(_, case)| *case) {
                for (other, _) in scored.iter().filter(|(_, case)| !*case) {
                    pairs += 1.0;
                    won += if case > other { 1.0 } else if case == other { 0.5 } else { 0.0 };
                }
            }
            prop_assert_eq!(auroc(&mut scored), (pairs > 0.0).then(|| won / pairs));
        }
    }
}

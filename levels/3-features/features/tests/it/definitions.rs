//! The list itself.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use strata_features::{FEATURE_COUNT, FEATURE_SET_VERSION, FEATURES, Feature, compute_many, feature_set_hash};
use strata_types::Variable;

use crate::arbitrary;

/// Fault 36: configuration, scheduler and requirements each named another number of features.
#[test]
fn the_list_is_the_reference_list() {
    let Some(path) = reference_list() else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(lines.len(), FEATURE_COUNT);
    for (line, feature) in lines.iter().zip(&FEATURES) {
        let columns: Vec<&str> = line.splitn(4, ',').collect();
        let number = feature.number.to_string();
        let ours = [&number, feature.name, feature.group.name(), feature.description];
        assert_eq!([columns[0], columns[1], columns[2], columns[3].trim_matches('"')], ours);
    }
}

/// The shared data beside the checkout or one of its parents, where there is any.
fn reference_list() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|folder| folder.join("shared/data/reference/features_120.csv")).find(|path| path.is_file())
}

#[test]
fn names_are_unique_and_groups_have_one_name() {
    let names: HashSet<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    assert_eq!(names.len(), FEATURE_COUNT);
    for feature in &FEATURES {
        assert_eq!(serde_json::to_value(feature).unwrap()["group"], feature.group.name());
        assert!(!feature.sources.is_empty(), "{} is made of something", feature.name);
    }
}

#[test]
fn lab_features_have_the_units_of_the_table() {
    for feature in &FEATURES {
        let variable = feature.name.strip_suffix("_last").and_then(Variable::by_name);
        if let Some(variable) = variable.filter(|variable| variable.feature_prefix != "map") {
            assert_eq!(feature.unit, variable.ucum, "{}", feature.name);
        }
    }
}

/// Whoever changes a definition raises [`FEATURE_SET_VERSION`] and then writes the new hash here:
/// models of the old definitions must not load with the new ones.
#[test]
fn definitions_change_with_their_version_only() {
    assert_eq!((FEATURE_SET_VERSION, feature_set_hash()), (2, 1_246_552_412_985_713_431));
}

/// Faults 29 to 32: most lab features were always null, interactions and drug features were
/// constants, categories became null, the change from baseline was always 0.
#[test]
fn no_feature_is_always_null_or_a_constant() {
    let mut runner = TestRunner::deterministic();
    let mut seen: Vec<HashSet<u32>> = vec![HashSet::new(); FEATURE_COUNT];
    let strategy = (arbitrary::timeline(60), prop::collection::vec(arbitrary::time(5), 20));
    for _ in 0..200 {
        let (timeline, times) = strategy.new_tree(&mut runner).unwrap().current();
        for vector in compute_many(&timeline, &times) {
            for (values, value) in seen.iter_mut().zip(vector) {
                if !value.is_nan() {
                    values.insert(value.to_bits());
                }
            }
        }
    }
    for (feature, values) in FEATURES.iter().zip(&seen) {
        assert!(values.len() > 1, "{} has {} values", feature.name, values.len());
    }
    let range = |name: &str| seen[Feature::by_name(name).unwrap().index()].iter().map(|bits| f32::from_bits(*bits));
    assert!(range("age_years").all(|age| age <= 90.0));
    assert!(range("news2_total").all(|total| (0.0..=20.0).contains(&total)));
    assert!(range("vitals_missing_24h").all(|share| (0.0..=1.0).contains(&share)));
}

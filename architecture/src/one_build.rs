//! Tests and binary share one build of what is heavy.
//!
//! Cargo unites the features of all that it builds in one call. A dependency that only tests have, and
//! that turns on one more feature far down, gives the tests another `DataFusion` than the binary's: twenty
//! minutes more on a small machine, after a change that looked like nothing.

use std::collections::{BTreeMap, BTreeSet};

/// The packages that the binary uses and that tests would build another time, with the features that
/// differ. Both trees have a line `name version|feature,feature` for each package.
pub fn built_twice(of_the_binary: &str, of_the_tests: &str) -> Vec<String> {
    let of_the_tests = variants(of_the_tests);
    let mut found = Vec::new();
    for (package, binary) in variants(of_the_binary) {
        let Some(tests) = of_the_tests.get(package) else { continue };
        for features in binary.iter().filter(|features| !tests.contains(*features)) {
            let other = tests.iter().map(|features| format!("[{features}]")).collect::<Vec<_>>().join(" and ");
            found.push(format!("{package}: the binary has [{features}], its tests {other}"));
        }
    }
    found
}

/// A package may come more than once: a macro's dependencies have features of their own.
fn variants(tree: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut variants = BTreeMap::<_, BTreeSet<_>>::new();
    for line in tree.lines() {
        // Cargo marks what it has shown before.
        let line = line.trim_end_matches(" (*)");
        if let Some((package, features)) = line.split_once('|') {
            variants.entry(package).or_default().insert(features);
        }
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_that_only_tests_turn_on_is_caught() {
        let binary = "strata v0|\ntokio v1|rt\nserde v1|std\nserde v1|derive,std (*)\n";
        assert_eq!(built_twice(binary, &format!("{binary}insta v1|json\n")), Vec::<String>::new());
        let tests = "strata v0|\ntokio v1|rt,test-util\nserde v1|std\nserde v1|derive,std\n";
        assert_eq!(built_twice(binary, tests), ["tokio v1: the binary has [rt], its tests [rt,test-util]"]);
    }
}

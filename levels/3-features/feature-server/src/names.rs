//! Which features a caller wants.

use strata_features::{FEATURES, Feature, feature_set};

/// The one view: every feature of a patient.
pub(crate) const VIEW: &str = "patient_features";

/// Features that were asked for, by their places in the vector, in the order asked, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) features: Vec<usize>,
    /// Whether names carry the view's: `view__feature`.
    pub(crate) full_names: bool,
}

/// What was asked for and is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    Feature { nearest: &'static str },
    View,
    Service,
    Nothing,
}

impl Wanted {
    /// All features that the service of this name gives.
    pub(crate) fn service(name: &str, full_names: bool) -> Result<Self, Unknown> {
        let known = name == VIEW || name == feature_set();
        known.then(|| Self { features: (0..FEATURES.len()).collect(), full_names }).ok_or(Unknown::Service)
    }

    /// These features, each `view:feature` or its name alone; `view:*` is all of them.
    pub(crate) fn named<'a>(names: impl IntoIterator<Item = &'a str>, full_names: bool) -> Result<Self, Unknown> {
        let mut features = Vec::new();
        let mut is_wanted = [false; FEATURES.len()];
        for name in names {
            let feature = match name.split_once(':') {
                Some((VIEW, feature)) => feature,
                Some(_) => return Err(Unknown::View),
                None => name,
            };
            let places = if feature == "*" { 0..FEATURES.len() } else { place(feature)?..place(feature)? + 1 };
            for place in places {
                if !std::mem::replace(&mut is_wanted[place], true) {
                    features.push(place);
                }
            }
        }
        if features.is_empty() { Err(Unknown::Nothing) } else { Ok(Self { features, full_names }) }
    }

    /// The name by which a feature is answered.
    pub(crate) fn name(&self, place: usize) -> String {
        let name = FEATURES[place].name;
        if self.full_names { format!("{VIEW}__{name}") } else { name.to_owned() }
    }
}

fn place(name: &str) -> Result<usize, Unknown> {
    let known = Feature::by_name(name).map(Feature::index);
    known.ok_or_else(|| {
        let nearest = FEATURES.iter().min_by_key(|feature| strsim::levenshtein(feature.name, name));
        Unknown::Feature { nearest: nearest.map_or("", |feature| feature.name) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_with_and_without_their_view() {
        let wanted = Wanted::named(["patient_features:hr_last", "sbp_last", "hr_last"], true).unwrap();
        assert_eq!(wanted.features, [0, 4]);
        assert_eq!(wanted.name(4), "patient_features__sbp_last");
        assert_eq!(Wanted::named(["patient_features:*"], false).unwrap().features.len(), FEATURES.len());
        assert_eq!(
            Wanted::service("patient_features", false).unwrap(),
            Wanted::service(&feature_set(), false).unwrap()
        );
        let cases = [
            (vec!["hr_lst"], Unknown::Feature { nearest: "hr_last" }),
            (vec!["driver:hr_last"], Unknown::View),
            (vec![], Unknown::Nothing),
        ];
        for (names, expected) in cases {
            assert_eq!(Wanted::named(names, false), Err(expected));
        }
        assert_eq!(Wanted::service("all", false), Err(Unknown::Service));
    }
}

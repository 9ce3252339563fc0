//! The sets that can be imported: the one list.

use std::path::Path;

use crate::{Error, Source, physionet_2019};

/// A set that can be imported.
#[derive(Clone, Copy, Debug)]
pub struct Importer {
    /// Its name on the command line and in every record's `source`.
    pub name: &'static str,
    /// What it is and whose licence it carries, in one sentence.
    pub about: &'static str,
    /// Opens the set that lies at a path.
    pub open: fn(&Path) -> Result<Box<dyn Source>, Error>,
}

/// Every importer.
pub static IMPORTERS: &[Importer] = &[Importer {
    name: physionet_2019::NAME,
    about: "PhysioNet/CinC Challenge 2019: hourly ICU rows with sepsis labels, as a .psv.tar.zst or a folder of .psv \
            files (CC BY 4.0; cite Reyna et al., Crit Care Med 2020;48(2):210-217)",
    open: physionet_2019::open,
}];

/// The importer of this name.
pub fn importer(name: &str) -> Result<&'static Importer, UnknownSource> {
    IMPORTERS.iter().find(|importer| importer.name == name).ok_or_else(|| UnknownSource { name: name.into() })
}

/// A name that no importer has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no source is named `{name}`{}; known: {}", hint(name), known().join(", "))]
pub struct UnknownSource {
    name: String,
}

impl UnknownSource {
    /// The known name that looks most like it, if any looks like it at all.
    pub fn nearest(&self) -> Option<&'static str> {
        nearest(&self.name)
    }
}

fn known() -> Vec<&'static str> {
    IMPORTERS.iter().map(|importer| importer.name).collect()
}

fn hint(name: &str) -> String {
    nearest(name).map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}

fn nearest(name: &str) -> Option<&'static str> {
    let wanted = name.to_ascii_lowercase();
    let (edits, nearest) = known().into_iter().map(|known| (edits_between(&wanted, known), known)).min()?;
    (edits <= nearest.len() / 2).then_some(nearest)
}

/// Levenshtein's distance.
fn edits_between(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        assert_eq!(importer("physionet-2019").unwrap().name, "physionet-2019");
        let cases = [
            ("physionet2019", Some("physionet-2019")),
            ("PhysioNet-2012", Some("physionet-2019")),
            ("fhir", None),
            ("", None),
        ];
        for (name, nearest) in cases {
            let error = importer(name).unwrap_err();
            assert_eq!(error.nearest(), nearest, "{name}");
            assert!(error.to_string().contains("known: physionet-2019"), "{error}");
        }
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in [("", "", 0), ("kitten", "sitting", 3), ("", "abc", 3), ("flaw", "lawn", 2)] {
            assert_eq!(edits_between(a, b), edits, "{a} {b}");
        }
    }
}

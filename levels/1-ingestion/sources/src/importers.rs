//! The sets that can be imported: the one list.

use std::path::Path;

use crate::{Error, Source, fhir, mapped_csv, meds, mimic_iv, physionet_2012, physionet_2019};

/// A set that can be imported.
#[derive(Clone, Copy, Debug)]
pub struct Importer {
    /// Its name on the command line and in every record's `source`.
    pub name: &'static str,
    /// What it is and whose licence it carries, in one sentence.
    pub about: &'static str,
    opens: Opens,
}

type Opened = Result<Box<dyn Source>, Error>;

/// What opening a set takes.
#[derive(Clone, Copy, Debug)]
enum Opens {
    /// Where it lies.
    At(fn(&Path) -> Opened),
    /// Where it lies, and the file that says what its columns are.
    Mapped(fn(&Path, &Path) -> Opened),
}

impl Importer {
    /// Opens the set that lies at a path. A mapping file is needed by `csv` and by no other.
    pub fn open(&self, path: &Path, mapping: Option<&Path>) -> Opened {
        match (self.opens, mapping) {
            (Opens::At(open), None) => open(path),
            (Opens::Mapped(open), Some(mapping)) => open(path, mapping),
            (Opens::At(_), Some(mapping)) => {
                Err(Error::input(mapping, format!("{} knows its columns and takes no mapping", self.name)))
            }
            (Opens::Mapped(_), None) => Err(Error::input(
                path,
                format!("{} needs a file that says what the columns are: --mapping FILE.toml", self.name),
            )),
        }
    }
}

/// Every importer.
pub static IMPORTERS: &[Importer] = &[
    Importer {
        name: mapped_csv::NAME,
        about: "any CSV, by a mapping file that says which column is what (--mapping FILE.toml)",
        opens: Opens::Mapped(mapped_csv::open),
    },
    Importer {
        name: fhir::NAME,
        about: "FHIR R4: Bulk Data (.ndjson) and Bundles (.json), a file or a folder of them",
        opens: Opens::At(fhir::open),
    },
    Importer {
        name: meds::NAME,
        about: "MEDS 0.4: the folder that holds data/, or one .parquet file; LOINC codes and those of MIMIC-IV are known",
        opens: Opens::At(meds::open),
    },
    Importer {
        name: mimic_iv::NAME,
        about: "MIMIC-IV: hospital and ICU records with labs, infusions, doses and deaths, as the folder that holds hosp/ \
                and icu/ (credentialed; the demo is open, ODbL 1.0; cite Johnson et al., doi 10.13026/dp1f-ex47)",
        opens: Opens::At(mimic_iv::open),
    },
    Importer {
        name: physionet_2012::NAME,
        about: "PhysioNet/CinC Challenge 2012: the first 48 hours of ICU stays as charted, with in-hospital deaths, as a \
                set-a.tar.gz (or .tar.zst) or a folder of .txt files, Outcomes-a.txt beside (ODC-BY 1.0; cite Silva et \
                al., Comput Cardiol 2012;39:245-248)",
        opens: Opens::At(physionet_2012::open),
    },
    Importer {
        name: physionet_2019::NAME,
        about: "PhysioNet/CinC Challenge 2019: hourly ICU rows with sepsis labels, as a .psv.tar.zst or a folder of .psv \
                files (CC BY 4.0; cite Reyna et al., Crit Care Med 2020;48(2):210-217)",
        opens: Opens::At(physionet_2019::open),
    },
];

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
    nearest_of(&wanted, known())
}

/// The name that looks most like a wrong one, if any looks like it at all.
pub(crate) fn nearest_of<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let (edits, nearest) = names.into_iter().map(|name| (strsim::levenshtein(wrong, name), name)).min()?;
    (edits <= nearest.len() / 2).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_for_csv_alone() {
        let (path, mapping) = (Path::new("a.csv"), Path::new("a.toml"));
        let error = importer("csv").unwrap().open(path, None).err().unwrap().to_string();
        assert!(error.contains("--mapping FILE.toml"), "{error}");
        let error = importer("physionet-2019").unwrap().open(path, Some(mapping)).err().unwrap().to_string();
        assert!(error.contains("takes no mapping"), "{error}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        assert_eq!(importer("physionet-2019").unwrap().name, "physionet-2019");
        let cases = [
            ("physionet2019", Some("physionet-2019")),
            ("PhysioNet-2012", Some("physionet-2012")),
            ("physio", None),
            ("", None),
        ];
        for (name, nearest) in cases {
            let error = importer(name).unwrap_err();
            assert_eq!(error.nearest(), nearest, "{name}");
            assert!(error.to_string().contains("physionet-2012, physionet-2019"), "{error}");
        }
    }
}

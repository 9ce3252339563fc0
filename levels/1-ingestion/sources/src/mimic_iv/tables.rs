//! Where the set's tables lie: `hosp/` and `icu/`, in the folder itself or in its `csv/`, compressed or not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::table::Table;
use crate::unpacked::{Progress, fingerprint};

/// The tables that are read, in the order of their reading.
pub(super) const NAMES: [&str; 10] = [
    "hosp/patients",
    "hosp/admissions",
    "icu/icustays",
    "icu/chartevents",
    "hosp/d_labitems",
    "hosp/labevents",
    "icu/d_items",
    "icu/inputevents",
    "hosp/emar_detail",
    "hosp/emar",
];

/// The tables that were found.
#[derive(Debug)]
pub(super) struct Tables {
    found: BTreeMap<&'static str, PathBuf>,
    /// The whole set in MEDS form, which stands for `icu/chartevents` where that is absent.
    pub(super) meds: Option<PathBuf>,
    pub(super) sha256: String,
}

impl Tables {
    pub(super) fn find(folder: &Path) -> Result<Self, Error> {
        if !folder.is_dir() {
            return Err(Error::input(folder, "no folder; give the one that holds hosp/ and icu/"));
        }
        let roots = [folder.to_owned(), folder.join("csv")];
        let root = roots.iter().find(|root| root.join("hosp").is_dir());
        let root = root.ok_or_else(|| {
            Error::input(folder, "the folder holds no hosp/ (nor csv/hosp/); give the one that holds hosp/ and icu/")
        })?;
        let file = |name: &str| {
            let endings = ["csv.gz", "csv", "csv.zst"];
            endings.iter().map(|ending| root.join(format!("{name}.{ending}"))).find(|path| path.is_file())
        };
        let found: BTreeMap<_, _> = NAMES.iter().filter_map(|name| Some((*name, file(name)?))).collect();
        for needed in &NAMES[..2] {
            if !found.contains_key(needed) {
                return Err(Error::input(&root.join(format!("{needed}.csv.gz")), "this table is missing from the set"));
            }
        }
        let meds = if found.contains_key("icu/chartevents") { None } else { parquet_in(folder) };
        let files = found.iter().map(|(name, path)| (*name, path.as_path()));
        let (sha256, _) = fingerprint(files.chain(meds.as_deref().map(|path| ("meds", path))))?;
        Ok(Self { found, meds, sha256 })
    }

    pub(super) fn path(&self, name: &str) -> Option<&Path> {
        self.found.get(name).map(PathBuf::as_path)
    }

    /// Opens a table, if it is there.
    pub(super) fn open(&self, name: &str, progress: &Progress, columns: &[&str]) -> Result<Option<Table>, Error> {
        self.path(name).map(|path| Table::open(path, progress, columns)).transpose()
    }

    /// The bytes of a table or of the MEDS file, compressed; 0 where it is absent.
    pub(super) fn bytes(&self, name: &str) -> u64 {
        let path = if name == "meds" { self.meds.as_deref() } else { self.path(name) };
        path.and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len())
    }
}

/// The only Parquet file of a folder.
fn parquet_in(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "parquet")).collect();
    files.sort();
    files.into_iter().next()
}

//! `Outcomes-a.txt`: who died in the hospital. It lies beside the set, and may be absent.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Error;

const HEADER: &str = "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death";

/// What became of a patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome {
    /// Days in the hospital; the set writes -1 where it does not know.
    pub(super) days: f64,
    pub(super) died: bool,
}

/// The file of outcomes: in the folder, or beside the archive or folder.
pub(super) fn find(set: &Path) -> Option<PathBuf> {
    let inside = set.is_dir().then_some(set);
    inside.into_iter().chain(set.parent()).find_map(|folder| {
        let entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        let mut files: Vec<_> = entries.filter(|path| is_outcomes(path)).collect();
        files.sort();
        files.into_iter().next()
    })
}

fn is_outcomes(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("Outcomes-") && path.extension().is_some_and(|extension| extension == "txt")
}

/// The outcomes by `RecordID`.
pub(super) fn parse(path: &Path, text: &str) -> Result<HashMap<String, Outcome>, Error> {
    let file = path.display().to_string();
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some(HEADER) {
        return Err(Error::damaged(&file, 1, format!("the first line must be `{HEADER}`")));
    }
    let mut outcomes = HashMap::new();
    for (line, number) in lines.zip(2..) {
        let fields: Vec<&str> = line.trim_end().split(',').collect();
        let outcome = match fields[..] {
            [_, _, _, days, _, died @ ("0" | "1")] => days.parse().ok().map(|days| Outcome { days, died: died == "1" }),
            _ => None,
        };
        let outcome = outcome.ok_or_else(|| {
            Error::damaged(&file, number, "a line has six fields: days as a number fourth, and 0 or 1 last")
        })?;
        outcomes.insert(fields[0].into(), outcome);
    }
    Ok(outcomes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_or_refused_by_line() {
        let check = |text: &str| parse(Path::new("Outcomes-a.txt"), text).map_err(|error| error.to_string());
        let good = check(&format!("{HEADER}\n132539,6,1,5,-1,0\n132541,21,11,-1,2,1\r\n")).unwrap();
        assert_eq!(good["132541"], Outcome { days: -1.0, died: true });
        for (text, expect) in [
            (String::new(), "Outcomes-a.txt:1: the first line"),
            (format!("{HEADER}\n132539,6,1,5,-1,2\n"), "Outcomes-a.txt:2: a line has six fields"),
            (format!("{HEADER}\n132539,6,1,5,-1,0\n132540,6\n"), "Outcomes-a.txt:3"),
        ] {
            let error = check(&text).unwrap_err();
            assert!(error.contains(expect), "{error}");
        }
    }
}

//! `PhysioNet`/`CinC` Challenge 2012: the first 48 hours of intensive care stays, charted when measured.
//!
//! Silva et al., Comput Cardiol 2012;39:245-248; ODC-BY 1.0. A file is a patient, a line a value. The
//! set has hours, but no dates: a stay starts on one of the 28 days from 2012-01-01, chosen by a hash
//! of the patient's id. The descriptors at 00:00 become the patient, the values of a minute one reading
//! of vital signs, each laboratory value a result. Where an arterial line and a cuff measured at the
//! same minute, the line is preferred, unless it reads 0. The outcomes, where they lie beside the set,
//! give each patient one label: at hour 48, whether he or she dies in the hospital.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use strata_types::event::Label;
use strata_types::{Event, HOUR};

use crate::delivery::Delivery;
use crate::packed::{File, Kind, Packed};
use crate::{Availability, Error, Sink, Source, Summary};

mod columns;
mod outcomes;
mod stay;
#[cfg(test)]
mod tests;

use outcomes::Outcome;
use stay::Stay;

/// The set's name, which is every record's `source`.
pub(crate) const NAME: &str = "physionet-2012";

/// The label is given at the end of what the set charts, in hours since admission.
const CHARTED_HOURS: f64 = 48.0;

static FILES: Kind = Kind {
    extension: "txt",
    archive: "set-a.tar.gz (or .tar.zst)",
    is_member: |stem| !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit()),
};

/// Opens the set: its archive, or a folder with its files.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>, Error> {
    let input = Packed::open(path, &FILES)?;
    let mut sha256 = input.sha256().to_owned();
    let mut outcomes = None;
    if let Some(path) = outcomes::find(path) {
        let text =
            fs::read_to_string(&path).map_err(|error| Error::input(&path, format!("cannot be read: {error}")))?;
        sha256 = format!("{:x}", Sha256::digest(format!("{sha256}\0{text}")));
        outcomes = Some((path.clone(), outcomes::parse(&path, &text)?));
    }
    Ok(Box::new(PhysioNet2012 { input, sha256, outcomes }))
}

#[derive(Debug)]
struct PhysioNet2012 {
    input: Packed,
    sha256: String,
    outcomes: Option<(PathBuf, HashMap<String, Outcome>)>,
}

impl Source for PhysioNet2012 {
    fn log(&self) -> String {
        format!("{NAME}-{}", &self.sha256[..12])
    }

    fn availability(&self) -> Availability {
        Availability::AtEvent
    }

    fn work(&self) -> Option<u64> {
        Some(self.input.work())
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let mut delivery = Delivery::to(sink);
        let outcomes = self.outcomes.as_ref().map(|(_, outcomes)| outcomes);
        let mut seen = std::collections::HashSet::new();
        self.input.each_file(&mut |file, done| {
            give(&mut delivery, &file, outcomes, &mut seen)?;
            delivery.progress(done);
            Ok(())
        })?;
        delivery.progress(self.input.work());
        match &self.outcomes {
            Some((path, _)) => delivery.note("labels", format!("in-hospital death, from {}", path.display())),
            None => delivery.note("labels", "none: no Outcomes-*.txt lies in the folder or beside the set"),
        }
        Ok(delivery.summary())
    }
}

fn give(
    delivery: &mut Delivery<'_>,
    file: &File,
    outcomes: Option<&HashMap<String, Outcome>>,
    seen: &mut std::collections::HashSet<String>,
) -> Result<(), Error> {
    let stay = Stay::read(file)?;
    if !seen.insert(stay.patient_id.to_string()) {
        let reason = format!("a second file of patient {}; a patient has one", stay.patient_id);
        return Err(Error::input(Path::new(&file.name), reason));
    }
    for event in &stay.events {
        delivery.give(event, None)?;
    }
    let outcome = outcomes.and_then(|outcomes| outcomes.get(stay.patient_id.as_str()));
    if let Some(outcome) = outcome.filter(|_| stay.damage.is_none()) {
        delivery.give(&Event::Label(label(&stay, *outcome)), None)?;
    }
    delivery.rows += stay.rows;
    for name in &stay.mapped {
        delivery.mapped(name, 1);
    }
    for (name, reason) in &stay.unmapped {
        delivery.unmapped(name, reason, 1);
    }
    stay.damage.map_or(Ok(()), Err)
}

/// The label looks from hour 48 to the end of the stay; where the set does not know it, its horizon is 0.
fn label(stay: &Stay, outcome: Outcome) -> Label {
    Label {
        patient_id: stay.patient_id.clone(),
        time: stay.admission + CHARTED_HOURS as i64 * HOUR,
        label: outcome.died,
        horizon_hours: (outcome.days * 24.0 - CHARTED_HOURS).max(0.0),
        source: NAME.into(),
    }
}

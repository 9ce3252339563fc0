//! MIMIC-IV: intensive care and hospital records of one medical centre, as its tables.
//!
//! Johnson et al., `PhysioNet` (credentialed; the demo of 100 patients is open under the `ODbL` 1.0). Dates are
//! shifted per patient by the set's authors. Patients come from `hosp/patients`, `hosp/admissions` and
//! `icu/icustays`, vital signs from `icu/chartevents` (or, where only that is missing, as in copies of
//! the demo, from the MEDS form of the set beside it), results from `hosp/labevents`, infusions from
//! `icu/inputevents`, doses from `hosp/emar`, and each death in the hospital is an adverse event of
//! grade 5. A record is known from when the hospital stored it, not from when it happened.

use std::path::Path;

use crate::delivery::Delivery;
use crate::unpacked::Progress;
use crate::{Availability, Error, Sink, Source, Summary};

mod doses;
mod infusions;
pub(crate) mod items;
pub(crate) mod labs;
mod passes;
mod patients;
pub(crate) mod reading;
mod tables;
#[cfg(test)]
mod tests;
mod vitals;

use passes::Pass;
use tables::{NAMES, Tables};

/// The set's name, which is every record's `source`.
pub(crate) const NAME: &str = "mimic-iv";

/// Opens the set: the folder that holds `hosp/` and `icu/`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Source>, Error> {
    Ok(Box::new(MimicIv { tables: Tables::find(path)? }))
}

#[derive(Debug)]
struct MimicIv {
    tables: Tables,
}

impl Source for MimicIv {
    fn log(&self) -> String {
        format!("{NAME}-{}", &self.tables.sha256[..12])
    }

    fn availability(&self) -> Availability {
        Availability::AtArrival
    }

    fn work(&self) -> Option<u64> {
        let passes = |name: &str| Pass::over(self.tables.bytes(name)).count() as u64;
        let times = |name: &str| match name {
            "icu/chartevents" | "hosp/emar_detail" => passes(name),
            "hosp/emar" => passes("hosp/emar_detail"),
            _ => 1,
        };
        let tables: u64 = NAMES.iter().map(|name| self.tables.bytes(name) * times(name)).sum();
        Some(tables + self.tables.bytes("meds") * passes("meds"))
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let mut delivery = Delivery::to(sink);
        let progress = Progress::default();
        for part in [patients::read, vitals::read, labs::read, infusions::read, doses::read] {
            part(&self.tables, &progress, &mut delivery)?;
            delivery.progress(progress.get());
        }
        Ok(delivery.summary())
    }
}

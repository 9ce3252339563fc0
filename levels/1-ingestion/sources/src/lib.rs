//! Pulls events from elsewhere, one folder per source.
//!
//! A [`Source`] gives records in an order that depends on its input alone; a [`Sink`] takes them.
//! What the records mean in other units, which are doubled and which are impossible is the
//! refinery's business: a source gives what the set says. [`meds`] also writes what others read, and
//! [`fhir`] converts what comes over the network by the same function as what comes in files.

mod source;
pub use source::{Availability, Error, Record, Sink, Source, Summary};

mod importers;
pub use importers::{IMPORTERS, Importer, UnknownSource, importer};

mod delivery;
mod packed;
mod table;
mod unpacked;

pub mod fhir;
mod mapped_csv;
pub mod meds;
mod mimic_iv;
mod physionet_2012;
mod physionet_2019;

pub mod synthetic;

#[cfg(test)]
mod collect;
#[cfg(test)]
mod made;

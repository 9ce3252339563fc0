//! The Medical Event Data Standard (MEDS) 0.4: rows of (subject, time, code, value), in and out.
//!
//! A code says what a row is: `LOINC//<code>//<unit>` is what [`Export`] writes for what was measured, and
//! what is read back; the codes of MIMIC-IV in MEDS form (`LAB//<itemid>//<unit>`) and those that the
//! standard names are known too. Other codes are counted.

mod codes;
mod export;
mod history;
mod import;
mod rows;
mod subject;
#[cfg(test)]
mod tests;

pub use export::{Dataset, Export, ExportError, Exported};
pub use subject::{Dose, Happening, Measurement, Split, Subject};

pub(crate) use import::{NAME, open};
pub(crate) use rows::each_row;

//! The Medical Event Data Standard (MEDS) 0.4: rows of (subject, time, code, value).

mod rows;

pub(crate) use rows::each_row;

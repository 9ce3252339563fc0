//! The words of the clinic: patients, events, variables, units, labels.
//!
//! Everything here is a value: no file, socket, clock or task. Every level speaks in these words,
//! so a word is defined once: one set of ranges, one set of units, one form of a patient's id.

mod timestamp;
pub use timestamp::{HOUR, InvalidTimestamp, MINUTE, Timestamp};

mod patient;
pub use patient::{InvalidPatientId, PARTITIONS, PatientId, hash_of, partition_of};

mod topic;
pub use topic::{Topic, UnknownTopic};

pub mod event;
pub use event::Event;

mod variable;
pub use variable::{Group, VARIABLES, Variable};

pub mod unit;

pub mod drug;

mod label;
pub use label::LabelRule;

mod schema;
pub use schema::json_schema;

//! What the audit log promises, on a real disk.

#[cfg(test)]
mod desk;

mod appending;
mod crashes;
mod fhir;
mod tampering;

//! What the audit log promises, on a real disk.

#[cfg(test)]
mod desk;

#[cfg(test)]
mod appending;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod fhir;
#[cfg(test)]
mod tampering;

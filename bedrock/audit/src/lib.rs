//! Remembers who did what, on what, with which outcome and when, so that a change of the past is seen.
//!
//! Records stand in `audit/events/<first record, 20 digits>.ndjson`, one a line, in files that are rotated by size. Each
//! carries its number and the SHA-256 over the hash before it and its own bytes, so that no byte can change, no record
//! go, come or move without breaking the [chain](verify()). A `head` file names the newest record, so that a cut end is
//! seen too. A record is on the disk when [`Audit::record`] returns.
//!
//! What the chain cannot show: that somebody with the right to write rewrote everything, head included. Who must be able
//! to show that writes the head that [`verify()`] reports down somewhere else now and then.
//!
//! **Invariant**: the only thing of a patient in here is the pseudonym, as an [`Entity`].

mod entry;
pub use entry::{Action, Agent, AgentKind, Entity, EntityKind, Entry, Outcome};

mod record;
pub use record::Record;

mod audit;
pub use audit::{Audit, Receipt};

mod verify;
pub use verify::{Finding, Verified, verify};

mod read;
pub use read::{Filter, Records, read};

mod fhir;
pub use fhir::audit_event;

mod chain;
pub use chain::{Flaw, Hash, Link};

mod files;
pub use files::folder;
mod head;
mod writer;

mod error;
pub use error::Error;

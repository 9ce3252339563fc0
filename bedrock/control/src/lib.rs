//! One running stack a folder: who runs it, how it fares, and how others talk to it.
//!
//! `<data folder>/run` holds the locks that keep writers apart, the socket at which the running stack answers, and what
//! is remembered of it when it is gone, however it went. The socket speaks lines of JSON, one question a connection:
//!
//! ```text
//! > {"fell":{"services":["serving"]}}
//! < {"status":{...}}                  as often as something changes
//! < {"done":{"late":[]}}              or {"failed":{"message":"..."}}, once, at the end
//! ```
//!
//! Only the account that owns the folder can open the socket (mode 0600, in a folder of mode 0700).

mod chart;
pub use chart::{Chart, ChartError, Choice, ChoiceError, Level, Member, Place, Profile};

mod folder;
pub use folder::RunFolder;

mod lock;
pub use lock::{Holder, Lock};

mod memory;
pub use memory::Memory;

mod status;
pub use status::{Health, LevelName, ServiceStatus, StackStatus, Start};

mod wire;
pub use wire::Request;

mod server;
pub use server::{Controlled, serve};

mod client;
pub use client::Client;

mod ports;
pub use ports::{PortHolder, port_holder};

use std::path::PathBuf;

/// Why the folder, the lock or the socket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be made, read or written.
    #[error("cannot use `{path}`: {cause}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: std::io::Error,
    },
    /// Somebody else holds the lock.
    #[error("`{what}` (process {pid}) is at work in `{folder}`: {hint}", what = .holder.what, pid = .holder.pid)]
    Held {
        /// The data folder.
        folder: PathBuf,
        /// Who.
        holder: Holder,
        /// What to do.
        hint: &'static str,
    },
    /// The running stack went away before it had answered.
    #[error("the running stack went away before it had answered: `strata status` says what became of it")]
    Lost,
    /// The running stack could not do what was asked.
    #[error("{0}")]
    Refused(String),
}

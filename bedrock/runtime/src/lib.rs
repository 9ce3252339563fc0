//! What it means to run: supervised scopes, clocks, the process's own memory.
//!
//! A task that nobody watches dies unheard, and a task that nobody can name cannot be waited for.
//! So no task is started bare (clippy refuses `tokio::spawn`): it is a named member of a [`Scope`],
//! its failure is heard by the owner of that scope, and felling the scope ends it, in order and in
//! bounded time. For the same reason no code asks the system what time it is: it asks a [`Clock`],
//! so that a test can say.

mod scope;
pub use scope::{Cause, Failure, Scope, StillRunning};

mod interrupt;
pub use interrupt::interrupted;

pub mod clock;
pub use clock::Clock;

pub mod memory;

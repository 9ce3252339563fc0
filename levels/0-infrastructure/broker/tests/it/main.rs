//! The broker from outside: real clients, real files, a real process that is killed.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod crash;
mod foreign;
mod groups;
mod log;
mod strangers;
mod world;

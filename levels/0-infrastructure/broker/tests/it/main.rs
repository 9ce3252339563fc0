//! The broker from outside: real clients, real files, a real process that is killed.

mod crash;
mod foreign;
mod groups;
mod log;
mod strangers;
mod world;

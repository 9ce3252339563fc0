//! What serving promises, asked over a real loopback port.

mod client;
mod hospital;

mod answers;
mod descriptions;
mod guards;
mod health;
mod invocations;
mod nothing_shared;
mod refusals;
mod remembered;

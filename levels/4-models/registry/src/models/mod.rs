//! Registered models, their versions, and prompts, which live among them.

pub(crate) mod http;
pub(crate) mod tables;

mod filter;
mod hosts;
mod load;
pub(crate) mod names;
mod order;
mod prompt;
mod reference;
mod registered;
mod row;
mod search;
mod stage;
mod tags;
mod uri;
mod versions;
mod wire;

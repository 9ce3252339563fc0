//! Issues: what is wrong with an application, found in its traces, and what became of it.

mod change;
mod fields;
pub(crate) mod http;
mod issue;
mod page;
mod search;
mod store;
pub(crate) mod tables;
mod words;

pub(crate) use store::fold;

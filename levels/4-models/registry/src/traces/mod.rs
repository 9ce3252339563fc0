//! Traces: what an application did for each question, as a tree of spans, with tags and what people thought of it.

mod correlation;
mod delete;
pub(crate) mod http;
pub(crate) mod info;
pub(crate) mod key;
pub(crate) mod links;
pub(crate) mod load;
mod log;
mod measure;
mod search;
pub(crate) use search::check_filter;
pub(crate) mod span;
mod start;
pub(crate) mod tables;
mod tags;
pub(crate) mod time;

//! Logged models: what MLflow 3 keeps of a model from the moment that its files are on their way.

pub(crate) mod change;
pub(crate) mod http;
pub(crate) mod links;
pub(crate) mod load;
pub(crate) mod measured;
pub(crate) mod model;
mod name;
mod page;
pub(crate) mod search;
mod status;
pub(crate) mod tables;

#[cfg(test)]
mod tests;

//! MLflow's own web pages, unchanged, over any server of its API.
//!
//! The pages are those of the `mlflow` package that people have installed for Python: nothing of them is in Strata, and
//! [`Pages::find`] looks where Python keeps packages. They speak MLflow's REST API, which is passed in as a router, and a
//! little GraphQL, which is answered here by asking that same router: so whoever guards it guards both.
//!
//! The pages of MLflow tell their makers how they are used, where the server lets them. This one does not let them.

mod find;

mod pages;
pub use pages::{NoPages, Pages, router};

mod graphql;

mod absent;

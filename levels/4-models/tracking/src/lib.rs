//! Runs and model versions, kept by whatever speaks MLflow's REST API.
//!
//! A backend is a [`Server`]: it answers MLflow's requests, and that is all of it. Strata's own registry answers them in this
//! process ([`Tracking::embedded`]), any other by its URL ([`Tracking::at`]), so that a team that has one keeps it. What is
//! asked is the 2.0 API and the store of artifacts that the server proxies, which every version of MLflow's server has. One
//! suite of tests holds Strata's registry, in the process and over HTTP, and MLflow's own server to the same answers.

mod server;
pub use server::{Content, Question, Server};

mod tracking;
pub use tracking::Tracking;

mod run;
pub use run::{Metric, NewRun, Run, Status};

mod version;
pub use version::ModelVersion;

mod place;

mod embedded;

mod http;
pub use http::Credentials;

mod error;
pub use error::Error;

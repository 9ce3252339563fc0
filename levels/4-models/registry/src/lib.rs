//! Experiments, runs, metrics, logged models, traces, issues, scorers, registered models, webhooks and users, behind
//! MLflow's REST API.
//!
//! The database is SQLite or Postgres; the client is MLflow's own, which cannot tell.

mod config;
pub use config::{Config, Users};

mod registry;
pub use registry::{Opened, Registry, StartError, build, open};

mod faces;

mod promptlab;

mod door;

pub mod fuzzing;

mod router;

mod experiments;

mod runs;

mod metrics;

mod logged_models;

mod traces;

mod assessments;

mod evaluation_datasets;

mod issues;

mod scorers;

mod models;

mod tracked;

mod webhooks;

mod gateway;

mod sealed;

mod access;

mod audited;

mod statement;

mod names;

mod key;

mod wire;
pub(crate) use wire::{Answer, Asked, Body, page};

pub mod lifecycle;

mod shared;
pub(crate) use shared::Shared;

mod migrations;

mod error;
pub use error::Error;

//! `MLflow`'s folders: a model that `mlflow.pyfunc.load_model` loads, and a run that its file store shows.
//!
//! The only part of this crate that touches the disk. Everything is written under a temporary name and renamed when it
//! is whole, so a crash leaves nothing half-written where a reader looks.

mod disk;
mod folder;
mod run;

pub use folder::{MODEL_FILE, read_model, write_model};
pub use run::{Experiment, RunWriter, Status};

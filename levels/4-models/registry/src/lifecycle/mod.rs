//! What is done to a store as a whole: moving in from MLflow and out again, keeping copies, clearing away what was deleted.
//!
//! These are a command's deeds, in a process of its own, beside a server that runs or without one. Each leaves a record.

mod error;
pub use error::Error;

mod store;
pub use store::{Progress, Store};

mod rows;

mod mlflow;

mod envelope;

mod copies;

mod import;
pub use import::{From, Imported};

mod export;
pub use export::{Exported, To};

mod gc;
pub use gc::{Doomed, Plan, Which, age};

mod backup;
pub use backup::{Backup, Present, Restored};

//! From a training set to trained, calibrated and compared models; sole home of the tensor library.
//!
//! [`train`] splits by patient, fits the preprocessing on the training part, trains the network and the logistic
//! regression it has to beat, stops each early, calibrates it and chooses its alert threshold on patients it did not
//! learn from, and only then looks at the test part, once. The same set and settings give the same model, bit for
//! bit, on any number of threads.

mod baselines;
mod batches;
mod calibrate;
mod error;
mod fit;
mod judge;
mod network;
mod outcome;
mod preprocess;
mod set;
mod settings;
mod split;
mod threshold;
mod train;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use judge::evaluate;
pub use outcome::{Baseline, Candidate, Epoch, Outcome, Progress};
pub use set::TrainingSet;
pub use settings::Settings;
pub use split::{Part, split};
pub use train::train;

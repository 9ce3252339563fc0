//! The model that is served, once it is known to fit this program.

use std::sync::Arc;

use strata_features::{FEATURES, Vector, feature_set};
use strata_model::Model;

use crate::Error;
use crate::prediction_log::Header;

/// A model and where it comes from.
#[derive(Clone, Debug)]
pub struct Served {
    /// The model.
    pub model: Model,
    /// The run that trained it.
    pub run_id: String,
    /// The SHA-256 of its ONNX file.
    pub version: String,
}

/// A model whose every feature this program computes as it was in training.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) model: Model,
    /// What each of its predictions is remembered with.
    pub(crate) header: Arc<Header>,
    /// Where each of the model's features stands in a vector.
    columns: Vec<usize>,
}

impl Loaded {
    /// Refuses a model that would be shown other numbers than it learned from (faults 38, 45).
    pub(crate) fn load(served: Served) -> Result<Self, Error> {
        let Served { model, run_id, version } = served;
        model.check()?;
        let ours = feature_set();
        if model.feature_set != ours {
            return Err(Error::FeatureSet { model: model.feature_set, ours });
        }
        let is = model.version();
        if version != is {
            return Err(Error::Version { said: version, is });
        }
        let columns = model.columns(&FEATURES.map(|feature| feature.name))?;
        let header = Arc::new(Header { model_version: version, run_id, feature_set: ours });
        Ok(Self { model, header, columns })
    }

    /// The model's row, picked from the vector by name.
    pub(crate) fn row(&self, vector: &Vector) -> Vec<f32> {
        self.columns.iter().map(|&column| vector[column]).collect()
    }
}

//! The model as one ONNX file, the only form in which it is stored.
//!
//! Preprocessing and calibration are nodes of the graph, so a Python client feeds raw values, NaN for missing, and
//! gets the probability that Strata serves. Reading takes the numbers from the initialisers by name, builds the graph
//! again and compares: a file whose graph is not the one Strata would write is refused, never half understood.

mod proto;
mod read;
mod write;

use sha2::{Digest, Sha256};

use crate::{Error, Model};

/// Name of the single input, `float [N, features]`.
pub(crate) const INPUT: &str = "features";
/// Name of the single output, `float [N, 1]`.
pub(crate) const OUTPUT: &str = "probability";

impl Model {
    /// The file: the same model gives the same bytes.
    pub fn to_onnx(&self) -> Vec<u8> {
        prost::Message::encode_to_vec(&write::file(self))
    }

    /// Reads a file that [`Model::to_onnx`] wrote.
    pub fn from_onnx(bytes: &[u8]) -> Result<Self, Error> {
        let file: proto::Model = prost::Message::decode(bytes)?;
        let model = read::model(&file)?;
        model.check()?;
        if write::file(&model) != file {
            return Err(Error::Foreign("its graph was changed".into()));
        }
        Ok(model)
    }

    /// The model's version: [`version_of`] its file.
    pub fn version(&self) -> String {
        version_of(&self.to_onnx())
    }
}

/// The version of a model: the SHA-256 of its file, so equal names mean equal bytes.
pub fn version_of(onnx: &[u8]) -> String {
    format!("{:x}", Sha256::digest(onnx))
}

#[cfg(test)]
mod tests;

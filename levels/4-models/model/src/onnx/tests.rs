//! There and back, and never past a damaged file.

use proptest::prelude::*;

use crate::fixture::{model_and_rows, network};
use crate::{Calibration, Error, Model, version_of};

proptest! {
    /// Fault 38: the scaler, the imputer and the calibrator are in the file, so they are applied at serving.
    #[test]
    fn what_is_read_back_predicts_the_same((model, rows) in model_and_rows()) {
        let bytes = model.to_onnx();
        let back = Model::from_onnx(&bytes).expect("our own file");
        prop_assert_eq!(&back, &model);
        prop_assert_eq!(back.to_onnx(), bytes);
        prop_assert_eq!(back.predict(&rows), model.predict(&rows));
    }

    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Model::from_onnx(&bytes).is_err());
    }

    #[test]
    fn a_file_cut_short_is_refused(seed in any::<u64>(), share in 0.0..1.0_f64) {
        let bytes = network(5, &[4], seed).to_onnx();
        let cut = (bytes.len() as f64 * share) as usize;
        prop_assert!(Model::from_onnx(&bytes[..cut]).is_err());
    }

    /// A flipped bit either is refused or gives a whole model of another version: never a panic, never half a model.
    #[test]
    fn a_flipped_bit_never_panics(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let good = network(5, &[4], 7).to_onnx();
        let mut bytes = good.clone();
        bytes[at.index(good.len())] ^= 1 << bit;
        if let Ok(model) = Model::from_onnx(&bytes) {
            prop_assert!(model.check().is_ok());
            prop_assert_ne!(model.version(), version_of(&good));
        }
    }
}

#[test]
fn a_changed_graph_is_refused() {
    let model = network(4, &[3], 8);
    let mut file = super::write::file(&model);
    let graph = file.graph.as_mut().expect("written with a graph");
    let relu = graph.node.iter_mut().find(|node| node.op_type == "Relu").expect("it has a hidden layer");
    relu.op_type = "Tanh".into();
    let error = Model::from_onnx(&prost::Message::encode_to_vec(&file)).expect_err("another function");
    assert!(matches!(&error, Error::Foreign(what) if what == "its graph was changed"), "{error}");
}

#[test]
fn another_calibration_is_another_version() {
    let model = network(4, &[], 9);
    let other = Model { calibration: Calibration::IDENTITY, ..model.clone() };
    assert_ne!(model.version(), other.version());
    assert_eq!(model.version().len(), 64);
}

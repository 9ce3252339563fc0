//! A model that predicts and explains: preprocessing, network, calibration, ONNX and MLflow's layout.

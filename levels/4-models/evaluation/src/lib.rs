//! How good a model is: discrimination, calibration, usefulness, fairness; and the report that shows it.

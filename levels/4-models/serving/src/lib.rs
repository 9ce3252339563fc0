//! Answers predictions, explains them and remembers them.

//! How good a model is, and the report that shows it: discrimination, calibration, usefulness, fairness.
//!
//! Everything here is a pure function of predictions and their outcomes. What cannot be computed
//! (an empty set, a single class) is `None` and reads "not available"; it is never a NaN and never a panic.

mod predictions;
pub use predictions::{Predictions, Subject};

mod request;
pub use request::{Comparison, ComparisonKind, Request};

mod evaluation;
pub use evaluation::{
    AlarmBurden, Calibration, ComparisonResult, DecisionCurve, Estimate, Evaluation, Gate, Interval, NetBenefit,
    OperatingPoint, Subgroup, SubgroupVerdict,
};

mod evaluate;
pub use evaluate::evaluate;

pub mod gates;
pub mod metrics;
pub mod utility;

mod report;
pub use report::{Card, report};

mod alarms;
mod bootstrap;
mod curve;
mod decision;
mod operating;
mod ranking;
mod subgroups;

pub use curve::Point;

#[cfg(test)]
mod tests;

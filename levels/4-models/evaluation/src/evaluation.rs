//! What an evaluation finds. Every number that may be undefined is an `Option`.

use crate::Point;
use crate::metrics::{CalibrationLine, Confusion, Decile, RiskBin};
use serde::{Deserialize, Serialize};

/// All that is known about how good a model is on one test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The model's name.
    pub model: String,
    /// The number of (patient, time) rows.
    pub rows: usize,
    /// The number of patients.
    pub patients: usize,
    /// The number of patients with at least one positive row.
    pub events: usize,
    /// The share of positive rows.
    pub prevalence: Option<f64>,
    /// Area under the ROC curve.
    pub auroc: Option<Estimate>,
    /// Average precision.
    pub auprc: Option<Estimate>,
    /// At the threshold that the model alerts with.
    pub at_threshold: OperatingPoint,
    /// When 1, 2, 5 and 10 % of the rows alert.
    pub at_alert_rates: Vec<OperatingPoint>,
    /// Whether risks mean what they say.
    pub calibration: Calibration,
    /// Sensitivity against 1 - specificity.
    pub roc: Vec<Point>,
    /// Precision against recall.
    pub precision_recall: Vec<Point>,
    /// Net benefit over thresholds.
    pub decision_curve: DecisionCurve,
    /// What the alerts mean for the staff.
    pub alarm_burden: AlarmBurden,
    /// By sex, age band, unit and site.
    pub subgroups: Vec<Subgroup>,
    /// The `PhysioNet` 2019 utility at the threshold, where the set has it.
    pub utility: Option<f64>,
    /// Baselines on the same rows.
    pub comparisons: Vec<ComparisonResult>,
    /// AUROC with the medication features masked.
    pub auroc_without_medication: Option<f64>,
    /// What the model must pass.
    pub gates: Vec<Gate>,
    /// The number of resamples behind the intervals.
    pub bootstrap: u32,
    /// Their seed.
    pub seed: u64,
}

impl Evaluation {
    /// Whether every gate is passed.
    pub fn passed(&self) -> bool {
        self.gates.iter().all(|gate| gate.passed)
    }
}

/// From `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The 2.5 % point.
    pub low: f64,
    /// The 97.5 % point.
    pub high: f64,
}

/// A number with its 95 % interval from resampling patients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// On the test set itself.
    pub value: f64,
    /// `None` when no resamples were asked for, or too few of them had both classes.
    pub interval: Option<Interval>,
}

/// One threshold and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatingPoint {
    /// The share of rows that may alert, when that is how the threshold was chosen.
    pub target_alert_rate: Option<f64>,
    /// A row alerts when its probability is at least this.
    pub threshold: f32,
    /// The share of rows that do alert.
    pub alert_rate: Option<f64>,
    /// The counts.
    pub confusion: Confusion,
    /// The share of positive rows that alert.
    pub sensitivity: Option<f64>,
    /// The share of negative rows that do not.
    pub specificity: Option<f64>,
    /// The share of alerts that are right.
    pub ppv: Option<f64>,
    /// The share of silent rows that are right.
    pub npv: Option<f64>,
    /// The harmonic mean of sensitivity and PPV.
    pub f1: Option<f64>,
}

/// Whether risks mean what they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Expected calibration error, 15 bins of equal mass.
    pub ece: Option<f64>,
    /// Mean squared error of the risks.
    pub brier: Option<f64>,
    /// The same for predicting the prevalence everywhere.
    pub null_brier: Option<f64>,
    /// See [`CalibrationLine::slope`].
    pub slope: Option<f64>,
    /// See [`CalibrationLine::intercept`].
    pub intercept: Option<f64>,
    /// By rising risk.
    pub deciles: Vec<Decile>,
    /// How the risks are spread.
    pub histogram: Vec<RiskBin>,
}

impl Calibration {
    pub(crate) fn with_line(mut self, line: Option<CalibrationLine>) -> Self {
        self.slope = line.map(|line| line.slope);
        self.intercept = line.map(|line| line.intercept);
        self
    }
}

/// Net benefit over thresholds; treating none is 0 everywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionCurve {
    /// The risks from which one would act.
    pub thresholds: Vec<f64>,
    /// Of the model, one per threshold.
    pub model: Vec<f64>,
    /// Of acting on everyone.
    pub treat_all: Vec<f64>,
    /// Of the baselines.
    pub comparisons: Vec<NetBenefit>,
}

/// The net benefit of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetBenefit {
    /// The baseline.
    pub name: String,
    /// One per threshold.
    pub values: Vec<f64>,
}

/// What the alerts mean for the staff.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmBurden {
    /// The time under watch.
    pub patient_days: f64,
    /// Rows that alert, per 100 patient-days.
    pub alerts_per_100_patient_days: Option<f64>,
    /// The same when an alert that persists over consecutive rows counts once.
    pub episodes_per_100_patient_days: Option<f64>,
    /// False alerts for each true one.
    pub false_alerts_per_true_alert: Option<f64>,
    /// Patients with an event and an alert that was right and not after the onset.
    pub events_alerted_in_time: usize,
    /// From the first right alert to the onset, over patients with one; negative is after the onset.
    pub median_lead_time_hours: Option<f64>,
}

/// A part of the patients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subgroup {
    /// `Sex`, `Age`, `Unit` or `Site`.
    pub dimension: String,
    /// Which part.
    pub value: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of patients.
    pub patients: usize,
    /// The number of patients with an event.
    pub events: usize,
    /// Within the part.
    pub auroc: Option<Estimate>,
    /// The part's AUROC less the overall one, resampled together.
    pub gap: Option<Estimate>,
    /// Whether the gap matters.
    pub verdict: SubgroupVerdict,
}

/// What the interval of a subgroup's gap says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubgroupVerdict {
    /// Too few events, or no interval: shown, not judged.
    NotJudged,
    /// The whole interval lies within the tolerated gap.
    Within,
    /// The interval crosses the tolerated gap: these data cannot tell.
    Unclear,
    /// The whole interval lies beyond the tolerated gap.
    Beyond,
}

/// A baseline on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonResult {
    /// The baseline.
    pub name: String,
    /// Area under the ROC curve.
    pub auroc: Option<Estimate>,
    /// Average precision.
    pub auprc: Option<Estimate>,
    /// Expected calibration error; a score of points has none.
    pub ece: Option<f64>,
    /// At the baseline's best threshold on these very rows, which flatters it.
    pub utility: Option<f64>,
    /// The model's AUROC less the baseline's, resampled together.
    pub model_leads_by: Option<Estimate>,
    /// Sensitivity against 1 - specificity.
    pub roc: Vec<Point>,
    /// Precision against recall.
    pub precision_recall: Vec<Point>,
}

/// A rule that a model must pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// What is judged.
    pub name: String,
    /// The rule in words.
    pub rule: String,
    /// What was measured; `None` when it is not available.
    pub value: Option<f64>,
    /// Whether the rule holds.
    pub passed: bool,
}

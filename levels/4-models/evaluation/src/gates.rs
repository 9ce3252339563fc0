//! The gates: what a model must pass before it may speak to clinicians.

use crate::subgroups::{FEWEST_EVENTS, TOLERATED_GAP};
use crate::{Evaluation, Gate, SubgroupVerdict};

/// The least AUROC.
pub const LEAST_AUROC: f64 = 0.80;
/// Above this an hourly AUROC on `PhysioNet` 2019 means that the label leaked into the features.
pub const LEAK_AUROC: f64 = 0.90;
/// The calibration slopes that pass.
pub const SLOPES: std::ops::RangeInclusive<f64> = 0.9..=1.1;
/// The greatest expected calibration error, as a share of the prevalence.
pub const MOST_ECE_OF_PREVALENCE: f64 = 0.25;

/// The gates for what an evaluation measured. A value that is not available does not pass,
/// except the subgroups' gap: without a subgroup to judge there is none.
pub fn gates(evaluation: &Evaluation, watch_for_leaks: bool) -> Vec<Gate> {
    let auroc = evaluation.auroc.map(|auroc| auroc.value);
    let calibration = &evaluation.calibration;
    let most_ece = evaluation.prevalence.map(|prevalence| MOST_ECE_OF_PREVALENCE * prevalence);
    let null_brier = calibration.null_brier;
    let mut gates = vec![
        gate("AUROC", format!("at least {LEAST_AUROC:.2}"), auroc, |value| value >= LEAST_AUROC),
        gate(
            "Calibration slope",
            format!("{:.1} to {:.1}", SLOPES.start(), SLOPES.end()),
            calibration.slope,
            |value| SLOPES.contains(&value),
        ),
        gate(
            "Calibration error",
            format!("ECE at most a quarter of the prevalence{}", bound(most_ece)),
            calibration.ece,
            |value| most_ece.is_some_and(|most| value <= most),
        ),
        gate("Brier score", format!("below the null model's{}", bound(null_brier)), calibration.brier, |value| {
            null_brier.is_some_and(|null| value < null)
        }),
        subgroup_gap(evaluation),
    ];
    if watch_for_leaks {
        let rule = format!("hourly AUROC at most {LEAK_AUROC:.2}: more is a leak, not a success");
        gates.push(gate("Leak alarm", rule, auroc, |value| value <= LEAK_AUROC));
    }
    gates
}

fn gate(name: &str, rule: String, value: Option<f64>, passes: impl Fn(f64) -> bool) -> Gate {
    Gate { name: name.to_owned(), rule, value, passed: value.is_some_and(passes) }
}

/// The widest gap among the judged subgroups is shown; only one that its interval proves fails the model.
fn subgroup_gap(evaluation: &Evaluation) -> Gate {
    let judged = || evaluation.subgroups.iter().filter(|part| part.verdict != SubgroupVerdict::NotJudged);
    let widest = judged().filter_map(|part| part.gap).map(|gap| gap.value.abs()).max_by(f64::total_cmp);
    Gate {
        name: "Subgroup gap".to_owned(),
        rule: format!(
            "fails when the 95 % CI of a subgroup's gap lies beyond {TOLERATED_GAP:.2} ({FEWEST_EVENTS} events or more)"
        ),
        value: widest,
        passed: judged().all(|part| part.verdict != SubgroupVerdict::Beyond),
    }
}

fn bound(value: Option<f64>) -> String {
    value.map(|value| format!(" ({value:.4})")).unwrap_or_default()
}

//! From a request to an evaluation: sort once, measure, resample, judge.

use crate::alarms::{Onset, alarm_burden};
use crate::bootstrap::{Areas, Binned, Bootstrap, Sorted, dense_patients, estimate, interval};
use crate::decision::decision_curve;
use crate::gates::gates;
use crate::metrics::{
    auprc_of, auroc, auroc_of, brier, calibration_line, deciles_of, ece_of, null_brier, precision_recall_of,
    prevalence, risk_histogram, roc_of,
};
use crate::operating::{at_alert_rates, at_threshold};
use crate::ranking::Ranking;
use crate::subgroups::{Part, parts, verdict};
use crate::utility::{best_threshold_of, normalised_utility};
use crate::{
    Calibration, Comparison, ComparisonKind, ComparisonResult, Estimate, Evaluation, Predictions, Request, Subgroup,
};
use rayon::prelude::*;

/// Measures everything that the report shows.
///
/// # Panics
/// When slices that describe the same rows differ in length: the evaluation would be of something else.
pub fn evaluate(request: &Request) -> Evaluation {
    let Request { predictions, threshold, .. } = *request;
    predictions.assert_aligned();
    let Predictions { labels, probabilities, .. } = predictions;
    let ranking = Ranking::new(labels, probabilities);
    let ((calibration, ranges), decision_curve) = rayon::join(
        || calibration(&ranking, labels, probabilities),
        || decision_curve(&ranking, &predictions, &request.comparisons),
    );
    let patients = predictions.by_patient().count();
    let bootstrap = Bootstrap { patients, replicates: request.bootstrap, seed: request.seed };
    let resampled = Resampled::new(request, &ranking, bootstrap, &ranges);
    let onset = if request.has_utility { Onset::SixHoursAfterFirstLabel } else { Onset::EndOfFirstRun };

    let mut evaluation = Evaluation {
        model: request.model.to_owned(),
        rows: predictions.rows(),
        patients,
        events: predictions.by_patient().filter(|rows| labels[rows.clone()].contains(&true)).count(),
        prevalence: prevalence(labels),
        auroc: resampled.model.auroc,
        auprc: resampled.model.auprc,
        at_threshold: at_threshold(labels, probabilities, threshold),
        at_alert_rates: at_alert_rates(&ranking, labels, probabilities),
        calibration: resampled.with_intervals(calibration),
        roc: roc_of(&ranking),
        precision_recall: precision_recall_of(&ranking),
        decision_curve,
        alarm_burden: alarm_burden(&predictions, threshold, onset),
        subgroups: resampled.subgroups,
        utility: request.has_utility.then(|| normalised_utility(&predictions, threshold)).flatten(),
        comparisons: resampled.comparisons,
        auroc_without_medication: request.without_medication.and_then(|masked| auroc(labels, masked)),
        gates: Vec::new(),
        bootstrap: request.bootstrap,
        seed: request.seed,
    };
    evaluation.gates = gates(&evaluation, request.has_utility);
    evaluation
}

fn calibration(
    ranking: &Ranking,
    labels: &[bool],
    probabilities: &[f32],
) -> (Calibration, Vec<std::ops::Range<usize>>) {
    let (ranges, deciles) = deciles_of(ranking, labels, probabilities);
    let calibration = Calibration {
        ece: ece_of(ranking, labels, probabilities),
        brier: brier(labels, probabilities),
        null_brier: null_brier(labels),
        slope: None,
        intercept: None,
        deciles,
        histogram: risk_histogram(probabilities),
    };
    (calibration.with_line(calibration_line(labels, probabilities)), ranges)
}

/// Everything that has an interval, from the same replicates, so that differences are paired.
struct Resampled {
    model: Estimates,
    deciles: Vec<Vec<Option<f64>>>,
    subgroups: Vec<Subgroup>,
    comparisons: Vec<ComparisonResult>,
}

#[derive(Clone, Copy)]
struct Estimates {
    auroc: Option<Estimate>,
    auprc: Option<Estimate>,
}

struct Replicate {
    /// Of the model, then its subgroups, then the comparisons.
    areas: Vec<Option<Areas>>,
    deciles: Vec<Option<f64>>,
}

impl Resampled {
    fn new(request: &Request, ranking: &Ranking, bootstrap: Bootstrap, ranges: &[std::ops::Range<usize>]) -> Self {
        let predictions = &request.predictions;
        let labels = predictions.labels;
        let dense = dense_patients(predictions);
        let parts = parts(predictions, request.subjects);
        let rankings: Vec<Ranking> =
            request.comparisons.par_iter().map(|comparison| Ranking::new(labels, comparison.values)).collect();

        let mut sorted = vec![Sorted::new(ranking, &ranking.order, labels, &dense)];
        sorted.extend(parts.iter().map(|part| {
            let rows = ranking.order.iter().copied().filter(|&row| part.members[dense[row as usize] as usize]);
            Sorted::new(ranking, &rows.collect::<Vec<_>>(), labels, &dense)
        }));
        sorted.extend(rankings.iter().map(|ranking| Sorted::new(ranking, &ranking.order, labels, &dense)));

        let binned = Binned::new(ranking, ranges, labels, &dense);
        let once = vec![1; bootstrap.patients];
        let points: Vec<Option<Areas>> = sorted.iter().map(|sorted| sorted.areas(&once)).collect();
        let replicates = bootstrap.map(|drawn| Replicate {
            areas: sorted.iter().map(|sorted| sorted.areas(drawn)).collect(),
            deciles: binned.rates(drawn),
        });

        let auroc = |replicate: &Replicate, place: usize| replicate.areas[place].map(|areas| areas.auroc);
        let auroc_at = |place: usize, value| estimate(value, replicates.iter().map(|each| auroc(each, place)));
        let auprc_at = |place: usize, value| {
            estimate(value, replicates.iter().map(|each| each.areas[place].map(|areas| areas.auprc)))
        };
        let difference = |one: usize, other: usize| {
            let value = points[one].zip(points[other]).map(|(one, other)| one.auroc - other.auroc);
            estimate(value, replicates.iter().map(|each| Some(auroc(each, one)? - auroc(each, other)?)))
        };

        let subgroups = (1..).zip(&parts).map(|(place, part)| {
            let auroc = auroc_at(place, points[place].map(|areas| areas.auroc));
            subgroup(part, auroc, difference(place, 0))
        });
        let comparisons = (1 + parts.len()..).zip(&request.comparisons).zip(&rankings);
        let comparisons = comparisons.map(|((place, comparison), ranking)| ComparisonResult {
            name: comparison.name.to_owned(),
            auroc: auroc_at(place, auroc_of(ranking)),
            auprc: auprc_at(place, auprc_of(ranking)),
            ece: match comparison.kind {
                ComparisonKind::Probability => ece_of(ranking, labels, comparison.values),
                ComparisonKind::Score => None,
            },
            utility: best_utility(request, ranking, comparison),
            model_leads_by: difference(0, place),
            roc: roc_of(ranking),
            precision_recall: precision_recall_of(ranking),
        });
        Self {
            model: Estimates { auroc: auroc_at(0, auroc_of(ranking)), auprc: auprc_at(0, auprc_of(ranking)) },
            subgroups: subgroups.collect(),
            comparisons: comparisons.collect(),
            deciles: replicates.into_iter().map(|each| each.deciles).collect(),
        }
    }

    /// Gives the deciles their intervals and turns them to rising risk.
    fn with_intervals(&self, mut calibration: Calibration) -> Calibration {
        for (place, decile) in calibration.deciles.iter_mut().enumerate() {
            decile.interval = interval(self.deciles.iter().map(|deciles| deciles[place]));
        }
        calibration.deciles.reverse();
        calibration
    }
}

fn subgroup(part: &Part, auroc: Option<Estimate>, gap: Option<Estimate>) -> Subgroup {
    Subgroup {
        dimension: part.dimension.to_owned(),
        value: part.value.clone(),
        rows: part.rows,
        patients: part.patients,
        events: part.events,
        auroc,
        gap,
        verdict: verdict(part.events, gap),
    }
}

/// At the threshold that suits the comparison best on these rows.
fn best_utility(request: &Request, ranking: &Ranking, comparison: &Comparison) -> Option<f64> {
    let predictions = Predictions { probabilities: comparison.values, ..request.predictions };
    let best = request.has_utility.then(|| best_threshold_of(ranking, &predictions))?;
    best.map(|(_, utility)| utility)
}

//! ROC and precision-recall curves.

use super::chart::{Axis, Plot, legend, round, series};
use super::words::{decimal, percent};
use crate::{Estimate, Evaluation, Point};
use maud::{Markup, html};

pub(crate) fn section(evaluation: &Evaluation) -> Markup {
    html! {
        section aria-labelledby="discrimination" {
            h2 id="discrimination" { "Does it rank patients at risk first?" }
            @if evaluation.roc.is_empty() {
                p.says { "Curves are not available: the test set has only one class." }
            } @else {
                div.pair { (roc(evaluation)) (precision_recall(evaluation)) }
            }
        }
    }
}

fn roc(evaluation: &Evaluation) -> Markup {
    let plot = Plot {
        id: "roc",
        title: format!("ROC curve; the model's AUROC is {}", decimal(evaluation.auroc.map(|auroc| auroc.value), 3)),
        x: Axis::unit("1 − specificity: false alerts among negatives"),
        y: Axis::unit("sensitivity"),
        height: 400.0,
    };
    let point = &evaluation.at_threshold;
    let here = point.specificity.map(|specificity| 1.0 - specificity).zip(point.sensitivity);
    let baselines = evaluation.comparisons.iter().map(|result| Curve::new(&result.name, &result.roc, result.auroc));
    let curves: Vec<Curve> =
        std::iter::once(Curve::new(&evaluation.model, &evaluation.roc, evaluation.auroc)).chain(baselines).collect();
    let wins = evaluation.auroc.map_or(0.0, |auroc| 100.0 * auroc.value);
    html! {
        figure {
            h3 { "ROC" }
            (draw(&plot, &curves, here, ((0.0, 0.0), (1.0, 1.0))))
            (names(&curves, "chance"))
            figcaption {
                "Of 100 pairs of a positive and a negative prediction, the model gives the positive one the higher risk in "
                (decimal(wins, 0)) "; the dot is its threshold."
            }
        }
    }
}

fn precision_recall(evaluation: &Evaluation) -> Markup {
    let prevalence = evaluation.prevalence.unwrap_or(0.0);
    let point = &evaluation.at_threshold;
    let here = point.sensitivity.zip(point.ppv);
    let model = Curve::new(&evaluation.model, &evaluation.precision_recall, evaluation.auprc);
    let baselines =
        evaluation.comparisons.iter().map(|result| Curve::new(&result.name, &result.precision_recall, result.auprc));
    let curves: Vec<Curve> = std::iter::once(model).chain(baselines).collect();
    // The few highest risks jump between 0 and 1; the axis follows the curve from 1 % of recall on.
    let settled = curves.iter().flat_map(|curve| curve.points).filter(|point| point.x >= 0.01);
    let highest = settled.map(|point| point.y).chain(here.map(|here| here.1)).fold(2.0 * prevalence, f64::max);
    let plot = Plot {
        id: "pr",
        title: format!(
            "Precision-recall curve; the model's AUPRC is {}",
            decimal(evaluation.auprc.map(|auprc| auprc.value), 3)
        ),
        x: Axis::unit("sensitivity (recall)"),
        y: Axis::even(0.0, (highest * 1.08).min(1.0), "PPV (precision)", |tick| format!("{tick:.2}")),
        height: 400.0,
    };
    html! {
        figure {
            h3 { "Precision and recall" }
            (draw(&plot, &curves, here, ((0.0, prevalence), (1.0, prevalence))))
            (names(&curves, "prevalence"))
            figcaption {
                "How many alerts are right, by how many of the positives are caught: alerting at random would be right in "
                (percent(prevalence)) "."
            }
        }
    }
}

struct Curve<'a> {
    name: &'a str,
    points: &'a [Point],
    area: Option<f64>,
}

impl<'a> Curve<'a> {
    fn new(name: &'a str, points: &'a [Point], area: Option<Estimate>) -> Self {
        Self { name, points, area: area.map(|area| area.value) }
    }
}

fn draw(plot: &Plot, curves: &[Curve], here: Option<(f64, f64)>, chance: ((f64, f64), (f64, f64))) -> Markup {
    plot.draw(&html! {
        (plot.line("line chance", chance.0, chance.1))
        @for (place, curve) in curves.iter().enumerate().rev() {
            path class=(series(place)) d=(plot.path(curve.points.iter().map(|point| (point.x, point.y)))) {
                title { (curve.name) ": " (decimal(curve.area, 3)) }
            }
        }
        @if let Some((x, y)) = here {
            circle.dot cx=(round(plot.x(x))) cy=(round(plot.y(y))) r="5" { title { "at the threshold" } }
        }
    })
}

fn names(curves: &[Curve], chance: &str) -> Markup {
    let models = curves
        .iter()
        .enumerate()
        .map(|(place, curve)| (series(place), format!("{} {}", curve.name, decimal(curve.area, 3))));
    legend(models.chain([("line chance".to_owned(), chance.to_owned())]))
}

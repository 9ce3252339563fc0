//! The decision curve.

use super::chart::{Axis, Plot, legend, series};
use super::words::{decimal, percent, percent_tick};
use crate::Evaluation;
use maud::{Markup, html};

/// Net benefit is a small number; per thousand it reads as patients.
const PER: f64 = 1000.0;

pub(crate) fn section(evaluation: &Evaluation) -> Markup {
    html! {
        section aria-labelledby="usefulness" {
            h2 id="usefulness" { "Is acting on it worth while?" }
            @if evaluation.decision_curve.model.is_empty() {
                p.says { "The decision curve is not available: there is one class only, or there are no probabilities." }
            } @else {
                (curve(evaluation))
            }
        }
    }
}

fn curve(evaluation: &Evaluation) -> Markup {
    let curve = &evaluation.decision_curve;
    let prevalence = evaluation.prevalence.unwrap_or(0.0);
    let highest = curve.thresholds.last().copied().unwrap_or(1.0);
    let plot = Plot {
        id: "decision",
        title: "Net benefit per 1,000 predictions by the risk from which one acts".to_owned(),
        x: Axis::even(0.0, highest, "risk from which one acts", percent_tick),
        y: Axis::even(-0.3 * prevalence * PER, 1.05 * prevalence * PER, "net benefit per 1,000", |tick| {
            decimal(tick, 0)
        }),
        height: 330.0,
    };
    let path = |values: &[f64]| {
        let points = curve.thresholds.iter().copied().zip(values.iter().map(|value| value * PER));
        plot.path(points)
    };
    let threshold = f64::from(evaluation.at_threshold.threshold);
    let marks = html! {
        (plot.line("line none", (0.0, 0.0), (highest, 0.0)))
        path.line.all d=(path(&curve.treat_all)) { title { "act on all" } }
        @for (place, baseline) in curve.comparisons.iter().enumerate().rev() {
            path class=(series(place + 1)) d=(path(&baseline.values)) { title { (baseline.name) } }
        }
        path class=(series(0)) d=(path(&curve.model)) { title { (evaluation.model) } }
        @if (0.0..=highest).contains(&threshold) {
            (plot.line("line here", (threshold, -PER), (threshold, PER)))
        }
    };
    let names = std::iter::once(evaluation.model.clone()).chain(curve.comparisons.iter().map(|each| each.name.clone()));
    let entries = names.enumerate().map(|(place, name)| (series(place), name));
    let others = [("line all", "act on all"), ("line none", "act on none"), ("line here", "the model's threshold")];
    html! {
        figure.wide {
            h3 { "Decision curve" }
            (plot.draw(&marks))
            (legend(entries.chain(others.map(|(class, name)| (class.to_owned(), name.to_owned())))))
            figcaption {
                "The highest line is the best policy for one who acts from that risk on; " (exchange(threshold))
                " Points of a score were turned into risks on these rows, which flatters the score."
            }
        }
    }
}

/// What a threshold says about the worth of an event.
fn exchange(threshold: f64) -> String {
    if !(0.001..1.0).contains(&threshold) {
        return "acting from a low risk on means accepting many false alerts for a true one.".to_owned();
    }
    let odds = (1.0 - threshold) / threshold;
    format!(
        "acting from {} on means accepting {} false alerts for a true one.",
        percent(threshold),
        decimal(odds, usize::from(odds < 10.0))
    )
}

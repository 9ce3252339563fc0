//! The calibration plot: deciles with their intervals over the spread of predicted risk.

use super::chart::{Axis, Plot, legend, round};
use super::words::{count, decimal, percent};
use crate::metrics::Decile;
use crate::{Calibration, Evaluation};
use maud::{Markup, html};

pub(crate) fn section(evaluation: &Evaluation) -> Markup {
    let calibration = &evaluation.calibration;
    html! {
        section aria-labelledby="calibration" {
            h2 id="calibration" { "Do its risks mean what they say?" }
            div.pair {
                @if calibration.deciles.is_empty() {
                    p.says { "The calibration curve is not available: there are no predictions, or they are not probabilities." }
                } @else {
                    (curve(calibration))
                }
                (numbers(calibration))
            }
        }
    }
}

fn curve(calibration: &Calibration) -> Markup {
    let top = |decile: &Decile| {
        decile.interval.map_or(0.0, |interval| interval.high).max(decile.observed).max(decile.predicted)
    };
    let highest = (calibration.deciles.iter().map(top).fold(0.0, f64::max) * 1.1).clamp(0.001, 1.0);
    let plot = Plot {
        id: "calibration-curve",
        title: "Observed against predicted risk in tenths of the predictions".to_owned(),
        x: Axis::risk(highest, "predicted risk"),
        y: Axis::risk(highest, "observed share of positives"),
        height: 400.0,
    };
    let marks = html! {
        (plot.line("line chance", (0.0, 0.0), (highest, highest)))
        path.line.s0.thin d=(plot.path(calibration.deciles.iter().map(|decile| (decile.predicted, decile.observed)))) {}
        @for decile in &calibration.deciles {
            @if let Some(interval) = decile.interval {
                (plot.line("bar", (decile.predicted, interval.low), (decile.predicted, interval.high)))
            }
            circle.dot cx=(round(plot.x(decile.predicted))) cy=(round(plot.y(decile.observed))) r="4.5" {
                title {
                    "predicted " (percent(decile.predicted)) ", observed " (percent(decile.observed)) ": "
                    (count(decile.events)) " of " (count(decile.rows))
                }
            }
        }
    };
    html! {
        figure {
            h3 { "Calibration by tenths" }
            (plot.draw(&marks))
            (legend([("line s0".to_owned(), "tenths, with 95 % CI by patients".to_owned()), ("line chance".to_owned(), "perfect".to_owned())]))
            figcaption {
                "Points on the diagonal are honest risks; above it the model says too little, below it too much. Both axes are stretched near zero."
            }
        }
    }
}

fn numbers(calibration: &Calibration) -> Markup {
    let rows = [
        ("Slope", decimal(calibration.slope, 3), "1 is ideal; below, risks are too extreme, above, too timid"),
        (
            "Intercept",
            decimal(calibration.intercept, 3),
            "0 is ideal; below, risks are too high on the whole, above, too low",
        ),
        ("ECE", decimal(calibration.ece, 4), "mean distance of predicted and observed risk, 15 bins of equal size"),
        ("Brier score", decimal(calibration.brier, 5), "mean squared error; smaller is better"),
        ("Brier score of the null model", decimal(calibration.null_brier, 5), "predicting the prevalence for everyone"),
    ];
    html! {
        div {
            (spread(calibration))
            table.plain {
                caption { "Calibration in numbers" }
                tbody {
                    @for (name, value, note) in rows {
                        tr { th scope="row" { (name) small.block { (note) } } td.number { (value) } }
                    }
                }
            }
        }
    }
}

fn spread(calibration: &Calibration) -> Markup {
    let bins = &calibration.histogram;
    let Some(highest) = bins.last().map(|bin| bin.high) else { return html! {} };
    let most = bins.iter().map(|bin| bin.rows).max().unwrap_or(1).max(1) as f64;
    let plot = Plot {
        id: "risk-spread",
        title: "How many predictions have which risk".to_owned(),
        x: Axis::risk(highest, "predicted risk"),
        y: Axis::even(0.0, most * 1.05, "predictions", |tick| {
            if most < 5000.0 { count(tick as usize) } else { format!("{}k", tick / 1000.0) }
        }),
        height: 200.0,
    };
    let marks = html! {
        @for bin in bins.iter().filter(|bin| bin.rows > 0) {
            @let (left, top) = (plot.x(bin.low), plot.y(bin.rows as f64));
            rect.bin x=(round(left)) y=(round(top)) width=(round(plot.x(bin.high) - left - 0.8)) height=(round(plot.y(0.0) - top)) {
                title { (percent(bin.low)) " to " (percent(bin.high)) ": " (count(bin.rows)) }
            }
        }
    };
    html! {
        figure {
            h3 { "Predicted risks" }
            (plot.draw(&marks))
            figcaption { "Where the predictions lie: calibration is known only where there are some." }
        }
    }
}

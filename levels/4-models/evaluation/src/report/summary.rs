//! The top of the page: what was tested, the numbers that matter, the gates.

use super::Card;
use super::words::{count, counted, decimal, interval, percent};
use crate::{Estimate, Evaluation, Gate};
use maud::{Markup, html};

pub(crate) fn header(evaluation: &Evaluation, card: &Card) -> Markup {
    html! {
        header {
            p.eyebrow { "Model evaluation" }
            h1 { (card.title) }
            p.lead {
                strong { (evaluation.model) } " judged on " (counted(evaluation.rows, "prediction", "predictions")) " for "
                (counted(evaluation.patients, "patient", "patients")) ", of whom " (count(evaluation.events))
                " had the event (" (percent(evaluation.prevalence)) " of predictions are positive)."
            }
            dl.facts {
                @for (key, value) in [
                    ("Version", &card.model_version), ("Tested on", &card.dataset), ("Created", &card.created), ("Run", &card.run_id),
                ] {
                    @if !value.is_empty() { div { dt { (key) } dd { (value) } } }
                }
            }
        }
    }
}

pub(crate) fn headline(evaluation: &Evaluation) -> Markup {
    let operating = &evaluation.at_threshold;
    html! {
        section aria-labelledby="headline" {
            h2.hidden id="headline" { "Headline" }
            dl.headline {
                (estimated("AUROC", evaluation.auroc, "0.5 is chance, 1 is perfect ranking"))
                (estimated("AUPRC", evaluation.auprc, &format!("chance would give {}", decimal(evaluation.prevalence, 3))))
                @if let Some(utility) = evaluation.utility {
                    (tile("Utility", &decimal(utility, 3), None, "PhysioNet 2019: 1 is best, 0 is never alerting"))
                }
                (tile("Calibration slope", &decimal(evaluation.calibration.slope, 2), None, "1 means that risks are neither too bold nor too timid"))
                (tile("Sensitivity", &percent(operating.sensitivity), None, &format!("share of positives caught when alerting from a risk of {}", percent(f64::from(operating.threshold)))))
                (tile("PPV", &percent(operating.ppv), None, "alerts that are right, at the same threshold"))
            }
        }
    }
}

fn estimated(name: &str, estimate: Option<Estimate>, note: &str) -> Markup {
    tile(name, &decimal(estimate.map(|estimate| estimate.value), 3), interval(estimate, 3), note)
}

fn tile(name: &str, value: &str, interval: Option<String>, note: &str) -> Markup {
    html! {
        div.tile {
            dt { (name) }
            dd.value { (value) }
            @if let Some(interval) = interval { dd.interval { span.whole { (interval) } " " small { "95\u{202f}% CI" } } }
            dd.note { (note) }
        }
    }
}

pub(crate) fn gates(evaluation: &Evaluation) -> Markup {
    let failed: Vec<&str> =
        evaluation.gates.iter().filter(|gate| !gate.passed).map(|gate| gate.name.as_str()).collect();
    let total = evaluation.gates.len();
    html! {
        section aria-labelledby="gates" {
            h2 id="gates" { "Gates" }
            @if failed.is_empty() {
                p.verdict.pass { span.sign aria-hidden="true" { "✓" } "Passes all " (total) " gates." }
            } @else {
                p.verdict.fail {
                    span.sign aria-hidden="true" { "✕" }
                    "Below gate: fails " (failed.len()) " of " (total) " (" (failed.join(", ")) ")."
                }
            }
            ul.gates { @for gate in &evaluation.gates { (one_gate(gate)) } }
        }
    }
}

fn one_gate(gate: &Gate) -> Markup {
    let (class, sign, word) = match (gate.passed, gate.value) {
        (true, Some(_)) => ("pass", "✓", "Pass"),
        (true, None) => ("open", "–", "Not judged"),
        (false, _) => ("fail", "✕", "Fail"),
    };
    html! {
        li class=(class) {
            p.status { span.sign aria-hidden="true" { (sign) } (word) }
            div {
                p.gate-name { (gate.name) " " span.measured { (decimal(gate.value, digits(gate))) } }
                p.rule { (gate.rule) }
            }
        }
    }
}

/// Errors of rare events are small numbers.
fn digits(gate: &Gate) -> usize {
    if gate.value.is_some_and(|value| value.abs() < 0.1) { 4 } else { 3 }
}

//! The model card, and how the numbers came about.

use super::Card;
use crate::Evaluation;
use maud::{Markup, html};

pub(crate) fn section(evaluation: &Evaluation, card: &Card) -> Markup {
    html! {
        @if !card.rows.is_empty() {
            section aria-labelledby="card" {
                h2 id="card" { "Model card" }
                dl.card {
                    div { dt { "Model" } dd { (evaluation.model) } }
                    @for (key, value) in &card.rows {
                        div { dt { (key) } dd { (value) } }
                    }
                }
            }
        }
    }
}

pub(crate) fn footer(evaluation: &Evaluation) -> Markup {
    html! {
        footer {
            h2 { "How this was measured" }
            p {
                @if evaluation.bootstrap > 0 {
                    "Intervals are the 2.5 and 97.5 % points of " (evaluation.bootstrap)
                    " resamples of patients, not of rows (seed " (evaluation.seed) "). "
                }
                "AUROC: Hanley & McNeil 1982, ties count one half. AUPRC: average precision. Calibration slope and intercept: Van Calster 2019. "
                "Decision curve: Vickers & Elkin 2006. Utility: Reyna 2020, the official scorer of the PhysioNet/CinC Challenge 2019."
            }
            p { "Made by Strata. This page holds no script and loads nothing." }
        }
    }
}

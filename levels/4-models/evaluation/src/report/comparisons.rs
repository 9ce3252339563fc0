//! The model beside its baselines.

use super::words::{count, decimal, interval, signed};
use crate::{ComparisonResult, Estimate, Evaluation};
use maud::{Markup, html};

pub(crate) fn section(evaluation: &Evaluation) -> Markup {
    let has_utility = evaluation.utility.is_some();
    let model = ComparisonResult {
        name: evaluation.model.clone(),
        auroc: evaluation.auroc,
        auprc: evaluation.auprc,
        ece: evaluation.calibration.ece,
        utility: evaluation.utility,
        model_leads_by: None,
        roc: Vec::new(),
        precision_recall: Vec::new(),
    };
    html! {
        section aria-labelledby="models" {
            h2 id="models" { "Beside the baselines" }
            p.says { (says(evaluation)) }
            div.scroll role="region" aria-labelledby="models" tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { "Model" }
                        th.number scope="col" { "AUROC" }
                        th.number scope="col" { "AUPRC" }
                        th.number scope="col" { "ECE" }
                        @if has_utility { th.number scope="col" { "Utility" } }
                        th.number scope="col" { "Model leads by" }
                    } }
                    tbody {
                        (row(&model, has_utility, true))
                        @for comparison in &evaluation.comparisons { (row(comparison, has_utility, false)) }
                    }
                }
            }
            @if let Some(masked) = evaluation.auroc_without_medication {
                p.says {
                    "Without the medication features the AUROC is " strong { (decimal(masked, 3)) }
                    @if let Some(auroc) = evaluation.auroc { " (" (signed(masked - auroc.value, 3)) ")" }
                    ": what a drug order adds may be the suspicion of the clinician who wrote it."
                }
            }
            @if has_utility && !evaluation.comparisons.is_empty() {
                p.fine { "The utility of a baseline is that of its best threshold on these very rows, which flatters it; the model's threshold was chosen elsewhere." }
            }
        }
    }
}

fn row(result: &ComparisonResult, has_utility: bool, is_model: bool) -> Markup {
    html! {
        tr.model[is_model] {
            th scope="row" { (result.name) }
            (cell(result.auroc))
            (cell(result.auprc))
            td.number { (or_dash(result.ece, 4)) }
            @if has_utility { td.number { (or_dash(result.utility, 3)) } }
            td.number {
                @match result.model_leads_by {
                    Some(lead) => { (signed(lead.value, 3)) (small_interval(Some(lead))) }
                    None => { "–" }
                }
            }
        }
    }
}

fn cell(estimate: Option<Estimate>) -> Markup {
    html! { td.number { (or_dash(estimate.map(|estimate| estimate.value), 3)) (small_interval(estimate)) } }
}

fn small_interval(estimate: Option<Estimate>) -> Markup {
    html! { @if let Some(interval) = interval(estimate, 3) { " " small { (interval) } } }
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| decimal(value, digits))
}

fn says(evaluation: &Evaluation) -> String {
    let surely = |result: &&ComparisonResult| {
        result.model_leads_by.and_then(|lead| lead.interval).is_some_and(|interval| interval.low > 0.0)
    };
    match evaluation.comparisons.len() {
        0 => "No baseline was given.".to_owned(),
        total => format!(
            "The model ranks better than {} of {} by more than chance: the 95 % interval of its lead in AUROC, on the same resampled patients, lies above zero.",
            count(evaluation.comparisons.iter().filter(surely).count()),
            if total == 1 { "1 baseline".to_owned() } else { format!("{total} baselines") },
        ),
    }
}

//! What the alerts mean at the bedside: burden, confusion table, other budgets of alerts.

use super::words::{NOT_AVAILABLE, count, decimal, percent};
use crate::{AlarmBurden, Evaluation, OperatingPoint};
use maud::{Markup, html};

pub(crate) fn section(evaluation: &Evaluation) -> Markup {
    html! {
        section aria-labelledby="alarms" {
            h2 id="alarms" { "What do its alerts cost?" }
            (burden(&evaluation.alarm_burden, evaluation.events))
            div.pair {
                (confusion(&evaluation.at_threshold))
                (budgets(evaluation))
            }
        }
    }
}

fn burden(burden: &AlarmBurden, events: usize) -> Markup {
    let lead = burden.median_lead_time_hours;
    let tiles = [
        (
            "Alerts per 100 patient-days",
            decimal(burden.alerts_per_100_patient_days, 0),
            "predictions at or above the threshold",
        ),
        (
            "Episodes per 100 patient-days",
            decimal(burden.episodes_per_100_patient_days, 0),
            "an alert that persists counts once",
        ),
        ("False alerts per true alert", decimal(burden.false_alerts_per_true_alert, 1), "how often staff look in vain"),
        (
            "Median lead time",
            lead.map_or_else(|| NOT_AVAILABLE.to_owned(), |hours| format!("{} h", decimal(hours, 1))),
            "from the first right alert to the onset",
        ),
    ];
    html! {
        dl.headline {
            @for (name, value, note) in tiles {
                div.tile { dt { (name) } dd.value { (value) } dd.note { (note) } }
            }
        }
        p.says {
            "Of " (count(events)) " patients with the event, " (count(burden.events_alerted_in_time))
            " had a right alert before the onset, over " (count(burden.patient_days.round() as usize)) " patient-days under watch."
        }
    }
}

fn confusion(point: &OperatingPoint) -> Markup {
    let table = point.confusion;
    html! {
        div.scroll {
            table.confusion {
                caption { "At a risk of " (percent(f64::from(point.threshold))) " or more" }
                thead { tr { td {} th.number scope="col" { "Event" } th.number scope="col" { "No event" } th.number scope="col" { "Right" } } }
                tbody {
                    tr {
                        th scope="row" { "Alert" }
                        td.number.good { (count(table.true_positives)) }
                        td.number.bad { (count(table.false_positives)) }
                        td.number { (percent(point.ppv)) small.block { "PPV" } }
                    }
                    tr {
                        th scope="row" { "No alert" }
                        td.number.bad { (count(table.false_negatives)) }
                        td.number.good { (count(table.true_negatives)) }
                        td.number { (percent(point.npv)) small.block { "NPV" } }
                    }
                    tr {
                        th scope="row" { "Right" }
                        td.number { (percent(point.sensitivity)) small.block { "sensitivity" } }
                        td.number { (percent(point.specificity)) small.block { "specificity" } }
                        td.number { (decimal(point.f1, 3)) small.block { "F1" } }
                    }
                }
            }
        }
    }
}

fn budgets(evaluation: &Evaluation) -> Markup {
    html! {
        div.scroll {
            table {
                caption { "If a fixed share of predictions may alert" }
                thead { tr {
                    th scope="col" { "Alerts" }
                    th.number scope="col" { "Threshold" }
                    th.number scope="col" { "Sensitivity" }
                    th.number scope="col" { "Specificity" }
                    th.number scope="col" { "PPV" }
                } }
                tbody {
                    @for point in &evaluation.at_alert_rates {
                        tr {
                            th scope="row" { (decimal(point.target_alert_rate.map(|rate| 100.0 * rate), 0)) "\u{202f}%" }
                            td.number { (percent(f64::from(point.threshold))) }
                            td.number { (percent(point.sensitivity)) }
                            td.number { (percent(point.specificity)) }
                            td.number { (percent(point.ppv)) }
                        }
                    }
                }
            }
        }
    }
}

//! The forest plot: every subgroup's AUROC beside the overall one, as a table with a line in each row,
//! so that the numbers and the picture stay together on paper and on a phone.

use super::chart::round;
use super::words::{count, decimal, signed};
use crate::subgroups::{FEWEST_EVENTS, TOLERATED_GAP};
use crate::{Evaluation, Interval, Subgroup, SubgroupVerdict};
use maud::{Markup, html};

const WIDTH: f64 = 240.0;

pub(crate) fn section(evaluation: &Evaluation) -> Markup {
    html! {
        section aria-labelledby="subgroups" {
            h2 id="subgroups" { "Does it serve everyone alike?" }
            @match evaluation.auroc {
                Some(auroc) if !evaluation.subgroups.is_empty() => (forest(evaluation, auroc.value)),
                _ => p.says { "Subgroups are not available: nothing that tells the patients apart was recorded." },
            }
        }
    }
}

fn forest(evaluation: &Evaluation, overall: f64) -> Markup {
    let scale = Scale::of(evaluation, overall);
    let mut dimension = "";
    html! {
        p.says { (says(evaluation)) }
        div.scroll role="region" aria-labelledby="subgroups" tabindex="0" {
            table.forest {
                thead { tr {
                    th scope="col" { "Group" }
                    th.number scope="col" { "Patients" }
                    th.number scope="col" { "Events" }
                    th.number scope="col" { "AUROC" }
                    th.number scope="col" { "Gap" }
                    th scope="col" { (scale.axis(overall)) }
                    th scope="col" { "Verdict" }
                } }
                @for part in &evaluation.subgroups {
                    @if std::mem::replace(&mut dimension, &part.dimension) != part.dimension {
                        tr.dimension { th colspan="7" scope="colgroup" { (part.dimension) } }
                    }
                    (row(part, &scale, overall))
                }
            }
        }
        p.fine {
            "The line is the overall AUROC, the band the tolerated gap of " (TOLERATED_GAP) ". Bars are 95 % intervals from resampled patients. "
            "With fewer than " (FEWEST_EVENTS) " events a group is shown and not judged."
        }
    }
}

fn row(part: &Subgroup, scale: &Scale, overall: f64) -> Markup {
    let (class, verdict) = match part.verdict {
        SubgroupVerdict::NotJudged => ("faint", "too few events"),
        SubgroupVerdict::Within => ("pass", "✓ within"),
        SubgroupVerdict::Unclear => ("open", "? cannot tell"),
        SubgroupVerdict::Beyond => ("fail", "✕ beyond"),
    };
    html! {
        tr class=(class) {
            th scope="row" { (part.value) }
            td.number { (count(part.patients)) }
            td.number { (count(part.events)) }
            td.number { @match part.auroc { Some(auroc) => (decimal(auroc.value, 3)), None => "–" } }
            td.number { @match part.gap { Some(gap) => (signed(gap.value, 3)), None => "–" } }
            td.picture { (scale.bar(part, overall)) }
            td.word { (verdict) }
        }
    }
}

fn says(evaluation: &Evaluation) -> String {
    let of = |verdict| evaluation.subgroups.iter().filter(|part| part.verdict == verdict).count();
    let (within, unclear, beyond) =
        (of(SubgroupVerdict::Within), of(SubgroupVerdict::Unclear), of(SubgroupVerdict::Beyond));
    format!(
        "Of {} groups with enough events, {within} are served alike, {beyond} are not, and for {unclear} these data cannot tell.",
        within + unclear + beyond
    )
}

/// The AUROC axis that all rows share.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(evaluation: &Evaluation, overall: f64) -> Self {
        let estimates = || evaluation.subgroups.iter().filter_map(|part| part.auroc);
        let ends =
            || estimates().map(|auroc| auroc.interval.unwrap_or(Interval { low: auroc.value, high: auroc.value }));
        let low = ends().map(|end| end.low).fold(overall - 1.5 * TOLERATED_GAP, f64::min);
        let high = ends().map(|end| end.high).fold(overall + 1.5 * TOLERATED_GAP, f64::max);
        Self { low: ((low * 20.0).floor() / 20.0).max(0.0), high: ((high * 20.0).ceil() / 20.0).min(1.0) }
    }

    fn x(&self, auroc: f64) -> f64 {
        round(8.0 + (auroc - self.low) / (self.high - self.low).max(1e-9) * (WIDTH - 16.0))
    }

    fn axis(&self, overall: f64) -> Markup {
        html! {
            svg.forest-bar viewBox="0 0 240 22" role="img" aria-label={ "AUROC from " (decimal(self.low, 2)) " to " (decimal(self.high, 2)) } {
                text.tick x="8" y="15" { (decimal(self.low, 2)) }
                text.tick x=(self.x(overall)) y="15" text-anchor="middle" { (decimal(overall, 3)) }
                text.tick x="232" y="15" text-anchor="end" { (decimal(self.high, 2)) }
            }
        }
    }

    fn bar(&self, part: &Subgroup, overall: f64) -> Markup {
        let (left, right) =
            (self.x((overall - TOLERATED_GAP).max(self.low)), self.x((overall + TOLERATED_GAP).min(self.high)));
        html! {
            svg.forest-bar viewBox="0 0 240 22" aria-hidden="true" {
                rect.band x=(left) y="0" width=(round(right - left)) height="22" {}
                path.overall d={ "M" (self.x(overall)) " 0V22" } {}
                @if let Some(auroc) = part.auroc {
                    @if let Some(interval) = auroc.interval {
                        path.bar d={ "M" (self.x(interval.low)) " 11H" (self.x(interval.high)) } {}
                    }
                    circle.dot cx=(self.x(auroc.value)) cy="11" r="4.5" {}
                }
            }
        }
    }
}

//! What the last start waited for, one after another.

use maud::{Markup, html};
use strata_control::{ServiceStatus, Start};

use crate::words::seconds;

/// The drawing is so wide, in its own units.
const WIDTH: f64 = 100.0;
/// A bar is at least so wide, or nobody sees it.
const NARROWEST: f64 = 0.6;

pub(crate) fn section(start: &Start, services: &[ServiceStatus]) -> Markup {
    let took = |name: &str| {
        let service = services.iter().find(|service| service.status.name == name)?;
        service.status.startup_seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
    };
    let mut begin = 0.0;
    let steps: Vec<_> = start
        .critical_path
        .iter()
        .map(|name| {
            let (from, took) = (begin, took(name));
            begin += took.unwrap_or(0.0);
            (name, from, took)
        })
        .collect();
    let scale = WIDTH / begin.max(start.seconds).max(f64::MIN_POSITIVE);
    html! {
        section aria-labelledby="start" {
            h2 #start { "Last start" }
            p { "It was ready after " strong { (seconds(start.seconds)) } ". It waited for these, one after another; making others faster changes nothing." }
            table.start role="table" {
                thead.hidden role="rowgroup" {
                    tr role="row" {
                        th role="columnheader" scope="col" { "Service" }
                        th role="columnheader" scope="col" { "When" }
                        th role="columnheader" scope="col" { "Time to be healthy" }
                    }
                }
                tbody role="rowgroup" {
                    @for (name, from, took) in steps {
                        tr role="row" {
                            th role="rowheader" scope="row" { (name) }
                            td.when role="cell" {
                                svg viewBox={ "0 0 " (WIDTH) " 3" } preserveAspectRatio="none" role="img" aria-label={ "from " (seconds(from)) } {
                                    rect.lane width=(WIDTH) height="3" rx="0.6" {}
                                    @if let Some(took) = took {
                                        rect.bar x=(digits((from * scale).min(WIDTH - NARROWEST))) width=(digits((took * scale).max(NARROWEST))) height="3" rx="0.6" {}
                                    }
                                }
                            }
                            td.took role="cell" { (took.map_or_else(|| "unknown".to_owned(), seconds)) }
                        }
                    }
                }
            }
        }
    }
}

fn digits(value: f64) -> String {
    format!("{value:.2}")
}

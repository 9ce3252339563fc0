//! A level: what it is for, and a row a service.

use maud::{Markup, html};
use strata_control::{LevelName, ServiceStatus, StackStatus};

use super::headline::anchor;
use super::links::web;
use super::state::{class, meaning, pill};
use crate::words::{bytes, seconds, value};

/// The columns. On a narrow screen each row becomes a card, in which these words stand before the values; then a browser
/// forgets that it is a table, so that its roles are said.
const COLUMNS: [&str; 7] = ["Service", "State", "Figures", "Address", "Memory", "Restarts", "Up for"];

pub(crate) fn section(status: &StackStatus, level: &LevelName) -> Markup {
    let services: Vec<_> = status.services.iter().filter(|service| service.level == level.number).collect();
    let heading = format!("level-{}", level.number);
    html! {
        section.level.{ "depth-" (level.number) } aria-labelledby=(heading) {
            div.level-name {
                h2 id=(heading) { span.number { "Level " (level.number) " " } (level.name) }
                p { (level.purpose) }
            }
            @if services.is_empty() {
                p.none { "No service of this level is part of this stack." }
            } @else {
                table role="table" aria-labelledby=(heading) {
                    thead role="rowgroup" {
                        tr role="row" { @for column in COLUMNS { th role="columnheader" scope="col" { (column) } } }
                    }
                    tbody role="rowgroup" { @for service in services { (row(service)) } }
                }
            }
        }
    }
}

fn row(service: &ServiceStatus) -> Markup {
    let status = &service.status;
    let [_, state, figures, address, memory, restarts, uptime] = COLUMNS;
    html! {
        tr.(class(service.health)) role="row" id=(anchor(service)) {
            th role="rowheader" scope="row" {
                (status.name)
                @if let Some(doing) = &status.doing { p.doing { (doing) } }
            }
            td role="cell" data-label=(state) {
                div {
                    (pill(service))
                    @if let Some(meaning) = meaning(service) { " " span.soft { (meaning) } }
                    @if let Some(cause) = &status.cause { p.cause { (cause) } }
                }
            }
            (cell(figures, !status.figures.is_empty(), &html! {
                dl.figures {
                    @for figure in &status.figures { div { dt { (figure.name) } dd { (value(figure)) } } }
                }
            }))
            (cell(address, status.url.is_some() || status.port.is_some(), &html! {
                div.address {
                    @if let Some(url) = &status.url { (web(url, url)) }
                    @else if let Some(port) = status.port { "port " (port) }
                }
            }))
            (cell(memory, status.memory_bytes.is_some(), &html! { (bytes(status.memory_bytes.unwrap_or(0) as f64)) }))
            td.none[status.restarts == 0] role="cell" data-label=(restarts) { (status.restarts) }
            (cell(uptime, status.uptime_seconds.is_some(), &html! { (seconds(status.uptime_seconds.unwrap_or(0.0))) }))
        }
    }
}

/// A cell, with a dash where there is nothing to tell; on a narrow screen it is left out.
fn cell(label: &str, told: bool, content: &Markup) -> Markup {
    html! {
        @if told { td role="cell" data-label=(label) { (content) } }
        @else { td.none role="cell" data-label=(label) { span aria-label="none" { "–" } } }
    }
}

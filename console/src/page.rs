//! The page: server-rendered, whole without scripts, one document without anything else to load.
//!
//! What a service says (causes, names, addresses) is text here, never markup: maud escapes all of it, and only addresses of
//! the web become links. States are told in words and signs; colour only repeats them.

mod headline;
mod level;
mod links;
mod start;
mod state;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use strata_control::StackStatus;

use crate::Link;
use headline::Headline;

/// The page's style.
pub(crate) const STYLE: &str = include_str!("page/style.css");
/// The page's script: shows what is new.
pub(crate) const SCRIPT: &str = include_str!("page/script.js");
/// Three strata.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cg fill='%230f766e'%3E\
    %3Crect y='2' width='16' height='3' rx='1.5' opacity='.45'/%3E%3Crect y='6.5' width='16' height='3' rx='1.5' opacity='.7'/%3E\
    %3Crect y='11' width='16' height='3' rx='1.5'/%3E%3C/g%3E%3C/svg%3E";

/// The whole document.
pub(crate) fn page(status: &StackStatus, links: &[Link]) -> Markup {
    let headline = Headline::of(status);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (headline.title()) " · Strata" }
                link rel="icon" href=(ICON);
                style { (PreEscaped(STYLE)) }
                noscript { meta http-equiv="refresh" content="2"; }
            }
            body {
                // Outside of what is replaced, so that a reader of the screen hears what changes in it.
                p.said #said role="status" {}
                main #main {
                    (headline.markup(status))
                    @for level in status.levels.iter().rev() { (level::section(status, level)) }
                    @if let Some(start) = &status.start { (start::section(start, &status.services)) }
                    (links::section(links))
                    footer { p { "Strata " (status.version) " · this page as data: " a href="/status.json" { "status.json" } } }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

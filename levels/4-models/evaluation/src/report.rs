//! The report: one self-contained HTML page, without scripts and without the network.
//!
//! It opens from a disk, an artifact store or a mail, prints, follows the reader's light or dark setting,
//! and says under each plot in one sentence what it shows. Charts are SVG written here, drawn with the
//! page's own style sheet: they scale, their text is text, and each has a title for those who do not see it.

mod alarms;
mod calibration;
mod card;
mod chart;
mod comparisons;
mod decision;
mod discrimination;
mod subgroups;
mod summary;
mod words;

use crate::Evaluation;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What the page says about the model besides its measures: the model card.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// The page's title.
    pub title: String,
    /// The run that made the model.
    pub run_id: String,
    /// Its name and version in the registry.
    pub model_version: String,
    /// When, as it should read.
    pub created: String,
    /// What it was tested on.
    pub dataset: String,
    /// Intended use, features, training settings: key and value, in reading order.
    pub rows: Vec<(String, String)>,
}

/// The page.
pub fn report(evaluation: &Evaluation, card: &Card) -> String {
    page(evaluation, card).into_string()
}

fn page(evaluation: &Evaluation, card: &Card) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (card.title) " · evaluation" }
                style { (PreEscaped(include_str!("report/style.css"))) }
            }
            body {
                (summary::header(evaluation, card))
                main {
                    (summary::headline(evaluation))
                    (summary::gates(evaluation))
                    (comparisons::section(evaluation))
                    (discrimination::section(evaluation))
                    (calibration::section(evaluation))
                    (decision::section(evaluation))
                    (alarms::section(evaluation))
                    (subgroups::section(evaluation))
                    (card::section(evaluation, card))
                }
                (card::footer(evaluation))
            }
        }
    }
}

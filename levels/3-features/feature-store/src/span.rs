//! Stretches of patients by their ids: what is computed at once, so that memory does not grow with the lake.

use serde::{Deserialize, Serialize};
use strata_lakehouse::Group;

/// Patients from one id on and before another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    from: String,
    /// Nobody follows when there is none.
    until: Option<String>,
}

impl Span {
    /// The first id that it may hold.
    pub(crate) fn from(&self) -> &str {
        &self.from
    }

    pub(crate) fn holds(&self, patient: &str) -> bool {
        *self.from <= *patient && self.until.as_deref().is_none_or(|until| patient < until)
    }

    /// Whether a row group may have one of these patients.
    pub(crate) fn meets(&self, group: &Group) -> bool {
        let Some((first, last)) = group.patients else { return true };
        *self.from <= *last && self.until.as_deref().is_none_or(|until| first < until)
    }
}

/// All patients, cut where about as many rows have gone by; every patient is in exactly one stretch.
///
/// The groups are those of one table. A patient whose rows are more than that is not cut.
pub(crate) fn spans<'a>(groups: impl Iterator<Item = Group<'a>>, rows_at_once: u64) -> Vec<Span> {
    let mut groups: Vec<(&str, u64)> =
        groups.map(|group| (group.patients.map_or("", |(first, _)| first), group.rows)).collect();
    groups.sort_unstable();
    let all: u64 = groups.iter().map(|(_, rows)| rows).sum();
    let many = all.div_ceil(rows_at_once.max(1)).max(1);
    let mut spans = vec![Span::default()];
    let mut gone = 0;
    for (first, rows) in groups {
        let due = gone * many / all.max(1) >= spans.len() as u64;
        if due && spans.last().is_some_and(|last| *last.from < *first) {
            if let Some(last) = spans.last_mut() {
                last.until = Some(first.to_owned());
            }
            spans.push(Span { from: first.to_owned(), until: None });
        }
        gone += rows;
    }
    spans
}

//! The count: what was promised against what is there. Pure.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde_json::Value;

use crate::bronze::Bronze;
use crate::ledger::Ledger;
use crate::silver::Silver;

#[cfg(test)]
mod tests;

/// Faults that are told one by one.
const TOLD: usize = 8;

/// One promise, and where it is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    what: &'static str,
    promised: usize,
    found: usize,
    wrong: Vec<String>,
}

/// All promises.
#[derive(Debug)]
pub(crate) struct Verdict {
    lines: Vec<Line>,
    /// What is said beside, and is no promise.
    remarks: Vec<String>,
}

impl Verdict {
    /// Whether every promise was kept.
    pub(crate) fn holds(&self) -> bool {
        self.lines.iter().all(|line| line.wrong.is_empty())
    }

    pub(crate) fn judge(ledger: &Ledger, bronze: &Bronze, silver: &Silver) -> Self {
        let lines = vec![
            without_gaps(bronze),
            in_bronze(ledger, bronze),
            at_their_places(ledger, bronze),
            in_silver(ledger, silver),
            in_quarantine(ledger, silver),
        ];
        let mut remarks = vec![format!("{} objects without a manifest, which nobody reads", bronze.orphans)];
        let again = bronze.records.len().saturating_sub(ledger.accepted.len() + refused(ledger).count());
        remarks.push(format!("{again} records came in a second time, from senders without an answer, and count once"));
        remarks.extend(ledger.doubts.first().map(|why| format!("{} records in doubt: {why}", ledger.doubts.len())));
        Self { lines, remarks }
    }
}

fn without_gaps(bronze: &Bronze) -> Line {
    let number = bronze.records.len();
    Line { what: "bronze: offsets without gap or overlap", promised: number, found: number, wrong: bronze.faults.clone() }
}

/// Once, or as often as it was sent at most; and nothing that nobody sent.
fn in_bronze(ledger: &Ledger, bronze: &Bronze) -> Line {
    let mut copies = HashMap::<(&str, String), usize>::new();
    let mut wrong = Vec::new();
    for (place, line) in &bronze.records {
        let is_refused = ledger.logged.get(place).is_some_and(|logged| !logged.is_event);
        if is_refused {
            continue;
        }
        match event_id(line) {
            Some(id) => *copies.entry((&place.topic, id)).or_default() += 1,
            None => wrong.push(format!("never acknowledged: {place:?} {}", String::from_utf8_lossy(line))),
        }
    }
    let found = copies.len();
    for (id, accepted) in &ledger.accepted {
        match copies.remove(&(accepted.topic.as_str(), id.clone())).unwrap_or(0) {
            0 => wrong.push(format!("missing: {id} of {}", accepted.topic)),
            number if number > accepted.sent => {
                wrong.push(format!("{number} times, and sent {}: {id} of {}", accepted.sent, accepted.topic));
            }
            _ => {}
        }
    }
    wrong.extend(copies.keys().map(|(topic, id)| format!("never acknowledged: {id} of {topic}")));
    Line { what: "bronze: every accepted event", promised: ledger.accepted.len(), found, wrong }
}

/// The bytes that were acknowledged at an offset are at that offset.
fn at_their_places(ledger: &Ledger, bronze: &Bronze) -> Line {
    let there: HashMap<_, _> = bronze.records.iter().map(|(place, line)| (place, line)).collect();
    let mut wrong: Vec<_> = ledger.twice.iter().map(|place| format!("acknowledged for two records: {place:?}")).collect();
    let mut found = 0;
    for (place, logged) in &ledger.logged {
        match there.get(place) {
            Some(line) if **line == logged.line => found += 1,
            Some(line) => wrong.push(format!(
                "{place:?} holds `{}`, acknowledged was `{}`",
                String::from_utf8_lossy(line),
                String::from_utf8_lossy(&logged.line)
            )),
            None => wrong.push(format!("missing: {place:?}")),
        }
    }
    Line { what: "bronze: Kafka's records at their offsets", promised: ledger.logged.len(), found, wrong }
}

fn in_silver(ledger: &Ledger, silver: &Silver) -> Line {
    let promised = ledger.accepted.iter().map(|(id, accepted)| (accepted.topic.as_str(), id.as_str()));
    let found = silver.rows.iter().map(|(topic, id)| (*topic, id.as_str()));
    once("silver: every accepted event once", promised.collect(), found)
}

fn in_quarantine(ledger: &Ledger, silver: &Silver) -> Line {
    let promised = refused(ledger).map(|(place, logged)| (place, String::from_utf8_lossy(&logged.line).into_owned()));
    let found = silver.refused.iter().map(|(place, raw)| (place, raw.clone()));
    once("quarantine: every refused record once, whole", promised.collect(), found)
}

fn refused(ledger: &Ledger) -> impl Iterator<Item = (&crate::ledger::Place, &crate::ledger::Logged)> {
    ledger.logged.iter().filter(|(_, logged)| !logged.is_event)
}

/// All that was promised is found, once, and nothing else.
fn once<T: Eq + std::hash::Hash + fmt::Debug>(
    what: &'static str,
    promised: HashSet<T>,
    all: impl Iterator<Item = T>,
) -> Line {
    let (mut copies, mut wrong, mut found) = (HashMap::<T, usize>::new(), Vec::new(), 0);
    for one in all {
        found += 1;
        *copies.entry(one).or_default() += 1;
    }
    wrong.extend(promised.iter().filter(|one| !copies.contains_key(one)).map(|one| format!("missing: {one:?}")));
    for (one, number) in &copies {
        if !promised.contains(one) {
            wrong.push(format!("never promised: {one:?}"));
        } else if *number > 1 {
            wrong.push(format!("{number} times: {one:?}"));
        }
    }
    Line { what, promised: promised.len(), found, wrong }
}

fn event_id(line: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(line).ok()?;
    Some(event.get("event_id")?.as_str()?.to_owned())
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:46} {:>9} {:>9} {:>9}", "", "promised", "found", "wrong")?;
        for Line { what, promised, found, wrong } in &self.lines {
            writeln!(f, "  {what:46} {promised:>9} {found:>9} {:>9}", wrong.len())?;
        }
        for remark in &self.remarks {
            writeln!(f, "  ({remark})")?;
        }
        for Line { what, wrong, .. } in &self.lines {
            let mut told: Vec<_> = wrong.iter().collect();
            told.sort_unstable();
            for fault in told.iter().take(TOLD) {
                writeln!(f, "  WRONG  {what}: {fault}")?;
            }
            if wrong.len() > TOLD {
                writeln!(f, "  WRONG  {what}: and {} more", wrong.len() - TOLD)?;
            }
        }
        Ok(())
    }
}

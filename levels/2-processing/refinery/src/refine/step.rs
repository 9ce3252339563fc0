//! A step: what was refined of a topic, and how it comes to count.
//!
//! Quarantine is committed first, for all topics of a step together; then each topic's table. If the process ends between,
//! the topics that were not committed are refined again, and quarantine stays as it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::{BooleanArray, RecordBatch};
use strata_lakehouse::{Change, DataFile, Encoded, Mark, NewFile, Table, TableSpec, merge};
use strata_landing::Manifest;
use strata_types::{Timestamp, Topic};

use super::part::Part;
use super::quarantine::{Quarantine, Verdicts};
use super::wave::Bundle;
use super::{Refined, intake};
use crate::Error;
use crate::deduplicate::keys;
use crate::finding::LogPlace;
use crate::silver::SilverRow;

/// Parts of one topic, and what they take from bronze.
#[derive(Debug)]
pub(super) struct Step {
    topic: Topic,
    spec: &'static TableSpec,
    /// What is new.
    manifests: Vec<Manifest>,
    /// What is refined again.
    again: HashSet<LogPlace>,
    parts: Vec<Part>,
}

/// What a step does to its topic's table.
#[derive(Debug, Default)]
struct Turn {
    added: Vec<NewFile>,
    /// The keys that fall out of standing files, by their paths.
    beaten: BTreeMap<String, HashSet<String>>,
}

impl Step {
    pub(super) fn of<R: SilverRow>(parts: Vec<Part>, tasks: &[Vec<Bundle>]) -> Self {
        let bundles = || tasks.iter().flatten();
        let new = bundles().filter(|bundle| bundle.only.is_none()).map(|bundle| bundle.manifest.clone());
        let again = bundles().flat_map(Bundle::again).collect();
        Self { topic: R::TOPIC, spec: R::SPEC, manifests: new.collect(), again, parts }
    }
}

/// Makes steps count, of which each is of a topic of its own. Says what became of the topics' records, in their order.
pub(super) async fn take(
    steps: Vec<Step>,
    quarantine: &mut Quarantine,
    tables: &mut HashMap<&'static str, Table>,
    now: Timestamp,
) -> Result<Vec<Refined>, Error> {
    let mut verdicts = Verdicts::default();
    let mut taken = Vec::new();
    for mut step in steps {
        let mut refined = Refined::of(step.topic);
        let mut turn = Turn::default();
        for part in std::mem::take(&mut step.parts) {
            let unreadable = part.unreadable.len() as u64;
            refined.records += part.records;
            refined.written += part.written;
            refined.unreadable += unreadable;
            refined.not_written += part.records - unreadable - part.written;
            verdicts.buckets |= part.buckets;
            verdicts.entries.extend(quarantine.not_yet_taken(step.topic, part.unreadable, &step.again).await?);
            verdicts.entries.extend(part.entries);
            for (path, fallen) in part.fallen {
                verdicts.fallen.entry(path).or_default().extend(fallen);
            }
            for (path, keys) in part.beaten {
                turn.beaten.entry(path).or_default().extend(keys);
            }
            turn.added.extend(part.added);
        }
        if !step.again.is_empty() {
            let again = step.again.clone();
            let found = quarantine.search(step.topic, None, move |entry| again.contains(&entry.place())).await?;
            for (path, entry) in found {
                verdicts.fallen.entry(path).or_default().push(entry);
            }
        }
        taken.push((step, turn, refined));
    }
    let manifests = taken.iter().flat_map(|(step, ..)| step.manifests.iter().map(|manifest| (step.topic, manifest)));
    quarantine.put(verdicts, &manifests.collect::<Vec<_>>(), now).await?;

    let mut turns: HashMap<&str, (Step, Turn)> = HashMap::new();
    let mut refined = Vec::new();
    for (step, turn, of_topic) in taken {
        refined.push(of_topic);
        turns.insert(step.spec.name, (step, turn));
    }
    let commits = tables.iter_mut().filter_map(|(name, table)| Some(commit(table, turns.remove(name)?, now)));
    // Each goes on to its end, even where another fails: what is committed is known.
    for committed in futures::future::join_all(commits).await {
        committed?;
    }
    Ok(refined)
}

async fn commit(table: &mut Table, (step, turn): (Step, Turn), now: Timestamp) -> Result<(), Error> {
    let now_ms = now.0 / 1_000;
    let marks = marks(step.topic, &step.manifests);
    let mut change = Change { added: turn.added, marks, now_ms, ..Change::default() };
    for (path, keys) in turn.beaten {
        let Some(file) = table.files().iter().find(|file| file.path == path).cloned() else { continue };
        if let Some(rest) = without(table, &file, keys, now_ms).await? {
            change.added.push(table.put(file.date.as_deref(), file.buckets, rest).await?);
        }
        change.removed.push(file);
    }
    if !change.is_empty() {
        table.commit(change).await?;
    }
    Ok(())
}

/// A file without the rows of some keys; `None` when nothing is left.
async fn without(
    table: &Table,
    file: &DataFile,
    fallen: HashSet<String>,
    now_ms: i64,
) -> Result<Option<Encoded>, Error> {
    let (spec, window) = (table.spec(), table.shelf().window(file));
    let rewriting = move || {
        let keep = |rows: &RecordBatch| {
            let keys = keys(rows, spec.key)?;
            Ok(keys.iter().map(|key| Some(!fallen.contains(key))).collect::<BooleanArray>())
        };
        merge(spec, vec![window], &keep, now_ms)
    };
    let rest = tokio::task::spawn_blocking(rewriting).await?;
    rest.map_err(|cause| Error::Shape { table: spec.name, cause: cause.into() })
}

/// How far a step reads each log's partition. What is refined again moves no mark.
fn marks(topic: Topic, taken: &[Manifest]) -> Vec<Mark> {
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    for manifest in taken {
        let end = next.entry(intake::app(topic, &manifest.log, manifest.partition)).or_default();
        *end = manifest.end_offset().max(*end);
    }
    next.into_iter().map(|(app, next)| Mark { app, next }).collect()
}

//! Which bronze is new, and in which portions it is taken.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use strata_lakehouse::Sought;
use strata_landing::{LIVE, Manifest};
use strata_types::{PatientId, Topic};

use super::Refinery;
use super::quarantine::Quarantine;
use super::standing::Standing;
use super::wave::Bundle;
use crate::Error;
use crate::finding::{Entry, LogPlace};
use crate::silver::{AdverseEventRow, LabRow, LabelRow, MedicationRow, PatientRow, SilverRow, VitalsRow};

/// All bronze that no commit has read yet, by topic.
pub(super) async fn all_new(
    refinery: &Refinery,
    standing: &mut Standing,
) -> Result<HashMap<Topic, Vec<Bundle>>, Error> {
    Ok(HashMap::from([
        (Topic::Patients, new::<PatientRow>(refinery, standing).await?),
        (Topic::Vitals, new::<VitalsRow>(refinery, standing).await?),
        (Topic::Labs, new::<LabRow>(refinery, standing).await?),
        (Topic::Medications, new::<MedicationRow>(refinery, standing).await?),
        (Topic::AdverseEvents, new::<AdverseEventRow>(refinery, standing).await?),
        (Topic::Labels, new::<LabelRow>(refinery, standing).await?),
    ]))
}

async fn new<R: SilverRow>(refinery: &Refinery, standing: &mut Standing) -> Result<Vec<Bundle>, Error> {
    let table = standing.table::<R>(&refinery.lakehouse).await?;
    let mut read = HashMap::new();
    if let Some(table) = table {
        for (log, partition) in refinery.bronze.logs(R::TOPIC).await? {
            let next = table.mark(&app(R::TOPIC, &log, partition)).await?;
            read.insert((log, partition), next);
        }
    }
    let from = |log: &str, partition: u8| read.get(&(log.to_owned(), partition)).copied().unwrap_or(0);
    let manifests = contiguous(refinery.bronze.since(R::TOPIC, &from).await?, &from);
    Ok(manifests.into_iter().map(|manifest| Bundle { manifest, only: None }).collect())
}

/// Of objects sorted by log, partition and offset, those that follow on each other from the mark. Objects may be committed
/// out of their order; one whose predecessor is not there yet waits, for the mark would pass over what is between. An
/// import counts from 0; the live log begins with the first object that there is, because the log itself may have
/// forgotten its beginning.
pub(super) fn contiguous(manifests: Vec<Manifest>, from: &dyn Fn(&str, u8) -> u64) -> Vec<Manifest> {
    let mut next: HashMap<(String, u8), u64> = HashMap::new();
    let mut follows = |manifest: &Manifest| {
        let next = next.entry((manifest.log.clone(), manifest.partition)).or_insert_with(|| {
            let mark = from(&manifest.log, manifest.partition);
            if mark == 0 && manifest.log == LIVE { manifest.first_offset } else { mark }
        });
        let follows = manifest.first_offset == *next;
        if follows {
            *next = manifest.end_offset();
        }
        follows
    };
    manifests.into_iter().filter(|manifest| follows(manifest)).collect()
}

/// Rows that waited in quarantine for patients who have a record now.
pub(super) async fn returning(
    refinery: &Refinery,
    topic: Topic,
    quarantine: &Quarantine,
    come: Arc<HashSet<PatientId>>,
) -> Result<Vec<Bundle>, Error> {
    let of_patients = Arc::new(Sought::patients(come.iter().map(PatientId::as_str)));
    let waits = move |entry: &Entry| {
        let id = entry.patient_id.as_deref().and_then(|id| id.parse().ok());
        entry.rule == "unknown_patient" && id.is_some_and(|id: PatientId| come.contains(&id))
    };
    let found = quarantine.search(topic, Some(of_patients), waits).await?;
    again(refinery, topic, found.into_iter().map(|(_, entry)| entry)).await
}

/// The records of entries, to be refined again.
pub(super) async fn again(
    refinery: &Refinery,
    topic: Topic,
    entries: impl Iterator<Item = Entry>,
) -> Result<Vec<Bundle>, Error> {
    let records: BTreeSet<LogPlace> = entries.map(|entry| entry.place()).collect();
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let manifests = refinery.bronze.holding(topic, &records).await?;
    let bundles = manifests.into_iter().map(|manifest| {
        let (log, partition) = (manifest.log.clone(), manifest.partition);
        let here = (log.clone(), partition, manifest.first_offset)..(log, partition, manifest.end_offset());
        let only = records.range(here).map(|place| place.2).collect();
        Bundle { manifest, only: Some(only) }
    });
    Ok(bundles.collect())
}

/// Splits the work into waves of about `wave_bytes`, bucket after bucket.
pub(super) fn waves(mut bundles: Vec<Bundle>, wave_bytes: u64) -> Vec<Vec<Bundle>> {
    bundles.sort_by(|a, b| {
        let order = |m: &Manifest| (m.partition, m.log.clone(), m.first_offset);
        order(&a.manifest).cmp(&order(&b.manifest))
    });
    let mut waves: Vec<Vec<Bundle>> = Vec::new();
    let mut size = 0;
    for bundle in bundles {
        if waves.is_empty() || size + bundle.manifest.raw_bytes > wave_bytes {
            waves.push(Vec::new());
            size = 0;
        }
        size += bundle.manifest.raw_bytes;
        waves.last_mut().expect("a wave was just begun").push(bundle);
    }
    waves
}

/// Splits the work into rounds of tasks. The tasks of a round have partitions of their own, so that they may be done at once;
/// each has about `wave_bytes` at most, and there are `width` of them where there are as many partitions.
pub(super) fn rounds(bundles: Vec<Bundle>, wave_bytes: u64, width: usize) -> Vec<Vec<Vec<Bundle>>> {
    let mut partitions: BTreeMap<u8, Vec<Bundle>> = BTreeMap::new();
    for bundle in bundles {
        partitions.entry(bundle.manifest.partition).or_default().push(bundle);
    }
    let mut rounds: Vec<Vec<Vec<Bundle>>> = Vec::new();
    for bundles in partitions.into_values() {
        for (round, wave) in waves(bundles, wave_bytes).into_iter().enumerate() {
            if rounds.len() == round {
                rounds.push(Vec::new());
            }
            rounds[round].push(wave);
        }
    }
    rounds.into_iter().map(|waves| tasks(waves, wave_bytes, width)).collect()
}

/// Neighbours together, so that all weigh about the same.
fn tasks(waves: Vec<Vec<Bundle>>, wave_bytes: u64, width: usize) -> Vec<Vec<Bundle>> {
    let size = |wave: &[Bundle]| wave.iter().map(|bundle| bundle.manifest.raw_bytes.max(1)).sum::<u64>();
    let all: u64 = waves.iter().map(|wave| size(wave)).sum();
    let many = all.div_ceil(wave_bytes.max(1)).max(width as u64).max(1);
    let mut tasks: BTreeMap<u64, Vec<Bundle>> = BTreeMap::new();
    let mut before = 0;
    for wave in waves {
        let here = size(&wave);
        let middle = u128::from(before + here / 2) * u128::from(many) / u128::from(all.max(1));
        tasks.entry(middle as u64).or_default().extend(wave);
        before += here;
    }
    tasks.into_values().collect()
}

/// The name of the mark that says how far silver has read a partition of a log.
pub fn app(topic: Topic, log: &str, partition: u8) -> String {
    format!("refine/{topic}/{log}/{partition}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(log: &str, partition: u8, first_offset: u64, count: u64) -> Manifest {
        let manifest = serde_json::json!({
            "object": "o", "topic": "labs", "log": log, "partition": partition, "first_offset": first_offset,
            "count": count, "raw_bytes": 1, "sha256": "", "availability": "at_arrival", "log_times": [[0, count]],
        });
        serde_json::from_value(manifest).unwrap()
    }

    /// Tasks of one round share no partition, keep each partition's order over the rounds, and lose nothing.
    #[test]
    fn rounds_keep_partitions_apart_and_in_order() {
        let bundles = || -> Vec<Bundle> {
            let objects = (0..16).flat_map(|partition| (0..5).map(move |n| object("import", partition, n * 3, 3)));
            objects.map(|manifest| Bundle { manifest, only: None }).collect()
        };
        for (wave_bytes, width) in [(1, 1), (2, 3), (40, 2), (1_000, 2), (1_000, 100)] {
            let rounds = rounds(bundles(), wave_bytes, width);
            let mut next = [0; 16];
            for tasks in &rounds {
                let mut taken = HashSet::new();
                for task in tasks {
                    let here: HashSet<u8> = task.iter().map(|bundle| bundle.manifest.partition).collect();
                    assert!(here.iter().all(|partition| taken.insert(*partition)), "{wave_bytes} {width}");
                    for Bundle { manifest, .. } in task {
                        assert_eq!(manifest.first_offset, next[usize::from(manifest.partition)]);
                        next[usize::from(manifest.partition)] = manifest.end_offset();
                    }
                }
            }
            assert_eq!(next, [15; 16]);
            assert!(rounds[0].len() >= width.min(16), "{wave_bytes} {width}: {}", rounds[0].len());
        }
    }

    /// Objects are committed concurrently. If the mark passed over one that is not there yet, its records would never be read.
    #[test]
    fn what_follows_on_a_gap_waits() {
        let cases = [
            // (log, mark, objects as first offset and count, those that are taken)
            ("import", 0, vec![(0, 5), (5, 5)], vec![0, 5]),
            ("import", 0, vec![(0, 5), (10, 5)], vec![0]),
            ("import", 0, vec![(5, 5), (10, 5)], vec![]),
            ("import", 10, vec![(10, 5), (15, 1), (17, 1)], vec![10, 15]),
            ("import", 10, vec![(15, 5)], vec![]),
            (LIVE, 0, vec![(700, 5), (705, 5), (711, 1)], vec![700, 705]),
            (LIVE, 705, vec![(711, 1)], vec![]),
        ];
        for (log, mark, objects, taken) in cases {
            let mut manifests: Vec<_> = objects.iter().map(|(first, count)| object(log, 3, *first, *count)).collect();
            // Another partition's gap is its own.
            manifests.push(object(log, 4, mark, 1));
            let found = contiguous(manifests, &|_, _| mark);
            let here = found.iter().filter(|manifest| manifest.partition == 3).map(|manifest| manifest.first_offset);
            assert_eq!(here.collect::<Vec<_>>(), taken, "{log} from {mark}: {objects:?}");
            assert_eq!(found.last().map(|manifest| manifest.partition), Some(4));
        }
    }
}

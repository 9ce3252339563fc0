//! What stands: the open tables, and how a wave joins them.
//!
//! New rows become files of their own. A standing file is read only where it may hold a row of the same patient and time,
//! and written anew only when a row of it falls. Quarantine is committed first; if the process ends between the two
//! commits, the same records are refined again, and quarantine stays as it is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use futures::{StreamExt, TryStreamExt, stream};
use rayon::prelude::*;
use strata_lakehouse::{Change, DataFile, Encoded, Lakehouse, Mark, Sought, Table, encode, merge};
use strata_landing::{LIVE, Manifest};
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};

use super::compaction::{self, Background};
use super::quarantine::{Quarantine, Verdicts};
use super::wave::{Bundle, Policy, Wave};
use super::{Progress, READERS, Refined, Refinery, intake};
use crate::contest::{Outcome, Rivals};
use crate::deduplicate::keys;
use crate::finding::Entry;
use crate::silver::{AdverseEventRow, LabRow, LabelRow, MedicationRow, PatientRow, SilverRow, VitalsRow};
use crate::{Error, PATIENTS};

/// The patients who have a record.
type Enrolled = Arc<HashSet<PatientId>>;

/// The tables as of the newest commit, which must be this process's.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) tables: HashMap<&'static str, Table>,
    pub(super) quarantine: Quarantine,
    /// And the version of the table of patients that it is of.
    enrolled: Option<(u64, Enrolled)>,
    /// What becomes of it when the rows that waited are refined.
    seen: Option<(u64, Enrolled)>,
}

/// What the topics of a run share.
struct Work<'a> {
    refinery: &'a Refinery,
    enrolled: Option<Enrolled>,
    come: Enrolled,
    now: Timestamp,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

impl Standing {
    pub(super) async fn open(lakehouse: &Lakehouse) -> Result<Self, Error> {
        Ok(Self { tables: HashMap::new(), quarantine: Quarantine::open(lakehouse).await?, enrolled: None, seen: None })
    }

    /// The table, if it exists.
    pub(super) async fn table<R: SilverRow>(&mut self, lakehouse: &Lakehouse) -> Result<Option<&mut Table>, Error> {
        if !self.tables.contains_key(R::SPEC.name)
            && let Some(table) = lakehouse.existing(R::SPEC).await?
        {
            self.tables.insert(R::SPEC.name, table);
        }
        Ok(self.tables.get_mut(R::SPEC.name))
    }

    /// Refines a topic's bundles, and rows of it that waited for patients who have come.
    async fn refine<R: SilverRow>(&mut self, work: &mut Work<'_>, mut bundles: Vec<Bundle>) -> Result<Refined, Error> {
        let (refinery, now) = (work.refinery, work.now);
        let mut refined = Refined { topic: R::TOPIC.name().into(), ..Refined::default() };
        if !work.come.is_empty() {
            bundles.extend(intake::returning(refinery, R::TOPIC, &self.quarantine, Arc::clone(&work.come)).await?);
        }
        if bundles.is_empty() {
            return Ok(refined);
        }
        if self.table::<R>(&refinery.lakehouse).await?.is_none() {
            self.tables.insert(R::SPEC.name, refinery.lakehouse.table(R::SPEC).await?);
        }
        let total = bundles.iter().map(|bundle| bundle.manifest.raw_bytes).sum();
        let mut done = 0;
        for bundles in intake::waves(bundles, refinery.settings.wave_bytes) {
            (work.progress)(Progress { topic: R::TOPIC, done, total });
            done += bundles.iter().map(|bundle| bundle.manifest.raw_bytes).sum::<u64>();
            let taken: Vec<Manifest> =
                bundles.iter().filter(|bundle| bundle.only.is_none()).map(|bundle| bundle.manifest.clone()).collect();
            let reads = bundles.into_iter().map(|bundle| {
                let bronze = refinery.bronze.clone();
                async move { bundle.read(&bronze).await }
            });
            let lines = stream::iter(reads.collect::<Vec<_>>()).buffered(READERS);
            let lines = lines.try_collect().await?;
            let policy = Policy { on_invalid: refinery.settings.on_invalid, enrolled: work.enrolled.clone() };
            let wave: Wave<R> = tokio::task::spawn_blocking(move || Wave::refine(lines, &policy)).await??;
            self.join(wave, &taken, now, &mut refined).await?;
        }
        if total > 0 {
            (work.progress)(Progress { topic: R::TOPIC, done: total, total });
        }
        Ok(refined)
    }

    async fn join<R: SilverRow>(
        &mut self,
        wave: Wave<R>,
        taken: &[Manifest],
        now: Timestamp,
        refined: &mut Refined,
    ) -> Result<(), Error> {
        let Some(table) = self.tables.get_mut(R::SPEC.name) else { return Ok(()) };
        let quarantine = &mut self.quarantine;
        let Wave { dates, unreadable, records, buckets, leaving } = wave;
        let not_read = unreadable.len() as u64;
        let mut verdicts = Verdicts { buckets, ..Verdicts::default() };
        verdicts.entries = quarantine.not_yet_taken(R::TOPIC, unreadable, &leaving).await?;
        if !leaving.is_empty() {
            let again = leaving.clone();
            for (path, entry) in quarantine.search(R::TOPIC, None, move |entry| again.contains(&entry.place())).await? {
                verdicts.fallen.entry(path).or_default().push(entry);
            }
        }

        let (mut contests, mut files, mut entry_files) = (Vec::new(), Vec::new(), Vec::new());
        for (date, fresh) in dates {
            let sought = fresh.sought();
            let rivals = Rivals {
                silver: silver_rivals::<R>(table, date.as_deref(), buckets, &sought, &mut files).await?,
                quarantine: entry_rivals(quarantine, date.as_deref(), buckets, &sought, &mut entry_files).await?,
            };
            contests.push((date, fresh, rivals));
        }
        let now_ms = now.0 / 1_000;
        let shape = |cause| Error::Shape { table: R::SPEC.name, cause };
        let contest = move || {
            let outcomes = contests.into_par_iter().map(|(date, fresh, rivals)| {
                let outcome = fresh.contest(&rivals, &leaving).map_err(shape)?;
                let rows = &outcome.rows;
                let encoded = (rows.num_rows() > 0).then(|| encode(R::SPEC, std::slice::from_ref(rows), now_ms));
                Ok((date, encoded.transpose().map_err(|cause| shape(cause.into()))?, outcome))
            });
            outcomes.collect::<Result<Vec<(Option<String>, Option<Encoded>, Outcome)>, Error>>()
        };
        let mut change = Change { marks: marks::<R>(taken), now_ms, ..Change::default() };
        let mut beaten: BTreeMap<usize, HashSet<String>> = BTreeMap::new();
        let mut written = 0;
        for (date, encoded, outcome) in tokio::task::spawn_blocking(contest).await?? {
            written += outcome.rows.num_rows() as u64;
            if let Some(encoded) = encoded {
                change.added.push(table.put(date.as_deref(), buckets, encoded).await?);
            }
            beaten.extend(outcome.beaten);
            verdicts.entries.extend(outcome.entries);
            for (file, fallen) in outcome.fallen {
                verdicts.fallen.entry(entry_files[file].path.clone()).or_default().extend(fallen);
            }
        }
        for (file, keys) in beaten {
            let file: &DataFile = &files[file];
            if let Some(rest) = without::<R>(table, file, keys, now_ms).await? {
                change.added.push(table.put(file.date.as_deref(), file.buckets, rest).await?);
            }
            change.removed.push(file.clone());
        }
        let taken: Vec<_> = taken.iter().map(|manifest| (R::TOPIC, manifest)).collect();
        quarantine.put(verdicts, &taken, now).await?;
        if !change.is_empty() {
            table.commit(change).await?;
        }
        refined.records += records;
        refined.written += written;
        refined.unreadable += not_read;
        refined.not_written += records - not_read - written;
        Ok(())
    }

    /// Refines all topics. Patients come first, for the others may wait for them.
    pub(super) async fn refine_all(
        &mut self,
        refinery: &Refinery,
        mut bundles: HashMap<Topic, Vec<Bundle>>,
        now: Timestamp,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<Refined>, Error> {
        let mut of = |topic| bundles.remove(&topic).unwrap_or_default();
        let mut work = Work { refinery, enrolled: None, come: Enrolled::default(), now, progress };
        let patients = self.refine::<PatientRow>(&mut work, of(Topic::Patients)).await?;
        (work.enrolled, work.come) = self.enrolled(refinery).await?;
        let refined = vec![
            patients,
            self.refine::<VitalsRow>(&mut work, of(Topic::Vitals)).await?,
            self.refine::<LabRow>(&mut work, of(Topic::Labs)).await?,
            self.refine::<MedicationRow>(&mut work, of(Topic::Medications)).await?,
            self.refine::<AdverseEventRow>(&mut work, of(Topic::AdverseEvents)).await?,
        ];
        (work.enrolled, work.come) = (None, Enrolled::default());
        let labels = self.refine::<LabelRow>(&mut work, of(Topic::Labels)).await?;
        // From here on the rows that waited for them are refined.
        self.enrolled = self.seen.take().or(self.enrolled.take());
        Ok(refined.into_iter().chain([labels]).collect())
    }

    /// Leaves few files in every table that is open.
    pub(super) async fn settle(&mut self, now: Timestamp) -> Result<(), Error> {
        for table in self.all_open() {
            compaction::settle(table, now).await?;
        }
        Ok(())
    }

    /// Merges what takes no time; of what does, begins one.
    pub(super) async fn settle_small(&mut self, now: Timestamp, is_busy: bool) -> Result<Option<Background>, Error> {
        let mut begun = None;
        for table in self.all_open() {
            let large = compaction::settle_small(table, now).await?;
            if let Some(files) = large.filter(|_| begun.is_none() && !is_busy) {
                begun = Some(Background::begin(table, files, now));
            }
        }
        Ok(begun)
    }

    /// Takes away what counts no more.
    pub(super) async fn tidy(&mut self, now: Timestamp) -> Result<(), Error> {
        for table in self.all_open() {
            table.tidy(now.0 / 1_000).await?;
        }
        Ok(())
    }

    pub(super) fn open_table(&mut self, name: &str) -> Option<&mut Table> {
        self.all_open().find(|table| table.spec().name == name)
    }

    fn all_open(&mut self) -> impl Iterator<Item = &mut Table> {
        self.tables.values_mut().chain([&mut self.quarantine.table])
    }

    /// How far each partition of the live log is in silver, of those whose topic has a table.
    pub(super) async fn live_marks(&self) -> Result<BTreeMap<(Topic, u8), u64>, Error> {
        let mut marks = BTreeMap::new();
        for topic in Topic::EVENTS {
            let Some(table) = self.tables.get(topic.table()) else { continue };
            for partition in 0..PARTITIONS {
                marks.insert((topic, partition), table.mark(&intake::app(topic, LIVE, partition)).await?);
            }
        }
        Ok(marks)
    }

    /// Holds those who have a record for known, whether or not rows still wait for them.
    pub(super) async fn know_enrolled(&mut self, refinery: &Refinery) -> Result<(), Error> {
        self.enrolled(refinery).await?;
        self.enrolled = self.seen.take();
        Ok(())
    }

    /// The patients who have a record, when rows must wait for it; and those of them whose rows may still be waiting.
    async fn enrolled(&mut self, refinery: &Refinery) -> Result<(Option<Enrolled>, Enrolled), Error> {
        if !refinery.settings.require_enrolment {
            return Ok((None, Enrolled::default()));
        }
        let Some(table) = self.table::<PatientRow>(&refinery.lakehouse).await? else {
            return Ok((Some(Enrolled::default()), Enrolled::default()));
        };
        let version = table.version();
        if let Some((of, enrolled)) = &self.enrolled
            && *of == version
        {
            return Ok((Some(Arc::clone(enrolled)), Enrolled::default()));
        }
        let Some(table) = self.tables.get(PATIENTS.name) else { return Ok((None, Enrolled::default())) };
        let mut all = HashSet::new();
        for file in table.files() {
            for batch in table.read(file, &["patient_id"]).await? {
                all.extend(batch.column(0).as_string::<i32>().iter().flatten().filter_map(|id| id.parse().ok()));
            }
        }
        let all = Arc::new(all);
        let come = match &self.enrolled {
            Some((_, before)) => Arc::new(all.difference(before).cloned().collect()),
            None => Arc::clone(&all),
        };
        self.seen = Some((version, Arc::clone(&all)));
        Ok((Some(all), come))
    }
}

/// The columns by which rows are rivals: their keys, and what decides among them.
fn ranked<R: SilverRow>() -> Vec<&'static str> {
    R::SPEC.key.iter().copied().chain(["ingested_at", "event_id", "record_hash"]).collect()
}

/// The rows of silver that may be rivals, each batch with the number of its file, which joins `files`.
async fn silver_rivals<R: SilverRow>(
    table: &Table,
    date: Option<&str>,
    buckets: u16,
    sought: &Arc<Sought>,
    files: &mut Vec<DataFile>,
) -> Result<Vec<(usize, RecordBatch)>, Error> {
    let may_hold =
        |file: &&DataFile| file.date.as_deref() == date && file.buckets & buckets != 0 && sought.may_be_in(file);
    let (first, columns) = (files.len(), ranked::<R>());
    files.extend(table.files().iter().filter(may_hold).cloned());
    let finds: Vec<_> = files[first..].iter().map(|file| table.find(file, sought, &columns)).collect();
    let found = stream::iter(finds).buffered(READERS);
    let found: Vec<Vec<RecordBatch>> = found.try_collect().await?;
    Ok(numbered(first, found))
}

/// The entries of quarantine that may be rivals, as above.
async fn entry_rivals(
    quarantine: &Quarantine,
    date: Option<&str>,
    buckets: u16,
    sought: &Arc<Sought>,
    files: &mut Vec<DataFile>,
) -> Result<Vec<(usize, Vec<Entry>)>, Error> {
    let first = files.len();
    files.extend(quarantine.files(date, buckets, sought));
    let finds: Vec<_> = files[first..].iter().map(|file| quarantine.find(file, sought)).collect();
    let found = stream::iter(finds).buffered(READERS);
    let found: Vec<Vec<Entry>> = found.try_collect().await?;
    Ok(found
        .into_iter()
        .enumerate()
        .filter(|(_, found)| !found.is_empty())
        .map(|(at, found)| (first + at, found))
        .collect())
}

fn numbered<T>(first: usize, found: Vec<Vec<T>>) -> Vec<(usize, T)> {
    let numbered = found.into_iter().enumerate();
    numbered.flat_map(|(at, found)| found.into_iter().map(move |one| (first + at, one))).collect()
}

/// A file without the rows of some keys; `None` when nothing is left.
async fn without<R: SilverRow>(
    table: &Table,
    file: &DataFile,
    fallen: HashSet<String>,
    now_ms: i64,
) -> Result<Option<Encoded>, Error> {
    let window = table.shelf().window(file);
    let rewriting = move || {
        let keep = |rows: &RecordBatch| {
            let keys = keys(rows, R::SPEC.key)?;
            Ok(keys.iter().map(|key| Some(!fallen.contains(key))).collect::<BooleanArray>())
        };
        merge(R::SPEC, vec![window], &keep, now_ms)
    };
    let rest = tokio::task::spawn_blocking(rewriting).await?;
    rest.map_err(|cause| Error::Shape { table: R::SPEC.name, cause: cause.into() })
}

/// How far a wave reads each log's partition. What is refined again moves no mark.
fn marks<R: SilverRow>(taken: &[Manifest]) -> Vec<Mark> {
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    for manifest in taken {
        let end = next.entry(intake::app(R::TOPIC, &manifest.log, manifest.partition)).or_default();
        *end = manifest.end_offset().max(*end);
    }
    next.into_iter().map(|(app, next)| Mark { app, next }).collect()
}

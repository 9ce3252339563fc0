//! What stands: the open tables, and how a wave joins them.
//!
//! New rows become files of their own. A standing file is read only where it may hold a row of the same patient and time,
//! and written anew only when a row of it falls. Quarantine is committed first; if the process ends between the two
//! commits, the same records are refined again, and quarantine stays as it is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use strata_lakehouse::batch::Engine;
use strata_lakehouse::{Change, DataFile, Encoded, Lakehouse, Mark, Table, merge};
use strata_landing::{LIVE, Manifest};
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};

use super::compaction::{self, Background};
use super::job::{Parameters, RefineTasks, Task, part};
use super::part::{Ground, Part};
use super::quarantine::{Quarantine, Verdicts};
use super::wave::{Bundle, Policy};
use super::{Progress, Refined, Refinery, intake};
use crate::deduplicate::keys;
use crate::finding::LogPlace;
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
    engine: &'a Engine,
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
        let wave_bytes = refinery.settings.wave_bytes;
        let rounds = match work.engine {
            Engine::Embedded => intake::waves(bundles, wave_bytes).into_iter().map(|wave| vec![wave]).collect(),
            Engine::Cluster(_) => intake::rounds(bundles, wave_bytes, work.engine.width().await?),
        };
        let mut done = 0;
        for tasks in rounds {
            (work.progress)(Progress { topic: R::TOPIC, done, total });
            let taken = Taken::of(&tasks);
            done += taken.bytes;
            let enrolled = work.enrolled.clone();
            let policy = Policy { on_invalid: refinery.settings.on_invalid, enrolled };
            if let Engine::Cluster(_) = work.engine {
                let job = RefineTasks::new(refinery.lakehouse.clone(), refinery.bronze.clone());
                let parameters = Parameters::of::<R>(refinery, &policy, now);
                let ground = self.ground::<R>()?;
                let told = tasks.iter().map(|bundles| Task::of(bundles, &ground)).collect();
                let parts = job.all(work.engine, &parameters, told).await?;
                if !Part::overlap(&parts) {
                    self.take::<R>(parts, &taken, now, &mut refined).await?;
                    continue;
                }
            }
            for bundles in tasks {
                let taken = Taken::of(std::slice::from_ref(&bundles));
                let part = part::<R>(&refinery.bronze, bundles, policy.clone(), &self.ground::<R>()?, now).await?;
                self.take::<R>(vec![part], &taken, now, &mut refined).await?;
            }
        }
        if total > 0 {
            (work.progress)(Progress { topic: R::TOPIC, done: total, total });
        }
        Ok(refined)
    }

    /// What stands beside a topic's new rows.
    fn ground<R: SilverRow>(&self) -> Result<Ground, Error> {
        let files = |table: &Table| (table.shelf(), table.files().to_vec());
        let silver = self.tables.get(R::SPEC.name).map(files).ok_or(Error::NotOpen { table: R::SPEC.name })?;
        Ok(Ground { silver, quarantine: files(&self.quarantine.table) })
    }

    /// Makes parts count, in one commit.
    async fn take<R: SilverRow>(
        &mut self,
        parts: Vec<Part>,
        taken: &Taken,
        now: Timestamp,
        refined: &mut Refined,
    ) -> Result<(), Error> {
        let Some(table) = self.tables.get_mut(R::SPEC.name) else { return Ok(()) };
        let quarantine = &mut self.quarantine;
        let now_ms = now.0 / 1_000;
        let mut verdicts = Verdicts::default();
        let mut change = Change { marks: marks::<R>(&taken.manifests), now_ms, ..Change::default() };
        let mut beaten: BTreeMap<String, HashSet<String>> = BTreeMap::new();
        for part in parts {
            let not_read = part.unreadable.len() as u64;
            refined.records += part.records;
            refined.written += part.written;
            refined.unreadable += not_read;
            refined.not_written += part.records - not_read - part.written;
            verdicts.buckets |= part.buckets;
            verdicts.entries.extend(quarantine.not_yet_taken(R::TOPIC, part.unreadable, &taken.again).await?);
            verdicts.entries.extend(part.entries);
            for (path, fallen) in part.fallen {
                verdicts.fallen.entry(path).or_default().extend(fallen);
            }
            for (path, keys) in part.beaten {
                beaten.entry(path).or_default().extend(keys);
            }
            change.added.extend(part.added);
        }
        if !taken.again.is_empty() {
            let again = taken.again.clone();
            for (path, entry) in quarantine.search(R::TOPIC, None, move |entry| again.contains(&entry.place())).await? {
                verdicts.fallen.entry(path).or_default().push(entry);
            }
        }
        for (path, keys) in beaten {
            let Some(file) = table.files().iter().find(|file| file.path == path).cloned() else { continue };
            if let Some(rest) = without::<R>(table, &file, keys, now_ms).await? {
                change.added.push(table.put(file.date.as_deref(), file.buckets, rest).await?);
            }
            change.removed.push(file);
        }
        let manifests: Vec<_> = taken.manifests.iter().map(|manifest| (R::TOPIC, manifest)).collect();
        quarantine.put(verdicts, &manifests, now).await?;
        if !change.is_empty() {
            table.commit(change).await?;
        }
        Ok(())
    }

    /// Refines all topics. Patients come first, for the others may wait for them.
    pub(super) async fn refine_all(
        &mut self,
        refinery: &Refinery,
        engine: &Engine,
        mut bundles: HashMap<Topic, Vec<Bundle>>,
        now: Timestamp,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<Refined>, Error> {
        let mut of = |topic| bundles.remove(&topic).unwrap_or_default();
        let mut work = Work { refinery, engine, enrolled: None, come: Enrolled::default(), now, progress };
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

/// What a commit takes from bronze.
struct Taken {
    /// What is new.
    manifests: Vec<Manifest>,
    /// What is refined again.
    again: HashSet<LogPlace>,
    bytes: u64,
}

impl Taken {
    fn of(tasks: &[Vec<Bundle>]) -> Self {
        let bundles = || tasks.iter().flatten();
        let new = bundles().filter(|bundle| bundle.only.is_none()).map(|bundle| bundle.manifest.clone());
        let bytes = bundles().map(|bundle| bundle.manifest.raw_bytes).sum();
        Self { manifests: new.collect(), again: bundles().flat_map(Bundle::again).collect(), bytes }
    }
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

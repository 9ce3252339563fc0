//! What stands: the open tables, and how a wave joins them.
//!
//! New rows become files of their own. A standing file is read only where it may hold a row of the same patient and time,
//! and written anew only when a row of it falls. Quarantine is committed first; if the process ends between the two
//! commits, the same records are refined again, and quarantine stays as it is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::slice;
use std::sync::Arc;

use arrow::array::AsArray;
use futures::future::join_all;
use strata_lakehouse::batch::Engine;
use strata_lakehouse::{Lakehouse, Table};
use strata_landing::LIVE;
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};

use super::compaction::{self, Background};
use super::job::{Parameters, RefineTasks, Task, part};
use super::part::{Ground, Part};
use super::quarantine::Quarantine;
use super::step::{self, Step};
use super::wave::{Bundle, Policy};
use super::{Progress, Refined, Refinery, intake};
use crate::silver::{AdverseEventRow, LabRow, LabelRow, MedicationRow, PatientRow, SilverRow, VitalsRow};
use crate::{Error, PATIENTS};

/// The topics that go together, in the order in which they are told of.
const ORDER: [Topic; 5] = [Topic::Vitals, Topic::Labs, Topic::Medications, Topic::AdverseEvents, Topic::Labels];

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
#[derive(Clone)]
struct Terms<'a> {
    refinery: &'a Refinery,
    engine: &'a Engine,
    enrolled: Option<Enrolled>,
    come: Enrolled,
    now: Timestamp,
}

impl Terms<'_> {
    fn policy(&self) -> Policy {
        Policy { on_invalid: self.refinery.settings.on_invalid, enrolled: self.enrolled.clone() }
    }
}

/// Hears how far a run is.
type Hear<'a> = &'a mut (dyn FnMut(Progress) + Send);

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

    /// A topic's bundles, with the rows of it that waited for patients who have come. Where there is any, its table is open.
    async fn due<R: SilverRow>(&mut self, terms: &Terms<'_>, mut bundles: Vec<Bundle>) -> Result<Vec<Bundle>, Error> {
        let refinery = terms.refinery;
        if !terms.come.is_empty() {
            bundles.extend(intake::returning(refinery, R::TOPIC, &self.quarantine, Arc::clone(&terms.come)).await?);
        }
        if !bundles.is_empty() && self.table::<R>(&refinery.lakehouse).await?.is_none() {
            self.tables.insert(R::SPEC.name, refinery.lakehouse.table(R::SPEC).await?);
        }
        Ok(bundles)
    }

    /// Refines what is due of a topic, wave after wave.
    async fn refine<R: SilverRow>(
        &mut self,
        terms: &Terms<'_>,
        bundles: Vec<Bundle>,
        progress: Hear<'_>,
    ) -> Result<Refined, Error> {
        let (refinery, total) = (terms.refinery, raw_bytes(&bundles));
        let mut refined = Refined::of(R::TOPIC);
        let wave_bytes = refinery.settings.wave_bytes;
        let rounds = match terms.engine {
            Engine::Embedded => intake::waves(bundles, wave_bytes).into_iter().map(|wave| vec![wave]).collect(),
            Engine::Cluster(_) => intake::rounds(bundles, wave_bytes, terms.engine.width().await?),
        };
        let mut done = 0;
        for tasks in rounds {
            progress(Progress { topic: R::TOPIC, done, total });
            done += tasks.iter().map(|bundles| raw_bytes(bundles)).sum::<u64>();
            if let Engine::Cluster(_) = terms.engine {
                let job = RefineTasks::new(refinery.lakehouse.clone(), refinery.bronze.clone());
                let parameters = Parameters::of::<R>(refinery, &terms.policy(), terms.now);
                let ground = self.ground::<R>()?;
                let told = tasks.iter().map(|bundles| Task::of(bundles, &ground)).collect();
                let parts = job.all(terms.engine, &parameters, told).await?;
                if !Part::overlap(&parts) {
                    refined.add(&self.take(vec![Step::of::<R>(parts, &tasks)], terms.now).await?);
                    continue;
                }
            }
            for bundles in tasks {
                let step = self.step::<R>(terms, bundles).await?;
                refined.add(&self.take(step.into_iter().collect(), terms.now).await?);
            }
        }
        if total > 0 {
            progress(Progress { topic: R::TOPIC, done: total, total });
        }
        Ok(refined)
    }

    /// What becomes of a topic's bundles beside what stands; nothing of none.
    async fn step<R: SilverRow>(&self, terms: &Terms<'_>, bundles: Vec<Bundle>) -> Result<Option<Step>, Error> {
        if bundles.is_empty() {
            return Ok(None);
        }
        let ground = self.ground::<R>()?;
        let part = part::<R>(&terms.refinery.bronze, bundles.clone(), terms.policy(), &ground, terms.now).await?;
        Ok(Some(Step::of::<R>(vec![part], slice::from_ref(&bundles))))
    }

    /// What stands beside a topic's new rows.
    fn ground<R: SilverRow>(&self) -> Result<Ground, Error> {
        let files = |table: &Table| (table.shelf(), table.files().to_vec());
        let silver = self.tables.get(R::SPEC.name).map(files).ok_or(Error::NotOpen { table: R::SPEC.name })?;
        Ok(Ground { silver, quarantine: files(&self.quarantine.table) })
    }

    async fn take(&mut self, steps: Vec<Step>, now: Timestamp) -> Result<Vec<Refined>, Error> {
        step::take(steps, &mut self.quarantine, &mut self.tables, now).await
    }

    /// Refines all topics. Patients come first, for the others may wait for them; the others go together where one wave has
    /// room for them all, as when a live log is followed, and else one after another.
    pub(super) async fn refine_all(
        &mut self,
        refinery: &Refinery,
        engine: &Engine,
        mut bundles: HashMap<Topic, Vec<Bundle>>,
        now: Timestamp,
        progress: Hear<'_>,
    ) -> Result<Vec<Refined>, Error> {
        let mut of = |topic| bundles.remove(&topic).unwrap_or_default();
        // Labels and patients themselves wait for nobody.
        let free = Terms { refinery, engine, enrolled: None, come: Enrolled::default(), now };
        let patients = self.due::<PatientRow>(&free, of(Topic::Patients)).await?;
        let patients = self.refine::<PatientRow>(&free, patients, progress).await?;
        let (enrolled, come) = self.enrolled(refinery).await?;
        let bound = Terms { enrolled, come, ..free.clone() };
        let vitals = self.due::<VitalsRow>(&bound, of(Topic::Vitals)).await?;
        let labs = self.due::<LabRow>(&bound, of(Topic::Labs)).await?;
        let medications = self.due::<MedicationRow>(&bound, of(Topic::Medications)).await?;
        let adverse_events = self.due::<AdverseEventRow>(&bound, of(Topic::AdverseEvents)).await?;
        let labels = self.due::<LabelRow>(&free, of(Topic::Labels)).await?;

        let all = [&vitals, &labs, &medications, &adverse_events, &labels].map(|bundles| raw_bytes(bundles));
        let mut refined = vec![patients];
        if matches!(engine, Engine::Embedded) && all.iter().sum::<u64>() <= refinery.settings.wave_bytes {
            let steps = tokio::try_join!(
                Box::pin(self.step::<VitalsRow>(&bound, vitals)),
                Box::pin(self.step::<LabRow>(&bound, labs)),
                Box::pin(self.step::<MedicationRow>(&bound, medications)),
                Box::pin(self.step::<AdverseEventRow>(&bound, adverse_events)),
                Box::pin(self.step::<LabelRow>(&free, labels)),
            )?;
            let steps = <[Option<Step>; 5]>::from(steps).into_iter().flatten().collect();
            let taken = self.take(steps, now).await?;
            for (topic, total) in ORDER.into_iter().zip(all) {
                let mut of_topic = Refined::of(topic);
                of_topic.add(&taken);
                refined.push(of_topic);
                if total > 0 {
                    progress(Progress { topic, done: total, total });
                }
            }
        } else {
            refined.push(self.refine::<VitalsRow>(&bound, vitals, progress).await?);
            refined.push(self.refine::<LabRow>(&bound, labs, progress).await?);
            refined.push(self.refine::<MedicationRow>(&bound, medications, progress).await?);
            refined.push(self.refine::<AdverseEventRow>(&bound, adverse_events, progress).await?);
            refined.push(self.refine::<LabelRow>(&free, labels, progress).await?);
        }
        // From here on the rows that waited for them are refined.
        self.enrolled = self.seen.take().or(self.enrolled.take());
        Ok(refined)
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
        let settling = self.all_open().map(async |table| {
            let large = compaction::settle_small(table, now).await?;
            Ok::<_, Error>(large.map(|files| (table, files)))
        });
        let mut begun = None;
        for settled in join_all(settling).await {
            let large = settled?.filter(|_| begun.is_none() && !is_busy);
            begun = large.map(|(table, files)| Background::begin(table, files, now)).or(begun);
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

fn raw_bytes(bundles: &[Bundle]) -> u64 {
    bundles.iter().map(|bundle| bundle.manifest.raw_bytes).sum()
}

//! One wave: lines to rows, rows by date. CPU only, on all cores.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use strata_landing::{Bronze, Lines, Manifest};
use strata_types::{HOUR, PatientId, Timestamp, partition_of};

use super::OnInvalid;
use crate::Error;
use crate::contest::{Fresh, NewRow};
use crate::finding::{Entry, Finding, LogPlace, Scope};
use crate::parse::{Place, parse};
use crate::silver::SilverRow;

const DAY: i64 = 24 * HOUR;

/// An object of bronze, or the lines of it that are wanted again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bundle {
    pub(super) manifest: Manifest,
    pub(super) only: Option<HashSet<u64>>,
}

impl Bundle {
    pub(super) async fn read(self, bronze: &Bronze) -> Result<(Self, Lines), strata_landing::Error> {
        let lines = bronze.read(&self.manifest).await?;
        Ok((self, lines))
    }

    /// Where the lines stand that are wanted again.
    pub(super) fn again(&self) -> impl Iterator<Item = LogPlace> + '_ {
        let place = |offset: &u64| (self.manifest.log.clone(), self.manifest.partition, *offset);
        self.only.iter().flatten().map(place)
    }
}

/// What decides whether a readable row is refused.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) on_invalid: OnInvalid,
    pub(super) enrolled: Option<Arc<HashSet<PatientId>>>,
}

/// The refined records of a wave.
#[derive(Debug)]
pub(super) struct Wave<R> {
    pub(super) dates: BTreeMap<Option<String>, Fresh<R>>,
    pub(super) unreadable: Vec<Entry>,
    pub(super) records: u64,
    /// The buckets of its patients, a bit each.
    pub(super) buckets: u16,
    /// Where its records stand that are refined again.
    pub(super) leaving: HashSet<LogPlace>,
}

impl<R: SilverRow> Wave<R> {
    pub(super) fn refine(bundles: Vec<(Bundle, Lines)>, policy: &Policy) -> Result<Self, Error> {
        let mut buckets = bundles.iter().fold(0, |bits, (bundle, _)| bits | 1 << bundle.manifest.partition);
        let leaving = bundles.iter().flat_map(|(bundle, _)| bundle.again()).collect();
        let mut refined: Vec<_> =
            bundles.into_par_iter().map(|(bundle, lines)| refine_object(&bundle, &lines, policy)).collect();
        let (mut records, mut unreadable) = (0, Vec::new());
        // Rows are large: they stay where they were made.
        let mut by_day: BTreeMap<Option<i64>, Vec<&NewRow<R>>> = BTreeMap::new();
        for (rows, not_read, patients) in &mut refined {
            // A sender that shares out by another hash than Kafka's own puts patients into partitions of others.
            buckets |= *patients;
            records += (rows.len() + not_read.len()) as u64;
            unreadable.append(not_read);
            for (day, row) in rows {
                by_day.entry(*day).or_default().push(row);
            }
        }
        let shape = |cause| Error::Shape { table: R::SPEC.name, cause };
        let date = |day: i64| Timestamp(day * DAY).date();
        let dates = by_day.into_par_iter().map(|(day, rows)| Ok((day.map(date), Fresh::new(&rows).map_err(shape)?)));
        Ok(Self { dates: dates.collect::<Result<_, Error>>()?, unreadable, records, buckets, leaving })
    }
}

/// A row and the number of its day, where its table has dates.
type Dated<R> = (Option<i64>, NewRow<R>);

fn refine_object<R: SilverRow>(bundle: &Bundle, lines: &Lines, policy: &Policy) -> (Vec<Dated<R>>, Vec<Entry>, u16) {
    // No line is shorter than its break.
    let most = bundle.manifest.count.min(bundle.manifest.raw_bytes);
    let wanted = bundle.only.as_ref().map_or(most, |only| only.len() as u64);
    let (mut rows, mut unreadable, mut patients) = (Vec::with_capacity(wanted as usize), Vec::new(), 0);
    for (line, place) in lines.iter().zip(Place::each(&bundle.manifest)) {
        if bundle.only.as_ref().is_some_and(|only| !only.contains(&place.offset)) {
            continue;
        }
        let (origin, event) = parse(R::TOPIC, line, place);
        let event = match event {
            Ok(event) => event,
            Err(finding) => {
                unreadable.push(Entry {
                    topic: R::TOPIC.name().into(),
                    log: origin.log.to_string(),
                    partition: i32::from(origin.partition),
                    offset: origin.offset as i64,
                    rank: origin.rank(),
                    raw: Some(String::from_utf8_lossy(line).into_owned()),
                    ..Entry::new(finding)
                });
                continue;
            }
        };
        patients |= 1 << partition_of(event.patient_id().as_str().as_bytes());
        let day = event.timestamp().filter(|_| R::SPEC.by_date).map(|time| time.0.div_euclid(DAY));
        let mut findings = Vec::new();
        if policy.enrolled.as_ref().is_some_and(|enrolled| !enrolled.contains(event.patient_id())) {
            findings
                .push(Finding::row("unknown_patient", "the patient has no record yet; the row waits for it".into()));
        }
        let Some(row) = R::new(event, origin, &mut findings) else { continue };
        findings.extend(policy.on_invalid.refusal(&findings));
        let raw = findings.iter().any(|f| f.scope == Scope::Row).then(|| String::from_utf8_lossy(line).into_owned());
        rows.push((day, NewRow { row, findings, raw }));
    }
    (rows, unreadable, patients)
}

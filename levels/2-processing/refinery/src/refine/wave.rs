//! One wave: lines to rows, rows by date, dates to files. CPU only, on all cores.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;
use strata_lakehouse::{DataFile, decode, encode};
use strata_landing::{Bronze, Lines, Manifest};
use strata_types::PatientId;

use super::OnInvalid;
use crate::Error;
use crate::finding::{Entry, Finding, Scope};
use crate::merge::{NewRow, merge};
use crate::parse::{Place, parse};
use crate::silver::SilverRow;

/// An object of bronze, or the lines of it that are wanted again.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) manifest: Manifest,
    pub(super) only: Option<HashSet<u64>>,
}

impl Bundle {
    pub(super) async fn read(self, bronze: &Bronze) -> Result<(Self, Lines), strata_landing::Error> {
        let lines = bronze.read(&self.manifest).await?;
        Ok((self, lines))
    }
}

/// What decides whether a readable row is refused.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) on_invalid: OnInvalid,
    pub(super) enrolled: Option<Arc<HashSet<PatientId>>>,
}

/// The refined records of a wave.
#[derive(Debug)]
pub(super) struct Wave<R> {
    pub(super) rows: BTreeMap<Option<String>, Vec<NewRow<R>>>,
    pub(super) unreadable: Vec<Entry>,
    pub(super) records: u64,
    pub(super) buckets: u16,
}

/// A file to be, and those that it replaces.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) date: Option<String>,
    pub(super) buckets: u16,
    pub(super) encoded: strata_lakehouse::Encoded,
    pub(super) replaces: Vec<DataFile>,
}

/// What a wave makes of the table.
#[derive(Debug)]
pub(super) struct MergedWave {
    pub(super) parts: Vec<Part>,
    pub(super) entries: Vec<Entry>,
    pub(super) written: u64,
}

impl<R: SilverRow> Wave<R> {
    pub(super) fn refine(bundles: Vec<(Bundle, Lines)>, policy: &Policy) -> Self {
        let buckets = bundles.iter().fold(0, |bits, (bundle, _)| bits | 1 << bundle.manifest.partition);
        let refined: Vec<_> =
            bundles.into_par_iter().map(|(bundle, lines)| refine_object(&bundle, &lines, policy)).collect();
        let mut wave = Self { rows: BTreeMap::new(), unreadable: Vec::new(), records: 0, buckets };
        for (rows, unreadable) in refined {
            wave.records += (rows.len() + unreadable.len()) as u64;
            wave.unreadable.extend(unreadable);
            for (date, row) in rows {
                wave.rows.entry(date).or_default().push(row);
            }
        }
        wave
    }

    /// Merges every date with what stands.
    pub(super) fn merge(
        self,
        standing: Vec<(DataFile, Bytes)>,
        entries: Vec<Entry>,
        now_ms: i64,
    ) -> Result<MergedWave, Error> {
        let mut files: HashMap<Option<String>, Vec<(DataFile, Bytes)>> = HashMap::new();
        for (file, bytes) in standing {
            files.entry(file.date.clone()).or_default().push((file, bytes));
        }
        let mut quarantined: HashMap<Option<String>, Vec<Entry>> = HashMap::new();
        for entry in entries {
            let date = R::SPEC.by_date.then(|| entry.date());
            quarantined.entry(date).or_default().push(entry);
        }
        let jobs: Vec<_> = self
            .rows
            .into_iter()
            .map(|(date, rows)| {
                let files = files.remove(&date).unwrap_or_default();
                let entries = quarantined.remove(&date).unwrap_or_default();
                (date, rows, files, entries)
            })
            .collect();
        let buckets = self.buckets;
        let done: Vec<_> = jobs
            .into_par_iter()
            .map(|(date, rows, files, entries)| merge_date::<R>(date, rows, files, entries, buckets, now_ms))
            .collect::<Result<_, Error>>()?;
        let mut merged = MergedWave { parts: Vec::new(), entries: self.unreadable, written: 0 };
        merged.entries.extend(quarantined.into_values().flatten());
        for (part, entries, written) in done {
            merged.parts.extend(part);
            merged.entries.extend(entries);
            merged.written += written;
        }
        Ok(merged)
    }
}

type Dated<R> = (Option<String>, NewRow<R>);

fn refine_object<R: SilverRow>(bundle: &Bundle, lines: &Lines, policy: &Policy) -> (Vec<Dated<R>>, Vec<Entry>) {
    let (mut rows, mut unreadable) = (Vec::new(), Vec::new());
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
        let date = event.timestamp().filter(|_| R::SPEC.by_date).map(strata_types::Timestamp::date);
        let mut findings = Vec::new();
        if policy.enrolled.as_ref().is_some_and(|enrolled| !enrolled.contains(event.patient_id())) {
            findings
                .push(Finding::row("unknown_patient", "the patient has no record yet; the row waits for it".into()));
        }
        let Some(row) = R::new(event, origin, &mut findings) else { continue };
        if policy.on_invalid == OnInvalid::Row && findings.iter().any(|finding| finding.scope == Scope::Cell) {
            findings.push(Finding::row("invalid_value", "rows with an invalid value are refused here".into()));
        }
        let raw = findings.iter().any(|f| f.scope == Scope::Row).then(|| String::from_utf8_lossy(line).into_owned());
        rows.push((date, NewRow { row, findings, raw }));
    }
    (rows, unreadable)
}

fn merge_date<R: SilverRow>(
    date: Option<String>,
    rows: Vec<NewRow<R>>,
    files: Vec<(DataFile, Bytes)>,
    entries: Vec<Entry>,
    buckets: u16,
    now_ms: i64,
) -> Result<(Option<Part>, Vec<Entry>, u64), Error> {
    let table = R::SPEC.name;
    let mut standing = Vec::new();
    for (_, bytes) in &files {
        let decoded = decode(bytes.clone(), &[]);
        standing.extend(decoded.map_err(|cause| Error::Shape { table, cause: cause.into() })?);
    }
    let merged = merge::<R>(rows, &standing, entries).map_err(|cause| Error::Shape { table, cause })?;
    let Some(rows) = merged.rows else { return Ok((None, merged.entries, merged.written)) };
    let encoded = encode(&[rows], &(R::SPEC.schema)(), R::SPEC.packing, now_ms);
    let encoded = encoded.map_err(|cause| Error::Shape { table, cause: cause.into() })?;
    let buckets = files.iter().fold(buckets, |bits, (file, _)| bits | file.buckets);
    let replaces = files.into_iter().map(|(file, _)| file).collect();
    Ok((Some(Part { date, buckets, encoded, replaces }), merged.entries, merged.written))
}

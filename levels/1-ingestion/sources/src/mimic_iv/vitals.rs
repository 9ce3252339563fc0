//! Vital signs: charted in `icu/chartevents`, which the demo has as MEDS events only.

use std::path::Path;

use strata_types::Event;

use super::NAME;
use super::items::{Item, item};
use super::passes::Pass;
use super::reading::{Charted, reading};
use super::tables::Tables;
use crate::Error;
use crate::delivery::Delivery;
use crate::meds::each_row;
use crate::table::Table;
use crate::unpacked::Progress;

const COLUMNS: [&str; 5] = ["subject_id", "charttime", "storetime", "itemid", "valuenum"];

pub(super) fn read(tables: &Tables, progress: &Progress, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    if let Some(path) = tables.path("icu/chartevents") {
        for pass in Pass::over(tables.bytes("icu/chartevents")) {
            let mut charted = Vec::new();
            let outcome = from_table(path, pass, progress, delivery, &mut charted);
            give(charted, delivery)?;
            outcome?;
        }
    } else if let Some(path) = &tables.meds {
        delivery.note("vitals", format!("icu/chartevents is missing; read from {}", path.display()));
        for pass in Pass::over(tables.bytes("meds")) {
            let mut charted = Vec::new();
            let outcome = from_meds(path, pass, delivery, &mut charted);
            give(charted, delivery)?;
            outcome?;
            progress.set(progress.get() + tables.bytes("meds"));
            delivery.progress(progress.get());
        }
    } else {
        delivery.note("vitals", "none: neither icu/chartevents nor a MEDS .parquet lies in the folder");
    }
    Ok(())
}

fn from_table(
    path: &Path,
    pass: Pass,
    progress: &Progress,
    delivery: &mut Delivery<'_>,
    charted: &mut Vec<Charted>,
) -> Result<(), Error> {
    let mut table = Table::open(path, progress, &COLUMNS)?;
    let mut rows = 0_u64;
    while let Some(row) = table.next()? {
        rows += 1;
        if rows.is_multiple_of(100_000) {
            delivery.progress(progress.get());
        }
        let subject = row.id(0)?;
        delivery.rows += u64::from(pass.takes(subject));
        if !pass.takes(subject) {
            continue;
        }
        let Some(item) = row.some(3).and_then(|id| id.parse().ok()).and_then(item) else {
            delivery.unmapped("chartevents, other items", "no variable", 1);
            continue;
        };
        let Some(value) = row.number(4)? else {
            delivery.unmapped(&name(item), "no number: a word or a comment", 1);
            continue;
        };
        let time = row.needed_time(1)?;
        let arrived = row.time(2)?.map_or(time, |stored| stored.max(time));
        charted.push(Charted { subject, time, arrived, item, value });
    }
    Ok(())
}

/// The codes of charted items are `LAB//<itemid>//<unit>`; what is in other tables too is read there.
fn from_meds(path: &Path, pass: Pass, delivery: &mut Delivery<'_>, charted: &mut Vec<Charted>) -> Result<(), Error> {
    each_row(path, &mut |row| {
        let at = |reason: String| Error::damaged(&path.display().to_string(), row.number, reason);
        let subject = u64::try_from(row.subject_id).map_err(|_| at("the subject_id is negative".into()))?;
        if !pass.takes(subject) {
            return Ok(());
        }
        delivery.rows += 1;
        let id = row.code.strip_prefix("LAB//").and_then(|rest| rest.split("//").next()).and_then(|id| id.parse().ok());
        let Some(item) = id.and_then(item) else {
            let table = row.code.split("//").next().unwrap_or_default();
            delivery.unmapped(&format!("MEDS {table}"), "other items: read from the tables, or no variable", 1);
            return Ok(());
        };
        let time = row.time.ok_or_else(|| at(format!("`{}` has no time", row.code)))?;
        match row.value.filter(|value| value.is_finite()) {
            Some(value) => charted.push(Charted { subject, time, arrived: time, item, value }),
            None => delivery.unmapped(&name(item), "no number: a word or a comment", 1),
        }
        Ok(())
    })
}

/// Gives the readings in the order of subjects and times.
fn give(mut charted: Vec<Charted>, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    charted.sort_by_key(|charted| (charted.subject, charted.time));
    for together in charted.chunk_by(|a, b| (a.subject, a.time) == (b.subject, b.time)) {
        let first = together[0];
        let patient_id = first.subject.to_string().parse().expect("a number is a patient's id");
        let (vitals, fates) = reading(patient_id, together, NAME);
        for (charted, fate) in together.iter().zip(fates) {
            match fate {
                None => delivery.mapped(&name(charted.item), 1),
                Some(reason) => delivery.unmapped(&name(charted.item), reason, 1),
            }
        }
        let arrived = together.iter().map(|charted| charted.arrived).max();
        if !vitals.is_empty() {
            delivery.give(&Event::Vitals(vitals), arrived)?;
        }
    }
    Ok(())
}

fn name(item: &Item) -> String {
    format!("chartevents {} {}", item.id, item.name)
}

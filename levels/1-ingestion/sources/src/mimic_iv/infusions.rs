//! `icu/inputevents`: what flowed in, from when to when and at which rate.

use std::collections::HashMap;

use strata_types::Event;
use strata_types::event::Medication;

use super::NAME;
use super::patients::id;
use super::tables::Tables;
use crate::Error;
use crate::delivery::Delivery;
use crate::unpacked::Progress;

const COLUMNS: [&str; 11] = [
    "subject_id",
    "itemid",
    "starttime",
    "endtime",
    "storetime",
    "amount",
    "amountuom",
    "rate",
    "rateuom",
    "ordercategoryname",
    "statusdescription",
];

pub(super) fn read(tables: &Tables, progress: &Progress, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    let labels = labels(tables, progress)?;
    let Some(mut table) = tables.open("icu/inputevents", progress, &COLUMNS)? else {
        delivery.note("infusions", "none: icu/inputevents is missing");
        return Ok(());
    };
    while let Some(row) = table.next()? {
        delivery.rows += 1;
        if delivery.rows.is_multiple_of(10_000) {
            delivery.progress(progress.get());
        }
        // A rewritten order was replaced before anything of it was given.
        if row.text(10) == "Rewritten" {
            delivery.unmapped("inputevents", "rewritten orders: nothing was given", 1);
            continue;
        }
        let Some(dosage) = row.number(5)? else {
            delivery.unmapped("inputevents", "no amount", 1);
            continue;
        };
        let (item, start) = (row.id(1)?, row.needed_time(2)?);
        let rate = row.number(7)?;
        let dose = Medication {
            patient_id: id(&row)?,
            timestamp: start,
            drug_name: labels.get(&item).cloned().unwrap_or_else(|| format!("item {item}")),
            dosage,
            unit: row.some(6).unwrap_or("unknown").into(),
            route: route(row.text(9)).into(),
            frequency: None,
            rate,
            rate_unit: rate.and(row.some(8)).map(|unit| rate_unit(unit).into()),
            end_timestamp: row.time(3)?,
            status: Some("completed".into()),
            rxnorm: None,
            atc: None,
            administered_by: None,
            trial_site: None,
            trial_arm: None,
            source: NAME.into(),
            event_id: None,
        };
        delivery.mapped("inputevents", 1);
        delivery.mapped("inputevents with a rate", u64::from(rate.is_some()));
        let stored = row.time(4)?.map_or(start, |stored| stored.max(start));
        delivery.give(&Event::Medication(dose), Some(stored))?;
    }
    Ok(())
}

/// The way in, as far as the order's category says it.
fn route(category: &str) -> &'static str {
    match category {
        "13-Enteral Nutrition" => "enteral",
        "14-Oral/Gastric Intake" => "oral",
        "16-Pre Admission/Non-ICU" => "unknown",
        category if category.contains("(Non IV)") => "not intravenous",
        _ => "intravenous",
    }
}

/// The rate's unit in UCUM's spelling; the quantity stays as it was charted.
fn rate_unit(unit: &str) -> &str {
    match unit {
        "mcg/kg/min" => "ug/kg/min",
        "mcg/kg/hour" => "ug/kg/h",
        "mg/kg/hour" => "mg/kg/h",
        "units/hour" => "U/h",
        "units/min" => "U/min",
        "mcg/min" => "ug/min",
        "mcg/hour" => "ug/h",
        "mg/hour" => "mg/h",
        "mL/hour" => "mL/h",
        "grams/hour" => "g/h",
        "grams/min" => "g/min",
        "mEq./hour" => "meq/h",
        unit => unit,
    }
}

fn labels(tables: &Tables, progress: &Progress) -> Result<HashMap<u64, String>, Error> {
    let mut labels = HashMap::new();
    if let Some(mut table) = tables.open("icu/d_items", progress, &["itemid", "label"])? {
        while let Some(row) = table.next()? {
            labels.insert(row.id(0)?, row.text(1).into());
        }
    }
    Ok(labels)
}

//! `hosp/emar` and `hosp/emar_detail`: doses as they were given at the bedside.
//!
//! A row of `emar` says what happened to a scheduled dose; its rows of `emar_detail` say how much of
//! which products was given. What was not given is no dose; a dose whose amount nobody wrote is counted.

use std::collections::HashMap;

use strata_types::Event;
use strata_types::event::Medication;

use super::NAME;
use super::passes::Pass;
use super::patients::id;
use super::tables::Tables;
use crate::Error;
use crate::delivery::Delivery;
use crate::unpacked::Progress;

const DETAIL: [&str; 8] = [
    "subject_id",
    "emar_id",
    "dose_due",
    "dose_due_unit",
    "dose_given",
    "dose_given_unit",
    "route",
    "product_description",
];
const EMAR: [&str; 6] = ["subject_id", "emar_id", "charttime", "storetime", "medication", "event_txt"];

/// What the eMAR calls a dose that reached the patient.
const GIVEN: [&str; 11] = [
    "Administered",
    "Administered in Other Location",
    "Administered Bolus from IV Drip",
    "Delayed Administered",
    "Partial Administered",
    "Applied",
    "Applied in Other Location",
    "Removed Existing / Applied New",
    "Started",
    "Started in Other Location",
    "Delayed Started",
];

pub(super) fn read(tables: &Tables, progress: &Progress, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    if tables.path("hosp/emar").is_none() {
        delivery.note("doses", "none: hosp/emar is missing");
        return Ok(());
    }
    if tables.path("hosp/emar_detail").is_none() {
        delivery.note("doses", "none: hosp/emar_detail, which has the amounts, is missing");
        return Ok(());
    }
    for pass in Pass::over(tables.bytes("hosp/emar_detail")) {
        let details = details(tables, pass, progress, delivery)?;
        give(tables, pass, &details, progress, delivery)?;
    }
    Ok(())
}

/// How much was given, by the details of one dose.
#[derive(Default)]
struct Detail {
    /// The sum over the products, while they are in one unit.
    given: Option<(f64, String)>,
    mixed: bool,
    due: Option<(f64, String)>,
    route: Option<String>,
    product: Option<String>,
}

impl Detail {
    fn add(&mut self, given: f64, unit: &str) {
        match &mut self.given {
            Some((sum, known)) if known == unit => *sum += given,
            Some(_) => self.mixed = true,
            None => self.given = Some((given, unit.into())),
        }
    }

    /// What was given; where nobody wrote it, what was due.
    fn dose(&self) -> Option<&(f64, String)> {
        self.given.as_ref().filter(|_| !self.mixed).or(self.due.as_ref())
    }
}

fn details(
    tables: &Tables,
    pass: Pass,
    progress: &Progress,
    delivery: &mut Delivery<'_>,
) -> Result<HashMap<String, Detail>, Error> {
    let mut details: HashMap<String, Detail> = HashMap::new();
    let Some(mut table) = tables.open("hosp/emar_detail", progress, &DETAIL)? else { return Ok(details) };
    while let Some(row) = table.next()? {
        if !pass.takes(row.id(0)?) {
            continue;
        }
        delivery.rows += 1;
        let detail = details.entry(row.text(1).into()).or_default();
        // Amounts are free text: `___` where the set's authors took something out, or a range.
        let number = |column| row.some(column).and_then(|text| text.parse::<f64>().ok()).filter(|n| n.is_finite());
        if let Some(given) = number(4) {
            detail.add(given, row.some(5).unwrap_or("unknown"));
        }
        if let Some(due) = number(2) {
            detail.due = Some((due, row.some(3).unwrap_or("unknown").into()));
        }
        let keep = |known: &mut Option<String>, column| {
            if known.is_none() {
                *known = row.some(column).map(Into::into);
            }
        };
        keep(&mut detail.route, 6);
        keep(&mut detail.product, 7);
    }
    Ok(details)
}

fn give(
    tables: &Tables,
    pass: Pass,
    details: &HashMap<String, Detail>,
    progress: &Progress,
    delivery: &mut Delivery<'_>,
) -> Result<(), Error> {
    let Some(mut table) = tables.open("hosp/emar", progress, &EMAR)? else { return Ok(()) };
    while let Some(row) = table.next()? {
        if !pass.takes(row.id(0)?) {
            continue;
        }
        delivery.rows += 1;
        if delivery.rows.is_multiple_of(10_000) {
            delivery.progress(progress.get());
        }
        let what = row.some(5).unwrap_or("no word");
        if !GIVEN.contains(&what) {
            delivery.unmapped(&format!("emar: {what}"), "no dose was given or begun by it", 1);
            continue;
        }
        let detail = details.get(row.text(1));
        let name = row.some(4).or_else(|| detail?.product.as_deref());
        let (Some(name), Some((dosage, unit))) = (name, detail.and_then(Detail::dose)) else {
            let reason = if name.is_none() { "given, but no drug is named" } else { "given, but no amount is written" };
            delivery.unmapped(&format!("emar: {what}"), reason, 1);
            continue;
        };
        let given_at = row.needed_time(2)?;
        let dose = Medication {
            patient_id: id(&row)?,
            timestamp: given_at,
            drug_name: name.into(),
            dosage: *dosage,
            unit: unit.clone(),
            route: detail.and_then(|detail| detail.route.clone()).unwrap_or_else(|| "unknown".into()),
            frequency: None,
            rate: None,
            rate_unit: None,
            end_timestamp: None,
            status: Some("completed".into()),
            rxnorm: None,
            atc: None,
            administered_by: None,
            trial_site: None,
            trial_arm: None,
            source: NAME.into(),
            event_id: Some(format!("emar-{}", row.text(1))),
        };
        delivery.mapped(&format!("emar: {what}"), 1);
        let stored = row.time(3)?.map_or(given_at, |stored| stored.max(given_at));
        delivery.give(&Event::Medication(dose), Some(stored))?;
    }
    Ok(())
}

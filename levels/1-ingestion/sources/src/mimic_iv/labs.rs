//! `hosp/labevents`: one result a row, known when the laboratory stored it.

use std::collections::HashMap;

use strata_types::event::LabResult;
use strata_types::{Event, Variable};

use super::NAME;
use super::patients::id;
use super::tables::Tables;
use crate::Error;
use crate::delivery::Delivery;
use crate::table::Row;
use crate::unpacked::Progress;

const COLUMNS: [&str; 9] = [
    "subject_id",
    "itemid",
    "specimen_id",
    "charttime",
    "storetime",
    "valuenum",
    "valueuom",
    "ref_range_lower",
    "ref_range_upper",
];

pub(super) fn read(tables: &Tables, progress: &Progress, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    let labels = labels(tables, progress)?;
    let Some(mut table) = tables.open("hosp/labevents", progress, &COLUMNS)? else {
        delivery.note("labs", "none: hosp/labevents is missing");
        return Ok(());
    };
    let (mut tests, mut filled) = (HashMap::new(), 0);
    while let Some(row) = table.next()? {
        delivery.rows += 1;
        if delivery.rows.is_multiple_of(10_000) {
            delivery.progress(progress.get());
        }
        let item = row.id(1)?;
        let test = tests.entry(item).or_insert_with(|| Test::of(item, labels.get(&item).map(String::as_str)));
        let Some(loinc) = test.loinc else {
            delivery.unmapped(&test.column, "no variable", 1);
            continue;
        };
        let Some(value) = row.number(5)? else {
            delivery.unmapped(&test.column, "no number: a word or a comment", 1);
            continue;
        };
        delivery.mapped(&test.column, 1);
        let (unit, was_blank) = unit(&row, loinc);
        filled += u64::from(was_blank);
        let drawn = row.needed_time(3)?;
        let result = LabResult {
            patient_id: id(&row)?,
            timestamp: drawn,
            test_name: test.label.clone(),
            value,
            unit,
            source: NAME.into(),
            loinc: Some(loinc.into()),
            lab_id: row.some(2).map(Into::into),
            reference_range: row.number(7)?.zip(row.number(8)?).map(|(low, high)| format!("{low}-{high}")),
            performing_lab: None,
            trial_site: None,
            event_id: None,
        };
        let stored = row.time(4)?.map_or(drawn, |stored| stored.max(drawn));
        delivery.give(&Event::LabResult(result), Some(stored))?;
    }
    if filled > 0 {
        delivery.note("units", format!("{filled} laboratory results came without a unit and took that of their item"));
    }
    Ok(())
}

/// The LOINC code of an item of `hosp/d_labitems` that is a variable.
pub(crate) fn loinc(item: u64) -> Option<&'static str> {
    ITEMS.iter().find(|(known, _)| u64::from(*known) == item).map(|(_, loinc)| *loinc)
}

/// A test of the laboratory.
struct Test {
    loinc: Option<&'static str>,
    label: String,
    /// How the summary calls it.
    column: String,
}

impl Test {
    fn of(item: u64, label: Option<&str>) -> Self {
        let label = label.map_or_else(|| item.to_string(), Into::into);
        Self { loinc: loinc(item), column: format!("labevents {item} {label}"), label }
    }
}

/// The unit as the row has it; a blank one is the item's own, which is why the row leaves it out.
fn unit(row: &Row<'_>, loinc: &str) -> (String, bool) {
    let own = Variable::by_loinc(loinc).map_or("", |variable| variable.ucum);
    match row.some(6).filter(|unit| *unit != "N/A") {
        Some("units") if own == "[pH]" => (own.into(), false),
        Some(unit) => (unit.into(), false),
        None => (own.into(), true),
    }
}

fn labels(tables: &Tables, progress: &Progress) -> Result<HashMap<u64, String>, Error> {
    let mut labels = HashMap::new();
    if let Some(mut table) = tables.open("hosp/d_labitems", progress, &["itemid", "label", "fluid"])? {
        while let Some(row) = table.next()? {
            let (label, fluid) = (row.text(1), row.text(2));
            let label = if fluid == "Blood" { label.into() } else { format!("{label} ({fluid})") };
            labels.insert(row.id(0)?, label);
        }
    }
    Ok(labels)
}

/// The items of blood that are variables, by the LOINC codes of MIT-LCP's map (mimic-code, `d_labitems_to_loinc`).
/// Items of other fluids that it gives the same codes (creatinine of urine, gases of fluids) are left out.
#[rustfmt::skip]
static ITEMS: [(u32, &str); 65] = [
    (50802, "11555-0"), (50803, "1959-6"), (50806, "2069-3"), (50808, "1994-3"), (50809, "2339-0"),
    (50811, "718-7"), (50813, "32693-4"), (50818, "11557-6"), (50820, "11558-4"), (50821, "11556-8"),
    (50822, "6298-4"), (50824, "2947-0"), (50855, "718-7"), (50861, "1742-6"), (50862, "1751-7"),
    (50863, "6768-6"), (50868, "1863-0"), (50878, "1920-8"), (50882, "1963-8"), (50885, "1975-2"),
    (50889, "1988-5"), (50893, "17861-6"), (50902, "2075-0"), (50912, "2160-0"), (50931, "2345-7"),
    (50960, "19123-9"), (50970, "2777-1"), (50971, "2823-3"), (50983, "2951-2"), (51002, "10839-9"),
    (51003, "6598-7"), (51006, "3094-0"), (51214, "3255-7"), (51221, "4544-3"), (51222, "718-7"),
    (51237, "6301-6"), (51265, "777-3"), (51275, "14979-9"), (51300, "6690-2"), (51301, "6690-2"),
    (51623, "3255-7"), (51624, "1994-3"), (51638, "4544-3"), (51639, "4544-3"), (51640, "718-7"),
    (51675, "6301-6"), (51677, "2823-3"), (51704, "777-3"), (51755, "6690-2"), (51756, "6690-2"),
    (52022, "1751-7"), (52024, "38483-4"), (52027, "2339-0"), (52034, "49765-1"), (52035, "49765-1"),
    (52535, "2075-0"), (52546, "2160-0"), (52569, "2345-7"), (52610, "2823-3"),
    (52101, "38483-4"), (52115, "3255-7"), (52116, "3255-7"), (52623, "2951-2"), (52642, "10839-9"),
    (52647, "3094-0"),
];

#[cfg(test)]
mod tests {
    use strata_types::Group;

    use super::*;

    #[test]
    fn every_item_is_a_variable_and_stands_once() {
        for (item, loinc) in ITEMS {
            assert_eq!(Variable::by_loinc(loinc).map(|variable| variable.group), Some(Group::Lab), "{item}");
            assert_eq!(ITEMS.iter().filter(|(other, _)| *other == item).count(), 1, "{item}");
        }
    }
}

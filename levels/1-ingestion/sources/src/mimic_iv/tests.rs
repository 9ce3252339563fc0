//! What the importer gives, and what it says of damaged input.

use std::collections::HashMap;
use std::fs;

use strata_types::{Event, Topic};
use tempfile::TempDir;

use super::*;
use crate::collect::Collect;
use crate::made::{self, gzip_of, lines};

const PATIENTS: &str = "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod\n1,F,52,2180,2014 - 2016,\n2,M,91,2150,2014 - 2016,\n";
const ADMISSIONS: &str = "subject_id,hadm_id,admittime,dischtime,deathtime\n1,11,2182-05-06 22:23:00,2182-05-09 00:00:00,2182-05-08 23:00:00\n";
const STAYS: &str = "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los\n1,11,111,Medical Intensive Care Unit (MICU),MICU,2182-05-07 01:00:00,2182-05-08 23:00:00,2\n";
const CHARTED: &str = "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,valueuom,warning\n\
    1,11,111,9,2182-05-07 02:00:00,2182-05-07 02:10:00,220045,80,80,bpm,0\n\
    1,11,111,9,2182-05-07 02:00:00,2182-05-07 02:12:00,223761,98.4,98.4,°F,0\n\
    1,11,111,9,2182-05-07 02:00:00,2182-05-07 02:10:00,220179,,,mmHg,0\n\
    1,11,111,9,2182-05-07 02:00:00,2182-05-07 02:10:00,226228,F,,,0\n";
const LABITEMS: &str = "itemid,label,fluid,category\n50813,Lactate,Blood,Blood Gas\n51237,INR(PT),Blood,Hematology\n51478,Glucose,Urine,Hematology\n";
const LABS: &str = "labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,value,valuenum,valueuom,ref_range_lower,ref_range_upper,flag,priority,comments\n\
    7,1,11,70,50813,,2182-05-07 03:00:00,2182-05-07 03:30:00,1.8,1.8,mmol/L,0.5,2,,ROUTINE,\n\
    8,1,11,71,51237,,2182-05-07 04:00:00,,1.1,1.1, ,,,,ROUTINE,\"a word,\nand another\"\n\
    9,1,11,71,51478,,2182-05-07 04:00:00,,NEG,,mg/dL,,,,ROUTINE,\n\
    9,1,11,71,50813,,2182-05-07 05:00:00,,ERROR,,mmol/L,,,,ROUTINE,\n";
const ITEMS: &str = "itemid,label,abbreviation,linksto\n221906,Norepinephrine,NE,inputevents\n";
const INPUTS: &str = "subject_id,hadm_id,stay_id,caregiver_id,starttime,endtime,storetime,itemid,amount,amountuom,rate,rateuom,ordercategoryname,statusdescription\n\
    1,11,111,9,2182-05-07 05:00:00,2182-05-07 06:00:00,2182-05-07 04:50:00,221906,1.5,mg,0.1,mcg/kg/min,01-Drips,ChangeDose/Rate\n\
    1,11,111,9,2182-05-07 06:00:00,2182-05-07 07:00:00,2182-05-07 06:50:00,221906,1.5,mg,0.1,mcg/kg/min,01-Drips,Rewritten\n";
const EMAR: &str = "subject_id,hadm_id,emar_id,emar_seq,charttime,medication,event_txt,scheduletime,storetime\n\
    1,11,1-1,1,2182-05-07 08:00:00,Vancomycin,Administered,,2182-05-07 08:05:00\n\
    1,11,1-2,2,2182-05-07 09:00:00,Vancomycin,Not Given,,2182-05-07 09:05:00\n\
    1,11,1-3,3,2182-05-07 10:00:00,,Administered,,2182-05-07 10:05:00\n\
    1,11,1-4,4,2182-05-07 11:00:00,Heparin,Administered,,2182-05-07 11:05:00\n";
const DETAIL: &str = "subject_id,emar_id,emar_seq,parent_field_ordinal,dose_due,dose_due_unit,dose_given,dose_given_unit,product_description,route\n\
    1,1-1,1,,1000,mg,,,,IV\n1,1-1,1,1.1,,,500,mg,Vanco,\n1,1-1,1,1.2,,,250,mg,Vanco,\n1,1-3,3,1.1,,,5,mg,Morphine Sulfate,\n1,1-4,4,1.1,,,___,,Heparin,\n";

/// The tables of a small hospital, of which one is changed (or, with an empty text, left out).
fn set(changed: &str, content: &[u8]) -> TempDir {
    let tables = [
        ("hosp/patients", PATIENTS),
        ("hosp/admissions", ADMISSIONS),
        ("icu/icustays", STAYS),
        ("icu/chartevents", CHARTED),
        ("hosp/d_labitems", LABITEMS),
        ("hosp/labevents", LABS),
        ("icu/d_items", ITEMS),
        ("icu/inputevents", INPUTS),
        ("hosp/emar", EMAR),
        ("hosp/emar_detail", DETAIL),
    ];
    let files = tables.map(|(name, text)| {
        (format!("{name}.csv.gz"), if name == changed { content.to_vec() } else { gzip_of(text.as_bytes()) })
    });
    let files: Vec<_> =
        files.iter().filter(|(_, bytes)| !bytes.is_empty()).map(|(name, bytes)| (name.as_str(), bytes)).collect();
    made::folder(&files)
}

#[test]
fn the_tables_become_these_lines() {
    let folder = set("", b"");
    let (sink, outcome) = made::read(open, folder.path());
    let expected = [
        r#"patients {"patient_id":"1","age":54.0,"sex":"female","admitted_at":"2182-05-06T22:23:00Z","source":"mimic-iv"}"#,
        r#"adverse-events {"patient_id":"1","event_timestamp":"2182-05-08T23:00:00Z","event_type":"death","severity":"grade_5","reported_by":"hosp/admissions","report_timestamp":"2182-05-08T23:00:00Z","source":"mimic-iv"}"#,
        r#"patients {"patient_id":"1","age":54.0,"sex":"female","care_unit":"MICU","admitted_at":"2182-05-06T22:23:00Z","unit_admitted_at":"2182-05-07T01:00:00Z","source":"mimic-iv"}"#,
        r#"patients {"patient_id":"2","age":90.0,"sex":"male","source":"mimic-iv"}"#,
        r#"patient-vitals {"patient_id":"1","timestamp":"2182-05-07T02:00:00Z","source":"mimic-iv","heart_rate":80.0,"temperature":98.4,"temperature_unit":"[degF]"}"#,
        r#"lab-results {"patient_id":"1","timestamp":"2182-05-07T03:00:00Z","test_name":"Lactate","value":1.8,"unit":"mmol/L","source":"mimic-iv","loinc":"32693-4","lab_id":"70","reference_range":"0.5-2"}"#,
        r#"lab-results {"patient_id":"1","timestamp":"2182-05-07T04:00:00Z","test_name":"INR(PT)","value":1.1,"unit":"{INR}","source":"mimic-iv","loinc":"6301-6","lab_id":"71"}"#,
        r#"medications {"patient_id":"1","timestamp":"2182-05-07T05:00:00Z","drug_name":"Norepinephrine","dosage":1.5,"unit":"mg","route":"intravenous","rate":0.1,"rate_unit":"ug/kg/min","end_timestamp":"2182-05-07T06:00:00Z","status":"completed","source":"mimic-iv"}"#,
        r#"medications {"patient_id":"1","timestamp":"2182-05-07T08:00:00Z","drug_name":"Vancomycin","dosage":750.0,"unit":"mg","route":"IV","status":"completed","source":"mimic-iv","event_id":"emar-1-1"}"#,
        r#"medications {"patient_id":"1","timestamp":"2182-05-07T10:00:00Z","drug_name":"Morphine Sulfate","dosage":5.0,"unit":"mg","route":"unknown","status":"completed","source":"mimic-iv","event_id":"emar-1-3"}"#,
    ];
    assert_eq!(lines(&sink), expected);
    let arrived: Vec<_> =
        sink.given.iter().map(|given| given.arrived_at.unwrap().to_string()[11..16].to_owned()).collect();
    assert_eq!(arrived, ["22:23", "23:00", "01:00", "00:00", "02:12", "03:30", "04:00", "05:00", "08:05", "10:05"]);
    let summary = outcome.unwrap();
    for (column, count) in
        [("emar: Not Given", 1), ("emar: Administered", 1), ("labevents 51478 Glucose (Urine)", 1), ("inputevents", 1)]
    {
        assert!(summary.unmapped.iter().any(|(name, n, _)| (name.as_str(), *n) == (column, count)), "{column}");
    }
    assert_eq!(Some(sink.done), open(folder.path()).unwrap().work());
}

#[test]
fn what_is_missing_is_said() {
    for (table, note) in [
        ("icu/chartevents", "neither icu/chartevents nor a MEDS"),
        ("hosp/labevents", "hosp/labevents is missing"),
        ("icu/inputevents", "icu/inputevents is missing"),
        ("hosp/emar_detail", "hosp/emar_detail, which has the amounts"),
    ] {
        let summary = made::read(open, set(table, b"").path()).1.unwrap();
        assert!(summary.notes.iter().any(|(_, text)| text.contains(note)), "{:?}", summary.notes);
    }
    made::check_damage(open, set("hosp/admissions", b"").path(), &["hosp/admissions.csv.gz: this table is missing"], 0);
    let empty = TempDir::new().unwrap();
    made::check_damage(open, empty.path(), &["the folder holds no hosp/"], 0);
    made::check_damage(open, &empty.path().join("none"), &["no folder; give the one that holds hosp/"], 0);
}

#[test]
fn damage_is_named_by_file_and_line_and_what_came_before_is_kept() {
    let text = |table: &str, from: &str, to: &str| gzip_of(table.replacen(from, to, 1).as_bytes());
    let (header, rows) = LABS.split_once('\n').unwrap();
    let mut cut = gzip_of(format!("{header}\n{}", rows.repeat(50)).as_bytes());
    cut.truncate(cut.len() - 20);
    let cases: [(&str, Vec<u8>, &[&str], usize); 11] = [
        (
            "hosp/labevents",
            text(LABS, ",1.8,mmol/L", ",fast,mmol/L"),
            &["hosp/labevents.csv.gz:2: valuenum is `fast`"],
            5,
        ),
        ("hosp/labevents", text(LABS, "1.1,1.1", "1.1,NaN"), &["hosp/labevents.csv.gz:3: valuenum is `NaN`"], 6),
        (
            "hosp/labevents",
            text(LABS, ",2182-05-07 03:00:00", ",noon"),
            &["csv.gz:2: charttime is `noon`: it must be a time"],
            5,
        ),
        (
            "hosp/labevents",
            text(LABS, "valuenum", "number"),
            &["csv.gz:1: the first line lacks the columns valuenum; it has labevent_id"],
            5,
        ),
        ("hosp/labevents", text(LABS, "7,1,11,70", "7,11,70"), &["csv.gz:2: 15 fields where 16 belong"], 5),
        ("hosp/labevents", gzip_of(b""), &["labevents.csv.gz:1: the file is empty"], 5),
        ("hosp/labevents", vec![0xfe; 300], &["labevents.csv.gz:1: not text"], 5),
        (
            "hosp/patients",
            text(PATIENTS, "1,F", "1,X"),
            &["hosp/patients.csv.gz:2: gender is `X`: it must be M or F"],
            0,
        ),
        (
            "hosp/admissions",
            text(ADMISSIONS, "\n1,", "\n9,"),
            &["hosp/admissions.csv.gz:2: subject_id is `9`: it must be a subject of hosp/patients"],
            0,
        ),
        (
            "icu/chartevents",
            text(CHARTED, "223761,98.4,98.4", "223761,98.4,inf"),
            &["icu/chartevents.csv.gz:3: valuenum is `inf`"],
            5,
        ),
        ("icu/inputevents", text(INPUTS, ",1.5,", ",much,"), &["icu/inputevents.csv.gz:2: amount is `much`"], 7),
    ];
    for (table, content, expect, records) in cases {
        let folder = set(table, &content);
        let (sink, outcome) = made::read(open, folder.path());
        let error = outcome.expect_err(table).to_string();
        assert!(expect.iter().all(|expect| error.contains(expect)), "{error}");
        assert_eq!(sink.given.len(), records, "{error}");
    }
    // How many rows come before the cut is the compressor's business.
    let (sink, outcome) = made::read(open, set("hosp/labevents", &cut).path());
    let error = outcome.expect_err("it is cut").to_string();
    assert!(error.contains("hosp/labevents.csv.gz:") && error.contains("cut short or damaged"), "{error}");
    assert!((20..105).contains(&sink.given.len()), "{}: {error}", sink.given.len());
    let folder = set("icu/chartevents", b"");
    fs::write(folder.path().join("events.parquet"), b"PAR1 no more").unwrap();
    made::check_damage(open, folder.path(), &["events.parquet: no readable Parquet file"], 4);
}

fn sums(sink: &Collect) -> HashMap<&'static str, (u64, f64)> {
    let mut sums: HashMap<&'static str, (u64, f64)> = HashMap::new();
    let mut add = |name, value: Option<f64>| {
        if let Some(value) = value {
            let sum = sums.entry(name).or_default();
            *sum = (sum.0 + 1, sum.1 + value);
        }
    };
    for given in &sink.given {
        match Event::parse(given.topic, &given.line).unwrap() {
            Event::Vitals(vitals) => vitals.readings().into_iter().for_each(|(name, value)| add(name, value)),
            Event::Medication(dose) => {
                add("rate", dose.rate);
                add("norepinephrine", dose.rate.filter(|_| dose.drug_name == "Norepinephrine"));
                add("minutes", dose.end_timestamp.map(|end| end.hours_since(dose.timestamp) * 60.0));
            }
            Event::LabResult(lab) => {
                add("lactate", (lab.loinc.as_deref() == Some("32693-4")).then_some(lab.value));
                add("lateness", Some(given.arrived_at.unwrap().hours_since(lab.timestamp) * 60.0));
            }
            _ => {}
        }
    }
    sums
}

/// Expected: Polars over the demo's CSV tables and MEDS file, with this importer's rules stated again in
/// its own words (a pivot by subject and time for the readings, joins for the doses).
#[test]
fn the_demo_has_the_counts_that_polars_finds() {
    let Some(path) = strata_testkit::shared_data("mimic-iv-demo-2.2") else { return };
    let (sink, outcome) = made::read(open, &path);
    let summary = outcome.unwrap();
    assert_eq!(summary.patients, 100);
    let records = [
        ("patient-vitals", 20_908),
        ("medications", 44_136),
        ("lab-results", 56_273),
        ("adverse-events", 15),
        ("patients", 415),
    ];
    assert_eq!(summary.records, records.map(|(name, count)| (name.to_string(), count)));
    let sums = sums(&sink);
    let expected = [
        ("heart_rate", 13_913, 1_267_785.0),
        ("respiratory_rate", 14_050, 280_340.0),
        ("spo2", 13_540, 1_310_821.0),
        ("temperature", 3_767, 347_610.5),
        ("blood_pressure_systolic", 13_980, 1_603_331.0),
        ("blood_pressure_diastolic", 13_980, 863_477.0),
        ("mean_arterial_pressure", 14_004, 1_071_680.0),
        ("gcs", 3_244, 37_476.0),
        ("fio2", 1_746, 82_620.0),
        ("etco2", 202, 7_272.0),
        ("rate", 11_038, f64::NAN),
        ("norepinephrine", 947, 179.069),
        ("minutes", 20_404, 2_689_089.0),
        ("lactate", 758, f64::NAN),
    ];
    for (name, count, sum) in expected {
        let got = sums[name];
        assert_eq!(got.0, count, "{name}");
        assert!(sum.is_nan() || (got.1 - sum).abs() < 0.2, "{name}: {} {sum}", got.1);
    }
    // How long results took from the sample to the record, in minutes, over all.
    assert!((sums["lateness"].1 - 4_655_155.0).abs() < 0.5 * 56_273.0, "{:?}", sums["lateness"]);
    for given in &sink.given {
        let (arrived, event) = (given.arrived_at.unwrap(), Event::parse(given.topic, &given.line).unwrap());
        assert!(given.topic == Topic::Patients || event.timestamp().unwrap() <= arrived, "{}", given.text());
    }
}

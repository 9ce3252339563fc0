//! What a mapped CSV gives, and what is said of wrong mappings and damaged files.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::collect::Collect;
use crate::made::{gzip_of, lines};

const MAPPING: &str = r#"
source = "ward-7"
patient_id = "case"
delimiter = ";"
missing = ["", "NA", "-1"]

[time]
column = "taken"
format = "%d.%m.%Y %H:%M"
offset = "+01:00"

[vitals]
heart_rate = "HR"
temperature = { column = "Temp", unit = "[degF]" }
blood_pressure_systolic = { column = "SBP", unit = "kPa" }
consciousness = { column = "AVPU", words = { alert = "A" } }

[labs]
lactate = { column = "Lac", unit = "mmol/L" }
"#;
const HEADER: &str = "case;taken;HR;Temp;SBP;AVPU;Lac;Shoe\n";

fn files(mapping: &str, csv: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("mapping.toml"), mapping).unwrap();
    fs::write(folder.path().join("ward.csv"), csv).unwrap();
    folder
}

fn read(folder: &TempDir) -> (Collect, Result<Summary, Error>) {
    let mut sink = Collect::default();
    let opened = open(&folder.path().join("ward.csv"), &folder.path().join("mapping.toml"));
    let outcome = opened.and_then(|mut source| source.read(&mut sink));
    (sink, outcome)
}

#[track_caller]
fn check_error(mapping: &str, csv: &[u8], expect: &str, records: usize) {
    let (sink, outcome) = read(&files(mapping, csv));
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(expect), "`{expect}` in: {error}");
    assert_eq!(sink.given.len(), records, "{error}");
}

#[test]
fn a_wide_file_becomes_these_lines() {
    let csv = format!("{HEADER}p1;01.03.2026 13:00;80;98.6;16;alert;NA;44\np2;01.03.2026 14:00;-1;;;;1.8;\n");
    let expected = [
        r#"patient-vitals {"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","source":"ward-7","heart_rate":80.0,"temperature":98.6,"blood_pressure_systolic":120.03000750187547,"consciousness":"A","temperature_unit":"[degF]"}"#,
        r#"lab-results {"patient_id":"p2","timestamp":"2026-03-01T13:00:00Z","test_name":"lactate","value":1.8,"unit":"mmol/L","source":"ward-7"}"#,
    ];
    for bytes in [
        csv.clone().into_bytes(),
        gzip_of(csv.as_bytes()),
        csv.replace('\n', "\r\n").into_bytes(),
        format!("\u{feff}{csv}").into_bytes(),
    ] {
        let (sink, outcome) = read(&files(MAPPING, &bytes));
        assert_eq!(lines(&sink), expected);
        let summary = outcome.unwrap();
        assert_eq!((summary.patients, summary.rows, sink.done), (2, 2, bytes.len() as u64));
        assert_eq!(summary.unmapped, [("Shoe".into(), 1, "not in the mapping".into())]);
        assert!(summary.mapped.contains(&("HR".into(), 1)) && summary.mapped.contains(&("Lac".into(), 1)));
    }
}

#[test]
fn every_topic_can_be_mapped() {
    let mapping = r#"
        source = "x"
        patient_id = "id"
        [time]
        column = "at"
        [available]
        column = "known"
        [lab]
        test_name = "what"
        value = "amount"
        unit = { constant = "mg/dL" }
        [medication]
        drug_name = "what"
        dosage = "amount"
        unit = { constant = "mg" }
        route = { constant = "oral" }
        end_timestamp = "until"
        [adverse_event]
        event_type = "what"
        severity = { constant = "grade_2" }
        reported_by = { constant = "nurse" }
        report_timestamp = "known"
        [patient]
        sex = { column = "sex", words = { f = "female" } }
        birth_year = "born"
        spo2_scale_2 = "copd"
    "#;
    let csv = "id,at,known,what,amount,until,sex,born,copd\np1,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,bun,5,2026-03-02,f,1950,yes\n";
    let (sink, outcome) = read(&files(mapping, csv.as_bytes()));
    outcome.unwrap();
    let expected = [
        r#"lab-results {"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","test_name":"bun","value":5.0,"unit":"mg/dL","source":"x"}"#,
        r#"medications {"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","drug_name":"bun","dosage":5.0,"unit":"mg","route":"oral","end_timestamp":"2026-03-02T00:00:00Z","source":"x"}"#,
        r#"adverse-events {"patient_id":"p1","event_timestamp":"2026-03-01T12:00:00Z","event_type":"bun","severity":"grade_2","reported_by":"nurse","report_timestamp":"2026-03-01T13:00:00Z","source":"x"}"#,
        r#"patients {"patient_id":"p1","birth_year":1950,"sex":"female","spo2_scale_2":true,"source":"x"}"#,
    ];
    assert_eq!(lines(&sink), expected);
    assert!(sink.given.iter().all(|given| given.arrived_at.unwrap().to_string() == "2026-03-01T13:00:00Z"));
}

#[test]
fn wrong_mappings_name_the_key_and_the_nearest() {
    let changed = |from: &str, to: &str| MAPPING.replacen(from, to, 1);
    let cases = [
        (changed("heart_rate", "hart_rate"), "`vitals.hart_rate` has no meaning; did you mean `heart_rate`?"),
        (changed("[vitals]", "[vitels]"), "`vitels` has no meaning; did you mean `vitals`?"),
        (changed("delimiter", "delimeter"), "`delimeter` has no meaning; did you mean `delimiter`?"),
        (changed("offset", "zone"), "`time.zone` has no meaning; known: column, format, offset"),
        (changed("lactate =", "lactat ="), "`labs.lactat` is no laboratory variable; did you mean `lactate`?"),
        (changed("unit = \"kPa\"", "unit = \"bar\""), "is `bar`, which is no unit of sbp; known: mm[Hg], kPa"),
        (changed("mmol/L", "stone"), "`labs.lactate.unit` is `stone`"),
        (changed("source = \"ward-7\"", ""), "`source` is missing"),
        (changed("\"+01:00\"", "\"CET\""), "`time`: the offset `CET`"),
        (changed("column = \"taken\"", ""), "`time.column` is missing"),
        (changed("delimiter = \";\"", "delimiter = \";;\""), "`delimiter` must be one character"),
        ("source = \"a\"\npatient_id = \"b\"".into(), "no section says what a row becomes"),
        ("source = \"a\"\npatient_id = \"b\"\n[vitals]\nspo2 = \"c\"".into(), "`time` is missing"),
        ("source = \"a\"\npatient_id = \"b\"\n[lab]\nvalue = \"c\"".into(), "`lab.test_name` is missing"),
        ("source = ".into(), "no TOML"),
    ];
    for (mapping, expect) in cases {
        check_error(&mapping, HEADER.as_bytes(), expect, 0);
    }
    let folder = files(MAPPING, b"");
    let error = open(&folder.path().join("ward.csv"), &folder.path().join("none.toml")).err().unwrap().to_string();
    assert!(error.contains("none.toml: the mapping cannot be read"), "{error}");
}

#[test]
fn damage_is_named_by_file_line_and_column() {
    let good = "p1;01.03.2026 13:00;80;;;;;\n";
    let cases: [(String, &str, usize); 10] = [
        (good.replace("80", "fast"), "ward.csv:3: HR is `fast`: it must be a number", 1),
        (good.replace("80", "NaN"), "ward.csv:3: HR is `NaN`", 1),
        (good.replace("80", "1e999"), "ward.csv:3: HR is `1e999`", 1),
        (good.replace("01.03", "31.02"), "ward.csv:3: taken is `31.02.2026 13:00`: it must be a time in the format", 1),
        (good.replace("01.03.2026 13:00", ""), "ward.csv:3: taken is ``", 1),
        (good.replace("p1", "Jane Doe"), "ward.csv:3: case: a patient id is 1 to 64 letters", 1),
        (good.replace("p1", ""), "ward.csv:3: case: the patient's pseudonym is missing", 1),
        (good.replace("80;;;;", "80;;;asleep;"), "ward.csv:3: no vitals: unknown variant `asleep`", 1),
        ("p1;01.03.2026 13:00;80\n".into(), "ward.csv:3: 3 fields where 8 belong", 1),
        (good.replace("80", "\u{0}"), "ward.csv:3: HR is", 1),
    ];
    for (row, expect, records) in cases {
        check_error(MAPPING, format!("{HEADER}{good}{row}{good}").as_bytes(), expect, records);
    }
    check_error(MAPPING, b"", "ward.csv:1: the file is empty", 0);
    check_error(
        MAPPING,
        HEADER.replace("Lac", "Lak").as_bytes(),
        "ward.csv:1: the file has no column `Lac`; did you mean `Lak`?",
        0,
    );
    check_error(MAPPING, HEADER.replace("Shoe", "HR").as_bytes(), "the column `HR` stands twice", 0);
    check_error(MAPPING, &[0xfe; 99], "ward.csv:1: not text", 0);
    let many: String = (0..5_000).map(|case| good.replace("p1", &format!("p{}", case * 7_919 % 5_000))).collect();
    let cut = gzip_of(format!("{HEADER}{many}").as_bytes());
    let (sink, outcome) = read(&files(MAPPING, &cut[..cut.len() - 9]));
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("cut short or damaged") && sink.given.len() > 1_000, "{error}: {}", sink.given.len());
}

//! What the importer gives, and what it says of damaged input.

use std::fs;

use super::*;
use crate::collect::Collect;
use crate::made::{self, folder, gzip_of, lines, tar_of, zstd_of};

const HEADER: &str = "Time,Parameter,Value\n";

/// A file of the set: its descriptors, and these rows.
fn txt(record: u32, rows: &[&str]) -> String {
    let descriptors = format!(
        "00:00,RecordID,{record}\n00:00,Age,54\n00:00,Gender,0\n00:00,Height,-1\n00:00,ICUType,4\n00:00,Weight,80.5\n"
    );
    format!("{HEADER}{descriptors}{}\n", rows.join("\n"))
}

fn read(path: &Path) -> (Collect, Result<Summary, Error>) {
    made::read(open, path)
}

fn unmapped(summary: &Summary, name: &str) -> Vec<u64> {
    summary.unmapped.iter().filter(|(column, _, _)| column == name).map(|(_, count, _)| *count).collect()
}

#[test]
fn a_patient_becomes_these_lines() {
    let rows = [
        "00:07,GCS,15",
        "00:07,HR,73",
        "00:07,NISysABP,147",
        "00:07,Urine,900",
        "00:07,FiO2,0.5",
        "03:08,HCT,33.7",
        "03:08,Mg,2",
        "47:59,Weight,81",
        "48:00,Temp,37.1",
        "48:00,Temp,36.9",
    ];
    let files = [("set-a/132539.txt", txt(132_539, &rows)), ("Outcomes-a.txt", outcomes("132539,6,1,5,-1,1"))];
    let folder = folder(&files);
    let (sink, outcome) = read(folder.path());
    let expected = [
        r#"patients {"patient_id":"132539","age":54.0,"sex":"female","care_unit":"SICU","unit_admitted_at":"2012-01-27T00:00:00Z","weight":80.5,"source":"physionet-2012"}"#,
        r#"patient-vitals {"patient_id":"132539","timestamp":"2012-01-27T00:07:00Z","source":"physionet-2012","heart_rate":73.0,"blood_pressure_systolic":147.0,"fio2":0.5,"gcs":15.0}"#,
        r#"lab-results {"patient_id":"132539","timestamp":"2012-01-27T03:08:00Z","test_name":"haematocrit","value":33.7,"unit":"%","source":"physionet-2012"}"#,
        r#"lab-results {"patient_id":"132539","timestamp":"2012-01-27T03:08:00Z","test_name":"magnesium","value":2.0,"unit":"mmol/L","source":"physionet-2012"}"#,
        r#"patient-vitals {"patient_id":"132539","timestamp":"2012-01-29T00:00:00Z","source":"physionet-2012","temperature":36.9}"#,
        r#"labels {"patient_id":"132539","time":"2012-01-29T00:00:00Z","label":true,"horizon_hours":72.0,"source":"physionet-2012"}"#,
    ];
    assert_eq!(lines(&sink), expected);
    let summary = outcome.unwrap();
    assert_eq!((summary.patients, summary.rows), (1, 16));
    assert_eq!(
        (unmapped(&summary, "Urine"), unmapped(&summary, "Weight"), unmapped(&summary, "Temp")),
        (vec![1], vec![1], vec![1])
    );
}

fn outcomes(row: &str) -> String {
    format!("RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death\n{row}\n")
}

/// The arterial line is preferred to the cuff at the same minute, unless it reads 0.
#[test]
fn the_line_is_preferred_unless_it_reads_zero() {
    let cases: [(&[&str], &str); 4] = [
        (&["01:00,SysABP,120", "01:00,NISysABP,110", "01:00,NIDiasABP,60"], r#""blood_pressure_systolic":120.0}"#),
        (&["01:00,SysABP,0", "01:00,NISysABP,110"], r#""blood_pressure_systolic":110.0}"#),
        (&["01:00,SysABP,0"], r#""blood_pressure_systolic":0.0}"#),
        (
            &["01:00,NIDiasABP,60", "01:00,NISysABP,110"],
            r#""blood_pressure_systolic":110.0,"blood_pressure_diastolic":60.0}"#,
        ),
    ];
    for (rows, expected) in cases {
        let (sink, outcome) = read(folder(&[("1.txt", txt(1, rows))]).path());
        let lines = lines(&sink);
        assert!(lines.len() == 2 && lines[1].ends_with(expected), "{lines:?}");
        let summary = outcome.unwrap();
        let counted: u64 = summary.mapped.iter().map(|(_, count)| *count).sum();
        let refused: u64 = summary.unmapped.iter().map(|(_, count, _)| *count).sum();
        assert_eq!(counted + refused, rows.len() as u64, "every value is accounted for");
    }
}

#[test]
fn archives_and_the_folder_give_the_same() {
    let one = txt(132_539, &["00:07,HR,73"]);
    let two = txt(132_540, &["00:07,HR,74"]);
    let files = [("set-a/132539.txt", one.as_str()), ("set-a/132540.txt", two.as_str()), ("set-a/README.txt", "words")];
    let folder = folder(&files);
    let tar = tar_of(&files);
    for (name, bytes) in [("set-a.tar.zst", zstd_of(&tar)), ("set-a.tar.gz", gzip_of(&tar))] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let (of_archive, of_folder) = (read(&path), read(folder.path()));
        assert_eq!(of_archive.0.given, of_folder.0.given);
        assert_eq!(of_archive.1.unwrap().records, of_folder.1.unwrap().records);
        assert_ne!(open(&path).unwrap().log(), open(folder.path()).unwrap().log());
    }
    // Another outcome is another input.
    let before = open(folder.path()).unwrap().log();
    fs::write(folder.path().join("Outcomes-a.txt"), outcomes("132539,6,1,5,-1,1")).unwrap();
    assert_ne!(open(folder.path()).unwrap().log(), before);
}

#[test]
fn damaged_rows_are_named_by_file_and_line() {
    let cases = [
        ("01:00,HR,fast", "1.txt:9: 01:00,HR,fast: the value is no number"),
        ("01:00,HR,NaN", "1.txt:9: 01:00,HR,NaN: the value is no number"),
        ("01:00,HR,inf", "1.txt:9"),
        ("01:00,HR", "1.txt:9: `01:00,HR` is not `HH:MM,Parameter,Value`"),
        ("49:00,HR,80", "1.txt:9: `49:00` is no time from 00:00 to 48:00"),
        ("00:01,HR,80", "1.txt:9: 00:01 comes after a later time"),
        ("01:00,ShoeSize,44", "1.txt:9: `ShoeSize` is no parameter of PhysioNet 2012"),
        ("01:00,RecordID,2", "1.txt:9: RecordID is 2, but the file is 1's"),
        ("", "1.txt:9: `` is not"),
    ];
    for (row, expect) in cases {
        let folder = folder(&[("1.txt", txt(1, &["00:30,HR,80", row])), ("2.txt", txt(2, &["00:30,HR,80"]))]);
        made::check_damage(open, folder.path(), &[expect], 2);
    }
    let good = txt(1, &["00:30,HR,80"]);
    let whole: [(Vec<u8>, &str); 4] = [
        (Vec::new(), "2.txt:1: the file is empty"),
        (HEADER.into(), "2.txt:2: no row follows"),
        (b"Time,Value\n00:00,1\n".to_vec(), "2.txt:1: no header of PhysioNet 2012"),
        ([HEADER.as_bytes(), &[b'\n', 0xff, 0xfe]].concat(), "2.txt:3: not text"),
    ];
    for (content, expect) in whole {
        let folder = folder(&[("1.txt", good.as_bytes()), ("2.txt", &content)]);
        made::check_damage(open, folder.path(), &[expect], 2);
    }
    made::check_damage(
        open,
        folder(&[("a/1.txt", &good), ("b/1.txt", &good)]).path(),
        &["second file of patient 1"],
        2,
    );
}

#[test]
fn wrong_inputs_explain_themselves() {
    let folder = folder(&[("one/README.txt", ""), ("1.txt", &txt(1, &["00:30,HR,80"])), ("Outcomes-a.txt", "x")]);
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join("one").join(name);
        fs::write(&path, content).unwrap();
        path
    };
    made::check_damage(open, &folder.path().join("none"), &["none: nothing is there; give the set-a.tar.gz"], 0);
    made::check_damage(open, folder.path(), &["Outcomes-a.txt:1: the first line must be"], 0);
    fs::remove_file(folder.path().join("Outcomes-a.txt")).unwrap();
    made::check_damage(open, &folder.path().join("one"), &["the folder holds no .txt file of the set"], 0);
    made::check_damage(open, &folder.path().join("1.txt"), &["this is one file of the set"], 0);
    made::check_damage(open, &file("a.tar.zst", &[7; 99]), &["no archive of zstd or gzip"], 0);
    let tar = tar_of(&[("1.txt", &txt(1, &["00:30,HR,80"])), ("2.txt", &txt(2, &["00:30,HR,80"]))]);
    let cut = gzip_of(&tar[..1_536 + 100]);
    made::check_damage(
        open,
        &file("cut.tar.gz", &cut),
        &["cut.tar.gz: the archive is cut short or damaged after 1.txt"],
        2,
    );
    made::check_damage(open, &file("half.tar.gz", &gzip_of(&tar)[..30]), &["cut short or damaged"], 0);
}

/// Counts what the real set gives.
#[derive(Default)]
struct Count {
    systolic: f64,
    readings: u64,
    deaths: u64,
}

impl Sink for Count {
    fn accept(&mut self, record: crate::Record<'_>) -> std::io::Result<()> {
        match Event::parse(record.topic, record.line).unwrap() {
            Event::Vitals(vitals) => {
                self.systolic += vitals.blood_pressure_systolic.unwrap_or_default();
                self.readings += u64::from(vitals.blood_pressure_systolic.is_some());
            }
            Event::Label(label) => self.deaths += u64::from(label.label),
            _ => {}
        }
        Ok(())
    }
    fn progress(&mut self, _: u64) {}
}

/// Expected: Polars over the set's own Parquet form, with this importer's rules stated again (readings
/// are distinct (record, minute) of vital parameters; labs are rows; the pressures by the rule of the
/// arterial line; the last value of a minute stands).
#[test]
fn the_real_set_has_the_counts_that_polars_finds() {
    let Some(path) = strata_testkit::shared_data("physionet-2012-setA/set-a.tar.zst") else { return };
    let mut sink = Count::default();
    let summary = open(&path).unwrap().read(&mut sink).unwrap();
    assert_eq!((summary.patients, summary.rows), (4_000, 1_757_980));
    let records = [("patient-vitals", 242_740), ("lab-results", 237_917), ("patients", 4_000), ("labels", 4_000)];
    assert_eq!(summary.records, records.map(|(name, count)| (name.to_string(), count)));
    for (name, count) in
        [("MAP", 143_877), ("SysABP", 145_310), ("NISysABP", 81_175), ("HR", 228_538), ("Temp", 86_202)]
    {
        assert!(summary.mapped.contains(&(name.into(), count)), "{name}: {:?}", summary.mapped);
    }
    assert_eq!((sink.systolic, sink.readings, sink.deaths), (27_010_354.0, 226_485, 554));
    assert_eq!((unmapped(&summary, "Weight"), unmapped(&summary, "Urine")), (vec![125_165], vec![136_918]));
}

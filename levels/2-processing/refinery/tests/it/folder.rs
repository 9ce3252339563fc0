//! A folder of NDJSON to a folder of Parquet: the contract, line by line.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use strata_lakehouse::{Format, Rows, decode};
use strata_refinery::{FolderCounts, FolderError, FolderJob, OnInvalid, refine_folder};

fn job(root: &Path) -> FolderJob {
    let (from, to) = (root.join("raw"), root.join("out"));
    FolderJob { from, to, on_invalid: OnInvalid::Row, threads: 2, memory_bytes: 64 << 20 }
}

/// Writes files below `raw`, each by its name and what is in it.
fn put(root: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = root.join("raw").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// The rows of every file below a folder of the output, as text and sorted; the name of the partition leads.
fn rows(out: &Path, part: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![out.join(part)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let date = folder.file_name().unwrap().to_str().unwrap();
            let mut csv = Vec::new();
            let batches = decode(fs::read(&path).unwrap().into(), &[]).unwrap();
            if let Some(first) = batches.first() {
                Rows { schema: first.schema(), batches }.write(Format::Csv, &mut csv).unwrap();
            }
            let rows = String::from_utf8(csv).unwrap();
            let rows: Vec<&str> = rows.lines().skip(1).collect();
            if part == "silver" {
                let order: Vec<_> = rows.iter().map(|row| row.split(',').skip(1).take(2).collect::<Vec<_>>()).collect();
                assert!(order.is_sorted(), "{} is sorted by patient and time", path.display());
                assert!(rows.iter().all(|row| format!("date={}", &row.split(',').nth(2).unwrap()[..10]) == date));
            }
            all.extend(rows.into_iter().map(str::to_owned));
        }
    }
    all.sort();
    all
}

fn counts(read: u64, malformed: u64, duplicates: u64, rejected: u64, written: u64) -> FolderCounts {
    FolderCounts { read, malformed, duplicates, rejected, written, nulled: None }
}

const ID: &str = "ee66b6e1-83a0-4f0e-8d6d-75dd9bd4119c";

/// Every kind of dirt, and what becomes of each line. Faults 22, 26 and 27: readings were not deduplicated, what was refused
/// had no reason, and units were not standardised.
#[test]
fn every_line_is_accounted_for() {
    let at = "2026-03-01T12:00:00";
    let line = |id: &str, patient: &str, rest: &str| {
        format!(
            r#"{{"event_id":"{id}","patient_id":"{patient}","timestamp":"{at}Z","ingested_at":"{at}.5Z","source":"m",{rest}}}"#
        )
    };
    let full = r#""heart_rate":80,"blood_pressure_systolic":120,"blood_pressure_diastolic":60,"respiratory_rate":16,"spo2":97,"temperature":37.5,"temperature_unit":"Cel""#;
    let good = [
        line(ID, "P1", full),
        // Blanks, another order, members that nobody asked for, escapes, an offset, and what is missing.
        "\t{ \"source\" : \"m\" , \"nested\":{\"a\":[1,{}]}, \"timestamp\":\"2026-03-01T13:00:00+01:00\",\"patient_id\":\"P\\u0032\",\"heart_rate\":8e1,\"event_id\":\"x-1\" } \r".to_owned(),
        line("F-3", "P3", r#""temperature":98.6,"temperature_unit":"[degF]","heart_rate":null,"ward":"Zürich""#),
        line("F-4", "P4", r#""heart_rate":36.2500000000000000,"spo2":99.5,"temperature":97.7,"temperature_unit":"°F""#),
        // Nothing measured is no fault here; a date of its own.
        line("F-5", "P5", r#""heart_rate":null"#).replace("2026-03-01", "2025-12-31"),
        // Without an id and a source.
        r#"{"patient_id":"P6","timestamp":"2026-03-01T12:00:00Z","heart_rate":60}"#.to_owned(),
        // Another source is another reading.
        line("F-7", "P1", r#""heart_rate":81"#).replace(r#""source":"m""#, r#""source":"n""#),
    ];
    let outdone = [
        line(ID, "P1", full),
        line("F-0", "P1", r#""heart_rate":99"#).replace("00.5Z", "00.4Z"),
        // No time of arrival is before every one.
        line("F-6", "P3", r#""heart_rate":1000"#).replace(r#""ingested_at":"2026-03-01T12:00:00.5Z","#, ""),
    ];
    let refused = [
        (line("R-1", "Q1", r#""heart_rate":19,"spo2":97"#), "heart_rate"),
        (
            line("R-2", "Q2", r#""heart_rate":-5,"spo2":100.5,"temperature":212,"temperature_unit":"F""#),
            "heart_rate,spo2,temperature",
        ),
        (line("R-3", "Q3", r#""blood_pressure_systolic":80,"blood_pressure_diastolic":80"#), "sbp_le_dbp"),
        (line("R-4", "Q4", r#""temperature":310.5,"temperature_unit":"K""#), "temperature"),
        (line("R-5", "Q5", r#""heart_rate":1e300"#), "heart_rate"),
    ];
    let no_reading: [&[u8]; 16] = [
        b"ERROR device timeout",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_ra",
        b"{\"patient_id\":\"P1\",\"timestamp\":,\"heart_rate\":80}",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":80",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"noon\",\"heart_rate\":80}",
        b"{\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":80}",
        b"{\"patient_id\":\"\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":80}",
        b"{\"patient_id\":7,\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":80}",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":\"80\"}",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":80,\"heart_rate\":81}",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":NaN}",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":1e999}",
        b"{\"patient_id\":\"P1\",\"timestamp\":\"2026-03-01T12:00:00Z\",\"heart_rate\":080}",
        b"[\"id\",\"P1\",\"2026-03-01T12:00:00Z\"]",
        b"{\"patient_id\":\"P\xff\",\"timestamp\":\"2026-03-01T12:00:00Z\"}",
        b"{\"patient_id\":\"P\x00\",\"timestamp\":\"2026-03-01T12:00:00Z\"}",
    ];
    let deep = format!("{}1{}", "{\"a\":".repeat(500), "}".repeat(500));

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let outdone: Vec<u8> = outdone.join("\n\n  \n").into_bytes();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&outdone).unwrap();
    let refused_lines: Vec<&str> = refused.iter().map(|(line, _)| line.as_str()).collect();
    put(
        root,
        &[
            ("b/c/d/good.json", &["\u{feff}", &good.join("\n"), "\n"].concat().into_bytes()),
            ("a.ndjson.gz", &gz.finish().unwrap()),
            ("a/date=2026-03-01/x.jsonl.zst", &zstd::bulk::compress(refused_lines.join("\r\n").as_bytes(), 1).unwrap()),
            ("a/empty.json", b""),
            ("a/blank.json", b"\n\r\n   \n"),
            ("garbage.json", &[no_reading.join(&b'\n'), b"\n".to_vec(), deep.clone().into_bytes()].concat()),
            ("README.md", b"not data"),
            ("_SUCCESS", b"not data"),
            (".hidden.json", b"not data"),
        ],
    );
    let job = job(root);
    assert_eq!(refine_folder(&job, &|_| {}).unwrap(), counts(32, 17, 3, 5, 7));

    let silver = rows(&job.to, "silver");
    let no_id =
        uuid::Uuid::new_v5(&uuid::Uuid::from_u128(0x7f1d_3a52_91c4_4c0e_9b6f_2d58_a7c3_10e4), good[5].as_bytes());
    let mut expected = [
        format!("{ID},P1,{at}Z,{at}.500000Z,m,80.0,120.0,60.0,16.0,97.0,37.5,60.0,80.0,{:?},1.0", 80.0 / 120.0),
        format!("x-1,P2,{at}Z,,m,80.0,,,,,,,,,{:?}", 1.0 / 6.0),
        format!("F-3,P3,{at}Z,{at}.500000Z,m,,,,,,{:?},,,,{:?}", (98.6 - 32.0) * 5.0 / 9.0, 1.0 / 6.0),
        format!("F-4,P4,{at}Z,{at}.500000Z,m,36.25,,,,99.5,{:?},,,,0.5", (97.7 - 32.0) * 5.0 / 9.0),
        "F-5,P5,2025-12-31T12:00:00Z,2025-12-31T12:00:00.500000Z,m,,,,,,,,,,0.0".to_owned(),
        format!("{no_id},P6,{at}Z,,unknown,60.0,,,,,,,,,{:?}", 1.0 / 6.0),
        format!("F-7,P1,{at}Z,{at}.500000Z,n,81.0,,,,,,,,,{:?}", 1.0 / 6.0),
    ];
    expected.sort();
    assert_eq!(silver, expected.iter().map(|row| row.replace(".500000Z", ".500Z")).collect::<Vec<_>>());
    let reasons: BTreeMap<String, String> = rows(&job.to, "rejects")
        .iter()
        .map(|row| (row[..3].to_owned(), row.splitn(12, ',').nth(11).unwrap().replace('"', "")))
        .collect();
    assert_eq!(
        reasons,
        refused.iter().enumerate().map(|(n, (_, why))| (format!("R-{}", n + 1), (*why).into())).collect()
    );
    let malformed = rows(&job.to, "malformed");
    assert_eq!(malformed.len(), 17);
    assert!(malformed.contains(&"ERROR device timeout".to_owned()), "{malformed:?}");
    assert!(!job.to.join(".unfinished").exists());
}

/// With `cell` an impossible value is null in silver, and the reading as it came is kept beside it.
#[test]
fn a_cell_can_fall_alone() {
    let folder = tempfile::tempdir().unwrap();
    let line = |id: &str, rest: &str| {
        format!(r#"{{"event_id":"{id}","patient_id":"{id}","timestamp":"2026-03-01T12:00:00Z","source":"m",{rest}}}"#)
    };
    let lines = [
        line("A", r#""heart_rate":80,"spo2":120"#),
        line("B", r#""heart_rate":80,"blood_pressure_systolic":60,"blood_pressure_diastolic":60"#),
        line("C", r#""heart_rate":0"#),
    ];
    put(folder.path(), &[("x.json", lines.join("\n").as_bytes())]);
    let job = FolderJob { on_invalid: OnInvalid::Cell, ..job(folder.path()) };
    let counted = refine_folder(&job, &|_| {}).unwrap();
    assert_eq!(counted, FolderCounts { nulled: Some(3), ..counts(3, 0, 0, 1, 2) });
    let at = "2026-03-01T12:00:00Z";
    assert_eq!(rows(&job.to, "silver"), ["A", "B"].map(|id| format!("{id},{id},{at},,m,80.0,,,,,,,,,{:?}", 1.0 / 6.0)));
    assert_eq!(
        rows(&job.to, "rejects"),
        [
            format!("A,A,{at},,m,80.0,,,,120.0,,spo2"),
            format!("B,B,{at},,m,80.0,60.0,60.0,,,,sbp_le_dbp"),
            format!("C,C,{at},,m,0.0,,,,,,heart_rate"),
        ]
    );
}

/// What cannot be done says what to do instead, and leaves what is there as it is.
#[test]
fn what_cannot_be_done_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let job = job(folder.path());
    let refused = |job: &FolderJob| refine_folder(job, &|_| {}).unwrap_err();
    assert!(matches!(refused(&job), FolderError::Read { .. }), "no such folder");
    put(folder.path(), &[("notes.txt", b"{}")]);
    assert!(refused(&job).to_string().contains(".ndjson"));
    put(folder.path(), &[("x.json", b""), ("y.json.gz", b"\x1f\x8b\x08 cut short")]);
    assert!(refused(&job).to_string().contains("y.json.gz"));
    // What it left unfinished is no obstacle; what others left is.
    fs::remove_file(folder.path().join("raw/y.json.gz")).unwrap();
    assert_eq!(refine_folder(&job, &|_| {}).unwrap(), counts(0, 0, 0, 0, 0));
    assert_eq!((rows(&job.to, "rejects").len(), rows(&job.to, "malformed").len()), (0, 0));
    assert!(matches!(refused(&job), FolderError::NotEmpty(_)));
    // One file by its name.
    let one = FolderJob { from: folder.path().join("raw/notes.txt"), to: folder.path().join("one"), ..job };
    assert_eq!(refine_folder(&one, &|_| {}).unwrap(), counts(1, 1, 0, 0, 0));
}

/// A line of random dirt: mostly readings of few patients and times, so that many meet.
fn line() -> impl Strategy<Value = String> {
    let reading = (0_u8..6, 0_u32..4, 0_u8..3, 0_u32..3, prop::option::of(0_u32..3_500), any::<u16>(), 0_u8..12);
    reading.prop_map(|(patient, minute, source, arrived, tenths, id, kind)| {
        let id = match kind {
            0 => "short".to_owned(),
            1 => String::new(),
            _ => format!("ee66b6e1-83a0-4f0e-8d6d-75dd9bd4{:04x}", id % 4),
        };
        let day = 1 + minute % 2;
        let rate = tenths.map_or("null".to_owned(), |tenths| match kind {
            2 => format!("{tenths}e-1"),
            3 => format!("{}.00000000000000001", tenths / 10),
            _ => format!("{}.{}", tenths / 10, tenths % 10),
        });
        let unit = ["Cel", "[degF]", "furlong"][usize::from(source)];
        let line = format!(
            r#"{{"event_id":"{id}","patient_id":"P{patient}","timestamp":"2026-03-0{day}T12:0{minute}:00Z","ingested_at":"2026-03-09T00:00:0{arrived}Z","source":"monitor-{}","heart_rate":{rate},"temperature":{rate},"temperature_unit":"{unit}"}}"#,
            source % 2,
        );
        match kind {
            4 => line[..line.len() / 2].to_owned(),
            5 => line.replace("monitor", "\\u006donitor"),
            6 => line.replace(':', " : "),
            _ => line,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The output does not depend on the order of lines, on files, on threads, nor on whether readings had to wait in files.
    #[test]
    fn the_output_depends_on_the_lines_alone(
        lines in prop::collection::vec(line(), 1..120),
        files in 1_usize..4,
        threads in 1_usize..4,
        memory_bytes in prop_oneof![Just(1_u64), Just(4_000), Just(64 << 20)],
        turn in any::<usize>(),
    ) {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(one.path(), &[("all.json", lines.join("\n").as_bytes())]);
        let mut turned = lines.clone();
        turned.rotate_left(turn % lines.len());
        for (number, lines) in turned.chunks(lines.len().div_ceil(files)).enumerate() {
            put(other.path(), &[(&format!("{number}.json"), lines.join("\r\n").as_bytes())]);
        }
        let a = FolderJob { threads: 1, ..job(one.path()) };
        let b = FolderJob { threads, memory_bytes, ..job(other.path()) };
        let (counted, again) = (refine_folder(&a, &|_| {}).unwrap(), refine_folder(&b, &|_| {}).unwrap());
        prop_assert_eq!(counted, again);
        prop_assert_eq!(counted.read, lines.len() as u64);
        prop_assert_eq!(counted.read, counted.malformed + counted.duplicates + counted.rejected + counted.written);
        for part in ["silver", "rejects", "malformed"] {
            prop_assert_eq!(rows(&a.to, part), rows(&b.to, part), "{}", part);
        }
    }
}

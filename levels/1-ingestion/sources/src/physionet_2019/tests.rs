//! What the importer gives, and what it says of damaged input.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use strata_types::Event;
use strata_types::Topic;
use tempfile::TempDir;

use super::*;
use crate::collect::Collect;

/// A `.psv` file: its header, and rows of which only the named columns are present.
fn psv(rows: &[&str]) -> String {
    let names = COLUMNS.map(|column| column.name);
    let mut text = names.join("|") + "\n";
    for row in rows {
        let value = |name: &str| {
            let pairs = row.split(' ').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next_back().unwrap_or("NaN")
        };
        text += &names.map(value).join("|");
        text += "\n";
    }
    text
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn read(path: &Path) -> (Collect, Result<Summary, Error>) {
    let mut sink = Collect::default();
    let outcome = open(path).and_then(|mut source| source.read(&mut sink));
    (sink, outcome)
}

/// Reads a damaged input: the error says all of `expect`, and so many records were given before it.
#[track_caller]
fn check_damage(path: &Path, expect: &[&str], records: usize) {
    let (sink, outcome) = read(path);
    let error = outcome.unwrap_err().to_string();
    for expect in expect {
        assert!(error.contains(expect), "`{expect}` in: {error}");
    }
    assert_eq!(sink.given.len(), records, "{error}");
}

const GOOD: &str = "HR=80 ICULOS=1 SepsisLabel=0";

#[test]
fn two_patients_become_these_lines() {
    let first = psv(&[
        "Age=100 Gender=0 Unit1=1 Unit2=0 HospAdmTime=-0.5 ICULOS=1 SepsisLabel=0 SaO2=97",
        "HR=97 O2Sat=95 Temp=36.5 FiO2=0.5 Lactate=1.8 Magnesium=2 Age=100 ICULOS=2 SepsisLabel=1",
    ]);
    let second = psv(&["AST=30 Age=83.14 Gender=1 ICULOS=1 SepsisLabel=0"]);
    let folder = folder(&[("training_setA/p000002.psv", &second), ("training_setA/p000001.psv", &first)]);
    let (sink, outcome) = read(folder.path());
    let lines: Vec<_> = sink.given.iter().map(|given| format!("{} {}", given.topic, given.text())).collect();
    let expected = [
        r#"patients {"patient_id":"p000001","age":90.0,"sex":"female","care_unit":"MICU","admitted_at":"2019-01-02T23:30:00Z","unit_admitted_at":"2019-01-03T00:00:00Z","source":"physionet-2019"}"#,
        r#"labels {"patient_id":"p000001","time":"2019-01-03T01:00:00Z","label":false,"horizon_hours":6.0,"source":"physionet-2019"}"#,
        r#"patient-vitals {"patient_id":"p000001","timestamp":"2019-01-03T02:00:00Z","source":"physionet-2019","heart_rate":97.0,"spo2":95.0,"temperature":36.5,"fio2":0.5}"#,
        r#"lab-results {"patient_id":"p000001","timestamp":"2019-01-03T02:00:00Z","test_name":"lactate","value":1.8,"unit":"mg/dL","source":"physionet-2019"}"#,
        r#"lab-results {"patient_id":"p000001","timestamp":"2019-01-03T02:00:00Z","test_name":"magnesium","value":2.0,"unit":"mmol/dL","source":"physionet-2019"}"#,
        r#"labels {"patient_id":"p000001","time":"2019-01-03T02:00:00Z","label":true,"horizon_hours":6.0,"source":"physionet-2019"}"#,
        r#"patients {"patient_id":"p000002","age":83.14,"sex":"male","unit_admitted_at":"2019-01-14T00:00:00Z","source":"physionet-2019"}"#,
        r#"lab-results {"patient_id":"p000002","timestamp":"2019-01-14T01:00:00Z","test_name":"ast","value":30.0,"unit":"IU/L","source":"physionet-2019"}"#,
        r#"labels {"patient_id":"p000002","time":"2019-01-14T01:00:00Z","label":false,"horizon_hours":6.0,"source":"physionet-2019"}"#,
    ];
    assert_eq!(lines, expected);
    for given in &sink.given {
        Event::parse(given.topic, &given.line).unwrap();
    }
    let summary = outcome.unwrap();
    assert_eq!((summary.patients, summary.rows, sink.done), (2, 3, 2));
    assert_eq!(summary.unmapped.len(), 1);
    assert_eq!((summary.unmapped[0].0.as_str(), summary.unmapped[0].1), ("SaO2", 1));
    assert!(summary.mapped.contains(&("Lactate".into(), 1)));
    let records = [("patient-vitals", 1), ("lab-results", 3), ("patients", 2), ("labels", 3)];
    assert_eq!(summary.records, records.map(|(name, count)| (name.to_string(), count)));
}

#[test]
fn the_archive_and_its_folder_give_the_same() {
    let files = [("set/p1.psv", psv(&[GOOD; 3])), ("set/p2.psv", psv(&[GOOD])), ("set/README", "words".into())];
    let files = files.each_ref().map(|(name, content)| (*name, content.as_str()));
    let folder = folder(&files);
    let archive = folder.path().join("all.psv.tar.zst");
    fs::write(&archive, zstd_of(&tar_of(&files))).unwrap();
    let (of_archive, of_folder) = (read(&archive), read(folder.path()));
    assert_eq!(of_archive.0.given, of_folder.0.given);
    assert_eq!(of_archive.1.unwrap(), of_folder.1.unwrap());
    assert_eq!(of_archive.0.done, fs::metadata(&archive).unwrap().len());

    let log = open(&archive).unwrap().log();
    assert!(log.starts_with("physionet-2019-") && log.len() == "physionet-2019-".len() + 12, "{log}");
    assert_eq!(log, open(&archive).unwrap().log());
    assert_ne!(log, open(folder.path()).unwrap().log());
}

#[test]
fn line_ends_of_windows_are_line_ends() {
    let text = psv(&[GOOD, GOOD]).replace('\n', "\r\n");
    let (sink, outcome) = read(folder(&[("p1.psv", &text)]).path());
    assert_eq!((outcome.unwrap().rows, sink.given.len()), (2, 5));
}

#[test]
fn damaged_rows_are_named_by_file_and_line() {
    let cases = [
        (GOOD.replace("80", "fast"), "p2.psv:3: HR is `fast`"),
        (GOOD.replace("80", "inf"), "p2.psv:3: HR is `inf`"),
        (GOOD.replace("SepsisLabel=0", ""), "p2.psv:3: SepsisLabel is missing"),
        (GOOD.replace("SepsisLabel=0", "SepsisLabel=2"), "p2.psv:3: SepsisLabel is 2"),
        (GOOD.replace("ICULOS=1", ""), "p2.psv:3: ICULOS"),
        (GOOD.replace("ICULOS=1", "ICULOS=-5"), "p2.psv:3: ICULOS is -5"),
        (GOOD.replace("ICULOS=1", "ICULOS=1e300"), "p2.psv:3: ICULOS"),
    ];
    for (row, expect) in cases {
        let files = [("p1.psv", psv(&[GOOD])), ("p2.psv", psv(&[GOOD, &row, GOOD])), ("p3.psv", psv(&[GOOD]))];
        let folder = folder(&files.each_ref().map(|(name, content)| (*name, content.as_str())));
        check_damage(folder.path(), &[expect], 6);
    }
    let good = psv(&[GOOD]);
    let cases = [
        (format!("{good}1|2|3\n"), "p2.psv:3: 3 fields where 41 belong", 6),
        (format!("{good}\n{good}"), "p2.psv:3: 1 fields where 41 belong", 6),
        (good.replace("|0\n", "|0|9\n"), "p2.psv:2: 42 fields", 3),
        (
            good.replace("|SepsisLabel", ""),
            "p2.psv:1: the header is not that of PhysioNet 2019; columns missing: SepsisLabel",
            3,
        ),
        (good.replace("Lactate", "Laktat"), "missing: Lactate; unknown: Laktat", 3),
        (String::new(), "p2.psv:1: the file is empty", 3),
        (psv(&[]), "p2.psv:2: no row follows", 3),
        ("\u{0}\u{1}\u{2}".into(), "p2.psv:1: no header", 3),
    ];
    for (content, expect, records) in cases {
        check_damage(folder(&[("p1.psv", &good), ("p2.psv", &content)]).path(), &[expect], records);
    }
    check_damage(folder(&[("Jane Doe.psv", &good)]).path(), &["Jane Doe.psv", "p000001.psv"], 0);
    check_damage(
        folder(&[("a/p1.psv", &good), ("b/p1.psv", &good)]).path(),
        &["b/p1.psv", "second file of patient p1"],
        3,
    );
}

#[test]
fn wrong_inputs_explain_themselves() {
    let good = psv(&[GOOD]);
    let good_tar = tar_of(&[("set/p1.psv", &good)]);
    let folder = folder(&[("one/x.txt", ""), ("two/set.tar.zst", ""), ("p1.psv", &good)]);
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    check_damage(&folder.path().join("none"), &["none: nothing is there", "give the .psv.tar.zst"], 0);
    check_damage(&folder.path().join("one"), &["one: the folder holds no .psv file"], 0);
    check_damage(&folder.path().join("two"), &["no .psv file of the set; give its archive instead", "set.tar.zst"], 0);
    check_damage(&folder.path().join("p1.psv"), &["p1.psv: this is one file of the set; give"], 0);
    check_damage(&file("a.parquet", b"PAR1...PAR1"), &["a.parquet: this is a Parquet file"], 0);
    check_damage(&file("a.tar.gz", &[0x1f, 0x8b, 8, 0]), &["cut short or damaged at its start"], 0);
    check_damage(&file("a.zip", b"PK\x03\x04"), &["zip"], 0);
    check_damage(&file("empty.tar.zst", b""), &["empty.tar.zst: the file is empty"], 0);
    check_damage(&file("garbage.tar.zst", &[7; 99]), &["no archive of zstd or gzip"], 0);
    check_damage(&file("zeros.tar.zst", &zstd_of(&[0; 2048])), &["holds no .psv file"], 0);
    check_damage(&file("other.tar.zst", &zstd_of(&tar_of(&[("a.txt", "x")]))), &["holds no .psv file"], 0);
    check_damage(&file("words.tar.zst", &zstd_of(&[b'x'; 4096])), &["damaged at its start", "download"], 0);
    let cut = &zstd_of(&good_tar)[..40];
    check_damage(&file("cut.tar.zst", cut), &["cut.tar.zst: the archive is cut short or damaged at its start"], 0);
    let mut broken = zstd_of(&good_tar);
    broken[12..40].fill(0xff);
    check_damage(&file("broken.tar.zst", &broken), &["damaged"], 0);
}

/// What came before the cut is given, in whole files.
#[test]
fn a_cut_archive_gives_what_came_before() {
    let good = psv(&[GOOD]);
    let tar = tar_of(&[("set/p1.psv", &good), ("set/p2.psv", &good)]);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cut.tar.zst");
    let second = 512 + good.len().div_ceil(512) * 512;
    for cut in [second + 100, second + 512, second + 600] {
        fs::write(&path, zstd_of(&tar[..cut])).unwrap();
        check_damage(&path, &["cut short or damaged after set/p1.psv", "download it again"], 3);
    }
}

#[test]
fn a_full_sink_ends_the_import() {
    struct Full;
    impl Sink for Full {
        fn accept(&mut self, _: Record<'_>) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn progress(&mut self, _: u64) {}
    }
    let folder = folder(&[("p1.psv", &psv(&[GOOD]))]);
    let error = open(folder.path()).unwrap().read(&mut Full).unwrap_err();
    assert!(matches!(error, Error::Sink(_)), "{error}");
}

/// Counts the labels of the real set as its authors published them.
#[derive(Default)]
struct Labels {
    rows: u64,
    positive: u64,
    septic: HashSet<String>,
    bytes: u64,
}

impl Sink for Labels {
    fn accept(&mut self, record: Record<'_>) -> io::Result<()> {
        self.bytes += record.line.len() as u64;
        if record.topic == Topic::Labels {
            self.rows += 1;
            // Looking is enough, and thrice as fast as parsing where nothing is optimised.
            if record.line.windows(12).any(|text| text == br#""label":true"#) {
                self.positive += 1;
                self.septic.insert(record.patient_id.to_string());
            }
        }
        Ok(())
    }
    fn progress(&mut self, _: u64) {}
}

/// The real archive, or `None` with a word about it where this machine has none.
fn real_archive() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap();
    let data = std::env::var_os("STRATA_DATA").map_or_else(|| workspace.join("../shared/data"), PathBuf::from);
    let path = data.join("physionet-2019-setA/training_setA.psv.tar.zst");
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is absent; set STRATA_DATA to the folder of the data", path.display());
    None
}

#[test]
fn the_real_set_has_its_published_counts() {
    let Some(path) = real_archive() else { return };
    let mut sink = Labels::default();
    let started = std::time::Instant::now();
    let summary = open(&path).unwrap().read(&mut sink).unwrap();
    let elapsed = started.elapsed();
    assert_eq!((summary.patients, summary.rows), (20_336, 790_215));
    assert_eq!((sink.rows, sink.positive, sink.septic.len()), (790_215, 17_136, 1_790));
    let unmapped: Vec<_> = summary.unmapped.iter().map(|(name, count, _)| (name.as_str(), *count)).collect();
    assert_eq!(unmapped, [("SaO2", 39_160), ("Bilirubin_direct", 1_182)]);
    assert!(summary.mapped.contains(&("Lactate".into(), 27_143)), "{:?}", summary.mapped);
    eprintln!("{elapsed:?} for {} MB of records: {:?}", sink.bytes / 1_000_000, summary.records);
}

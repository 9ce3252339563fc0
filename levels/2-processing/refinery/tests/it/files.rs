//! Which files a wave makes, and which it leaves alone.

use strata_lakehouse::DataFile;
use strata_refinery::VITALS;
use strata_types::{HOUR, Timestamp};

use crate::world::{SECOND, START, count, lakehouse, land_and_refine, reading, refine, state};

async fn files(root: &std::path::Path) -> Vec<DataFile> {
    lakehouse(root).existing(&VITALS).await.unwrap().unwrap().files().to_vec()
}

/// Fault 24: each run overwrote the whole day. A wave of other times leaves the day's files as they are; a correction
/// replaces the one file that held what it corrects.
#[tokio::test]
async fn only_what_is_corrected_is_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let at = |hour: i64| Timestamp(START + hour * HOUR);
    land_and_refine(root, "a", vec![reading("p1", at(1), 80), reading("p2", at(1), 81)], 1 << 30).await;
    let one = files(root).await;
    // The same time as standing rows, but another patient: nothing to correct.
    land_and_refine(root, "b", vec![reading("p3", at(1), 82)], 1 << 30).await;
    let two = files(root).await;
    assert!(two.len() == 2 && two.contains(&one[0]), "{two:?}");

    let mut correction = reading("p1", at(1), 99);
    correction.logged = at(5);
    land_and_refine(root, "c", vec![correction], 1 << 30).await;
    let corrected = files(root).await;
    assert_eq!(two.iter().filter(|file| corrected.contains(file)).count(), 1, "{corrected:?}");
    assert_eq!(count(root, "SELECT * FROM vitals").await, 3);
    assert_eq!(count(root, "SELECT * FROM vitals WHERE heart_rate = 99").await, 1);
    // The older record again: it loses to what stands, and nothing moves.
    land_and_refine(root, "d", vec![reading("p1", at(1), 80)], 1 << 30).await;
    assert_eq!(files(root).await, corrected);
}

/// The statistics of a file cover its rows to the microsecond, whatever engine reads them.
#[tokio::test]
async fn times_are_said_outwards_to_the_millisecond() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let (first, last) = (Timestamp(START + 1_234_567), Timestamp(START + 5_000_001));
    land_and_refine(root, "a", vec![reading("p1", first, 80), reading("p1", last, 81)], 1 << 30).await;
    let [file] = &files(root).await[..] else { panic!("one file") };
    assert_eq!(file.times, Some(START + 1_234_000..=START + 5_001_000));
    let log = std::fs::read_to_string(root.join("tables/vitals/_delta_log/00000000000000000001.json")).unwrap();
    assert!(log.contains(r#"\"timestamp\":\"2026-01-01T00:00:01.234Z\""#), "{log}");
    assert!(log.contains(r#"\"timestamp\":\"2026-01-01T00:00:05.001Z\""#), "{log}");
    let exactly = format!("SELECT * FROM vitals WHERE timestamp = TIMESTAMP '{last}'");
    assert_eq!(count(root, &exactly).await, 1);
    let newest =
        format!("SELECT 1 FROM (SELECT max(timestamp) AS newest FROM vitals) WHERE newest = TIMESTAMP '{last}'");
    assert_eq!(count(root, &newest).await, 1, "a maximum is that of the rows, not that of the statistics");
}

/// However many small waves come, few files stay, and every row once.
#[tokio::test]
async fn many_waves_leave_few_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for wave in 0..30 {
        let readings =
            (0..5).map(|patient| reading(&format!("p{patient}"), Timestamp(START + wave * SECOND), 60 + wave));
        land_and_refine(root, &format!("w{wave}"), readings.collect(), 1 << 30).await;
    }
    assert!(files(root).await.len() < 4);
    assert_eq!(count(root, "SELECT DISTINCT patient_id, timestamp FROM vitals").await, 150);
    assert_eq!(count(root, "SELECT * FROM vitals").await, 150);
}

/// Quarantine is committed before the rows. When the process ends between the two, the same records are refined again, and
/// the end is the same.
#[tokio::test]
async fn an_end_between_the_commits_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let time = Timestamp(START + HOUR);
    land_and_refine(root, "a", vec![reading("p1", time, 80), reading("p2", time, 80)], 1 << 30).await;
    let mut refused = reading("p1", time, 999);
    refused.logged = time + SECOND;
    let mut half = reading("p2", time, 999);
    half.line = half.line.replace("\"heart_rate\"", "\"spo2\":97,\"heart_rate\"");
    half.logged = time + SECOND;
    let mut torn = reading("p3", time, 80);
    torn.line.truncate(40);
    land_and_refine(root, "b", vec![refused, half, torn], 1 << 30).await;
    let expected = state(root).await;
    let log = root.join("tables/vitals/_delta_log");
    std::fs::remove_file(log.join("00000000000000000002.json")).unwrap();
    assert_ne!(state(root).await, expected, "the commit of the rows is gone");
    refine(root, 1 << 30).await;
    assert_eq!(state(root).await, expected);
}

/// Tidying takes away what counts no more, and who reads the newest version reads on; so does who writes.
#[tokio::test(flavor = "multi_thread")]
async fn tidying_disturbs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let write = async |wave: i64| {
        let readings = vec![reading("p1", Timestamp(START + wave * SECOND), 60)];
        land_and_refine(root, &format!("w{wave}"), readings, 1 << 30).await;
    };
    for wave in 0..25 {
        write(wave).await;
    }
    let mut table = lakehouse(root).existing(&VITALS).await.unwrap().unwrap();
    let reader = lakehouse(root).existing(&VITALS).await.unwrap().unwrap();
    let on_disk = || walk(&root.join("tables/vitals"), "parquet");
    assert!(on_disk() > table.files().len(), "merging has left files behind");
    let tidied = table.tidy(START / 1_000).await.unwrap();
    assert_eq!((tidied.files, tidied.entries), (0, 0), "nothing has been useless for an hour");
    // A hundred years on.
    let tidied = table.tidy(START / 1_000 + 100 * 365 * 24 * 3_600_000).await.unwrap();
    assert!(tidied.files > 5 && tidied.entries > 5, "{tidied:?}");
    assert_eq!(on_disk(), table.files().len());
    for file in reader.files() {
        assert!(!reader.read(file, &[]).await.unwrap().is_empty());
    }
    assert_eq!(count(root, "SELECT * FROM vitals").await, 25);
    write(25).await;
    assert_eq!(count(root, "SELECT * FROM vitals").await, 26);
}

/// The data files below a folder.
fn walk(folder: &std::path::Path, ends: &str) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let count = |path: std::path::PathBuf| match path.is_dir() {
        true if path.ends_with("_delta_log") => 0,
        true => walk(&path, ends),
        false => usize::from(path.extension().is_some_and(|extension| extension == ends)),
    };
    entries.map(count).sum()
}

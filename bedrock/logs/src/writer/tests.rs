//! The queue and the files, without the thread between them, so that nothing depends on who is faster.

use std::fs;
use std::path::Path;

use strata_runtime::clock::Fixed;
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::{Lines, Reader, with_tasks};

const NOON: i64 = 1_772_366_400_000_000;

fn settings(folder: &Path) -> Settings {
    let services = ["landing", "serving"].map(str::to_owned).to_vec();
    Settings { folder: folder.to_owned(), services, rotation: Rotation::default() }
}

/// Says this to a queue of so many, and writes what is in it.
fn said(folder: &Path, waiting: usize, say: impl FnOnce()) -> Writer {
    let (layer, mut writer) = queue(settings(folder), Arc::new(Fixed::at(NOON)), waiting).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
    write(&mut writer);
    writer
}

fn write(writer: &mut Writer) {
    while let Ok(message) = writer.receiver.try_recv() {
        writer.take(message);
    }
    writer.flush();
}

fn lines(folder: &Path, service: &str) -> Vec<Line> {
    let lines: Lines = Reader::new(folder).services([service]).read().unwrap();
    lines.map(Result::unwrap).collect()
}

fn messages(folder: &Path, service: &str) -> Vec<String> {
    lines(folder, service).into_iter().map(|line| line.message).collect()
}

#[test]
fn a_line_says_all_that_was_said() {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), 9, || {
        let task = tracing::info_span!("task", scope = %"strata/landing", name = "write");
        let request = tracing::info_span!(parent: &task, "request", id = 7);
        request.in_scope(|| {
            tracing::warn!(target: "here", late = 3, full = false, share = 0.5, odd = f64::NAN, "{} are late", "objects");
        });
    });
    let fields = serde_json::json!({"late": 3, "full": false, "share": 0.5, "odd": "NaN"});
    let expected = Line {
        time: Timestamp(NOON),
        level: Level::WARN,
        service: "landing".to_owned(),
        target: "here".to_owned(),
        message: "objects are late".to_owned(),
        span: "strata/landing/write/request".to_owned(),
        fields: fields.as_object().unwrap().clone(),
    };
    assert_eq!(lines(folder.path(), "landing"), [expected]);
}

#[test]
fn a_line_stands_with_its_service() {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), 99, || {
        let task = |scope| tracing::info_span!("task", scope, name = "work");
        tracing::info!("outside of any");
        tracing::info!(service = "landing", "by its field");
        tracing::info!(service = "../../etc/passwd", "by a field that names no service");
        task("strata/landing/objects").in_scope(|| tracing::info!("by its scope"));
        task("strata/landing").in_scope(|| tracing::info!(service = "serving", "its field before its scope"));
        task("landing/of").in_scope(|| tracing::info!("a root is no service"));
        task("strata/serving")
            .in_scope(|| task("strata").in_scope(|| tracing::info!("a scope of none keeps the outer one")));
        task("strata/landing").in_scope(|| task("strata/serving").in_scope(|| tracing::info!("the inner scope")));
    });
    assert_eq!(messages(folder.path(), "landing"), ["by its field", "by its scope"]);
    let serving = ["its field before its scope", "a scope of none keeps the outer one", "the inner scope"];
    assert_eq!(messages(folder.path(), "serving"), serving);
    let strata = ["outside of any", "by a field that names no service", "a root is no service"];
    assert_eq!(messages(folder.path(), "strata"), strata);
    assert_eq!(lines(folder.path(), "strata")[1].fields["service"], "../../etc/passwd");
    assert_eq!(lines(folder.path(), "landing")[0].fields.len(), 0);
}

#[test]
fn a_filter_that_hides_tasks_does_not_hide_whose_a_line_is() {
    use tracing_subscriber::{EnvFilter, Layer};
    let folder = tempfile::tempdir().unwrap();
    let (layer, mut writer) = queue(settings(folder.path()), Arc::new(Fixed::at(NOON)), 9).unwrap();
    let layer = layer.with_filter(with_tasks(EnvFilter::new("warn")));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let task = tracing::info_span!("task", scope = "strata/landing", name = "work");
        task.in_scope(|| {
            tracing::info!("hidden");
            tracing::warn!("shown");
        });
    });
    write(&mut writer);
    assert_eq!(messages(folder.path(), "landing"), ["shown"]);
}

/// Fault 55: whatever way a secret takes into an event, it is not in the file.
#[test]
fn no_secret_reaches_a_file() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by its Debug")]
    struct Login<'a> {
        user: &'a str,
        token: Option<&'a str>,
    }
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), 9, || {
        let login = Login { user: "ann", token: Some("hunter2") };
        let body = serde_json::json!({"a": [{"password": "hunter2"}]});
        tracing::info!(password = "hunter2", user.token = "hunter2", patient_id = 2222, ?login, %body, "a login");
        tracing::info!("another library says: sasl.password=hunter2, redis://ann:hunter2@cache");
    });
    let text = fs::read_to_string(folder.path().join("strata.ndjson")).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("2222"), "{text}");
    assert!(text.contains("ann") && text.contains("a login"), "{text}");
}

/// Fault 26: what is thrown away is counted.
#[test]
fn what_finds_the_queue_full_is_dropped_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let writer = said(folder.path(), 4, || (0..10).for_each(|n| tracing::info!(service = "landing", "line {n}")));
    assert_eq!(messages(folder.path(), "landing"), ["line 0", "line 1", "line 2", "line 3"]);
    let notes = lines(folder.path(), "strata");
    assert_eq!((notes.len(), &notes[0].fields["dropped"]), (1, &6.into()));
    assert_eq!(writer.counts.dropped.load(Ordering::SeqCst), 6);
}

#[test]
fn a_folder_that_cannot_be_written_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    fs::write(&logs, "not a folder").unwrap();
    let (layer, mut writer) = queue(settings(&logs), Arc::new(Fixed::at(NOON)), 9).unwrap();
    let say = |text: &str| layer.intake.offer(layer.services[text], format!("{{\"{text}\":1}}\n").into_bytes());
    say("landing");
    write(&mut writer);
    say("serving");
    write(&mut writer);
    fs::remove_file(&logs).unwrap();
    say("landing");
    write(&mut writer);
    assert_eq!(fs::read_to_string(logs.join("landing.ndjson")).unwrap(), "{\"landing\":1}\n");
    assert_eq!(lines(&logs, "strata")[0].fields["dropped"], 2);
    write(&mut writer);
    assert_eq!(lines(&logs, "strata").len(), 1, "it is told once");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_lines_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let full = folder.path().join("landing.ndjson");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let (layer, mut writer) = queue(settings(folder.path()), Arc::new(Fixed::at(NOON)), 9).unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        tracing::info!(service = "landing", "lost");
        tracing::info!(service = "serving", "another file, which takes it");
        write(&mut writer);
        fs::remove_file(&full).unwrap();
        tracing::info!(service = "landing", "there is room again");
        write(&mut writer);
    });
    // The trouble is told in the service's own log, as soon as that is possible.
    let landing = messages(folder.path(), "landing");
    assert_eq!((landing.len(), landing[1].as_str()), (2, "there is room again"), "{landing:?}");
    assert!(landing[0].starts_with("logs cannot be written"), "{landing:?}");
    assert_eq!(messages(folder.path(), "serving").len(), 1);
    assert_eq!(lines(folder.path(), "strata")[0].fields["dropped"], 1);
}

#[test]
fn a_service_without_a_sound_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "../up", "a.b", "Landing", "a/b"] {
        let settings = Settings { services: vec![name.to_owned()], ..settings(folder.path()) };
        assert!(matches!(start(settings, Arc::new(Fixed::at(NOON))), Err(Error::Name(bad)) if bad == name));
    }
}

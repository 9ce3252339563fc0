//! The layers from outside: who wins, and what is refused with which words.

use std::fs;
use std::path::{Path, PathBuf};

use strata_config::{Config, Layers, OnInvalid, Origin, load};
use tempfile::TempDir;

fn written(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("mine.toml");
    fs::write(&file, text).expect("a file in it");
    (folder, file)
}

/// The error that a file with this text gives, without the folder it lies in.
fn refused(text: &str) -> String {
    let (folder, file) = written(text);
    let error = load(&Layers::default().file(file)).expect_err("it is wrong").to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

fn refused_env(name: &str, value: &str) -> String {
    load(&Layers::default().env([(name, value)])).expect_err("it is wrong").to_string()
}

#[test]
fn the_defaults_are_complete_and_valid() {
    let config = Config::default();
    assert_eq!(config.serving.port, 8000);
    assert_eq!(config.training.hidden, [64, 32]);
    assert_eq!(config.processing.on_invalid, OnInvalid::Cell);
    assert_eq!(config.data_dir, Path::new("strata-data"));
    assert!(config.explain().iter().all(|setting| setting.origin == Origin::BuiltIn));
}

#[test]
fn later_layers_win_and_are_named() {
    let (_folder, file) = written("[serving]\nport = 1\ntop_factors = 1\n[training]\nmax_epochs = 1\n");
    let layers = Layers::default()
        .file(&file)
        .env([("STRATA_SERVING__PORT", "2"), ("STRATA_TRAINING__MAX_EPOCHS", "2")])
        .flags([("serving.port", "3")]);
    let config = load(&layers).expect("valid");
    assert_eq!((config.serving.port, config.training.max_epochs, config.serving.top_factors), (3, 2, 1));
    let origin = |key: &str| {
        let setting = config.explain().iter().find(|setting| setting.key == key);
        setting.expect("a known key").origin.to_string()
    };
    assert_eq!(origin("serving.port"), "command line");
    assert_eq!(origin("training.max_epochs"), "$STRATA_TRAINING__MAX_EPOCHS");
    assert_eq!(origin("serving.top_factors"), format!("{}:3", file.display()));
    assert_eq!(origin("serving.host"), "built in");
}

#[test]
fn a_file_that_says_what_the_defaults_say_changes_nothing() {
    let (_folder, file) = written(strata_config::DEFAULTS);
    let config = load(&Layers::default().file(file)).expect("valid");
    let values = |config: &Config| config.explain().iter().map(|s| s.value.clone()).collect::<Vec<_>>();
    assert_eq!(values(&config), values(&Config::default()));
}

#[test]
fn texts_are_read_as_what_their_key_holds() {
    let layers = Layers::default().env([
        ("STRATA_TRAINING__HIDDEN", "16,8"),
        ("STRATA_TRAINING__DROPOUT", "0"),
        ("STRATA_PROCESSING__ON_INVALID", "row"),
        ("STRATA_PROCESSING__REQUIRE_ENROLMENT", "true"),
        ("STRATA_DATA_DIR", "/data"),
        ("STRATA_CACHE", "not a setting"),
    ]);
    let config = load(&layers.flags([("training.hidden", "[4]")])).expect("valid");
    assert_eq!((config.training.hidden.as_slice(), config.training.dropout), (&[4][..], 0.0));
    assert_eq!(config.processing.on_invalid, OnInvalid::Row);
    assert!(config.processing.require_enrolment);
    assert_eq!(config.data_dir, Path::new("/data"));
}

#[test]
fn the_users_folders_follow_xdg() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join(".config/strata");
    fs::create_dir_all(&folder).expect("a folder in it");
    fs::write(folder.join("strata.toml"), "[serving]\nport = 9\n").expect("a file in it");
    let config = load(&Layers::default().env([("HOME", home.path())])).expect("valid");
    assert_eq!(config.serving.port, 9);
    assert_eq!(config.data_dir, home.path().join(".local/share/strata"));
    let config = load(&Layers::default().env([("HOME", "/home/a"), ("XDG_DATA_HOME", "/data")])).expect("valid");
    assert_eq!(config.data_dir, Path::new("/data/strata"));
    let config = load(&Layers::default().env([("HOME", "/home/a"), ("XDG_DATA_HOME", "relative")])).expect("valid");
    assert_eq!(config.data_dir, Path::new("/home/a/.local/share/strata"));
}

#[test]
fn unknown_keys_are_errors_that_name_the_nearest() {
    assert_eq!(
        refused("\n[serving]\nprot = 1\n"),
        "unknown key `serving.prot` (mine.toml:3); did you mean `serving.port`?"
    );
    assert_eq!(refused("port = 1\n"), "unknown key `port` (mine.toml:1); did you mean `features.port`?");
    assert_eq!(
        refused("[monitoring]\n"),
        "unknown key `monitoring` (mine.toml:1); `strata config show` lists all keys"
    );
    assert_eq!(
        refused_env("STRATA_TRAINING__EPOCHS", "1"),
        "unknown key `training.epochs` ($STRATA_TRAINING__EPOCHS); did you mean `training.max_epochs`?"
    );
    let error = load(&Layers::default().flags([("servin.port", "1")])).expect_err("it is wrong");
    assert_eq!(error.to_string(), "unknown key `servin.port` (command line); did you mean `serving.port`?");
}

#[test]
fn wrong_types_name_the_key_the_place_and_what_was_expected() {
    assert_eq!(
        refused("serving = { port = \"8000\" }"),
        "`serving.port` must be a whole number, not \"8000\" (mine.toml:1)"
    );
    assert_eq!(refused("serving = 8000"), "`serving` must be a section, not 8000 (mine.toml:1)");
    assert_eq!(
        refused_env("STRATA_SERVING__PORT", "many"),
        "`serving.port` must be a whole number, not \"many\" ($STRATA_SERVING__PORT)"
    );
    assert_eq!(
        refused_env("STRATA_TRAINING__HIDDEN", "a,b"),
        "`training.hidden` must be a list of whole numbers, not \"a,b\" ($STRATA_TRAINING__HIDDEN)"
    );
}

#[test]
fn ranges_are_checked() {
    assert_eq!(
        refused("[training]\ndropout = 1.5"),
        "`training.dropout` must be at least 0 and below 1, not 1.5 (mine.toml:2)"
    );
    assert_eq!(
        refused_env("STRATA_LABELS__MIN_GRADE", "6"),
        "`labels.min_grade` must be at least 1 and at most 5, not 6 ($STRATA_LABELS__MIN_GRADE)"
    );
    assert_eq!(
        refused_env("STRATA_LABELS__HORIZON_HOURS", "nan"),
        "`labels.horizon_hours` must be a number, not nan ($STRATA_LABELS__HORIZON_HOURS)"
    );
}

/// Fault 44: nothing listens beyond this machine without TLS and tokens.
#[test]
fn only_loopback_is_served() {
    let error = refused("[serving]\nhost = \"0.0.0.0\"\n");
    assert!(
        error.starts_with("`serving.host` must be a loopback address such as 127.0.0.1, not 0.0.0.0 (mine.toml:2):")
    );
    assert!(error.contains("neither TLS nor tokens"), "{error}");
    load(&Layers::default().flags([("serving.host", "::1")])).expect("loopback too");
}

/// Fault 44: secrets in committed reports. What is wrong with one is told without it, and so is where it came from.
#[test]
fn secrets_are_not_shown() {
    let layers = Layers::default().flags([("infrastructure.database", "postgres://me:hunter2@there/strata")]);
    let config = load(&layers).expect("valid");
    let shown = config.explain().iter().find(|setting| setting.key == "infrastructure.database").expect("it is there");
    assert_eq!(shown.value, "\"****\"");
    assert!(!format!("{config:?}").contains("hunter2"));
    assert!(config.infrastructure.database.expose().contains("hunter2"));
    for wrong in ["{ password = \"hunter2\" }", "[\"hunter2\"]"] {
        let error = refused(&format!("[infrastructure]\ndatabase = {wrong}\n"));
        assert!(error.contains("infrastructure.database") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let error = refused("[serving\n");
    assert!(error.starts_with("mine.toml is not valid TOML: TOML parse error at line 1"), "{error}");
    let error = load(&Layers::default().file("/nowhere/strata.toml")).expect_err("it is wrong");
    assert_eq!(error.to_string(), "cannot read the configuration file /nowhere/strata.toml");
}

//! No identifier of a patient goes anywhere but into its pseudonym.

use std::fs;

use strata_gateway::{Config, Error, build};

use crate::door::{Door, JSON, LINES, NOON, VITALS, parts, reading};
use crate::file_log::FileLog;

const NAME: &str = "Doe, Jane (MRN 4711)";

fn key(config: &mut Config, folder: &std::path::Path) {
    let path = folder.join("key");
    fs::write(&path, [7; 32]).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    config.pseudonym_key = Some(path);
}

#[test]
fn a_name_leaves_no_trace() {
    let secrets = tempfile::tempdir().unwrap();
    let door = Door::with(|config| key(config, secrets.path()));
    let named = reading("p1", 1).replacen("p1", NAME, 1).replacen('{', r#"{"phone":"555-0100","#, 1);
    let refused = format!("{{\"patient_id\":\"{NAME}\"}}");
    let answer = door.post(VITALS, LINES, format!("{named}\n{refused}\n"));
    assert_eq!((answer.status, answer.counts()), (200, (1, 0, 1)));
    assert_eq!(answer.json()["dropped_fields"]["unknown"], 1);
    let observation = format!(
        r#"{{"resourceType":"Observation","code":{{"coding":[{{"code":"8867-4"}}]}},"subject":{{"reference":"Patient/{NAME}"}},
        "effectiveDateTime":"2026-03-01T11:05:00Z","valueQuantity":{{"value":71}}}}"#
    );
    assert_eq!(door.post("/fhir", JSON, observation).counts(), (1, 0, 0));
    let records = door.log.records();
    assert_eq!(records[0].1, records[1].1, "one patient, one pseudonym, whatever the door");
    let mut everything = door.get("/metrics").body + &answer.body;
    for (topic, key, line) in &records {
        everything.extend([topic.as_str(), key, line]);
        assert_eq!(key.len(), 40);
    }
    everything.extend(door.audited().iter().map(|record| format!("{record:?}")));
    for word in ["Doe", "Jane", "MRN", "555-0100"] {
        assert!(!everything.contains(word), "{word} in {everything}");
    }
    assert!(!door.get("/metrics").body.contains(&records[0].1), "a pseudonym is an id, too");
}

/// Fault 44: a key that lies with the data is refused when the gateway is built.
#[test]
fn a_key_in_the_data_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::on_loopback(0, folder.path().to_owned());
    key(&mut config, folder.path());
    let log = std::sync::Arc::new(FileLog::create(folder.path()));
    let error = build(&config, parts(&folder, log, strata_runtime::clock::Fixed::at(NOON))).unwrap_err();
    assert!(matches!(error, Error::Key { .. }), "{error}");
}

//! A folder of NDJSON to a folder of Parquet, without a lake.

use std::fs;

use serde_json::json;
use strata_e2e::Strata;

#[test]
fn a_folder_is_refined_without_a_lake() {
    let Some(strata) = Strata::new() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let (raw, out) = (elsewhere.path().join("raw/date=2026-03-01"), elsewhere.path().join("out"));
    fs::create_dir_all(&raw).unwrap();
    let line = |patient: &str, rate: u32| {
        format!(
            r#"{{"event_id":"{patient}","patient_id":"{patient}","timestamp":"2026-03-01T12:00:00Z","heart_rate":{rate}}}"#
        )
    };
    let lines = [line("a", 80), line("a", 80), line("b", 999), "garbage".to_owned()];
    fs::write(raw.join("x.json"), lines.join("\n")).unwrap();
    let (raw, to) = (elsewhere.path().join("raw"), out.to_str().unwrap());
    let refine = ["refine", "--from", raw.to_str().unwrap(), "--to", to, "--on-invalid", "row"];
    let counts = strata.json(&refine);
    assert_eq!(counts, json!({"read": 4, "malformed": 1, "duplicates": 1, "rejected": 1, "written": 1}));
    for part in ["silver/date=2026-03-01", "rejects", "malformed"] {
        let files = fs::read_dir(out.join(part)).unwrap().map(|file| file.unwrap().path());
        assert!(files.into_iter().any(|file| file.extension().is_some_and(|name| name == "parquet")), "{part}");
    }
    assert_eq!(fs::read_dir(strata.folder()).unwrap().count(), 0, "the data folder is left alone");

    let error = strata.refused(&refine, 1);
    assert!(error.contains("is not empty"), "{error}");
    let error = strata.refused(&["refine", "--from", "/no/such/place", "--to", to], 1);
    assert!(error.contains("/no/such/place"), "{error}");
    strata.refused(&["refine", "--from", "raw"], 64);
    strata.refused(&["refine", "--on-invalid", "row"], 64);
    // For people; with `cell`, what is impossible falls alone.
    let again = elsewhere.path().join("again");
    let text = strata.run(&["refine", "--from", raw.to_str().unwrap(), "--to", again.to_str().unwrap()]);
    assert!(text.contains("malformed") && text.contains("again"), "{text}");
}

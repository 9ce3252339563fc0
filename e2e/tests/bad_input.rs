//! What people get wrong, and what they are told.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use strata_e2e::Strata;

/// A file below the test's own folder.
fn file(strata: &Strata, name: &str, bytes: &[u8]) -> PathBuf {
    let path = strata.folder().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_bad_data_set_is_named_with_its_fault() {
    let Some(strata) = Strata::new() else { return };
    let header = "HR|O2Sat|Temp|SBP|MAP|DBP|Resp|EtCO2|BaseExcess|HCO3|FiO2|pH|PaCO2|SaO2|AST|BUN|Alkalinephos|Calcium|Chloride|\
                  Creatinine|Bilirubin_direct|Glucose|Lactate|Magnesium|Phosphate|Potassium|Bilirubin_total|TroponinI|Hct|Hgb|PTT|\
                  WBC|Fibrinogen|Platelets|Age|Gender|Unit1|Unit2|HospAdmTime|ICULOS|SepsisLabel";
    let row = |hr: &str, hour: u32| format!("{hr}|97|NaN{}|60|1|NaN|NaN|-1|{hour}|0", "|NaN".repeat(31));
    let good = format!("{header}\n{}\n{}\n", row("80", 1), row("82", 2));
    let cases: [(&str, Vec<u8>, &str); 5] = [
        ("empty/p000001.psv", Vec::new(), "p000001.psv"),
        ("columns/p000001.psv", b"HR|O2Sat\n80|97\n".to_vec(), "p000001.psv"),
        (
            "number/p000001.psv",
            format!("{header}\n{}\n{}\n", row("80", 1), row("fast", 2)).into_bytes(),
            "p000001.psv:3",
        ),
        ("garbage.psv.tar.zst", (0..=255).cycle().take(5_000).collect(), "garbage.psv.tar.zst"),
        ("garbage/p000001.psv", vec![0xff; 300], "p000001.psv"),
    ];
    for (name, bytes, expected) in cases {
        let path = file(&strata, name, &bytes);
        let input = if name.contains('/') { path.parent().unwrap().to_owned() } else { path };
        let error = strata.refused(&["import", "physionet-2019", input.to_str().unwrap()], 1);
        assert!(error.contains(expected), "{name}: {error}");
    }
    let empty = strata.folder().join("nothing");
    fs::create_dir(&empty).unwrap();
    strata.refused(&["import", "physionet-2019", empty.to_str().unwrap()], 1);
    let error = strata.refused(&["import", "physionet-2019", "/no/such/place"], 1);
    assert!(error.contains("/no/such/place"), "{error}");
    let error = strata.refused(&["import", "physionet-2091", empty.to_str().unwrap()], 1);
    assert!(error.contains("physionet-2019"), "{error}");

    // Everything before the damage is kept, and nothing else.
    file(&strata, "mixed/p000001.psv", good.as_bytes());
    let mixed = file(&strata, "mixed/p000002.psv", format!("{header}\n{}\n", row("broken", 1)).as_bytes());
    let folder = mixed.parent().unwrap().to_str().unwrap().to_owned();
    let error = strata.refused(&["import", "physionet-2019", &folder], 1);
    assert!(error.contains("p000002.psv:2") && error.contains("kept"), "{error}");
    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(DISTINCT patient_id) FROM labels WHERE patient_id = 'p000001'"), 1);
}

/// A truncated archive keeps what came before the cut.
#[test]
fn a_truncated_archive_keeps_its_beginning() {
    let Some(strata) = Strata::new() else { return };
    let Some(archive) = strata_testkit::shared_data("physionet-2019-setA/training_setA.psv.tar.zst") else { return };
    let bytes = fs::read(archive).unwrap();
    let cut = file(&strata, "cut.psv.tar.zst", &bytes[..bytes.len() / 10]);
    let error = strata.refused(&["import", "physionet-2019", cut.to_str().unwrap()], 1);
    assert!(error.contains("cut.psv.tar.zst") || error.contains(".psv"), "{error}");
    assert!(error.contains("kept"), "{error}");
    strata.json(&["refine"]);
    assert!(strata.number("SELECT count(DISTINCT patient_id) FROM patients") > 500);
}

/// Fault 25: an exception in the loop over the hours went on without advancing, for ever. Here the run ends, names the
/// object, and carries on from the same place once it is whole again.
#[test]
fn damaged_bronze_ends_the_run_and_is_named() {
    let Some(strata) = Strata::new() else { return };
    strata.json(&["generate", "--patients", "20", "--days", "2"]);
    let raw = strata.folder().join("raw/patient-vitals");
    let object = find(&raw, ".ndjson.zst").unwrap();
    let whole = fs::read(&object).unwrap();
    fs::write(&object, &whole[..whole.len() / 2]).unwrap();
    let error = strata.refused(&["refine"], 1);
    let name = object.file_name().unwrap().to_str().unwrap();
    assert!(error.contains(name), "{name}: {error}");
    fs::write(&object, whole).unwrap();
    let vitals = &strata.json(&["refine"])["refined"][1];
    assert_eq!(vitals["topic"], "patient-vitals");
    assert!(vitals["written"].as_u64().unwrap() > 1_000, "{vitals}");
    assert_eq!(strata.json(&["refine"])["refined"][1]["records"], 0);
}

/// The first file below a folder whose name ends so.
fn find(folder: &Path, end: &str) -> Option<PathBuf> {
    fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { find(&path, end) } else { path.to_str()?.ends_with(end).then_some(path) }
    })
}

#[test]
fn usage_and_configuration_are_checked() {
    let Some(strata) = Strata::new() else { return };
    strata.refused(&["conquer"], 64);
    strata.refused(&["demo", "--from", "physionet-2019"], 64);
    let error = strata.refused(&["config", "check", "--set", "training.sede=7"], 1);
    assert!(error.contains("training.seed"), "{error}");
    let file = file(&strata, "site.toml", b"[serving]\nprot = 8001\n");
    let error = strata.refused(&["config", "check", "--config", file.to_str().unwrap()], 1);
    assert!(error.contains("serving.port") && error.contains("site.toml"), "{error}");
    let error = strata.refused(&["serve", "--set", "serving.host=0.0.0.0"], 1);
    assert!(error.contains("loopback"), "{error}");
    assert!(strata.run(&["config", "show"]).contains("training.max_epochs"));
    assert!(strata.run(&["config", "schema"]).contains("\"$schema\""));
    for (command, hint) in [("train", "strata"), ("features", "strata refine"), ("serve", "strata train")] {
        let error = strata.refused(&[command], 1);
        assert!(error.contains(hint), "{command}: {error}");
    }
    let error = strata.refused(&["evaluate", "--run", "nothing"], 1);
    assert!(error.contains("nothing"), "{error}");
}

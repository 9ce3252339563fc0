//! What was refused, tried again.

use strata_refinery::{OnInvalid, Place, Refused, Replayed, Settings};
use strata_types::{Timestamp, Topic};

use crate::world::{SETTINGS, START, count, land, reading, refinery, state};

/// Fault 17: there was no way back from what was refused. By today's rules, what can stand stands now.
#[tokio::test]
async fn the_refused_are_tried_by_todays_rules() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let time = Timestamp(START);
    let mut half = reading("p1", time, 999);
    half.line = half.line.replace("\"heart_rate\"", "\"spo2\":97,\"heart_rate\"");
    let mut no_text = reading("p2", time, 80);
    no_text.line = "\"base64:/w==\"".into();
    land(root, "a", vec![half, no_text, reading("p3", time, 80)]).await;
    let strict = refinery(root, Settings { on_invalid: OnInvalid::Row, ..SETTINGS });
    strict.run(time, &mut |_| {}).await.unwrap();
    assert_eq!(count(root, "SELECT * FROM vitals").await, 1);
    assert_eq!(count(root, "SELECT * FROM quarantine WHERE rule = 'not_utf8_json_line'").await, 1);

    let before = state(root).await;
    let all = Refused::default();
    assert_eq!(strict.replay(&all, time).await.unwrap(), Replayed { tried: 2, in_silver: 0 });
    assert_eq!(state(root).await, before, "the same rules say the same");

    let mild = refinery(root, SETTINGS);
    let elsewhere = Refused { place: Some(Place { log: "a".into(), partition: 0, offset: 77 }), ..Refused::default() };
    assert_eq!(mild.replay(&elsewhere, time).await.unwrap().tried, 0);
    assert_eq!(mild.replay(&Refused { topic: Some(Topic::Labs), ..all.clone() }, time).await.unwrap().tried, 0);
    let invalid = Refused { rule: Some("invalid_value".into()), ..Refused::default() };
    assert_eq!(mild.replay(&invalid, time).await.unwrap(), Replayed { tried: 1, in_silver: 1 });
    assert_eq!(count(root, "SELECT * FROM vitals WHERE spo2 = 97 AND heart_rate IS NULL").await, 1);
    assert_eq!(count(root, "SELECT * FROM quarantine WHERE scope = 'row'").await, 0);
    assert_eq!(count(root, "SELECT * FROM quarantine WHERE scope = 'cell'").await, 1);
    assert_eq!(mild.replay(&all, time).await.unwrap(), Replayed { tried: 1, in_silver: 0 }, "what is no text stays");
}

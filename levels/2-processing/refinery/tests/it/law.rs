//! The law of silver: any batching, any order of arrival and any number of replays give the same rows, and the same quarantine.

use std::collections::BTreeSet;

use proptest::prelude::*;
use strata_lakehouse::Lakehouse;
use strata_landing::{Availability, Bronze, open};
use strata_objects::Objects;
use strata_refinery::{OnInvalid, Refinery, Settings};
use strata_types::{HOUR, MINUTE, PatientId, Timestamp, Topic};

use crate::world::{Arrival, Live, START, follower, land_and_refine, refine, state};

fn arrival() -> impl Strategy<Value = Arrival> {
    let values = prop_oneof![Just(80.0), Just(500.0), Just(120.0), 30.0..200.0_f64];
    // Few patients, times and sources, so that keys meet; a third of the records is damaged in some way.
    (0..3_u8, 0..6_i64, 0..2_u8, 0..6_i64, values, 0..8_u8, 0..3_u8).prop_map(
        |(patient, hour, source, delay, value, damage, id)| {
            let patient: PatientId = format!("p{patient}").parse().unwrap();
            let time = Timestamp(START + hour * 5 * HOUR + i64::from(source) * 1_500);
            let logged = time + delay * 10 * MINUTE;
            let event_id = if id == 0 { String::new() } else { format!(r#","event_id":"e{id}""#) };
            let (topic, line) = match damage {
                0 => (Topic::Vitals, format!(r#"{{"patient_id":"{patient}","timestamp":"{time}","heart_ra"#)),
                1 => (Topic::Vitals, format!(r#"{{"patient_id":"{patient}","timestamp":"{}","heart_rate":{value}}}"#, time + 30 * HOUR)),
                2 | 3 => (
                    Topic::Labs,
                    format!(
                        r#"{{"patient_id":"{patient}","timestamp":"{time}","source":"s{source}","test_name":"creatinine","value":{},"unit":"mg/dL"{event_id}}}"#,
                        value / 20.0
                    ),
                ),
                _ => (
                    Topic::Vitals,
                    format!(
                        r#"{{"patient_id":"{patient}","timestamp":"{time}","source":"s{source}","heart_rate":{value},"blood_pressure_systolic":110,"blood_pressure_diastolic":{}{event_id}}}"#,
                        value / 2.0
                    ),
                ),
            };
            Arrival { topic, patient, logged, line }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn silver_does_not_depend_on_how_records_came(
        mut arrivals in prop::collection::vec(arrival(), 1..40),
        cuts in prop::collection::vec(0_usize..40, 0..9),
        shuffle in any::<u64>(),
        wave_bytes in prop_oneof![Just(1_u64), Just(1_000), Just(1 << 30)],
    ) {
        // Records that cannot be read are kept one by one: the same bytes twice on one log are two of them.
        let unique: BTreeSet<String> = arrivals.iter().map(|arrival| arrival.line.clone()).collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (once, pieces) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        runtime.block_on(async {
            land_and_refine(once.path(), "all", arrivals.clone(), 1 << 30).await;
            let mut seed = shuffle | 1;
            for index in (1..arrivals.len()).rev() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                arrivals.swap(index, (seed >> 33) as usize % (index + 1));
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (arrivals.len() + 1)).collect();
            cuts.push(arrivals.len());
            cuts.sort_unstable();
            let mut from = 0;
            for (number, to) in cuts.into_iter().enumerate() {
                land_and_refine(pieces.path(), &format!("piece-{number}"), arrivals[from..to].to_vec(), wave_bytes).await;
                from = to;
            }
            refine(pieces.path(), wave_bytes).await;
        });
        let (a, b) = runtime.block_on(async { (state(once.path()).await, state(pieces.path()).await) });
        prop_assert_eq!(a, b, "of {} different records", unique.len());
    }

    /// Silver that followed the live log, pass by pass, is what one run makes of it; also when passes were dropped on their way.
    #[test]
    fn following_gives_what_refining_gives(
        arrivals in prop::collection::vec(arrival(), 1..40),
        cuts in prop::collection::vec((0_usize..40, 0_usize..60), 0..9),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (once, followed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (a, b) = runtime.block_on(async {
            land_and_refine(once.path(), "all", arrivals.clone(), 1 << 30).await;
            let mut live = Live::at(followed.path());
            let mut follower = follower(followed.path());
            let mut cuts: Vec<_> = cuts.into_iter().map(|(cut, polls)| (cut % (arrivals.len() + 1), polls)).collect();
            cuts.sort_unstable();
            let mut from = 0;
            for (to, polls) in cuts {
                let landed = live.land(arrivals[from..to].to_vec()).await;
                from = to;
                // Dropped after so many turns, unless it has ended before.
                tokio::select! {
                    biased;
                    pass = follower.pass(&landed, Timestamp(START)) => drop(pass.unwrap()),
                    () = async { for _ in 0..polls { tokio::task::yield_now().await } } => {}
                }
            }
            let landed = live.land(arrivals[from..].to_vec()).await;
            let pass = follower.pass(&landed, Timestamp(START)).await.unwrap();
            assert_eq!(pass.waiting, 0);
            (state(once.path()).await, state(followed.path()).await)
        });
        prop_assert_eq!(a, b);
    }

    /// A replay of the readable records, as another log, changes nothing.
    #[test]
    fn a_replay_changes_nothing(arrivals in prop::collection::vec(arrival(), 1..30)) {
        let readable: Vec<Arrival> = arrivals.into_iter().filter(|arrival| arrival.line.ends_with('}')).collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (before, after) = runtime.block_on(async {
            land_and_refine(folder.path(), "first", readable.clone(), 1_000).await;
            let before = state(folder.path()).await;
            land_and_refine(folder.path(), "again", readable, 1_000).await;
            (before, state(folder.path()).await)
        });
        prop_assert_eq!(before, after);
    }
}

/// Rows of patients without a record wait in quarantine, and return when it comes.
#[tokio::test]
async fn rows_wait_for_their_patient() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let time = Timestamp(START);
    let arrival = |topic, line: String| Arrival { topic, patient: "p1".parse().unwrap(), logged: time, line };
    let vitals = format!(r#"{{"patient_id":"p1","timestamp":"{time}","heart_rate":80}}"#);
    let bronze = || Bronze::new(Objects::directory(root).unwrap());
    let lakehouse = || Lakehouse::open(&root.join("tables"), Vec::new()).unwrap();
    let settings = Settings { on_invalid: OnInvalid::Cell, require_enrolment: true, wave_bytes: 1 << 30 };
    let refinery = || Refinery::new(bronze(), lakehouse(), settings);
    let count = async |table: &str| {
        let lakehouse = lakehouse();
        if lakehouse.names().await.unwrap().iter().any(|name| name == table) {
            lakehouse.query(&format!("SELECT * FROM {table}")).await.unwrap().len()
        } else {
            0
        }
    };
    let land = async |log: &str, arrival: Arrival| {
        let objects = Objects::directory(root).unwrap();
        let (mut writer, flusher) = open(objects, log, Availability::AtArrival, time, 300).await.unwrap();
        let append = tokio::task::spawn_blocking(move || {
            writer.append(arrival.topic, &arrival.patient, Some(arrival.logged), arrival.line.as_bytes()).unwrap();
            writer.finish().unwrap();
        });
        let (appended, flushed) = tokio::join!(append, flusher.run());
        appended.unwrap();
        flushed.unwrap();
    };

    land("a", arrival(Topic::Vitals, vitals)).await;
    refinery().run(time, &mut |_| {}).await.unwrap();
    assert_eq!((count("vitals").await, count("quarantine").await), (0, 1));
    land("b", arrival(Topic::Patients, r#"{"patient_id":"p1","age":50}"#.into())).await;
    refinery().run(time, &mut |_| {}).await.unwrap();
    assert_eq!((count("vitals").await, count("quarantine").await), (1, 0));
    refinery().run(time, &mut |_| {}).await.unwrap();
    assert_eq!((count("vitals").await, count("quarantine").await), (1, 0));
}

//! The law of silver holds online.

use proptest::prelude::*;
use strata_refinery::{OnInvalid, Settings};
use strata_types::{HOUR, MINUTE, PatientId, Timestamp, Topic};

use crate::world::{Arrival, LOG, START, World};

fn patients() -> Vec<PatientId> {
    (0..3).map(|number| format!("p{number}").parse().unwrap()).collect()
}

/// Few patients, times and names, so that keys meet; a third of the records is damaged, refused, or in an odd unit.
fn arrival() -> impl Strategy<Value = Arrival> {
    let value = prop_oneof![Just(80.0), Just(500.0), Just(120.0), 30.0..200.0_f64];
    let time = prop_oneof![(0..6_i64).prop_map(|n| n * 5 * HOUR), (0..40_i64).prop_map(|n| n * 3 * HOUR + 7 * MINUTE)];
    (0..3_u8, time, 0..2_u8, 0..8_i64, value, 0..12_u8, 0..3_u8).prop_map(
        |(patient, time, source, delay, value, kind, id)| {
            let patient: PatientId = format!("p{patient}").parse().unwrap();
            let time = Timestamp(START + time);
            let logged = time + if delay == 7 { 90 * HOUR } else { delay * 10 * MINUTE };
            let id = if id == 0 { String::new() } else { format!(r#","event_id":"e{id}""#) };
            let head = format!(r#"{{"patient_id":"{patient}","timestamp":"{time}","source":"s{source}"{id}"#);
            let (topic, line) = match kind {
                0 => (Topic::Vitals, format!(r#"{head},"heart_ra"#)),
                1 => (Topic::Vitals, format!(r#"{{"patient_id":"{patient}","timestamp":"{}","heart_rate":{value}}}"#, logged + 30 * HOUR)),
                2 => (Topic::Labs, format!(r#"{head},"test_name":"creatinine","value":{},"unit":"mg/dL"}}"#, value / 20.0)),
                3 => (Topic::Labs, format!(r#"{head},"test_name":"Lactate","value":{},"unit":"mmol/L","reference_range":"0.5-2.2"}}"#, value / 40.0)),
                4 => (Topic::Labs, format!(r#"{head},"test_name":"midichlorians","value":{value},"unit":"1"}}"#)),
                5 => (
                    Topic::Medications,
                    format!(
                        r#"{head},"drug_name":"norepinephrine","dosage":1,"unit":"mg","route":"iv","rate":{},"end_timestamp":"{}"}}"#,
                        value / 500.0,
                        time + (value as i64) * 20 * MINUTE
                    ),
                ),
                6 => (Topic::Medications, format!(r#"{head},"drug_name":"cefepime","dosage":{},"unit":"g","route":"iv"}}"#, value - 60.0)),
                7 => (
                    Topic::AdverseEvents,
                    format!(
                        r#"{{"patient_id":"{patient}","event_timestamp":"{time}","report_timestamp":"{logged}","event_type":"sepsis","severity":"grade_3","reported_by":"r","source":"s{source}"{id}}}"#
                    ),
                ),
                8 => (Topic::Patients, format!(r#"{{"patient_id":"{patient}","age":{},"sex":"male","weight":{value}{id}}}"#, value / 2.0)),
                9 => (Topic::Vitals, format!(r#"{head},"temperature":{},"temperature_unit":"[degF]","fio2":0.4}}"#, value.min(110.0))),
                _ => (
                    Topic::Vitals,
                    format!(r#"{head},"heart_rate":{value},"blood_pressure_systolic":110,"blood_pressure_diastolic":{},"consciousness":"V"}}"#, value / 2.0),
                ),
            };
            Arrival { topic, patient, logged, line }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Whatever comes: who followed the log gives silver's vectors, and so does who was filled from silver.
    #[test]
    fn both_stores_give_the_same_vectors(
        mut arrivals in prop::collection::vec(arrival(), 1..60),
        batch in 1..20_usize,
        replayed in 0..60_usize,
        row in any::<bool>(),
        require_enrolment in any::<bool>(),
    ) {
        // A log's times do not go back.
        arrivals.sort_by_key(|arrival| arrival.logged);
        let on_invalid = if row { OnInvalid::Row } else { OnInvalid::Cell };
        let settings = Settings { on_invalid, require_enrolment, wave_bytes: 1 << 30 };
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path(), settings);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (followed, filled) = runtime.block_on(async {
            world.refine(LOG, arrivals.clone()).await;
            let store = world.online("followed");
            world.follow(&store, &arrivals, batch).await;
            // A crash between two writes has some read again.
            world.follow(&store, &arrivals[arrivals.len() - replayed.min(arrivals.len())..], batch).await;
            world.repair(&store).await;
            let other = world.online("filled");
            let marks = world.silver().fill(&other, &|_| {}).await.unwrap();
            other.mark(&marks).await.unwrap();
            world.follow(&other, &arrivals[arrivals.len() / 2..], batch).await;
            world.repair(&other).await;
            (world.differences(&store, &patients()).await, world.differences(&other, &patients()).await)
        });
        prop_assert!(followed.is_empty(), "followed: {followed:?}");
        prop_assert!(filled.is_empty(), "filled: {filled:?}");
    }
}

/// A late and a corrected event repair both stores.
#[tokio::test]
async fn late_and_corrected_events_repair_both() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { on_invalid: OnInvalid::Cell, require_enrolment: false, wave_bytes: 1 << 30 };
    let world = World::new(folder.path(), settings);
    let reading = |hours: i64, logged: i64, rate: u32| {
        let time = Timestamp(START + hours * HOUR);
        let line = format!(r#"{{"patient_id":"p0","timestamp":"{time}","source":"bed","heart_rate":{rate}}}"#);
        Arrival { topic: Topic::Vitals, patient: patients()[0].clone(), logged: Timestamp(START + logged * HOUR), line }
    };
    let mut log: Vec<Arrival> = (0..80).map(|hour| reading(hour, hour, 60 + hour as u32)).collect();
    let store = world.online("store");
    world.follow(&store, &log, 7).await;
    // Corrected after an hour, and a reading of the first day that comes after three.
    let more = vec![reading(78, 80, 150), reading(2, 80, 155)];
    world.follow(&store, &more, 2).await;
    assert_eq!(store.waiting(10).await.unwrap(), [patients()[0].clone()]);
    log.extend(more);
    world.refine(LOG, log).await;
    world.repair(&store).await;
    assert_eq!(world.differences(&store, &patients()).await, Vec::<String>::new());
    let seen = store.seen(&patients()[0]).await.unwrap().unwrap();
    let vector = seen.vector(Timestamp(START + 80 * HOUR)).unwrap();
    assert_eq!(vector[strata_features::Feature::by_name("hr_max_6h").unwrap().index()], 150.0);
}

/// Fault 19, of a filling: many patients, and days with more files than one.
#[tokio::test]
async fn a_filling_leaves_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { on_invalid: OnInvalid::Cell, require_enrolment: false, wave_bytes: 1 << 30 };
    let world = World::new(folder.path(), settings);
    let reading = |number: usize| {
        let (patient, hour) = (number % 1_300, (number / 1_300) as i64 * 11);
        let time = Timestamp(START + hour * HOUR);
        let patient: PatientId = format!("p{patient}").parse().unwrap();
        let line = format!(r#"{{"patient_id":"{patient}","timestamp":"{time}","heart_rate":{}}}"#, 60 + number % 50);
        Arrival { topic: Topic::Vitals, patient, logged: time, line }
    };
    let all: Vec<Arrival> = (0..6_500).map(reading).collect();
    world.refine("first", all[..3_000].to_vec()).await;
    world.refine("second", all[3_000..].to_vec()).await;
    let store = world.online("store");
    world.silver().fill(&store, &|_| {}).await.unwrap();
    assert_eq!(store.page(None, 10_000).await.unwrap().len(), 1_300);
    let some: Vec<PatientId> = (0..1_300).step_by(97).map(|number| format!("p{number}").parse().unwrap()).collect();
    assert_eq!(world.differences(&store, &some).await, Vec::<String>::new());
}

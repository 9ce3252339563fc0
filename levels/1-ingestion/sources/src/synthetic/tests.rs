//! The hospital as a whole: what it gives, and what can be learned from it.

use std::collections::{HashMap, HashSet};
use std::io;

use strata_types::{Event, PatientId, Timestamp, Variable, drug, unit};

use super::*;
use crate::collect::Collect;

fn run(settings: Settings) -> (Collect, Summary) {
    let mut sink = Collect::default();
    let mut hospital = Hospital::new(settings).unwrap();
    let summary = hospital.read(&mut sink).unwrap();
    (sink, summary)
}

fn small() -> Settings {
    Settings { patients: 60, days: 3.0, ..Settings::default() }
}

fn note(summary: &Summary, name: &str) -> f64 {
    summary.notes.iter().find(|(known, _)| known == name).unwrap().1.parse().unwrap()
}

fn events(sink: &Collect) -> impl Iterator<Item = Event> {
    sink.given.iter().filter_map(|given| Event::parse(given.topic, &given.line).ok())
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads() {
    let first = run(small());
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let three_threads = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    assert!(first.0.given == one_thread.install(|| run(small())).0.given);
    assert!(first.0.given == three_threads.install(|| run(small())).0.given);
    assert_eq!(first.1, run(small()).1);
    let other = Settings { seed: 43, ..small() };
    assert!(first.0.given != run(other.clone()).0.given);

    let log = |settings: Settings| Hospital::new(settings).unwrap().log();
    assert!(log(small()).starts_with("synthetic-") && log(small()).len() == "synthetic-".len() + 12);
    assert_eq!(log(small()), log(small()));
    assert_ne!(log(small()), log(other));
}

#[test]
fn records_come_in_the_order_of_arrival_and_never_before_they_happen() {
    let (sink, summary) = run(small());
    assert!(sink.given.is_sorted_by_key(|given| given.arrived_at.unwrap()));
    assert_eq!(sink.done, 72);
    let counted: u64 = summary.records.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, sink.given.len() as u64);
    let mut malformed = 0;
    for given in &sink.given {
        match Event::parse(given.topic, &given.line) {
            Ok(event) => {
                assert_eq!(event.patient_id().as_str(), given.patient_id);
                if let Some(timestamp) = event.timestamp() {
                    assert!(timestamp <= given.arrived_at.unwrap(), "{}", given.text());
                }
            }
            Err(error) => {
                assert_eq!(error.rule(), "malformed", "{}", given.text());
                malformed += 1;
            }
        }
    }
    let kinds = ["cut short", "bare text", "no timestamp"];
    let injected: f64 = kinds.iter().map(|kind| note(&summary, &format!("dirt: malformed: {kind}"))).sum();
    assert!((f64::from(malformed) - injected).abs() < 0.5 && malformed > 0, "{malformed} {injected}");
    let patients = sink.given.iter().filter(|given| given.topic == Topic::Patients);
    assert_eq!(patients.map(|given| &given.patient_id).collect::<HashSet<_>>().len(), 60);
}

/// Fault 18: the generator never made a duplicate, so deduplication was never exercised.
#[test]
fn duplicates_and_corrections_exist_and_are_counted() {
    let (sink, summary) = run(small());
    let mut times_seen: HashMap<&[u8], f64> = HashMap::new();
    let mut keys: HashMap<(PatientId, Timestamp), HashSet<&[u8]>> = HashMap::new();
    for given in &sink.given {
        if let Ok(Event::Vitals(vitals)) = Event::parse(given.topic, &given.line) {
            keys.entry((vitals.patient_id, vitals.timestamp)).or_default().insert(&given.line);
        }
        *times_seen.entry(&given.line).or_default() += f64::from(u8::from(given.line.starts_with(b"{")));
    }
    let again: f64 = times_seen.values().map(|times| (times - 1.0).max(0.0)).sum();
    assert_eq!(again, note(&summary, "dirt: exact duplicates"));
    let share = again / sink.given.len() as f64;
    assert!((0.015..0.025).contains(&share), "{share}");
    assert!(keys.values().any(|lines| lines.len() == 2), "a correction has the key of what it corrects");
    for (name, low, high) in [
        ("dirt: corrections", 0.007, 0.013),
        ("dirt: late records", 0.015, 0.025),
        ("dirt: impossible values", 0.015, 0.03),
        ("dirt: temperatures in [degF]", 0.11, 0.16),
    ] {
        let share = note(&summary, name) / sink.given.len() as f64;
        assert!((low..high).contains(&share), "{name}: {share}");
    }
}

#[test]
fn a_clean_hospital_is_clean() {
    let (sink, summary) = run(Settings { dirt: DirtRates::none(), sites: 1, ..small() });
    assert_eq!(events(&sink).count(), sink.given.len());
    assert!(summary.notes.iter().filter(|(name, _)| name.starts_with("dirt")).all(|(_, count)| count == "0"));
    for event in events(&sink) {
        if let Event::Vitals(vitals) = event {
            for (field, value) in vitals.readings() {
                let variable = Variable::by_event_field(field).unwrap();
                assert!(value.is_none_or(|value| variable.accepts(value)), "{field} {value:?}");
            }
            assert!(vitals.blood_pressure_systolic > vitals.blood_pressure_diastolic);
        }
    }
}

/// Fault 30: lists of drugs that never occur in the data make features constant.
#[test]
fn every_drug_given_is_in_the_table() {
    let (sink, _) = run(Settings { patients: 200, days: 2.0, reading_interval_minutes: 60, ..small() });
    let mut effects = Vec::new();
    for event in events(&sink) {
        if let Event::Medication(medication) = event {
            let known = drug::Drug::by_name(&medication.drug_name).unwrap();
            assert_eq!(medication.atc.as_deref(), Some(known.atc));
            assert_eq!(medication.rate.is_some(), medication.end_timestamp.is_some());
            if !effects.contains(&known.effect) {
                effects.push(known.effect);
            }
        }
    }
    assert_eq!(effects.len(), 4, "vasopressors, antibiotics, sedatives and others occur: {effects:?}");
}

/// Fault 16: adverse events were drawn for a random patient, with no link to anything: AUROC 0.5.
#[test]
fn there_is_something_to_learn() {
    let settings = Settings { patients: 250, days: 7.0, reading_interval_minutes: 60, ..Settings::default() };
    let (sink, _) = run(Settings { dirt: DirtRates::none(), ..settings });
    let mut onsets: HashMap<PatientId, Vec<(Timestamp, String)>> = HashMap::new();
    for event in events(&sink) {
        if let Event::AdverseEvent(event) = event {
            onsets.entry(event.patient_id).or_default().push((event.event_timestamp, event.event_type));
        }
    }
    let (mut before, mut stable) = (Means::default(), Means::default());
    for event in events(&sink) {
        let means = match onsets.get(event.patient_id()) {
            None => &mut stable,
            Some(onsets) => {
                let sepsis = onsets.iter().filter(|(_, kind)| kind == "sepsis");
                let soon = |onset: &Timestamp| {
                    event.timestamp().is_some_and(|time| time < *onset && time >= *onset - 6 * HOUR)
                };
                if !sepsis.clone().any(|(onset, _)| soon(onset)) {
                    continue;
                }
                &mut before
            }
        };
        match event {
            Event::Vitals(vitals) => means.add("heart_rate", vitals.heart_rate),
            Event::LabResult(lab) => {
                let variable = Variable::by_name(&lab.test_name).unwrap();
                means.add(variable.name, unit::to_canonical(variable, lab.value, &lab.unit));
            }
            _ => {}
        }
    }
    assert!(before.of("heart_rate") > stable.of("heart_rate") + 15.0, "{before:?} {stable:?}");
    assert!(before.of("lactate") > stable.of("lactate") * 1.6, "{before:?} {stable:?}");
    assert!(before.of("wbc") > stable.of("wbc") * 1.2, "{before:?} {stable:?}");
}

/// Fault 16, from the other side: the true risk tells cases from others, but is no oracle.
#[test]
fn the_true_risk_is_the_best_score() {
    let settings = Settings::default();
    let scored = |seed| {
        let settings = Settings { seed, ..settings.clone() };
        (0..1000).into_par_iter().flat_map_iter(move |index| Stay::new(&settings, index).1).collect::<Vec<_>>()
    };
    let mut scored: Vec<_> = [41, 42].into_iter().flat_map(scored).collect();
    let best = auroc::auroc(&mut scored).unwrap();
    assert!((0.85..0.95).contains(&best), "{best}");

    // What is counted forward is what happens: the mean risk is the share of the labels, in each tenth.
    for tenth in scored.chunks(scored.len().div_ceil(10)) {
        let expected = tenth.iter().map(|(risk, _)| risk).sum::<f64>() / tenth.len() as f64;
        let found = tenth.iter().filter(|(_, label)| *label).count() as f64 / tenth.len() as f64;
        // Neighbouring hours share their events, so that few are independent.
        assert!((found - expected).abs() < 0.25 * expected + 0.003, "{found} {expected}");
    }
}

#[test]
fn drift_starts_on_its_day() {
    let clean = Settings { patients: 80, days: 4.0, reading_interval_minutes: 60, dirt: DirtRates::none(), ..small() };
    let drift = vec![
        Drift::SensorBias { from_day: 2.0, site: None, field: "heart_rate".into(), offset: 12.0 },
        Drift::SiteShift { from_day: 2.0, site: 0, lab_scale: 1.2 },
    ];
    let (sink, _) = run(Settings { drift, ..clean.clone() });
    let day_2 = clean.start + 48 * HOUR;
    let (mut before, mut after) = (Means::default(), Means::default());
    for event in events(&sink) {
        let means = if event.timestamp().is_some_and(|time| time >= day_2) { &mut after } else { &mut before };
        match event {
            Event::Vitals(vitals) => means.add("heart_rate", vitals.heart_rate),
            Event::LabResult(lab) if lab.trial_site.as_deref() == Some("site-A") => {
                assert!(!(lab.unit == "mg/dL" && lab.timestamp >= day_2 && lab.test_name == "glucose"), "{lab:?}");
                let variable = Variable::by_name(&lab.test_name).unwrap();
                means.add(variable.name, unit::to_canonical(variable, lab.value, &lab.unit));
            }
            _ => {}
        }
    }
    let difference = after.of("heart_rate") - before.of("heart_rate");
    assert!((9.0..16.0).contains(&difference), "{difference}");
    let ratio = after.of("sodium") / before.of("sodium");
    assert!((1.18..1.22).contains(&ratio), "{ratio}");

    let drift = vec![Drift::CaseMix { from_day: 2.0, share: 0.5, years: 20.0 }];
    let (sink, _) = run(Settings { drift, ..clean });
    let mut ages = Means::default();
    for given in sink.given.iter().filter(|given| given.topic == Topic::Patients) {
        if let Ok(Event::Patient(patient)) = Event::parse(given.topic, &given.line) {
            let came = if given.arrived_at >= Some(day_2) { "later" } else { "first" };
            ages.add(came, patient.age);
        }
    }
    assert!(ages.of("later") > ages.of("first") + 8.0, "{ages:?}");
}

/// A long stay takes no more memory than a short one: an hour's lines leave with the hour.
#[test]
fn what_has_arrived_is_forgotten() {
    let settings = Settings { patients: 3, days: 30.0, ..Settings::default() };
    let (mut stay, _) = Stay::new(&settings, 0);
    let most = (0..settings.hours()).map(|hour| {
        stay.live(&settings, hour);
        stay.outbox.items.drain(..).count()
    });
    assert!(most.max() < Some(120));
}

/// Prints what the default hospital gives and how long it takes:
/// `cargo test --release -p strata-sources default_hospital -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn default_hospital() {
    #[derive(Default)]
    struct Bytes(u64);
    impl Sink for Bytes {
        fn accept(&mut self, record: Record<'_>) -> io::Result<()> {
            self.0 += record.line.len() as u64;
            Ok(())
        }
        fn progress(&mut self, _: u64) {}
    }
    for seed in [42, 1, 2, 3] {
        let mut sink = Bytes::default();
        let started = std::time::Instant::now();
        let mut hospital = Hospital::new(Settings { seed, ..Settings::default() }).unwrap();
        let summary = hospital.read(&mut sink).unwrap();
        let all: u64 = summary.records.iter().map(|(_, count)| count).sum();
        eprintln!("seed {seed}: {:?}, {all} records, {} MB", started.elapsed(), sink.0 / 1_000_000);
        for (topic, count) in &summary.records {
            eprintln!("  {topic}: {count} ({:.2} %)", 100.0 * *count as f64 / all as f64);
        }
        for (name, value) in &summary.notes {
            eprintln!("  {name}: {value}");
        }
    }
}

/// Sums and counts by name.
#[derive(Debug, Default)]
struct Means(HashMap<&'static str, (f64, f64)>);

impl Means {
    fn add(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            let (sum, count) = self.0.entry(name).or_default();
            *sum += value;
            *count += 1.0;
        }
    }

    fn of(&self, name: &str) -> f64 {
        let (sum, count) = self.0[name];
        sum / count
    }
}
